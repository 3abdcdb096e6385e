"""`wanspec graph`: who needs whom."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.selection import selecting_options
from wanspec.cli.terminal import terminal_of

FORMATS = ("text", "mermaid", "dot", "svg", "json")


@click.command(
    short_help="Draw the graph of items.",
    **example("wanspec graph --format svg > graph.svg", "wanspec graph -s '+trailer'"),
)
@project_argument
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to draw it; text unless told.")
@selecting_options
@global_options
@click.pass_context
def command(
    ctx: click.Context, project: Path | None, form: str | None, select: tuple[str, ...], exclude: tuple[str, ...]
) -> int:
    """The graph of items: from what is needed to what needs it."""
    from wanspec.cli.project import open_project
    from wanspec.cli.selection import selected
    from wanspec.report.graph import Box, Picture, as_dot, as_json, as_mermaid, as_text
    from wanspec.report.graph_svg import as_svg

    terminal = terminal_of(ctx)
    if form == "json":
        terminal.settings.json = True
    opened = open_project(terminal, project)
    plan = opened.plan()
    chosen = selected(opened, plan, select, exclude)
    boxes = tuple(
        Box(item.id, item.shot.id, item.kind, item.model, str(plan.decisions[item.id].status))
        for item in opened.prepared.items
        if item.id in chosen
    )
    picture = Picture(boxes, opened.prepared.graph.needs)
    if terminal.json:
        terminal.result(as_json(picture))
        return 0
    draw = {"mermaid": as_mermaid, "dot": as_dot, "svg": as_svg}.get(form or "text", as_text)
    terminal.say(draw(picture))
    return 0

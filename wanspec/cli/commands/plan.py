"""`wanspec plan`: what would be rendered, why, and for how much."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.selection import selecting_options
from wanspec.cli.terminal import terminal_of


@click.command(
    short_help="Show what would be rendered, why, and for how much.",
    **example("wanspec plan -s 'tag:act1,kind:video' --exit-code"),
)
@project_argument
@selecting_options
@click.option("--exit-code", is_flag=True, help="End with 5 when something would be rendered.")
@global_options
@click.pass_context
def command(
    ctx: click.Context, project: Path | None, select: tuple[str, ...], exclude: tuple[str, ...], exit_code: bool
) -> int:
    """What a render would do, why, and what it would cost.  Nothing is sent or written."""
    from wanspec.cli.faults import DONE, WORK_TO_DO
    from wanspec.cli.project import open_project
    from wanspec.cli.selection import shown_items
    from wanspec.report.diagnostics import for_machines as diagnostics_json
    from wanspec.report.ledger import left_over_for_people
    from wanspec.report.plan import for_machines, for_people

    terminal = terminal_of(ctx)
    opened = open_project(terminal, project)
    plan = opened.plan()
    chosen, shown = shown_items(opened, plan, select, exclude)
    if (select or exclude) and not chosen:
        terminal.note("the selection is empty")
    if terminal.json:
        terminal.result({**for_machines(plan, shown), "diagnostics": diagnostics_json(opened.diagnostics)})
    terminal.say(for_people(plan, shown, paint=terminal.paint(), verbose=terminal.settings.verbose))
    if not terminal.json:
        terminal.say(left_over_for_people(opened.left_over(plan), paint=terminal.paint()))
    # An empty selection shows nothing, a missing one everything: the set decides, not its truth.
    would = any(one.to_render for id, one in plan.decisions.items() if shown is None or id in shown)
    return WORK_TO_DO if exit_code and would else DONE

"""`wanspec check`: everything that can be known without rendering."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from wanspec.domain.diagnostics import Diagnostic
    from wanspec.domain.json import Json

FORMATS = ("people", "json", "github", "sarif")


@click.command(
    short_help="Say all that is wrong with a shot list.",
    **example(
        "wanspec check film --profile final", "wanspec check --fix", "wanspec check --format sarif > wanspec.sarif"
    ),
)
@project_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="people",
    show_default=True,
    help="For whom: people, programs (as --json), GitHub's annotations, or SARIF 2.1.0.",
)
@click.option("--fix", "fixing", is_flag=True, help="Write into the list what has one safe answer.")
@global_options
@click.pass_context
def command(ctx: click.Context, project: Path | None, form: str, fixing: bool) -> int:
    """Syntax, templates, references, requests and media files of a shot list.

    Nothing is sent, and without --fix nothing is written.
    """
    from wanspec.domain.errors import UsageError

    terminal = terminal_of(ctx)
    if form == "json":
        terminal.settings.json = True
    elif form != "people" and terminal.json:
        raise UsageError(f"`--json` stands beside `--format {form}`", hint="choose one of them")
    from wanspec.cli.faults import DONE, WRONG
    from wanspec.cli.project import check_project, tell_diagnostics
    from wanspec.report.diagnostics import counted, for_machines
    from wanspec.report.values import count

    fixed: list[Json] = []
    if fixing:
        from wanspec.cli.fixing import fix_project

        fixed = fix_project(terminal, project, aloud=form == "people")
    root, checked = check_project(terminal, project)
    if form != "github":  # its lines are the log
        tell_diagnostics(terminal, root, checked.diagnostics)
    items = len(checked.value.prepared.items) if checked.value is not None else 0
    if terminal.json:
        result = {"diagnostics": for_machines(checked.diagnostics), "items": items}
        terminal.result({**result, "fixed": fixed} if fixing else result)
    elif form != "people":
        _tell_programs(terminal, root, checked.diagnostics, form)
    summary = counted(checked.diagnostics)
    if not checked.ok:
        terminal.note(summary)
        return WRONG
    if not terminal.settings.quiet and form == "people":
        terminal.say(f"{count(items, 'item')}, {summary or 'nothing wrong'}")
    return DONE


def _tell_programs(terminal: Terminal, root: Path, diagnostics: Sequence[Diagnostic], form: str) -> None:
    from wanspec.cli.repository import shown_from_repository

    shown = shown_from_repository(root, os.environ)
    if form == "github":
        from wanspec.report.github import workflow_commands

        terminal.say(workflow_commands(diagnostics, shown))
        return
    from wanspec import __version__
    from wanspec.report.sarif import sarif

    terminal.result(sarif(diagnostics, shown, version=__version__))

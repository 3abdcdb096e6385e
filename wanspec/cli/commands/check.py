"""`wanspec check`: everything that can be known without rendering."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.project import project_argument
from wanspec.cli.settings import global_options
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Say all that is wrong with a shot list.", **example("wanspec check film --profile final"))
@project_argument
@global_options
@click.pass_context
def command(ctx: click.Context, project: Path | None) -> int:
    """Syntax, templates, references, requests and media files of a shot list.  Nothing is sent or written."""
    from wanspec.cli.faults import DONE, WRONG
    from wanspec.cli.project import check_project, tell_diagnostics
    from wanspec.report.diagnostics import counted, for_machines
    from wanspec.report.values import count

    terminal = terminal_of(ctx)
    root, checked = check_project(terminal, project)
    tell_diagnostics(terminal, root, checked.diagnostics)
    items = len(checked.value.prepared.items) if checked.value is not None else 0
    if terminal.json:
        terminal.result({"diagnostics": for_machines(checked.diagnostics), "items": items})
    summary = counted(checked.diagnostics)
    if not checked.ok:
        terminal.note(summary)
        return WRONG
    if not terminal.settings.quiet:
        terminal.say(f"{count(items, 'item')}, {summary or 'nothing wrong'}")
    return DONE

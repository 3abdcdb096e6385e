"""`wanspec ledger`: every paid submission ever."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.terminal import terminal_of


@click.command(
    short_help="Show every paid submission.", **example("wanspec ledger --disputes", "wanspec ledger --csv > paid.csv")
)
@project_argument
@click.option("--csv", "as_table", is_flag=True, help="As a table for other programs.")
@click.option("--disputes", is_flag=True, help="Only what may have been charged without a result.")
@global_options
@click.pass_context
def command(ctx: click.Context, project: Path | None, as_table: bool, disputes: bool) -> int:
    """What was sent to vendors: when, for which item, at what estimate and cost, and what became of it.

    Reads no shot list, so it works while that is being edited.
    """
    import os

    from wanspec.cli.project import find_root
    from wanspec.domain.errors import UsageError
    from wanspec.report.ledger import as_csv, for_machines, for_people
    from wanspec.store.ledger import ledger_of
    from wanspec.store.store import open_store

    terminal = terminal_of(ctx)
    if as_table and terminal.json:
        raise UsageError("`--csv` and `--json` are two forms of one thing", hint="give one of them")
    rows = ledger_of(open_store(find_root(project), os.environ), disputes=disputes)
    if terminal.json:
        terminal.result(for_machines(rows))
    elif as_table:
        terminal.say(as_csv(rows))
    else:
        terminal.say(for_people(rows, disputes=disputes, paint=terminal.paint()))
    return 0

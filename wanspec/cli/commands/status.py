"""`wanspec status`: what the last run did."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Show what the last run did.", **example("wanspec status -v"))
@project_argument
@global_options
@click.pass_context
def command(ctx: click.Context, project: Path | None) -> int:
    """What the last run did, and what a vendor still owes.

    Reads no shot list, so it works while that is being edited.
    """
    import os

    from wanspec.cli.project import find_root
    from wanspec.report.ledger import standing_for_people
    from wanspec.report.run import for_machines, for_people
    from wanspec.store.ledger import standing_in
    from wanspec.store.store import open_store

    terminal = terminal_of(ctx)
    store = open_store(find_root(project), os.environ)
    run = store.runs.last()
    # A run that was killed wrote nothing of itself, but each request before it left.
    standing = standing_for_people(standing_in(store), paint=terminal.paint())
    if terminal.json:
        terminal.result(for_machines(run))
    if run is None and not standing:
        terminal.say("nothing was rendered yet; `wanspec render --preview` draws everything for free")
    if run is not None:
        terminal.say(f"run {run.id}")
        terminal.say(for_people(run, paint=terminal.paint(), verbose=terminal.settings.verbose))
    if standing:
        terminal.say(standing)
    return 0

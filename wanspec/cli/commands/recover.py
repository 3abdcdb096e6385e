"""`wanspec recover`: collects what vendors accepted, and submits nothing."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Collect what was paid for.", **example("wanspec recover"))
@project_argument
@global_options
@click.pass_context
def command(ctx: click.Context, project: Path | None) -> int:
    """Collects what a vendor accepted and nobody downloaded, and asks for what was sent without an answer.

    Nothing is submitted.  Ends with 1 when something known to be accepted could not be collected.
    """
    import os

    from wanspec.cli.faults import DONE, FAILED
    from wanspec.cli.project import open_project
    from wanspec.report.ledger import recovered_for_machines, recovered_for_people
    from wanspec.wire.recovery import recover_now

    terminal = terminal_of(ctx)
    opened = open_project(terminal, project)
    found = recover_now(opened.prepared.catalogue, opened.prepared.providers, opened.store, os.environ)
    if terminal.json:
        terminal.result(recovered_for_machines(found))
    else:
        terminal.say(recovered_for_people(found, paint=terminal.paint()))
    return FAILED if any(one.is_owed for one in found) else DONE

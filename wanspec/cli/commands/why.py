"""`wanspec why`: one item's request, its key, and what changed since the last render."""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.completing import items
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Show why an item would be rendered again.", **example("wanspec why street/osl/low"))
@click.argument("item", shell_complete=items)
@global_options
@click.pass_context
def command(ctx: click.Context, item: str) -> int:
    """The request of ITEM, what its key is made of, and what changed since the last render."""
    from dataclasses import replace

    from wanspec.cli.blame import last_commit
    from wanspec.cli.project import open_project
    from wanspec.pipeline import why as explained
    from wanspec.report.ledger import left_over_for_people
    from wanspec.report.why import for_machines, for_people
    from wanspec.stages.picking import takes_of

    terminal = terminal_of(ctx)
    opened = open_project(terminal, None)
    id = opened.item(item).id
    plan = opened.plan()
    decision = explained(opened.prepared, plan.decisions[id])
    commit = last_commit(opened.root)
    takes = [
        replace(take.artifact, coding=opened.store.coding(take.key, take.artifact.sha256))
        for take in takes_of(decision.locked)
    ]
    if terminal.json:
        terminal.result(for_machines(decision, commit, takes))
    terminal.say(for_people(decision, commit, takes, paint=terminal.paint(), verbose=terminal.settings.verbose))
    if not terminal.json:
        earlier = [row for row in opened.left_over(plan) if row.item == id]
        terminal.say(left_over_for_people(earlier, paint=terminal.paint()))
    return 0

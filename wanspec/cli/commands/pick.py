"""`wanspec pick`: choose the take that others receive."""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.completing import items
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Choose a take.", **example("wanspec pick arrival 2", "wanspec pick --list"))
@click.argument("item", required=False, shell_complete=items)
@click.argument("take", type=click.IntRange(min=1), required=False)
@click.option("--list", "show", is_flag=True, help="Show the items with several takes or a pick.")
@global_options
@click.pass_context
def command(ctx: click.Context, item: str | None, take: int | None, show: bool) -> int:
    """Choose TAKE (counted from 1) of ITEM: others receive it, and renders/ITEM.EXT shows it.

    The choice is bound to the take's bytes, is kept in wanspec.lock, and lapses when the takes change.
    """
    from wanspec.cli.project import open_project
    from wanspec.cli.showing import show_picked
    from wanspec.domain.errors import UsageError
    from wanspec.report.escaping import visible
    from wanspec.report.picks import for_machines, for_people
    from wanspec.stages.picking import choose, picks

    terminal = terminal_of(ctx)
    if not show and (item is None or take is None):
        raise UsageError("no item and take are named", hint="`wanspec pick ITEM TAKE`, or `wanspec pick --list`")
    opened = open_project(terminal, None)
    output = opened.prepared.shotlist.output
    if show:
        found = picks(opened.prepared.items, opened.lock, output=output)
        if item is not None:
            found = [one for one in found if one.item == opened.item(item).id]
        if terminal.json:
            terminal.result(for_machines(found))
        terminal.say(for_people(found, paint=terminal.paint()))
        return 0
    assert item is not None
    assert take is not None
    id = opened.item(item).id
    number = take
    choose(opened.lock.items.get(id), id, number)
    # Read again under the lock's own claim: a render may have changed the takes in the meantime.
    lock = opened.store.change_lock(lambda now: {id: choose(now.items.get(id), id, number)})
    locked = lock.items[id]
    path = show_picked(terminal, opened, id, locked)
    if terminal.json:
        terminal.result({"item": id, "pick": number, "sha256": locked.pick_sha256, "path": path})
    terminal.say(f"{visible(id)}: take {number} is picked" + (f", shown as {visible(path)}" if path else ""))
    return 0

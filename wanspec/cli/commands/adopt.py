"""`wanspec adopt`: a hand-made file becomes a take."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.completing import items
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(
    short_help="Make a file of your own a take.",
    **example("wanspec adopt arrival retouched.png", "wanspec pick arrival 4"),
)
@click.argument("item", shell_complete=items)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@global_options
@click.pass_context
def command(ctx: click.Context, item: str, file: Path) -> int:
    """Make FILE a take of ITEM, after those it has.  It serves like any other and is never overwritten."""
    import shutil

    from wanspec.cli.project import open_project
    from wanspec.cli.showing import show_picked
    from wanspec.domain.errors import MediaError, UsageError
    from wanspec.media.probe import examine
    from wanspec.report.escaping import visible
    from wanspec.stages.picking import adopt

    terminal = terminal_of(ctx)
    opened = open_project(terminal, None)
    of = opened.item(item)
    work = opened.store.work_folder()
    try:
        # Looked at after it was copied: what is probed is what is kept.
        copy = work / file.name
        shutil.copyfile(file, copy)
        try:
            artifact = examine(copy)
        except MediaError as error:
            raise UsageError(error.message, hint=error.hint) from error
        adopt(opened.lock.items.get(of.id), of, artifact)
        opened.store.blobs.add(copy)
        opened.files.keep_bytes(artifact)
        opened.files.remember()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    lock = opened.store.change_lock(lambda now: {of.id: adopt(now.items.get(of.id), of, artifact)[0]})
    locked, number = adopt(lock.items[of.id], of, artifact)
    path = show_picked(terminal, opened, of.id, locked)
    if terminal.json:
        terminal.result({"item": of.id, "take": number, "sha256": artifact.sha256, "path": path})
    terminal.say(f"{visible(of.id)}: {visible(str(file))} is take {number}")
    if number > 1:
        terminal.note(f"`wanspec pick {visible(of.id)} {number}` makes others receive it")
    return 0

"""Showing an item's takes in the output folder after a choice, without a render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wanspec.cli.project import Project
from wanspec.cli.terminal import Terminal

if TYPE_CHECKING:
    from wanspec.domain.lock import LockedItem


def show_picked(terminal: Terminal, project: Project, id: str, locked: LockedItem) -> str | None:
    """Puts the picked take where people look for it.

    Returns its path relative to the project; None while nothing is picked, or where the bytes are on another machine
    and come with the next render.
    """
    from wanspec.report.escaping import visible
    from wanspec.stages.picking import takes_of
    from wanspec.stages.plan import pick_of
    from wanspec.stages.settling import signature_of, wanted_of
    from wanspec.store.results import result_path

    item = project.prepared.items.by_id[id]
    takes = takes_of(locked)
    pick = pick_of(item, tuple(take.artifact for take in takes), locked)
    output = project.prepared.shotlist.output
    if not all(project.store.blobs.has(take.artifact.sha256) for take in takes):
        terminal.note("its takes are not in this store; the next render fetches or makes them")
        return None
    results = project.store.results(output)
    results.check_writable()
    signature = signature_of(item, takes, pick, preview=False)
    wanted = wanted_of(item, takes, pick, preview=False, coding_of=project.store.coding)
    for notice in results.place(id, signature, wanted):
        terminal.note(f"note: {visible(notice)}")
    results.remember()
    return f"{output}/{result_path(id, takes[pick - 1].artifact.extension)}" if pick else None

"""Choosing takes and adding hand-made ones: what becomes of an item's block of the lock.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import UsageError
from wanspec.domain.items import Item
from wanspec.domain.lock import Lock, LockedItem, LockedTake
from wanspec.domain.picks import ItemPick, PickedTake
from wanspec.stages.plan import pick_of, stands_on_adopted
from wanspec.stages.settling import Settled, from_lock, shown_takes


def picks(items: Iterable[Item], lock: Lock, *, output: str) -> list[ItemPick]:
    """One for each item that has several takes or a pick, or needs one, in story order."""
    found = []
    for item in items:
        locked = lock.items.get(item.id)
        takes = takes_of(locked)
        if len(takes) > 1 or item.pick_required or (locked is not None and locked.pick is not None):
            found.append(_standing(item, locked, takes, output))
    return found


def takes_of(locked: LockedItem | None) -> list[Settled]:
    """The takes in the order in which they are counted: those that were rendered, then the hand-made ones."""
    return [] if locked is None else from_lock(locked, adopted=False) + from_lock(locked, adopted=True)


def hand_made(locked: LockedItem | None) -> Artifact | None:
    """The hand-made take that others receive, as far as the lock alone can tell; None where it is a rendered one."""
    if locked is None:
        return None
    adopted = [take.artifact for take in locked.takes if take.origin == "adopted"]
    if locked.pick is None:
        return adopted[0] if adopted and stands_on_adopted(locked) else None
    return next((artifact for artifact in adopted if artifact.sha256 == locked.pick_sha256), None)


def choose(locked: LockedItem | None, item: str, take: int) -> LockedItem:
    """The block with that take picked, bound to its bytes.  Raises UsageError for a take that is not there."""
    takes = takes_of(locked)
    if locked is None or not takes:
        raise UsageError(f"`{item}` has no takes yet", hint=f"`wanspec render -s {item}` makes them")
    if not 1 <= take <= len(takes):
        raise UsageError(
            f"`{item}` has no take {take}",
            hint="it has one take" if len(takes) == 1 else f"it has takes 1 to {len(takes)}",
        )
    return replace(locked, pick=take, pick_sha256=takes[take - 1].artifact.sha256)


def adopt(locked: LockedItem | None, item: Item, artifact: Artifact) -> tuple[LockedItem, int]:
    """The block with a hand-made take after those it has, and its number; bytes it has already are not added again.

    Raises UsageError for another kind of medium than the item's.
    """
    if artifact.kind != item.kind:
        raise UsageError(
            f"`{item.id}` is {_a(item.kind)}, and the file is {_a(artifact.kind)}",
            hint=f"adopt {_a(item.kind)} file, or name an item of kind {artifact.kind}",
        )
    before = locked or LockedItem(item.id, item.model, (), {}, ())
    takes = takes_of(before)
    for number, one in enumerate(takes, 1):
        if one.artifact.sha256 == artifact.sha256:
            return before, number
    take = LockedTake("", artifact, origin="adopted")
    return replace(before, takes=(*before.takes, take)), len(takes) + 1


def _standing(item: Item, locked: LockedItem | None, takes: list[Settled], output: str) -> ItemPick:
    pick = pick_of(item, tuple(take.artifact for take in takes), locked) if takes else None
    chosen = locked.pick_sha256 if locked is not None and locked.pick is not None else None
    if chosen is not None and any(take.artifact.sha256 == chosen for take in takes):
        state = "chosen"
    elif chosen is not None:
        state = "lapsed"
    else:
        state = "required" if item.pick_required else "default"
    shown = shown_takes(item, takes, output=output)
    return ItemPick(item.id, pick, state, tuple(PickedTake(one.take, one.artifact.sha256, one.path) for one in shown))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"

"""Which take of each item others receive, as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PickedTake:
    """One take to choose from."""

    take: int  # from 1
    sha256: str
    path: str  # where it is shown, relative to the project


@dataclass(frozen=True, slots=True)
class ItemPick:
    """An item with several takes, or with a pick."""

    item: str
    pick: int | None
    # "chosen"; "default": nobody chose, take 1 counts; "required": nobody chose, and somebody has to;
    # "lapsed": somebody chose, and the takes have changed since.
    state: str
    takes: tuple[PickedTake, ...]

"""What a run tells while it goes on, for a display to draw.  Plain values; nobody has to listen."""

from __future__ import annotations

from dataclasses import dataclass

from wanspec.domain.runs import Outcome, Run


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str
    project: str
    items: int  # that the run deals with
    to_render: int  # of them those that are not cached as far as is known beforehand
    takes: int  # of the latter


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """The item's upstreams are there, and something has to be made."""

    item: str
    model: str
    takes: int


@dataclass(frozen=True, slots=True)
class TakeDone:
    item: str
    take: int
    of: int
    cached: bool


@dataclass(frozen=True, slots=True)
class ItemFinished:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell that is no item's failure: a file kept aside, an index found damaged."""

    message: str


# What a vendor's renderer is at with an action.
TURN = "turn"  # so many a minute, and no more
SENT = "sent"  # on its way, with the files that go with it
BUSY = "busy"  # the vendor took nothing, or gave no answer; it is tried again
MADE = "made"  # the vendor has it
FETCHED = "fetched"  # it is being downloaded


@dataclass(frozen=True, slots=True)
class Doing:
    """What goes on for one item at one provider."""

    item: str
    provider: str
    phase: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """Told every few seconds, whatever happens or does not."""

    doings: tuple[Doing, ...]  # what waits for a place at its vendor is not among them
    vendors: frozenset[str] = frozenset()  # providers that are spoken to; all others are made here


@dataclass(frozen=True, slots=True)
class RunFinished:
    run: Run


Event = RunStarted | ItemStarted | TakeDone | ItemFinished | Notice | Pulse | RunFinished

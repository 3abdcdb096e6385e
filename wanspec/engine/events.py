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


@dataclass(frozen=True, slots=True)
class RunFinished:
    run: Run


Event = RunStarted | ItemStarted | TakeDone | ItemFinished | Notice | RunFinished

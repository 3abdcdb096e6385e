"""Accepted submissions, and what a poll may see of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from wanspec.emulator.inputs import Inputs
from wanspec.emulator.troubles import Trouble
from wanspec.emulator.weather import Rule, Scene
from wanspec.media.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Asked:
    """What a vendor understood of a request."""

    sheet: Sheet  # of the first output; each further one has the next seed
    count: int = 1
    in_set: bool = False
    seconds_in: float = 0.0  # of all clips that go in


@dataclass(frozen=True, slots=True)
class Order:
    """A submission that a vendor could accept."""

    kind: str
    model: str  # the vendor's name
    native: Mapping[str, Any]
    asked: Asked
    inputs: Inputs
    digest: str
    usd: Decimal
    scene: Scene
    # Filled in when it is accepted.
    waits: bool | None = None  # whether the answer waits for the result, where the weather decides about it
    rules: tuple[Rule, ...] = ()  # that strike what becomes of it


@dataclass(slots=True)
class Output:
    """One result, or what became of it instead."""

    index: int
    seed: int
    id: str
    path: Path | None = None
    url: str = ""
    media_type: str = ""
    failure: Trouble | None = None


@dataclass(slots=True)
class Task:
    """One accepted submission."""

    id: str
    order: Order
    accepted_at: float
    ready_at: float  # Unix seconds of the emulator's clock
    charge: int  # number in the ledger
    state: Literal["running", "done", "failed"] = "running"
    outputs: list[Output] = field(default_factory=list)  # those that are there already
    failure: Trouble | None = None
    ended_at: float | None = None
    polls: int = 0
    polls_when_done: int = 0
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    request: Any = None  # as it came, for a vendor that shows it again

    def rule(self, fault: str) -> Rule | None:
        return next((rule for rule in self.order.rules if rule.fault == fault), None)


@dataclass(frozen=True, slots=True)
class View:
    """What one poll sees."""

    task: Task
    state: Literal["running", "done", "failed", "unknown"]
    progress: float  # 0 to 1
    outputs: tuple[Output, ...] = ()
    word: str = ""  # a status word in the place of the vendor's own
    seen_done: int = 0  # how many polls before this one found it done

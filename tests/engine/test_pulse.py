"""What a run is at, told every few seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from wanspec.engine.events import Doing, Event, Pulse
from wanspec.engine.pulse import EVERY_S, beat


class Ended(Exception):
    """The test has seen enough."""


class Clock:
    def __init__(self, sleeps: int) -> None:
        self.slept: list[float] = []
        self._sleeps = sleeps

    async def sleep(self, seconds: float) -> None:
        if len(self.slept) == self._sleeps:
            raise Ended
        self.slept.append(seconds)


class Vendor:
    def __init__(self, *doings: Doing) -> None:
        self._doings = doings

    def owes(self, key: str) -> bool:
        return bool(key)

    def doings(self) -> tuple[Doing, ...]:
        return self._doings


def test_every_vendor_is_asked_at_each_beat() -> None:
    one, two = Doing("pier", "acme", "made"), Doing("quay", "other", "turn")
    renderers: dict[str, Any] = {"acme": Vendor(one), "other": Vendor(two), "local": object()}
    clock, told = Clock(3), list[Event]()

    async def run() -> None:
        with suppress(Ended):
            await beat(clock, renderers, told.append)  # type: ignore[arg-type]

    asyncio.run(run())
    assert clock.slept == [EVERY_S] * 3
    assert told == [Pulse((one, two), frozenset({"acme", "other"}))] * 3

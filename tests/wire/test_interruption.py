"""Ctrl-C: what has left is waited for, what is in flight is remembered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.wire.studio import Studio, VendorInMemory
from wanspec.wire.http import Answer


class Slow(VendorInMemory):
    """Answers a submit only when it is told to."""

    answer: asyncio.Event
    entered: asyncio.Event

    async def call(self, method: str, url: str, **rest: Any) -> Answer:
        found = await super().call(method, url, **rest)
        if len(self.calls) == 1:
            self.entered.set()
            await self.answer.wait()
        return found


def test_a_submit_that_has_left_is_waited_for_and_collected_by_the_next_render(tmp_path: Path) -> None:
    vendor = Slow()
    studio = Studio(tmp_path, vendor)

    async def interrupted() -> None:
        vendor.answer, vendor.entered = asyncio.Event(), asyncio.Event()
        run = asyncio.ensure_future(studio.perform(studio.action()))
        await vendor.entered.wait()
        run.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not run.done()
        vendor.answer.set()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(interrupted())
    assert vendor.charged == ["task-1"]
    assert studio.ledger() == [("in_flight", "task-1", False)]
    assert any("waiting for the answer" in one for one in studio.said)
    assert studio.restarted().render()[0].made
    assert vendor.charged == ["task-1"]


def test_an_interruption_between_tries_leaves_nothing_uncertain(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.vendor.weather = ["busy"] * 50

    async def interrupted() -> None:
        run = asyncio.ensure_future(studio.perform(studio.action()))
        while len(studio.vendor.calls) < 2:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(interrupted())
    assert studio.ledger() == []
    studio.vendor.weather = []
    assert studio.restarted().render()[0].made
    assert len(studio.vendor.charged) == 1

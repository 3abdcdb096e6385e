"""Limits: so many submits a minute, fewer after a complaint, and an end to patience."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from tests.wire.studio import VirtualClock
from wanspec.wire.answers import retry_after_s
from wanspec.wire.pace import Pace, Patience


def test_no_minute_has_more_submits_than_allowed() -> None:
    clock = VirtualClock()
    pace = Pace(4, 6, clock)
    times = []

    async def run() -> None:
        for _ in range(20):
            await pace.turn()
            times.append(clock.seconds)

    asyncio.run(run())
    assert times[5] == 0
    assert all(later - sooner >= 60 for sooner, later in zip(times, times[6:], strict=False))


def test_after_a_complaint_everybody_waits_and_fewer_are_sent() -> None:
    clock = VirtualClock()
    pace = Pace(4, 60, clock)
    pace.slow_down(10)
    asyncio.run(pace.turn())
    assert clock.seconds == 10
    for _ in range(10):
        pace.slow_down(0)

    async def two() -> None:
        await pace.turn()
        await pace.turn()

    asyncio.run(two())
    assert clock.seconds >= 60
    for _ in range(30):
        pace.speed_up()
    before = clock.seconds
    asyncio.run(two())
    assert clock.seconds - before < 60


def test_a_burst_of_complaints_is_one_complaint() -> None:
    clock = VirtualClock()
    pace = Pace(8, 60, clock)

    async def run() -> None:
        sent = [await pace.turn() for _ in range(8)]
        clock.seconds += 1
        for moment in sent:
            pace.slow_down(2, moment)
        before = clock.seconds
        for _ in range(8):
            await pace.turn()
        assert clock.seconds - before < 10

    asyncio.run(run())


def test_places_are_fewer_after_a_complaint_and_come_back() -> None:
    clock = VirtualClock()
    pace = Pace(8, 600, clock)
    most = 0
    at_once = 0

    async def task() -> None:
        nonlocal at_once, most
        async with pace.place():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    async def many(number: int) -> int:
        nonlocal most
        most = 0
        await asyncio.gather(*(task() for _ in range(number)))
        return most

    async def run() -> None:
        assert await many(30) == 8
        pace.slow_down(0)
        assert await many(30) == 1
        for _ in range(100):
            pace.speed_up()
        assert await many(30) == 8

    asyncio.run(run())


def test_patience_grows_and_ends_after_about_a_minute() -> None:
    clock = VirtualClock()
    patience = Patience(clock, Random(3))
    waits = []
    while (wait_s := patience.next_s()) is not None:
        waits.append(wait_s)
        clock.seconds += wait_s
    assert 30 < sum(waits) <= 60
    assert max(waits) <= 20
    assert len(waits) > 5


def test_standing_in_line_uses_up_no_patience() -> None:
    clock = VirtualClock()
    patience, impatient = Patience(clock, Random(1)), Patience(clock, Random(1))
    assert None not in (patience.next_s(1), impatient.next_s(1))
    clock.seconds += 70  # behind others, at a few submits a minute
    patience.excuse(70)
    assert patience.next_s(1) is not None
    assert impatient.next_s(1) is None


def test_a_vendor_takes_nothing_from_its_first_complaint_to_the_next_submit_that_it_takes() -> None:
    clock = VirtualClock()
    pace = Pace(4, 60, clock)
    assert pace.takes_nothing_s == 0
    pace.slow_down(1)
    clock.seconds += 40
    pace.slow_down(1)
    clock.seconds += 40
    assert pace.takes_nothing_s == 80
    pace.speed_up()
    assert pace.takes_nothing_s == 0


def test_a_wish_beyond_the_minute_ends_patience_at_once() -> None:
    patience = Patience(VirtualClock(), Random(3))
    assert patience.next_s(7) == pytest.approx(7.2, abs=0.31)
    assert patience.next_s(120) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, datetime(2026, 11, 20, 10, 0, tzinfo=UTC)) == seconds

"""How many at once, the most urgent first."""

from __future__ import annotations

import asyncio

from wanspec.engine.slots import Slots


async def holders(slots: Slots, urgencies: list[float]) -> list[float]:
    """The order in which the waiting ones get the only place."""
    served: list[float] = []

    async def work(urgency: float) -> None:
        async with slots.one(urgency):
            served.append(urgency)

    async with slots.one():
        tasks = [asyncio.ensure_future(work(urgency)) for urgency in urgencies]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return served


def test_the_most_urgent_is_served_first_then_who_came_first() -> None:
    assert asyncio.run(holders(Slots(1), [1.0, 3.0, 2.0, 3.0])) == [3.0, 3.0, 2.0, 1.0]


def test_without_a_number_nobody_waits() -> None:
    async def all_at_once() -> int:
        slots, inside, most = Slots(None), 0, 0

        async def work() -> None:
            nonlocal inside, most
            async with slots.one():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(50)))
        return most

    assert asyncio.run(all_at_once()) == 50


def test_a_place_is_not_lost_with_one_that_gave_up() -> None:
    async def scenario() -> bool:
        slots = Slots(1)

        async def hold(leave: asyncio.Event) -> None:
            async with slots.one():
                await leave.wait()

        leave = asyncio.Event()
        first = asyncio.ensure_future(hold(leave))
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(hold(leave)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # while it waits
        leave.set()
        await first
        waiting[1].cancel()  # in the moment it was given the place
        await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(5), slots.one():
            return waiting[2].exception() is None

    assert asyncio.run(scenario())


def test_a_failure_inside_gives_the_place_back() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        for _ in range(3):
            try:
                async with slots.one():
                    raise ValueError
            except ValueError:
                pass
        async with asyncio.timeout(5), slots.one():
            pass

    asyncio.run(scenario())

"""Visiting a graph's nodes, each after all that it needs, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

# Visits without a wait are many when everything is cached: the display and signals get their turn in between.
_BREATH = 256


async def walk(
    order: Sequence[str],
    needs: Mapping[str, Collection[str]],
    urgency: Mapping[str, float],
    visit: Callable[[str], Awaitable[None] | None],
) -> None:
    """Visits every node of `order` once, after those of its needs that are in `order` too.

    `visit` does what needs no waiting at once and returns None, or returns what is to be waited for.  Visits that
    wait go on side by side.  An exception that a visit raises ends the walk.
    """
    among = set(order)
    missing = {node: sum(1 for need in needs.get(node, ()) if need in among) for node in order}
    needed_by: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for need in needs.get(node, ()):
            if need in among:
                needed_by[need].append(node)
    place = {node: number for number, node in enumerate(order)}
    ready = [(-urgency.get(node, 0.0), place[node], node) for node in order if not missing[node]]
    heapq.heapify(ready)
    finished: deque[str] = deque()
    woken = asyncio.Event()
    running = 0

    def settle(node: str) -> None:
        for dependant in needed_by[node]:
            missing[dependant] -= 1
            if not missing[dependant]:
                heapq.heappush(ready, (-urgency.get(dependant, 0.0), place[dependant], dependant))

    async def wait_for(node: str, work: Awaitable[None]) -> None:
        await work
        finished.append(node)
        woken.set()

    visited = 0
    async with asyncio.TaskGroup() as group:
        while ready or running:
            while ready:
                node = heapq.heappop(ready)[2]
                work = visit(node)
                if work is None:
                    settle(node)
                else:
                    running += 1
                    task = group.create_task(wait_for(node, work))
                    if isinstance(work, Coroutine):
                        # Cancelled before its first step it would complain that nobody waited for it.
                        task.add_done_callback(partial(_close, work))
                visited += 1
                if not visited % _BREATH:
                    await asyncio.sleep(0)
            if running:
                await woken.wait()
                woken.clear()
                while finished:
                    running -= 1
                    settle(finished.popleft())


def _close(work: Coroutine[Any, Any, None], _task: asyncio.Task[None]) -> None:
    work.close()


def longest_paths(
    order: Sequence[str], needed_by: Mapping[str, Collection[str]], weight: Mapping[str, float]
) -> dict[str, float]:
    """For each node the weight of the heaviest way from it to an end, its own weight included.

    `order` has every node after all that it needs.
    """
    heaviest: dict[str, float] = {}
    for node in reversed(order):
        below = max((heaviest.get(dependant, 0.0) for dependant in needed_by.get(node, ())), default=0.0)
        heaviest[node] = weight.get(node, 0.0) + below
    return heaviest

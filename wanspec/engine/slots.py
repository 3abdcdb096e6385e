"""How many at once, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Slots:
    """A number of places; who waits for one gets it by urgency, then by order of arrival.

    asyncio's semaphore serves by arrival alone, and the longest chain of a run must not queue behind a thousand stills.
    """

    def __init__(self, number: int | None) -> None:
        """`number`: None for no limit."""
        self._free = number
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrival = count()

    @asynccontextmanager
    async def one(self, urgency: float = 0.0) -> AsyncIterator[None]:
        """Holds a place for the length of the block."""
        await self._take(urgency)
        try:
            yield
        finally:
            self._give()

    async def _take(self, urgency: float) -> None:
        if self._free is None:
            return
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-urgency, next(self._arrival), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give()  # it was given a place in the moment it was cancelled: to the next one
            raise

    def _give(self) -> None:
        if self._free is None:
            return
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

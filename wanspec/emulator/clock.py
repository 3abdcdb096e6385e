"""The emulator's own time, which may run faster than a wall clock and may be moved on."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """Counts Unix seconds from the moment it was made, `scale` of them in each real second."""

    def __init__(self, scale: float = 1.0) -> None:
        if not 0 < scale < float("inf"):
            raise ValueError(f"a clock cannot run {scale:g} times as fast")
        self.scale = scale
        self._began = time.monotonic()
        self._epoch = time.time()
        self._skipped = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._epoch + self._skipped + (time.monotonic() - self._began) * self.scale

    def skip(self, seconds: float) -> None:
        """Moves on at once; whoever waits for a moment that has now come is woken.  Called in the event loop."""
        self._skipped += max(0.0, seconds)
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, moment: float) -> None:
        while (left := moment - self.now()) > 0:
            moved = self._moved
            try:
                async with asyncio.timeout(left / self.scale):
                    await moved.wait()
            except TimeoutError:
                continue

    async def sleep(self, seconds: float) -> None:
        await self.until(self.now() + seconds)

"""Threads for what waits for the disk."""

from __future__ import annotations

import asyncio
import threading

from wanspec.engine.threads import AT_ONCE, enough_threads


def test_so_many_wait_at_the_same_time_whatever_the_cores() -> None:
    together = threading.Barrier(AT_ONCE)

    async def run() -> list[int]:
        enough_threads()
        return await asyncio.gather(*(asyncio.to_thread(together.wait, 20) for _ in range(AT_ONCE)))

    assert sorted(asyncio.run(run())) == list(range(AT_ONCE))

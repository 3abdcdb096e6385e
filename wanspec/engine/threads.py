"""Threads for what waits for the disk.

The journal and the index bring what several threads hand in at the same time to the disk with one flush: the more of
them can wait, the fewer flushes a run takes.  asyncio's own number follows the cores, which these threads hardly use.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 32


def enough_threads() -> None:
    """Gives the running event loop that many for `asyncio.to_thread`; they end with it."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="disk"))

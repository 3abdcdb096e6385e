"""Ctrl-C: the first one asks a run to stop, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


@contextmanager
def interruption(stop: Callable[[], None], leave: Callable[[], None] | None = None) -> Iterator[None]:
    """Calls `stop` on the first Ctrl-C inside the block, and `leave` on the next.

    What is finished is on the disk already, so leaving loses nothing.  Outside the main thread of a program signals
    cannot be handled, and are not.
    """
    loop = asyncio.get_running_loop()
    asked = False

    def handle() -> None:
        nonlocal asked
        if asked:
            (leave or _leave)()
        asked = True
        stop()

    try:
        loop.add_signal_handler(signal.SIGINT, handle)
    except (ValueError, RuntimeError, NotImplementedError):
        yield
        return
    try:
        yield
    finally:
        with suppress(ValueError, RuntimeError):
            loop.remove_signal_handler(signal.SIGINT)


def _leave() -> None:
    os._exit(INTERRUPTED)

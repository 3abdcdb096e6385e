"""Processes for work on media, which would stop the event loop for seconds and may bring a process down.

Each worker is a pool of one process, so that a worker that dies takes only its own work with it and can be told apart
from the others.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from wanspec.domain.errors import MediaError
from wanspec.engine.slots import Slots

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

P = ParamSpec("P")
T = TypeVar("T")

# Imported once by the process that the workers are forked from; a worker is then ready in milliseconds.
PRELOADED = ("wanspec.engine.chores",)


class Workers:
    """As many processes as there are cores, each started when it is first needed."""

    def __init__(self, number: int | None = None, preload: tuple[str, ...] = PRELOADED) -> None:
        self.number = number or _cores()
        self.slots = Slots(self.number)
        self._preload = preload
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._context: BaseContext | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns or raises in a worker.  `work` is a function of a module; all values can be pickled.

        Raises MediaError when the process died.  Cancelling ends the process: nobody waits for its work any more.
        The caller holds one of `slots`.
        """
        worker = self._idle.pop() if self._idle else _Worker(self._start_method())
        self._busy.add(worker)
        try:
            result = await asyncio.wrap_future(worker.pool.submit(work, *args, **kwargs))
        except BrokenProcessPool as error:
            worker.kill()
            raise MediaError(
                "the worker process ended in the middle of it",
                hint="it may have run out of memory; with `-j 1` only one works at a time",
                code="worker_died",
            ) from error
        except asyncio.CancelledError:
            worker.kill()
            raise
        except BaseException:
            self._idle.append(worker)
            raise
        else:
            self._idle.append(worker)
            return result
        finally:
            self._busy.discard(worker)

    def close(self) -> None:
        """Ends all workers; what they are at is given up."""
        for worker in (*self._idle, *self._busy):
            worker.kill()
        self._idle.clear()

    def _start_method(self) -> BaseContext:
        if self._context is None:
            import multiprocessing

            # A fork of this process would carry its threads' locks along; a server forks from a clean one.
            methods = multiprocessing.get_all_start_methods()
            self._context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
            if "forkserver" in methods:
                self._context.set_forkserver_preload(list(self._preload))
        return self._context


class _Worker:
    def __init__(self, context: BaseContext) -> None:
        self.pool = ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_begin)

    def kill(self) -> None:
        for process in list((self.pool._processes or {}).values()):  # no public way before Python 3.14
            if process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
        # Milliseconds, now that nothing works any more.  The pool's thread would else end beside the interpreter,
        # which then fails on a pipe that the thread has just closed.
        self.pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Runs in a new worker.  Ctrl-C goes to every process of the terminal; what to do about it is not for a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _end_with_parent() -> None:
    """Ends this process when the one that it works for is killed; else it would wait for work for ever."""
    import multiprocessing
    import threading
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)

# mypy: disable-error-code="override, assignment"
# ruff: noqa: ARG002 -- the signatures are asyncio's
"""An event loop whose time is a number and whose next step is chosen by a seed: nothing in it happens by chance."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

_BEGIN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here; what unwinds afterwards is no longer part of the world."""


class Timeline:
    """The time that all processes and vendors of one simulation share, in seconds since its beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ahead = 0.0  # of the true time, by which the machine's clock on the wall is wrong
        self._order = count()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Something outside of all processes, such as a request that arrives."""
        heapq.heappush(self._waiting, (self.now + seconds, next(self._order), happen))

    @property
    def next(self) -> float | None:
        return self._waiting[0][0] if self._waiting else None

    def pass_by(self, seconds: float) -> None:
        """Time in which no process runs; what is on its way arrives."""
        end = self.now + seconds
        while self._waiting and self._waiting[0][0] <= end:
            self.now = max(self.now, self._waiting[0][0])
            self.happen_now()
        self.now = end

    def happen_now(self) -> None:
        """All that is due."""
        while self._waiting and self._waiting[0][0] <= self.now:
            heapq.heappop(self._waiting)[2]()


class SimulatedClock:
    """The engine's clock, on the timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        return _BEGIN + timedelta(seconds=self._timeline.now + self._timeline.ahead)

    def monotonic(self) -> float:
        return self._timeline.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


# asyncio keeps tasks and futures in sets, whose order is that of addresses: chance, where all of a group are cancelled.


class _Task(asyncio.Task[Any]):
    def __init__(self, coro: Coroutine[Any, Any, Any], *, number: int, **options: Any) -> None:
        self._number = number
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class _Future(asyncio.Future[Any]):
    def __init__(self, *, number: int, **options: Any) -> None:
        self._number = number
        super().__init__(**options)

    def __hash__(self) -> int:
        return self._number


class ProcessLoop(asyncio.AbstractEventLoop):
    """The event loop of one simulated process, moved on step by step from outside.

    Threads are no threads here: what is handed to them is done whole, at a moment of its own between two steps.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._order = count()
        self.ready: list[asyncio.Handle] = []
        self.timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.signals: dict[int, asyncio.Handle] = {}
        self.complaints: list[dict[str, Any]] = []

    # -- moving on ---------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Timers that are due become ready."""
        while self.timers and self.timers[0][0] <= self._timeline.now:
            handle = heapq.heappop(self.timers)[2]
            if not handle.cancelled():
                self.ready.append(handle)

    @property
    def next(self) -> float | None:
        while self.timers and self.timers[0][2].cancelled():
            heapq.heappop(self.timers)
        return self.timers[0][0] if self.timers else None

    def step(self, number: int) -> None:
        """Does one of the things that are ready."""
        handle = self.ready.pop(number)
        if handle.cancelled():
            return
        asyncio._set_running_loop(self)
        try:
            handle._run()
        finally:
            asyncio._set_running_loop(None)

    # -- what asyncio asks for ---------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._timeline.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self.timers, (when, next(self._order), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass  # it is left out when its time comes

    def create_future(self) -> asyncio.Future[Any]:
        return _Future(number=next(self._order), loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task = _Task(coro, number=next(self._order), loop=self, name=name, context=context)
        self.tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        found = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except Exception as error:
                if not found.done():
                    found.set_exception(error)
            else:
                if not found.done():
                    found.set_result(result)

        self.call_soon(work)
        return found

    def add_signal_handler(self, sig: int, callback: Callable[..., Any], *args: Any) -> None:
        self.signals[sig] = asyncio.Handle(callback, args, self, None)

    def remove_signal_handler(self, sig: int) -> bool:
        return self.signals.pop(sig, None) is not None

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.complaints.append(context)

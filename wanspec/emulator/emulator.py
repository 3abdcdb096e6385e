"""The emulator as one thing to start and stop: an HTTP server on loopback in a thread of its own."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from wanspec.emulator.clock import Clock
from wanspec.emulator.conversation import MAX_HEAD, converse
from wanspec.emulator.house import House
from wanspec.emulator.ledger import Ledger
from wanspec.emulator.reception import Reception, Visit
from wanspec.emulator.vendors.declared import VENDORS
from wanspec.emulator.weather import Weather, read_weather

if TYPE_CHECKING:
    from wanspec.catalogue.catalogue import Catalogue

T = TypeVar("T")
BACKLOG = 1024


class Emulator:
    """`with Emulator(faults=[…]) as emulator:` -- every declared vendor below one port of 127.0.0.1.

    `faults`: the weather as `weather.read_weather` takes it.  `seed`: two emulators with the same seed, weather and
    calls answer alike, but for times.  `clock_scale`: seconds of its clock in a real second.  `latency_s`: how long a
    task takes, of its clock, for images and videos or by kind.  `plain`: pictures of one colour, fast.
    `catalogue`: opens the models; the built-in ones unless told.  Raises WeatherFault, ValueError for a scale that no
    clock can have, and, when it starts, OSError for a port that is taken.
    """

    def __init__(
        self,
        *,
        faults: Sequence[Any] | Mapping[str, Any] | None = None,
        seed: int = 0,
        clock_scale: float = 1.0,
        latency_s: float | Mapping[str, float] | None = None,
        port: int = 0,
        plain: bool = False,
        catalogue: Callable[[], Catalogue] | None = None,
    ) -> None:
        self._weather = read_weather(faults, VENDORS)
        self._seed = seed
        self._clock_scale = Clock(clock_scale).scale
        if latency_s is None:
            self._latency_s: Mapping[str, float] = {}
        else:
            self._latency_s = (
                latency_s if isinstance(latency_s, Mapping) else dict.fromkeys(("image", "video"), latency_s)
            )
        self._asked_port = port
        self._plain = plain
        self._catalogue = catalogue or _built_in
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._house: House | None = None
        self._reception: Reception | None = None
        self.port = 0

    # -- starting and stopping

    def start(self) -> Emulator:
        if self._thread is not None:
            raise RuntimeError("this emulator runs already")
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="emulator", daemon=True)
        self._thread.start()
        try:
            started.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Cuts what is being answered and forgets all files; the ledger stays to be read."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # it ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, started: Future[None]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        conversations: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            conversations.add(task)
            try:
                await converse(reader, writer, reception.answer)
            except asyncio.CancelledError:
                pass  # the emulator stops; the stream's own callback would tell it as a fault
            finally:
                conversations.discard(task)

        server = await asyncio.start_server(talk, "127.0.0.1", self._asked_port, limit=MAX_HEAD, backlog=BACKLOG)
        self.port = server.sockets[0].getsockname()[1]
        with tempfile.TemporaryDirectory(prefix="wanspec-emulator-", ignore_cleanup_errors=True) as folder:
            house = House(
                VENDORS,
                self._catalogue,
                port=self.port,
                folder=Path(folder),
                clock=Clock(self._clock_scale),
                seed=self._seed,
                latency_s=self._latency_s,
                plain=self._plain,
            )
            house.set_weather(self._weather)
            reception = Reception(house)
            self._house, self._reception = house, reception
            started.set_result(None)
            try:
                await self._stop.wait()
            finally:
                server.close()
                for one in tuple(conversations):
                    one.cancel()
                await asyncio.gather(*conversations, return_exceptions=True)
                await house.close()

    # -- what a client needs

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def base_url(self, provider: str) -> str:
        """What stands for that vendor's origin."""
        return f"{self.address}/{VENDORS[provider].name}"

    def key(self, provider: str) -> str:
        return self._running().key(VENDORS[provider])

    def environment(self) -> dict[str, str]:
        """`<PROVIDER>_BASE_URL` and `<PROVIDER>_API_KEY` of every vendor."""
        found = {}
        for name in VENDORS:
            found[f"{name.upper()}_BASE_URL"] = self.base_url(name)
            found[f"{name.upper()}_API_KEY"] = self.key(name)
        return found

    # -- what a test looks at and turns

    @property
    def ledger(self) -> Ledger:
        return self._running().ledger

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Every call to a vendor so far, in the order in which they were answered."""
        self._running()
        assert self._reception is not None
        return tuple(self._reception.visits)

    def set_faults(self, faults: Sequence[Any] | Mapping[str, Any] | None) -> None:
        """Another weather from now on.  Raises WeatherFault."""
        weather = read_weather(faults, VENDORS)
        self._in_loop(lambda house: house.set_weather(weather))

    def advance(self, seconds: float) -> None:
        """Moves the emulator's clock on: tasks come to their end, links and uploads die."""
        self._in_loop(lambda house: house.clock.skip(seconds))

    @property
    def weather(self) -> Weather:
        return self._running().weather

    def _running(self) -> House:
        if self._house is None:
            raise RuntimeError("this emulator was not started")
        return self._house

    def _in_loop(self, work: Callable[[House], T]) -> T:
        house = self._running()
        assert self._loop is not None
        done: Future[T] = Future()

        def do() -> None:
            try:
                done.set_result(work(house))
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(do)
        return done.result()


@cache
def _built_in() -> Catalogue:
    from wanspec.catalogue.catalogue import load_catalogue

    checked = load_catalogue()
    assert checked.value is not None
    return checked.value

"""How fast a vendor is spoken to: submits a minute and tasks at once, and less of both after it complained."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from wanspec.engine.clock import Clock

GIVE_UP_S = 60.0  # how long something free or provably not accepted is tried again
_FIRST_S = 0.5
_LONGEST_S = 20.0
_MINUTE_S = 60.0


class Pace:
    """One vendor's limits, as far as they are known and as it shows them."""

    def __init__(self, in_flight: int, per_minute: float, clock: Clock) -> None:
        self._most = in_flight
        self._allowed = float(in_flight)
        self._per_minute = per_minute
        self._share = 1.0  # of the submits a minute, after it complained
        self._clock = clock
        self._sent: deque[float] = deque()  # moments of the last minute's submits
        self._not_before = 0.0
        self._complained = float("-inf")  # when the vendor last turned a submit away
        self._takes_nothing_since: float | None = None
        self._at_vendor = 0
        self._left = asyncio.Event()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Held while a task is at the vendor."""
        while self._at_vendor >= max(1, int(self._allowed)):
            self._left.clear()
            await self._left.wait()
        self._at_vendor += 1
        try:
            yield
        finally:
            self._at_vendor -= 1
            self._left.set()

    async def turn(self) -> float:
        """Waits until another submit is in order; the moment at which it is."""
        while (wait_s := self._wait_s()) > 0:
            await self._clock.sleep(wait_s)
        self._sent.append(self._clock.monotonic())
        return self._sent[-1]

    def _wait_s(self) -> float:
        now = self._clock.monotonic()
        while self._sent and self._sent[0] <= now - _MINUTE_S:
            self._sent.popleft()
        wait_s = self._not_before - now
        most = max(1, int(self._per_minute * self._share))
        if len(self._sent) >= most:
            wait_s = max(wait_s, self._sent[-most] + _MINUTE_S - now)
        return wait_s

    @property
    def takes_nothing_s(self) -> float:
        """Since when the vendor has turned away all that it was sent."""
        since = self._takes_nothing_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def slow_down(self, wait_s: float, sent: float | None = None) -> None:
        """The vendor turned a submit away: nobody sends for so long, and then fewer do.

        `sent`: the moment of that submit.  Those that were under way when the vendor complained are one complaint: a
        burst of them would else stop everything for a minute.
        """
        now = self._clock.monotonic()
        self._not_before = max(self._not_before, now + wait_s)
        if self._takes_nothing_since is None:
            self._takes_nothing_since = now
        if sent is not None and sent <= self._complained:
            return
        self._complained = now
        self._share = max(self._share / 2, min(1.0, 1 / max(1.0, self._per_minute)))
        self._allowed = max(1.0, min(self._allowed, float(self._at_vendor)) / 2)

    def speed_up(self) -> None:
        """The vendor took one."""
        self._takes_nothing_since = None
        self._share = min(1.0, self._share + 0.05)
        if self._allowed < self._most:
            self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)
            self._left.set()


class Patience:
    """How often and how long something is tried again: exponential backoff with full jitter, about a minute in all."""

    def __init__(self, clock: Clock, random: Random, give_up_s: float = GIVE_UP_S) -> None:
        self._clock = clock
        self._random = random
        self._give_up_s = give_up_s
        self._since: float | None = None
        self._tries = 0

    def next_s(self, asked_s: float | None = None) -> float | None:
        """Seconds until the next try, None when it is time to give up.  `asked_s`: the vendor's own wish."""
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        self._tries += 1
        longest = min(_LONGEST_S, _FIRST_S * 2**self._tries)
        # A wish is a least: everybody comes back a little later than asked, and not all at once.
        wait_s = self._random.uniform(0, longest) if asked_s is None else asked_s + self._random.uniform(0, 0.5)
        return None if now + wait_s > self._since + self._give_up_s else wait_s

    def excuse(self, seconds: float) -> None:
        """Time that was no part of the trouble."""
        if self._since is not None:
            self._since += seconds

    def reset(self) -> None:
        """It went well: the next trouble is a new one."""
        self._since, self._tries = None, 0

"""Media behind an address that wanspec itself has to read: local models work on files."""

from __future__ import annotations

from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from wanspec.domain.errors import Busy, MediaError
from wanspec.engine.clock import Clock
from wanspec.wire.addresses import Forbidden
from wanspec.wire.http import Answer, Http, NoAnswer, NotConnected, TooLarge
from wanspec.wire.pace import Patience

MOST_BYTES = 2 * 1024**3  # a long clip; more is no material for a shot list
TIMEOUT_S = 60.0  # of silence


class RemoteMedia:
    """Fetches files that a shot list names by URL: https from public addresses, and loopback where that is allowed."""

    def __init__(self, http: Http, clock: Clock, random: Random, *, loopback: bool) -> None:
        self._http = http
        self._clock = clock
        self._random = random
        self._loopback = loopback

    async def fetch(self, url: str, path: Path) -> None:
        """Writes what is behind an address to a new file; of a pinned one the bytes that were pinned, or nothing.

        Raises MediaError, and Busy when the network stays broken.
        """
        address, _, pin = url.partition("#sha256=")
        shown = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}{urlsplit(address).path}"[:200]
        patience = Patience(self._clock, self._random)
        while True:
            try:
                found = await self._http.fetch(
                    address, path, loopback=self._loopback, most_bytes=MOST_BYTES, timeout_s=TIMEOUT_S
                )
                if not isinstance(found, Answer):
                    if pin and found.sha256 != pin.lower():
                        raise MediaError(
                            f"`{shown}` serves other bytes than those that are pinned",
                            hint=f"its digest is now sha256={found.sha256}",
                            code="pin",
                        )
                    return
                why = f"HTTP {found.status}"
                if found.status < 500 and found.status not in (408, 425, 429):
                    raise MediaError(f"`{shown}` answers with {why}", code="missing")
            except (Forbidden, TooLarge) as error:
                raise MediaError(f"`{shown}` is not fetched: {error}", code="media") from error
            except (NotConnected, NoAnswer) as error:
                why = str(error)
            wait_s = patience.next_s()
            if wait_s is None:
                raise Busy(f"`{shown}` cannot be fetched: {why}", hint="render again later", code="download")
            await self._clock.sleep(wait_s)

"""Files under addresses that live for a while: results, and what clients uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from wanspec.emulator.tasks import Task

OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(slots=True)
class Hosted:
    """One file under one address."""

    provider: str
    name: str  # below `/<provider>/files/`
    path: Path
    media_type: str
    made_at: float
    dies_at: float  # Unix seconds of the emulator's clock
    signature: str = ""  # that the query must hold, where links are signed
    task: Task | None = None  # whose result it is; None for an upload
    index: int = 0  # of the output
    fetched: int = 0


class Shelf:
    """All of them, by provider and name."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._files: dict[tuple[str, str], Hosted] = {}

    def put(self, hosted: Hosted) -> str:
        """Its address."""
        self._files[hosted.provider, hosted.name] = hosted
        query = f"?Expires={int(hosted.dies_at)}&Signature={hosted.signature}" if hosted.signature else ""
        return f"http://127.0.0.1:{self._port}/{hosted.provider}/files/{hosted.name}{query}"

    def take_away(self, hosted: Hosted) -> None:
        self._files.pop((hosted.provider, hosted.name), None)

    def find(self, provider: str, name: str) -> Hosted | None:
        return self._files.get((provider, name))

    def is_own(self, url: str) -> bool:
        """Whether an address leads to this emulator."""
        host, _, port = urlsplit(url).netloc.rpartition(":")
        return host in OWN_HOSTS and port == str(self._port)

    def at(self, url: str, now: float) -> Hosted | None:
        """What lies at an own address, None where nothing lives there (any more)."""
        address = urlsplit(url)
        provider, slash, name = address.path.removeprefix("/").partition("/files/")
        hosted = self.find(provider, name) if slash else None
        return hosted if hosted is not None and opens(hosted, dict(parse_qsl(address.query)), now) else None


def opens(hosted: Hosted, query: Mapping[str, str], now: float) -> bool:
    """Whether an address with this query leads to the file at this time."""
    return now < hosted.dies_at and (not hosted.signature or query.get("Signature") == hosted.signature)

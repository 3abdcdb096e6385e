"""HTTP calls, and what can be said of one that brought no answer.  The only module that knows the HTTP library."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from wanspec.wire.addresses import Forbidden, Resolve, Target, look_up, shown, target_of

# Answers hold at most some pictures as base64.
MAX_ANSWER_BYTES = 256 * 1024 * 1024
MAX_REDIRECTS = 5
_DEEPEST = 100  # levels of an answer that are read
_CHUNK = 1 << 18
_CALLS_AT_ONCE = 16
_DOWNLOADS_AT_ONCE = 8
# httpcore walks its whole pool for each call, and looks at every idle socket of it, twice: that was half of the CPU of
# a render.  So there are several clients, each with few connections.
_KEPT_LANES = 4
_FRESH_LANES = 16  # for what is sent over connections of their own, which may be hundreds at once
# A proxy of the environment's is for the world; it must not see a key that goes to this machine, nor stand in the way.
_HERE = ("all://localhost", "all://127.0.0.1", "all://[::1]")


class NotConnected(Exception):
    """The request provably never left: no connection came about."""


class NoAnswer(Exception):
    """The request may have reached the other side, and no whole answer came back."""


class TooLarge(Exception):
    """More bytes than are taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body as JSON that can be written anywhere and gone through.  Raises ValueError when it is none.

        Half of a surrogate pair, which UTF-8 does not have, becomes U+FFFD; what is nested too deep becomes null.
        """
        try:
            return _sound(json.loads(self.body), _DEEPEST)
        except (UnicodeDecodeError, RecursionError) as error:
            raise ValueError("no JSON") from error


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was written."""

    bytes: int
    sha256: str
    content_type: str


class Http(Protocol):
    """What the rest of this package asks of HTTP; tests bring their own."""

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: Any,
        timeout_s: float,
        fresh: bool = False,
        form: tuple[str, Path, str] | None = None,
    ) -> Answer:
        """One call to a vendor; redirects are not followed.

        `fresh`: over a connection of its own, so that a kept one that was just closed is not taken for a lost answer.
        `form`: multipart with this file (field, path, media type) and the body's entries.
        Raises NotConnected, NoAnswer and TooLarge.
        """

    async def fetch(
        self, url: str, path: Path, *, loopback: bool, most_bytes: int, timeout_s: float
    ) -> Answer | Fetched:
        """Downloads into a new file, without credentials; an Answer (without its body) is not a success.

        Raises Forbidden, NotConnected, NoAnswer and TooLarge.
        """

    async def close(self) -> None: ...


class HttpxHttp:
    """Over httpx.  `transport`: a test's, in the place of the network."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, resolve: Resolve = look_up) -> None:
        self._transport = transport
        self._resolve = resolve
        self._lanes: dict[str, _Lanes] = {}
        self._ssl: Any = None
        self._calls = asyncio.Semaphore(_CALLS_AT_ONCE)
        self._downloads = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: Any,
        timeout_s: float,
        fresh: bool = False,
        form: tuple[str, Path, str] | None = None,
    ) -> Answer:
        lanes = self._lanes_for("fresh") if fresh else self._lanes_for(f"kept {_origin(url)}")
        content: bytes | None = None
        sent = {**headers, "Accept": "application/json"}
        files = None
        data = None
        if form is not None:
            name, path, media_type = form
            files = {name: (path.name, await asyncio.to_thread(path.read_bytes), media_type)}
            data = {key: str(value) for key, value in (body or {}).items()}
        elif body is not None:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
            sent["Content-Type"] = "application/json"

        async def answer() -> Answer:
            with lanes.one() as client:
                request = client.build_request(
                    method,
                    url,
                    headers=sent,
                    params=dict(query) or None,
                    content=content,
                    data=data,
                    files=files,
                    timeout=_timeout(timeout_s),
                )
                return await self._answer(client, request, lanes)

        try:
            if fresh:
                return await answer()
            async with self._calls:
                return await answer()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise NotConnected(_words(error)) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
            raise NotConnected(_words(error)) from error
        except httpx.HTTPError as error:
            raise NoAnswer(_words(error)) from error

    @staticmethod
    async def _answer(client: httpx.AsyncClient, request: httpx.Request, lanes: _Lanes) -> Answer:
        response = await client.send(request, stream=True)
        if response.http_version == "HTTP/2":
            lanes.one_is_enough = True
        try:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > MAX_ANSWER_BYTES:
                    raise TooLarge(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
                parts.append(part)
            return Answer(response.status_code, _lowered(response.headers), b"".join(parts))
        finally:
            await response.aclose()

    async def fetch(
        self, url: str, path: Path, *, loopback: bool, most_bytes: int, timeout_s: float
    ) -> Answer | Fetched:
        try:
            async with self._downloads:
                for number in range(MAX_REDIRECTS + 1):
                    try:
                        found = await self._fetch_once(url, path, loopback, most_bytes, timeout_s)
                    except Forbidden as error:
                        if number == 0:
                            raise
                        raise Forbidden(f"it redirects to `{shown(url)}`, which is refused: {error}") from error
                    if isinstance(found, Fetched) or found.status not in (301, 302, 303, 307, 308):
                        return found
                    url = _redirected(url, found.headers.get("location", ""))
                raise Forbidden("it redirects without end")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise NotConnected(_words(error)) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Forbidden(_words(error)) from error
        except httpx.HTTPError as error:
            raise NoAnswer(_words(error)) from error

    async def _fetch_once(
        self, url: str, path: Path, loopback: bool, most_bytes: int, timeout_s: float
    ) -> Answer | Fetched:
        try:
            target = await target_of(url, loopback=loopback, resolve=self._resolve)
        except OSError as error:
            raise NotConnected(f"the name of {urlsplit(url).hostname} is not known") from error
        with self._lanes_for("bare").one() as client:
            return await self._fetched(client, target, path, most_bytes, timeout_s)

    @staticmethod
    async def _fetched(
        client: httpx.AsyncClient, target: Target, path: Path, most_bytes: int, timeout_s: float
    ) -> Answer | Fetched:
        address = httpx.URL(target.url)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        extensions: dict[str, Any] = {}
        if target.address:
            # Connects to the address that was looked at, whatever the name means a moment later.
            headers["Host"] = address.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            address = address.copy_with(host=target.address)
        request = client.build_request("GET", address, headers=headers, timeout=_timeout(timeout_s))
        request.extensions = {**request.extensions, **extensions}
        response = await client.send(request, stream=True)
        try:
            if response.status_code != 200:
                return Answer(response.status_code, _lowered(response.headers))
            length = response.headers.get("content-length", "")
            if re.fullmatch("[0-9]{1,18}", length) and int(length) > most_bytes:
                raise TooLarge(f"it has {length} bytes, {most_bytes} at most are taken")
            digest = hashlib.sha256()
            size = 0
            # Opened, written and closed in a thread: each of them waits for the disk, and a still is one part.
            begun = False
            async for part in response.aiter_bytes(_CHUNK):
                size += len(part)
                if size > most_bytes:
                    raise TooLarge(f"it has more than {most_bytes} bytes")
                digest.update(part)
                await asyncio.to_thread(_written, path, part, "ab" if begun else "wb")
                begun = True
            if not begun:
                await asyncio.to_thread(_written, path, b"", "wb")
            return Fetched(size, digest.hexdigest(), response.headers.get("content-type", ""))
        finally:
            await response.aclose()

    async def close(self) -> None:
        for lanes in self._lanes.values():
            await lanes.close()
        self._lanes.clear()

    def _lanes_for(self, use: str) -> _Lanes:
        """`fresh`: nothing is kept open; `kept ORIGIN`: for calls that may be repeated; `bare`: for files."""
        if use not in self._lanes:
            fresh = use == "fresh"
            self._lanes[use] = _Lanes(partial(self._client, fresh=fresh), _FRESH_LANES if fresh else _KEPT_LANES)
        return self._lanes[use]

    def _client(self, *, fresh: bool) -> httpx.AsyncClient:
        if self._ssl is None:
            self._ssl = httpx.create_ssl_context()
        most = None if fresh else _CALLS_AT_ONCE // _KEPT_LANES
        return httpx.AsyncClient(
            transport=self._transport,
            mounts=None if self._transport else dict.fromkeys(_HERE),
            verify=self._ssl,
            http2=not fresh,
            limits=httpx.Limits(
                max_connections=most, max_keepalive_connections=0 if fresh else most, keepalive_expiry=20
            ),
            follow_redirects=False,
            headers={"User-Agent": _user_agent()},
            # A password file of the user's is not for vendors; proxies are taken from the environment.
            auth=_no_auth,
        )


class _Lanes:
    """Clients of one use, made as they are needed; a call takes the one that is at the fewest.

    Over HTTP/2 one connection carries all calls, and its pool is short.
    """

    def __init__(self, make: Callable[[], httpx.AsyncClient], most: int) -> None:
        self._make = make
        self._most = most
        self._clients: list[httpx.AsyncClient] = []
        self._calls: list[int] = []
        self.one_is_enough = False

    @contextmanager
    def one(self) -> Iterator[httpx.AsyncClient]:
        number = min(range(len(self._calls)), key=self._calls.__getitem__, default=-1)
        if self.one_is_enough:
            number = 0
        elif number < 0 or (self._calls[number] and len(self._clients) < self._most):
            number = len(self._clients)
            self._clients.append(self._make())
            self._calls.append(0)
        self._calls[number] += 1
        try:
            yield self._clients[number]
        finally:
            self._calls[number] -= 1

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def _written(path: Path, part: bytes, mode: str) -> None:
    with path.open(mode) as file:
        file.write(part)


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Forbidden(f"it redirects to `{shown(location)}`, which is no address") from None


def _sound(value: Any, deepest: int) -> Any:
    """A JSON value that is no deeper than that, and whose texts UTF-8 can hold."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict | list) and not deepest:
        return None
    if isinstance(value, dict):
        return {_sound(name, 0): _sound(inner, deepest - 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_sound(inner, deepest - 1) for inner in value]
    return value


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _no_auth(request: httpx.Request) -> httpx.Request:
    """Keeps httpx from adding what it finds in a `.netrc`."""
    return request


def _timeout(seconds: float) -> httpx.Timeout:
    """Of each silence, not of the whole."""
    return httpx.Timeout(seconds, connect=min(seconds, 20.0), pool=None)


def _lowered(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _user_agent() -> str:
    from wanspec import __version__

    return f"wanspec/{__version__}"

"""HTTP/1.1 as a server speaks it: calls read, replies written, connections kept alive or cut on purpose."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_HEAD = 64 * 1024
MAX_BODY = 256 * 1024 * 1024  # a clip of 100 MB in Base64, and room
CHUNK = 64 * 1024
STEPS_A_SECOND = 20  # pieces in which a slow body trickles


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a client.  Header names are in lower case."""

    method: str
    path: str  # decoded, without the query
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Raises ValueError when the body holds no JSON."""
        return json.loads(self.body)

    @property
    def bearer(self) -> str | None:
        """The key of an `Authorization: Bearer` header; None without such a header."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_at: int | None = None  # the connection ends after that many bytes of the body, whatever was announced
    bytes_a_second: float | None = None  # None: as fast as it goes
    silent_s: float = 0.0  # real seconds without a byte, half-way through the body

    def with_header(self, name: str, value: str) -> Reply:
        return replace(self, headers={**self.headers, name: value})


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})


class Hangup(Exception):
    """The connection ends here, without an answer."""


class _Malformed(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Callable[[Call], Awaitable[Reply]]
) -> None:
    """All calls of one connection, one after the other, until either side ends it."""
    try:
        while True:
            try:
                call, stays = await _read_call(reader, writer)
            except _Malformed as fault:
                body = json.dumps({"error": str(fault)}).encode()
                await _write(writer, "", Reply(fault.status, body, {"Content-Type": "application/json"}), stays=False)
                return
            if call is None:
                return
            reply = await answer(call)
            if not await _write(writer, call.method, reply, stays=stays) or not stays:
                return
    except (Hangup, ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        return
    finally:
        writer.close()
        with suppress(ConnectionError, TimeoutError):
            await writer.wait_closed()


async def _read_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Call | None, bool]:
    """The next call and whether the connection stays open after it; None when the client has ended it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial.strip():
            raise _Malformed(400, "the request ended in its head") from ended
        return None, False
    except asyncio.LimitOverrunError as error:
        raise _Malformed(431, "the head of the request is too large") from error
    first, *lines = head.decode("latin-1").strip("\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise _Malformed(400, "that is no HTTP/1.1 request")
    method, target, version = parts
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise _Malformed(400, "a header has no colon")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
    body = await _read_body(reader, headers)
    address = urlsplit(target)
    call = Call(method, unquote(address.path), dict(parse_qsl(address.query, keep_blank_values=True)), headers, body)
    wish = headers.get("connection", "").lower()
    return call, wish != "close" and (version == "HTTP/1.1" or wish == "keep-alive")


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        found = bytearray()
        while True:
            told = (await reader.readuntil(b"\r\n")).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", told):
                raise _Malformed(400, "a chunk has no size")
            size = int(told, 16)
            if len(found) + size > MAX_BODY:
                raise _Malformed(413, "the body is too large")
            piece = await reader.readexactly(size + 2)
            if not size:
                return bytes(found)
            found += piece[:-2]
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise _Malformed(400, "the content length is no number")
    if int(length) > MAX_BODY:
        raise _Malformed(413, "the body is too large")
    return await reader.readexactly(int(length))


async def _write(writer: asyncio.StreamWriter, method: str, reply: Reply, *, stays: bool) -> bool:
    """Sends a reply.  False when the connection was cut on purpose."""
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    if not stays:
        headers["Connection"] = "close"
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items()) + "\r\n"
    body = b"" if method == "HEAD" else reply.body
    if reply.cut_at is not None:
        writer.write(head.encode("latin-1") + body[: reply.cut_at])
        await writer.drain()
        return False
    if reply.bytes_a_second is None and not reply.silent_s:
        writer.write(head.encode("latin-1") + body)
        await writer.drain()
        return True
    writer.write(head.encode("latin-1"))
    await _trickle(writer, body, reply)
    return True


async def _trickle(writer: asyncio.StreamWriter, body: bytes, reply: Reply) -> None:
    size = CHUNK if reply.bytes_a_second is None else max(1, int(reply.bytes_a_second / STEPS_A_SECOND))
    silent = reply.silent_s
    for start in range(0, len(body), size):
        if silent and start + size >= len(body) / 2:
            await writer.drain()
            await asyncio.sleep(silent)
            silent = 0.0
        writer.write(body[start : start + size])
        await writer.drain()
        if reply.bytes_a_second is not None:
            await asyncio.sleep(size / reply.bytes_a_second)


def form_parts(call: Call) -> dict[str, tuple[bytes, str]]:
    """The fields of a multipart form: name -> content and file name.  Raises ValueError for another body."""
    found = re.search(r'boundary="?([^";]+)"?', call.headers.get("content-type", ""))
    if found is None:
        raise ValueError("the body is no multipart form")
    parts = {}
    for part in (b"\r\n" + call.body).split(b"\r\n--" + found[1].encode("latin-1"))[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        words = head.decode("utf-8", "replace")
        name = re.search(r'[ ;]name="([^"]*)"', words)
        if not blank or name is None:
            raise ValueError("a part of the form has no name")
        file = re.search(r'filename="([^"]*)"', words)
        parts[name[1]] = (content, file[1] if file else "")
    return parts

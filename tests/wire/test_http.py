"""HTTP over a real socket: what is sent, what is fetched, what is refused, and what a broken connection means."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest

from wanspec.wire.addresses import Forbidden, target_of
from wanspec.wire.http import Answer, Fetched, HttpxHttp, NoAnswer, NotConnected, TooLarge

T = TypeVar("T")


class Desk(BaseHTTPRequestHandler):
    """A server whose paths say what it does."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, str, dict[str, str], bytes]]] = []

    def do_GET(self) -> None:
        type(self).seen.append((self.command, self.path, dict(self.headers), b""))
        what = self.path.partition("?")[0].strip("/")
        if what == "picture":
            self.reply(200, b"x" * 5000)
        elif what.startswith("to/"):
            self.reply(302, b"", location=what.removeprefix("to/"))
        elif what == "around":
            self.reply(302, b"", location="/around")
        elif what == "near":
            self.reply(302, b"", location="/picture")
        elif what == "short":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b"x" * 100)
            self.close_connection = True
        else:
            self.reply(404, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.command, self.path, dict(self.headers), body))
        if self.path.startswith("/cut"):
            self.close_connection = True
            self.connection.close()
            return
        self.reply(200, b'{"ok": true}')

    def reply(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def base() -> Iterator[str]:
    Desk.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def using(work: Callable[[HttpxHttp], Awaitable[T]], **given: Any) -> T:
    async def run() -> T:
        http = HttpxHttp(**given)
        try:
            return await work(http)
        finally:
            await http.close()

    return asyncio.run(run())


def post(url: str, *, fresh: bool = False, timeout_s: float = 5) -> Answer:
    return using(
        lambda http: http.call(
            "POST", url, headers={"X-Key": "k"}, query={"a": "b c"}, body={"é": 1}, timeout_s=timeout_s, fresh=fresh
        )
    )


def fetch(url: str, path: Path, *, loopback: bool = True, most: int = 10_000, **given: Any) -> Answer | Fetched:
    return using(lambda http: http.fetch(url, path, loopback=loopback, most_bytes=most, timeout_s=5), **given)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_call_sends_json_and_reads_the_answer(base: str, fresh: bool) -> None:
    answer = post(f"{base}/make", fresh=fresh)
    assert (answer.status, answer.json()) == (200, {"ok": True})
    _, path, headers, body = Desk.seen[0]
    assert path in {"/make?a=b+c", "/make?a=b%20c"}
    assert headers["X-Key"] == "k"
    assert headers["User-Agent"].startswith("wanspec/")
    assert body == '{"é": 1}'.encode()


def test_no_connection_is_told_from_no_answer(base: str) -> None:
    with pytest.raises(NotConnected):
        post("http://127.0.0.1:1/make")
    with pytest.raises(NoAnswer):
        post(f"{base}/cut")
    assert len(Desk.seen) == 1  # nothing was sent a second time


def test_a_download_is_hashed_while_it_is_written(base: str, tmp_path: Path) -> None:
    found = fetch(f"{base}/near", tmp_path / "file")
    assert found == Fetched(5000, hashlib.sha256(b"x" * 5000).hexdigest(), "")
    assert (tmp_path / "file").read_bytes() == b"x" * 5000
    assert all("X-Key" not in headers and "Authorization" not in headers for _, _, headers, _ in Desk.seen)


def test_a_download_that_breaks_off_is_no_file(base: str, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer):
        fetch(f"{base}/short", tmp_path / "file")


def test_a_download_has_a_limit(base: str, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        fetch(f"{base}/picture", tmp_path / "file", most=4999)
    assert not (tmp_path / "file").exists() or (tmp_path / "file").stat().st_size < 5000


def test_what_is_not_there_is_an_answer(base: str, tmp_path: Path) -> None:
    found = fetch(f"{base}/nothing", tmp_path / "file")
    assert isinstance(found, Answer)
    assert found.status == 404


@pytest.mark.parametrize(
    "address", ["around", "to/http://example.com/x", "to/https://10.0.0.1/x", "to/file:///etc/passwd"]
)
def test_redirects_are_looked_at_again(base: str, tmp_path: Path, address: str) -> None:
    with pytest.raises(Forbidden):
        fetch(f"{base}/{address}", tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_refused_redirect_is_told_with_its_address(base: str, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match=r"redirects to `http://169\.254\.169\.254/x`, which is refused"):
        fetch(f"{base}/to/http://169.254.169.254/x?signature=1", tmp_path / "file")
    with pytest.raises(Forbidden, match=r"redirects to `https://a\.\.b/x`, which is refused: its host is no name"):
        fetch(f"{base}/to/https://a..b/x", tmp_path / "file")


def test_what_the_internet_of_ipv6_alone_calls_a_public_address_is_fetched() -> None:
    target = asyncio.run(target_of("https://cdn.example/x", loopback=True, resolve=resolving("64:ff9b::808:808")))
    assert target.address == "64:ff9b::808:808"


def test_loopback_is_fetched_only_where_the_vendor_is_there(base: str, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="on this machine"):
        fetch(f"{base}/picture", tmp_path / "file", loopback=False)
    assert Desk.seen == []


def resolving(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "fec0::1",
        "::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::1",
    ],
)
def test_a_name_that_means_a_private_address_is_not_fetched(address: str) -> None:
    for addresses in ((address,), ("93.184.216.34", address)):
        with pytest.raises(Forbidden, match="not a public address"):
            asyncio.run(target_of("https://cdn.example/x", loopback=True, resolve=resolving(*addresses)))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://me:word@example.com/x",
        "https:///x",
        "https://[::bad/x",
        "https://a..b/x",
        f"https://{'a' * 70}.example.com/x",
        "javascript:alert(1)",
        "",
    ],
)
def test_only_plain_https_addresses_are_fetched(url: str) -> None:
    with pytest.raises(Forbidden):
        asyncio.run(target_of(url, loopback=True, resolve=resolving("93.184.216.34")))


def test_the_address_that_was_looked_at_is_the_one_that_is_used(tmp_path: Path) -> None:
    import httpx

    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"data")

    found = fetch(
        "https://cdn.example:8443/a?sig=1",
        tmp_path / "file",
        loopback=False,
        transport=httpx.MockTransport(answer),
        resolve=resolving("93.184.216.34"),
    )
    assert isinstance(found, Fetched)
    (request,) = seen
    assert str(request.url) == "https://93.184.216.34:8443/a?sig=1"
    assert request.headers["host"] == "cdn.example:8443"
    assert request.extensions["sni_hostname"] == "cdn.example"


def test_a_proxy_of_the_environment_stands_in_no_way_to_this_machine(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert post(f"{base}/make").status == 200
    assert isinstance(fetch(f"{base}/picture", tmp_path / "file"), Fetched)

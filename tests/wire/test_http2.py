"""HTTP/2 over a real socket with TLS, with a server that offers it; what must go out alone stays with HTTP/1.1."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
import trustme

from wanspec.wire.http import HttpxHttp


@dataclass
class Server:
    """Answers every request with the version of HTTP that it came by."""

    context: ssl.SSLContext
    connections: list[str] = field(default_factory=list)  # what each agreed on
    streams: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol() or "http/1.1"
        self.connections.append(agreed)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await (self._two(reader, writer) if agreed == "h2" else self._one(reader, writer))
        writer.close()

    async def _two(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        talk.initiate_connection()
        writer.write(talk.data_to_send())
        while data := await reader.read(65536):
            for event in talk.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    self.streams += 1
                    talk.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/json")])
                    talk.send_data(event.stream_id, b'{"http": 2}', end_stream=True)
            writer.write(talk.data_to_send())
            await writer.drain()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"http": 1}')
        await writer.drain()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return Server(context)


def test_calls_that_may_be_repeated_share_one_connection_where_it_is_offered(server: Server) -> None:
    async def talk() -> list[object]:
        listening = await asyncio.start_server(server.serve, "localhost", 0, ssl=server.context)
        url = f"https://localhost:{listening.sockets[0].getsockname()[1]}/task"
        http = HttpxHttp()

        async def call(*, fresh: bool = False) -> object:
            answer = await http.call(
                "POST", url, headers={"Authorization": "Bearer k"}, query={}, body={"a": 1}, timeout_s=20, fresh=fresh
            )
            return answer.json()["http"]

        try:
            first = await call()
            return [first, *await asyncio.gather(*(call() for _ in range(5))), await call(fresh=True)]
        finally:
            await http.close()
            listening.close()

    assert asyncio.run(talk()) == [2] * 6 + [1]
    assert server.connections == ["h2", "http/1.1"]
    assert server.streams == 6

from __future__ import annotations

import json
import socket

import pytest

from wanspec.emulator import Emulator
from wanspec.emulator.conversation import Call, form_parts

SUBMIT = "/reapi/api/v1/images/generations"


def raw(emulator: Emulator, text: bytes) -> bytes:
    """All that comes back on one connection, which the client then leaves."""
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=10) as line:
        line.sendall(text)
        line.shutdown(socket.SHUT_WR)
        found = b""
        while piece := line.recv(65536):
            found += piece
        return found


def test_several_calls_share_one_connection(emulator: Emulator) -> None:
    one = b"GET /_control/faults HTTP/1.1\r\nHost: x\r\n\r\n"
    assert raw(emulator, one * 3).count(b'{"faults":[]}') == 3


def test_a_connection_ends_when_the_client_asks_for_it(emulator: Emulator) -> None:
    one = b"GET /_control/faults HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(emulator, one * 3)
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in answer


def test_http_1_0_is_answered_once(emulator: Emulator) -> None:
    assert raw(emulator, b"GET /_control/faults HTTP/1.0\r\n\r\n" * 2).count(b"200 OK") == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"hello\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
        (b"GET / HT", b"400"),
    ],
)
def test_what_is_no_http_is_refused(emulator: Emulator, text: bytes, status: bytes) -> None:
    assert raw(emulator, text).startswith(b"HTTP/1.1 " + status)


def test_a_body_may_come_in_chunks(emulator: Emulator) -> None:
    body = json.dumps(["stuck"]).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:3], body[3:])) + b"0\r\n\r\n"
    answer = raw(emulator, b"POST /_control/faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert b'{"faults":1}' in answer


def test_a_chunk_of_no_size_is_refused(emulator: Emulator) -> None:
    answer = raw(emulator, b"POST /_control/faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_a_client_that_waits_for_leave_gets_it(emulator: Emulator) -> None:
    head = b"POST /_control/faults HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n[]"
    assert raw(emulator, head).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_body_that_ends_early_is_accepted_by_nobody(emulator: Emulator) -> None:
    key = emulator.key("reapi")
    head = f"POST {SUBMIT} HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Length: 500\r\n\r\n".encode()
    assert raw(emulator, head + b'{"model": "wan2.7-image"') == b""
    assert len(emulator.ledger) == 0


def form(body: bytes, boundary: str = "XX") -> dict[str, tuple[bytes, str]]:
    return form_parts(Call("POST", "/", {}, {"content-type": f"multipart/form-data; boundary={boundary}"}, body))


def test_a_form_is_taken_apart_to_the_byte() -> None:
    content = b"\x89PNG\r\n\x1a\n--X \r\n"
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + content
        + b'\r\n--XX\r\nContent-Disposition: form-data; name="file_name"\r\n\r\nb.png\r\n--XX--\r\n'
    )
    assert form(body) == {"file": (content, "a.png"), "file_name": (b"b.png", "")}


def test_what_is_no_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no multipart form"):
        form_parts(Call("POST", "/", {}, {"content-type": "application/json"}, b"{}"))
    with pytest.raises(ValueError, match="has no name"):
        form(b"--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--\r\n")

"""A vendor that takes no time: answers every call at once and gives pictures that were ready before.

    python benchmarks/instant_vendor.py [--hold N]

Prints its port.  The emulator of `wanspec emulate` draws what it delivers, which takes longer than all that is to be
measured here; this one adds a few bytes to one small picture, so that every result is another file.  It is spoken to
in both ways that vendors have, which a project learns from the files that `declare` writes:

- `single`: the vendor names its tasks, each is asked for by a call of its own.  Such a submit must not be repeated, so
  it goes over a connection of its own;
- `batched`: the client names the tasks, one call asks for up to 20 of them.

With `--hold N` no task is done before N were submitted: so many are in flight at once then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import zlib
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 64, 48

SINGLE = """\
origin: https://api.single.example
submit: {path: /single/make, task: id}
poll:
  path: /single/tasks/{task}
  status: status
  words: {working: running, done: done}
  first: 0.1
  max: 0.1
results: {entries: "results[]", url: url}
errors: {rules: [{status: 429, is: busy}]}
in_flight: 1000
per_minute: 10000000
"""

BATCHED = """\
origin: https://api.batched.example
submit: {path: /batched, body: ["{request}"], task_id: client}
poll:
  method: POST
  path: /batched
  body: [{uid: "{task}"}]
  batch: 20
  entries: data[]
  task: uid
  status: status
  words: {working: running, done: done}
  per_output: true
  first: 0.1
  max: 0.1
results: {entries: "data[]", url: url}
errors: {at: "errors[]", task: uid, rules: [{status: 429, is: busy}]}
in_flight: 1000
per_minute: 10000000
"""

_STILL: dict[str, Any] = {
    "title": "A still",
    "type": "object",
    "additionalProperties": False,
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "seed": {"type": "integer", "minimum": 0, "maximum": 2147483647},
        "uid": {"type": "string"},
    },
    "x-wanspec": {
        "kind": "image",
        "portable": {"prompt": "prompt", "seed": "seed"},
        "size": {"forms": [{"also": ["width", "height"], "send": {"width": "{width}", "height": "{height}"}}]},
        "delivery": ["uid"],
        "seed": {"path": "seed", "minimum": 0, "maximum": 2147483647},
        "price": {"per": "image", "usd": "0.01"},
    },
}


def declare(project: Path) -> None:
    """Puts the declarations of both ways into a project."""
    for name, text in (("single", SINGLE), ("batched", BATCHED)):
        folder = project / "schemas" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "provider.yaml").write_text(text, "utf-8")
        model = json.loads(json.dumps(_STILL))
        if name == "batched":
            model["x-wanspec"]["task_id"] = "uid"
        (folder / "still.json").write_text(json.dumps(model), "utf-8")


def settings(port: int) -> dict[str, str]:
    """The environment in which wanspec finds this vendor."""
    base = f"http://127.0.0.1:{port}"
    return {f"{name}_{what}": value for name in ("SINGLE", "BATCHED") for what, value in _access(base)}


def _access(base: str) -> tuple[tuple[str, str], ...]:
    return ("BASE_URL", base), ("API_KEY", "no-secret")


# -- what it delivers --------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_HEAD = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
_PIXELS = zlib.compress(b"".join(b"\0" + bytes((row * 5, 40, 160)) * WIDTH for row in range(HEIGHT)))
_TAIL = _chunk(b"IDAT", _PIXELS) + _chunk(b"IEND", b"")


def picture(task: str) -> bytes:
    """A sound PNG that no other task has."""
    return _HEAD + _chunk(b"tEXt", b"Comment\0" + task.encode()) + _TAIL


# -- how it answers ----------------------------------------------------------------------------------------------------


class Vendor:
    """Its tasks, and how often it was called."""

    def __init__(self, hold: int = 0) -> None:
        self.base = ""
        self.tasks: set[str] = set()
        self._hold = hold
        self.tally = {"submits": 0, "asks": 0, "downloads": 0, "connections": 0}

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        """Media type and content for one call."""
        if path.startswith("/files/"):
            self.tally["downloads"] += 1
            return "image/png", picture(path.removeprefix("/files/"))
        return "application/json", json.dumps(self._tree(method, path, body)).encode()

    def _tree(self, method: str, path: str, body: bytes) -> Any:
        if path == "/tally":
            return self.tally
        if path == "/single/make" and method == "POST":
            task = f"task-{len(self.tasks) + 1}"
            self._accept(task)
            return {"id": task, "status": "working"}
        if path.startswith("/single/tasks/"):
            self.tally["asks"] += 1
            task = path.removeprefix("/single/tasks/")
            if not self._is_done(task):
                return {"id": task, "status": "working"}
            return {"id": task, "status": "done", "results": [{"url": self._address(task)}]}
        entries = json.loads(body)
        if "prompt" in entries[0]:
            self._accept(entries[0]["uid"])
            return {"data": [{"uid": entries[0]["uid"]}]}
        self.tally["asks"] += 1
        return {"data": [self._entry(one["uid"]) for one in entries]}

    def _entry(self, task: str) -> dict[str, str]:
        if self._is_done(task):
            return {"uid": task, "status": "done", "url": self._address(task)}
        return {"uid": task, "status": "working"}

    def _accept(self, task: str) -> None:
        self.tally["submits"] += 1
        self.tasks.add(task)

    def _is_done(self, task: str) -> bool:
        return task in self.tasks and len(self.tasks) >= self._hold

    def _address(self, task: str) -> str:
        return f"{self.base}/files/{task}"


class _Connection(asyncio.Protocol):
    """As much of HTTP/1.1 as the clients here use."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._vendor.tally["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._read += data
        while True:
            head, found, rest = self._read.partition(b"\r\n\r\n")
            if not found:
                return
            first, *lines = head.split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            length = int(headers.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._read = rest[length:]
            method, path, _ = first.decode("latin-1").split(" ")
            media_type, content = self._vendor.answer(method, path, rest[:length])
            self._transport.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
                + content
            )


async def serve(vendor: Vendor) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(vendor), "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    vendor.base = f"http://127.0.0.1:{port}"
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hold", type=int, default=0)
    asyncio.run(serve(Vendor(parser.parse_args().hold)))

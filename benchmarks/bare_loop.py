"""The calls of a render and nothing else: a loop over httpx, as one would write it in an afternoon.

    python benchmarks/bare_loop.py BASE single|batched COUNT IN_FLIGHT FOLDER

Submits, asks until it is done, downloads, writes the file.  No journal, no retries, nothing is looked at, hashed,
cached or flushed to the disk.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx

# As many as wanspec has: httpx goes through all of its connections for each call.
CALLS_AT_ONCE = 16
PAUSE_S = 0.1


class Loop:
    def __init__(self, base: str, way: str, in_flight: int, folder: Path) -> None:
        self.base = base
        self.way = way
        self.folder = folder
        self.in_flight = asyncio.Semaphore(in_flight)
        self.calls = asyncio.Semaphore(CALLS_AT_ONCE)
        self.client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=CALLS_AT_ONCE, max_keepalive_connections=CALLS_AT_ONCE), timeout=60
        )

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async with self.calls:
            answer = await self.client.request(method, f"{self.base}{path}", json=body)
        answer.raise_for_status()
        return answer

    async def one(self, number: int) -> None:
        request = {"prompt": f"a ferry at dawn, frame {number}", "width": 64, "height": 48, "seed": number}
        async with self.in_flight:
            if self.way == "single":
                task = (await self.call("POST", "/single/make", request)).json()["id"]
            else:
                task = str(uuid.uuid4())
                await self.call("POST", "/batched", [{**request, "uid": task}])
            while True:
                await asyncio.sleep(PAUSE_S)
                if self.way == "single":
                    state = (await self.call("GET", f"/single/tasks/{task}")).json()
                    found = state.get("results", [])
                else:
                    found = (await self.call("POST", "/batched", [{"uid": task}])).json()["data"]
                    state = found[0]
                if state["status"] == "done":
                    break
            picture = await self.call("GET", found[0]["url"].removeprefix(self.base))
            (self.folder / f"{number}.png").write_bytes(picture.content)

    async def all(self, count: int) -> None:
        async with self.client:
            await asyncio.gather(*(self.one(number) for number in range(count)))


if __name__ == "__main__":
    base, way, count, in_flight, folder = sys.argv[1:]
    Path(folder).mkdir(parents=True)
    asyncio.run(Loop(base, way, int(in_flight), Path(folder)).all(int(count)))

"""Measures how long renders of random graphs last, beside what no order of work could undercut; time is virtual.

    python benchmarks/makespan.py [--graphs 10] [--items 120] [--in-flight 8]

The whole engine runs -- journal, store, polls, downloads -- at a vendor in memory whose tasks take from seconds to
minutes.  Whenever everything waits, the clock jumps to the next moment at which something happens.  Prints a table in
Markdown.  README.md in this folder says what is compared.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import heapq
import json
import selectors
import shutil
import statistics
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Checked
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived
from wanspec.domain.requests import Request
from wanspec.domain.runs import Outcome
from wanspec.engine.workers import Workers
from wanspec.pipeline import plan, prepare
from wanspec.stages.execute import RenderOptions, execute
from wanspec.stages.load import Given
from wanspec.store.lock import read_lock
from wanspec.store.store import open_store
from wanspec.wire.http import Answer, Fetched
from wanspec.wire.vendors import vendor_renderers

T = TypeVar("T")

# -- a loop in which waiting takes no time -----------------------------------------------------------------------------


class _Here(ThreadPoolExecutor):
    """Does at once what would go to a thread, so that the order of events is the same every time."""

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock stands still while anything is done, and jumps when all wait."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jumping(self))
        self.set_default_executor(_Here())

    def time(self) -> float:
        return self.now_s


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everything waits for ever")
        if not found and timeout:
            self._loop.now_s += timeout
        return found


def run(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """What comes of it, and the virtual seconds that it took."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work), loop.now_s
    finally:
        loop.close()


class LoopClock:
    """The loop's time for the engine."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


# -- a vendor that takes its time --------------------------------------------------------------------------------------

# As vendors publish it: polls every 2 seconds at first, every 10 in the end.
FIRST_S, LONGEST_S = 2, 10
PROVIDER = f"""\
origin: https://api.slow.example
submit: {{path: /make, task: id}}
poll:
  path: /tasks/{{task}}
  status: status
  words: {{working: running, done: done}}
  first: {FIRST_S}
  max: {LONGEST_S}
results: {{entries: "results[]", url: url, lives_s: 864000}}
in_flight: 8
per_minute: 600
task_s: {{image: 7200, video: 7200}}
"""


def _model(kind: str) -> dict[str, Any]:
    return {
        "title": kind,
        "type": "object",
        "additionalProperties": False,
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string"},
            "pictures": {"type": "array", "items": {"type": "string"}},
            "clip": {"type": "string"},
        },
        "x-wanspec": {
            "kind": kind,
            "portable": {"prompt": "prompt", "reference_images": "pictures", "source_video": "clip"},
            "media": {"pictures[]": {"kind": "image", "forms": ["url"]}, "clip": {"kind": "video", "forms": ["url"]}},
            "price": {"per": "action", "usd": "0.01"},
        },
    }


@dataclass
class SlowVendor:
    """The network and a vendor behind it; `latency_s` tells how long an item's task takes."""

    latency_s: Mapping[str, float]
    ready: dict[str, float] = field(default_factory=dict)  # task -> when it is done
    asks: int = 0
    at_once: int = 0

    async def call(self, method: str, url: str, *, body: Any, **_: Any) -> Answer:
        await asyncio.sleep(SUBMIT_S if method == "POST" else ASK_S)
        now = asyncio.get_running_loop().time()
        if method == "POST":
            task = str(body["prompt"])
            self.ready[task] = now + self.latency_s[task]
            self.at_once = max(self.at_once, sum(1 for moment in self.ready.values() if moment > now))
            return _said({"id": task, "status": "working"})
        self.asks += 1
        task = url.rpartition("/")[2]
        if now < self.ready[task]:
            return _said({"id": task, "status": "working"})
        return _said({"id": task, "status": "done", "results": [{"url": f"https://cdn.slow.example/{task}"}]})

    async def fetch(self, url: str, path: Path, **_: Any) -> Answer | Fetched:
        await asyncio.sleep(DOWNLOAD_S)
        data = url.encode()
        path.write_bytes(data)
        return Fetched(len(data), hashlib.sha256(data).hexdigest(), "")

    async def close(self) -> None: ...


SUBMIT_S, ASK_S, DOWNLOAD_S = 0.5, 0.1, 1.0


def _said(tree: Any) -> Answer:
    return Answer(200, {}, json.dumps(tree).encode())


# -- graphs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """One item of a random graph."""

    id: str
    kind: str
    needs: tuple[str, ...]
    latency_s: float

    @property
    def least_s(self) -> float:
        """From the submit to the last byte, when it is asked for at the right moment."""
        return SUBMIT_S + self.latency_s + ASK_S + DOWNLOAD_S

    @property
    def asked_s(self) -> float:
        """The same when it is asked for at the intervals of the declaration, with the usual jitter."""
        spent_s, interval_s = 0.0, float(FIRST_S)
        while spent_s < self.latency_s:
            spent_s += interval_s * 1.05 + ASK_S
            interval_s = min(interval_s * 1.5, LONGEST_S)
        return SUBMIT_S + spent_s + DOWNLOAD_S


def storyboard(random: Random, count: int) -> list[Piece]:
    """Stills, and clips of one or two of them."""
    pieces: list[Piece] = []
    for number in range(count):
        stills = [one.id for one in pieces if one.kind == "image"]
        if number % 3 == 2:
            pieces.append(_piece(random, number, "video", random.sample(stills, random.randint(1, 2))))
        else:
            pieces.append(
                _piece(random, number, "image", random.sample(stills, min(len(stills), random.choice((0, 1)))))
            )
    return pieces


def chains(random: Random, count: int) -> list[Piece]:
    """Scenes of clips that go on where the one before ended, of very different lengths, beside many single stills."""
    pieces: list[Piece] = []
    while len(pieces) < count:
        before: list[str] = []
        for _ in range(random.choice((1, 1, 1, 2, 3, 8, 15))):
            kind = "video" if before else "image"
            pieces.append(_piece(random, len(pieces), kind, before))
            before = [pieces[-1].id]
    return pieces[:count]


def tangle(random: Random, count: int) -> list[Piece]:
    """Anything from up to three of the twenty before it."""
    pieces: list[Piece] = []
    for number in range(count):
        near = [one.id for one in pieces[-20:]]
        needs = random.sample(near, min(len(near), random.randint(0, 3)))
        pieces.append(_piece(random, number, random.choice(("image", "image", "video")), needs))
    return pieces


def _piece(random: Random, number: int, kind: str, needs: list[str]) -> Piece:
    # Half a minute for a still, two minutes for a clip in the middle, now and then several times as much.
    latency_s = random.lognormvariate(0, 0.5) * (20.0 if kind == "image" else 110.0)
    return Piece(f"i{number:04}", kind, tuple(needs), latency_s)


SHAPES = {"storyboard": storyboard, "chains": chains, "tangle": tangle}


def write_project(folder: Path, pieces: list[Piece], in_flight: int) -> None:
    for kind in ("image", "video"):
        path = folder / "schemas" / "slow" / f"{kind}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_model(kind)), "utf-8")
    (folder / "schemas" / "slow" / "provider.yaml").write_text(PROVIDER, "utf-8")
    kinds = {one.id: one.kind for one in pieces}
    lines = [
        "wanspec: 1",
        "name: makespan",
        f"providers: {{slow: {{in_flight: {in_flight}, per_minute: 100000}}}}",
        "shots:",
    ]
    for one in pieces:
        lines += [f"  - id: {one.id}", f"    model: slow/{one.kind}", f"    prompt: {one.id}"]
        pictures = [f"\"{{{{ ref('{need}') }}}}\"" for need in one.needs if kinds[need] == "image"]
        clips = [f"\"{{{{ ref('{need}') }}}}\"" for need in one.needs if kinds[need] == "video"]
        if pictures:
            lines.append(f"    reference_images: [{', '.join(pictures)}]")
        if clips:
            lines.append(f"    source_video: {clips[0]}")
    (folder / "wanspec.yaml").write_text("\n".join(lines) + "\n", "utf-8")


# -- what is measured --------------------------------------------------------------------------------------------------


class _Settled:
    """Nothing in these graphs is known only after a render, and nothing is local."""

    def bind(self, item_id: str, done: Mapping[str, Outcome]) -> Checked[Request]:
        raise AssertionError((item_id, done))

    def derive(self, derived: Derived) -> Request:
        raise AssertionError(derived)

    def locate(self, text: str) -> Path:
        raise AssertionError(text)


async def _inspect(path: Path) -> Artifact:
    data = path.read_bytes()
    video = data.rpartition(b"/")[2].decode() in _VIDEOS
    return Artifact(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="video/mp4" if video else "image/png",
        bytes=len(data),
        width=64,
        height=48,
        duration=5.0 if video else None,
    )


_VIDEOS: set[str] = set()


def rendered_s(folder: Path, pieces: list[Piece], in_flight: int) -> tuple[float, Mapping[str, tuple[str, ...]]]:
    """How long the engine takes, and what each item needs of the others as the shot list says it."""
    write_project(folder, pieces, in_flight)
    _VIDEOS.clear()
    _VIDEOS.update(one.id for one in pieces if one.kind == "video")
    vendor = SlowVendor({one.id: one.latency_s for one in pieces})
    checked = prepare(Given(folder))
    assert checked.value is not None, checked.diagnostics
    assert checked.ok, checked.diagnostics
    prepared = checked.value
    store = open_store(folder, {})
    lock = read_lock(folder).value
    assert lock is not None
    made = plan(prepared, store.known(), lock)
    graph: Graph = prepared.graph

    async def render() -> None:
        renderers = vendor_renderers(
            ["slow"],
            prepared.catalogue,
            prepared.providers,
            store,
            {"SLOW_API_KEY": "no-secret", "SLOW_BASE_URL": "https://api.slow.example"},
            inspect=_inspect,
            http=vendor,
            clock=LoopClock(),
            random=Random(1),
        )
        done = await execute(
            made,
            graph,
            selected=frozenset(made.decisions),
            material=_Settled(),
            renderers=renderers,
            workers=Workers(1),
            store=store,
            options=RenderOptions(),
            clock=LoopClock(),
        )
        wrong = [one for one in done.outcomes.values() if one.status != "rendered"]
        assert not wrong, wrong[0]

    _, seconds = run(render())
    assert vendor.at_once <= in_flight
    return seconds, {one: tuple(graph.needs.get(one, ())) for one in graph.order}


def critical_s(pieces: list[Piece], needs: Mapping[str, tuple[str, ...]]) -> float:
    """The longest way through the graph."""
    ends: dict[str, float] = {}
    for one in pieces:
        ends[one.id] = one.least_s + max((ends[need] for need in needs[one.id]), default=0.0)
    return max(ends.values())


def scheduled_s(pieces: list[Piece], needs: Mapping[str, tuple[str, ...]], places: int, *, clairvoyant: bool) -> float:
    """How long it takes when a free place goes to the ready item with the longest way behind it, as one who knows all
    latencies beforehand would choose, or to the first in the list.  Tasks are asked for as wanspec does.
    """
    behind: dict[str, float] = {}
    for one in reversed(pieces):
        below = [behind[other.id] for other in pieces if one.id in needs[other.id]]
        behind[one.id] = one.asked_s + max(below, default=0.0)
    by_id = {one.id: one for one in pieces}
    urgency = {one.id: behind[one.id] if clairvoyant else -float(number) for number, one in enumerate(pieces)}
    missing = {one.id: len(needs[one.id]) for one in pieces}
    ready = [(-urgency[id], id) for id, count in missing.items() if not count]
    heapq.heapify(ready)
    working: list[tuple[float, str]] = []
    now_s = 0.0
    while ready or working:
        while ready and len(working) < places:
            _, id = heapq.heappop(ready)
            heapq.heappush(working, (now_s + by_id[id].asked_s, id))
        now_s, finished = heapq.heappop(working)
        for one in pieces:
            if finished in needs[one.id]:
                missing[one.id] -= 1
                if not missing[one.id]:
                    heapq.heappush(ready, (-urgency[one.id], one.id))
    return now_s


def measure(shape: str, graphs: int, items: int, in_flight: int) -> str:
    """A row of the table, over so many random graphs of one shape."""
    ours, first_come, clairvoyant, bounds, paths = [], [], [], [], 0
    # The store waits for the disk at each step: in memory it costs nothing that would be measured here.
    memory = Path("/dev/shm")
    for number in range(graphs):
        pieces = SHAPES[shape](Random(number), items)
        folder = Path(tempfile.mkdtemp(prefix="wanspec-benchmark-", dir=memory if memory.is_dir() else None))
        try:
            seconds, needs = rendered_s(folder, pieces, in_flight)
        finally:
            shutil.rmtree(folder)
        path_s, work_s = critical_s(pieces, needs), sum(one.least_s for one in pieces) / in_flight
        bound_s = max(path_s, work_s)
        paths += path_s > work_s
        bounds.append(bound_s)
        ours.append(seconds / bound_s)
        first_come.append(scheduled_s(pieces, needs, in_flight, clairvoyant=False) / bound_s)
        clairvoyant.append(scheduled_s(pieces, needs, in_flight, clairvoyant=True) / bound_s)
    cells = (
        shape,
        f"{items} in {in_flight} places",
        f"{statistics.mean(bounds) / 60:.0f} min",
        f"{paths} of {graphs}",
        f"{statistics.mean(ours):.3f}",
        f"{max(ours):.3f}",
        f"{statistics.mean(clairvoyant):.3f}",
        f"{statistics.mean(first_come):.3f}",
    )
    return "| " + " | ".join(cells) + " |"


HEAD = """\
| shape | items | bound | bound is the path | wanspec / bound | worst | all-knowing | first come |
|---|---|---|---|---|---|---|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=10)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--in-flight", type=int, action="append")
    given = parser.parse_args()
    print(HEAD)
    for shape in SHAPES:
        for in_flight in given.in_flight or (4, 16):
            print(measure(shape, given.graphs, given.items, in_flight), flush=True)


if __name__ == "__main__":
    main()

"""Four invented vendors with all the moods of real ones, and the network between them and the processes.

`north` names its tasks itself and cannot be asked for a lost one; `south` takes the client's names and several
questions in one call, and keeps an archive; `west` takes the client's names too, is asked for one task at a time, and
answers a name that it knows with its task; `east` names its tasks itself, and knows a submit by a key for a while.  Any
of them may answer a submit with its results, or give them in the answer instead of an address.

What a vendor makes depends on the request alone, so that any two roads to a finished run must end with the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.loop import Killed, Timeline
from tests.simulation.machine import Machine, Process
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.wire.http import Answer, Fetched, NoAnswer, NotConnected

NAMES = ("north", "south", "west", "east")
ENVIRONMENT = {f"{name.upper()}_API_KEY": f"sk-{name}-0123456789" for name in NAMES} | {
    f"{name.upper()}_BASE_URL": f"https://api.{name}.example" for name in NAMES
}

PROVIDERS = {
    "north": """
origin: https://api.north.example
submit: {path: /make, task: id}
poll:
  path: /tasks/{task}
  status: status
  words: {queued: running, done: done, broken: failed}
  first: 2
  max: 8
results: {entries: "results[]", url: [url, ""], inline: data, seed: seed, cost_usd: price, lives_s: 3600}
errors:
  rules:
    - {status: 429, is: busy}
    - {code: "^bad_media$", is: unreachable}
media:
  upload: {path: /files, body: {file: "{data_uri}"}, gives: {url: address}, lives_s: 3600}
  inline_bytes: 50
in_flight: 4
per_minute: 60
task_s: {image: 90, video: 120}
""",
    "south": """
origin: https://api.south.example
submit: {path: /all, body: ["{request}"], task_id: client, sends: {delivery: later}}
poll:
  method: POST
  path: /all
  body: [{type: get, uid: "{task}"}]
  batch: 3
  entries: data[]
  task: uid
  status: status
  words: {working: running, success: done, error: failed}
  per_output: true
  first: 1
  max: 4
  archive: {method: POST, path: /all, body: [{type: details, uid: "{task}"}], at: "data[].response"}
results: {entries: "data[]", url: link, inline: data, cost_usd: cost, lives_s: 3600}
errors:
  at: "errors[]"
  task: uid
  rules:
    - {code: "^exists$", is: conflict}
    - {code: "^unknown$", is: missing}
    - {status: 429, is: busy}
in_flight: 3
per_minute: 60
""",
    "west": """
origin: https://api.west.example
submit: {path: /jobs, task: id, task_id: client}
poll:
  path: /jobs/{task}
  status: status
  words: {queued: running, done: done, broken: failed}
  first: 2
  max: 6
results: {entries: "results[]", url: url, inline: data, seed: seed, cost_usd: price, lives_s: 3600}
errors:
  rules:
    - {status: 429, is: busy}
in_flight: 2
per_minute: 30
task_s: {image: 60, video: 60}
""",
    "east": """
origin: https://api.east.example
submit: {path: /orders, task: id, repeat: {header: Order-Key, lives_s: 7200}}
poll:
  path: /orders/{task}
  status: status
  words: {queued: running, done: done, broken: failed}
  first: 2
  max: 8
results: {entries: "results[]", url: url, inline: data, seed: seed, cost_usd: price, lives_s: 3600}
errors:
  rules:
    - {status: 429, is: busy}
in_flight: 3
per_minute: 60
""",
}

_KEYS_KEPT_S = 7200.0  # by `east`, which says so

_NAMES_KEPT_S = 7200.0  # after which a task is as if it had never been

PRICE_USD = {"still": Decimal("0.05"), "clip": Decimal("0.40")}


def model_file(provider: str, name: str) -> dict[str, Any]:
    place = "pictures[]" if name == "still" else "frame"
    own = {"uid": {"type": "string"}, "delivery": {"type": "string"}, "type": {"const": "make"}}
    model: dict[str, Any] = {
        "title": f"A {name}",
        "type": "object",
        "additionalProperties": False,
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string"},
            "seed": {"type": "integer", "minimum": 0, "maximum": 1000},
            "count": {"type": "integer", "minimum": 1, "maximum": 4, "default": 1},
            **(own if provider in ("south", "west") else {}),
        },
        "x-wanspec": {
            "kind": "image" if name == "still" else "video",
            "portable": {"prompt": "prompt", "seed": "seed"},
            "delivery": ["uid", "delivery"] if provider in ("south", "west") else [],
            "media": {place: {"kind": "image", "forms": ["url"] if provider == "north" else ["data", "url"]}},
            "seed": {"path": "seed", "minimum": 0, "maximum": 1000},
            "outputs": {"count": "count"},
            "price": {"per": "image" if name == "still" else "action", "usd": str(PRICE_USD[name])},
        },
    }
    if name == "still":
        model["properties"]["pictures"] = {"type": "array", "items": {"type": "string"}}
        model["x-wanspec"]["portable"]["reference_images"] = "pictures"
    else:
        model["properties"]["frame"] = {"type": "string"}
        model["x-wanspec"]["portable"]["first_frame"] = "frame"
    if provider in ("south", "west"):
        model["x-wanspec"]["task_id"] = "uid"
    if provider == "south":
        model["x-wanspec"]["constants"] = {"type": "make"}
    return model


def write_schemas(folder: Path) -> None:
    for name, text in PROVIDERS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "provider.yaml").write_text(text, "utf-8")
        for kind in PRICE_USD:
            (folder / name / f"{kind}.json").write_text(json.dumps(model_file(name, kind)), "utf-8")


# -- media -------------------------------------------------------------------------------------------------------------


def film(kind: str, of: str) -> bytes:
    """A medium as far as this world knows media: what it is, what it was made of, and a mark of its end."""
    text = f"{kind} {hashlib.sha256(of.encode()).hexdigest()}"
    return f"{text} {hashlib.sha256(text.encode()).hexdigest()[:8]}".encode()


def look_at(path: Path) -> Artifact:
    """What a file holds.  Raises MediaError for what is not whole."""
    data = path.read_bytes()
    text, _, mark = data.decode("ascii", "replace").rpartition(" ")
    if hashlib.sha256(text.encode()).hexdigest()[:8] != mark:
        raise MediaError("it is no medium, or not whole", code="damaged")
    media_type = "image/png" if text.startswith("image") else "video/mp4"
    duration = None if text.startswith("image") else 5.0
    return Artifact(hashlib.sha256(data).hexdigest(), media_type, len(data), 64, 48, duration)


def identity_of(model: str, native: Mapping[str, Any], content: Callable[[str], str]) -> str:
    """What is asked for, whatever the request is called: media by what they hold."""
    told = {name: value for name, value in native.items() if name not in ("uid", "delivery", "type")}
    if "pictures" in told:
        told["pictures"] = [content(one) for one in told["pictures"]]
    if "frame" in told:
        told["frame"] = content(told["frame"])
    return json.dumps([model, told], sort_keys=True)


# -- vendors -----------------------------------------------------------------------------------------------------------


@dataclass
class Task:
    """One request that was accepted, and what its fate is."""

    id: str
    identity: str
    results: list[bytes]
    price: Decimal
    ready_at: float
    fails: str = ""
    forgotten_at: float = 1e12
    archived: bool = True
    links_live_s: float = 1e12
    relinks: bool = True
    empty: int = 0  # how often it says that it is finished, and shows nothing
    linked_at: float = -1.0
    link: int = 0
    refunded: bool = False


@dataclass
class Mood:
    """How likely trouble is, from 0 to 1."""

    calls: float = 0.0  # that something happens to one call
    tasks: float = 0.0  # that something is odd about one task
    slow_s: float = 3.0  # the longest that most tasks take


@dataclass
class Vendor:
    """One vendor's side of the wire."""

    name: str
    timeline: Timeline
    random: Random
    mood: Mood = field(default_factory=Mood)
    sync: bool = False  # the answer of a submit is the result
    inline: bool = False
    tasks: dict[str, Task] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)  # address -> what it shows
    keys: dict[str, tuple[str, float]] = field(default_factory=dict)  # of submits -> task, and until when
    asked: set[str] = field(default_factory=set)  # names of tasks that somebody has asked for
    submits: int = 0  # calls that left for it, whether or not they came there
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)  # those of the machine

    @property
    def paid(self) -> list[Task]:
        return [one for one in self.tasks.values() if not one.refunded]

    def phase(self, method: str, url: str, body: Any) -> str:
        """What a call is for."""
        if self.name == "south":
            return {"make": "submit", "get": "poll", "details": "archive"}[body[0]["type"]]
        if method == "GET":
            return "poll"
        return "upload" if url.endswith("/files") else "submit"

    def answer(self, method: str, url: str, body: Any, key: str = "") -> Answer:
        if self.name == "south":
            return self._south(body)
        if url.endswith("/files"):
            address = f"https://cdn.north.example/up/{len(self.files)}"
            self.files[address] = base64.b64decode(body["file"].partition(",")[2])
            return said(200, {"address": address})
        if method == "POST":
            if self.timeline.now <= self.keys.get(key, ("", -1.0))[1]:
                return said(200, {"id": self.keys[key][0], "status": "queued"})
            task_id = body["uid"] if self.name == "west" else f"task-{len(self.tasks) + 1}"
            answer = self._submit(body, task_id)
            if key and task_id in self.tasks:
                self.keys[key] = task_id, self.timeline.now + _KEYS_KEPT_S
            return answer
        self.asked.add(url.rpartition("/")[2])
        task = self._find(url.rpartition("/")[2])
        return (
            said(404, {"error": {"code": "none", "message": "no such task"}})
            if task is None
            else said(200, self._state(task))
        )

    def file(self, url: str) -> bytes | int:
        """What an address shows, or an HTTP status."""
        if url in self.files:
            return self.files[url]
        task_id, _, rest = url.removeprefix(f"https://cdn.{self.name}.example/").partition("/")
        task = self.tasks.get(task_id)
        if task is None:
            return 404
        number, _, link = rest.partition("?")
        if int(link) != task.link or self.timeline.now > task.linked_at + task.links_live_s:
            return 403
        return task.results[int(number)]

    def _submit(self, native: Mapping[str, Any], task_id: str) -> Answer:
        before = self.tasks.get(task_id)
        if before is not None and self.timeline.now > before.ready_at + _NAMES_KEPT_S:
            # It remembers nothing at all: the same name is a new task to it, and is charged.
            self.tasks[f"{task_id} before"] = before
        elif before is not None and self.name == "west":
            return said(200, {"id": task_id, "status": "queued"})
        elif before is not None:
            return said(400, {"errors": [{"code": "exists", "message": "there is such a task", "uid": task_id}]})
        try:
            identity = identity_of(self._model(native), native, self._content)
        except KeyError:
            return said(422, {"error": {"code": "bad_media", "message": "the picture cannot be fetched"}})
        task = self.tasks[task_id] = self._task(task_id, identity, native)
        at_once = self.sync and not task.fails
        if at_once:
            task.ready_at = self.timeline.now
        if self.name == "south":
            return said(200, {"data": self._entries(task) if at_once else [{"uid": task_id}]})
        if at_once:
            return said(200, {"results": self._results(task)})
        return said(200, {"id": task_id, "status": "queued"})

    def _model(self, native: Mapping[str, Any]) -> str:
        return f"{self.name}/clip" if str(native["prompt"]).startswith("clip") else f"{self.name}/still"

    def _content(self, text: str) -> str:
        """Raises KeyError for an address that shows nothing."""
        if text.startswith("data:"):
            data: bytes | int = base64.b64decode(text.partition(",")[2])
        elif text.startswith("https://anywhere.example/"):
            return text
        else:
            data = self.file(text)
        if isinstance(data, int):
            raise KeyError(text)
        return f"sha256:{hashlib.sha256(data).hexdigest()}"

    def _task(self, task_id: str, identity: str, native: Mapping[str, Any]) -> Task:
        kind = "video" if str(native["prompt"]).startswith("clip") else "image"
        count = int(native.get("count", 1))
        price = PRICE_USD["clip" if kind == "video" else "still"] * (count if kind == "image" else 1)
        results = [film(kind, f"{identity} {number}") for number in range(count)]
        task = Task(task_id, identity, results, price, self.timeline.now + self.random.uniform(0, self.mood.slow_s))
        if self.random.random() < self.mood.tasks:
            fate = self.random.choice(("fails", "forgotten", "gone", "expires", "empty", "slow"))
            self.hits[fate, "task"] += 1
            match fate:
                case "fails":
                    task.fails = self.random.choice(("overload", "internal"))
                case "forgotten":
                    task.forgotten_at, task.archived = task.ready_at + self.random.uniform(0, 60), True
                case "gone":
                    # Not before the time for which its file says that it keeps results.
                    task.forgotten_at, task.archived = task.ready_at + self.random.uniform(3600, 7200), False
                case "expires":
                    task.links_live_s, task.relinks = self.random.uniform(0, 5), self.random.random() < 0.7
                case "empty":
                    task.empty = self.random.randint(1, 4)
                case "slow":
                    task.ready_at += self.random.choice((5.0, 5.0, 5.0, 30.0, 200.0))
        return task

    def _find(self, task_id: str, *, archived: bool = False) -> Task | None:
        task = self.tasks.get(task_id)
        if task is None or self.timeline.now > task.ready_at + _NAMES_KEPT_S:
            return None
        known = task.archived if archived else self.timeline.now <= task.forgotten_at
        return task if known else None

    def _fail(self, task: Task) -> bool:
        """Whether it has failed by now; then it is not charged."""
        if task.fails and self.timeline.now >= task.ready_at:
            task.refunded = True
        return task.refunded

    def _state(self, task: Task) -> dict[str, Any]:
        if self._fail(task):
            return {"id": task.id, "status": "broken", "error": {"code": task.fails, "message": "it broke"}}
        if self.timeline.now < task.ready_at:
            return {"id": task.id, "status": "queued"}
        if task.empty:
            task.empty -= 1
            return {"id": task.id, "status": "done", "results": []}
        return {"id": task.id, "status": "done", "results": self._results(task)}

    def _links(self, task: Task) -> list[str]:
        if task.linked_at < 0:
            task.linked_at = self.timeline.now
        elif task.relinks and self.timeline.now > task.linked_at + task.links_live_s:
            task.linked_at, task.link = self.timeline.now, task.link + 1
            task.links_live_s *= 2  # else one that is slow would never catch up
        return [f"https://cdn.{self.name}.example/{task.id}/{n}?{task.link}" for n in range(len(task.results))]

    def _results(self, task: Task) -> list[dict[str, Any]]:
        price = float(task.price / len(task.results))
        if self.inline:
            return [{"data": base64.b64encode(one).decode(), "price": price} for one in task.results]
        return [{"url": url, "price": price} for url in self._links(task)]

    def _south(self, body: list[dict[str, Any]]) -> Answer:
        if body[0]["type"] == "make":
            return self._submit(body[0], body[0]["uid"])
        data: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for one in body:
            uid = one["uid"]
            if one["type"] == "details":
                kept = self._find(uid, archived=True)
                if kept is None or self.timeline.now < kept.ready_at or self._fail(kept):
                    errors.append({"code": "unknown", "message": "not kept", "uid": uid})
                else:
                    data.append({"uid": uid, "response": {"data": self._entries(kept)}})
                continue
            self.asked.add(uid)
            task = self._find(uid)
            if task is None:
                errors.append({"code": "unknown", "message": "no such task", "uid": uid})
            elif self._fail(task):
                data.append({"uid": uid, "status": "error", "errors": [{"code": task.fails, "message": "it broke"}]})
            elif self.timeline.now < task.ready_at:
                data.append({"uid": uid, "status": "working"})
            else:
                data += self._entries(task)
        return said(200, {"data": data, "errors": errors})

    def _entries(self, task: Task) -> list[dict[str, Any]]:
        known = {"uid": task.id, "status": "success", "cost": float(task.price / len(task.results))}
        if self.inline:
            return [{**known, "data": base64.b64encode(one).decode()} for one in task.results]
        return [{**known, "link": url} for url in self._links(task)]


def said(status: int, tree: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, dict(headers or {}), json.dumps(tree).encode())


# -- the network -------------------------------------------------------------------------------------------------------

_ON_THE_WAY = ("busy", "500 before", "500 after", "cut before", "cut after", "cut, late", "unreachable", "html after")
_ON_A_DOWNLOAD = ("cut", "truncated", "html", "503", "429")


@dataclass
class Network:
    """HTTP as one process sees it.  What has left a process goes on its way though the process ends."""

    machine: Machine
    process: Process
    vendors: Mapping[str, Vendor]
    random: Random

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str],  # noqa: ARG002
        body: Any,
        timeout_s: float,  # noqa: ARG002
        fresh: bool = False,  # noqa: ARG002
        form: Any = None,  # noqa: ARG002
    ) -> Answer:
        vendor = self.vendors[url.split("/")[2].split(".")[1]]
        sent = json.loads(json.dumps(body))
        phase = vendor.phase(method, url, body)
        weather = self._weather(vendor, _ON_THE_WAY, phase)
        self.machine.tick("send", phase, f"{method} {url} [{weather}]")
        vendor.submits += phase == "submit"
        came = self.process.loop.create_future()
        timeline = self.machine.timeline

        def settle(found: Answer | Exception) -> None:
            if came.done() or self.process.over:
                return
            if isinstance(found, Exception):
                came.set_exception(found)
            else:
                came.set_result(found)

        def arrive() -> None:
            found: Answer | Exception
            match weather:
                case "busy":
                    found = said(429, {"error": {"code": "slow"}, "errors": [{"code": "slow"}]}, {"retry-after": "3"})
                case "500 before":
                    found = said(500, {"error": {"message": "oops"}})
                case "cut before":
                    found = NoAnswer("connection reset")
                case _:
                    found = vendor.answer(method, url, sent, headers.get("Order-Key", ""))
                    if self.machine.trace is not None:
                        told = f"{method} {url} {json.dumps(sent)[:300]}: {found.body!r:.300}"
                        self.machine.note(f"{vendor.name} got {told}")
            if weather == "500 after":
                found = said(500, {"error": {"message": "oops"}})
            elif weather == "cut after":
                found = NoAnswer("connection reset")
            elif weather == "html after":
                found = Answer(200, {}, b"<html>welcome</html>")
            timeline.after(self.random.uniform(0.01, 0.3), lambda: settle(found))

        if weather == "unreachable":
            timeline.after(0.1, lambda: settle(NotConnected("connection refused")))
        elif weather == "cut, late":
            timeline.after(0.1, lambda: settle(NoAnswer("connection reset")))
            timeline.after(self.random.uniform(0, 30), arrive)
        else:
            timeline.after(self.random.uniform(0.01, 0.3), arrive)
        answer: Answer = await came
        self.machine.tick("answered", phase, answer.status)
        return answer

    async def fetch(
        self,
        url: str,
        path: Path,
        *,
        loopback: bool,  # noqa: ARG002
        most_bytes: int,  # noqa: ARG002
        timeout_s: float,  # noqa: ARG002
    ) -> Answer | Fetched:
        vendor = self.vendors[url.split("/")[2].split(".")[1]]
        weather = self._weather(vendor, _ON_A_DOWNLOAD, "download")
        self.machine.tick("send", "download", f"{url} [{weather}]")
        came = self.process.loop.create_future()

        def settle() -> None:
            if not came.done() and not self.process.over:
                came.set_result(vendor.file(url))

        self.machine.timeline.after(self.random.uniform(0.01, 0.5), settle)
        data = await came
        if isinstance(data, int):
            return Answer(data, {})
        if weather in ("503", "429"):
            return Answer(int(weather), {"retry-after": "2"})
        if weather == "html":
            data = b"<html>sorry</html>"
        elif weather in ("cut", "truncated"):
            data = data[: self.random.randrange(len(data))]
        path.write_bytes(data)
        self.machine.tick("answered", "download", path.name)
        if weather == "cut":
            raise NoAnswer("connection reset")
        return Fetched(len(data), hashlib.sha256(data).hexdigest(), "application/octet-stream")

    async def close(self) -> None: ...

    def _weather(self, vendor: Vendor, kinds: tuple[str, ...], phase: str) -> str:
        if self.process.dead:
            raise Killed
        if self.random.random() >= vendor.mood.calls:
            return "fair"
        weather = self.random.choice(kinds)
        self.machine.hits[weather, phase] += 1
        return weather

# ruff: noqa: ARG002 -- the signatures are the program's
"""Two invented vendors in memory, with weather on request, and a project's worth of things around them.

`acme` names its tasks itself and cannot be asked for a lost one; `betterco` takes the client's names.  Both are spoken
to by declarations, as any vendor is.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.providers import Providers, load_providers
from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.requests import MediaUse, Price, Request, action_facts, action_key
from wanspec.engine.performing import Performed, Performer
from wanspec.engine.slots import Slots
from wanspec.media.probe import probe, verify_decodes
from wanspec.reading.marked_yaml import read_yaml
from wanspec.store import Store
from wanspec.store.durable import Disk
from wanspec.wire.addresses import Forbidden
from wanspec.wire.http import Answer, Fetched, NoAnswer, NotConnected
from wanspec.wire.recovery import Recovered, recover
from wanspec.wire.renderer import Wishes
from wanspec.wire.vendors import Vendors, vendor_renderers

KEY = "sk-very-secret-0123456789"
ENVIRONMENT = {
    "ACME_API_KEY": KEY,
    "ACME_BASE_URL": "https://api.acme.example",
    "BETTERCO_API_KEY": KEY,
    "BETTERCO_BASE_URL": "https://api.betterco.example/prefix",
}

ACME = """
title: Acme Pictures
origin: https://api.acme.example
submit: {path: /make, task: id}
poll:
  path: /tasks/{task}
  status: status
  words: {queued: running, done: done, broken: failed}
  first: 2
  max: 8
results: {entries: "results[]", url: [url, ""], inline: data, seed: seed, cost_usd: price}
errors:
  request_id: request_id
  rules:
    - {status: 429, is: busy}
    - {code: "^bad_media$", is: unreachable}
    - {code: "^bad_prompt$", is: prompt}
media:
  upload: {path: /files, body: {file: "{data_uri}"}, gives: {url: address}, lives_s: 86400}
  inline_bytes: 50
in_flight: 4
per_minute: 600
"""

BETTERCO = """
origin: https://api.betterco.example
key: {header: X-Betterco-Key, value: "{key}"}
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
results: {entries: "data[]", url: link, cost_usd: cost}
errors:
  at: "errors[]"
  task: uid
  rules:
    - {code: "^exists$", is: conflict}
    - {code: "^unknown$", is: missing}
    - {status: 429, is: busy}
in_flight: 8
per_minute: 600
"""

MODEL: dict[str, Any] = {
    "title": "A still",
    "type": "object",
    "additionalProperties": False,
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "seed": {"type": "integer", "minimum": 0, "maximum": 1000},
        "count": {"type": "integer", "minimum": 1, "maximum": 4, "default": 1},
        "pictures": {"type": "array", "items": {"type": "string"}},
        "uid": {"type": "string"},
        "delivery": {"type": "string"},
        "type": {"const": "make"},
    },
    "x-wanspec": {
        "kind": "image",
        "portable": {"prompt": "prompt", "seed": "seed", "reference_images": "pictures"},
        "size": {"forms": [{"also": ["width", "height"], "send": {"width": "{width}", "height": "{height}"}}]},
        "media": {"pictures[]": {"kind": "image", "forms": ["url"]}},
        "delivery": ["uid", "delivery"],
        "seed": {"path": "seed", "minimum": 0, "maximum": 1000},
        "outputs": {"count": "count"},
        "price": {"per": "image", "usd": "0.05"},
    },
}


def write_schemas(folder: Path) -> None:
    """The two vendors as a project brings them."""
    for name, text in (("acme", ACME), ("betterco", BETTERCO)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "provider.yaml").write_text(text, "utf-8")
        model = json.loads(json.dumps(MODEL))
        if name == "betterco":
            model["x-wanspec"]["task_id"] = "uid"
            model["x-wanspec"]["constants"] = {"type": "make"}
            model["x-wanspec"]["media"]["pictures[]"]["forms"] = ["data", "url"]
        else:
            del model["properties"]["type"]
        (folder / name / "still.json").write_text(json.dumps(model), "utf-8")


@cache
def png(width: int = 64, height: int = 48, shade: int = 90) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 40, 160)).save(written, "PNG")
    return written.getvalue()


class Killed(BaseException):
    """The process ends here."""


@dataclass
class VirtualClock:
    """Time that passes only while somebody sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.seconds + max(0.0, seconds)
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)
        await asyncio.sleep(0)


@dataclass
class Task:
    request: dict[str, Any]
    polls: int = 0
    failed: str = ""


@dataclass
class VendorInMemory:
    """Both vendors' side of the wire, with a ledger of what they charged."""

    style: str = "acme"
    tasks: dict[str, Task] = field(default_factory=dict)
    charged: list[str] = field(default_factory=list)
    weather: list[str] = field(default_factory=list)  # what happens to the next submits, then fair
    working_polls: int = 1  # how often a task is still at work
    calls: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    fetches: list[str] = field(default_factory=list)
    files: Callable[[str], bytes | int] = lambda _url: png()  # bytes, or an HTTP status
    forget: bool = False  # tasks are not known any more
    empty: int = 0  # how often a finished task shows no results yet
    word: str = ""  # a status nobody knows
    fail: str = ""  # every task fails with this code
    inline: bool = False
    sync: bool = False  # the answer of a submit is the result
    seed: int | None = None
    step: Callable[[str], None] = lambda _name: None  # before and after each call: a kill

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
        form: Any = None,
    ) -> Answer:
        self.step("call")
        self.calls.append((method, url, dict(headers), json.loads(json.dumps(body))))
        await asyncio.sleep(0)
        answer = self._acme(method, url, body) if self.style == "acme" else self._betterco(body)
        self.step("answer")
        return answer

    async def fetch(
        self, url: str, path: Path, *, loopback: bool, most_bytes: int, timeout_s: float
    ) -> Answer | Fetched:
        import hashlib

        self.step("fetch")
        self.fetches.append(url)
        if not url.startswith("https://cdn."):
            raise Forbidden("it is not public")
        data = self.files(url)
        if isinstance(data, int):
            return Answer(data, {})
        path.write_bytes(data)
        return Fetched(len(data), hashlib.sha256(data).hexdigest(), "image/png")

    async def close(self) -> None: ...

    # -- acme --

    def _acme(self, method: str, url: str, body: Any) -> Answer:
        if url.endswith("/files"):
            return said(200, {"address": f"https://cdn.acme.example/up/{len(self.calls)}.png"})
        if method == "POST":
            return self._submit(body, f"task-{len(self.tasks) + 1}")
        task_id = url.rpartition("/")[2]
        task = self.tasks.get(task_id)
        if task is None or self.forget:
            return said(404, {"error": {"code": "not_found", "message": "no such task"}})
        return said(200, self._state(task_id, task))

    def _state(self, task_id: str, task: Task) -> dict[str, Any]:
        task.polls += 1
        if self.fail:
            return {"id": task_id, "status": "broken", "error": {"code": self.fail, "message": f"because {self.fail}"}}
        if self.word:
            return {"id": task_id, "status": self.word}
        if task.polls <= self.working_polls:
            return {"id": task_id, "status": "queued"}
        if task.polls <= self.working_polls + self.empty:
            return {"id": task_id, "status": "done", "results": []}
        return {"id": task_id, "status": "done", "results": self._results(task_id, task)}

    def _results(self, task_id: str, task: Task) -> list[dict[str, Any]]:
        import base64

        count = task.request.get("count", 1)
        if self.inline:
            return [{"data": base64.b64encode(png()).decode()} for _ in range(count)]
        extra = {} if self.seed is None else {"seed": self.seed}
        return [{"url": f"https://cdn.acme.example/{task_id}/{n}.png", "price": 0.051, **extra} for n in range(count)]

    def _submit(self, request: dict[str, Any], task_id: str) -> Answer:
        weather = self.weather.pop(0) if self.weather else "fair"
        match weather:
            case "busy":
                return said(429, {"error": {"code": "slow", "message": "slow down"}}, {"retry-after": "3"})
            case "refused":
                return said(400, {"error": {"code": "bad_prompt", "message": f"no, {KEY}", "request_id": "req-9"}})
            case "bad media":
                return said(422, {"error": {"code": "bad_media", "message": "cannot fetch the picture"}})
            case "never connected":
                raise NotConnected("connection refused")
            case "cut before":
                raise NoAnswer("connection reset")
            case "500 before":
                return said(500, {"error": {"message": "oops"}})
        if task_id in self.tasks:
            return said(400, {"errors": [{"code": "exists", "message": "there is such a task", "uid": task_id}]})
        self.tasks[task_id] = Task(request)
        self.charged.append(task_id)
        match weather:
            case "cut after":
                raise NoAnswer("connection reset")
            case "500 after":
                return said(500, {"error": {"message": "oops"}})
            case "html after":
                return Answer(200, {}, b"<html>welcome</html>")
        if self.style == "acme":
            if self.sync:
                return said(200, {"results": self._results(task_id, self.tasks[task_id])})
            return said(200, {"id": task_id, "status": "queued"})
        return said(200, {"data": [{"uid": task_id}]})

    # -- betterco --

    def _betterco(self, body: list[dict[str, Any]]) -> Answer:
        if body[0]["type"] == "make":
            return self._submit(body[0], body[0]["uid"])
        data, errors = [], []
        for one in body:
            task = self.tasks.get(one["uid"])
            if task is None or (self.forget and one["type"] == "get"):
                errors.append({"code": "unknown", "uid": one["uid"]})
            elif one["type"] == "details":
                data.append({"uid": one["uid"], "response": {"data": self._links(one["uid"], task)}})
            else:
                task.polls += 1
                done = task.polls > self.working_polls
                if self.fail:
                    data.append({"uid": one["uid"], "status": "error", "errors": [{"code": self.fail}]})
                else:
                    data += self._links(one["uid"], task) if done else [{"uid": one["uid"], "status": "working"}]
        return said(200, {"data": data, "errors": errors})

    def _links(self, uid: str, task: Task) -> list[dict[str, Any]]:
        count = task.request.get("count", 1)
        link = "https://cdn.betterco.example"
        return [{"uid": uid, "status": "success", "link": f"{link}/{uid}/{n}.png", "cost": 0.05} for n in range(count)]


def said(status: int, tree: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, dict(headers or {}), json.dumps(tree).encode())


async def look(path: Path) -> Artifact:
    artifact = probe(path)
    verify_decodes(path)
    return artifact


def _opened(root: Path, text: str, overrides: str) -> tuple[Catalogue, Providers]:
    """Read once for each provider file, wherever it lies: a test may restart a hundred times."""
    if (text, overrides) not in _OPENED:
        catalogue = load_catalogue(root / "schemas")
        providers = load_providers(read_yaml, root / "schemas", json.loads(overrides))
        assert catalogue.value is not None
        assert catalogue.ok, catalogue.diagnostics
        assert providers.value is not None
        assert providers.ok, providers.diagnostics
        _OPENED[text, overrides] = catalogue.value, providers.value
    return _OPENED[text, overrides]


_OPENED: dict[tuple[str, str], tuple[Catalogue, Providers]] = {}


@dataclass
class Studio:
    """One project folder and its vendor; each `render` is a new process, as far as memory goes."""

    root: Path
    vendor: VendorInMemory = field(default_factory=VendorInMemory)
    clock: VirtualClock = field(default_factory=VirtualClock)
    disk: Disk = field(default_factory=Disk)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    overrides: Mapping[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        write_schemas(self.root / "schemas")

    def store(self) -> Store:
        return Store(self.root, self.root / ".wanspec", self.disk)

    def vendors(self, store: Store, wishes: Wishes | None = None) -> Vendors:
        catalogue, providers = _opened(
            self.root, (self.root / "schemas/acme/provider.yaml").read_text(), json.dumps(self.overrides)
        )
        return vendor_renderers(
            ["acme", "betterco"],
            catalogue,
            providers,
            store,
            self.environment,
            inspect=look,
            wishes=wishes,
            tell=self.said.append,
            allowed_folders=(self.root,),
            http=self.vendor,
            clock=self.clock,
            random=Random(7),
        )

    def action(self, prompt: str = "a ferry", take: int = 1, **native: Any) -> Action:
        """One take of the item `arrival`.  `pictures`: files that go in."""
        pictures: list[Path | str] = native.pop("pictures", [])
        native = {"prompt": prompt, "width": 64, "height": 48, "seed": 11, **native}
        if self.vendor.style == "betterco":
            native["type"] = "make"
        media, files, uses, content = {}, {}, [], {}
        forms = ("url",) if self.vendor.style == "acme" else ("data", "url")
        for number, picture in enumerate(pictures):
            path = f"pictures[{number}]"
            uses.append(MediaUse(path, str(picture), "image", forms))
            if isinstance(picture, Path):
                media[path], files[path] = probe(picture), picture
                content[path] = f"sha256:{media[path].sha256}"
            else:
                content[path] = f"url:{picture}"
        if pictures:
            native["pictures"] = [str(picture) for picture in pictures]
        model = f"{self.vendor.style}/still"
        outputs = native.get("count", 1)
        hashed = {name: value for name, value in native.items() if name not in ("pictures", "seed", "type")}
        seed = native["seed"] + take - 1
        facts = dict(action_facts(model, hashed, content, ("seed", seed)))
        request = Request(
            item="arrival",
            model=model,
            native=native,
            hashed=hashed,
            media=tuple(uses),
            seed=native["seed"],
            seed_path="seed",
            seed_range=(0, 1000),
            outputs=outputs,
            price=Price(Decimal("0.05") * outputs),
        )
        return Action(action_key(facts), "arrival", take, model, request, seed, facts, media, files)

    async def perform(
        self, *actions: Action, wishes: Wishes | None = None, anew: bool = False
    ) -> list[Performed | BaseException]:
        """What came of actions that are performed side by side by one process."""
        store = self.store()
        vendors = self.vendors(store, wishes)
        renderer = vendors[self.vendor.style]
        renderer.begin("run-1")
        performer = Performer(store, self.clock, Slots(None), look)
        found = await asyncio.gather(
            *(performer.perform(action, renderer, anew=anew) for action in actions), return_exceptions=True
        )
        store.close()
        for one in found:
            if isinstance(one, Killed):
                raise one
        return list(found)

    def render(self, *actions: Action, wishes: Wishes | None = None, anew: bool = False) -> list[Any]:
        return asyncio.run(self.perform(*(actions or (self.action(),)), wishes=wishes, anew=anew))

    def recover(self) -> tuple[Recovered, ...]:
        store = self.store()
        try:
            return asyncio.run(recover(self.vendors(store), store, inspect=look, clock=self.clock))
        finally:
            store.close()

    def ledger(self) -> list[tuple[str, str, bool]]:
        """Outcome, task id and dispute of what may be paid."""
        rows = self.store().journal.all()
        return [(one.outcome, one.task_id, one.disputed) for one in rows if one.may_be_paid]

    def restarted(self, **changes: Any) -> Studio:
        """The same folder and vendor in a new process and fair weather."""
        self.vendor.step = lambda _name: None
        return replace(self, disk=Disk(), **changes)

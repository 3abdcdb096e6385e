"""A small world for tests of execution: items from a table, renderers that write a few bytes, a plan made for real.

Usable from a subprocess too: `python stagehand.py FOLDER …` runs a render that tests kill.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Checked
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Item, Items, Medium, Reference
from wanspec.domain.json import Json
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Plan
from wanspec.domain.requests import MediaUse, Price, Request
from wanspec.domain.runs import Outcome, Run
from wanspec.domain.seeds import seed_of
from wanspec.domain.shotlist import Shot
from wanspec.engine.events import Event
from wanspec.engine.renderers import Produced
from wanspec.engine.slots import Slots
from wanspec.engine.verification import Expected
from wanspec.engine.workers import Workers
from wanspec.reading.project_files import PathFault
from wanspec.stages.execute import RenderOptions, execute
from wanspec.stages.graph import build_graph
from wanspec.stages.keys import content_of_url
from wanspec.stages.plan import Means, make_plan
from wanspec.store import Store, open_store, read_lock
from wanspec.store.media_facts import MediaFacts


@dataclass(frozen=True)
class Entry:
    """One item of a test's world."""

    prompt: str
    media: tuple[Medium, ...] = ()
    model: str = "studio/still"
    takes: int = 1
    outputs: int = 1
    pick_required: bool = False
    freeze: bool = False


def still(text: str, media_type: str = "image/png") -> Artifact:
    """What the fake renderers say of a file with that text."""
    data = text.encode()
    return Artifact(hashlib.sha256(data).hexdigest(), media_type, len(data), 64, 36)


@dataclass
class FakeRenderer:
    """Writes the prompt and the seed, with what it was given; notes what it was asked."""

    asked: list[str] = field(default_factory=list)
    before: Callable[[Action], None] = lambda _action: None  # raise here to make an action fail
    gate: asyncio.Event | None = None  # waited for before anything is made
    slots: Slots = field(default_factory=lambda: Slots(None))
    same: bool = False  # the same bytes whatever is asked
    most: int = 0
    _now: int = 0

    def identify(self, action: Action) -> Action:
        return action

    def expected(self, action: Action) -> Expected:
        return Expected("image", outputs=action.request.outputs)

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        self._now += 1
        self.most = max(self.most, self._now)
        self.asked.append(f"{action.item or action.model}#{action.take}")
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            self.before(action)
            produced = []
            for number in range(1, action.request.outputs + 1):
                given = " ".join(artifact.sha256[:8] for _, artifact in sorted(action.media.items()))
                text = "same" if self.same else f"{action.request.native} {action.seed} {number} {given}"
                path = folder / f"{number}.png"
                path.write_text(text)
                produced.append(Produced(path, still(text)))
            return produced
        finally:
            self._now -= 1


def item_of(item_id: str, entry: Entry) -> Item:
    node = Node({}, "wanspec.yaml", 1, 1)
    return Item(
        id=item_id,
        shot=Shot(item_id.partition("/")[0], node),
        index=1,
        variables={},
        model=entry.model,
        model_node=node,
        kind="image",
        title="",
        tags=(),
        fields={},
        takes=entry.takes,
        pick_required=entry.pick_required,
        freeze=entry.freeze,
        needs=tuple(dict.fromkeys(one for medium in entry.media for one in _needed(medium))),
    )


def _needed(medium: object) -> list[str]:
    if isinstance(medium, Reference):
        return [medium.item]
    if isinstance(medium, Derived):
        return [one for _, value in medium.fields for one in _needed(value)]
    return []


def request_of(item_id: str, entry: Entry) -> Request:
    native: dict[str, Json] = {"prompt": entry.prompt}
    return Request(
        item=item_id,
        model=entry.model,
        native=native,
        hashed=native,
        media=tuple(MediaUse(f"media[{n}]", medium, "image") for n, medium in enumerate(entry.media)),
        seed=seed_of(item_id),
        seed_path="seed",
        takes=entry.takes,
        outputs=entry.outputs,
        price=Price(None),
        derived_seed=True,
    )


@dataclass
class World:
    """A project folder with entries; planned and rendered as the pipeline does it."""

    root: Path
    entries: dict[str, Entry]
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    local: FakeRenderer = field(default_factory=FakeRenderer)
    events: list[Event] = field(default_factory=list)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(self.root, {})

    # -- what execution asks for --

    def bind(self, _item_id: str, _done: Mapping[str, Outcome]) -> Checked[Request]:
        raise AssertionError("no value of these waits for a render")

    def derive(self, derived: Derived) -> Request:
        native = {name: str(value) for name, value in derived.fields}
        media = tuple(
            MediaUse(name, value, "image")
            for name, value in derived.fields
            if isinstance(value, Reference | Derived) or name == "source"
        )
        hashed = {name: value for name, value in native.items() if name not in {use.path for use in media}}
        return Request(item="", model=derived.model, native=native, hashed=hashed, media=media)  # type: ignore[arg-type]

    def locate(self, text: str) -> Path:
        path = self.root / text
        if not path.is_file():
            raise PathFault(f"there is no file `{text}`", "", "missing")
        return path

    # -- the road --

    def items(self) -> Items:
        return Items({name: item_of(name, entry) for name, entry in self.entries.items()})

    def graph(self) -> Graph:
        graph = build_graph(self.items()).value
        assert graph is not None
        return graph

    def plan(self) -> Plan:
        facts = MediaFacts(self.store.index)

        def content(text: str, *_forms: object) -> str | None:
            if text.startswith("https://"):
                return content_of_url(text)
            path = self.root / text
            return f"sha256:{facts.digest(path)}" if path.is_file() else None

        lock = read_lock(self.root).value
        assert lock is not None
        requests = {name: request_of(name, entry) for name, entry in self.entries.items()}
        means = Means(self.store.known(), lock, content, self.derive, lambda *_: None, lambda _model: "seed")
        return make_plan("world", self.items(), requests, self.graph(), means)

    async def render(self, selected: Sequence[str] | None = None, **options: object) -> Run:
        self.renderer.asked.clear()
        self.local.asked.clear()
        self.events.clear()
        workers = Workers()
        try:
            return await execute(
                self.plan(),
                self.graph(),
                selected=frozenset(self.entries if selected is None else selected),
                material=self,
                renderers={"studio": self.renderer, "local": self.local},
                workers=workers,
                store=self.store,
                options=RenderOptions(**options),  # type: ignore[arg-type]
                listener=self.events.append,
            )
        finally:
            workers.close()

    def run(self, selected: Sequence[str] | None = None, **options: object) -> Run:
        return asyncio.run(self.render(selected, **options))

    def files(self) -> list[str]:
        """All results, without their provenance."""
        folder = self.root / "renders"
        return sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".json"
        )


def statuses(run: Run) -> dict[str, str]:
    return {name: outcome.status for name, outcome in run.outcomes.items()}

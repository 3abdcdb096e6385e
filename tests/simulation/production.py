"""A small production drawn by a seed, with stills, clips on first frames, takes, sets and actions that are equal."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from random import Random
from typing import Any

import wanspec.engine.chores
import wanspec.store.text_cache  # noqa: F401 -- imported late by the program, which would be an event
from tests.simulation.loop import SimulatedClock
from tests.simulation.machine import Machine, Process
from tests.simulation.vendors import ENVIRONMENT, NAMES, PRICE_USD, Network, Vendor, film, look_at, write_schemas
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.providers import Providers, load_providers
from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Checked
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Item, Items, Medium, Reference, references
from wanspec.domain.json import Json
from wanspec.domain.ledger import Recovered
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Plan
from wanspec.domain.requests import MediaUse, Price, Request
from wanspec.domain.runs import Outcome, Run
from wanspec.domain.seeds import seed_of
from wanspec.domain.shotlist import Shot
from wanspec.engine.performing import Performer
from wanspec.engine.renderers import Produced
from wanspec.engine.slots import Slots
from wanspec.engine.verification import Expected
from wanspec.reading.marked_yaml import read_yaml
from wanspec.reading.project_files import PathFault
from wanspec.stages.execute import RenderOptions, execute
from wanspec.stages.graph import build_graph
from wanspec.stages.plan import Means, make_plan
from wanspec.store import Store, read_lock
from wanspec.store.durable import Disk
from wanspec.store.media_facts import MediaFacts
from wanspec.wire.recovery import collect_left_over, recover
from wanspec.wire.renderer import Wishes
from wanspec.wire.vendors import Vendors, vendor_renderers

ASSETS = {"assets/mara.png": film("image", "mara"), "assets/dock.png": film("image", "dock")}


@dataclass(frozen=True)
class Entry:
    """One item as it was drawn."""

    id: str
    model: str  # "north/clip"
    prompt: str
    media: tuple[Medium, ...] = ()
    seed: int | None = None  # None: that of its id
    takes: int = 1
    outputs: int = 1

    @property
    def kind(self) -> str:
        return "video" if self.model.endswith("/clip") else "image"


def draw(random: Random, *, large: bool = False) -> tuple[Entry, ...]:
    """One item or two, or up to eight; later ones use earlier ones."""
    entries: list[Entry] = []
    for number in range(random.choice((2, 3, 3, 4, 6, 8) if large else (1, 1, 1, 1, 1, 2))):
        if entries and random.random() < 0.15:
            # Another name for the same action.
            same = random.choice(entries)
            if same.seed is not None:
                entries.append(Entry(f"item-{number}", same.model, same.prompt, same.media, same.seed, same.takes))
                continue
        kind = random.choice(("still", "still", "clip"))
        media: list[Medium] = []
        places = 1 if kind == "clip" else random.choice((0, 0, 1, 2))
        for _ in range(places):
            if entries and random.random() < 0.8:
                media.append(_of(random.choice(entries), random))
            else:
                media.append(random.choice((*ASSETS, "https://anywhere.example/plate.png")))
        takes, outputs = random.choice(((1, 1), (1, 1), (1, 1), (1, 1), (2, 1), (1, 2)))
        entries.append(
            Entry(
                f"item-{number}",
                f"{random.choice(NAMES)}/{kind}",
                f"{kind} of scene {number}",
                tuple(media),
                random.choice((None, 7)),
                takes,
                outputs if kind == "still" else 1,
            )
        )
    return tuple(entries)


def edited(entries: tuple[Entry, ...], random: Random) -> tuple[Entry, ...]:
    """The same production after somebody changed one thing."""
    number = random.randrange(len(entries))
    one = entries[number]
    match random.choice(("prompt", "seed", "takes", "gone")):
        case "gone" if len(entries) > 1 and not any(reads(other, one.id) for other in entries):
            return (*entries[:number], *entries[number + 1 :])
        case "seed":
            one = replace(one, seed=8)
        case "takes" if one.outputs == 1:
            one = replace(one, takes=one.takes + 1)
        case _:
            one = replace(one, prompt=f"{one.prompt}, at night")
    return (*entries[:number], one, *entries[number + 1 :])


def reads(entry: Entry, item: str) -> bool:
    return any(one.item == item for one in references(entry.media))


def _of(entry: Entry, random: Random) -> Medium:
    reference = Reference(entry.id, random.choice((None, entry.takes)) if entry.takes > 1 else None)
    if entry.kind == "image":
        return reference
    return Derived("local/frame", (("at", "last"), ("source", reference)))


@cache
def _catalogue() -> tuple[Catalogue, Providers]:
    with tempfile.TemporaryDirectory() as folder:
        schemas = Path(folder) / "schemas"
        write_schemas(schemas)
        catalogue, providers = load_catalogue(schemas), load_providers(read_yaml, schemas, {})
        assert catalogue.value is not None and catalogue.ok, catalogue.diagnostics  # noqa: PT018
        assert providers.value is not None and providers.ok, providers.diagnostics  # noqa: PT018
        assert all(catalogue.value.get(f"{one}/{kind}") for one in NAMES for kind in PRICE_USD)
        return catalogue.value, providers.value


@dataclass(frozen=True)
class Script:
    """A shot list as the stages before the plan leave it."""

    entries: tuple[Entry, ...]

    @cached_property
    def items(self) -> Items:
        return Items({one.id: _item(one) for one in self.entries})

    @cached_property
    def requests(self) -> Mapping[str, Request]:
        return {one.id: _request(one) for one in self.entries}

    @cached_property
    def graph(self) -> Graph:
        graph = build_graph(self.items).value
        assert graph is not None
        return graph


def is_large(design: int) -> bool:
    """Most productions are small: what breaks, breaks with one item or two, in a fifth of the time."""
    return design % 40 == 7


@lru_cache(maxsize=32)
def script_of(design: int, version: int = 0) -> Script:
    """What one production asks for.  `version`: after an edit that it names, 0 before all of them."""
    entries = draw(Random(f"design {design}"), large=is_large(design))
    return Script(edited(entries, Random(f"edit {design} {version}")) if version else entries)


class IndexInMemory:
    """The index without its database, which is ten times faster: what was put is there, whatever is killed."""

    def __init__(self, rows: dict[tuple[str, str], str], root: Path, disk: Disk) -> None:
        self._rows = rows
        self._disk = disk
        self._file = root / ".wanspec" / "index" / "cache.db"
        self.notices: list[str] = []

    def scan(self, space: str, prefix: str = "") -> dict[str, str]:
        return {key: text for (one, key), text in self._rows.items() if one == space and key.startswith(prefix)}

    def get(self, space: str, key: str) -> str | None:
        return self._rows.get((space, key))

    def put(self, rows: list[tuple[str, str, str]]) -> None:
        if rows := list(rows):
            self._disk.before("index", self._file)
            self._rows.update({(space, key): text for space, key, text in rows})
            self._disk.before("indexed", self._file)

    def delete(self, space: str, keys: list[str]) -> None:
        self._disk.before("index", self._file)
        for key in keys:
            self._rows.pop((space, key), None)

    def close(self) -> None: ...


class WorkersHere:
    """Work on media, done at once."""

    def __init__(self) -> None:
        self.slots = Slots(2)

    async def run(self, _work: Callable[..., Any], path: Path) -> Artifact:
        return look_at(path)


class LocalHere:
    """The local models: a medium made of the media that go in."""

    def __init__(self, machine: Machine) -> None:
        self.slots = Slots(2)
        self._machine = machine

    def identify(self, action: Action) -> Action:
        return action

    def expected(self, _action: Action) -> Expected:
        return Expected("image")

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        for place, artifact in action.media.items():
            held = look_at(action.files[place]).sha256
            assert held == artifact.sha256, "a file that is not what it is called"
        path = folder / "frame.png"
        path.write_bytes(film("image", action.key))
        return [Produced(path, look_at(path), action.seed)]


@dataclass
class Production:
    """The project on a machine, with what persists between processes."""

    machine: Machine
    script: Script
    vendors: Mapping[str, Vendor]
    seed: str
    index: dict[tuple[str, str], str] | None = field(default_factory=dict)  # None: the real one, on the disk

    @property
    def root(self) -> Path:
        return self.machine.root

    def begin(self) -> None:
        """The project's own files, which were there long before."""
        _catalogue()  # read now: the first simulation of many must not have more events than the others
        (self.root / "assets").mkdir(parents=True)
        for name, data in ASSETS.items():
            (self.root / name).write_bytes(data)
        self.machine.tag = self.seen.tag
        self.machine._settle()

    def store(self, disk: Disk) -> Store:
        store = Store(self.root, self.root / ".wanspec", disk)
        if self.index is not None:
            store.index = IndexInMemory(self.index, self.root, disk)  # type: ignore[assignment]
        return store

    @cached_property
    def seen(self) -> Store:
        """The store as somebody sees it who looks from outside, while no process runs."""
        return self.store(Disk())

    # -- what execution asks the earlier stages for --

    def bind(self, _item_id: str, _done: Mapping[str, Outcome]) -> Checked[Request]:
        raise AssertionError("no value of these waits for a render")

    def derive(self, derived: Derived) -> Request:
        fields = dict(derived.fields)
        hashed: dict[str, Json] = {"at": str(fields["at"])}
        use = MediaUse("source", fields["source"], "video")  # type: ignore[arg-type]
        return Request("", derived.model, {**hashed, "source": str(fields["source"])}, hashed, (use,))

    def locate(self, text: str) -> Path:
        path = self.root / text
        if not path.is_file():
            raise PathFault(f"there is no file `{text}`", "", "missing")
        return path

    # -- the road --

    def plan(self, script: Script, store: Store) -> Plan:
        lock = read_lock(self.root)
        assert lock.value is not None and lock.ok, f"the lock cannot be read: {lock.diagnostics}"  # noqa: PT018

        def content(text: str, *_forms: object) -> str | None:
            if text.startswith("https://"):
                return f"url:{text}"
            return f"sha256:{hashlib.sha256(ASSETS[text]).hexdigest()}"

        means = Means(
            store.known(),
            lock.value,
            content,
            self.derive,
            lambda *_: None,
            lambda _model: "seed",
            store.journal.standing(),
        )
        return make_plan("production", script.items, script.requests, script.graph, means)

    def renderers(self, process: Process, store: Store, wishes: Wishes, *, submits: bool = True) -> Vendors:
        catalogue, providers = _catalogue()
        random = Random(f"{self.seed} {process.number}")
        workers = WorkersHere()

        async def inspect(path: Path) -> Artifact:
            async with workers.slots.one():
                return await workers.run(look_at, path)

        return vendor_renderers(
            sorted({one.model.partition("/")[0] for one in self.script.entries}),
            catalogue,
            providers,
            store,
            ENVIRONMENT,
            inspect=inspect,
            wishes=wishes,
            submits=submits,
            http=Network(self.machine, process, self.vendors, random),
            clock=SimulatedClock(self.machine.timeline),
            random=random,
        )

    async def render(
        self,
        process: Process,
        *,
        script: Script | None = None,
        jobs: int | None = None,
        again: bool = False,
        force: frozenset[str] = frozenset(),
        tidy: bool = False,
    ) -> Run:
        """One `wanspec render`.

        `script`: what the shot list says now; `again`: with `--retry-uncertain`; `tidy`: the journal is tidied up at
        the end, which a real run does after hundreds of submissions.
        """
        script = script or self.script
        store = self.store(Disk(self.machine.before))
        vendors = self.renderers(process, store, Wishes(force=force, retry_uncertain=again))
        plan = self.plan(script, store)
        planned = frozenset(key for one in plan.decisions.values() for key in one.keys if key is not None)

        def collect(performer: Performer) -> Awaitable[None]:
            return collect_left_over(vendors, performer, planned | performer.asked, lambda _text: None)

        run = await execute(
            plan,
            script.graph,
            selected=frozenset(plan.decisions),
            material=self,
            renderers={"local": LocalHere(self.machine), **vendors},
            workers=WorkersHere(),  # type: ignore[arg-type]
            store=store,
            options=RenderOptions(jobs=jobs, force=force, retry_uncertain=again),
            clock=SimulatedClock(self.machine.timeline),
            facts=MediaFacts(store.index),
            afterwards=collect if store.journal.owed_besides(planned) else None,
        )
        if tidy:
            await asyncio.to_thread(store.journal.tidy, 1)
        return run

    async def recover(self, process: Process) -> tuple[Recovered, ...]:
        """One `wanspec recover`."""
        store = self.store(Disk(self.machine.before))
        vendors = self.renderers(process, store, Wishes(), submits=False)

        async def inspect(path: Path) -> Artifact:
            return look_at(path)

        try:
            return await recover(vendors, store, inspect=inspect, clock=SimulatedClock(self.machine.timeline))
        finally:
            store.close()


def _item(entry: Entry) -> Item:
    node = Node({}, "wanspec.yaml", 1, 1)
    return Item(
        id=entry.id,
        shot=Shot(entry.id, node),
        index=1,
        variables={},
        model=entry.model,
        model_node=node,
        kind=entry.kind,
        title="",
        tags=(),
        fields={},
        takes=entry.takes,
        needs=tuple(dict.fromkeys(one.item for one in references(entry.media))),
    )


def _request(entry: Entry) -> Request:
    hashed: dict[str, Json] = {"prompt": entry.prompt}
    if entry.outputs > 1:
        hashed["count"] = entry.outputs
    native = dict(hashed)
    if entry.model.startswith("south/"):
        native["type"] = "make"
    labels: list[Json] = [str(one) for one in entry.media]
    forms = ("url",) if entry.model.startswith("north/") else ("data", "url")
    if entry.kind == "video":
        native["frame"] = labels[0]
        uses: tuple[MediaUse, ...] = (MediaUse("frame", entry.media[0], "image", forms),)
    else:
        if labels:
            native["pictures"] = labels
        uses = tuple(MediaUse(f"pictures[{n}]", one, "image", forms) for n, one in enumerate(entry.media))
    price = PRICE_USD["clip"] if entry.kind == "video" else PRICE_USD["still"] * entry.outputs
    return Request(
        item=entry.id,
        model=entry.model,
        native=native,
        hashed=hashed,
        media=uses,
        seed=seed_of(entry.id) % 900 if entry.seed is None else entry.seed,
        seed_path="seed",
        seed_range=(0, 1000),
        takes=entry.takes,
        outputs=entry.outputs,
        price=Price(price),
        derived_seed=entry.seed is None,
    )

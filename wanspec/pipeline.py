"""The road from a shot list on disk to a plan and a run, stage after stage."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.providers import Providers, load_providers
from wanspec.domain.diagnostics import Checked, Diagnostic, once_each
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Items, Reference
from wanspec.domain.lock import Lock
from wanspec.domain.plan import Decision, Plan, Status
from wanspec.domain.requests import Request
from wanspec.domain.runs import Outcome
from wanspec.domain.shotlist import ShotList
from wanspec.reading.marked_yaml import collector_at_rest, decode, read_yaml
from wanspec.reading.project_files import PathFault, ProjectFiles
from wanspec.reading.templates import Templates
from wanspec.stages.blame import blamed, with_origins
from wanspec.stages.expand import Expansion, expand
from wanspec.stages.filters import FILTERS
from wanspec.stages.foresight import Foresight
from wanspec.stages.graph import build_graph
from wanspec.stages.inspection import Inspection
from wanspec.stages.lint import Linted, lint
from wanspec.stages.load import Given, load
from wanspec.stages.measure import Measuring
from wanspec.stages.media_text import WrittenMedia
from wanspec.stages.members import Member
from wanspec.stages.picking import hand_made
from wanspec.stages.plan import Known, Means, Supply, make_plan
from wanspec.stages.resolve import Resolver
from wanspec.stages.results import path_faults
from wanspec.stages.signals import FaultAt, NameFault
from wanspec.stages.vocabulary import unknown_names

if TYPE_CHECKING:
    from wanspec.domain.runs import Run
    from wanspec.engine.events import Event
    from wanspec.engine.performing import Performer
    from wanspec.engine.renderers import Renderer
    from wanspec.engine.workers import Workers
    from wanspec.stages.execute import RenderOptions
    from wanspec.store.media_facts import MediaFacts
    from wanspec.store.store import Store
    from wanspec.wire.http import Http
    from wanspec.wire.vendors import Vendors

__all__ = ["Given", "Prepared", "plan", "prepare", "render", "why"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked shot list: every item with its request, and what can evaluate them anew."""

    shotlist: ShotList
    catalogue: Catalogue
    items: Items
    requests: Mapping[str, Request]
    graph: Graph
    workings: Workings
    providers: Providers

    @property
    def root(self) -> Path:
        return self.shotlist.root


@dataclass(slots=True)
class Workings:
    """The evaluators of one shot list, kept for values that become known later."""

    expansion: Expansion
    resolver: Resolver
    media: WrittenMedia
    measuring: Measuring

    def bind(self, item_id: str, supplies: Mapping[str, Supply]) -> Checked[Request]:
        """An item's request anew, with what its upstreams gave."""
        self.measuring.supplies.update(supplies)
        item, faults = self.expansion.again(item_id)
        if item is None or any(one.is_error for one in faults):
            return Checked(None, faults)
        request, more = self.resolver.resolve(item)
        return Checked(request, once_each((*faults, *more)))


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare(given: Given, *, lock: Lock | None = None, files: MediaFacts | None = None) -> Checked[Prepared]:
    """From a shot list on disk to checked requests.  Nothing is sent, nothing is written.

    `lock`: whose derived seeds stay with their items.  `files`: what is remembered of media files.
    """
    with collector_at_rest():
        loaded = load(given)
        sound = not any(one.is_error for one in loaded.diagnostics)
        prepared = loaded.then(lambda shots: _prepare(given, shots, lock or Lock(), files, sound))
    return Checked(prepared.value, without_echoes(loaded.diagnostics, prepared.diagnostics[len(loaded.diagnostics) :]))


def without_echoes(first: Sequence[Diagnostic], then: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """All diagnostics but those of later stages that only repeat what loading said.

    A misspelt `prompt` is not also a missing one, and a value that could not be read is not also of the wrong type.
    """
    errors = [one for one in first if one.is_error]
    places = {(one.at.file, one.at.line, one.at.column) for one in errors}
    inside = {(one.at.file, one.at.path.rpartition(".")[0]) for one in errors}
    return (
        *first,
        *(
            one
            for one in then
            if (one.at.file, one.at.line, one.at.column) not in places
            and not (one.rule == "required" and (one.at.file, one.at.path) in inside)
        ),
    )


def _prepare(
    given: Given, shots: ShotList, lock: Lock, media_facts: MediaFacts | None, sound: bool
) -> Checked[Prepared]:
    """`sound`: whether loading met no error."""
    folder = shots.root / "schemas"
    catalogue = load_catalogue(folder if folder.is_dir() else None)
    if catalogue.value is None:
        return Checked(None, catalogue.diagnostics)
    providers = load_providers(read_yaml, folder, shots.providers)
    files = ProjectFiles(shots.root, shots.allowed_outside, shots.allowed_outside)
    texts: dict[str, str] = dict(shots.texts)
    workings = _workings(shots, catalogue.value, files, texts, given, lock, media_facts)
    expanded = expand(workings.expansion)
    assert expanded.value is not None
    items = expanded.value
    found: list[Diagnostic] = [
        *catalogue.diagnostics,
        *providers.diagnostics,
        *unknown_names(shots, catalogue.value),
        *expanded.diagnostics,
    ]
    requests: dict[str, Request] = {}
    for item in items:
        request, faults = workings.resolver.resolve(item)
        found.extend(faults)  # of an item with a faulty field, those of its other fields
        if request is not None and not workings.expansion.member(item.id).broken:
            requests[item.id] = request
    graph = build_graph(items, {one.item for one in expanded.diagnostics if one.code == "WS307"})
    found.extend(graph.diagnostics)
    found.extend(path_faults(items, requests))
    shots = replace(shots, texts=texts)
    if graph.value is None:
        return Checked(None, once_each(found))
    assert providers.value is not None
    prepared = Prepared(shots, catalogue.value, items, requests, graph.value, workings, providers.value)
    if sound and not any(one.is_error for one in found):
        # What is broken explains many a lint: those wait until nothing is.
        foresight = Foresight(
            catalogue.value,
            items,
            requests,
            workings.resolver.derived,
            workings.media.facts,
            lambda item_id: hand_made(lock.items.get(item_id)),
        )
        found.extend(foresight.faults())
        found.extend(lint(_linted(prepared, files, foresight)))
    return Checked(prepared, with_origins(once_each(found), items, workings.expansion))


def _linted(prepared: Prepared, files: ProjectFiles, foresight: Foresight) -> Linted:
    """What the lints look at, besides the prepared project: which of its variables and files were used."""
    shots, workings = prepared.shotlist, prepared.workings
    prompt_files: list[str] = []
    for folder in shots.prompts:
        with suppress(PathFault):
            # What lies outside belongs to others, who may use it.
            prompt_files.extend(name for name in files.glob(f"{folder}/**") if not name.startswith(("../", "/")))

    return Linted(
        shots,
        prepared.catalogue,
        prepared.items,
        prepared.requests,
        prepared.graph,
        frozenset(workings.expansion.used_variables),
        frozenset(workings.expansion.used_data),
        frozenset(shots.texts),
        tuple(prompt_files),
        foresight.of_medium,
        providers=prepared.providers,
    )


def _workings(
    shots: ShotList,
    catalogue: Catalogue,
    files: ProjectFiles,
    texts: dict[str, str],
    given: Given,
    lock: Lock,
    media_facts: MediaFacts | None,
) -> Workings:
    def read_prompt(name: str) -> tuple[str, str] | None:
        try:
            path = files.find(name, shots.prompts, what="template")
            if path is None:
                return None
            shown, data = files.read_bytes(path, what="template")
        except PathFault as fault:
            raise NameFault("WS020", fault.message, fault.hint) from None
        text = decode(data, shown)
        if text.value is None:
            raise FaultAt(text.diagnostics[0])
        texts[shown] = text.value
        return shown, text.value

    remembered = {item.id: item.seed for item in lock.items.values() if item.seed is not None}
    media = WrittenMedia(files, media_facts.digest if media_facts else file_digest, Inspection(media_facts))
    picks = {item.id: item.pick for item in lock.items.values() if item.pick is not None}
    measuring = Measuring(catalogue, picks=picks)
    expansion = Expansion(
        shots,
        catalogue,
        Templates(read_prompt, {}, FILTERS),
        measure=measuring,
        max_items=given.max_items,
    )

    def kind_of(medium: Reference | Derived) -> str:
        if isinstance(medium, Derived):
            return expansion.kind_of_derived(medium)
        return expansion.kind(expansion.member(medium.item))

    resolver = Resolver(catalogue, media, remembered, kind_of)

    def request_of(member: Member) -> Request | None:
        item = expansion.item(member)
        return resolver.resolve(item)[0] if item is not None else None

    measuring.request_of = request_of
    return Workings(expansion, resolver, media, measuring)


def plan(prepared: Prepared, known: Known, lock: Lock, *, standing: Mapping[str, str] | None = None) -> Plan:
    """What would be rendered, why, and for how much.  Sends and writes nothing.

    `standing`: key -> `in_flight` or `uncertain`, for what the journal says was sent and has not come.
    """
    workings = prepared.workings
    catalogue = prepared.catalogue

    def bind(item_id: str, supplies: Mapping[str, Supply]) -> Request | None:
        return workings.bind(item_id, supplies).value

    def seed_path(model_id: str) -> str:
        model = catalogue.get(model_id)
        return model.seed.path if model is not None and model.seed is not None else ""

    means = Means(known, lock, workings.media.content, workings.resolver.derived, bind, seed_path, standing or {})
    with collector_at_rest():
        made = make_plan(prepared.shotlist.name, prepared.items, prepared.requests, prepared.graph, means)
    renamed = {
        d.item.id: d.request.seed for d in made.decisions.values() if d.renamed_from and d.request.seed is not None
    }
    touched = {one for item_id in renamed for one in prepared.graph.needed_by[item_id]}
    if not touched:
        return made
    # An item that took over another name's seed: those that calculate with its seed are to be worked out again.
    workings.resolver.seeds.update(renamed)
    requests = dict(prepared.requests)
    for item_id in (*renamed, *sorted(touched)):
        requests[item_id] = workings.bind(item_id, {}).value or requests[item_id]
    return make_plan(prepared.shotlist.name, prepared.items, requests, prepared.graph, means)


def why(prepared: Prepared, decision: Decision) -> Decision:
    """A decision whose reasons name the place and, where it can be told, the variable that each came through."""
    return replace(decision, reasons=blamed(decision, prepared.workings.expansion))


def supply_of_outcome(outcome: Outcome) -> Supply:
    """What a finished item gives to those that need it."""
    takes = sorted(outcome.takes, key=lambda take: take.take)
    return Supply(tuple(take.artifact for take in takes), outcome.pick, tuple(take.seed for take in takes))


@dataclass(frozen=True, slots=True)
class _Material:
    """What execution asks the earlier stages for."""

    workings: Workings

    def bind(self, item_id: str, done: Mapping[str, Outcome]) -> Checked[Request]:
        return self.workings.bind(item_id, {one: supply_of_outcome(outcome) for one, outcome in done.items()})

    def derive(self, derived: Derived) -> Request:
        return self.workings.resolver.derived(derived)

    def locate(self, text: str) -> Path:
        return self.workings.media.locate(text)


def render(
    prepared: Prepared,
    plan: Plan,
    store: Store,
    *,
    selected: frozenset[str],
    options: RenderOptions,
    environment: Mapping[str, str] = MappingProxyType({}),
    listener: Callable[[Event], None] = lambda _: None,
    facts: MediaFacts | None = None,
    ask: Callable[[], None] = lambda: None,
) -> Run:
    """Renders what is selected and not cached, and all that it needs.

    `environment` holds the vendors' keys and addresses.  `ask` is called when everything is ready and nothing was
    sent; it raises NotSent for a no.
    Raises NotSent for what may not or cannot be sent, UsageError and StoreError for a disk that refuses.
    """
    import asyncio

    from wanspec.engine.workers import Workers

    workers = Workers()
    try:
        return asyncio.run(
            _render(prepared, plan, store, selected, options, environment, listener, facts, ask, workers)
        )
    finally:
        workers.close()


class _Remote:
    """Fetches media by address for local models; the network is opened when the first is asked for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._http: Http | None = None

    async def fetch(self, url: str, path: Path) -> None:
        from random import Random

        from wanspec.engine.clock import SystemClock
        from wanspec.wire.http import HttpxHttp
        from wanspec.wire.remote_media import RemoteMedia
        from wanspec.wire.secrets import is_loopback

        if self._http is None:
            self._http = HttpxHttp()
        # Media on this machine are read only where somebody rehearses with vendors on this machine.
        hosts = (urlsplit(one).hostname for name, one in self._environment.items() if name.endswith("_BASE_URL"))
        loopback = any(host is not None and is_loopback(host) for host in hosts)
        await RemoteMedia(self._http, SystemClock(), Random(), loopback=loopback).fetch(url, path)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


def _collecting(
    vendors: Vendors, planned: frozenset[str], listener: Callable[[Event], None]
) -> Callable[[Performer], Awaitable[None]]:
    """What a run does at its end: it brings home what was paid for by requests that are not in the plan any more."""
    from wanspec.engine.events import Notice
    from wanspec.wire.recovery import collect_left_over

    def collect(performer: Performer) -> Awaitable[None]:
        return collect_left_over(vendors, performer, planned | performer.asked, lambda text: listener(Notice(text)))

    return collect


async def _render(
    prepared: Prepared,
    plan: Plan,
    store: Store,
    selected: frozenset[str],
    options: RenderOptions,
    environment: Mapping[str, str],
    listener: Callable[[Event], None],
    facts: MediaFacts | None,
    ask: Callable[[], None],
    workers: Workers,
) -> Run:
    import asyncio

    from wanspec.engine.clock import SystemClock
    from wanspec.engine.events import Notice
    from wanspec.engine.local import LocalRenderer
    from wanspec.engine.preview import PreviewRenderer
    from wanspec.engine.pulse import beat
    from wanspec.engine.threads import enough_threads
    from wanspec.stages.execute import below, execute, reach

    enough_threads()
    renderers: dict[str, Renderer] = {"local": LocalRenderer(workers)}
    remote = _Remote(environment)
    vendors: Vendors | None = None
    planned = frozenset(key for one in plan.decisions.values() for key in one.keys if key is not None)
    left = () if options.preview or options.offline else store.journal.owed_besides(planned)
    if options.preview:
        renderers["preview"] = PreviewRenderer(workers, prepared.items.by_id.__getitem__, prepared.catalogue.get)
    else:
        deals_with = reach(plan, prepared.graph, selected, options)
        # What hangs on something that is made anew may have to be made anew as well.
        following = below(prepared.graph, options.force) & deals_with
        working = {one for one in deals_with if plan.decisions[one].status is not Status.CACHED} | following
        names = {plan.decisions[one].item.model.partition("/")[0] for one in working} - {"local"}
        names |= {one.provider for one in left}
        if names:
            from wanspec.wire.renderer import Wishes
            from wanspec.wire.vendors import looking_through, preflight, vendor_renderers

            vendors = vendor_renderers(
                names,
                prepared.catalogue,
                prepared.providers,
                store,
                environment,
                inspect=looking_through(workers),
                wishes=Wishes(options.force, options.retry_uncertain, options.offline),
                tell=lambda text: listener(Notice(text)),
                allowed_folders=prepared.shotlist.allowed_outside,
            )
            renderers.update(vendors)
            preflight(
                plan,
                vendors,
                deals_with,
                forced=options.force,
                retry_uncertain=options.retry_uncertain,
                offline=options.offline,
            )
    beating: asyncio.Future[None] | None = None
    try:
        ask()
        beating = asyncio.ensure_future(beat(SystemClock(), renderers, listener))
        return await execute(
            plan,
            prepared.graph,
            selected=selected,
            material=_Material(prepared.workings),
            renderers=renderers,
            workers=workers,
            store=store,
            options=options,
            listener=listener,
            facts=facts,
            fetch=None if options.preview or options.offline else remote.fetch,
            afterwards=_collecting(vendors, planned, listener) if vendors is not None and left else None,
        )
    finally:
        if beating is not None:
            beating.cancel()
        await remote.close()
        if vendors is not None:
            await vendors.close()

"""Executing a plan: every selected item, with what it needs, gets its takes; what is cached is only looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Protocol

from wanspec.domain.actions import Action, Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Checked
from wanspec.domain.errors import MediaError, NotSent, ProviderError, StoreError, Uncertain, WanspecError
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Reference
from wanspec.domain.json import Json
from wanspec.domain.lock import Lock, LockedItem
from wanspec.domain.plan import Decision, Plan, Status
from wanspec.domain.requests import Request, action_key
from wanspec.domain.runs import Outcome, Run, Trouble
from wanspec.engine.clock import Clock, SystemClock
from wanspec.engine.events import Event, ItemFinished, ItemStarted, Notice, RunFinished, RunStarted, TakeDone
from wanspec.engine.interruption import interruption
from wanspec.engine.performing import Halted, Performer
from wanspec.engine.renderers import Renderer, is_vendor
from wanspec.engine.slots import Slots
from wanspec.engine.walking import longest_paths, walk
from wanspec.engine.workers import Workers
from wanspec.stages.keys import take_facts
from wanspec.stages.plan import stands_on_adopted, with_seed
from wanspec.stages.settling import (
    Settled,
    billed,
    cached_outcome,
    from_lock,
    locked_of,
    outcome_of,
    settle,
    shown_takes,
    signature_of,
    takes_in_part,
    wanted_in_part,
    wanted_of,
    with_pick,
)
from wanspec.stages.sources import Source, Sources, WaitsForPick, action_of
from wanspec.store import Store
from wanspec.store.durable import hint_for
from wanspec.store.media_facts import MediaFacts
from wanspec.store.records import Known
from wanspec.store.results import Results
from wanspec.store.runs import RunLog, new_run_id

# How long one take of each kind is taken to last, for the order of work only.
_WEIGHT_S = {"image": 1.0, "video": 8.0, "audio": 2.0}

PREVIEW_FOLDER = "preview"


class Material(Protocol):
    """What execution asks the earlier stages for."""

    def bind(self, item_id: str, done: Mapping[str, Outcome]) -> Checked[Request]:
        """An item's request anew, with what has become known of the items it needs."""

    def derive(self, derived: Derived) -> Request:
        """The request of a filter's local action."""

    def locate(self, text: str) -> Path:
        """The file that a path in the shot list means.  Raises PathFault."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What the command line says about a run."""

    preview: bool = False
    jobs: int | None = None  # actions at once; None: only the renderers' own limits
    fail_fast: bool = False
    force: frozenset[str] = frozenset()  # items to be made anew whatever the store has
    retry_uncertain: bool = False
    offline: bool = False
    output: str = "renders"


async def execute(
    plan: Plan,
    graph: Graph,
    *,
    selected: frozenset[str],
    material: Material,
    renderers: Mapping[str, Renderer],
    workers: Workers,
    store: Store,
    options: RenderOptions,
    listener: Callable[[Event], None] = lambda _event: None,
    clock: Clock | None = None,
    facts: MediaFacts | None = None,
    fetch: Callable[[str, Path], Awaitable[None]] | None = None,
    afterwards: Callable[[Performer], Awaitable[None]] | None = None,
) -> Run:
    """Renders what is selected and not cached, and all that it needs.

    `renderers` are by provider; `preview` stands in for every provider but `local`.  The outcomes are those of the
    selected items, and of others that were rendered, or could not be, because they are needed.  The lock is written
    once, at the end, also of an interrupted run.  `afterwards` is what else the run does once all items are settled;
    it changes no outcome.

    Raises UsageError when the output folder cannot be written, NotSent when a renderer is missing, StoreError when the
    store cannot be used at all.  What goes wrong with one item is in its outcome.
    """
    clock = clock or SystemClock()
    output = f"{options.output}/{PREVIEW_FOLDER}" if options.preview else options.output
    if not options.preview:
        # What is frozen keeps its takes, whatever is forced.
        kept = {one for one in options.force if one in plan.decisions and _is_frozen(plan.decisions[one])}
        options = replace(options, force=options.force - kept)
    results = store.results(output)
    results.check_writable()
    owed = _owed(plan, renderers, options)
    deeds = reach(plan, graph, selected, options, owed)
    _check_renderers(plan, deeds, renderers, options)
    store.make()
    store.sweep()
    run_id = new_run_id(clock.now())
    for renderer in renderers.values():
        if is_vendor(renderer):
            renderer.begin(run_id)
    log = store.runs.begin(plan.project, run_id, preview=options.preview)
    execution = _Execution(
        plan=plan,
        material=material,
        renderers=renderers,
        workers=workers,
        store=store,
        options=options,
        listener=listener,
        results=results,
        output=output,
        log=log,
        known=store.known(preview=options.preview),
        performer=Performer(
            store,
            clock,
            Slots(options.jobs),
            partial(_look_through, workers),
            preview=options.preview,
            fail_fast=options.fail_fast,
        ),
        facts=facts or MediaFacts(store.index),
        owed=owed,
        fetch=fetch,
    )
    begun = clock.monotonic()
    waiting = [plan.decisions[one] for one in deeds if options.preview or not _is_done(plan.decisions[one])]
    listener(RunStarted(run_id, plan.project, len(deeds), len(waiting), sum(one.request.takes for one in waiting)))
    try:
        interrupted = await _walk(execution, graph, deeds, afterwards)
        outcomes = {
            one: outcome
            for one in plan.decisions
            if (outcome := execution.outcomes.get(one)) is not None and (one in selected or outcome.status != "cached")
        }
        run = Run(plan.project, run_id, outcomes, clock.monotonic() - begun, interrupted)
        await asyncio.to_thread(execution.finish)
        log.finish(run)
    finally:
        log.close()
        store.close()
    for notice in store.index.notices:
        listener(Notice(notice))
    listener(RunFinished(run))
    return run


async def _walk(
    execution: _Execution,
    graph: Graph,
    deeds: set[str],
    afterwards: Callable[[Performer], Awaitable[None]] | None,
) -> bool:
    """Visits all items; whether it was interrupted."""
    order = [one for one in graph.order if one in deeds]
    weights = {
        one: 0.0 if _is_done(decision) else _WEIGHT_S.get(decision.item.kind, 1.0)
        for one, decision in execution.plan.decisions.items()
    }
    execution.urgency.update(longest_paths(graph.order, graph.needed_by, weights))

    async def visits() -> None:
        await walk(order, graph.needs, execution.urgency, execution.visit)
        if afterwards is not None and not execution.performer.is_halted:
            await afterwards(execution.performer)

    walking = asyncio.ensure_future(visits())
    interrupted = False

    def stop() -> None:
        nonlocal interrupted
        interrupted = True
        walking.cancel()

    try:
        with interruption(stop):
            await walking
    except asyncio.CancelledError:
        if not interrupted:
            raise
    except BaseExceptionGroup as group:
        # A bug, or a store that is gone: one of them, whole, says more than their group.
        raise _first(group) from None
    finally:
        execution.sources.cancel()
    if interrupted:
        for one in order:
            if one not in execution.outcomes:
                execution.settle(Outcome(one, "skipped"))
    return interrupted


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    one = group.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one


def _is_frozen(decision: Decision) -> bool:
    return decision.item.freeze and decision.locked is not None and bool(decision.locked.takes)


def _is_done(decision: Decision) -> bool:
    return decision.status in (Status.CACHED, Status.FROZEN)


def _owed(plan: Plan, renderers: Mapping[str, Renderer], options: RenderOptions) -> frozenset[str]:
    """The items for which an earlier run has sent what is not collected yet, also where an older result is there."""
    found = set()
    for one, decision in plan.decisions.items():
        renderer = renderers.get(_provider(decision.item.model, options))
        if is_vendor(renderer) and any(key is not None and renderer.owes(key) for key in decision.keys):
            found.add(one)
    return frozenset(found)


def reach(
    plan: Plan,
    graph: Graph,
    selected: frozenset[str],
    options: RenderOptions,
    owed: frozenset[str] = frozenset(),
) -> set[str]:
    """The selected items and, upwards, those whose takes or values have to be known for them.

    Nothing above a cached item is asked for: its keys are known.  They are not below what is made anew although it is
    there, and what such an item needs is looked at, too.
    """
    found: set[str] = set()
    unsettled = below(graph, options.force | owed)
    waiting = [one for one in selected if one in plan.decisions]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        decision = plan.decisions[one]
        if options.preview or not _is_done(decision) or one in unsettled:
            waiting.extend(need for need in graph.needs.get(one, ()) if need in plan.decisions)
    return found


def below(graph: Graph, items: frozenset[str]) -> set[str]:
    """These items and all that depends on them."""
    found: set[str] = set()
    waiting = list(items)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(graph.needed_by.get(one, ()))
    return found


def _check_renderers(plan: Plan, deeds: set[str], renderers: Mapping[str, Renderer], options: RenderOptions) -> None:
    """Raises NotSent when something has to be made and nobody can make it."""
    for one in deeds:
        decision = plan.decisions[one]
        provider = _provider(decision.item.model, options)
        idle = _is_done(decision) or (decision.status is Status.UNCERTAIN and not decision.missing)
        if provider not in renderers and (not idle or one in options.force):
            raise NotSent(
                f"`{one}` needs `{decision.item.model}`, and nothing here can send to `{provider}`",
                hint="`--preview` draws a stand-in, free and offline",
                code="no_renderer",
            )


def _owes(renderer: Renderer, action: Action) -> bool:
    return is_vendor(renderer) and renderer.owes(action.key)


def _provider(model: str, options: RenderOptions) -> str:
    provider = model.partition("/")[0]
    return "preview" if options.preview and provider != "local" else provider


async def _look_through(workers: Workers, path: Path) -> Artifact:
    from wanspec.engine.chores import look_through

    async with workers.slots.one():
        return await workers.run(look_through, path)


class _Unfit(Exception):
    """An item that cannot be rendered now; the outcome says why."""

    def __init__(self, status: str, because: str = "", error: Trouble | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.because = because
        self.error = error


@dataclass(slots=True)
class _Execution:
    """One run under way: what has come of each item so far."""

    plan: Plan
    material: Material
    renderers: Mapping[str, Renderer]
    workers: Workers
    store: Store
    options: RenderOptions
    listener: Callable[[Event], None]
    results: Results
    output: str
    log: RunLog
    known: Known
    performer: Performer
    facts: MediaFacts
    fetch: Callable[[str, Path], Awaitable[None]] | None = None
    owed: frozenset[str] = frozenset()  # items for which something is still to be collected
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    serving: set[str] = field(default_factory=set)  # uncertain items with an older result to go on with
    urgency: dict[str, float] = field(default_factory=dict)
    blocks: dict[str, LockedItem] = field(default_factory=dict)  # of the lock, as they should be
    renamed: dict[str, str] = field(default_factory=dict)  # item -> what this run found it was called before
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        preview = self.renderers.get("preview")
        stand_in = getattr(preview, "stand_in", None) if self.options.preview else None
        self.sources = Sources(
            store=self.store,
            workers=self.workers,
            facts=self.facts,
            locate=self.material.locate,
            derive=self.material.derive,
            taken=self._taken,
            perform=self._perform_helper,
            stand_in=stand_in,
            fetch=self.fetch,
        )

    # -- one item ----------------------------------------------------------------------------------------------------

    def visit(self, item_id: str) -> Awaitable[None] | None:
        """Settles an item at once where there is nothing to wait for, else returns the work."""
        decision = self.plan.decisions[item_id]
        try:
            self._check_needs(decision)
            if self._is_as_locked(decision):
                return None
            takes = self._takes_there(decision)
        except _Unfit as unfit:
            self.settle(Outcome(item_id, unfit.status, error=unfit.error, because=unfit.because))
            return None
        if takes is None:
            return self._make(decision)
        outcome = outcome_of(decision.item, takes, decision.locked, output=self.output, preview=False)
        if not self.results.in_place(item_id, signature_of(decision.item, takes, outcome.pick, preview=False)):
            return self._show(decision, takes, outcome)
        self._lock(decision, decision.request, decision.keys, decision.facts, takes)
        self.settle(outcome)
        return None

    def _is_as_locked(self, decision: Decision) -> bool:
        """Settles an item that is as the lock says, takes, key, files and all; this is what most items are."""
        item, locked = decision.item, decision.locked
        if (
            locked is None
            or decision.status is not Status.CACHED
            or locked.keys != decision.keys
            or locked.id != item.id
            or self.options.preview
            or item.id in self.options.force
            or item.id in self.owed
        ):
            return False
        for need in item.needs:
            if need in self.outcomes and self.outcomes[need].status != "cached":
                return False
        blobs, had = self.known.blobs, set()
        for take in locked.takes:
            if take.artifact.sha256 not in blobs:
                return False
            had.add(take.key)
        if not had.issuperset(decision.keys):
            return False
        outcome = cached_outcome(item, locked, output=self.output)
        if not self.results.in_place(item.id, signature_of(item, locked.takes, outcome.pick, preview=False)):
            return False
        self.settle(outcome)
        return True

    def settle(self, outcome: Outcome) -> None:
        self.outcomes[outcome.id] = outcome
        self.log.add(outcome, at_once=outcome.status != "cached")
        if outcome.status == "failed" and self.options.fail_fast:
            self.performer.halt()
        self.listener(ItemFinished(outcome))

    def _check_needs(self, decision: Decision) -> None:
        """Raises _Unfit when something that the item needs is not to be had in this run; a frozen one needs nothing."""
        if decision.status is Status.FROZEN and not self.options.preview:
            return
        outcomes = [self.outcomes[need] for need in decision.item.needs if need in self.outcomes]
        for status in ("failed", "uncertain", "skipped"):
            for outcome in outcomes:
                if outcome.status == status and outcome.id not in self.serving:
                    raise _Unfit("skipped", outcome.because or outcome.id)
        for outcome in outcomes:
            if outcome.status == "waiting":
                raise _Unfit("waiting", outcome.because or outcome.id)

    def _takes_there(self, decision: Decision) -> list[Settled] | None:
        """The takes of an item that needs no work, as the plan says; None where it has to be looked into.

        The plan's word holds only while all that the item needs is as it was when the plan was made.
        """
        item = decision.item
        if self.options.preview or item.id in self.options.force or item.id in self.owed or not _is_done(decision):
            return None
        changed = any(self.outcomes[need].status != "cached" for need in item.needs if need in self.outcomes)
        if changed and not item.freeze:
            return None
        locked = decision.locked
        adopted = from_lock(locked, adopted=True) if locked is not None else []
        if locked is not None and _is_frozen(decision):
            takes = from_lock(locked, adopted=False) + adopted
            if all(take.artifact.sha256 in self.known.blobs for take in takes):
                return takes
            trouble = Trouble(
                "missing",
                "it is frozen, and the takes that the lock has are not in the store",
                hint="take `freeze` away to render it again",
            )
            raise _Unfit("failed", error=trouble)
        if stands_on_adopted(locked) and all(take.artifact.sha256 in self.known.blobs for take in adopted):
            return adopted
        takes = []
        for number, key in enumerate(decision.keys):
            record = self.known.record(key, locked) if key is not None else None
            if record is None:
                return None
            takes += settle(record, made=False, facts=self._facts_of(record, decision.facts if number == 0 else {}))
        return takes + adopted

    def _facts_of(self, record: Record, facts: Mapping[str, Json]) -> Callable[[], Mapping[str, Json]]:
        """What was hashed for a record, looked up when it is asked for: the lock does not hold it for all takes."""
        return lambda: record.facts or facts or getattr(self.known.records.get(record.key), "facts", {})

    async def _make(self, decision: Decision) -> None:
        """Brings an item's takes about, and settles it."""
        item = decision.item
        takes: list[Settled] = []
        doubt: Uncertain | None = None
        try:
            request = self._bound(decision)
            sources = await self.sources.of(request)
            decision = self._under_its_old_name(decision, request, sources)
            request = decision.request if decision.renamed_from else request
            renderer = self.renderers.get(_provider(request.model, self.options))
            actions = [action_of(request, sources, item=item.id, take=n) for n in range(1, request.takes + 1)]
            came: list[list[Settled] | BaseException]
            if renderer is None:
                came = [self._found(decision, action) for action in actions]
                if decision.status is Status.UNCERTAIN:
                    doubt = _serving_older(Uncertain("it was sent, and no answer says what became of it"))
            else:
                actions = [renderer.identify(action) for action in actions]
                came, doubt = self._with_older(decision, actions, await self._perform_all(decision, actions, renderer))
            takes = [take for one in came if not isinstance(one, BaseException) for take in one]
            errors = [one for one in came if isinstance(one, BaseException)]
            if errors:
                error = next((one for one in errors if not isinstance(one, Halted)), errors[0])
                numbered = [
                    (action.take, take)
                    for action, one in zip(actions, came, strict=True)
                    if not isinstance(one, BaseException)
                    for take in one
                ]
                self.settle(await self._in_part(decision, error, numbered))
                return
            if not self.options.preview and decision.locked is not None:
                takes += from_lock(decision.locked, adopted=True)
            outcome = outcome_of(item, takes, decision.locked, output=self.output, preview=self.options.preview)
            keys = tuple(action.key for action in actions)
            await self._place(decision, takes, outcome)
            self._lock(decision, request, keys, actions[0].facts, takes)
            if doubt is not None:
                self.serving.add(item.id)
                outcome = replace(outcome, status="uncertain", error=_trouble(doubt))
        except (WanspecError, OSError, WaitsForPick, Halted, _Unfit) as error:
            outcome = self._unfinished(decision, error, takes)
        self.settle(outcome)

    def _with_older(
        self, decision: Decision, actions: list[Action], came: list[list[Settled] | BaseException]
    ) -> tuple[list[list[Settled] | BaseException], Uncertain | None]:
        """Older results in the places of takes that were bought anew and of which nobody can say what became.

        With what there is to say of that.  As it came where one of them has no older result, or failed otherwise.
        """
        doubts = [one for one in came if isinstance(one, Uncertain)]
        if not doubts or len(doubts) < sum(isinstance(one, BaseException) for one in came):
            return came, None
        older: list[list[Settled] | BaseException] = []
        for action, one in zip(actions, came, strict=True):
            record = self.known.record(action.key, decision.locked) if isinstance(one, Uncertain) else None
            older.append(
                one if record is None else settle(record, made=False, facts=self._facts_of(record, action.facts))
            )
        if any(isinstance(one, BaseException) for one in older):
            return came, None
        return older, _serving_older(doubts[0])

    def _under_its_old_name(self, decision: Decision, request: Request, sources: Mapping[str, Source]) -> Decision:
        """The decision on an item of which only now, with its upstreams there, it can be told what it was called."""
        if self.options.preview or decision.item.id not in self.plan.perhaps:
            return decision
        content = {path: source.content for path, source in sources.items()}
        if decision.locked is not None and action_key(take_facts(request, content, 1)) in decision.locked.keys:
            return decision
        for block in self.plan.perhaps[decision.item.id]:
            if block.id in self.renamed.values():
                continue
            as_it_was = request if block.seed is None else with_seed(request, block.seed)
            if action_key(take_facts(as_it_was, content, 1)) in block.keys[:1]:
                self.renamed[decision.item.id] = block.id
                return replace(decision, request=as_it_was, locked=block, renamed_from=block.id)
        return decision

    def _found(self, decision: Decision, action: Action) -> list[Settled]:
        """What there is of an action that nobody can perform in this run.  Raises NotSent where it is nothing."""
        record = self.known.record(action.key, decision.locked)
        if record is None:
            raise NotSent(
                f"what it needs has changed, and nothing here can send to `{action.model.partition('/')[0]}`",
                hint="render again",
                code="no_renderer",
            )
        return settle(record, made=False, facts=self._facts_of(record, action.facts))

    async def _in_part(self, decision: Decision, error: BaseException, came: list[tuple[int, Settled]]) -> Outcome:
        """The outcome of an item some of whose takes failed.  Those that came are shown, beside what is there."""
        outcome = self._unfinished(decision, error)
        if not came:
            return outcome
        takes = takes_in_part(decision.item, came, output=self.output)
        try:
            wanted = wanted_in_part(decision.item, came)
            for notice in await asyncio.to_thread(self.results.add, decision.item.id, wanted):
                self.listener(Notice(notice))
        except (WanspecError, OSError):
            pass  # the takes are in the store, and the item has failed for another reason already
        return billed(replace(outcome, takes=takes), [take for _, take in came])

    async def _show(self, decision: Decision, takes: list[Settled], outcome: Outcome) -> None:
        """Brings a cached item's files in order, and settles it."""
        try:
            await self._place(decision, takes, outcome)
            self._lock(decision, decision.request, decision.keys, decision.facts, takes)
        except (WanspecError, OSError) as error:
            outcome = self._unfinished(decision, error, takes)
        self.settle(outcome)

    def _bound(self, decision: Decision) -> Request:
        """The request with all values known, and the seed that the plan decided on."""
        item = decision.item
        if not decision.request.unknown and not item.waits_for:
            return decision.request
        done = {need: self.outcomes[need] for need in item.needs if need in self.outcomes}
        checked = self.material.bind(item.id, done)
        if checked.value is None or not checked.ok:
            faults = [one for one in checked.diagnostics if one.is_error]
            message = faults[0].message if faults else "its request cannot be made with the values that came"
            hint = faults[0].hint if faults else ""
            raise _Unfit("failed", error=Trouble(faults[0].code if faults else "request", message, hint=hint))
        request = checked.value
        if request.unknown:
            for need in item.needs:
                outcome = self.outcomes.get(need)
                if outcome is not None and outcome.pick is None:
                    raise _Unfit("waiting", need)
            raise _Unfit("failed", error=Trouble("request", f"`{request.unknown[0]}` is still not known"))
        seed = decision.request.seed
        if request.derived_seed and seed is not None and request.seed != seed:
            request = with_seed(request, seed)
        return request

    async def _perform_all(
        self, decision: Decision, actions: list[Action], renderer: Renderer
    ) -> list[list[Settled] | BaseException]:
        """What came of each action, side by side.  An exception of the world is told, a bug is raised."""
        item, forced = decision.item, decision.item.id in self.options.force
        locked = None if self.options.preview else decision.locked
        found = [
            None
            if forced or (item.id in self.owed and _owes(renderer, action))
            else self.known.record(action.key, locked)
            for action in actions
        ]
        if any(record is None for record in found):
            self.listener(ItemStarted(item.id, item.model, sum(record is None for record in found)))

        async def one(action: Action, record: Record | None) -> list[Settled]:
            made = False
            if record is None:
                urgency = self.urgency.get(item.id, 0.0)
                performed = await self.performer.perform(action, renderer, urgency=urgency, anew=forced)
                record, made = performed.record, performed.made
            self.listener(TakeDone(item.id, action.take, len(actions), cached=not made))
            estimate = Decimal(0) if self.options.preview else action.request.price.usd
            return settle(record, made=made, facts=lambda: action.facts, estimated_usd=estimate)

        came = await asyncio.gather(*map(one, actions, found), return_exceptions=True)
        for result in came:
            if isinstance(result, BaseException) and not isinstance(result, WanspecError | OSError | Halted):
                raise result
        return came

    async def _perform_helper(self, action: Action) -> Artifact:
        """The only result of a filter's action, or of a stand-in."""
        record = self.known.record(action.key)
        if record is None:
            renderer = self.renderers[action.model.partition("/")[0]]
            record = (await self.performer.perform(action, renderer)).record
        return record.artifacts[0]

    def _taken(self, reference: Reference) -> Artifact:
        outcome = self.outcomes[reference.item]
        number = reference.take or outcome.pick
        if number is None:
            raise WaitsForPick(reference.item)
        if number > len(outcome.takes):
            raise MediaError(
                f"take {number} of `{reference.item}` is asked for, and it has {len(outcome.takes)}",
                code="no_such_take",
            )
        return outcome.takes[number - 1].artifact

    def _unfinished(self, decision: Decision, error: BaseException, takes: Sequence[Settled] = ()) -> Outcome:
        item = decision.item
        if isinstance(error, _Unfit):
            return Outcome(item.id, error.status, error=error.error, because=error.because)
        if isinstance(error, WaitsForPick):
            return Outcome(item.id, "waiting", because=error.item)
        if isinstance(error, Halted):
            return Outcome(item.id, "skipped")
        status = "uncertain" if isinstance(error, Uncertain) else "failed"
        shown = shown_takes(item, takes, output=self.output)
        if isinstance(error, OSError):
            # What a codec could not write is said without a name; it was in the store's folder for work.
            place = error.filename or self.store.folder
            trouble = Trouble("disk", f"`{place}`: {error.strerror or error}", retryable=True, hint=hint_for(error))
        else:
            trouble = _trouble(error)
        return billed(Outcome(item.id, status, None, shown, error=trouble), takes)

    # -- what is kept ------------------------------------------------------------------------------------------------

    async def _place(self, decision: Decision, takes: list[Settled], outcome: Outcome) -> None:
        item, preview = decision.item, self.options.preview
        signature = signature_of(item, takes, outcome.pick, preview=preview)
        if not self.results.in_place(item.id, signature):
            wanted = wanted_of(item, takes, outcome.pick, preview=preview, coding_of=self.store.coding)
            for notice in await asyncio.to_thread(self.results.place, item.id, signature, wanted):
                self.listener(Notice(notice))

    def _lock(
        self,
        decision: Decision,
        request: Request,
        keys: tuple[str | None, ...],
        facts: Mapping[str, Json],
        takes: list[Settled],
    ) -> None:
        """Notes the block that the lock should have.  What is frozen or made by hand keeps the one that it has."""
        locked = decision.locked
        if self.options.preview or _is_frozen(decision):
            return
        if stands_on_adopted(locked) and all(take.origin == "adopted" for take in takes):
            return  # nothing was rendered, and no key says otherwise
        block = locked_of(request, tuple(key or "" for key in keys), facts, takes, locked)
        if block != locked or decision.renamed_from:
            self.blocks[decision.item.id] = block

    def finish(self) -> None:
        """Writes what a run changes once: the lock, and what is remembered of files."""
        self.facts.remember()
        if self.options.preview:
            # What was paid for stays until somebody asks for it to go; a preview is nothing but a copy.
            self.results.keep_only(self.plan.decisions.keys())
        self.results.remember()
        if self.blocks:
            self.store.change_lock(self._blocks_for)

    def _blocks_for(self, lock: Lock) -> dict[str, LockedItem | None]:
        changes: dict[str, LockedItem | None] = {}
        for item_id, block in self.blocks.items():
            # Somebody may have picked a take since the plan was made.
            now = None if self._called_before(item_id) else lock.items.get(item_id)
            changes[item_id] = with_pick(block, now) if now is not None else block
        for item_id in self.blocks:
            before = self._called_before(item_id)
            if before and before not in self.plan.decisions:
                changes.setdefault(before, None)
        return changes

    def _called_before(self, item_id: str) -> str:
        return self.renamed.get(item_id) or self.plan.decisions[item_id].renamed_from


def _serving_older(error: Uncertain) -> Uncertain:
    hint = error.hint or "`wanspec render --retry-uncertain` buys it again"
    return Uncertain(f"{error.message.rstrip('.')}; the older result serves", hint=hint, request_id=error.request_id)


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, ProviderError):
        return Trouble(
            error.code,
            error.message,
            error.provider_code or None,
            error.request_id or None,
            error.retryable,
            error.hint,
        )
    if isinstance(error, WanspecError):
        retryable = isinstance(error, StoreError) or error.code in ("worker_died", "changed")
        return Trouble(error.code, error.message, retryable=retryable, hint=error.hint)
    raise error

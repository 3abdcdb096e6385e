"""Planning: for each item its action keys, what would be executed, why, and for how much.

Reads a lock and the index, both handed in; sends and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Item, Items, Reference, references
from wanspec.domain.json import Json
from wanspec.domain.lock import Lock, LockedItem
from wanspec.domain.plan import Decision, Plan, Reason, Status
from wanspec.domain.requests import Request, action_key
from wanspec.stages.keys import take_facts
from wanspec.stages.reasons import reasons_between
from wanspec.stages.rename import Renames


class Known(Protocol):
    """What can be served without rendering."""

    def record(self, key: str, locked: LockedItem | None = None) -> Record | None: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What planning asks for while it walks the graph."""

    known: Known
    lock: Lock
    content_of_text: Callable[[str], str | None]  # path, URL or data URI -> its content, None where it cannot be told
    derived_request: Callable[[Derived], Request]
    # An item's request anew, with what has become known of its upstreams; None where it is faulty.
    bind: Callable[[str, Mapping[str, Supply]], Request | None]
    seed_path: Callable[[str], str]  # model id -> the native field of its seed, "" where it has none
    standing: Mapping[str, str] = field(default_factory=dict)  # key -> `in_flight` or `uncertain`, as the journal says


@dataclass(frozen=True, slots=True)
class Supply:
    """What an item gives to those that need it."""

    takes: tuple[Artifact | None, ...]  # None: not rendered yet; empty while all of them are
    pick: int | None = 1  # from 1; None while a pick is required and not made
    seeds: tuple[int | None, ...] = ()
    picked: Artifact | None = None  # a picked hand-made take, which serves while the rendered ones are unknown

    def artifact(self, take: int | None) -> Artifact | None:
        if take is None and self.picked is not None:
            return self.picked
        wanted = take or self.pick
        if wanted is None or not 1 <= wanted <= len(self.takes):
            return None
        return self.takes[wanted - 1]


@dataclass(slots=True)
class _Walk:
    means: Means
    supplies: dict[str, Supply] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    derived: dict[Derived, str] = field(default_factory=dict)


def make_plan(project: str, items: Items, requests: Mapping[str, Request], graph: Graph, means: Means) -> Plan:
    """All decisions, in story order.

    An item that is the same under another name takes over that name's seed, takes and pick (rule 8): the decision then
    says `renamed_from`.
    """
    walk = _Walk(means)
    renames = Renames(means.lock, items, lambda item_id: _known_facts(walk, requests.get(item_id)), means.seed_path)
    for item_id in graph.order:
        if item_id in requests:
            walk.decisions[item_id] = _decide(walk, items.by_id[item_id], requests[item_id], renames)
    perhaps: dict[str, tuple[LockedItem, ...]] = {}
    for one in walk.decisions.values():
        if one.to_render and None in one.keys and (blocks := renames.perhaps(one.item, one.request, one.facts)):
            perhaps[one.item.id] = blocks
    known = {item.id for item in items}
    taken = {d.renamed_from for d in walk.decisions.values()}
    return Plan(
        project,
        {item.id: walk.decisions[item.id] for item in items if item.id in walk.decisions},
        tuple(sorted(one for one in means.lock.items if one not in known and one not in taken)),
        perhaps,
    )


def _decide(walk: _Walk, item: Item, request: Request, renames: Renames) -> Decision:
    means = walk.means
    if request.unknown or item.waits_for:
        bound = means.bind(item.id, walk.supplies)
        request = bound or request
    content, waiting = _content(walk, request)
    locked = means.lock.items.get(item.id)
    renamed_from = ""
    complete = not request.unknown and all(value is not None for value in content.values())
    if complete:
        known_content = {path: value for path, value in content.items() if value is not None}
        facts = take_facts(request, known_content, 1)
        donor = renames.donor(item, request, facts)
        if donor is not None:
            renamed_from, locked = donor.id, donor
            if request.derived_seed and donor.seed is not None and donor.seed != request.seed:
                request = with_seed(request, donor.seed)
                facts = take_facts(request, known_content, 1)
        keys: tuple[str | None, ...] = (
            action_key(facts),
            *(action_key(take_facts(request, known_content, n)) for n in range(2, request.takes + 1)),
        )
    else:
        facts = take_facts(request, {path: value for path, value in content.items() if value is not None}, 1)
        keys = (None,) * request.takes
    if item.freeze and locked is not None and locked.takes:
        return _frozen(walk, item, request, locked, keys, facts, complete, renamed_from)
    if stands_on_adopted(locked):
        assert locked is not None
        walk.supplies[item.id] = supply_of(item, (), (), locked)
        return Decision(item, request, Status.CACHED, keys, locked=locked, facts=facts, renamed_from=renamed_from)
    records = [means.known.record(key, locked) if key is not None else None for key in keys]
    missing = tuple(n for n, record in enumerate(records) if record is None)
    status, reasons = _status(request, locked, facts, content, missing, complete, waiting)
    if not missing:
        takes = tuple(a for record in records if record is not None for a in record.artifacts)
        seeds = tuple(s for record in records if record is not None for s in record.seeds)
        walk.supplies[item.id] = supply_of(item, takes, seeds, locked)
    else:
        walk.supplies[item.id] = _supply_in_part(item, records, locked)
    # What was sent already is paid, or may be: it is collected or left alone, and not counted as to be rendered.
    to_submit = [n for n in missing if keys[n] is None or means.standing.get(str(keys[n])) is None]
    if missing and not to_submit and status is not Status.WAITING:
        sent = {means.standing[str(keys[n])] for n in missing}
        status, reasons = (Status.UNCERTAIN if "uncertain" in sent else Status.IN_FLIGHT), ()
    elif not missing and any(means.standing.get(str(key)) == "in_flight" for key in keys):
        # Forced, and killed before it came: the older result goes on serving until it is collected.
        status = Status.IN_FLIGHT
    elif status is Status.CACHED and any(means.standing.get(str(key)) == "uncertain" for key in keys):
        # Forced, and nobody answered: the older result serves, and what may have been paid stays in sight.
        status = Status.UNCERTAIN
    price = request.price.usd
    return Decision(
        item,
        request,
        status,
        keys,
        missing,
        reasons if status is not Status.CACHED else (),
        Decimal(0) if not to_submit or status is Status.WAITING else None if price is None else price * len(to_submit),
        renamed_from,
        locked,
        facts,
    )


def _supply_in_part(item: Item, records: Sequence[Record | None], locked: LockedItem | None) -> Supply:
    """What an item gives before all of its takes are there: one more candidate does not change the picked one."""
    rendered = tuple(record.artifacts[0] if record is not None else None for record in records)
    picked = _picked_by_hand(locked)
    if not any(rendered):
        return Supply((), picked=picked)
    adopted = tuple(take for take in locked.takes if take.origin == "adopted") if locked is not None else ()
    takes = (*rendered, *(take.artifact for take in adopted))
    seeds = tuple(record.seeds[0] if record is not None and record.seeds else None for record in records)
    pick = pick_of(item, takes, locked)
    if locked is not None and locked.pick is not None and not _holds(takes, locked.pick_sha256):
        pick = rendered.index(None) + 1  # the chosen one may be among those to come
    return Supply(takes, pick, (*seeds, *(take.seed for take in adopted)))


def _holds(takes: Sequence[Artifact | None], sha256: str | None) -> bool:
    return any(take is not None and take.sha256 == sha256 for take in takes)


def stands_on_adopted(locked: LockedItem | None) -> bool:
    """Whether an item was never rendered and has a hand-made take: that is its result until somebody forces another."""
    return locked is not None and not locked.keys and any(take.origin == "adopted" for take in locked.takes)


def _picked_by_hand(locked: LockedItem | None) -> Artifact | None:
    if locked is None or not locked.pick_sha256:
        return None
    adopted = (take.artifact for take in locked.takes if take.origin == "adopted")
    return next((artifact for artifact in adopted if artifact.sha256 == locked.pick_sha256), None)


def _known_facts(walk: _Walk, request: Request | None) -> Mapping[str, Json]:
    """What is known of an item's facts at this point of the walk."""
    if request is None:
        return {}
    content, _ = _content(walk, request)
    return take_facts(request, {path: value for path, value in content.items() if value is not None}, 1)


def supply_of(
    item: Item, takes: tuple[Artifact, ...], seeds: tuple[int | None, ...], locked: LockedItem | None
) -> Supply:
    """What an item with these takes gives, hand-made takes after the rendered ones, by the pick that the lock holds."""
    if locked is not None:
        adopted = [take for take in locked.takes if take.origin == "adopted"]
        takes = (*takes, *(take.artifact for take in adopted))
        seeds = (*seeds, *(take.seed for take in adopted))
    return Supply(takes, pick_of(item, takes, locked), seeds)


def pick_of(item: Item, takes: Sequence[Artifact | None], locked: LockedItem | None) -> int | None:
    """The picked take: the chosen one while its bytes are there, else the first; None where one must choose."""
    if locked is not None and locked.pick is not None:
        if locked.pick <= len(takes) and _holds((takes[locked.pick - 1],), locked.pick_sha256):
            return locked.pick
        for n, take in enumerate(takes, 1):
            if _holds((take,), locked.pick_sha256):
                return n
    return None if item.pick_required else 1


def with_seed(request: Request, seed: int) -> Request:
    """The request with another seed, in the native parameters too."""
    from dataclasses import replace

    native: dict[str, Json] = dict(request.native)
    here = native
    *way, last = request.seed_path.split(".")
    for step in way:
        inner = dict(here[step])  # type: ignore[arg-type]
        here[step] = inner
        here = inner
    here[last] = seed
    return replace(request, native=native, seed=seed)


def _frozen(
    walk: _Walk,
    item: Item,
    request: Request,
    locked: LockedItem,
    keys: tuple[str | None, ...],
    facts: Mapping[str, Json],
    complete: bool,
    renamed_from: str,
) -> Decision:
    takes = tuple(take.artifact for take in locked.takes if take.origin != "adopted")
    seeds = tuple(take.seed for take in locked.takes if take.origin != "adopted")
    walk.supplies[item.id] = supply_of(item, takes, seeds, locked)
    stale = not complete or tuple(keys) != tuple(locked.keys)
    return Decision(
        item,
        request,
        Status.FROZEN if stale else Status.CACHED,
        keys,
        (),
        reasons_between(request, locked.facts, facts) if stale else (),
        Decimal(0),
        renamed_from,
        locked,
        facts,
    )


def _status(
    request: Request,
    locked: LockedItem | None,
    facts: Mapping[str, Json],
    content: Mapping[str, str | None],
    missing: tuple[int, ...],
    complete: bool,
    waiting: bool,
) -> tuple[Status, tuple[Reason, ...]]:
    if not missing:
        return Status.CACHED, ()
    if waiting:
        return Status.WAITING, ()
    if locked is None:
        return Status.NEW, ()
    unknown = {path for path, value in content.items() if value is None}
    reasons = reasons_between(request, locked.facts, facts, unknown=unknown)
    from_above = {use.path for use in request.media if not isinstance(use.medium, str)}
    own = tuple(r for r in reasons if not _only_media(r, from_above, request))
    if own:
        return Status.CHANGED, reasons
    if not complete or reasons:
        return Status.UPSTREAM, reasons
    if len(locked.keys) != request.takes:
        return Status.CHANGED, (Reason("takes", len(locked.keys), request.takes),)
    return Status.NEW, (Reason("store", "rendered", None),)


def _only_media(reason: Reason, from_above: set[str], request: Request) -> bool:
    names = {request.names.get(path, path) for path in from_above} | from_above
    return any(reason.field == name or reason.field.startswith((name + ".", name + "[")) for name in names)


def _content(walk: _Walk, request: Request) -> tuple[dict[str, str | None], bool]:
    """What stands in each place for media, None where that is unknown; and whether a pick is what it waits for."""
    content: dict[str, str | None] = {}
    waiting = False
    for use in request.media:
        if isinstance(use.medium, Reference):
            value, waits = _supplied(walk, use.medium)
            waiting = waiting or waits
        elif isinstance(use.medium, Derived):
            value = _derived(walk, use.medium)
            waiting = waiting or _waits(walk, use.medium)
        else:
            value = walk.means.content_of_text(use.medium)
        content[use.path] = value
    return content, waiting


def _supplied(walk: _Walk, reference: Reference) -> tuple[str | None, bool]:
    supply = walk.supplies.get(reference.item)
    decision = walk.decisions.get(reference.item)
    if supply is None or decision is None:
        return None, False
    if decision.status is Status.WAITING:
        return None, True
    if not supply.takes and not (supply.picked is not None and reference.take is None):
        # Nothing is rendered yet; once it is, somebody has to choose.
        return None, decision.item.pick_required and reference.take is None
    if supply.pick is None and reference.take is None:
        return None, True
    artifact = supply.artifact(reference.take)
    return (f"sha256:{artifact.sha256}" if artifact else None), False


def _waits(walk: _Walk, derived: Derived) -> bool:

    return any(_supplied(walk, reference)[1] for reference in references(derived))


def _derived(walk: _Walk, derived: Derived) -> str | None:
    known = walk.derived.get(derived)
    if known is not None:
        return known
    request = walk.means.derived_request(derived)
    content, _ = _content(walk, request)
    if any(value is None for value in content.values()) or request.unknown:
        return None  # not remembered: its source may become known further down the walk
    facts = take_facts(request, {path: value for path, value in content.items() if value is not None}, 1)
    record = walk.means.known.record(action_key(facts))
    if record is None:
        return None
    walk.derived[derived] = f"sha256:{record.artifacts[0].sha256}"
    return walk.derived[derived]

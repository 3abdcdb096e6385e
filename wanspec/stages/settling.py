"""What an item's takes amount to: its outcome, its block of the lock, and its files.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wanspec import __version__
from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact, Coding
from wanspec.domain.items import Item
from wanspec.domain.json import Json
from wanspec.domain.lock import LockedItem, LockedTake
from wanspec.domain.requests import Request
from wanspec.domain.runs import Outcome, Take
from wanspec.stages.plan import pick_of
from wanspec.store.results import Wanted, result_path, take_path


@dataclass(frozen=True, slots=True)
class Settled:
    """One take that is there."""

    key: str
    artifact: Artifact
    seed: int | None
    cost_usd: Decimal | None
    made: bool  # in this run
    origin: str = "rendered"
    facts: Callable[[], Mapping[str, Json]] = dict
    estimated_usd: Decimal | None = Decimal(0)  # of a take made in this run


def cached_outcome(item: Item, locked: LockedItem, *, output: str) -> Outcome:
    """The outcome of an item whose takes are those that the lock has."""
    takes = shown_takes(item, locked.takes, output=output)
    return Outcome(item.id, "cached", pick_of(item, tuple([take.artifact for take in takes]), locked), takes)


def settle(
    record: Record,
    *,
    made: bool,
    facts: Callable[[], Mapping[str, Json]] | None = None,
    estimated_usd: Decimal | None = Decimal(0),
) -> list[Settled]:
    """The takes that an action gave: one, or those of an image set."""
    seeds = (*record.seeds, *(None,) * len(record.artifacts))
    return [
        Settled(
            record.key,
            artifact,
            seed,
            # An action is paid once, however many outputs it has.
            record.cost_usd if number == 0 else None,
            made,
            facts=facts or (lambda: record.facts),
            estimated_usd=estimated_usd if made and number == 0 else Decimal(0),
        )
        for number, (artifact, seed) in enumerate(zip(record.artifacts, seeds, strict=False))
    ]


def from_lock(locked: LockedItem, *, adopted: bool) -> list[Settled]:
    """The takes that the lock has: those that were adopted, or those that were rendered."""
    return [
        Settled(
            take.key,
            take.artifact,
            take.seed,
            take.cost_usd,
            made=False,
            origin=take.origin,
            facts=(lambda: locked.facts) if locked.keys and take.key == locked.keys[0] else dict,
        )
        for take in locked.takes
        if (take.origin == "adopted") == adopted
    ]


def outcome_of(
    item: Item, takes: Sequence[Settled], locked: LockedItem | None, *, output: str, preview: bool
) -> Outcome:
    """The outcome of an item all of whose takes are there."""
    # A preview goes on with the first take: what was picked was picked among real ones.
    pick = 1 if preview else pick_of(item, tuple(take.artifact for take in takes), locked)
    status = "rendered" if any(take.made for take in takes) else "cached"
    return billed(Outcome(item.id, status, pick, shown_takes(item, takes, output=output)), takes)


def billed(outcome: Outcome, takes: Iterable[Settled]) -> Outcome:
    """An outcome with what the takes that were made in this run have cost, and were estimated at."""
    cost, estimate = Decimal(0), Decimal(0)
    known = True
    for take in takes:
        if take.made:
            cost += take.cost_usd or 0
            estimate += take.estimated_usd or 0
            known = known and take.estimated_usd is not None
    return replace(outcome, cost_usd=cost, estimated_usd=estimate if known else None)


def shown_takes(item: Item, takes: Sequence[Settled | LockedTake], *, output: str) -> tuple[Take, ...]:
    """The takes with the paths under which they are shown."""
    return tuple(
        Take(
            number,
            f"{output}/{_path(item, number, len(takes), take.artifact)}",
            take.artifact,
            take.seed,
            cached=not (isinstance(take, Settled) and take.made),
            key=take.key,
        )
        for number, take in enumerate(takes, 1)
    )


def takes_in_part(item: Item, came: Sequence[tuple[int, Settled]], *, output: str) -> tuple[Take, ...]:
    """The takes that came, by their numbers, of an item some of whose takes did not."""
    return tuple(
        Take(
            number,
            f"{output}/{take_path(item.id, number, take.artifact.extension)}",
            take.artifact,
            take.seed,
            cached=not take.made,
            key=take.key,
        )
        for number, take in came
    )


def wanted_in_part(item: Item, came: Sequence[tuple[int, Settled]]) -> list[Wanted]:
    """Their files."""
    return [
        Wanted(take_path(item.id, number, take.artifact.extension), take.artifact.sha256, take.artifact.sha256)
        for number, take in came
    ]


def _path(item: Item, number: int, of: int, artifact: Artifact) -> str:
    extension = artifact.extension
    return result_path(item.id, extension) if of == 1 else take_path(item.id, number, extension)


def locked_of(
    request: Request,
    keys: tuple[str, ...],
    facts: Mapping[str, Json],
    takes: Sequence[Settled],
    before: LockedItem | None,
) -> LockedItem:
    """The block that the lock has from now on.  The choice that was made is kept while its bytes are there."""
    block = LockedItem(
        id=request.item,
        model=request.model,
        keys=keys,
        facts=facts,
        takes=tuple(LockedTake(take.key, take.artifact, take.seed, take.cost_usd, take.origin) for take in takes),
        seed=request.seed if request.derived_seed else None,
    )
    return block if before is None else with_pick(block, before)


def with_pick(block: LockedItem, before: LockedItem) -> LockedItem:
    """The block with the choice that another one holds, if the chosen bytes are among its takes."""
    if before.pick is None:
        return block
    numbers = [n for n, take in enumerate(block.takes, 1) if take.artifact.sha256 == before.pick_sha256]
    if not numbers:
        return block
    number = before.pick if before.pick in numbers else numbers[0]
    return replace(block, pick=number, pick_sha256=before.pick_sha256)


def signature_of(item: Item, takes: Sequence[Settled | LockedTake], pick: int | None, *, preview: bool) -> str:
    """All that an item's files depend on, in one line."""
    shown = " ".join(f"{take.key} {take.artifact.sha256} {take.seed} {take.origin}" for take in takes)
    return f"{__version__} {item.model} {pick} {preview} {shown}"


CodingOf = Callable[[str, str], Coding | None]  # key and digest of a take -> how it is coded


def wanted_of(
    item: Item, takes: Sequence[Settled], pick: int | None, *, preview: bool, coding_of: CodingOf
) -> list[Wanted]:
    """The files that show an item: each of several takes, the picked one, and where that came from.

    `coding_of` is asked about takes that the lock told of, when their provenance is written.

    While nobody has picked one of several, none of them is shown as the item's.
    """
    files = [
        Wanted(_path(item, number, len(takes), take.artifact), take.artifact.sha256, take.artifact.sha256)
        for number, take in enumerate(takes, 1)
        if len(takes) > 1
    ]
    if pick is None and len(takes) == 1:
        pick = 1  # to be looked at, and approved
    if pick is not None:
        take = takes[pick - 1]
        path = result_path(item.id, take.artifact.extension)
        files.append(Wanted(path, take.artifact.sha256, take.artifact.sha256))
        stamp = signature_of(item, [take], pick, preview=preview) + f" of {len(takes)}"

        def text() -> dict[str, Json]:
            known = take.artifact.coding or coding_of(take.key, take.artifact.sha256)
            return provenance(
                item, replace(take, artifact=replace(take.artifact, coding=known)), pick, len(takes), preview
            )

        files.append(Wanted(f"{path}.json", stamp, text=text))
    return files


def provenance(item: Item, take: Settled, number: int, of: int, preview: bool) -> dict[str, Json]:
    """What is written beside a result: where it came from, what it is, and nothing that changes when it is written
    again.
    """
    prompt = item.fields.get("prompt")
    return {
        "wanspec": __version__,
        "item": item.id,
        "model": item.model,
        "key": take.key,
        "take": number,
        "of": of,
        "seed": take.seed,
        "origin": take.origin,
        "preview": preview,
        "prompt": prompt.value if prompt is not None and isinstance(prompt.value, str) else None,
        "facts": dict(take.facts()),
        **take.artifact.with_coding_json(),
    }

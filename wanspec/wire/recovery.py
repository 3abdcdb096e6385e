"""Collecting what vendors accepted and nobody fetched yet; submits nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.providers import Providers
from wanspec.domain.errors import Failed, StoreError, Uncertain, WanspecError
from wanspec.domain.ledger import Recovered
from wanspec.domain.runs import Trouble
from wanspec.engine.clock import Clock, SystemClock
from wanspec.engine.performing import Performer
from wanspec.engine.slots import Slots
from wanspec.engine.threads import enough_threads
from wanspec.engine.workers import Workers
from wanspec.store import Store
from wanspec.store.journal import FAILED, Submission
from wanspec.store.ledger import row_of
from wanspec.wire.downloads import Inspect
from wanspec.wire.renderer import action_of
from wanspec.wire.vendors import Vendors, looking_through, vendor_renderers

_MOST_TOLD = 5  # of a kind, one by one
# How long a render that has nothing else to do waits for what nobody asks for any more.
_LINGERS_S = 60.0


async def recover(
    vendors: Vendors, store: Store, *, inspect: Inspect, clock: Clock | None = None
) -> tuple[Recovered, ...]:
    """Collects all that is open, oldest first in the answer; asks for what was sent without an answer."""
    performer = Performer(store, clock or SystemClock(), Slots(None), inspect)
    store.make()
    store.sweep()
    return await _collected(store.journal.open(), vendors, performer)


async def collect_left_over(
    vendors: Vendors, performer: Performer, keys: Collection[str], tell: Callable[[str], None]
) -> None:
    """Brings home what vendors owe for requests that were edited since, or are gone.  It fails in words alone.

    What is not done soon is left for another time: nothing in the project waits for it.
    `keys`: those of the plan, and of what was asked for while it was executed.
    """
    left = await asyncio.to_thread(performer.store.journal.owed_besides, keys)
    try:
        found = await _collected(left, vendors, performer, lingers_s=_LINGERS_S)
    except StoreError as error:
        tell(f"what earlier requests were sent for could not be kept: {error.message}")
        return
    except asyncio.CancelledError:
        tell("what earlier requests were sent for is left at the vendors; the next render collects it")
        raise
    for status in dict.fromkeys(one.status for one in found):
        alike = [one for one in found if one.status == status and (status != "in_flight" or one.error is not None)]
        for one in alike[:_MOST_TOLD]:
            tell(_told(one))
        if len(alike) > _MOST_TOLD:
            tell(f"… and so for {len(alike) - _MOST_TOLD} more; `wanspec ledger` lists them")


def _told(one: Recovered) -> str:
    words = {
        "collected": "has come, and is kept",
        "failed": "failed at the vendor, and is not charged",
        "lost": "was paid for, and cannot be fetched",
    }.get(one.status, f"is still at `{one.row.provider}`")
    why = f": {one.error.message}" if one.error is not None else ""
    take = f" (take {one.row.take})" if one.row.take > 1 else ""
    return f"what an earlier request of `{one.row.item}`{take} was sent for {words}{why}"


async def _collected(
    submissions: Iterable[Submission], vendors: Vendors, performer: Performer, *, lingers_s: float = math.inf
) -> tuple[Recovered, ...]:
    return tuple(await asyncio.gather(*(_one(one, vendors, performer, lingers_s) for one in submissions)))


async def _one(one: Submission, vendors: Vendors, performer: Performer, lingers_s: float) -> Recovered:
    left = "in_flight" if one.is_owed else "uncertain"
    if one.provider not in vendors:
        refusal = vendors.refusals.get(one.provider)
        why = refusal.message if refusal is not None else f"nothing here can ask `{one.provider}`"
        hint = refusal.hint if refusal is not None else ""
        return Recovered(row_of(one), left, error=Trouble("refused", why, hint=hint))
    try:
        action = action_of(one)
    except (KeyError, TypeError, ValueError):
        return Recovered(row_of(one), left, error=Trouble("journal", "the journal's line is damaged"))
    try:
        record = await performer.collect(action, replace(vendors[one.provider], lingers_s=lingers_s))
    except Uncertain as error:
        return Recovered(row_of(one), "uncertain", error=_trouble(error))
    except StoreError:
        raise
    except WanspecError as error:
        now = _state(performer.store, one)
        if isinstance(error, Failed) and error.code == "lost":
            return Recovered(row_of(one), "lost", error=_trouble(error))
        return Recovered(row_of(one), "failed" if now == FAILED else left, error=_trouble(error))
    if record is None:
        return Recovered(row_of(one), "in_flight" if one.is_owed else "not_sent")
    return Recovered(row_of(one), "collected", record.cost_usd)


def recover_now(
    catalogue: Catalogue, providers: Providers, store: Store, environment: Mapping[str, str]
) -> tuple[Recovered, ...]:
    """The same in an event loop of its own, with worker processes to look at what comes."""
    workers = Workers()

    async def run() -> tuple[Recovered, ...]:
        enough_threads()
        inspect = looking_through(workers)
        names = {one.provider for one in store.journal.open()}
        vendors = vendor_renderers(names, catalogue, providers, store, environment, inspect=inspect, submits=False)
        try:
            return await recover(vendors, store, inspect=inspect)
        finally:
            await vendors.close()

    try:
        return asyncio.run(run())
    finally:
        workers.close()
        store.close()


def _state(store: Store, one: Submission) -> str:
    return next((known.state for known in store.journal.all() if known.id == one.id), "")


def _trouble(error: WanspecError) -> Trouble:
    return Trouble(
        error.code,
        error.message,
        getattr(error, "provider_code", "") or None,
        getattr(error, "request_id", "") or None,
        bool(getattr(error, "retryable", False)),
        error.hint,
    )

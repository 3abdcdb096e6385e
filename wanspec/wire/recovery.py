"""Collecting what vendors accepted and nobody fetched yet; submits nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from wanspec.domain.errors import Failed, StoreError, Uncertain, WanspecError
from wanspec.domain.runs import Trouble
from wanspec.engine.clock import Clock, SystemClock
from wanspec.engine.performing import Performer
from wanspec.engine.slots import Slots
from wanspec.store import Store
from wanspec.store.journal import FAILED, Submission
from wanspec.wire.downloads import Inspect
from wanspec.wire.renderer import action_of
from wanspec.wire.vendors import Vendors


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one submission that was open."""

    submission: Submission
    status: str  # collected; failed (at the vendor, not charged); in_flight, lost; uncertain; not_sent
    cost_usd: Decimal | None = None
    error: Trouble | None = None

    @property
    def is_owed(self) -> bool:
        """Whether it is known to be accepted, and could not be collected."""
        return self.status in ("in_flight", "lost")


async def recover(
    vendors: Vendors, store: Store, *, inspect: Inspect, clock: Clock | None = None
) -> tuple[Recovered, ...]:
    """Collects all that is open, oldest first in the answer; asks for what was sent without an answer."""
    performer = Performer(store, clock or SystemClock(), Slots(None), inspect)
    store.make()
    store.sweep()
    found = await asyncio.gather(*(_one(one, vendors, performer) for one in store.journal.open()))
    return tuple(found)


async def _one(one: Submission, vendors: Vendors, performer: Performer) -> Recovered:
    left = "in_flight" if one.is_owed else "uncertain"
    renderer = vendors.get(one.provider)
    if renderer is None:
        refusal = vendors.refusals.get(one.provider)
        why = refusal.message if refusal is not None else f"nothing here can ask `{one.provider}`"
        hint = refusal.hint if refusal is not None else ""
        return Recovered(one, left, error=Trouble("refused", why, hint=hint))
    try:
        action = action_of(one)
    except (KeyError, TypeError, ValueError):
        return Recovered(one, left, error=Trouble("journal", "the journal's line is damaged"))
    try:
        record = await performer.collect(action, vendors[one.provider])
    except Uncertain as error:
        return Recovered(one, "uncertain", error=_trouble(error))
    except StoreError:
        raise
    except WanspecError as error:
        now = _state(performer.store, one)
        if isinstance(error, Failed) and error.code == "lost":
            return Recovered(one, "lost", error=_trouble(error))
        return Recovered(one, "failed" if now == FAILED else left, error=_trouble(error))
    if record is None:
        return Recovered(one, "in_flight" if one.is_owed else "not_sent")
    return Recovered(one, "collected", record.cost_usd)


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

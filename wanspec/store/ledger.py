"""The journal as people ask for it: every submission that may be paid, and what is still to come."""

from __future__ import annotations

from collections.abc import Collection

from wanspec.domain.ledger import LedgerRow
from wanspec.store.journal import Submission
from wanspec.store.store import Store


def ledger_of(store: Store, *, disputes: bool = False) -> tuple[LedgerRow, ...]:
    """Every submission that may be paid, oldest first; only those that may be paid for nothing with `disputes`."""
    rows = (row_of(one) for one in store.journal.all() if one.may_be_paid)
    return tuple(row for row in rows if row.disputed or not disputes)


def standing_in(store: Store) -> tuple[LedgerRow, ...]:
    """What was sent and has not come, as a plan sees it, oldest first."""
    standing = store.journal.standing()
    return tuple(row_of(one) for one in store.journal.open() if one.key in standing)


def left_over_in(store: Store, keys: Collection[str]) -> tuple[LedgerRow, ...]:
    """What vendors have accepted for requests that no item has any more, oldest first.  `keys`: those of the plan."""
    return tuple(row_of(one) for one in store.journal.owed_besides(keys))


def row_of(one: Submission) -> LedgerRow:
    return LedgerRow(
        when=one.when,
        run=one.run,
        item=one.item,
        take=one.take,
        key=one.key,
        provider=one.provider,
        model=one.model,
        task_id=one.task_id,
        estimated_usd=one.estimated_usd,
        actual_usd=one.actual_usd,
        outcome=one.outcome,
        disputed=one.disputed,
        message=one.message,
    )

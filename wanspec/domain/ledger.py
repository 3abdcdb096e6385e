"""What was sent to vendors, for what price, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from wanspec.domain.runs import Trouble


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One submission that may have been paid for."""

    when: str  # UTC, RFC 3339
    run: str
    item: str
    take: int
    key: str
    provider: str
    model: str
    task_id: str  # the vendor's; "" where none is known
    estimated_usd: Decimal | None
    actual_usd: Decimal | None  # None while it is not known
    outcome: str  # in_flight, done, failed, uncertain
    disputed: bool  # it may have been charged without a result
    message: str = ""  # why, in the vendor's words or ours


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one open submission when it was asked for."""

    row: LedgerRow
    status: str  # collected; failed (at the vendor, not charged); in_flight, lost; uncertain; not_sent
    cost_usd: Decimal | None = None
    error: Trouble | None = None

    @property
    def is_owed(self) -> bool:
        """Whether it is known to be accepted, and could not be collected."""
        return self.status in ("in_flight", "lost")

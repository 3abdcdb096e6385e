"""What would be done for each item, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from wanspec.domain.items import Item
from wanspec.domain.json import Json
from wanspec.domain.lock import LockedItem
from wanspec.domain.nodes import Location
from wanspec.domain.requests import Request


class Status(StrEnum):
    CACHED = "cached"
    NEW = "new"
    CHANGED = "changed"
    UPSTREAM = "upstream"
    WAITING = "waiting"
    FROZEN = "frozen"
    IN_FLIGHT = "in_flight"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that differs from the last render."""

    field: str  # in the user's terms: "prompt", "params.settings.thinking", "first_frame"
    before: Json
    after: Json
    variable: str = ""  # the variable that the change came through
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one item."""

    item: Item
    request: Request
    status: Status
    keys: tuple[str | None, ...]  # one per action; None while an upstream is unknown
    missing: tuple[int, ...] = ()  # which of them would be executed, from 0
    reasons: tuple[Reason, ...] = ()
    estimated_usd: Decimal | None = Decimal(0)  # of what would be submitted; None: unknown
    renamed_from: str = ""
    locked: LockedItem | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)  # of take 1; empty while unknown

    @property
    def to_render(self) -> bool:
        return self.status in (Status.NEW, Status.CHANGED, Status.UPSTREAM)


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions in story order."""

    project: str
    decisions: Mapping[str, Decision]
    removed: tuple[str, ...] = ()  # in the lock and no longer in the list; their takes are kept
    # For items that wait for an upstream: what they may turn out to be under another name, once it is known.
    perhaps: Mapping[str, tuple[LockedItem, ...]] = field(default_factory=dict)

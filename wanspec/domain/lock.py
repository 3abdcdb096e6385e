"""What `wanspec.lock` remembers of each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json


@dataclass(frozen=True, slots=True)
class LockedTake:
    """One take that an item has: rendered by an action, or adopted."""

    key: str  # action key; "" for an adopted file
    artifact: Artifact
    seed: int | None = None
    cost_usd: Decimal | None = None
    origin: str = "rendered"  # or "adopted"


@dataclass(frozen=True, slots=True)
class LockedItem:
    """One block of the lock."""

    id: str
    model: str
    keys: tuple[str, ...]  # of the actions asked for when it was last rendered
    facts: Mapping[str, Json]  # of take 1: so that `why` can compare without the store
    takes: tuple[LockedTake, ...]
    seed: int | None = None  # the derived seed that stays with the item
    pick: int | None = None  # None: not chosen
    pick_sha256: str = ""  # the choice is bound to these bytes


@dataclass(frozen=True, slots=True)
class Lock:
    """The whole file, by item id."""

    items: Mapping[str, LockedItem] = field(default_factory=dict)

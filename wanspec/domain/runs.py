"""What was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wanspec.domain.artifacts import Artifact


@dataclass(frozen=True, slots=True)
class Take:
    """One take as `render --json` shows it."""

    take: int
    path: str  # relative to the project
    artifact: Artifact
    seed: int | None
    cached: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an item failed or is uncertain."""

    code: str
    message: str
    provider_code: str | None = None
    request_id: str | None = None
    retryable: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: rendered, cached, failed, skipped, waiting or uncertain."""

    id: str
    status: str
    pick: int | None = None
    takes: tuple[Take, ...] = ()
    cost_usd: Decimal = Decimal(0)
    error: Trouble | None = None
    because: str = ""  # the item that a skipped or waiting one hangs on
    estimated_usd: Decimal | None = Decimal(0)  # of what `cost_usd` is for; None: it has no price


@dataclass(frozen=True, slots=True)
class Run:
    """One `render`."""

    project: str
    id: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

"""One request to be executed, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.domain.requests import Request


@dataclass(frozen=True, slots=True)
class Action:
    """One take of one item (or one filter's result), with everything that its bytes depend on."""

    key: str  # sha256:HEX
    item: str  # "" for a filter's result
    take: int
    model: str
    request: Request
    seed: int | None
    facts: Mapping[str, Json]  # what was hashed
    media: Mapping[str, Artifact] = field(default_factory=dict)  # native path -> what stands there
    files: Mapping[str, Path] = field(default_factory=dict)  # native path -> where its bytes lie, where we have them


@dataclass(frozen=True, slots=True)
class Record:
    """What the index keeps of an action that was done."""

    key: str
    model: str
    artifacts: tuple[Artifact, ...]
    seeds: tuple[int | None, ...] = ()  # one per artifact, what the vendor says it used
    cost_usd: Decimal | None = None  # None: free or unknown
    time: str = ""  # UTC, RFC 3339
    facts: Mapping[str, Json] = field(default_factory=dict)
    task_id: str = ""
    request_id: str = ""

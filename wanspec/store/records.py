"""What is remembered of each action that was done, as text and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.lock import LockedItem

FORMAT = 1

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def to_text(record: Record) -> str:
    return _encode(
        {
            "format": FORMAT,
            "key": record.key,
            "model": record.model,
            "artifacts": [artifact.with_coding_json() for artifact in record.artifacts],
            "seeds": list(record.seeds),
            "cost_usd": None if record.cost_usd is None else str(record.cost_usd),
            "time": record.time,
            "facts": dict(record.facts),
            "task_id": record.task_id,
            "request_id": record.request_id,
        }
    )


def from_text(text: str) -> Record | None:
    """None for what is no record, or of a format that this version does not know."""
    try:
        value = json.loads(text)
        if value["format"] != FORMAT:
            return None
        cost = value["cost_usd"]
        return Record(
            key=value["key"],
            model=value["model"],
            artifacts=tuple(map(Artifact.from_json, value["artifacts"])),
            seeds=tuple(value["seeds"]),
            cost_usd=None if cost is None else Decimal(cost),
            time=value["time"],
            facts=value["facts"],
            task_id=value["task_id"],
            request_id=value["request_id"],
        )
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return None


class Snapshot(Mapping[str, Record]):
    """All records of one space at one moment; each is parsed when it is asked for.

    A row that is damaged counts as not there, and is named in `damaged`.
    """

    def __init__(self, texts: Callable[[], Mapping[str, str]]) -> None:
        """`texts` is called when the first record is asked for: often the lock knows all."""
        self._load = texts
        self._loaded: Mapping[str, str] | None = None
        self._parsed: dict[str, Record | None] = {}
        self.damaged: list[str] = []

    @property
    def _texts(self) -> Mapping[str, str]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def __getitem__(self, key: str) -> Record:
        if key not in self._parsed:
            record = from_text(self._texts[key])
            if record is None or record.key != key:
                self.damaged.append(key)
                record = None
            self._parsed[key] = record
        found = self._parsed[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._texts if key in self)

    def __contains__(self, key: object) -> bool:
        try:
            self[key]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Known:
    """What can be served without rendering: recorded, or in the lock, and all of its bytes are in the store."""

    def __init__(self, records: Mapping[str, Record], blobs: set[str]) -> None:
        self.records = records
        self.blobs = blobs

    def record(self, key: str, locked: LockedItem | None = None) -> Record | None:
        """What the action of that key made.

        The lock goes before the index: it says which bytes this item has, also when an older revision of it was
        checked out or the index was lost.
        """
        if locked is not None:
            takes = [take for take in locked.takes if take.key == key]
            if takes and all(take.artifact.sha256 in self.blobs for take in takes):
                return Record(
                    key=key,
                    model=locked.model,
                    artifacts=tuple(take.artifact for take in takes),
                    seeds=tuple(take.seed for take in takes),
                    cost_usd=takes[0].cost_usd,
                )
        found = self.records.get(key)
        if found is None or not found.artifacts:
            return None
        return found if all(artifact.sha256 in self.blobs for artifact in found.artifacts) else None

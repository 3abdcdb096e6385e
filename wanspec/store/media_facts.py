"""What project files hold, remembered by path, size, time and inode, so that a film is not read again for each plan."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.store.durable import sha256_of
from wanspec.store.index import MEDIA, Index


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was looked at."""

    size: int
    mtime_ns: int
    inode: int
    sha256: str
    artifact: Artifact | None = None  # None while only its bytes were of interest

    def is_still(self, found: os.stat_result) -> bool:
        return (found.st_size, found.st_mtime_ns, found.st_ino) == (self.size, self.mtime_ns, self.inode)


class MediaFacts:
    """The files that a project's media fields name.  Nothing is written before `remember` is called."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._seen: dict[str, Seen] | None = None
        self._new: dict[str, Seen] = {}
        self._guard = threading.Lock()

    def digest(self, path: Path) -> str:
        """64 hex digits of the file's bytes.  Raises OSError."""
        found = path.stat()
        seen = self._find(str(path))
        if seen is None or not seen.is_still(found):
            seen = Seen(found.st_size, found.st_mtime_ns, found.st_ino, sha256_of(path))
            self._put(str(path), seen)
        return seen.sha256

    def artifact(self, path: Path) -> Artifact | None:
        """What the file holds, if it was probed and is unchanged since.  Raises OSError."""
        seen = self._find(str(path))
        return seen.artifact if seen is not None and seen.is_still(path.stat()) else None

    def keep(self, path: Path, before: os.stat_result, artifact: Artifact) -> None:
        """Remembers what a file holds that was probed.  `before`: its stat from before it was read."""
        self._put(str(path), Seen(before.st_size, before.st_mtime_ns, before.st_ino, artifact.sha256, artifact))

    def artifact_of_bytes(self, sha256: str) -> Artifact | None:
        """What bytes hold that stand in the shot list itself, if they were probed."""
        seen = self._find(f"sha256:{sha256}")
        return seen.artifact if seen is not None and seen.sha256 == sha256 else None

    def keep_bytes(self, artifact: Artifact) -> None:
        self._put(f"sha256:{artifact.sha256}", Seen(artifact.bytes, 0, 0, artifact.sha256, artifact))

    @property
    def has_news(self) -> bool:
        """Whether something was looked at that the index does not have."""
        return bool(self._new)

    def remember(self) -> None:
        """Writes what is new to the index."""
        with self._guard:
            new, self._new = self._new, {}
        self._index.put([(MEDIA, path, _to_text(seen)) for path, seen in new.items()])

    def _find(self, name: str) -> Seen | None:
        with self._guard:
            if self._seen is None:
                found = {name: _from_text(text) for name, text in self._index.scan(MEDIA).items()}
                self._seen = {name: seen for name, seen in found.items() if seen is not None}
            return self._seen.get(name)

    def _put(self, name: str, seen: Seen) -> None:
        self._find(name)
        with self._guard:
            assert self._seen is not None
            self._seen[name] = self._new[name] = seen


def _to_text(seen: Seen) -> str:
    value: dict[str, Json] = {
        "size": seen.size,
        "mtime_ns": seen.mtime_ns,
        "inode": seen.inode,
        "sha256": seen.sha256,
        "artifact": seen.artifact.with_coding_json() if seen.artifact else None,
    }
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _from_text(text: str) -> Seen | None:
    """None for a damaged row: the file is read again."""
    try:
        value = json.loads(text)
        artifact = value["artifact"]
        return Seen(
            int(value["size"]),
            int(value["mtime_ns"]),
            int(value["inode"]),
            str(value["sha256"]),
            Artifact.from_json(artifact) if artifact else None,
        )
    except (ValueError, TypeError, KeyError):
        return None

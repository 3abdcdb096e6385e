"""Looking through the media that a shot list names: each once, and again only when it has changed."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.store.media_facts import MediaFacts

CAPTIONS = (".srt", ".vtt")  # text has no mark of its own: here the name counts


def kind_of(artifact: Artifact) -> str:
    """image, video, audio or captions."""
    return "captions" if artifact.kind == "text" else artifact.kind


class Inspection:
    """What files and data hold, found whole.

    A still is decoded, a clip read through and decoded at both ends, sound listened to: that takes about as long as
    opening it elsewhere, so what was found is remembered in `facts`, by the file's size and time.
    """

    def __init__(self, facts: MediaFacts | None = None) -> None:
        self._facts = facts
        self._found: dict[Path | str, Artifact | MediaError] = {}

    def of_file(self, path: Path) -> Artifact:
        """Raises MediaError for what is no medium, or damaged; OSError for what cannot be opened."""
        known = self._found.get(path)
        if known is None:
            known = self._found[path] = self._look_at(path)
        if isinstance(known, MediaError):
            raise known
        return known

    def of_data(self, data: bytes) -> Artifact:
        """The same for bytes that stand in the shot list itself."""
        sha256 = hashlib.sha256(data).hexdigest()
        known = self._found.get(sha256) or (self._facts.artifact_of_bytes(sha256) if self._facts else None)
        if known is None:
            with tempfile.TemporaryDirectory(prefix="wanspec-") as folder:
                path = Path(folder) / "data"
                path.write_bytes(data)
                known = _examined(path)
            if self._facts and isinstance(known, Artifact):
                self._facts.keep_bytes(known)
        self._found[sha256] = known
        if isinstance(known, MediaError):
            raise known
        return known

    def _look_at(self, path: Path) -> Artifact | MediaError:
        known = self._facts.artifact(path) if self._facts else None
        if known is not None:
            return known
        before = path.stat()
        with path.open("rb"):
            pass  # a file that may not be read is another trouble than one that cannot
        if path.suffix.lower() in CAPTIONS:
            return _captions(path)
        found = _examined(path)
        if self._facts and isinstance(found, Artifact):
            self._facts.keep(path, before, found)
        return found


def _examined(path: Path) -> Artifact | MediaError:
    from wanspec.engine.chores import look_through

    try:
        return look_through(path)
    except MediaError as error:
        return error


def _captions(path: Path) -> Artifact | MediaError:
    from wanspec.media.captions import read_captions

    try:
        read_captions(path)
    except MediaError as error:
        return error
    data = path.read_bytes()
    return Artifact(hashlib.sha256(data).hexdigest(), "text/plain", len(data))

"""What is known of a result before it is made, and the questions that operations ask of their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json


@dataclass(frozen=True, slots=True)
class Expected:
    """None wherever there is no telling yet.  Sizes in pixels, duration in seconds."""

    kind: str | None = None  # image, video, audio
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    has_audio: bool | None = None


Known = Artifact | Expected
Sources = Mapping[str, Known]


def known(sources: Sources, name: str) -> Known:
    return sources.get(name) or Expected()


def must_be(sources: Sources, name: str, *kinds: str, why: str) -> Known:
    """Raises MediaError when the medium is known to be of another kind."""
    source = known(sources, name)
    if source.kind is not None and source.kind not in kinds:
        raise MediaError(f"`{name}` is {WORDS.get(source.kind, source.kind)}: {why}")
    return source


WORDS = {"image": "a still", "video": "a clip", "audio": "sound"}


def number(fields: Mapping[str, Json], name: str, default: float) -> float:
    value = fields.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def whole(fields: Mapping[str, Json], name: str) -> int | None:
    value = fields.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text(fields: Mapping[str, Json], name: str, default: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else default


def flag(fields: Mapping[str, Json], name: str, default: bool) -> bool:
    value = fields.get(name)
    return value if isinstance(value, bool) else default

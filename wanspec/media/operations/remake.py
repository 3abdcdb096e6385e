"""A clip written anew with its own sound: what every operation that keeps a clip a clip ends with."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.artifacts import Artifact
from wanspec.media import beneath, sound
from wanspec.media.clips import Clip, kind_of
from wanspec.media.film import Reel, write_film
from wanspec.media.operations.expectation import Known
from wanspec.media.pictures import media_type_of

__all__ = ["even", "form_foreseen", "form_of", "kind_of", "remake", "size_foreseen"]

if TYPE_CHECKING:
    from av import VideoFrame


def form_of(path: Path) -> str:
    """The format that a result of this clip is written in: its own, or mp4 where that is not written here."""
    return {"video/quicktime": "mov", "video/webm": "webm"}.get(media_type_of(path), "mp4")


def even(size: tuple[int, int], form: str) -> tuple[int, int]:
    """The nearest size below that the format can have: H.264 has even sizes only."""
    return size if form == "webm" else (max(2, size[0] - size[0] % 2), max(2, size[1] - size[1] % 2))


def form_foreseen(source: Known) -> str:
    """The same of a clip that is known by its type only; mp4 where that is not known either."""
    media_type = source.media_type if isinstance(source, Artifact) else ""
    return {"video/quicktime": "mov", "video/webm": "webm"}.get(media_type, "mp4")


def size_foreseen(source: Known) -> tuple[int | None, int | None]:
    """The size of a result that keeps its source's."""
    if source.width is None or source.height is None or source.kind != "video":
        return source.width, source.height
    return even((source.width, source.height), form_foreseen(source))


def remake(
    source: Path,
    clip: Clip,
    folder: Path,
    size: tuple[int, int],
    frames: Iterable[VideoFrame],
    count: int,
    *,
    start: Fraction = Fraction(0),
) -> Path:
    """`1.EXT` with these frames at the clip's own rate, and its sound from `start` seconds on, cut to the picture."""
    form = form_of(source)
    path = folder / f"1.{form}"
    track = None
    if clip.has_audio:
        track = sound.frames_of(sound.decode(source, start), sound.samples_of(count, clip.fps))
    write_film(path, Reel(*size, clip.fps, form), frames, track, comment=beneath.comment_of(source))
    return path

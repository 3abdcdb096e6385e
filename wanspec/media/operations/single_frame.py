"""`local/frame`: one frame of a clip as a still."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import clips
from wanspec.media.operations.expectation import Expected, Sources, must_be, whole
from wanspec.media.pictures import save_picture


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """A PNG, so that nothing is lost on the way into the next clip."""
    source = media["source"]
    seconds, counted = fields.get("seconds"), whole(fields, "number")
    if seconds is not None:
        frame = clips.frame_at(source, exact(seconds))
    elif counted is not None:
        frame = clips.frame_number(source, counted)
    elif fields.get("at") == "last":
        frame = clips.last_frame(source)
    else:
        frame = clips.first_frame(source)
    return [save_picture(clips.shown(source, frame), folder / "1.png")]


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "video", why="only a clip has frames")
    seconds = fields.get("seconds")
    if source.duration is not None and isinstance(seconds, int | float) and seconds > source.duration + 1e-6:
        raise MediaError(f"`seconds` {seconds:g} lies past the end: the clip is {source.duration:g} s long")
    counted = whole(fields, "number")
    if (
        counted is not None
        and source.duration is not None
        and source.fps
        and counted > source.duration * source.fps + 1
    ):
        raise MediaError(f"`number` {counted} lies past the end: the clip is {source.duration:g} s long")
    return Expected("image", source.width, source.height)


def exact(value: Json) -> Fraction:
    """Seconds as they were written: 0.1 is a tenth, not the float beside it."""
    return Fraction(str(value))

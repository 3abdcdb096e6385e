"""`local/cut`: a part of a clip or of a sound."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import clips, sound, steady
from wanspec.media.clips import Clip, nearest
from wanspec.media.operations.expectation import Expected, Sources, must_be
from wanspec.media.operations.remake import even, form_of, kind_of, remake, size_foreseen
from wanspec.media.operations.single_frame import exact


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    source = media["source"]
    if kind_of(source) == "audio":
        return [_cut_sound(source, fields, folder)]
    clip = clips.read_clip(source)
    first, count = frames_between(clip, fields, source.name)
    start = first / clip.fps
    size = even((clip.width, clip.height), form_of(source))
    frames = steady.run(source, size, clip.fps, count, start=start, shape="fill")
    return [remake(source, clip, folder, size, frames, count, start=start)]


def frames_between(clip: Clip, fields: Mapping[str, Json], name: str) -> tuple[int, int]:
    """The first frame and the number of frames between `start` and `end`, each on the frame nearest to its time.

    At least one frame; what lies past the end of the clip is left out.  Raises MediaError when all of it does.
    """
    start = exact(fields.get("start") or 0)
    end = fields.get("end")
    check_span(float(start), None if end is None else float(exact(end)), float(clip.seconds), name)
    first = min(nearest(start * clip.fps), clip.frames - 1)
    last = clip.frames if end is None else min(clip.frames, nearest(exact(end) * clip.fps))
    return first, max(1, last - first)


def check_span(start: float, end: float | None, seconds: float | None, name: str) -> None:
    """Raises MediaError for a part that holds nothing."""
    if end is not None and end <= start:
        raise MediaError(f"`{name}` is cut from {start:g} s to {end:g} s: the end is not after the start")
    if seconds is not None and start >= seconds:
        raise MediaError(f"`{name}` is cut from {start:g} s on, but ends at {seconds:g} s")


def _cut_sound(source: Path, fields: Mapping[str, Json], folder: Path) -> Path:
    from wanspec.media.guide_track import write_sound
    from wanspec.media.probe import sound_seconds

    seconds = sound_seconds(source)
    start, end = exact(fields.get("start") or 0), fields.get("end")
    check_span(float(start), None if end is None else float(exact(end)), float(seconds), source.name)
    until = seconds if end is None else min(seconds, exact(end))
    path = folder / "1.wav"
    write_sound(
        path, "wav", sound.frames_of(sound.decode(source, start), max(1, nearest((until - start) * sound.RATE)))
    )
    return path


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "video", "audio", why="only a clip or a sound can be cut")
    start, end = exact(fields.get("start") or 0), fields.get("end")
    check_span(float(start), None if end is None else float(exact(end)), source.duration, "source")
    duration = length_of(start, None if end is None else exact(end), source.duration, source.fps)
    width, height = size_foreseen(source)
    return Expected(source.kind, width, height, duration, source.fps, source.has_audio)


def length_of(start: Fraction, end: Fraction | None, seconds: float | None, fps: float | None) -> float | None:
    """How long the part is, as far as that can be told."""
    if seconds is None:
        return None
    until = float(min(end, exact(seconds))) if end is not None else seconds
    if not fps:
        return until - float(start)
    rate = Fraction(fps).limit_denominator(1001)
    return float(max(1, nearest(exact(until) * rate) - nearest(start * rate)) / rate)

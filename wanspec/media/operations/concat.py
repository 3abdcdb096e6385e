"""`local/concat`: clips and stills put together to a film, with transitions, sound, titles and captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import captions, clips, pictures
from wanspec.media.clips import DEFAULT_FPS, nearest
from wanspec.media.film import FORMATS, Reel, check_reel, copy_picture, write_film
from wanspec.media.limits import MAX_FPS, MAX_SECONDS
from wanspec.media.operations import reels, soundtrack
from wanspec.media.operations.cut import check_span, frames_between, length_of
from wanspec.media.operations.expectation import Expected, Known, Sources, flag, number, text, whole
from wanspec.media.operations.reels import Part
from wanspec.media.operations.remake import even, kind_of
from wanspec.media.operations.single_frame import exact

TRANSITION_S = 0.5  # when a transition is named and its length is not


@dataclass(frozen=True, slots=True)
class Entry:
    """One of `clips`, as it was written."""

    field: str  # where its medium stands: "clips[0]" or "clips[0].source"
    cut: Mapping[str, Json]  # start, end, seconds


def entries(fields: Mapping[str, Json]) -> tuple[Entry, ...]:
    value = fields.get("clips")
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(
        Entry(f"clips[{index}].source", one) if isinstance(one, Mapping) else Entry(f"clips[{index}]", {})
        for index, one in enumerate(listed)
    )


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    listed = entries(fields)
    if not listed:
        raise MediaError("`clips` is empty: a film needs at least one clip")
    form = _form(fields)
    paths = [media[entry.field] for entry in listed]
    kinds = [kind_of(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind == "audio":
            raise MediaError(f"`{path.name}` is sound: it has no picture", hint="give it as `audio`")
    heads = [clips.read_clip(path) if kind == "video" else None for path, kind in zip(paths, kinds, strict=True)]
    fps = _rate(fields, next((head.fps for head in heads if head is not None), DEFAULT_FPS))
    parts = [_part(entry, path, head, fps) for entry, path, head in zip(listed, paths, heads, strict=True)]
    size = _size(fields, _first_size(parts[0]), form)
    transition = text(fields, "transition", "cut")
    overlap = _overlap(fields, fps)
    _check_transitions([part.count for part in parts], transition, overlap, fps)
    plan = reels.Film(
        parts=tuple(parts),
        size=size,
        fps=fps,
        transition=transition,
        transition_frames=overlap,
        fade_in=nearest(exact(fields.get("fade_in") or 0) * fps),
        fade_out=nearest(exact(fields.get("fade_out") or 0) * fps),
        captions=_captions(fields, media),
    )
    path = folder / f"1.{form}"
    with TemporaryDirectory(dir=folder, prefix="sound-") as scratch:
        wishes = soundtrack.Wishes(
            bed=media.get("audio"),
            bed_gain=10 ** (number(fields, "audio_gain", 0) / 20),
            keep_own=flag(fields, "keep_audio", True),
            ducking=flag(fields, "ducking", False),
            fade_in=number(fields, "fade_in", 0),
            fade_out=number(fields, "fade_out", 0),
            loudness=float(loudness) if isinstance(loudness := fields.get("loudness"), int | float) else None,
        )
        track = soundtrack.make(plan, wishes, Path(scratch))
        if fields.get("quality") is None and reels.can_be_copied(plan, form):
            copy_picture(path, [(part.path, plan.begins(index) / fps) for index, part in enumerate(parts)], track)
            return [path]
        write_film(path, Reel(*size, fps, form, whole(fields, "quality")), reels.frames(plan), track)
    return [path]


def _form(fields: Mapping[str, Json]) -> str:
    form = text(fields, "format", "mp4").lower()
    if form not in FORMATS:
        raise MediaError(f"a film cannot be written as `{form}`", hint="use mp4, mov or webm")
    return form


def _rate(fields: Mapping[str, Json], own: Fraction) -> Fraction:
    given = fields.get("fps")
    if not isinstance(given, int | float):
        return own
    if not 0 < given <= MAX_FPS:
        raise MediaError(f"a film cannot have {given:g} frames a second")
    for wide in (24, 30, 48, 60, 120):  # 23.976 and its kin are written in decimals and meant exactly
        if abs(given - wide * 1000 / 1001) < 0.004:
            return Fraction(wide * 1000, 1001)
    return exact(given).limit_denominator(1001)


def _first_size(part: Part) -> tuple[int, int]:
    if part.clip is not None:
        return part.clip.width, part.clip.height
    with pictures.opened(part.path) as image:
        return pictures.size_of(image)


def _size(fields: Mapping[str, Json], own: tuple[int, int], form: str) -> tuple[int, int]:
    """The asked size, which must be possible; else that of the first clip, made possible."""
    width, height = whole(fields, "width"), whole(fields, "height")
    if width is None and height is None:
        return even(own, form)
    if width is None:
        width = even((max(2, round(own[0] * (height or 0) / own[1])),) * 2, form)[0]
    if height is None:
        height = even((max(2, round(own[1] * width / own[0])),) * 2, form)[0]
    check_reel(width, height, form)
    return width, height


def _overlap(fields: Mapping[str, Json], fps: Fraction) -> int:
    seconds = fields.get("transition_seconds")
    return max(0, nearest(exact(TRANSITION_S if seconds is None else seconds) * fps))


def _part(entry: Entry, path: Path, head: clips.Clip | None, fps: Fraction) -> Part:
    if head is None:
        seconds = _still_seconds(entry)
        return Part(path, None, Fraction(0), max(1, nearest(seconds * fps)))
    first, count = frames_between(head, span(entry), entry.field)
    return Part(path, head, first / head.fps, max(1, nearest(count / head.fps * fps)))


def span(entry: Entry) -> Mapping[str, Json]:
    """`start` and `end`; `seconds` of a clip is as good as its end."""
    seconds, start = entry.cut.get("seconds"), entry.cut.get("start") or 0
    if seconds is None or entry.cut.get("end") is not None:
        return entry.cut
    return {"start": start, "end": float(exact(start) + exact(seconds))}


def _still_seconds(entry: Entry) -> Fraction:
    seconds = entry.cut.get("seconds")
    if not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SECONDS:
        raise MediaError(
            f"`{entry.field}` is a still, and nothing says how long it stands",
            hint="write {source: …, seconds: 3}",
        )
    return exact(seconds)


def _check_transitions(counts: Sequence[int], transition: str, overlap: int, fps: Fraction) -> None:
    """Raises MediaError when a clip is too short for the transitions at its ends."""
    if transition == "cut" or len(counts) < 2:
        return
    for index, count in enumerate(counts):
        ends = (index > 0) + (index < len(counts) - 1)
        taken = overlap * ends if transition == "fade" else overlap * ends / 2
        if taken > count - (transition == "fade"):
            raise MediaError(
                f"`clips[{index}]` is {float(count / fps):.3g} s long: too short for a {transition} of "
                f"{float(overlap / fps):.3g} s" + (" at both ends" if ends == 2 else ""),
                hint="use a smaller `transition_seconds`",
            )


def _captions(fields: Mapping[str, Json], media: Mapping[str, Path]) -> tuple[captions.Caption, ...]:
    value = fields.get("captions")
    if "captions" in media:
        return captions.read_captions(media["captions"])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return captions.from_list(value)
    return ()


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    listed = entries(fields)
    if not listed:
        raise MediaError("`clips` is empty: a film needs at least one clip")
    form = _form(fields)
    known: list[Known] = [sources.get(entry.field) or Expected() for entry in listed]
    for entry, one in zip(listed, known, strict=True):
        if one.kind == "audio":
            raise MediaError(f"`{entry.field}` is sound: it has no picture", hint="give it as `audio`")
        if one.kind == "image":
            _still_seconds(entry)
        elif one.kind == "video":
            cut = span(entry)
            end = cut.get("end")
            check_span(
                float(exact(cut.get("start") or 0)),
                None if end is None else float(exact(end)),
                one.duration,
                entry.field,
            )
    if isinstance(value := fields.get("captions"), Sequence) and not isinstance(value, str):
        captions.from_list(value)
    bed = sources.get("audio")
    if bed is not None and (bed.kind == "image" or bed.has_audio is False):
        raise MediaError("`audio` has no sound")
    width, height = _foreseen_size(fields, known[0], form)
    fps = _foreseen_rate(fields, known)
    seconds = _foreseen_seconds(fields, listed, known, fps)
    return Expected("video", width, height, seconds, float(fps) if fps else None, _foreseen_sound(fields, known, bed))


def _foreseen_size(fields: Mapping[str, Json], first: Known, form: str) -> tuple[int | None, int | None]:
    width, height = whole(fields, "width"), whole(fields, "height")
    if first.width and first.height:
        return _size(fields, (first.width, first.height), form)
    if width is not None and height is not None:
        check_reel(width, height, form)
    return width, height


def _foreseen_rate(fields: Mapping[str, Json], known: Sequence[Known]) -> Fraction | None:
    if isinstance(fields.get("fps"), int | float):
        return _rate(fields, DEFAULT_FPS)
    for one in known:
        if one.kind == "video":
            return Fraction(one.fps).limit_denominator(1001) if one.fps else None
        if one.kind is None:
            return None
    return DEFAULT_FPS


def _foreseen_seconds(
    fields: Mapping[str, Json], listed: Sequence[Entry], known: Sequence[Known], fps: Fraction | None
) -> float | None:
    lengths: list[float] = []
    for entry, one in zip(listed, known, strict=True):
        if one.kind == "image":
            lengths.append(float(_still_seconds(entry)))
            continue
        cut = span(entry)
        end = cut.get("end")
        long = length_of(exact(cut.get("start") or 0), None if end is None else exact(end), one.duration, one.fps)
        if one.kind is None or long is None:
            return None
        lengths.append(long)
    if fps is None:
        return None
    counts = [max(1, nearest(exact(long) * fps)) for long in lengths]
    transition, overlap = text(fields, "transition", "cut"), _overlap(fields, fps)
    _check_transitions(counts, transition, overlap, fps)
    total = sum(counts) - (overlap * (len(counts) - 1) if transition == "fade" else 0)
    return round(float(total / fps), 6)


def _foreseen_sound(fields: Mapping[str, Json], known: Sequence[Known], bed: Known | None) -> bool | None:
    if bed is not None or fields.get("audio") is not None:
        return True
    if not flag(fields, "keep_audio", True):
        return False
    told = [False if one.kind == "image" else one.has_audio for one in known]
    return True if any(told) else (None if None in told else False)

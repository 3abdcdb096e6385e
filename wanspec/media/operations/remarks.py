"""What an operation will do with its media that its author may not have meant: told beforehand, and no fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.media.operations.expectation import Expected, Known, Sources, known

# Vendors' clips are a few frames longer or shorter than asked for, and files end on a frame.
_SLACK_S = 0.1


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell, with the lint's code and the field that it is about."""

    code: str
    field: str  # "end", "clips[1].end"
    message: str
    hint: str


def remarks(model: str, fields: Mapping[str, Json], sources: Sources, result: Expected) -> Iterator[Remark]:
    """`sources` and `result`: what is known of the media, by field path, and of what comes out."""
    if model == "local/cut":
        yield from _past_the_end("source", "end", fields, known(sources, "source"))
    elif model == "local/concat":
        from wanspec.media.operations.concat import entries, span  # it brings all of film making along

        for entry in entries(fields):
            end = f"{entry.field.removesuffix('.source')}.{'end' if entry.cut.get('end') is not None else 'seconds'}"
            yield from _past_the_end(entry.field, end, span(entry), known(sources, entry.field))
        yield from _captions_behind(fields.get("captions"), result.duration)
    elif model == "local/mux":
        yield from longer_sound("audio", known(sources, "audio"), known(sources, "source").duration)
    if model != "local/mux":  # its picture is copied as it is
        for field, source in sources.items():
            yield from _bright(field, source)


def longer_sound(field: str, sound: Known, seconds: float | None) -> Iterator[Remark]:
    """Of sound that goes with a clip of so many seconds."""
    if sound.duration is not None and seconds is not None and sound.duration > seconds + _SLACK_S:
        yield Remark(
            "WS406",
            field,
            f"the audio lasts {sound.duration:.1f} s and the clip {seconds:g} s: the rest is cut off",
            f"`| cut(0, {seconds:g})` says which part is meant",
        )


def silent_sound(field: str, sound: Known) -> Iterator[Remark]:
    """Of sound that a clip is made to: under a finished one silence is easily heard, and costs nothing."""
    if isinstance(sound, Artifact) and sound.coding is not None and sound.coding.is_silent:
        yield Remark("WS416", field, f"`{field}` is silent from beginning to end", "listen to the file")


def _past_the_end(field: str, end: str, cut: Mapping[str, Json], source: Known) -> Iterator[Remark]:
    until, start = cut.get("end"), cut.get("start") or 0
    if source.kind not in ("video", "audio") or source.duration is None or not _is_number(until):
        return
    assert isinstance(until, int | float)
    assert isinstance(start, int | float)
    if until > source.duration + _SLACK_S > start + _SLACK_S:
        yield Remark(
            "WS415",
            end,
            f"the cut ends at {until:g} s, and `{field}` at {source.duration:g} s",
            f"what comes is {source.duration - start:.4g} s long; leave the end out to cut to the clip's own",
        )


def _captions_behind(captions: Json, seconds: float | None) -> Iterator[Remark]:
    if seconds is None or not isinstance(captions, Sequence) or isinstance(captions, str):
        return
    for number, one in enumerate(captions):
        start = one.get("start") if isinstance(one, Mapping) else None
        if isinstance(start, int | float) and start >= seconds:
            yield Remark(
                "WS415",
                f"captions[{number}].start",
                f"the caption begins at {start:g} s, and the film ends at {seconds:g} s",
                "nobody will see it",
            )


def _bright(field: str, source: Known) -> Iterator[Remark]:
    if isinstance(source, Artifact) and source.coding is not None and source.coding.is_hdr:
        yield Remark(
            "WS416",
            field,
            f"`{field}` is coded for HDR displays ({source.coding.colour_transfer}): its colours come out pale",
            "bring it to BT.709 in the program that it was made with",
        )


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

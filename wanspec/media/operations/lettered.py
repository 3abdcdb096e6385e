"""`local/caption` and `local/overlay`: words or a picture laid over a still or a clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import beneath, captions, clips, pictures, planes, steady
from wanspec.media.clips import nearest
from wanspec.media.operations.cut import check_span
from wanspec.media.operations.expectation import Expected, Sources, must_be, number, text
from wanspec.media.operations.remake import even, form_of, kind_of, remake, size_foreseen
from wanspec.media.operations.single_frame import exact

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

# Names of places -> shares of the room that is left across and down.
PLACES = {
    "top-left": (0.0, 0.0), "top": (0.5, 0.0), "top-right": (1.0, 0.0),
    "left": (0.0, 0.5), "center": (0.5, 0.5), "right": (1.0, 0.5),
    "bottom-left": (0.0, 1.0), "bottom": (0.5, 1.0), "bottom-right": (1.0, 1.0),
}  # fmt: skip


def make(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    source = media["source"]
    kind = kind_of(source)
    if kind == "audio":
        raise MediaError(f"`{source.name}` is sound: nothing can be laid over it")
    if kind == "image":
        return [beneath.changed(source, folder / "1.png", partial(_still, model, fields, media))]
    clip = clips.read_clip(source)
    size = even((clip.width, clip.height), form_of(source))
    first, last = 0, clip.frames
    if model == "local/caption":
        start, end = exact(fields.get("start") or 0), fields.get("end")
        check_span(float(start), None if end is None else float(exact(end)), float(clip.seconds), source.name)
        first = nearest(start * clip.fps)
        last = clip.frames if end is None else max(first + 1, nearest(exact(end) * clip.fps))
    over, x, y = _over(model, fields, media, size)
    frames = _laid(steady.run(source, size, clip.fps, clip.frames, shape="fill"), planes.layer(over, x, y), first, last)
    return [remake(source, clip, folder, size, frames, clip.frames)]


def _still(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], ground: Image) -> Image:
    ground = ground if ground.mode == "RGBA" else ground.convert("RGB")
    over, x, y = _over(model, fields, media, ground.size)
    if ground.mode == "RGBA":
        ground.alpha_composite(*_inside(over, x, y))
    else:
        ground.paste(over, (x, y), over)
    return ground


def _laid(frames: Iterator[VideoFrame], over: planes.Layer, first: int, last: int) -> Iterator[VideoFrame]:
    for index, frame in enumerate(frames):
        if first <= index < last:
            under = planes.of_frame(frame)
            planes.lay(under, over)
            yield planes.to_frame(under)
        else:
            yield frame


def _inside(over: Image, x: int, y: int) -> tuple[Image, tuple[int, int], tuple[int, int]]:
    """For Pillow's compositing, which takes no negative place."""
    return over, (max(0, x), max(0, y)), (max(0, -x), max(0, -y))


def _over(
    model: str, fields: Mapping[str, Json], media: Mapping[str, Path], size: tuple[int, int]
) -> tuple[Image, int, int]:
    """What is laid over, and where its top left corner goes."""
    if model == "local/caption":
        return captions.draw_words(
            size,
            text(fields, "words", ""),
            at=text(fields, "at", "bottom"),
            share=number(fields, "size", 0.05),
            colour=pictures.colour_of(text(fields, "color", "white")),
            above=beneath.words_share(media["source"]),
        )
    from PIL.Image import Resampling

    path = media["picture"]
    if kind_of(path) != "image":
        raise MediaError(f"`{path.name}` is no still: only a still can be laid over")
    over = pictures.read_picture(path).convert("RGBA")
    share = fields.get("width")
    if isinstance(share, int | float):
        wide = max(1, round(size[0] * share))
        over = over.resize((wide, max(1, round(over.height * wide / over.width))), Resampling.LANCZOS)
    opacity = number(fields, "opacity", 1)
    if opacity < 1:
        over.putalpha(over.getchannel("A").point([round(level * max(0.0, opacity)) for level in range(256)]))
    return (over, *place(fields.get("at"), size, over.size))


def place(at: Json, size: tuple[int, int], over: tuple[int, int]) -> tuple[int, int]:
    """The top left corner for a name or for `[x, y]`."""
    if isinstance(at, Sequence) and not isinstance(at, str):
        corner = [round(one) for one in at if isinstance(one, int | float)]
        if len(at) != 2 or len(corner) != 2:
            raise MediaError("`at` takes a name or [x, y] in pixels", hint="names are " + ", ".join(PLACES))
        return corner[0], corner[1]
    name = at if isinstance(at, str) else "bottom-right"
    if name not in PLACES:
        raise MediaError(f"there is no place `{name}`", hint="names are " + ", ".join(PLACES))
    across, down = PLACES[name]
    return round((size[0] - over[0]) * across), round((size[1] - over[1]) * down)


def foresee(model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "image", "video", why="nothing can be laid over it")
    if model == "local/overlay":
        must_be(sources, "picture", "image", why="only a still can be laid over")
        place(fields.get("at"), (2, 2), (1, 1))
    else:
        pictures.colour_of(text(fields, "color", "white"))
        start, end = fields.get("start"), fields.get("end")
        if source.kind == "image" and (start is not None or end is not None):
            raise MediaError("`start` and `end` are for a clip: `source` is a still")
        check_span(float(exact(start or 0)), None if end is None else float(exact(end)), source.duration, "source")
    width, height = size_foreseen(source)
    return Expected(source.kind, width, height, source.duration, source.fps, source.has_audio)

"""`local/resize`, `local/crop`, `local/flip`: another size, a part, a mirror image; of a still or of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import beneath, clips, pictures, steady
from wanspec.media.film import check_reel
from wanspec.media.operations.expectation import Expected, Sources, must_be, text, whole
from wanspec.media.operations.remake import even, form_foreseen, form_of, kind_of, remake

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]


def make(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    source = media["source"]
    kind = kind_of(source)
    if kind == "image":
        return [beneath.changed(source, folder / "1.png", partial(_still, model, fields))]
    if kind == "audio":
        raise MediaError(f"`{source.name}` is sound: it has no picture")
    clip = clips.read_clip(source)
    form = form_of(source)
    own = even((clip.width, clip.height), form)
    size = _clip_size(model, fields, own, form)
    steps = _steps(model, fields, own, size)
    frames = steady.run(source, own, clip.fps, clip.frames, shape="fill")
    return [remake(source, clip, folder, size, steady.filtered(frames, own, steps), clip.frames)]


def _size(model: str, fields: Mapping[str, Json], own: Size) -> Size:
    """The result's size.  Raises MediaError for a part that lies outside."""
    if model == "local/flip":
        return own
    if model == "local/crop":
        left, top, width, height = _part(fields)
        if left < 0 or top < 0 or width < 1 or height < 1 or left + width > own[0] or top + height > own[1]:
            raise MediaError(
                f"the part {width}x{height} at {left},{top} lies outside of `source`, which is {own[0]}x{own[1]}"
            )
        return width, height
    box = _box(fields, own)
    return pictures.fitted_size(own, box) if text(fields, "fit", "fit") == "fit" else box


def _clip_size(model: str, fields: Mapping[str, Json], own: Size, form: str) -> Size:
    """The same for a clip: a size that was asked for must be possible, one that follows from a shape is made so."""
    size = _size(model, fields, own)
    if model == "local/resize":
        asked = (whole(fields, "width"), whole(fields, "height"))
        follows = even(size, form)
        if None in asked:  # the side that is named stands, the other follows
            size = (size[0] if asked[0] else follows[0], size[1] if asked[1] else follows[1])
        elif size != asked:  # a box to lie within
            size = follows
    check_reel(*size, form)
    return size


def _part(fields: Mapping[str, Json]) -> tuple[int, int, int, int]:
    return whole(fields, "x") or 0, whole(fields, "y") or 0, whole(fields, "width") or 0, whole(fields, "height") or 0


def _box(fields: Mapping[str, Json], own: Size) -> Size:
    """The asked size; where one side is left out it follows from the shape of the source."""
    width, height = whole(fields, "width"), whole(fields, "height")
    if width is None and height is None:
        raise MediaError("`local/resize` needs a `width` or a `height`")
    width = width if width is not None else max(1, round(own[0] * (height or 0) / own[1]))
    height = height if height is not None else max(1, round(own[1] * width / own[0]))
    pictures.check_size(width, height, "the result")
    return width, height


def _still(model: str, fields: Mapping[str, Json], picture: Image) -> Image:
    from PIL import ImageOps
    from PIL.Image import Resampling

    if model == "local/flip":
        return (ImageOps.mirror if fields.get("axis") != "vertical" else ImageOps.flip)(picture)
    size = _size(model, fields, picture.size)
    if model == "local/crop":
        left, top, width, height = _part(fields)
        return picture.crop((left, top, left + width, top + height))
    way = text(fields, "fit", "fit")
    if way == "fill":
        return pictures.fill(picture, size)
    if way == "pad":
        return pictures.pad(picture, size, pictures.colour_of(text(fields, "color", "black")))
    return picture.resize(size, Resampling.LANCZOS) if picture.size != size else picture


def _steps(model: str, fields: Mapping[str, Json], own: Size, size: Size) -> list[str]:
    """The same for a clip, as libavfilter steps on its yuv420p frames."""
    if model == "local/flip":
        return ["vflip" if fields.get("axis") == "vertical" else "hflip"]
    if model == "local/crop":
        left, top, width, height = _part(fields)
        return [f"crop={width}:{height}:{left}:{top}:exact=1"]
    way = text(fields, "fit", "fit")
    if way == "fill":
        factor = max(size[0] / own[0], size[1] / own[1])
        wide, tall = max(size[0], round(own[0] * factor)), max(size[1], round(own[1] * factor))
        return [
            f"scale={wide}:{tall}:flags=lanczos",
            f"crop={size[0]}:{size[1]}:{(wide - size[0]) // 2}:{(tall - size[1]) // 2}:exact=1",
        ]
    if way == "pad":
        inner = pictures.fitted_size(own, size)
        inner = (min(size[0], inner[0] + inner[0] % 2), min(size[1], inner[1] + inner[1] % 2))
        red, green, blue = pictures.colour_of(text(fields, "color", "black"))
        left, top = (size[0] - inner[0]) // 4 * 2, (size[1] - inner[1]) // 4 * 2
        return [
            f"scale={inner[0]}:{inner[1]}:flags=lanczos",
            f"pad={size[0]}:{size[1]}:{left}:{top}:0x{red:02x}{green:02x}{blue:02x}",
        ]
    return [f"scale={size[0]}:{size[1]}:flags=lanczos"]


def foresee(model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "image", "video", why="it has no picture")
    if isinstance(fields.get("color"), str):
        pictures.colour_of(text(fields, "color", "black"))
    width, height = source.width, source.height
    if width and height and source.kind == "video":
        form = form_foreseen(source)
        width, height = _clip_size(model, fields, even((width, height), form), form)
    elif width and height:
        width, height = _size(model, fields, (width, height))
    elif model == "local/crop" or (model == "local/resize" and text(fields, "fit", "fit") != "fit"):
        width, height = whole(fields, "width"), whole(fields, "height")
    return Expected(source.kind, width, height, source.duration, source.fps, source.has_audio)

"""`local/contact-sheet`: many stills and clips on one page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import beneath, clips, lettering, pictures
from wanspec.media.operations.expectation import Expected, Sources, flag, whole
from wanspec.media.operations.remake import kind_of

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH = 1920
GROUND = (22, 24, 28)
INK = (226, 228, 232)


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """A PNG.  Of a clip the frame in its middle is shown; its length stands beside its name."""
    from PIL import Image, ImageDraw

    labels = _labels(fields)
    count = len(labels)
    if not count:
        raise MediaError("a contact sheet needs at least one picture")
    columns, rows = grid(count, whole(fields, "columns"))
    width = whole(fields, "width") or WIDTH
    gap = max(2, width // 160)
    wide = (width - gap * (columns + 1)) // columns
    if wide < 8:
        raise MediaError(f"{columns} columns do not fit into a width of {width}")
    shown = [_picture(media[f"pictures[{index}]"], wide) for index in range(count)]
    # Cells have the shape that most pictures have: a sheet of portrait stills is not mostly empty.
    shapes = sorted(picture.height / picture.width for picture, _ in shown)
    tall = max(8, round(wide * shapes[len(shapes) // 2]))
    letters = max(9, min(round(wide * 0.045), 24))
    line = lettering.line_height(letters) + gap // 2 if flag(fields, "labels", True) else 0
    height = rows * (tall + line + gap) + gap
    pictures.check_size(width, height, "the contact sheet")
    page = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(page)
    for index, (picture, seconds) in enumerate(shown):
        row, column = divmod(index, columns)
        left, top = gap + column * (wide + gap), gap + row * (tall + line + gap)
        fitted = pictures.fit(picture, (wide, tall))
        page.paste(fitted, (left + (wide - fitted.width) // 2, top + (tall - fitted.height) // 2))
        if line:
            words = label_of(labels[index]) + (f"  ·  {seconds:.4g} s" if seconds is not None else "")
            for text in lettering.wrap(lettering.plain(words), letters, wide, 1):
                lettering.write(draw, left, top + tall + gap // 2, text, letters, INK)
    return [pictures.save_picture(page, folder / "1.png")]


def _labels(fields: Mapping[str, Json]) -> Sequence[Json]:
    value = fields.get("pictures")
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def label_of(value: Json) -> str:
    """An item's id out of a reference's label, else the file's name."""
    text = str(value)
    if text.startswith("ref:"):
        item, _, take = text.removeprefix("ref:").partition("#")
        return f"{item}  take {take}" if take else item
    return text.rsplit("/", 1)[-1][:80]


def grid(count: int, columns: int | None) -> tuple[int, int]:
    """Columns and rows, as near to a square as can be."""
    columns = min(count, columns) if columns else math.ceil(math.sqrt(count))
    return columns, math.ceil(count / columns)


def _picture(path: Path, wide: int) -> tuple[Image, float | None]:
    """What is shown of a medium, and how long it is."""
    kind = kind_of(path)
    if kind == "image":
        # The sheet has labels of its own, and a preview's are too small to be read here.
        return pictures.on_colour(beneath.bare_picture(path, about=(wide, wide)), GROUND), None
    if kind == "audio":
        raise MediaError(f"`{path.name}` is sound: it has no picture")
    clip = clips.read_clip(path)
    return clips.shown(path, clips.frame_at(path, clip.seconds / 2)), float(clip.seconds)


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    count = len(_labels(fields))
    for index in range(count):
        source = sources.get(f"pictures[{index}]")
        if source is not None and source.kind == "audio":
            raise MediaError(f"`pictures[{index}]` is sound: it has no picture")
    return Expected("image", whole(fields, "width") or WIDTH)

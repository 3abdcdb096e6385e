"""What is laid over a preview so that nobody takes it for the result: lower third, cards of references, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.media import clips, lettering
from wanspec.media.beneath import bare_picture
from wanspec.media.colours import Colours, Rgb, luminance, mix
from wanspec.media.pictures import fit, media_type_of, on_colour
from wanspec.media.shapes import block, frame, plate
from wanspec.media.sheet import Box, Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

INK = (246, 246, 242)
FAINT = (178, 182, 190)
PANEL = (13, 15, 20)


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture with transparency and the place of its top left corner."""

    picture: Image  # RGBA
    x: int
    y: int


def unit_of(width: int, height: int) -> float:
    """The measure that all lettering is a multiple of: the text of a 4K still is not tiny, that of a thumbnail fits."""
    return max(6.0, min(height * 0.030, width * 0.026))


def lower_third(sheet: Sheet, colours: Colours, seed: int, *, panel: int = 0, over: float = 0.0) -> Overlay:
    """Item, take, model, seed and the wrapped prompt on a dark bar with the palette as its upper edge.

    `panel` is the number within an image set, from 1; 0 for none.  `over` is the share of the height that has words
    already, which are covered.
    """
    from PIL import Image, ImageDraw

    width, height = sheet.width, sheet.height
    unit = unit_of(width, height)
    small, body, large = max(7, round(unit * 0.82)), max(8, round(unit * 1.1)), max(10, round(unit * 1.6))
    margin = round(unit * 1.5)
    inner = max(16, width - 2 * margin)
    badges = [f"take {sheet.take}" + (f" of {sheet.of_takes}" if sheet.of_takes > 1 else "")]
    if panel:
        badges.append(f"panel {panel} of {sheet.image_set}")
    stripe = max(2, round(unit * 0.28))
    head = lettering.line_height(large)
    name, told = lettering.plain(sheet.item), lettering.plain(_facts(sheet, seed))
    # Beside the name where there is room, below it where there is not.
    aside = round(margin + lettering.width_of(name, large) + unit * 1.1)
    beside = aside + lettering.width_of(told, small) + _width_of_badges(badges, body) <= width - margin
    facts = [] if beside else lettering.wrap(told, small, inner, 2)
    words = lettering.plain(sheet.prompt)
    most = 3 if width >= height * 1.2 else 4 if width >= height * 0.8 else 6
    prompt = lettering.wrap(words, body, inner, most)

    def tall_with(facts: list[str], prompt: list[str]) -> int:
        lines = len(facts) * lettering.line_height(small) + len(prompt) * lettering.line_height(body)
        return round(stripe + unit * 0.6 + head + lines + (unit * 0.3 if prompt else 0) + unit * 0.8)

    # The picture comes first: where there is little room, the last lines go.
    room = height * (0.34 if min(width, height) >= 480 else 0.46)
    while (prompt or facts) and tall_with(facts, prompt) > room:
        if prompt:
            prompt = lettering.wrap(words, body, inner, len(prompt) - 1) if len(prompt) > 1 else []
        else:
            facts.pop()
    tall = max(tall_with(facts, prompt), ceil(over * height))
    tall = min(tall, height) if height >= 2.2 * head else stripe
    tall = max(1, min(tall, height))
    picture = Image.new("RGBA", (width, tall), (*PANEL, 255 if over else 226))
    draw = ImageDraw.Draw(picture)
    x = 0.0
    for colour, share in colours.swatches:
        block(draw, (round(x), 0, round(x + share * width) - 1, stripe - 1), (*colour, 255))
        x += share * width
    if tall <= stripe:
        return Overlay(picture, 0, height - tall)
    y = stripe + unit * 0.6
    right = width - margin - _badges(picture, badges, width - margin, y, body, head, colours)
    shown = lettering.wrap(name, large, max(16, right - margin), 1)
    lettering.write(draw, margin, y, shown[0] if shown else "", large, (*INK, 255), heavy=True)
    if beside:
        lettering.write(draw, aside, y + lettering.BASELINE * (large - small), told, small, (*FAINT, 255))
    y += head
    for line in facts:
        lettering.write(draw, margin, y, line, small, (*FAINT, 255))
        y += lettering.line_height(small)
    y += unit * 0.3
    from_right = lettering.runs_left(words)
    for line in prompt:
        x = width - margin - lettering.width_of(line, body) if from_right else margin
        lettering.write(draw, x, y, line, body, (*INK, 255))
        y += lettering.line_height(body)
    return Overlay(picture, 0, height - tall)


def _width_of_badges(words: Sequence[str], size: int) -> int:
    return sum(round(lettering.width_of(text, size) + size * 1.1) + round(size * 0.5) for text in words)


def _badges(picture: Image, words: Sequence[str], right: int, y: float, size: int, head: int, colours: Colours) -> int:
    """Rounded labels, right-aligned; returns how much width they take."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    taken = 0
    ground = colours.accent if luminance(colours.accent) > 60 else mix(colours.accent, (255, 255, 255), 0.35)
    ink = (16, 18, 22) if luminance(ground) > 120 else INK
    for text in reversed(words):
        wide = round(lettering.width_of(text, size) + size * 1.1)
        tall = round(size * 1.5)
        top = round(y + (head - tall) / 2)
        left = right - taken - wide
        plate(picture, (left, top, right - taken, top + tall), tall * 0.28, (*ground, 255))
        lettering.write(draw, left + size * 0.55, top + size * 0.14, text, size, (*ink, 255))
        taken += wide + round(size * 0.5)
    return taken


def _facts(sheet: Sheet, seed: int) -> str:
    parts = [
        "PREVIEW",
        sheet.model,
        f"seed {seed}" if sheet.seed is not None else "seed: the vendor's",
        f"{sheet.width}×{sheet.height}",
    ]
    if sheet.kind == "video":
        parts.append(f"{sheet.duration:g} s")
    if sheet.title:
        parts.insert(1, sheet.title)
    return "  ·  ".join(parts)


def reference_cards(sheet: Sheet, area: Box, *, small: bool = False) -> list[Overlay]:
    """Each reference as a framed print with its number, side by side in the area; edit regions drawn on theirs."""
    shown = sheet.references[:9]
    if not shown:
        return []
    x1, y1, x2, y2 = area
    wide, tall = max(24, x2 - x1), max(24, y2 - y1)
    columns, rows = _grid(len(shown), wide, tall)
    gap = max(4, round(unit_of(sheet.width, sheet.height) * (0.45 if small else 0.7)))
    cell = (max(12, (wide - gap * (columns - 1)) // columns), max(12, (tall - gap * (rows - 1)) // rows))
    found = []
    for index, path in enumerate(shown):
        regions = sheet.edit_regions[index] if index < len(sheet.edit_regions) else ()
        card = _card(path, regions, index + 1, cell, unit_of(sheet.width, sheet.height))
        row, column = divmod(index, columns)
        in_row = min(columns, len(shown) - row * columns)
        left = x1 + (wide - (in_row * cell[0] + (in_row - 1) * gap)) // 2 + column * (cell[0] + gap)
        top = y1 + row * (cell[1] + gap)
        found.append(Overlay(card, left + (cell[0] - card.width) // 2, top + (cell[1] - card.height) // 2))
    return found


def _grid(count: int, wide: int, tall: int) -> tuple[int, int]:
    """Columns and rows that leave each of `count` cells the most room for a picture about 4:3."""
    best = max(range(1, count + 1), key=lambda columns: min(wide / columns / 1.33, tall / ceil(count / columns)))
    return best, ceil(count / best)


def _card(path: Path, regions: Sequence[Box], number: int, cell: tuple[int, int], unit: float) -> Image:
    from PIL import Image, ImageDraw

    border = max(2, round(unit * 0.28))
    picture, size = reference_picture(path, (cell[0] - 2 * border, cell[1] - 2 * border))
    draw = ImageDraw.Draw(picture)
    across, down = picture.width / size[0], picture.height / size[1]
    line = max(2, round(unit * 0.16))
    for left, top, right, bottom in regions:
        box = (
            left * across,
            top * down,
            max(left * across + 1, right * across - 1),
            max(top * down + 1, bottom * down - 1),
        )
        # Two lines, dark outside and bright inside, are seen on any picture.
        frame(draw, box, (12, 12, 12), line * 2)
        frame(draw, box, (255, 214, 10), line)
    card = Image.new("RGBA", (picture.width + 2 * border, picture.height + 2 * border), (244, 243, 238, 255))
    card.paste(picture, (border, border))
    text, letters = str(number), max(8, round(unit * 0.9))
    tab = round(letters * 1.5)
    draw = ImageDraw.Draw(card)
    block(draw, (0, 0, tab, tab), (*PANEL, 255))
    lettering.write(draw, (tab - lettering.width_of(text, letters)) / 2, letters * 0.14, text, letters, (*INK, 255))
    return card


def reference_picture(path: Path, box: tuple[int, int]) -> tuple[Image, tuple[int, int]]:
    """A reference inside a box, and its full size.  Of a clip its first frame; of a sound a plain sign."""
    kind = media_type_of(path).split("/", 1)[0]
    box = (max(8, box[0]), max(8, box[1]))
    if kind == "image":
        from wanspec.media.pictures import opened, size_of

        with opened(path) as image:
            size = size_of(image)
        picture = on_colour(bare_picture(path, about=box), (205, 205, 205))
    elif kind == "video":
        picture = clips.shown(path, clips.first_frame(path))
        size = picture.size
    else:
        raise MediaError(f"`{path.name}` is sound, and stands where a picture is meant")
    return fit(picture, box).copy(), size


def shadow(overlay: Overlay, spread: int) -> Overlay:
    """A soft shadow to lie under it."""
    from PIL import Image, ImageFilter

    small = 4  # blurred at a quarter of the size: nobody sees the difference
    width, height = overlay.picture.width + 2 * spread, overlay.picture.height + 2 * spread
    mask = Image.new("L", (max(1, width // small), max(1, height // small)), 0)
    inset = spread // small
    mask.paste(150, (inset, inset, mask.width - inset, mask.height - inset))
    mask = mask.filter(ImageFilter.GaussianBlur(max(1, spread / small / 2.2))).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 255))
    picture.putalpha(mask)
    return Overlay(picture, overlay.x - spread, overlay.y - spread + spread // 3)


def lay(picture: Image, overlay: Overlay) -> None:
    """Composited in place."""
    picture.paste(overlay.picture, (overlay.x, overlay.y), overlay.picture)


@lru_cache(maxsize=64)
def number_strip(size: int) -> tuple[dict[str, Image], int]:
    """The characters of a timecode as grey masks of one height, and that height."""
    from PIL import Image, ImageDraw

    wide = ceil(max(lettering.width_of(c, size) for c in "0123456789"))
    tall = lettering.line_height(size)
    found = {}
    for character in "0123456789:.":
        own = wide if character.isdigit() else ceil(lettering.width_of(character, size))
        mask = Image.new("L", (own, tall), 0)
        offset = (own - lettering.width_of(character, size)) / 2
        lettering.write(ImageDraw.Draw(mask), offset, 0, character, size, (255,))
        found[character] = mask
    return found, tall


def solid(size: tuple[int, int], colour: Rgb, alpha: int) -> Image:
    from PIL import Image

    return Image.new("RGBA", size, (*colour, alpha))

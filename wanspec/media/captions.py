"""Captions: read from SRT, VTT or a list, and drawn."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import lettering
from wanspec.media.limits import MAX_CAPTION_BYTES, MAX_CAPTIONS

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Caption:
    """Words and when they stand, in seconds of the film; lines are kept."""

    text: str
    start: Fraction
    end: Fraction


_TIMES = re.compile(r"\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})")
_TAG = re.compile(r"<[^<>]{0,80}>|\{\\[^{}]{0,80}\}")


def read_captions(path: Path) -> tuple[Caption, ...]:
    """Of an SRT or VTT file, in the order of their times.  Raises MediaError with the line that cannot be read."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_CAPTION_BYTES else None
    except OSError as error:
        raise MediaError(f"`{path.name}` cannot be read: {error.strerror or error}") from error
    if data is None:
        raise MediaError(f"`{path.name}` is too large for captions: at most {MAX_CAPTION_BYTES >> 20} MiB are read")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaError(f"`{path.name}` is not UTF-8", hint="save the captions as UTF-8") from error
    return _parse(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), path.name)


def _parse(lines: Sequence[str], name: str) -> tuple[Caption, ...]:
    found: list[Caption] = []
    index = 0
    while index < len(lines):
        if "-->" not in lines[index]:
            index += 1
            continue
        match = _TIMES.match(lines[index])
        if match is None:
            raise MediaError(
                f"`{name}` line {index + 1}: `{lines[index].strip()[:60]}` is no pair of times",
                hint="write 00:00:01,000 --> 00:00:03,500",
            )
        start, end = _seconds(match[1]), _seconds(match[2])
        if end <= start:
            raise MediaError(f"`{name}` line {index + 1}: the caption ends before it begins")
        index += 1
        words = []
        while index < len(lines) and lines[index].strip() and "-->" not in lines[index]:
            words.append(html.unescape(_TAG.sub("", lines[index])).strip())
            index += 1
        if index < len(lines) and "-->" in lines[index] and words and words[-1].isdigit():
            words.pop()  # the next caption's number, where the blank line between them is missing
        if any(words):
            found.append(Caption("\n".join(word for word in words if word), start, end))
        if len(found) > MAX_CAPTIONS:
            raise MediaError(f"`{name}` has more than {MAX_CAPTIONS} captions")
    if not found:
        raise MediaError(f"`{name}` holds no captions", hint="SRT and VTT files are read")
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _seconds(text: str) -> Fraction:
    *rest, last = text.replace(",", ".").split(":")
    whole = 0
    for part in rest:
        whole = whole * 60 + int(part)
    return whole * 60 + Fraction(last)


def from_list(entries: Sequence[Json]) -> tuple[Caption, ...]:
    """Of `{text, start, end}` entries.  Raises MediaError."""
    found = []
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise MediaError(f"`captions[{number}]` is no mapping of text, start and end")
        start, end = Fraction(str(entry.get("start", 0))), Fraction(str(entry.get("end", 0)))
        if end <= start:
            raise MediaError(f"`captions[{number}]` ends before it begins")
        if str(entry.get("text", "")).strip():
            found.append(Caption(str(entry["text"]), start, end))
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def draw_words(
    size: tuple[int, int],
    words: str,
    *,
    at: str = "bottom",
    share: float = 0.05,
    colour: tuple[int, int, int] = (255, 255, 255),
    plate: int = 0,
    above: float = 0.0,
) -> tuple[Image, int, int]:
    """The words set for a frame of that size: an RGBA picture just as large as needed, and where it goes.

    Wrapped at 90 % of the width; an outline in the opposite brightness keeps them legible on any ground.
    `plate` is how opaque a dark ground behind them is, of 255; at the bottom they leave the share `above` free.
    """
    from PIL import Image, ImageDraw

    from wanspec.media.colours import luminance

    width, height = size
    letters = max(6, round(height * share))
    allowed = max(letters, width * 0.9)
    most = max(1, int(height * 0.9) // lettering.line_height(letters))
    lines: list[str] = []
    for given in words.split("\n"):
        lines += lettering.wrap(lettering.plain(given), letters, allowed, most) or [""]
    lines = lines[:most]
    edge = max(1, round(letters / 14))
    wide = min(width, round(max((lettering.width_of(line, letters) for line in lines), default=1)) + 4 * edge)
    tall = lettering.line_height(letters) * len(lines) + 4 * edge
    if plate:  # a little room at both sides
        wide += 2 * min(letters // 2, (width - wide) // 2)
    picture = Image.new("RGBA", (max(1, wide), max(1, tall)), (0, 0, 0, plate))
    draw = ImageDraw.Draw(picture)
    dark = luminance(colour) > 110
    for number, line in enumerate(lines):
        x = (wide - lettering.width_of(line, letters)) / 2
        y = 2 * edge + number * lettering.line_height(letters)
        lettering.write(
            draw,
            x,
            y,
            line,
            letters,
            (*colour, 255),
            edge=edge,
            edge_fill=(0, 0, 0, 220) if dark else (255, 255, 255, 220),
        )
    left = (width - wide) // 2
    margin = round(height * 0.05)
    free = round(height * (above + 0.02)) if above else margin
    top = {"top": margin, "center": (height - tall) // 2}.get(at, height - free - tall)
    return picture, left, max(0, top)

"""Lettering in every script that prompts are written in, from two faces that come with the package."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from struct import unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

Ink = tuple[int, ...]  # red, green, blue, and where there is transparency alpha

MAIN = "wqy-microhei.ttf"  # Latin, Cyrillic, Greek, Chinese, Japanese, Korean
OTHER = "dejavu-sans.ttf"  # Arabic, Hebrew, Armenian, Georgian, symbols
BASELINE = 0.94  # of the size, below the top of a line
MARK = "◆"  # stands for what neither face can draw
# CJK punctuation that does not begin a line, and brackets that do not end one.
_NOT_FIRST = set("、。，．！？；：」』）】〉》〕］｝…‥・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%,.!?;:)]}’”")
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))  # two of them are one flag
_NOT_LAST = set("「『（【〈《〔［｛([{‘“")


@lru_cache(maxsize=64)
def face(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    # Shaping is needed for Arabic only; the plain engine is three times as fast, and every Pillow has it.
    engine = ImageFont.Layout.RAQM if name == OTHER else ImageFont.Layout.BASIC
    return ImageFont.truetype(str(_folder() / name), size, layout_engine=engine)


def _folder() -> Path:
    return Path(str(files("wanspec.media") / "fonts"))


@lru_cache(maxsize=2)
def _coverage(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of the ranges that a face has (its `cmap` table, format 12)."""
    data = (_folder() / name).read_bytes()
    tables = {}
    for index in range(unpack_from(">H", data, 4)[0]):
        tag, _, offset, _ = unpack_from(">4sIII", data, 12 + 16 * index)
        tables[tag] = offset
    cmap = tables[b"cmap"]
    for index in range(unpack_from(">H", data, cmap + 2)[0]):
        offset = cmap + unpack_from(">HHI", data, cmap + 4 + 8 * index)[2]
        if unpack_from(">H", data, offset)[0] == 12:
            groups = [
                unpack_from(">III", data, offset + 16 + 12 * n) for n in range(unpack_from(">I", data, offset + 12)[0])
            ]
            return tuple(first for first, _, _ in groups), tuple(last for _, last, _ in groups)
    raise ValueError(f"{name} has no table of its characters")


@lru_cache(maxsize=8192)
def _has(name: str, character: str) -> bool:
    firsts, lasts = _coverage(name)
    at = bisect_right(firsts, ord(character)) - 1
    return at >= 0 and ord(character) <= lasts[at]


def _right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def runs_left(text: str) -> bool:
    """Whether a text is set from the right edge on: its first letter belongs to a script that is read so."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def plain(text: str) -> str:
    """What can be drawn of a text: one line, control characters gone, an emoji of any length one neutral mark."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    out: list[str] = []
    joined = half_flag = False
    for character in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(character)
        if character.isspace() or kind in ("Zs", "Zl", "Zp"):
            out.append(" ")
        elif character == "\u200d" or (half_flag and character in _FLAG_LETTERS):
            joined, half_flag = character == "\u200d", False
            continue
        elif (
            kind in ("Cc", "Cf", "Cs", "Co", "Cn")
            or 0xFE00 <= ord(character) <= 0xFE0F
            or 0x1F3FB <= ord(character) <= 0x1F3FF
        ):
            continue
        elif _has(MAIN, character) or _has(OTHER, character):
            out.append(character)
        elif kind in ("Mn", "Me"):
            continue
        elif not (joined and out and out[-1] == MARK) and not (kind != "So" and out and out[-1] == MARK):
            # A run of letters that nobody can draw is one mark, two emoji are two.
            out.append(MARK)
        joined, half_flag = False, character in _FLAG_LETTERS
    return " ".join("".join(out).split())


def runs(text: str) -> list[tuple[str, str]]:
    """Pieces of one face each: (face, piece)."""
    if text.isascii():
        return [(MAIN, text)] if text else []
    # The main face draws these as wide as Chinese letters, which tears a line of Latin apart.
    narrow = not any(unicodedata.east_asian_width(c) in "WF" for c in text)
    # A line with Arabic or Hebrew is set in one face as far as that has it, so that its words keep their order.
    first, second = (OTHER, MAIN) if _right_to_left(text) else (MAIN, OTHER)
    found: list[tuple[str, str]] = []
    for character in text:
        name = first if _has(first, character) or not _has(second, character) else second
        if narrow and character in "‘’“”…":
            name = OTHER
        if found and (found[-1][0] == name or unicodedata.combining(character)):
            found[-1] = (found[-1][0], found[-1][1] + character)
        else:
            found.append((name, character))
    return found


@lru_cache(maxsize=16384)
def width_of(text: str, size: int) -> float:
    """The width in pixels of one line of `plain` text."""
    return sum(face(name, size).getlength(piece) for name, piece in runs(text))


def line_height(size: int) -> int:
    return round(size * 1.32)


def write(
    draw: ImageDraw,
    x: float,
    y: float,
    text: str,
    size: int,
    fill: Ink,
    *,
    heavy: bool = False,
    edge: int = 0,
    edge_fill: Ink | None = None,
) -> float:
    """One line of `plain` text, its top left corner at x, y; returns where it ends.

    `heavy` draws it bolder, `edge` puts an outline of that many pixels around it.
    """
    baseline = y + size * BASELINE
    stroke = edge or (size / 36 if heavy else 0)
    for name, piece in runs(text):
        font = face(name, size)
        draw.text(
            (x, baseline),
            piece,
            fill=fill,
            font=font,
            anchor="ls",
            stroke_width=stroke,
            stroke_fill=edge_fill if edge else None,
        )
        x += font.getlength(piece)
    return x


def wrap(text: str, size: int, width: float, lines: int) -> list[str]:
    """`plain` text broken into at most that many lines; what does not fit is replaced by an ellipsis.

    Breaks at spaces, and between CJK characters where their punctuation allows it.
    """
    # No line holds more letters than this, and a prompt may have five thousand.
    text = text[: int(lines * (width / max(1.0, size * 0.2)) + 64)]
    words = _words(text)
    found: list[str] = []
    line = ""
    index = 0
    while index < len(words):
        word = words[index]
        if width_of((line + word).rstrip(), size) <= width:
            line += word
        elif line.strip():
            found.append(line.rstrip())
            line = ""
            if len(found) == lines:
                break
            continue
        else:
            # A word longer than the line: as much of it as fits.
            cut = next((n for n in range(len(word) - 1, 0, -1) if width_of(word[:n], size) <= width), 1)
            if cut >= len(word):
                line = word
            else:
                words[index : index + 1] = [word[:cut], word[cut:]]
                continue
        index += 1
    else:
        if line.strip():
            found.append(line.rstrip())
        return found
    last = found[-1]
    while last and width_of(last + "…", size) > width:
        last = last[:-1]
    found[-1] = last.rstrip() + "…"
    return found


def _words(text: str) -> list[str]:
    """Pieces between which a line may break, spaces at their ends."""
    found: list[str] = []
    for word in text.split(" "):
        if found:
            found[-1] += " "
        if word.isascii():
            found.append(word)
            continue
        piece = ""
        for character in word:
            if piece and _breaks(piece[-1], character):
                found.append(piece)
                piece = ""
            piece += character
        found.append(piece)
    return [piece for piece in found if piece]


def _breaks(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return unicodedata.east_asian_width(before) in "WF" or unicodedata.east_asian_width(after) in "WF"

"""What the words on a preview hide, kept in its file: what is drawn from the picture takes it without them.

A clip that begins on a keyframe has words of its own; the keyframe's must neither stand below them nor travel with the
camera.  So a still carries the lines beneath its lower third in the place where EXIF lets a maker keep notes.  What
reads the file as a picture sees nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING

from wanspec.media import clips
from wanspec.media.pictures import COMPLAINTS, media_type_of, opened, read_picture, save_picture, size_of

if TYPE_CHECKING:
    from PIL.Image import Image

_MARK = b"wanspec beneath 1\0"
_CLIP_MARK = "wanspec preview, words "
# The picture's width and height; the first kept line, the first hidden one and the one after the last.
_PLACE = Struct(">IIIII")
_EXIF, _MAKER_NOTE = 0x8769, 0x927C
_MOST = 60_000  # bytes: a JPEG's EXIF block has less than 64 KiB
_WIDEST = 1280  # pixels: what a wider still hides is kept smaller, and is a little soft where it comes to light
_ROUNDING = 8  # lines: a JPEG may be read at an eighth of its size, and edges must not fall between lines


def note(bare: Image, top: int, bottom: int, *, quality: int = 85) -> bytes:
    """An EXIF block with the lines from `top` to `bottom` of a picture; empty where they do not fit."""
    from PIL import Image

    if bottom <= top:
        return b""
    first, bottom = max(0, top - top % _ROUNDING - _ROUNDING), min(bare.height, bottom + _ROUNDING)
    lines = bare.crop((0, first, bare.width, bottom))
    if lines.width > _WIDEST:
        lines = lines.resize((_WIDEST, max(1, lines.height * _WIDEST // lines.width)), Image.Resampling.BILINEAR)
    for level in (min(quality, 85), 50, 20):
        held = BytesIO()
        lines.convert("RGB").save(held, "JPEG", quality=level)
        if held.tell() <= _MOST:
            exif = Image.Exif()
            exif[_EXIF] = {_MAKER_NOTE: _MARK + _PLACE.pack(*bare.size, first, top, bottom) + held.getvalue()}
            return exif.tobytes()
    return b""


def bare_picture(path: Path, *, about: tuple[int, int] | None = None) -> Image:
    """As `read_picture`, without the words that a preview put on it."""
    picture = read_picture(path, about=about)
    hidden = _hidden(path)
    if hidden is None:
        return picture
    first, end = round(hidden.first * picture.height), round(hidden.bottom * picture.height)
    if first < end:
        picture.paste(hidden.lines.resize((picture.width, end - first)), (0, first))
    return picture


def words_on(path: Path, picture: Image) -> tuple[Image, int] | None:
    """The lines of a picture, read from that file, on which a preview's words stand, and the first one's number."""
    hidden = _hidden(path)
    if hidden is None:
        return None
    top, end = round(hidden.top * picture.height), round(hidden.bottom * picture.height)
    return (picture.crop((0, top, picture.width, end)), top) if top < end else None


def clip_note(top: int, height: int) -> str:
    """A comment for a clip's container that tells where its words begin."""
    return f"{_CLIP_MARK}{height - top}/{height}"


def comment_of(path: Path) -> str:
    """The same for a clip that is made of this still or clip and keeps its shape; empty where it has no words."""
    share = words_share(path)
    return clip_note(round(10_000 * (1 - share)), 10_000) if share else ""


def words_share(path: Path) -> float:
    """How much of the height, from the bottom up, a preview's words take, at most half; 0 where there are none."""
    if media_type_of(path).startswith("image/"):
        hidden = _hidden(path)
        return min(0.5, 1 - hidden.top) if hidden is not None and hidden.bottom == 1 else 0.0
    with clips.opened(path) as container:
        told = {name.lower(): text for name, text in container.metadata.items()}.get("comment", "")
    match = re.fullmatch(re.escape(_CLIP_MARK) + r"(\d{1,5})/(\d{1,5})", told)
    tall, height = (int(match[1]), int(match[2])) if match else (0, 1)
    return min(0.5, tall / height) if 0 < tall < height else 0.0


def changed(source: Path, path: Path, change: Callable[[Image], Image]) -> Path:
    """A still made of another one; what the words on it hide goes through the same change."""
    from PIL import ImageChops

    shown = change(read_picture(source))
    if _hidden(source) is None:
        return save_picture(shown, path)
    bare = change(bare_picture(source))
    differs = ImageChops.difference(shown.convert("RGB"), bare.convert("RGB")).getbbox()
    return save_picture(shown, path, exif=note(bare, differs[1], differs[3]) if differs else b"")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Lines of a picture, a few above the words among them; places in shares of its height."""

    lines: Image
    first: float
    top: float
    bottom: float


def _hidden(path: Path) -> _Hidden | None:
    """What the file's note tells.

    The note is read as any other file from outside: one that does not fit its picture counts as none.
    """
    from PIL import Image

    with opened(path) as image:
        try:
            told = image.getexif().get_ifd(_EXIF).get(_MAKER_NOTE)
            if not isinstance(told, bytes) or not told.startswith(_MARK):
                return None
            width, height, first, top, bottom = _PLACE.unpack_from(told, len(_MARK))
            if (width, height) != size_of(image) or not 0 <= first <= top < bottom <= height:
                return None
            with Image.open(BytesIO(told[len(_MARK) + _PLACE.size :]), formats=["JPEG"]) as lines:
                if lines.width > _WIDEST or lines.height > height:
                    return None
                lines.load()
                return _Hidden(lines.convert("RGB"), first / height, top / height, bottom / height)
        except (*COMPLAINTS, Image.DecompressionBombError):
            return None

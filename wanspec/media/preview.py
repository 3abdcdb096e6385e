"""The preview renderer: stands in for any model, free and offline, and draws what its request asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.seeds import seed_of
from wanspec.media import beneath, overlays
from wanspec.media.colours import Colours, colours
from wanspec.media.pictures import FORMATS, check_size, save_picture
from wanspec.media.scenery import Scene, paint, scene_of
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

PREVIEW_VERSION = 2  # bumped with every change that a picture shows


def identity() -> str:
    """What the bytes of a preview depend on besides its sheet: this renderer and the coders it runs on."""
    import av
    import PIL

    libraries = ",".join(
        f"{name}={'.'.join(map(str, version))}" for name, version in sorted(av.library_versions.items())
    )
    return f"preview {PREVIEW_VERSION}; pillow {PIL.__version__}; av {av.__version__}; {libraries}"


def draw(sheet: Sheet, folder: Path) -> list[Path]:
    """Files `1.EXT` (`1.EXT` to `N.EXT` for an image set) of exactly the asked format, size and duration.

    The same sheet and the same files behind it give the same bytes.  Raises MediaError for a reference that cannot be
    read and for a size or format that cannot be written.
    """
    try:
        return _draw(sheet, folder)
    except MediaError as error:
        # In the store a file's name is its digest; the field that it stands in says more.
        message = error.message
        for field, path in _files(sheet):
            message = message.replace(f"`{path.name}`", f"`{field}`")
        raise MediaError(message, hint=error.hint, code=error.code) from error


def _files(sheet: Sheet) -> Iterator[tuple[str, Path]]:
    for field in ("first_frame", "last_frame", "first_clip", "source_video", "audio"):
        path = getattr(sheet, field)
        if path is not None:
            yield field, path
    for index, path in enumerate(sheet.references):
        yield f"references[{index}]", path


def _draw(sheet: Sheet, folder: Path) -> list[Path]:
    if sheet.kind == "image":
        return _stills(sheet, folder)
    if sheet.kind == "video":
        from wanspec.media.animatic import draw_clip

        return [draw_clip(sheet, folder)]
    if sheet.kind == "audio":
        from wanspec.media.guide_track import draw_sound

        return [draw_sound(sheet, folder)]
    raise MediaError(f"a preview of `{sheet.kind}` cannot be drawn")


def _stills(sheet: Sheet, folder: Path) -> list[Path]:
    extension = (sheet.format or "png").lower()
    if extension not in FORMATS:
        raise MediaError(f"a still cannot be written as `{sheet.format}`", hint="use jpg, png or webp")
    check_size(sheet.width, sheet.height, sheet.item)
    paths = []
    for panel in range(1, sheet.image_set + 1) if sheet.image_set else (0,):
        picture, third = _composed(sheet, panel)
        note = beneath.note(picture, third.y, sheet.height, quality=sheet.quality or 85)
        overlays.lay(picture, third)
        paths.append(save_picture(picture, folder / f"{panel or 1}.{extension}", quality=sheet.quality, exif=note))
    return paths


def still(sheet: Sheet, panel: int = 0) -> Image:
    """One finished still; `panel` counts from 1 in an image set."""
    picture, third = _composed(sheet, panel)
    overlays.lay(picture, third)
    return picture


def _composed(sheet: Sheet, panel: int) -> tuple[Image, overlays.Overlay]:
    """The picture, and the lower third that goes over it."""
    prints = any(sheet.edit_regions) or len(sheet.references) > 1  # they cover whoever would stand there
    picture, paints = ground(sheet, (sheet.width, sheet.height), panel, nobody=prints)
    third = overlays.lower_third(sheet, paints, preview_seed(sheet), panel=panel)
    unit = overlays.unit_of(sheet.width, sheet.height)
    inset = round(unit * 1.6)
    area = (inset, inset, sheet.width - inset, third.y - inset)
    if sheet.references and area[3] - area[1] > 32:
        if not any(sheet.edit_regions) and len(sheet.references) == 1:
            # One print leaves most of the scene to be seen; it stands on the side away from the light.
            left = round(sheet.width * 0.40)
            area = (sheet.width - inset - left, area[1], area[2], area[3])
        for card in overlays.reference_cards(sheet, area):
            overlays.lay(picture, overlays.shadow(card, max(4, round(unit * 0.9))))
            overlays.lay(picture, card)
    return picture, third


def ground(sheet: Sheet, size: tuple[int, int], panel: int = 0, *, nobody: bool = False) -> tuple[Image, Colours]:
    """The painted scenery that a request without pictures of its own stands before, with or without people in it."""
    random = Random(f"{preview_seed(sheet)}/{sheet.take}/{panel}")
    paints = colours(sheet.palette, sheet.prompt, random)
    scene: Scene = scene_of(sheet.prompt, random)
    if nobody:
        scene = replace(scene, figure=0.0)
    return paint(size, scene, paints, random), paints


def preview_seed(sheet: Sheet) -> int:
    return sheet.seed if sheet.seed is not None else (seed_of(sheet.item) + sheet.take - 1)


def rate_of(sheet: Sheet) -> Fraction:
    """The exact rate for one that was written in decimals: 23.976 is 24000/1001."""
    for whole in (24, 30, 48, 60, 120):
        if abs(sheet.fps - whole * 1000 / 1001) < 0.004:
            return Fraction(whole * 1000, 1001)
    return Fraction(sheet.fps).limit_denominator(1001)

"""A preview of stills: scenery, the references before it, and a lower third over all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.media import beneath, overlays
from wanspec.media.colours import Colours, colours
from wanspec.media.pictures import FORMATS, check_size, save_picture
from wanspec.media.scenery import Scene, paint, scene_of
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from PIL.Image import Image


def draw_stills(sheet: Sheet, folder: Path) -> list[Path]:
    """`1.EXT`, or `1.EXT` to `N.EXT` for an image set.  Raises MediaError."""
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
    third = overlays.lower_third(sheet, paints, sheet.drawn_seed, panel=panel)
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
    random = Random(f"{sheet.drawn_seed}/{sheet.take}/{panel}")
    paints = colours(sheet.palette, sheet.prompt, random)
    scene: Scene = scene_of(sheet.prompt, random)
    if nobody:
        scene = replace(scene, figure=0.0)
    return paint(size, scene, paints, random), paints

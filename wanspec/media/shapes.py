"""Shapes that may turn out to have no room: in a thumbnail, at a picture's edge, with a share of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Corners = tuple[float, float, float, float]  # left, top, right, bottom; Pillow counts the last two in


def block(draw: ImageDraw, corners: Corners, fill: int | tuple[int, ...]) -> None:
    """A filled rectangle; nothing where it ends before it begins, which Pillow refuses."""
    if corners[2] >= corners[0] and corners[3] >= corners[1]:
        draw.rectangle(corners, fill=fill)


def frame(draw: ImageDraw, corners: Corners, outline: tuple[int, ...], width: int) -> None:
    """The outline of a rectangle, as thick as there is room for."""
    left, top, right, bottom = corners
    if right >= left and bottom >= top:
        room = int(min(right - left, bottom - top) / 2) + 1
        draw.rectangle(corners, outline=outline, width=max(1, min(width, room)))


def plate(picture: Image, corners: tuple[int, int, int, int], radius: float, fill: tuple[int, ...]) -> None:
    """A filled rectangle with round corners and smooth edges; right and bottom are counted out here."""
    from PIL import Image, ImageDraw

    width, height = corners[2] - corners[0], corners[3] - corners[1]
    if width < 1 or height < 1:
        return
    over = 4
    mask = Image.new("L", (width * over, height * over))
    radius = max(0.0, min(radius, width / 2, height / 2)) * over
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * over - 1, height * over - 1), radius=radius, fill=255)
    picture.paste(fill, corners, mask.reduce(over))

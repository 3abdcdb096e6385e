"""A frame as its three planes, each a grey Pillow picture: moved, blended and pasted without leaving YUV.

An RGB picture has four bytes a pixel in memory and must be converted for the coder; three planes have one and a half
and need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wanspec.media.steady import of_picture

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Planes:
    """Brightness at full size, the two colours at half of it (rounded up)."""

    y: Image
    u: Image
    v: Image

    @property
    def size(self) -> tuple[int, int]:
        return self.y.size

    def __iter__(self) -> Iterator[Image]:
        return iter((self.y, self.u, self.v))


@dataclass(frozen=True, slots=True)
class Layer:
    """Something to lay over: planes with their transparency; x and y are even."""

    planes: Planes
    alpha: Image  # at full size
    half: Image  # at half
    x: int
    y: int

    def faded(self, share: float) -> Layer:
        table = [round(level * share) for level in range(256)]
        return Layer(self.planes, self.alpha.point(table), self.half.point(table), self.x, self.y)


def of_frame(frame: VideoFrame) -> Planes:
    """Of a yuv420p frame."""
    from PIL import Image

    y, u, v = (
        Image.frombytes("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)
        for plane in frame.planes
    )
    return Planes(y, u, v)


def of_rgb(picture: Image) -> Planes:
    return of_frame(of_picture(picture))


def layer(picture: Image, x: int, y: int) -> Layer:
    """Of an RGBA picture with its top left corner at x, y; moved by a pixel where half size asks for it."""
    from PIL import Image

    left, top = x % 2, y % 2
    if left or top or picture.width % 2 or picture.height % 2:
        wide, tall = picture.width + left, picture.height + top
        grown = Image.new("RGBA", (wide + wide % 2, tall + tall % 2))
        grown.paste(picture, (left, top))
        picture = grown
    alpha = picture.getchannel("A")
    return Layer(of_rgb(picture.convert("RGB")), alpha, alpha.reduce(2), x - left, y - top)


def lay(planes: Planes, over: Layer) -> None:
    """Pasted in place."""
    planes.y.paste(over.planes.y, (over.x, over.y), over.alpha)
    planes.u.paste(over.planes.u, (over.x // 2, over.y // 2), over.half)
    planes.v.paste(over.planes.v, (over.x // 2, over.y // 2), over.half)


def view(planes: Planes, box: tuple[float, float, float, float], size: tuple[int, int]) -> Planes:
    """What a camera sees: the box (left, top, right, bottom; in fractions of pixels) of the planes at the size.

    A box of whole pixels and the very size is a copy, bit for bit.
    """
    from PIL import Image

    half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    x1, y1, x2, y2 = box
    if (x2 - x1, y2 - y1) == size and x1 % 2 == 0 and y1 % 2 == 0:
        left, top = int(x1), int(y1)
        return Planes(
            planes.y.crop((left, top, left + size[0], top + size[1])),
            *(one.crop((left // 2, top // 2, left // 2 + half[0], top // 2 + half[1])) for one in (planes.u, planes.v)),
        )
    small = (x1 / 2, y1 / 2, min(planes.u.width, x2 / 2), min(planes.u.height, y2 / 2))
    bilinear = Image.Resampling.BILINEAR
    return Planes(
        planes.y.resize(size, bilinear, box=box),
        planes.u.resize(half, bilinear, box=small),
        planes.v.resize(half, bilinear, box=small),
    )


def blend(one: Planes, other: Planes, share: float) -> Planes:
    from PIL import Image

    return Planes(*(Image.blend(first, second, share) for first, second in zip(one, other, strict=True)))


def to_frame(planes: Planes) -> VideoFrame:
    import av

    frame = av.VideoFrame(planes.y.width, planes.y.height, "yuv420p")
    for plane, picture in zip(frame.planes, planes, strict=True):
        plane.update(
            picture.tobytes("raw", "L", plane.line_size, 1) if plane.line_size != picture.width else picture.tobytes()
        )
    return frame

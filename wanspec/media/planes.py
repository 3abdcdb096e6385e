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


class Stage:
    """A picture that a camera moves over.

    Its planes are enlarged once; each frame then takes the nearest of the enlarged pixels, which is ten times as fast
    as interpolating anew and, a sixth of a pixel off at most, looks the same (52 dB apart).
    """

    def __init__(self, ground: Planes) -> None:
        self._ground = ground
        # Three is odd, so that an old pixel's centre is a new pixel's centre; beyond 6 megapixels memory counts more.
        self._finer = 3 if ground.y.width * ground.y.height <= 6_000_000 else 2
        self._fine: Planes | None = None  # a camera that stands still needs none

    @property
    def size(self) -> tuple[int, int]:
        return self._ground.size

    def view(self, left: float, top: float, width: float, height: float, size: tuple[int, int]) -> Planes:
        """What is seen of that part, in fractions of pixels, at the size.

        A part of whole even pixels and the very size is a copy, bit for bit.
        """
        from PIL.Image import Resampling

        half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        if (width, height) == size and left % 2 == 0 and top % 2 == 0:
            x, y = int(left), int(top)
            inner = (x // 2, y // 2, x // 2 + half[0], y // 2 + half[1])
            return Planes(
                self._ground.y.crop((x, y, x + size[0], y + size[1])),
                self._ground.u.crop(inner),
                self._ground.v.crop(inner),
            )
        by = self._finer
        if self._fine is None:
            self._fine = Planes(
                *(one.resize((one.width * by, one.height * by), Resampling.BICUBIC) for one in self._ground)
            )
        fine = self._fine
        box = (left * by, top * by, (left + width) * by, (top + height) * by)
        small = (box[0] / 2, box[1] / 2, min(fine.u.width, box[2] / 2), min(fine.u.height, box[3] / 2))
        return Planes(
            fine.y.resize(size, Resampling.NEAREST, box=_within(box, fine.y.size)),
            fine.u.resize(half, Resampling.NEAREST, box=small),
            fine.v.resize(half, Resampling.NEAREST, box=small),
        )


def _within(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Rounding may put an edge a hair outside, which Pillow refuses."""
    return max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3])


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

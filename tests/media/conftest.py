"""Small media made on the spot: nothing binary lies in the repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

Maker = Callable[..., Path]


@pytest.fixture
def still(tmp_path: Path) -> Maker:
    """Writes a picture whose left half is one colour and whose right half is another."""
    from PIL import Image

    def make(
        name: str = "still.png",
        size: tuple[int, int] = (160, 90),
        left: str = "#c03020",
        right: str = "#2060c0",
        mode: str = "RGB",
        **save: Any,
    ) -> Path:
        picture = Image.new("RGB", size, left)
        picture.paste(Image.new("RGB", (size[0] - size[0] // 2, size[1]), right), (size[0] // 2, 0))
        path = tmp_path / name
        picture.convert(mode).save(path, **save)
        return path

    return make


def shade(number: int) -> int:
    """Steps of three: a grey is off by one or two after it was coded."""
    return 30 + 3 * (number % 70)


@pytest.fixture(name="shade")
def _shade() -> Callable[[int], int]:
    return shade


@pytest.fixture
def clip(tmp_path: Path) -> Maker:
    """Writes a clip whose frame N has the brightness `shade(N)`, with a tone unless told otherwise."""
    from PIL import Image

    from wanspec.media import sound, steady
    from wanspec.media.film import Reel, write_film

    def make(
        name: str = "clip.mp4",
        size: tuple[int, int] = (160, 90),
        seconds: float = 1.0,
        fps: Fraction | int = 30,
        tone: bool = True,
        colour: tuple[int, int, int] | None = None,
    ) -> Path:
        rate = Fraction(fps)
        count = round(seconds * rate)

        def frames() -> Iterator[Any]:
            for number in range(count):
                grey = shade(number)
                yield steady.of_picture(Image.new("RGB", size, colour or (grey, grey, grey)))

        path = tmp_path / name
        track = sound.frames_of(sound.guide(1), sound.samples_of(count, rate)) if tone else None
        write_film(path, Reel(*size, rate, path.suffix[1:], quality=95), frames(), track)
        return path

    return make


@pytest.fixture
def tone(tmp_path: Path) -> Maker:
    """Writes a sound of even loudness: a sine of that level, 1.0 being full scale."""

    def make(name: str = "tone.wav", seconds: float = 1.0, level: float = 0.25, hertz: int = 1000) -> Path:
        import math
        from array import array

        from wanspec.media import sound
        from wanspec.media.guide_track import write_sound

        one = array("f")
        for n in range(sound.RATE):
            value = level * math.sin(2 * math.pi * hertz * n / sound.RATE)
            one.extend((value, value))

        def forever() -> Iterator[bytes]:
            while True:
                yield one.tobytes()

        path = tmp_path / name
        write_sound(path, path.suffix[1:], sound.frames_of(forever(), round(seconds * sound.RATE)))
        return path

    return make


@pytest.fixture
def grey() -> Callable[[Any], float]:
    """The mean brightness of a picture, a frame or a still's file, 0 to 255."""
    from PIL import Image, ImageStat

    from wanspec.media import clips

    def measure(what: Any) -> float:
        if isinstance(what, Path):
            with Image.open(what) as image:
                return float(ImageStat.Stat(image.convert("L")).mean[0])
        picture = what if isinstance(what, Image.Image) else clips.upright_picture(what)
        return float(ImageStat.Stat(picture.convert("L")).mean[0])

    return measure


@pytest.fixture
def psnr() -> Callable[[Any, Any], float]:
    """How alike two pictures are, in decibels; above 30 they look the same."""
    import math

    from PIL import ImageChops, ImageStat

    def measure(one: Any, other: Any) -> float:
        difference = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
        mean = sum(difference.sum2) / sum(difference.count)
        return 99.0 if mean == 0 else 10 * math.log10(255**2 / mean)

    return measure

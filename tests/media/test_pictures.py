"""Stills come out upright and plain whatever they are stored as, also where less than all of them is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wanspec.media.pictures import read_picture

ABOUT = (32, 24)


@pytest.mark.parametrize("size", [(320, 240), (331, 517)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_still_looks_as_the_whole_one_does(
    tmp_path: Path, psnr, size: tuple[int, int], orientation: int
) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    gradient(size).save(path, exif=exif)
    whole, small = read_picture(path), read_picture(path, about=ABOUT)
    assert whole.size == (size if orientation < 5 else size[::-1])
    assert whole.width / 8 <= small.width <= whole.width / 2, "twice of what is seen, and not all"
    assert psnr(whole.resize(ABOUT, Image.Resampling.BOX), small.resize(ABOUT, Image.Resampling.BOX)) > 35


@pytest.mark.parametrize(
    ("name", "mode", "save", "becomes"),
    [
        ("a.png", "RGB", {}, "RGB"),
        ("a.png", "RGBA", {}, "RGBA"),
        ("a.png", "LA", {}, "RGBA"),
        ("a.png", "P", {}, "RGB"),
        ("a.png", "P", {"transparency": 3}, "RGBA"),
        ("a.png", "1", {}, "RGB"),
        ("a.png", "I;16", {}, "RGB"),
        ("a.tif", "I;16", {}, "RGB"),
        ("a.tif", "CMYK", {}, "RGB"),
        ("a.bmp", "RGB", {}, "RGB"),
        ("a.gif", "P", {}, "RGB"),
        ("a.webp", "RGB", {"lossless": True}, "RGB"),
        ("a.jpg", "CMYK", {}, "RGB"),
    ],
)
def test_every_kind_of_still_can_be_reduced(
    tmp_path: Path, psnr, name: str, mode: str, save: dict[str, Any], becomes: str
) -> None:
    from PIL import Image

    path = tmp_path / name
    picture = gradient((320, 520))
    deep = picture.convert("L").convert("I").point(lambda level: level * 257).convert("I;16")
    (deep if mode == "I;16" else picture.convert(mode)).save(path, **save)
    whole, small = read_picture(path), read_picture(path, about=ABOUT)
    assert (whole.mode, whole.size) == (becomes, picture.size)
    assert (small.mode, small.width < 200) == (becomes, True)
    assert psnr(whole.resize(ABOUT, Image.Resampling.BOX), small.resize(ABOUT, Image.Resampling.BOX)) > 30


def test_a_still_that_was_read_can_be_painted_and_written(tmp_path: Path, still) -> None:
    source = still("a.png")
    picture = read_picture(source)
    source.unlink()
    picture.paste("#00ff00", (0, 0, 8, 8))
    picture.save(tmp_path / "b.png")
    assert read_picture(tmp_path / "b.png").getpixel((4, 4)) == (0, 255, 0)


def gradient(size: tuple[int, int]) -> Any:
    """Each corner is of another colour."""
    from PIL import Image

    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (across, down, Image.new("L", size, 60)))

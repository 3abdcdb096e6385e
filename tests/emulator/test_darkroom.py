from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PIL import Image

from wanspec.domain.errors import MediaError
from wanspec.emulator.darkroom import Darkroom
from wanspec.media import clips
from wanspec.media.probe import probe, verify_decodes
from wanspec.media.sheet import Sheet

STILL = Sheet(kind="image", item="wan", model="emulated", prompt="a lighthouse", width=320, height=208, seed=4)
CLIP = Sheet(kind="video", item="wan", model="emulated", prompt="waves", width=320, height=192, duration=2.5, seed=4)


def drawn(folder: Path, *sheets: Sheet, plain: bool = False) -> list[Path]:
    async def draw() -> list[Path]:
        darkroom = Darkroom(folder, plain=plain)
        try:
            return await asyncio.gather(*map(darkroom.draw, sheets))
        finally:
            darkroom.close()

    return asyncio.run(draw())


def colour_at(picture: Image.Image) -> tuple[int, ...]:
    """The mean colour."""
    return tuple(picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))  # type: ignore[arg-type]


@pytest.fixture
def frames(tmp_path: Path) -> tuple[Path, Path]:
    for name, colour in (("first", "#c02020"), ("last", "#2020c0")):
        Image.new("RGB", (320, 192), colour).save(tmp_path / f"{name}.png")
    return tmp_path / "first.png", tmp_path / "last.png"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
def test_a_still_is_as_it_was_asked(tmp_path: Path, form: str, plain: bool) -> None:
    from dataclasses import replace

    (path,) = drawn(tmp_path, replace(STILL, format=form, quality=80), plain=plain)
    found = probe(path)
    assert (found.extension, found.width, found.height) == (form, 320, 208)


@pytest.mark.parametrize("plain", [False, True])
def test_a_clip_begins_and_ends_on_its_frames(tmp_path: Path, frames: tuple[Path, Path], plain: bool) -> None:
    from dataclasses import replace

    (path,) = drawn(tmp_path, replace(CLIP, first_frame=frames[0], last_frame=frames[1]), plain=plain)
    verify_decodes(path)
    found = probe(path)
    assert (found.media_type, found.width, found.height, found.duration) == ("video/mp4", 320, 192, 2.5)
    red, _, blue = colour_at(clips.upright_picture(clips.first_frame(path)))
    assert red > 2 * blue
    red, _, blue = colour_at(clips.upright_picture(clips.last_frame(path)))
    assert blue > 2 * red


def test_equal_sheets_are_drawn_once_and_others_look_otherwise(tmp_path: Path) -> None:
    from dataclasses import replace

    for plain in (True, False):
        one, same, other = drawn(tmp_path, STILL, STILL, replace(STILL, seed=5), plain=plain)
        assert one == same
        assert one.read_bytes() != other.read_bytes()


def test_no_two_requests_get_the_same_plain_clip(tmp_path: Path, frames: tuple[Path, Path]) -> None:
    from dataclasses import replace

    sheets = [replace(CLIP, seed=seed, first_frame=first) for seed in range(14) for first in (None, frames[0])]
    paths = drawn(tmp_path, *sheets, plain=True)
    assert len({path.read_bytes() for path in paths}) == len(sheets)
    for path in paths[-2:]:
        verify_decodes(path)
        assert probe(path).duration == 2.5


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    from dataclasses import replace

    for plain in (True, False):
        with pytest.raises(MediaError):
            drawn(tmp_path, replace(CLIP, width=321), plain=plain)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []

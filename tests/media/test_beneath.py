"""A preview's words do not travel into what is made from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wanspec.media import clips
from wanspec.media.beneath import bare_picture, note, words_on, words_share
from wanspec.media.operations import operate
from wanspec.media.pictures import fill, read_picture, save_picture
from wanspec.media.preview import draw
from wanspec.media.sheet import Sheet

# White under a black lower third: words that stay are seen in any mean.
STILL = Sheet("image", "plate", "house/model", seed=3, prompt="fog " * 20, palette=(("#ffffff", 1),))
CLIP = Sheet("video", "run", "house/motion", seed=7, width=320, height=180, duration=0.5, prompt="pull out")


@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
@pytest.mark.parametrize("size", [(640, 360), (97, 211), (2000, 600)])
def test_a_still_knows_what_its_words_hide(tmp_path: Path, psnr, form: str, size: tuple[int, int]) -> None:
    from wanspec.media.stills import ground

    sheet = replace(STILL, format=form, width=size[0], height=size[1])
    path = draw(sheet, tmp_path)[0]
    painted, _ = ground(sheet, size)
    assert psnr(read_picture(path), painted) < 20
    assert psnr(bare_picture(path), painted) > 30
    smaller = bare_picture(path, about=(size[0] // 4, size[1] // 4))
    assert psnr(smaller.resize((80, 80)), painted.resize((80, 80))) > 28, "at the size that it is needed in too"


def test_a_picture_from_elsewhere_is_as_it_is(still) -> None:
    path = still()
    assert bare_picture(path).tobytes() == read_picture(path).tobytes()
    assert words_on(path, read_picture(path)) is None


@pytest.mark.parametrize("cut", [1, 30, 60, 200])
def test_a_damaged_note_counts_as_none(tmp_path: Path, cut: int) -> None:
    from PIL import Image

    bare = Image.effect_noise((64, 64), 60).convert("RGB")
    block = note(bare, 32, 64)
    assert block
    path = save_picture(bare, tmp_path / "odd.webp", exif=block[:-cut])
    assert bare_picture(path).size == (64, 64)
    other = save_picture(Image.new("RGB", (50, 70), "red"), tmp_path / "other.png", exif=block)
    assert bare_picture(other).getcolors() == [(3500, (255, 0, 0))], "the note of another picture"


def test_a_clip_begins_and_ends_on_frames_without_their_words(tmp_path: Path, psnr) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    (folder := tmp_path / "clip").mkdir()
    path = draw(replace(CLIP, first_frame=keyframe, last_frame=keyframe, quality=95), folder)[0]
    bare = fill(bare_picture(keyframe), (320, 180))
    for frame in (clips.first_frame(path), clips.last_frame(path)):
        assert psnr(clips.upright_picture(frame), bare) > 30


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("local/resize", {"width": 320}),
        ("local/resize", {"width": 200, "height": 300, "fit": "pad", "color": "white"}),
        ("local/crop", {"x": 10, "y": 100, "width": 300, "height": 260}),
        ("local/flip", {"axis": "horizontal"}),
        ("local/flip", {"axis": "vertical"}),
        ("local/caption", {"words": "Night", "at": "top"}),
    ],
)
def test_what_is_made_of_a_still_shows_its_words_and_knows_what_they_hide(
    tmp_path: Path, psnr, model: str, fields: dict
) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    plain = save_picture(bare_picture(keyframe), tmp_path / "plain.png")
    (literal, expected) = (tmp_path / "literal", tmp_path / "expected")
    literal.mkdir()
    expected.mkdir()
    made = operate(model, fields, {"source": keyframe}, literal)[0]
    from_plain = operate(model, fields, {"source": plain}, expected)[0]
    assert psnr(read_picture(made), read_picture(from_plain)) < 25, "the operation itself takes the file as it is"
    assert psnr(bare_picture(made), read_picture(from_plain)) > 30


def test_a_contact_sheet_shows_the_pictures_alone(tmp_path: Path, psnr) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    plain = save_picture(bare_picture(keyframe), tmp_path / "plain.png")
    sheets = []
    for name, path in (("a", keyframe), ("b", plain)):
        (tmp_path / name).mkdir()
        fields = {"pictures": ["one"], "labels": False, "width": 320}
        sheets.append(read_picture(operate("local/contact-sheet", fields, {"pictures[0]": path}, tmp_path / name)[0]))
    assert psnr(*sheets) > 35


def test_words_stand_still_over_a_move(tmp_path: Path, psnr) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    made = operate("local/hold", {"seconds": 0.5, "motion": "in"}, {"source": keyframe}, tmp_path)[0]
    shown, last = read_picture(keyframe), clips.upright_picture(clips.last_frame(made))
    words = (0, 300, 640, 360)
    assert psnr(clips.upright_picture(clips.first_frame(made)), shown) > 28
    assert psnr(last.crop(words), shown.crop(words)) > 28


def test_a_preview_tells_how_much_of_it_is_words(tmp_path: Path, still, clip, grey) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    run = draw(CLIP, tmp_path)[0]
    held = operate("local/hold", {"seconds": 0.2}, {"source": keyframe}, tmp_path)[0]
    assert 0.1 < words_share(run) < 0.5
    assert 0.1 < words_share(keyframe) < 0.5
    assert words_share(held) == pytest.approx(words_share(keyframe), abs=0.01)
    assert words_share(still()) == words_share(clip()) == 0
    page = read_picture(keyframe)
    edge = round(360 * (1 - words_share(keyframe)))
    assert grey(page.crop((0, edge - 12, 640, edge - 2))) > grey(page.crop((0, edge + 8, 640, 360))) + 80


@pytest.mark.parametrize(
    "comment", ["wanspec preview, words 0/0", "wanspec preview, words 9/9", "words 1/2", "x" * 999]
)
def test_a_comment_from_elsewhere_tells_nothing(tmp_path: Path, comment: str) -> None:
    from fractions import Fraction

    from PIL import Image

    from wanspec.media.film import Reel, write_film
    from wanspec.media.steady import of_picture

    path = tmp_path / "clip.mp4"
    write_film(path, Reel(64, 64, Fraction(30)), [of_picture(Image.new("RGB", (64, 64)))], comment=comment)
    assert words_share(path) == 0


@pytest.mark.parametrize("form", ["mp4", "mov", "webm"])
def test_captions_stand_above_the_words_of_a_preview(tmp_path: Path, psnr, form: str) -> None:
    run = draw(replace(CLIP, format=form, prompt="static shot", duration=1.0), tmp_path)[0]
    frames = []
    for name, captions in (("plain", None), ("lettered", [{"text": "Three\nmiles", "start": 0, "end": 1}])):
        (tmp_path / name).mkdir()
        fields = {"clips": ["run"], "captions": captions, "quality": 90}
        film = operate("local/concat", fields, {"clips[0]": run}, tmp_path / name)[0]
        frames.append(clips.upright_picture(clips.frame_at(film, 0.5)))
    edge = round(180 * (1 - words_share(run)))
    words, middle = (0, edge, 320, 180), (80, edge - 40, 240, edge)
    assert psnr(*(frame.crop(words) for frame in frames)) > 35
    assert psnr(*(frame.crop(middle) for frame in frames)) < 25


def test_a_caption_stands_above_them_too_and_the_next_one_knows(tmp_path: Path, psnr) -> None:
    keyframe = draw(replace(STILL, width=640, height=360), tmp_path)[0]
    edge = round(360 * (1 - words_share(keyframe)))
    (tmp_path / "still").mkdir()
    lettered = operate("local/caption", {"words": "Night"}, {"source": keyframe}, tmp_path / "still")[0]
    before, after = read_picture(keyframe), read_picture(lettered)
    assert psnr(before.crop((0, edge, 640, 360)), after.crop((0, edge, 640, 360))) == 99
    assert before.tobytes() != after.tobytes()


@pytest.mark.parametrize(
    ("model", "fields"),
    [("local/caption", {"words": "Night"}), ("local/cut", {"start": 0.1}), ("local/mux", {"audio": "tone"})],
)
def test_a_clip_made_of_a_preview_tells_of_its_words_too(tmp_path: Path, tone, model: str, fields: dict) -> None:
    run = draw(CLIP, tmp_path)[0]
    (tmp_path / "made").mkdir()
    made = operate(model, fields, {"source": run, "audio": tone()}, tmp_path / "made")[0]
    assert words_share(made) == pytest.approx(words_share(run), abs=0.01)


def test_an_edit_of_a_preview_covers_the_words_of_its_source(tmp_path: Path, psnr) -> None:
    (tmp_path / "source").mkdir()
    source = draw(replace(CLIP, prompt="handheld, pan right, " * 9, duration=1.0, quality=90), tmp_path / "source")[0]
    path = draw(replace(CLIP, prompt="night", source_video=source, duration=1.0, quality=90), tmp_path)[0]
    pictures = [clips.upright_picture(frame) for _, frame in clips.decoded(path)]
    edge = round(180 * (1 - words_share(source)))
    words, label = (0, edge, 320, 180), (64, 9, 120, 15)  # behind the clock
    for number in (6, 24):  # where the source's words are half there
        assert psnr(pictures[number].crop(words), pictures[15].crop(words)) > 30
        assert psnr(pictures[number].crop(label), pictures[15].crop(label)) > 30
    assert psnr(pictures[0].crop(words), pictures[15].crop(words)) < 20

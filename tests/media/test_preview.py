"""A preview is of exactly the asked format, size and length, and always the same."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from wanspec.domain.errors import MediaError
from wanspec.media import clips
from wanspec.media.pictures import fill, read_picture
from wanspec.media.preview import draw, identity
from wanspec.media.probe import probe, verify_decodes
from wanspec.media.sheet import Sheet
from wanspec.media.stills import still

STILL = Sheet(
    "image", "street/osl/low", "house/model", seed=7, prompt="A quiet harbour at night", width=320, height=180
)
CLIP = Sheet(
    "video",
    "run",
    "house/motion",
    seed=7,
    prompt="She runs; slow push in",
    width=320,
    height=180,
    duration=1.0,
    format="mp4",
)


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


@pytest.mark.parametrize(("form", "media_type"), [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")])
@pytest.mark.parametrize("size", [(320, 180), (97, 211), (64, 64)])
def test_a_still_has_the_asked_format_and_size(
    tmp_path: Path, form: str, media_type: str, size: tuple[int, int]
) -> None:
    paths = draw(replace(STILL, format=form, width=size[0], height=size[1]), tmp_path)
    assert [path.name for path in paths] == [f"1.{form}"]
    artifact = probe(paths[0])
    assert (artifact.media_type, artifact.width, artifact.height) == (media_type, *size)
    verify_decodes(paths[0])


def test_quality_is_honoured(tmp_path: Path) -> None:
    rough = draw(replace(STILL, format="jpg", quality=25), folder(tmp_path, "a"))[0]
    fine = draw(replace(STILL, format="jpg", quality=98), folder(tmp_path, "b"))[0]
    assert rough.stat().st_size * 2 < fine.stat().st_size


@pytest.mark.parametrize(
    ("form", "media_type", "duration", "fps"),
    [("mp4", "video/mp4", 1.0, 30), ("webm", "video/webm", 0.5, 24), ("mov", "video/quicktime", 0.7, 23.976)],
)
def test_a_clip_has_the_asked_format_size_length_and_rate(
    tmp_path: Path, form: str, media_type: str, duration: float, fps: float
) -> None:
    path = draw(replace(CLIP, format=form, duration=duration, fps=fps), tmp_path)[0]
    artifact = probe(path)
    assert path.name == f"1.{form}"
    assert (artifact.media_type, artifact.width, artifact.height) == (media_type, 320, 180)
    assert artifact.duration == pytest.approx(duration, abs=1 / fps)
    assert artifact.fps == pytest.approx(fps, abs=0.01)
    assert artifact.has_audio is True
    verify_decodes(path)


def test_clips_play_in_browsers(tmp_path: Path) -> None:
    path = draw(CLIP, tmp_path)[0]
    clip = clips.read_clip(path)
    assert (clip.codec, clip.pixel_format) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "playing can start before all is loaded"


@pytest.mark.parametrize("sheet", [STILL, CLIP, replace(CLIP, format="webm"), replace(STILL, format="webp")])
def test_the_same_sheet_gives_the_same_bytes(tmp_path: Path, sheet: Sheet) -> None:
    first, again = draw(sheet, folder(tmp_path, "a"))[0], draw(sheet, folder(tmp_path, "b"))[0]
    assert first.read_bytes() == again.read_bytes()


def test_a_sheet_goes_to_another_process_and_the_identity_names_the_coders() -> None:
    assert pickle.loads(pickle.dumps(CLIP)) == CLIP
    assert "pillow" in identity()
    assert "libavcodec" in identity()


def test_takes_and_seeds_look_different(psnr) -> None:
    first = still(replace(STILL, take=1, of_takes=2))
    second = still(replace(STILL, take=2, of_takes=2, seed=8))
    assert psnr(first, second) < 28
    assert psnr(first, still(replace(STILL, take=2, of_takes=2))) < 28, "with one seed too"


def test_a_clip_starts_on_its_first_frame_and_ends_on_its_last(tmp_path: Path, still, psnr) -> None:
    first, last = still("first.png", (640, 360)), still("last.jpg", (320, 240), "#20a040", "#e0d020", quality=95)
    path = draw(replace(CLIP, first_frame=first, last_frame=last), tmp_path)[0]
    size = (CLIP.width, CLIP.height)
    assert psnr(clips.upright_picture(clips.first_frame(path)), fill(read_picture(first), size)) > 30
    assert psnr(clips.upright_picture(clips.last_frame(path)), fill(read_picture(last), size)) > 30
    middle = clips.upright_picture(clips.frame_at(path, 0.5))
    assert psnr(middle, fill(read_picture(first), size)) < 25, "it has left the first frame"


@pytest.mark.parametrize(
    "prompt", ["push in", "pull out", "pans left", "tilt up", "orbits", "handheld", "static shot", "tracking shot", ""]
)
def test_every_move_starts_on_the_given_frame(tmp_path: Path, still, psnr, prompt: str) -> None:
    first = still("first.png", (320, 180))
    path = draw(replace(CLIP, prompt=prompt, first_frame=first, duration=0.5, quality=90), tmp_path)[0]
    assert psnr(clips.upright_picture(clips.first_frame(path)), read_picture(first)) > 30


def test_a_clip_goes_on_where_another_ended(tmp_path: Path, clip, psnr) -> None:
    before = clip("before.mp4", (320, 180))
    path = draw(replace(CLIP, first_clip=before), folder(tmp_path, "a"))[0]
    assert psnr(clips.upright_picture(clips.first_frame(path)), clips.upright_picture(clips.last_frame(before))) > 35


def test_the_last_frame_is_clean_so_that_words_do_not_pile_up(tmp_path: Path, still, psnr) -> None:
    """A static clip of one colour ends without its caption."""
    first = still("plain.png", (320, 180), "#808080", "#808080")
    path = draw(replace(CLIP, prompt="static shot", first_frame=first), tmp_path)[0]
    assert psnr(clips.upright_picture(clips.last_frame(path)), read_picture(first)) > 35
    assert psnr(clips.upright_picture(clips.frame_at(path, 0.5)), read_picture(first)) < 25, "but has it on the way"


def test_a_cross_fade_of_half_a_second_shows_the_words_of_one_clip_at_a_time(tmp_path: Path, still, psnr) -> None:
    first = still("plain.png", (320, 180), "#808080", "#808080")
    path = draw(replace(CLIP, prompt="static shot", first_frame=first, duration=2), tmp_path)[0]
    bare = read_picture(first)
    worded = [psnr(clips.upright_picture(frame), bare) < 30 for _, frame in clips.decoded(path)]
    # The last fifteen frames of one clip lie under the first fifteen of the next.
    assert not any(leaving and coming for leaving, coming in zip(worded[-15:], worded[:15], strict=True))
    assert all(worded[15:-15])


def test_a_clip_has_the_colours_of_the_frame_that_it_begins_on(still) -> None:
    from wanspec.media.colours import colours_of

    found = colours_of(read_picture(still("two.png", (96, 54), "#c03020", "#2060c0")))
    assert {colour for colour, _ in found.swatches} == {(192, 48, 32), (32, 96, 192)}
    assert sum(share for _, share in found.swatches) == pytest.approx(1)


def test_an_edited_clip_shows_its_source(tmp_path: Path, clip, grey, shade) -> None:
    source = clip("source.mp4", (160, 90), seconds=1)
    path = draw(replace(CLIP, source_video=source), tmp_path)[0]
    assert grey(clips.first_frame(path)) == pytest.approx(shade(0), abs=6)
    assert grey(clips.last_frame(path)) == pytest.approx(shade(29), abs=6)


def test_references_are_recognised_in_the_picture(still) -> None:
    from PIL import Image

    reference = still("reference.png", (120, 120), "#00ff00", "#ff00ff")
    picture = still_of(replace(STILL, references=(reference,), width=640, height=360))
    pixels = picture.convert("RGB").resize((64, 36), Image.Resampling.NEAREST).getcolors(64 * 36)
    found = {colour for count, colour in pixels if count > 15}
    assert any(near(colour, (0, 255, 0)) for colour in found)
    assert any(near(colour, (255, 0, 255)) for colour in found)


def still_of(sheet: Sheet):
    return still(sheet)


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_nobody_stands_behind_prints_that_cover_the_picture(still) -> None:
    reference = still("reference.png", (120, 120), "#00ff00", "#ff00ff")
    prints = replace(STILL, references=(reference, reference), width=640, height=360)
    above = (0, 0, 640, 260)  # the lower third
    someone, nobody = (still_of(replace(prints, prompt=words)).crop(above) for words in ("he waits", "it waits"))
    assert someone.tobytes() == nobody.tobytes()
    alone, empty = (
        still_of(replace(prints, references=(), prompt=words)).crop(above) for words in ("he waits", "it waits")
    )
    assert alone.tobytes() != empty.tobytes()


def test_edit_regions_are_outlined_on_their_own_picture(still) -> None:
    reference = still("reference.png", (200, 200), "#303030", "#303030")
    regions = (((50, 50, 150, 150),),)
    plain = still_of(replace(STILL, references=(reference,), width=640, height=360))
    marked = still_of(replace(STILL, references=(reference,), edit_regions=regions, width=640, height=360))

    def yellow(picture) -> int:
        return sum(
            count
            for count, (red, green, blue) in picture.convert("RGB").getcolors(1 << 24)
            if red > 230 and green > 190 and blue < 60
        )

    assert yellow(plain) == 0
    assert yellow(marked) > 100


@pytest.mark.parametrize("mode", ["animated.gif", "clip.mp4", "alpha.png", "cmyk.jpg"])
def test_references_of_every_kind_are_taken(tmp_path: Path, still, clip, mode: str) -> None:
    from PIL import Image

    path = tmp_path / mode
    if mode == "animated.gif":
        Image.new("RGB", (60, 40), "red").save(path, save_all=True, append_images=[Image.new("RGB", (60, 40), "blue")])
    elif mode == "clip.mp4":
        clip(mode)
    else:
        still(mode, mode="RGBA" if mode.startswith("alpha") else "CMYK")
    assert still_of(replace(STILL, references=(path,))).size == (320, 180)


def test_a_still_of_8000_pixels_is_drawn(tmp_path: Path) -> None:
    path = draw(replace(STILL, width=8000, height=1000, format="jpg"), tmp_path)[0]
    assert (probe(path).width, probe(path).height) == (8000, 1000)


def test_an_image_set_numbers_its_panels(tmp_path: Path) -> None:
    paths = draw(replace(STILL, image_set=3), tmp_path)
    assert [path.name for path in paths] == ["1.png", "2.png", "3.png"]
    assert len({path.read_bytes() for path in paths}) == 3


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "x" * 5000,
        "word " * 1000,
        "夜のフェリーから降りるマーラ。" * 40,
        "Мара сходит с ночного парома",
        "تنزل مارا من العبارة الليلية",
        "👨‍👩‍👧🏳️‍🌈🇩🇪 and 😀",
        "line one\nline two\r\n\ttab\x00\x07 end",
        "\u202egnp.exe \u2066\ud83d",
        "हिन्दी ภาษาไทย",
    ],
)
def test_prompts_in_every_script_are_set(prompt: str) -> None:
    assert still_of(replace(STILL, prompt=prompt)).size == (320, 180)


def test_the_palette_colours_the_picture() -> None:
    from PIL import ImageStat

    red = still_of(replace(STILL, palette=(("#ff2010", 70), ("#400500", 30))))
    green = still_of(replace(STILL, palette=(("10ff20", 0.7), ("#043008", 0.3))))
    red_mean, green_mean = ImageStat.Stat(red).mean, ImageStat.Stat(green).mean
    assert red_mean[0] > 2 * red_mean[1]
    assert green_mean[1] > 2 * green_mean[0]


def test_the_given_sound_is_heard_else_a_guide_track(tmp_path: Path, tone) -> None:
    from wanspec.media import mixing, sound

    def loudness(path: Path) -> float:
        return mixing.level(sound.decode(path), 48_000).lufs

    given = draw(replace(CLIP, audio=tone("loud.wav", 2, level=0.5)), folder(tmp_path, "a"))[0]
    guide = draw(CLIP, folder(tmp_path, "b"))[0]
    assert loudness(given) > -12
    assert -60 < loudness(guide) < -25
    silent = draw(replace(CLIP, native_audio=False), folder(tmp_path, "c"))[0]
    assert probe(silent).has_audio is False


@pytest.mark.parametrize(("form", "kind"), [("", "audio/wav"), ("mp3", "audio/mpeg"), ("flac", "audio/flac")])
def test_a_preview_of_sound_is_as_long_as_asked(tmp_path: Path, form: str, kind: str) -> None:
    path = draw(Sheet("audio", "voice", "house/voice", seed=1, format=form, duration=1.5), tmp_path)[0]
    assert probe(path).media_type == kind
    assert probe(path).duration == pytest.approx(1.5, abs=0.06)


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (replace(STILL, format="tga"), "cannot be written as `tga`"),
        (replace(CLIP, format="avi"), "cannot be written as `avi`"),
        (replace(CLIP, width=641, height=361), "H.264 takes even sizes"),
        (replace(STILL, width=60_000), "too large"),
        (replace(STILL, width=0), "has no size"),
        (replace(CLIP, duration=0), "cannot be drawn"),
        (replace(CLIP, fps=0), "cannot be drawn"),
        (replace(CLIP, kind="scent"), "cannot be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_told(tmp_path: Path, sheet: Sheet, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        draw(sheet, tmp_path)


def test_odd_sizes_are_fine_where_the_coder_has_them(tmp_path: Path) -> None:
    path = draw(replace(CLIP, format="webm", width=161, height=91, duration=0.3), tmp_path)[0]
    assert (probe(path).width, probe(path).height) == (161, 91)


def test_a_broken_reference_is_named_by_its_field(tmp_path: Path) -> None:
    path = tmp_path / "d41d8cd98f00b204"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(MediaError, match=r"`references\[0\]` is a web page"):
        draw(replace(STILL, references=(path,)), tmp_path)
    with pytest.raises(MediaError, match="`first_frame` is a web page"):
        draw(replace(CLIP, first_frame=path), tmp_path)


def test_one_frame_is_a_clip_too(tmp_path: Path, still) -> None:
    path = draw(replace(CLIP, duration=0.01, first_frame=still(), last_frame=still("b.png")), tmp_path)[0]
    assert clips.read_clip(path).frames == 1


def test_stills_of_any_size_and_any_words_are_drawn(still) -> None:
    """Thumbnails, slivers, palettes with a share of nothing, boxes that lie outside."""
    from random import Random

    reference = still("reference.png")
    random = Random(11)
    words = "portrait wide she harbour street room forest desert mountain night neon 夜 crowd"
    for _ in range(60):
        sheet = Sheet(
            "image",
            random.choice(["a", "street/osl/low", "x" * 200]),
            random.choice(["m", "v/m" * 30]),
            seed=random.choice([None, 0, 2**31 - 1]),
            prompt=" ".join(random.choices(words.split(" "), k=3)) * random.choice([1, 30]),
            width=random.choice([1, 2, 3, 31, 64, 200, 400]),
            height=random.choice([1, 2, 3, 31, 64, 200, 400]),
            palette=tuple(
                (f"#{random.randrange(1 << 24):06x}", random.choice([0, 1, 33.3]))
                for _ in range(random.choice([0, 1, 4]))
            ),
            references=(reference,) * random.choice([0, 1, 3, 9]),
            edit_regions=(((-5, 3, 900, 20), (40, 40, 10, 10)),) * random.choice([0, 1]),
        )
        assert still_of(sheet).size == (sheet.width, sheet.height), sheet

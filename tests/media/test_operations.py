"""Operations make what they say, of media of every kind, and foresee it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.media import clips, mixing, sound
from wanspec.media.operations import MODELS, Expected, expected, operate
from wanspec.media.pictures import read_picture
from wanspec.media.probe import probe, verify_decodes


def run(model: str, fields: Mapping[str, Any], media: Mapping[str, Path], folder: Path) -> tuple[Path, Artifact]:
    """Runs it, checks that what was foreseen came, and gives the result."""
    foreseen = expected(model, fields, {name: probe(path) for name, path in media.items() if path.suffix != ".srt"})
    (path,) = operate(model, fields, media, folder)
    artifact = probe(path)
    verify_decodes(path)
    assert foreseen.kind == artifact.kind
    for name in ("width", "height", "has_audio"):
        told = getattr(foreseen, name)
        assert told is None or told == (getattr(artifact, name) or (False if name == "has_audio" else None)), name
    if foreseen.duration is not None:
        assert artifact.duration == pytest.approx(foreseen.duration, abs=1.5 / (artifact.fps or 1000))
    return path, artifact


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# frame


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"at": "first"}, 0),
        ({"at": "last"}, 29),
        ({"number": 0}, 0),
        ({"number": 17}, 17),
        ({"seconds": 0.5}, 15),
        ({"seconds": 0.51}, 15),
        ({"seconds": 0.52}, 16),
        ({"seconds": 1.0}, 29),
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_frame_is_the_one_that_was_asked_for(
    clip, out: Path, grey, shade, name: str, fields: Any, number: int
) -> None:
    path, artifact = run("local/frame", fields, {"source": clip(name)}, out)
    assert artifact.media_type == "image/png"
    assert grey(path) == pytest.approx(shade(number), abs=1.4)


def test_the_last_frame_of_a_long_clip_is_found_by_seeking(clip, out: Path, grey, shade) -> None:
    path, _ = run("local/frame", {"at": "last"}, {"source": clip("a.mp4", (64, 64), seconds=5)}, out)
    assert grey(path) == pytest.approx(shade(149), abs=1.4)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"seconds": 2}, "past the end|no frame at 2 s"), ({"number": 30}, "no frame number 30: it has 30 frames")],
)
def test_a_frame_past_the_end_is_told(clip, out: Path, fields: Any, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        operate("local/frame", fields, {"source": clip()}, out)


# cut


@pytest.mark.parametrize(
    ("start", "end", "first", "count"),
    [
        (0, None, 0, 30),
        (0.2, 0.7, 6, 15),
        (0.21, 0.69, 6, 15),
        (0.5, 9, 15, 15),
        (0.5, 0.501, 15, 1),
        (0.99, None, 29, 1),
        ("0.1", "0.3", 3, 6),
    ],
)
def test_a_cut_begins_and_ends_on_the_nearest_frames(
    clip, out: Path, grey, shade, start: Any, end: Any, first: int, count: int
) -> None:
    fields = {"start": float(start)} | ({} if end is None else {"end": float(end)})
    path, artifact = run("local/cut", fields, {"source": clip()}, out)
    assert clips.read_clip(path).frames == count
    assert artifact.duration == pytest.approx(count / 30, abs=0.001)
    assert grey(clips.first_frame(path)) == pytest.approx(shade(first), abs=1.5)
    assert grey(clips.last_frame(path)) == pytest.approx(shade(first + count - 1), abs=1.5)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"start": 1.5}, "but ends at 1 s"),
        ({"start": 0.5, "end": 0.5}, "not after the start"),
        ({"start": 0.5, "end": 0.2}, "not after"),
    ],
)
def test_a_cut_that_holds_nothing_is_told_beforehand(clip, out: Path, fields: Any, words: str) -> None:
    source = clip()
    with pytest.raises(MediaError, match=words):
        operate("local/cut", fields, {"source": source}, out)
    with pytest.raises(MediaError, match=words):
        expected("local/cut", fields, {"source": probe(source)})


def test_sound_can_be_cut_alone(tone, out: Path) -> None:
    _, artifact = run("local/cut", {"start": 0.25, "end": 0.75}, {"source": tone("a.mp3", 2)}, out)
    assert artifact.media_type == "audio/wav"
    assert artifact.duration == pytest.approx(0.5, abs=0.001)


# hold


@pytest.mark.parametrize("motion", ["none", "in", "out", "left", "right", "up", "down"])
def test_a_still_is_held_as_long_as_asked(still, out: Path, psnr, motion: str) -> None:
    source = still("a.png", (161, 91))
    path, artifact = run("local/hold", {"seconds": 0.5, "motion": motion}, {"source": source}, out)
    assert (artifact.media_type, artifact.width, artifact.height) == ("video/mp4", 160, 90)
    assert artifact.duration == pytest.approx(0.5, abs=0.001)
    first, last = (clips.upright_picture(one(path)) for one in (clips.first_frame, clips.last_frame))
    whole = read_picture(source).crop((0, 0, 160, 90))
    if motion in ("none", "in"):
        assert psnr(first, whole) > 28
    if motion == "out":
        assert psnr(last, whole) > 28
    assert motion in ("left", "right") or psnr(first, last) > 35, "a picture of upright stripes looks the same"
    assert motion not in ("left", "right") or psnr(first, last) < 35


def test_a_held_still_shows_the_side_that_the_camera_goes_to(still, out: Path) -> None:
    source = still("a.png", (160, 90), "#ffffff", "#000000")
    path, _ = run("local/hold", {"seconds": 0.5, "motion": "right"}, {"source": source}, out)
    first, last = (clips.upright_picture(one(path)) for one in (clips.first_frame, clips.last_frame))
    bright = [sum(picture.convert("L").resize((16, 1)).tobytes()) for picture in (first, last)]
    assert bright[0] > bright[1] + 300, "the white left side leaves the picture"


# geometry


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"width": 80, "height": 80}, (80, 45)),
        ({"width": 80, "height": 80, "fit": "fill"}, (80, 80)),
        ({"width": 80, "height": 80, "fit": "pad", "color": "#00ff00"}, (80, 80)),
        ({"width": 80, "height": 80, "fit": "stretch"}, (80, 80)),
        ({"width": 81}, (81, 46)),
        ({"height": 45}, (80, 45)),
    ],
)
def test_a_still_is_resized(still, out: Path, fields: Any, size: tuple[int, int]) -> None:
    path, artifact = run("local/resize", fields, {"source": still()}, out)
    assert (artifact.width, artifact.height) == size
    corner = read_picture(path).getpixel((2, 2))
    assert (corner == (0, 255, 0)) == (fields.get("fit") == "pad")


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"width": 82, "height": 82}, (82, 46)),
        ({"width": 80, "height": 80, "fit": "fill"}, (80, 80)),
        ({"width": 80, "height": 80, "fit": "pad", "color": "#00ff00"}, (80, 80)),
        ({"width": 80, "height": 80, "fit": "stretch"}, (80, 80)),
        ({"width": 100}, (100, 56)),
    ],
)
def test_a_clip_is_resized_and_keeps_its_sound(clip, out: Path, fields: Any, size: tuple[int, int]) -> None:
    path, artifact = run("local/resize", fields, {"source": clip(seconds=0.5)}, out)
    assert (artifact.width, artifact.height, artifact.has_audio) == (*size, True)
    assert artifact.duration == pytest.approx(0.5, abs=0.001)
    red, green, blue = clips.upright_picture(clips.first_frame(path)).getpixel((40, 2))
    assert (green > red + 100 and green > blue + 100) == (fields.get("fit") == "pad")


def test_a_clip_of_an_odd_size_is_asked_for_in_vain(clip, out: Path) -> None:
    source = clip(seconds=0.2)
    for fields in ({"width": 81}, {"width": 81, "height": 45, "fit": "stretch"}):
        for attempt in (
            lambda fields=fields: operate("local/resize", fields, {"source": source}, out),
            lambda fields=fields: expected("local/resize", fields, {"source": probe(source)}),
        ):
            with pytest.raises(MediaError, match=r"H\.264 takes even sizes"):
                attempt()


@pytest.mark.parametrize("kind", ["still", "clip"])
def test_a_part_is_cropped_at_its_place(still, out: Path, kind: str) -> None:
    source = still("a.png", (160, 90), "#ffffff", "#000000")
    if kind == "clip":
        (source,) = operate("local/hold", {"seconds": 0.2}, {"source": source}, source.parent)
    path, artifact = run("local/crop", {"x": 72, "y": 11, "width": 16, "height": 20}, {"source": source}, out)
    assert (artifact.width, artifact.height) == (16, 20)
    picture = read_picture(path) if kind == "still" else clips.upright_picture(clips.first_frame(path))
    row = [picture.convert("L").getpixel((x, 10)) for x in range(16)]
    assert min(row[:7]) > 200
    assert max(row[9:]) < 55


def test_a_part_outside_is_told_beforehand(still, out: Path) -> None:
    fields, source = {"x": 150, "y": 0, "width": 20, "height": 20}, still()
    with pytest.raises(MediaError, match=r"20x20 at 150,0 lies outside of `source`, which is 160x90"):
        operate("local/crop", fields, {"source": source}, out)
    with pytest.raises(MediaError, match="lies outside"):
        expected("local/crop", fields, {"source": probe(source)})


@pytest.mark.parametrize("axis", ["horizontal", "vertical"])
@pytest.mark.parametrize("kind", ["still", "clip"])
def test_a_mirror_image_swaps_sides(still, out: Path, axis: str, kind: str) -> None:
    source = still("a.png", (160, 90), "#ffffff", "#000000")
    if kind == "clip":
        (source,) = operate("local/hold", {"seconds": 0.2}, {"source": source}, source.parent)
    path, _ = run("local/flip", {"axis": axis}, {"source": source}, out)
    picture = read_picture(path) if kind == "still" else clips.upright_picture(clips.first_frame(path))
    bright = picture.convert("L").getpixel((20, 45))
    assert (bright < 60) if axis == "horizontal" else (bright > 200)


# words and pictures laid over


@pytest.mark.parametrize(("at", "band"), [("top", 0), ("center", 1), ("bottom", 2)])
def test_words_stand_where_they_should(still, out: Path, at: str, band: int) -> None:
    source = still("a.png", (320, 180), "#000000", "#000000")
    path, _ = run("local/caption", {"words": "Hello 你好", "at": at, "size": 0.1}, {"source": source}, out)
    thirds = read_picture(path).convert("L").resize((1, 3)).tobytes()
    assert max(range(3), key=lambda n: thirds[n]) == band


def test_words_are_wrapped_at_nine_tenths_of_the_width(still, out: Path) -> None:
    source = still("a.png", (400, 300), "#000000", "#000000")
    path, _ = run(
        "local/caption", {"words": "many words " * 12, "size": 0.08, "color": "white"}, {"source": source}, out
    )
    left, _, right, _ = read_picture(path).convert("L").point(lambda v: 255 if v > 128 else 0).getbbox()
    assert left >= 400 * 0.04
    assert right <= 400 * 0.96
    assert right - left > 400 * 0.6


def test_words_on_a_clip_come_and_go(clip, out: Path, grey) -> None:
    source = clip("a.mp4", (320, 180), colour=(0, 0, 0))
    fields = {"words": "NOW", "size": 0.4, "start": 0.4, "end": 0.6}
    path, _ = run("local/caption", fields, {"source": source}, out)
    seen = [grey(clips.frame_number(path, number)) > 3 for number in (0, 11, 12, 17, 18, 29)]
    assert seen == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("at", "corner"),
    [("top-left", (0, 0)), ("bottom-right", (120, 68)), (None, (120, 68)), ("center", (60, 34)), ([7, 9], (7, 9))],
)
@pytest.mark.parametrize("kind", ["still", "clip"])
def test_a_picture_lies_where_it_should(still, out: Path, at: Any, corner: tuple[int, int], kind: str) -> None:
    source = still("a.png", (160, 90), "#000000", "#000000")
    if kind == "clip":
        (source,) = operate("local/hold", {"seconds": 0.1}, {"source": source}, source.parent)
    over = still("over.png", (80, 44), "#ffffff", "#ffffff")
    fields = {"width": 0.25} | ({} if at is None else {"at": at})
    path, _ = run("local/overlay", fields, {"source": source, "picture": over}, out)
    picture = read_picture(path) if kind == "still" else clips.upright_picture(clips.first_frame(path))
    box = picture.convert("L").point(lambda v: 255 if v > 128 else 0).getbbox()
    assert all(
        abs(a - b) <= (1 if kind == "clip" else 0)
        for a, b in zip(box, (*corner, corner[0] + 40, corner[1] + 22), strict=True)
    )


def test_opacity_and_transparency_are_honoured(still, out: Path, tmp_path: Path) -> None:
    from PIL import Image

    over = tmp_path / "over.png"
    Image.new("RGBA", (160, 90), (255, 255, 255, 128)).save(over)
    path, _ = run(
        "local/overlay",
        {"opacity": 0.5, "at": [0, 0]},
        {"source": still("a.png", left="#000000", right="#000000"), "picture": over},
        out,
    )
    assert read_picture(path).getpixel((5, 5))[0] == pytest.approx(64, abs=2)


# mux


def test_another_sound_is_put_under_a_clip_whose_picture_stays(clip, tone, out: Path) -> None:
    source = clip(seconds=1, tone=False)
    path, artifact = run("local/mux", {"audio": "t"}, {"source": source, "audio": tone(seconds=3, level=0.5)}, out)
    assert artifact.duration == pytest.approx(1, abs=0.03)
    assert [bytes(f.planes[0]) for _, f in clips.decoded(path)] == [
        bytes(f.planes[0]) for _, f in clips.decoded(source)
    ]
    assert mixing.level(sound.decode(path), 48_000).lufs > -10


def test_the_clips_own_sound_is_kept_when_asked(clip, tone, out: Path) -> None:
    source, quiet = clip("loud.mp4"), tone("quiet.wav", 2, level=0.001)
    alone, _ = run("local/mux", {}, {"source": source, "audio": quiet}, out)
    without = mixing.level(sound.decode(alone), 48_000).lufs
    both, _ = run("local/mux", {"keep_audio": True}, {"source": source, "audio": quiet}, out)
    assert mixing.level(sound.decode(both), 48_000).lufs > without + 15


def test_gain_is_in_decibels(clip, tone, out: Path) -> None:
    source, bed = clip(tone=False), tone(seconds=2, level=0.1)
    plain, _ = run("local/mux", {}, {"source": source, "audio": bed}, out)
    before = mixing.level(sound.decode(plain), 48_000).lufs
    louder, _ = run("local/mux", {"audio_gain": 6}, {"source": source, "audio": bed}, out)
    assert mixing.level(sound.decode(louder), 48_000).lufs == pytest.approx(before + 6, abs=0.5)


# contact sheet and loop


def test_a_contact_sheet_shows_every_picture(still, clip, out: Path) -> None:
    pictures = [
        still(f"{n}.png", (160, 90), f"#{n * 40 + 60:02x}0000", f"#{n * 40 + 60:02x}0000") for n in range(4)
    ] + [clip()]
    fields = {"pictures": [f"ref:shot/{n}" for n in range(5)], "width": 640}
    path, artifact = run("local/contact-sheet", fields, {f"pictures[{n}]": one for n, one in enumerate(pictures)}, out)
    assert artifact.width == 640
    colours = {colour for _, colour in read_picture(path).getcolors(1 << 22)}
    assert all((n * 40 + 60, 0, 0) in colours for n in range(4))
    _, smaller = run(
        "local/contact-sheet",
        fields | {"labels": False, "columns": 5},
        {f"pictures[{n}]": one for n, one in enumerate(pictures)},
        out,
    )
    assert smaller.height < 100 < artifact.height


@pytest.mark.parametrize(
    ("count", "columns", "grid"),
    [(1, None, (1, 1)), (5, None, (3, 2)), (9, None, (3, 3)), (4, 2, (2, 2)), (2, 8, (2, 1))],
)
def test_a_contact_sheet_is_as_near_to_a_square_as_can_be(
    count: int, columns: int | None, grid: tuple[int, int]
) -> None:
    from wanspec.media.operations import contact_sheet

    assert contact_sheet.grid(count, columns) == grid


@pytest.mark.parametrize("form", ["webp", "gif"])
def test_a_loop_plays_as_long_as_its_clip(clip, out: Path, form: str) -> None:
    fields = {"format": form, "width": 80, "fps": 10}
    path, artifact = run("local/loop", fields, {"source": clip(seconds=1)}, out)
    assert (artifact.media_type, artifact.width, artifact.height) == (f"image/{form}", 80, 45)
    assert artifact.duration == pytest.approx(1, abs=0.02)
    from PIL import Image

    with Image.open(path) as image:
        assert image.info.get("loop") == 0, "for ever"


# wrong media


@pytest.mark.parametrize(
    ("model", "fields", "kind", "words"),
    [
        ("local/frame", {"at": "last"}, "image", "`source` is a still: only a clip has frames"),
        ("local/frame", {"at": "last"}, "audio", "`source` is sound"),
        ("local/cut", {}, "image", "`source` is a still"),
        ("local/hold", {"seconds": 2}, "video", "`source` is a clip: only a still can be held"),
        ("local/resize", {"width": 2}, "audio", "`source` is sound"),
        ("local/caption", {"words": "x"}, "audio", "`source` is sound"),
        ("local/caption", {"words": "x", "start": 1}, "image", "`start` and `end` are for a clip"),
        ("local/mux", {}, "image", "`source` is a still"),
        ("local/loop", {}, "image", "`source` is a still: only a clip can loop"),
        ("local/concat", {"clips": []}, "image", "needs at least one clip"),
    ],
)
def test_the_wrong_kind_is_told_beforehand(model: str, fields: Any, kind: str, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        expected(model, fields, {"source": Expected(kind=kind)})


@pytest.mark.parametrize("model", [model for model in MODELS if model not in ("local/concat", "local/contact-sheet")])
def test_a_source_that_is_a_web_page_is_named_by_its_field(model: str, tmp_path: Path, out: Path) -> None:
    page = tmp_path / "0123abcd"
    page.write_bytes(b"<!doctype html><html>expired</html>")
    media = {"source": page, "audio": page, "picture": page}
    with pytest.raises(MediaError, match=r"`(source|audio|picture)` is a web page"):
        operate(model, {"seconds": 1, "at": "first", "width": 10, "words": "x"}, media, out)


def test_what_is_not_known_is_left_open() -> None:
    for model in MODELS:
        fields = {"clips": ["a"], "pictures": ["a"], "seconds": 1, "width": 80, "height": 80, "at": "bottom"}
        if model in ("local/frame", "local/overlay"):
            del fields["at"]
        told = expected(model, fields, {})
        assert told.duration is None or model == "local/hold"


def test_variable_rates_become_steady(tmp_path: Path, out: Path, grey) -> None:
    """A clip whose second half has a third of the frames keeps its length and its moments."""
    path = tmp_path / "vfr.mp4"
    times = [Fraction(n, 30) for n in range(15)] + [Fraction(1, 2) + Fraction(n, 10) for n in range(5)]
    write_at(path, times)
    cut, artifact = run("local/cut", {"start": 0.0, "end": 1.0}, {"source": path}, out)
    assert artifact.duration == pytest.approx(1.0, abs=0.06)
    assert grey(clips.frame_at(cut, 0.25)) == pytest.approx(40 + 5 * 7.5, abs=8)
    assert grey(clips.frame_at(cut, 0.72)) == pytest.approx(40 + 5 * 17, abs=6)


def write_at(path: Path, times: list[Fraction]) -> None:
    """Frame N is of brightness 40 + 5 N and stands from times[N] on."""
    import av
    from PIL import Image

    from wanspec.media import steady

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 30)
        for number, time in enumerate(times):
            frame = steady.of_picture(Image.new("RGB", (64, 64), (40 + 5 * number,) * 3))
            frame.pts, frame.time_base = int(time * 30), Fraction(1, 30)
            frame.duration = 1 if time < Fraction(1, 2) else 3
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


# shapes


OF_A_CLIP = {
    "first": ("local/frame", {"at": "first"}),
    "last": ("local/frame", {"at": "last"}),
    "seconds": ("local/frame", {"seconds": 0.3}),
    "number": ("local/frame", {"number": 2}),
    "cut": ("local/cut", {"start": 0.1}),
    "resize": ("local/resize", {"width": 80}),
    "crop": ("local/crop", {"x": 0, "y": 0, "width": 32, "height": 32}),
    "flip": ("local/flip", {"axis": "vertical"}),
    "caption": ("local/caption", {"words": "."}),
    "overlay": ("local/overlay", {"picture": "x", "width": 0.05, "at": "center"}),
    "concat": ("local/concat", {"clips": ["x", "x"]}),
    "mux": ("local/mux", {}),
    "sheet": ("local/contact-sheet", {"pictures": ["x"], "width": 200, "labels": False}),
    "webp": ("local/loop", {}),
    "gif": ("local/loop", {"format": "gif"}),
}


@pytest.mark.parametrize("operation", OF_A_CLIP)
@pytest.mark.parametrize(
    ("pixel", "turned", "size"),
    [
        (Fraction(2), False, (128, 48)),
        (Fraction(1, 2), False, (32, 48)),
        (Fraction(1), True, (48, 64)),
        (Fraction(2), True, (48, 128)),
    ],
)
def test_a_clip_is_taken_as_it_is_looked_at(
    tmp_path: Path, still, tone, out: Path, operation: str, pixel: Fraction, turned: bool, size: tuple[int, int]
) -> None:
    """Its pixels may be no squares, and a mark may say that it is to be turned."""
    model, fields = OF_A_CLIP[operation]
    source = flag(tmp_path / "a.mp4", pixel, turned)
    assert (probe(source).width, probe(source).height) == size
    names = {"local/concat": ("clips[0]", "clips[1]"), "local/contact-sheet": ("pictures[0]",)}.get(model, ("source",))
    media = dict.fromkeys(names, source)
    if operation == "overlay":
        media["picture"] = still(size=(8, 8))
    if operation == "mux":
        media["audio"] = tone(seconds=0.4)
    path, artifact = run(model, fields, media, out)
    corners = {"top": (0.5, 0.06), "left": (0.1, 0.9), "right": (0.9, 0.9)}
    if turned:  # clockwise
        corners = {name: (1 - down, across) for name, (across, down) in corners.items()}
    if operation == "flip":
        corners = {name: (across, 1 - down) for name, (across, down) in corners.items()}
    told = (artifact.width, artifact.height)
    if operation == "crop":
        assert told == (32, 32)
        return
    if operation == "sheet":
        corners = {name: ((2 + across * 196) / 200, down) for name, (across, down) in corners.items()}
    elif operation == "resize":
        assert told[0] == 80
        assert told[1] == pytest.approx(80 * size[1] / size[0], abs=2)
    else:
        assert told == size
    still_made = artifact.kind == "image"
    picture = read_picture(path).convert("RGB") if still_made else clips.shown(path, clips.first_frame(path))
    for channel, (across, down) in zip((1, 0, 2), corners.values(), strict=True):
        seen = picture.getpixel((int(across * picture.width), int(down * picture.height)))
        assert seen[channel] == max(seen) > 100, (across, down, seen)


def flag(path: Path, pixel: Fraction, turned: bool) -> Path:
    """64x48 as stored: a green bar on top, red below it on the left and blue on the right."""
    import struct

    import av
    from PIL import Image

    from wanspec.media import steady

    picture = Image.new("RGB", (64, 48), "#00ff00")
    picture.paste("#ff0000", (0, 8, 32, 48))
    picture.paste("#0000ff", (32, 8, 64, 48))
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = pixel
        for number in range(4):
            picture.paste("#ffffff", (28 + 2 * number, 24, 30 + 2 * number, 32))  # something moves
            container.mux(stream.encode(steady.of_picture(picture)))
        container.mux(stream.encode())
    if turned:
        data = bytearray(path.read_bytes())
        at = data.index(b"tkhd") + 4 + 40
        # The display matrix of the track header: 90 degrees clockwise (ISO/IEC 14496-12, 8.3.2).
        data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
        path.write_bytes(data)
    return path

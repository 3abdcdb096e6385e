"""A film is its clips in order, as long as they are, with picture and sound together."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.media import clips, mixing, sound
from wanspec.media.operations import Expected, expected, operate
from wanspec.media.probe import probe, verify_decodes

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)


@pytest.fixture
def film(tmp_path: Path):
    """Joins media (a path, or a path with start, end or seconds) and checks that what was foreseen came."""
    out = tmp_path / "out"
    out.mkdir()

    def join(
        *parts: Any, audio: Path | None = None, captions: Path | None = None, said: Any = None, **fields: Any
    ) -> tuple[Path, Artifact]:
        listed: list[Any] = []
        media: dict[str, Path] = {}
        for index, part in enumerate(parts):
            if isinstance(part, Mapping):
                media[f"clips[{index}].source"] = part["source"]
                listed.append({**part, "source": f"ref:{index}"})
            else:
                media[f"clips[{index}]"] = part
                listed.append(f"ref:{index}")
        whole: dict[str, Any] = {"clips": listed, **fields}
        known = {name: probe(path) for name, path in media.items()}
        if audio is not None:
            whole["audio"], media["audio"], known["audio"] = "ref:a", audio, probe(audio)
        if captions is not None:
            whole["captions"], media["captions"] = "words.srt", captions
        if said is not None:
            whole["captions"] = said
        foreseen = expected("local/concat", whole, known)
        (path,) = operate("local/concat", whole, media, out)
        artifact = probe(path)
        verify_decodes(path)
        assert (foreseen.kind, foreseen.width, foreseen.height) == ("video", artifact.width, artifact.height)
        assert foreseen.duration == pytest.approx(artifact.duration, abs=1e-3)
        assert foreseen.fps == pytest.approx(artifact.fps, abs=0.01)
        assert foreseen.has_audio == artifact.has_audio
        assert [one.name for one in out.iterdir()] == [path.name], "nothing else is left behind"
        return path, artifact

    return join


def colour_at(path: Path, seconds: float) -> tuple[int, int, int]:
    picture = clips.upright_picture(clips.frame_at(path, seconds))
    return picture.getpixel((picture.width // 2, picture.height // 2))


def looks_like(one: tuple[int, ...], other: tuple[int, ...], slack: int = 14) -> bool:
    return all(abs(a - b) <= slack for a, b in zip(one, other, strict=True))


def samples(path: Path, seconds: float) -> array[float]:
    """The left channel."""
    return array("f", b"".join(sound.pieces(sound.decode(path), round(seconds * sound.RATE))))[::2]


def onset(path: Path, seconds: float, level: float = 0.05) -> float:
    """When it is first louder than the level."""
    return next((n / sound.RATE for n, value in enumerate(samples(path, seconds)) if abs(value) > level), seconds)


def test_cuts_stand_where_the_clips_end(clip, film) -> None:
    path, artifact = film(
        clip("a.mp4", colour=RED), clip("b.mp4", seconds=0.5, colour=GREEN), clip("c.mp4", colour=BLUE)
    )
    assert artifact.duration == pytest.approx(2.5, abs=0.001)
    assert clips.read_clip(path).frames == 75
    for number, colour in ((0, RED), (29, RED), (30, GREEN), (44, GREEN), (45, BLUE), (74, BLUE)):
        frame = clips.upright_picture(clips.frame_number(path, number))
        assert looks_like(frame.getpixel((80, 45)), colour), number


def test_clips_of_other_sizes_rates_and_containers_fit_in_with_black_bars(clip, film) -> None:
    path, artifact = film(
        clip("a.mp4", (160, 90), colour=RED),
        clip("b.webm", (90, 90), fps=24, colour=GREEN),
        clip("c.mov", (64, 120), fps=25, tone=False, colour=BLUE),
    )
    assert (artifact.width, artifact.height, artifact.fps) == (160, 90, 30)
    assert artifact.duration == pytest.approx(3, abs=0.04)
    assert looks_like(colour_at(path, 1.5), GREEN)
    assert looks_like(colour_at(path, 2.5), BLUE)
    bars = clips.upright_picture(clips.frame_at(path, 2.5))
    assert looks_like(bars.getpixel((20, 45)), (0, 0, 0))


def test_parts_are_cut_by_start_and_end(clip, film, grey, shade) -> None:
    source = clip()
    path, artifact = film(
        {"source": source, "start": 0.5, "end": 0.7},
        {"source": source, "end": 0.1},
        {"source": source, "start": 0.9, "end": 7},
    )
    assert artifact.duration == pytest.approx(12 / 30, abs=0.001)
    for number, origin in ((0, 15), (5, 20), (6, 0), (8, 2), (9, 27), (11, 29)):
        assert grey(clips.frame_number(path, number)) == pytest.approx(shade(origin), abs=2.5)


def test_a_still_stands_for_its_seconds(clip, still, film) -> None:
    path, artifact = film(
        {"source": still("s.png", left="#c03020", right="#c03020"), "seconds": 0.8}, clip(colour=BLUE)
    )
    assert artifact.duration == pytest.approx(1.8, abs=0.001)
    assert looks_like(colour_at(path, 0.7), (0xC0, 0x30, 0x20))
    assert looks_like(colour_at(path, 1.0), BLUE)


def test_stills_alone_make_a_silent_film_of_30_frames_a_second(still, film) -> None:
    _, artifact = film({"source": still("s.png"), "seconds": 0.4}, {"source": still("t.jpg"), "seconds": 0.4})
    assert (artifact.fps, artifact.has_audio) == (30, False)


def test_a_fade_overlaps_its_clips(clip, film) -> None:
    path, artifact = film(
        clip("a.mp4", colour=RED), clip("b.mp4", colour=BLUE), transition="fade", transition_seconds=0.4
    )
    assert artifact.duration == pytest.approx(1.6, abs=0.001)
    assert looks_like(colour_at(path, 0.55), RED)
    assert looks_like(colour_at(path, 0.8), ((220 + 30) // 2, 30, (220 + 30) // 2), 25)
    assert looks_like(colour_at(path, 1.05), BLUE)


def test_a_dip_goes_through_black_and_takes_no_time(clip, film) -> None:
    path, artifact = film(
        clip("a.mp4", colour=RED), clip("b.mp4", colour=BLUE), transition="dip", transition_seconds=0.4
    )
    assert artifact.duration == pytest.approx(2, abs=0.001)
    assert max(colour_at(path, 1.0)) < 45
    assert max(colour_at(path, 0.97)) < 45
    assert looks_like(colour_at(path, 0.75), RED)
    assert looks_like(colour_at(path, 1.25), BLUE)


def test_the_film_fades_in_and_out_in_picture_and_sound(clip, film) -> None:
    source = clip("a.mp4", seconds=2, colour=RED)
    path, _ = film(source, fade_in=0.5, fade_out=0.5)
    assert max(colour_at(path, 0)) < 20
    assert max(clips.upright_picture(clips.last_frame(path)).getpixel((80, 45))) < 20
    assert looks_like(colour_at(path, 1), RED)
    heard = samples(path, 2)
    assert max(map(abs, heard[:1200])) < 0.05 < max(map(abs, heard[48_000:49_200])), "the click at 0 s is faded"


def test_sound_starts_with_its_picture(clip, tone, film, tmp_path: Path) -> None:
    silent = clip("a.mp4", tone=False, colour=RED)
    loud = clip("b.mp4", tone=False, colour=BLUE)
    (with_tone,) = operate("local/mux", {}, {"source": loud, "audio": tone(seconds=2, level=0.5)}, tmp_path)
    with_tone = with_tone.rename(tmp_path / "loud.mp4")
    path, artifact = film(silent, with_tone, silent)
    assert artifact.has_audio is True
    assert onset(path, 3) == pytest.approx(1.0, abs=1 / 30)
    heard = samples(path, 3)
    assert max(map(abs, heard[round(2.04 * 48_000) :])) < 0.05, "and stops with it"


def test_sound_stays_in_step_over_many_clips_of_odd_rates(clip, film) -> None:
    """The guide track clicks at each clip's beginning: in the film, each click stands on its cut."""
    from fractions import Fraction

    source = clip("a.mp4", (64, 64), seconds=1.001, fps=Fraction(24000, 1001))
    path, artifact = film(*[source] * 8)
    heard = samples(path, artifact.duration)
    frame = 1001 / 24000
    for index in range(8):
        begin = round(index * 24 * frame * 48_000)
        before, after = heard[max(0, begin - 2000) : max(1, begin - 960)], heard[begin : begin + 1440]
        assert max(map(abs, after)) > 0.1 > max(map(abs, before))


def test_a_bed_lies_under_the_clips_own_sound_from_the_start(clip, tone, film) -> None:
    source = clip(seconds=2, colour=RED)
    alone, _ = film(source)
    before = mixing.level(sound.decode(alone), 96_000).lufs
    path, artifact = film(source, audio=tone(seconds=9, level=0.25))
    assert artifact.duration == pytest.approx(2, abs=0.001), "the bed is cut to the film"
    assert mixing.level(sound.decode(path), 96_000).lufs > before + 10
    only, _ = film(source, audio=tone(seconds=9, level=0.25), keep_audio=False)
    assert max(map(abs, samples(only, 0.02)[300:])) < 0.3, "the clip's click is gone"


def test_a_short_bed_is_followed_by_silence(clip, tone, film) -> None:
    path, _ = film(clip(seconds=1.5, tone=False), audio=tone(seconds=0.5, level=0.5))
    heard = samples(path, 1.5)
    assert max(map(abs, heard[4800:19_200])) > 0.4
    assert max(map(abs, heard[30_000:])) < 0.02


def test_ducking_lowers_the_bed_while_the_clips_speak(clip, tone, film, tmp_path: Path) -> None:
    silent = clip("a.mp4", tone=False)
    (speaking,) = operate("local/mux", {}, {"source": silent, "audio": tone("v.wav", 2, 0.3, 300)}, tmp_path)
    speaking = speaking.rename(tmp_path / "voice.mp4")
    bed = tone("bed.wav", 9, 0.2, 3000)

    def bed_level(ducking: bool) -> float:
        path, _ = film(silent, speaking, audio=bed, ducking=ducking)
        steps = "highpass=f=1800,highpass=f=1800,highpass=f=1800"
        heard = array("f", b"".join(mixing.through(sound.decode(path), 96_000, steps)))
        return max(map(abs, heard[2 * 72_000 : 2 * 90_000]))

    assert bed_level(True) < bed_level(False) * 0.5


@pytest.mark.parametrize("target", [-16.0, -23.0])
def test_loudness_is_brought_to_the_target(clip, tone, film, target: float) -> None:
    path, _ = film(clip(seconds=3, tone=False), audio=tone(seconds=3, level=0.02), loudness=target)
    told = mixing.level(sound.decode(path), 3 * 48_000)
    assert told.lufs == pytest.approx(target, abs=0.7)
    assert told.peak < 1


def test_a_mix_never_clips(clip, tone, film) -> None:
    path, _ = film(clip(seconds=1), audio=tone(seconds=2, level=0.9), audio_gain=12)
    assert max(map(abs, samples(path, 1))) < 1.0


def test_captions_stand_when_they_should(clip, film, tmp_path: Path) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,200 --> 00:00:00,500\nHELLO 你好\n\n2\n00:00:00,600 --> 00:00:00,700\n<i>there</i>\n")
    path, _ = film(clip("a.mp4", (320, 180), colour=(0, 0, 0)), captions=words)

    def brightest(number: int) -> int:
        return clips.upright_picture(clips.frame_number(path, number)).convert("L").getextrema()[1]

    assert [brightest(number) > 120 for number in (0, 5, 6, 14, 15, 17, 18, 20, 21)] == [
        False, False, True, True, False, False, True, True, False,
    ]  # fmt: skip


def test_a_list_of_captions_is_as_good_as_a_file(clip, film) -> None:
    path, _ = film(clip("a.mp4", (320, 180), colour=(0, 0, 0)), said=[{"text": "Да", "start": 0, "end": 0.5}])
    assert clips.upright_picture(clips.frame_number(path, 3)).convert("L").getextrema()[1] > 120


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"width": 120, "height": 120}, (120, 120)),
        ({"width": 80}, (80, 44)),
        ({"height": 60}, (106, 60)),
        ({"fps": 24}, (160, 90)),
        ({"fps": 23.976}, (160, 90)),
        ({"format": "webm"}, (160, 90)),
        ({"format": "mov", "quality": 40}, (160, 90)),
    ],
)
def test_size_rate_and_format_are_the_asked_ones(clip, film, fields: Any, shape: tuple[int, int]) -> None:
    path, artifact = film(clip("a.mp4"), clip("b.mp4"), **fields)
    assert (artifact.width, artifact.height) == shape
    assert artifact.fps == pytest.approx(fields.get("fps", 30), abs=0.01)
    assert path.suffix == "." + fields.get("format", "mp4")
    assert artifact.duration == pytest.approx(2, abs=0.05)


def test_the_same_film_has_the_same_bytes(clip, still, tone, film) -> None:
    parts = (clip("a.mp4"), {"source": still(), "seconds": 0.5})
    wishes = {"transition": "fade", "transition_seconds": 0.2, "audio": tone(), "loudness": -20}
    first = film(*parts, **wishes)[0].read_bytes()
    assert film(*parts, **wishes)[0].read_bytes() == first


@pytest.mark.parametrize(
    ("fields", "sources", "words"),
    [
        ({"clips": ["a"]}, {"clips[0]": Expected("image")}, r"`clips\[0\]` is a still, and nothing says how long"),
        ({"clips": ["a"]}, {"clips[0]": Expected("audio")}, r"`clips\[0\]` is sound"),
        (
            {"clips": [{"source": "a", "start": 6}]},
            {"clips[0].source": Expected("video", duration=5.0)},
            "cut from 6 s on, but ends at 5 s",
        ),
        (
            {"clips": ["a", "b"], "transition": "fade", "transition_seconds": 1},
            {"clips[0]": Expected("video", duration=5.0, fps=30), "clips[1]": Expected("video", duration=0.9, fps=30)},
            r"`clips\[1\]` is 0.9 s long: too short for a fade of 1 s",
        ),
        ({"clips": ["a"], "width": 641, "height": 360}, {}, "takes even sizes"),
        ({"clips": ["a"], "format": "avi"}, {}, "cannot be written as `avi`"),
        ({"clips": ["a"], "audio": "x"}, {"audio": Expected("image")}, "`audio` has no sound"),
        ({"clips": ["a"], "captions": [{"text": "x", "start": 2, "end": 1}]}, {}, "ends before it begins"),
    ],
)
def test_what_cannot_be_joined_is_told_beforehand(fields: Any, sources: Any, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        expected("local/concat", fields, sources)


def test_a_clip_without_sound_as_a_bed_is_told(clip, tmp_path: Path) -> None:
    media = {"clips[0]": clip("a.mp4"), "audio": clip("b.mp4", tone=False)}
    with pytest.raises(MediaError, match="`audio` has no sound"):
        operate("local/concat", {"clips": ["a"], "audio": "b"}, media, tmp_path)


def test_a_damaged_clip_is_named_and_leaves_nothing_behind(clip, tmp_path: Path) -> None:
    path = clip("a.mp4", seconds=3)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(MediaError, match=r"`clips\[0\]` is (damaged|cut short)"):
        operate("local/concat", {"clips": ["a"]}, {"clips[0]": path}, folder)


def frames_of(path: Path) -> list[bytes]:
    return [b"".join(bytes(plane) for plane in frame.planes) for _, frame in clips.decoded(path)]


@pytest.mark.parametrize("name", ["{}.mp4", "{}.mov", "{}.webm"])
def test_clips_of_one_coding_are_joined_without_coding_them_again(clip, film, name: str) -> None:
    parts = [clip(name.format(letter), seconds=seconds) for letter, seconds in (("a", 1), ("b", 0.5), ("c", 1))]
    path, artifact = film(*parts, format=name[3:])
    assert artifact.duration == pytest.approx(2.5, abs=0.03)
    assert frames_of(path) == [frame for part in parts for frame in frames_of(part)], "bit for bit"
    times = [time for time, _ in clips.decoded(path)]
    assert [round(float(time) * 30) for time in times] == list(range(75))


def test_what_has_to_be_coded_again_is(clip, film, monkeypatch: pytest.MonkeyPatch) -> None:
    from wanspec.media.operations import concat

    def never(*_: Any) -> None:
        raise AssertionError("copied")

    monkeypatch.setattr(concat, "copy_picture", never)
    one, other = clip("a.mp4", seconds=0.4), clip("b.mp4", fps=24, seconds=0.4)
    larger = clip("c.mp4", (320, 180), seconds=0.4)
    for parts, fields in (
        ((one, other), {}),
        ((one, larger), {}),
        ((one, {"source": one, "start": 0.2}), {}),
        ((one, one), {"width": 80}),
        ((one, one), {"fps": 25}),
        ((one, one), {"fade_out": 0.1}),
        ((one, one), {"quality": 30}),
        ((one, one), {"transition": "fade", "transition_seconds": 0.1}),
        ((one, one), {"said": [{"text": "x", "start": 0, "end": 0.4}]}),
    ):
        film(*parts, **fields)
    with pytest.raises(AssertionError, match="copied"):
        film(one, one)

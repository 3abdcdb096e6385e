"""Sound is as long as asked to the sample, and as loud."""

from __future__ import annotations

from array import array
from itertools import islice
from pathlib import Path

import pytest

from wanspec.domain.artifacts import SILENCE_LUFS
from wanspec.domain.errors import MediaError
from wanspec.media import mixing, sound
from wanspec.media.sound import RATE, WIDTH


def constant(value: float, samples: int) -> bytes:
    return array("f", [value] * (2 * samples)).tobytes()


@pytest.mark.parametrize("samples", [1, 1023, 1024, 1025, 5000])
def test_runs_are_cut_and_filled_to_length(samples: int) -> None:
    whole = b"".join(sound.pieces([constant(0.5, 700), constant(0.5, 900)], samples))
    assert len(whole) == samples * WIDTH
    values = array("f", whole)
    assert values[0] == 0.5
    assert values[-1] == (0.5 if samples <= 1600 else 0)


@pytest.mark.parametrize("samples", [999, 4096, 48_001])
def test_filters_keep_the_length(samples: int) -> None:
    guide = sound.guide(1)
    for run in (
        mixing.through(guide, samples, "volume=0.5"),
        mixing.limited(guide, samples, 2.0),
        mixing.summed(guide, sound.guide(2), samples),
        mixing.ducked(guide, sound.guide(2), samples),
    ):
        assert sum(map(len, run)) == samples * WIDTH


def test_a_sum_is_a_sum() -> None:
    mixed = array("f", b"".join(mixing.summed([constant(0.25, 3000)], [constant(0.5, 3000)], 3000)))
    assert min(mixed) == max(mixed) == pytest.approx(0.75)


def test_the_level_of_a_known_tone_is_measured(tone) -> None:
    """A 1 kHz sine at -20 dBFS in both channels is -20 LUFS (EBU Tech 3341, case 1, has -23 for -23)."""
    told = mixing.level(sound.decode(tone(seconds=3, level=0.1)), 3 * RATE)
    assert told.lufs == pytest.approx(-20, abs=0.2)
    assert told.peak == pytest.approx(0.1, abs=0.005)
    assert mixing.level(sound.silence(), RATE).lufs <= SILENCE_LUFS


def test_a_limiter_holds_the_ceiling(tone) -> None:
    loud = array("f", b"".join(mixing.limited(sound.decode(tone(seconds=1, level=0.5)), RATE, 8.0)))
    assert max(map(abs, loud)) <= mixing.CEILING + 0.01


def test_a_crossfade_keeps_the_power() -> None:
    faded = array("f", mixing.crossfaded(constant(0.5, 1000), constant(-0.5, 1000)))
    assert faded[0] == pytest.approx(0.5, abs=0.01)
    assert faded[-1] == pytest.approx(-0.5, abs=0.01)
    assert len(mixing.crossfaded(constant(1, 10), constant(1, 7))) == 7 * WIDTH


def test_the_guide_track_clicks_each_second_and_is_quiet() -> None:
    values = array("f", b"".join(islice(sound.guide(4), 3)))[::2]
    assert len(values) == 3 * RATE
    for second in range(3):
        assert max(map(abs, values[second * RATE : second * RATE + 960])) > 0.1
        assert max(map(abs, values[second * RATE + 960 : (second + 1) * RATE])) < 0.05


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.ogg", "a.flac"])
def test_every_kind_of_file_is_decoded_from_any_moment(tone, name: str) -> None:
    path = tone(name, 1.5, level=0.4)
    whole = array("f", b"".join(sound.pieces(sound.decode(path), RATE)))[::2]
    later = array("f", b"".join(sound.pieces(sound.decode(path, 0.5), RATE)))[::2]
    assert max(map(abs, whole[2000:40_000])) == pytest.approx(0.4, abs=0.05)
    crossing = next(n for n in range(2000, 3000) if whole[24_000 + n] <= 0 < whole[24_000 + n + 1])
    shifted = next(n for n in range(2000, 3000) if later[n] <= 0 < later[n + 1])
    assert abs(crossing - shifted) <= 1, "the same wave stands at the same time"


def test_a_clip_without_sound_is_told(clip) -> None:
    with pytest.raises(MediaError, match="has no sound"):
        list(sound.decode(clip(tone=False)))


def test_raw_files_give_back_what_was_kept(tmp_path: Path) -> None:
    mixing.keep(islice(sound.guide(2), 2), tmp_path / "raw")
    assert b"".join(mixing.kept(tmp_path / "raw")) == b"".join(islice(sound.guide(2), 2))

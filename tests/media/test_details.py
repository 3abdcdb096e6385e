"""How a medium is coded is told as it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import odd_media
from wanspec.domain.artifacts import Artifact, Coding
from wanspec.media.probe import examine, probe


def test_a_clip_tells_its_coding_colour_and_loudness(clip) -> None:
    told = examine(clip("a.mp4", seconds=1.5)).coding
    assert (told.video_codec, told.audio_codec) == ("h264", "aac")
    assert (told.pixel_format, told.colour_matrix, told.colour_range) == ("yuv420p", "BT.709", "limited")
    assert (told.channels, told.sample_rate, told.rotation, told.variable_rate) == (2, 48_000, 0, False)
    assert -45 < told.loudness_lufs < -25
    silent = examine(clip("b.webm", tone=False)).coding
    assert (silent.video_codec, silent.audio_codec, silent.loudness_lufs) == ("vp9", None, None)


def test_a_sound_tells_its_coding_and_loudness(tone) -> None:
    told = examine(tone(seconds=2, level=0.1)).coding
    assert told.loudness_lufs == pytest.approx(-20, abs=0.3)
    assert told.peak_db == pytest.approx(-20, abs=0.3)
    assert (told.audio_codec, told.video_codec, told.is_silent) == ("pcm_s16le", None, False)


def test_silence_is_told_from_sound(tone) -> None:
    assert examine(tone("silent.wav", level=0.0)).coding.is_silent


def test_a_still_tells_its_mode_and_transparency(still) -> None:
    assert probe(still("a.jpg", mode="CMYK")).coding == Coding(pixel_format="CMYK", alpha=False)
    assert probe(still("a.png", mode="RGBA")).coding == Coding(pixel_format="RGBA", alpha=True)
    assert probe(still("b.png", mode="P", transparency=0)).coding == Coding(pixel_format="P", alpha=True)


def test_the_brightness_of_hdr_is_noticed(tmp_path: Path) -> None:
    told = probe(odd_media.clip(tmp_path / "hdr.mp4", pixels="yuv420p10le", curve=16)).coding
    assert (told.pixel_format, told.colour_transfer, told.is_hdr) == ("yuv420p10le", "PQ", True)
    assert not probe(odd_media.clip(tmp_path / "plain.mp4")).coding.is_hdr


def test_the_coding_is_no_part_of_what_an_artifact_is() -> None:
    known = Artifact("0" * 64, "image/png", 7, 1, 1, coding=Coding(pixel_format="RGB"))
    plain = Artifact("0" * 64, "image/png", 7, 1, 1)
    assert known == plain
    assert hash(known) == hash(plain)
    assert known.to_json() == plain.to_json(), "so it is in no lock"
    assert Artifact.from_json(known.with_coding_json()).coding == Coding(pixel_format="RGB")
    assert Artifact.from_json({**plain.to_json(), "coding": "odd"}).coding is None

"""Details agree with what was made."""

from __future__ import annotations

import pytest

from wanspec.media.details import details


def test_a_clip_tells_its_coding_colour_and_loudness(clip) -> None:
    told = details(clip("a.mp4", seconds=2))
    assert told["video_codec"] == "h264"
    assert told["audio_codec"] == "aac"
    assert (told["pixel_format"], told["colour_matrix"], told["colour_range"]) == ("yuv420p", "BT.709", "limited")
    assert (told["channels"], told["sample_rate"], told["rotation"]) == (2, 48_000, 0)
    assert -45 < told["loudness_lufs"] < -25
    assert "loudness_lufs" not in details(clip("b.webm", tone=False))


def test_a_sound_and_a_still_tell_theirs(tone, still) -> None:
    told = details(tone(seconds=2, level=0.1))
    assert told["loudness_lufs"] == pytest.approx(-20, abs=0.3)
    assert told["peak_db"] == pytest.approx(-20, abs=0.3)
    assert told["audio_codec"] == "pcm_s16le"
    assert details(still("a.jpg", mode="CMYK"))["mode"] == "CMYK"

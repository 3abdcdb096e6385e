"""Money, times, digests and texts in a few characters."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from wanspec.domain.artifacts import Artifact, Coding
from wanspec.report.escaping import visible
from wanspec.report.values import change, count, medium, number, seconds, short, size, usd


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0", "$0.00"), ("0.03", "$0.03"), ("12.5", "$12.50"), ("0.0035", "$0.0035"), ("0.0004", "$0.0004")],
)
def test_money(amount: str, words: str) -> None:
    assert usd(Decimal(amount)) == words


def test_an_unknown_price_is_not_nothing() -> None:
    assert usd(None) == "price unknown"
    assert number(None) is None
    assert number(Decimal("3.00")) == 3


@pytest.mark.parametrize(
    ("amount", "words"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (59, "59 s"), (65, "1 min 05 s"), (3900, "1 h 05 min")]
)
def test_times(amount: float, words: str) -> None:
    assert seconds(amount) == words


def test_two_digests_are_told_by_their_first_digits() -> None:
    assert change("sha256:" + "ab" * 32, "sha256:" + "cd" * 32) == ("sha256:abababab…", "sha256:cdcdcdcd…")


def test_values() -> None:
    assert short(None) == "not set"
    assert short("sha256:" + "ab" * 32) == "sha256:abababab…"
    assert short(["a", 1]) == '["a", 1]'
    assert short("x" * 99, 10) == '"xxxxxxxxx…"'
    assert count(1, "item") == "1 item"
    assert count(2, "entry", "entries") == "2 entries"
    assert change("short", None) == ('"short"', "not set")


def test_only_what_is_unsafe_is_escaped() -> None:
    assert visible("雪 é 👩\u200d🚀 \u00a0") == "雪 é 👩\u200d🚀 \u00a0"
    assert visible("a\tb\x7f\u202e\u2028\ud800") == "a\\tb\\x7f\\u202e\\u2028\\ud800"


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0 bytes"), (999, "999 bytes"), (4200, "4.2 kB"), (18_300_000, "18 MB")]
)
def test_sizes(amount: int, words: str) -> None:
    assert size(amount) == words


def test_a_medium_in_one_line() -> None:
    clip = Artifact("0" * 64, "video/mp4", 1_234_567, 1280, 720, 5.0, 30.0, has_audio=True)
    assert medium(clip) == "video/mp4 1280×720, 5 s, 30 fps, 1.2 MB"
    coding = Coding("h264", "yuv420p10le", colour_matrix="BT.2020", colour_transfer="PQ", variable_rate=True)
    heard = replace(coding, audio_codec="aac", channels=2, sample_rate=44_100, loudness_lufs=-23.1)
    assert medium(replace(clip, coding=heard)) == (
        "video/mp4 1280×720, 5 s, 30 fps on average, h264 yuv420p10le BT.2020 PQ, "
        "aac 44.1 kHz stereo, -23.1 LUFS, 1.2 MB"
    )
    assert medium(replace(clip, has_audio=False, coding=coding)).endswith("PQ, no sound, 1.2 MB")
    still = Artifact("0" * 64, "image/jpeg", 900, 8, 8, coding=Coding(pixel_format="CMYK"))
    assert medium(still) == "image/jpeg 8×8, CMYK, 900 bytes"

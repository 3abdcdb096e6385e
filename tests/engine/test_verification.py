"""Whether a file is what was asked for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.engine.verification import Expected, hold_against

STILL = Artifact("a" * 64, "image/png", 10, 1536, 864)
CLIP = Artifact("b" * 64, "video/mp4", 10, 1280, 720, 5.0, 30.0, True)
SOUND = Artifact("c" * 64, "audio/wav", 10, duration=3.0)


@pytest.mark.parametrize(
    ("artifact", "expected"),
    [
        (STILL, Expected()),
        (STILL, Expected("image", "image/png", 1536, 864)),
        (STILL, Expected("image", duration=5.0)),
        (CLIP, Expected("video", "video/mp4", 1280, 720, 5.0)),
        (CLIP, Expected("video", duration=5.0 + 1 / 30)),
        (CLIP, Expected("video", duration=5.0 - 1 / 30)),
        (SOUND, Expected("audio", duration=3.02)),
        (SOUND, Expected("audio", width=100)),
        (STILL, Expected(width=1550, height=850, differs=0.02)),
        (STILL, Expected(ratio=Fraction(16, 9), area=1024 * 1024)),
        (STILL, Expected(ratio=Fraction(1850, 1000))),
        (SOUND, Expected("audio", ratio=Fraction(1), area=1)),
    ],
)
def test_what_is_as_asked_passes(artifact: Artifact, expected: Expected) -> None:
    hold_against(artifact, expected)


@pytest.mark.parametrize(
    ("artifact", "expected", "message"),
    [
        (STILL, Expected("video"), "image/png came, a clip was asked for"),
        (STILL, Expected("image", "image/webp"), "image/png came, image/webp was asked for"),
        (STILL, Expected(width=1535), "it is 1536 pixels wide, 1535 were asked for"),
        (STILL, Expected(height=1), "it is 864 pixels high, 1 were asked for"),
        (CLIP, Expected(duration=5.1), "it lasts 5.000 s, 5.100 s were asked for"),
        (CLIP, Expected(duration=2), "it lasts 5.000 s, 2.000 s were asked for"),
        (STILL, Expected(width=1580, differs=0.02), "it is 1536 pixels wide, 1580 were asked for"),
        (STILL, Expected(ratio=Fraction(1)), "it is 1536 by 864 pixels, a shape of 1:1 was asked for"),
        (CLIP, Expected(ratio=Fraction(9, 16)), "it is 1280 by 720 pixels, a shape of 9:16 was asked for"),
        (STILL, Expected(area=2048 * 2048), "it has 1.3 million, about 4.2 million pixels were asked for"),
        (CLIP, Expected(area=1920 * 1080), "it has 0.9 million, about 2.1 million pixels were asked for"),
        (SOUND, Expected(duration=3.2), "it lasts 3.000 s, 3.200 s were asked for"),
    ],
)
def test_what_is_not_says_how(artifact: Artifact, expected: Expected, message: str) -> None:
    with pytest.raises(MediaError) as raised:
        hold_against(artifact, expected)

    assert raised.value.message == message
    assert raised.value.code == "not_as_asked"

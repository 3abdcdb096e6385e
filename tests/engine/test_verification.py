"""Whether a file is what was asked for."""

from __future__ import annotations

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
        (SOUND, Expected(duration=3.2), "it lasts 3.000 s, 3.200 s were asked for"),
    ],
)
def test_what_is_not_says_how(artifact: Artifact, expected: Expected, message: str) -> None:
    with pytest.raises(MediaError) as raised:
        hold_against(artifact, expected)

    assert raised.value.message == message
    assert raised.value.code == "not_as_asked"

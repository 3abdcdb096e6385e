"""What a vendor publishes of the media that it takes is held against those that a list gives it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.odd_media import animation, still
from wanspec.catalogue.catalogue import load_catalogue
from wanspec.domain.artifacts import Artifact, Coding
from wanspec.domain.requests import MediaLimits
from wanspec.media.operations import Expected
from wanspec.pipeline import prepare
from wanspec.stages.load import Given
from wanspec.stages.media_limits import breaches

LIMITS = MediaLimits(
    types=("image/png", "image/jpeg", "video/mp4"),
    alpha=False,
    sides=(240, 8000),
    aspect=8,
    seconds=(2, 10),
    bytes=20_000_000,
)
PICTURE = Artifact("0" * 64, "image/png", 1000, 800, 600, coding=Coding(pixel_format="RGB", alpha=False))
CLIP = Artifact("0" * 64, "video/mp4", 1000, 1280, 720, 5.0, 30.0)


@pytest.mark.parametrize(
    ("medium", "expected"),
    [
        (PICTURE, []),
        (CLIP, []),
        (Expected(), []),
        (replace(CLIP, duration=10.04), []),
        (replace(PICTURE, width=239), ["239×600: 240 to 8000 pixels a side"]),
        (replace(PICTURE, height=8001), ["800×8001: 240 to 8000 pixels a side"]),
        (replace(PICTURE, width=4000, height=480), ["4000×480: proportions up to 8:1"]),
        (replace(PICTURE, bytes=20_000_001), ["20.0 MB: at most 20 MB"]),
        (replace(PICTURE, media_type="image/gif"), ["GIF: PNG or JPG or MP4"]),
        (replace(PICTURE, duration=1.5), ["an animation: stills"]),
        (replace(PICTURE, coding=Coding(alpha=True)), ["transparent: none that is"]),
        (replace(CLIP, duration=1.0), ["1 s long: 2 to 10 s"]),
        (replace(CLIP, duration=12.0, width=100), ["100×720: 240 to 8000 pixels a side", "12 s long: 2 to 10 s"]),
        (Expected("video", 1280, 720, 15.0), ["15 s long: 2 to 10 s"]),
    ],
)
def test_each_limit_that_is_not_kept_is_told(medium: Any, expected: list[str]) -> None:
    assert [f"{what}: {taken}" for what, taken in breaches(LIMITS, medium)] == expected


def test_nothing_is_outside_of_what_nobody_published() -> None:
    huge = replace(PICTURE, width=1, height=90_000, bytes=10**12, coding=Coding(alpha=True))
    assert list(breaches(MediaLimits(), huge)) == []


HEAD = """\
wanspec: 1
name: film
defaults:
  image: {model: runware/wan2.7-image, width: 1024, height: 1024}
  video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 5, prompt_enhance: false}
shots:
  - {id: long, model: local/hold, source: good.png, seconds: 40}
"""


@pytest.mark.parametrize(
    ("shot", "path", "message"),
    [
        (
            "prompt: x, reference_images: [good.png, small.png]",
            "reference_images[1]",
            "`small.png` is 64×48: the vendor takes 240 to 8000 pixels a side",
        ),
        (
            "prompt: x, reference_images: [clear.png]",
            "reference_images[0]",
            "`clear.png` is transparent: the vendor takes none that is",
        ),
        (
            "prompt: x, reference_images: [moving.gif]",
            "reference_images[0]",
            "`moving.gif` is GIF: the vendor takes JPG or PNG or BMP or WEBP; 64×48: the vendor takes 240 to 8000 "
            "pixels a side",
        ),
        (
            "kind: video, prompt: x, first_frame: \"{{ 'good.png' | resize(100, 100) }}\"",
            "first_frame",
            "the medium is 100×100: the vendor takes 240 to 8000 pixels a side",
        ),
        (
            "kind: video, prompt: x, reference_videos: [\"{{ ref('long') }}\"]",
            "reference_videos[0]",
            "the medium is 40 s long: the vendor takes 1 to 30 s",
        ),
    ],
)
def test_media_outside_the_limits_are_a_lint_at_their_place(tmp_path: Path, shot: str, path: str, message: str) -> None:
    still(tmp_path / "good.png", size=(256, 256))
    still(tmp_path / "small.png")
    still(tmp_path / "clear.png", "RGBA", (256, 256))
    animation(tmp_path / "moving.gif")
    (tmp_path / "wanspec.yaml").write_text(HEAD + f"  - {{id: x, {shot}}}\n")
    [lint] = prepare(Given(tmp_path)).diagnostics
    assert (lint.code, lint.is_error, lint.at.path) == ("WS417", False, f"shots[1].{path}")
    assert lint.message == message
    (tmp_path / "wanspec.yaml").write_text(HEAD + f"  - {{id: x, lint: {{WS417: off}}, {shot}}}\n")
    assert prepare(Given(tmp_path)).diagnostics == ()


def test_every_model_of_a_vendor_says_what_media_it_takes() -> None:
    """But for the marks that some lay over a picture, of which nothing is published."""
    catalogue = load_catalogue(None).value
    assert catalogue is not None
    silent = {
        place.pattern
        for model in map(catalogue.get, catalogue.ids())
        if model is not None and not model.is_local
        for place in model.media
        if set(place.limits) != set(place.kinds)
    }
    assert silent == {"advancedFeatures.watermark.image"}

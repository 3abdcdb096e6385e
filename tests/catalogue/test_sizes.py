"""What size a request asks for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.sizes import Promise, gear_of, output_size, promised_size, size_source
from wanspec.domain.items import Unknown


@pytest.mark.parametrize(
    ("name", "native", "size"),
    [
        ("runware/wan2.7-image", {"width": 1536, "height": 864}, (1536, 864)),
        ("runware/wan2.7-image", {"width": 1536}, None),
        ("runware/wan2.7-video", {"width": 1280, "height": 720}, (1280, 720)),
        ("aihubmax/wan-2.7-image", {}, (1024, 1024)),
        ("aihubmax/wan-2.7-image", {"image_size": "landscape_16_9"}, (1360, 768)),
        ("aihubmax/wan-2.7-image", {"image_size": {"width": 800, "height": 900}}, (800, 900)),
        ("empiriolabs/wan2-7-image", {}, (2720, 1536)),
        ("empiriolabs/wan2-7-image", {"aspect_ratio": "1:1", "resolution": "1K"}, (1024, 1024)),
        ("empiriolabs/wan2-7-image", {"use_custom_size": True, "custom_width": 900, "custom_height": 800}, (900, 800)),
        ("empiriolabs/wan2-7-image", {"size": "640x480"}, (640, 480)),
        ("reapi/wan2.7-image", {"size": "16:9", "resolution": "1k"}, (1360, 768)),
        ("reapi/wan2.7-image", {"size": "1k"}, (1024, 1024)),
        ("reapi/wan2.7-image", {"size": "800x1000"}, (800, 1000)),
        ("reapi/wan2.7-image", {"size": Unknown(("a",))}, None),
        ("reapi/wan2.7-image", {"image_urls": ["a.png"]}, None),
    ],
)
def test_pixels_of_a_request(
    catalogue: Catalogue, name: str, native: dict[str, Any], size: tuple[int, int] | None
) -> None:
    assert output_size(model_called(catalogue, name), native) == size


@pytest.mark.parametrize(
    ("name", "native", "source", "ratio", "size"),
    [
        (
            "runware/wan2.7-video",
            {"inputs": {"frameImages": [{"image": "a"}, "b"]}, "resolution": "720p"},
            "inputs.frameImages[0].image",
            Fraction(16, 9),
            (1280, 720),
        ),
        (
            "runware/wan2.7-video",
            {"inputs": {"frameImages": ["a"]}},
            "inputs.frameImages[0]",
            Fraction(1536, 864),
            (1920, 1080),
        ),
        (
            "runware/wan2.7-video",
            {"inputs": {"frameImages": ["a"]}, "resolution": "720p"},
            "inputs.frameImages[0]",
            Fraction(2),
            (1344, 672),
        ),
        (
            "empiriolabs/wan2-7-image",
            {"image": ["a", "b"], "resolution": "1K"},
            "image[1]",
            Fraction(4, 3),
            (1168, 880),
        ),
        ("reapi/wan2.7-image", {"image_urls": ["a", "b", "c"]}, "image_urls[2]", Fraction(3, 4), (1536, 2048)),
    ],
)
def test_a_result_follows_the_media_that_go_in(
    catalogue: Catalogue, name: str, native: dict[str, Any], source: str, ratio: Fraction, size: tuple[int, int]
) -> None:
    model = model_called(catalogue, name)
    assert size_source(model, native) == source
    assert output_size(model, native) is None
    assert output_size(model, native, ratio) == size


def test_a_ratio_that_was_chosen_follows_nothing(catalogue: Catalogue) -> None:
    model = model_called(catalogue, "empiriolabs/wan2-7-image")
    assert size_source(model, {"image": ["a"], "aspect_ratio": "1:1"}) == ""


@pytest.mark.parametrize(
    ("native", "gear"),
    [
        ({}, "1080p"),
        ({"resolution": "720p", "inputs": {"frameImages": ["a.png"]}}, "720p"),
        ({"width": 832, "height": 1088}, "720p"),
        ({"width": 1440, "height": 1440}, "1080p"),
        ({"width": 1440, "height": Unknown(("a",))}, None),
    ],
)
def test_the_class_of_a_size(catalogue: Catalogue, native: dict[str, Any], gear: str | None) -> None:
    assert gear_of(model_called(catalogue, "runware/wan2.7-video"), native) == gear


WIDE = Fraction(16, 9)


@pytest.mark.parametrize(
    ("name", "native", "promise"),
    [
        ("runware/wan2.7-image", {"width": 1536, "height": 864}, Promise(1536, 864)),
        # What the presets are in pixels stands nowhere.
        ("aihubmax/wan-2.7-image", {"image_size": "landscape_16_9"}, Promise(ratio=WIDE)),
        ("aihubmax/wan-2.7-image", {}, Promise()),
        (
            "reapi/wan2.7-image",
            {"size": "16:9", "resolution": "2k"},
            Promise(ratio=WIDE, area=2048 * 1152),
        ),
        ("reapi/wan2.7-image", {"size": "1K"}, Promise(area=1024 * 1024)),
        ("reapi/wan2.7-image", {"image_urls": ["a.png"]}, Promise()),
        ("reapi/wan2.7-image", {"image_urls": ["a.png"], "size": "16:9"}, Promise()),
        ("reapi/wan2.7-image", {"image_urls": ["a.png"], "size": "800x1000"}, Promise()),
        ("reapi/wan2.7-image", {"size": Unknown(("a",))}, Promise()),
        (
            "empiriolabs/wan2-7-image",
            {"aspect_ratio": "1:1", "resolution": "1K"},
            Promise(ratio=Fraction(1), area=1024 * 1024),
        ),
        (
            "runware/wan2.7-video",
            {"inputs": {"frameImages": ["a"]}, "resolution": "720p"},
            Promise(area=960 * 960),
        ),
    ],
)
def test_what_a_vendor_is_held_to(catalogue: Catalogue, name: str, native: dict[str, Any], promise: Promise) -> None:
    assert promised_size(model_called(catalogue, name), native) == promise

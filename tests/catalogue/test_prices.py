"""Prices by the vendors' published rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.model import Model
from wanspec.catalogue.prices import price
from wanspec.domain.items import Unknown


@pytest.mark.parametrize(
    ("name", "native", "usd"),
    [
        ("runware/wan2.7-image", {}, "0.03"),
        ("runware/wan2.7-image", {"numberResults": 4}, "0.12"),
        ("runware/wan2.7-image-pro", {"width": 4096, "height": 4096}, "0.075"),
        ("runware/wan2.7-video", {"width": 1280, "height": 720, "duration": 8}, "0.8"),
        ("runware/wan2.7-video", {"width": 1920, "height": 1080, "duration": 8}, "1.2"),
        ("runware/wan2.7-video", {"width": 832, "height": 1088}, "0.5"),
        ("runware/wan2.7-video", {"inputs": {"frameImages": ["a"]}}, "0.75"),
        ("runware/wan2.7-video", {"inputs": {"frameImages": ["a"]}, "resolution": "720p", "duration": 2}, "0.2"),
        ("runware/wan2.7-video", {"width": 1280, "height": 720, "numberResults": 2}, "1"),
        ("empiriolabs/wan2-7-image", {}, "0.075"),
        ("empiriolabs/wan2-7-image", {"model_variant": "wan2.7-image", "num_images": 3}, "0.09"),
        ("empiriolabs/wan2-7-image", {"enable_sequential": True, "num_images_set": 12}, "0.9"),
        ("reapi/wan2.7-image", {}, "0.024"),
        ("reapi/wan2.7-image", {"n": 4}, "0.096"),
        ("reapi/wan2.7-image-pro", {"n": 12, "enable_sequential": True}, "0.719"),
        ("local/concat", {"clips": ["a.mp4"]}, "0"),
    ],
)
def test_prices(catalogue: Catalogue, name: str, native: dict[str, Any], usd: str) -> None:
    found = price(model_called(catalogue, name), native).usd
    assert found == Decimal(usd)
    assert "E" not in str(found)


@pytest.mark.parametrize(
    ("native", "note"),
    [
        ({"width": 1280, "height": 720, "duration": Unknown(("voice",))}, "depends on `duration`"),
        ({"width": Unknown(("plate",)), "height": 720}, "depends on the size"),
        (
            {"width": 1280, "height": 720, "inputs": {"referenceVideos": ["a.mp4"]}},
            "depends on the length of the videos that go in",
        ),
        ({"width": 1280, "height": 720, "numberResults": Unknown(("a",))}, "depends on `numberResults`"),
    ],
)
def test_a_price_that_hangs_on_something_is_unknown(motion: Model, native: dict[str, Any], note: str) -> None:
    assert (price(motion, native).usd, price(motion, native).note) == (None, note)


def test_videos_that_go_in_are_paid(motion: Model) -> None:
    native = {"width": 1280, "height": 720, "duration": 5, "inputs": {"referenceVideos": ["a.mp4"]}}
    assert price(motion, native, input_seconds=2.5).usd == Decimal("0.75")


def test_a_vendor_without_a_price_list_is_never_free(catalogue: Catalogue) -> None:
    found = price(model_called(catalogue, "aihubmax/wan-2.7-image"), {"prompt": "x"})
    assert found.usd is None
    assert found.note == "the vendor tells its prices only at `/api/pricing`"

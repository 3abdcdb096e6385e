"""Portable values in a vendor's spelling."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.catalogue.transforms import (
    NotTransformable,
    palette_from_percents,
    palette_to_percents,
    percent_of,
    plain_number,
    same_text,
)


def palette(*ratios: object) -> list[dict[str, object]]:
    return [{"hex": "#112233", "ratio": one} for one in ratios]


@pytest.mark.parametrize(
    ("ratios", "texts"),
    [
        ((34, 33, 33), ["34.00%", "33.00%", "33.00%"]),
        ((33.33, 33.33, 33.33), ["33.34%", "33.33%", "33.33%"]),
        ((100 / 3, 100 / 3, 100 / 3), ["33.34%", "33.33%", "33.33%"]),
        ((23.505, 76.495), ["23.51%", "76.49%"]),
        ((50.004, 50.004), ["50.00%", "50.00%"]),
        ((50.01, 50.0), ["50.00%", "50.00%"]),
    ],
)
def test_what_rounding_leaves_goes_to_the_largest_remainder(ratios: tuple[float, ...], texts: list[str]) -> None:
    assert [one["ratio"] for one in palette_to_percents(palette(*ratios))] == texts


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=10))
def test_shares_sum_to_a_hundred_to_the_digit(parts: list[int]) -> None:
    shares = [part * 100 / sum(parts) for part in parts]
    texts = [one["ratio"] for one in palette_to_percents(palette(*shares))]
    assert sum(Decimal(text.rstrip("%")) for text in texts) == 100
    assert all(
        abs(Decimal(text.rstrip("%")) - Decimal(share)) < Decimal("0.011")
        for text, share in zip(texts, shares, strict=True)
    )


@pytest.mark.parametrize(
    ("value", "message", "path"),
    [
        ("#112233", "must be a list of colours", ()),
        (["#112233"], "must be a mapping with `hex` and `ratio`", (0,)),
        (palette(50, 40), "has ratios that sum to 90, not to 100", ()),
        (palette(100, 0), "must be more than 0 and at most 100", (1, "ratio")),
        (palette(float("nan")), "must be more than 0 and at most 100", (0, "ratio")),
        (palette(True), "must be a number", (0, "ratio")),
        ([{"hex": "#112233"}], "has no `ratio`", (0,)),
    ],
)
def test_palettes_that_are_none(value: Any, message: str, path: tuple[object, ...]) -> None:
    with pytest.raises(NotTransformable) as caught:
        palette_to_percents(value)
    assert (caught.value.message, caught.value.path) == (message, path)


def test_back_to_numbers() -> None:
    assert palette_from_percents(palette("34.50%", "65%", "x")) == palette(34.5, 65, "x")
    assert percent_of("7%") == 7
    assert percent_of(7) == 7


@pytest.mark.parametrize(
    ("way", "one", "other"),
    [
        ("upper", "2k", "2K"),
        ("percent", "34%", "34.00%"),
        ("percent", "34.5%", "34.50%"),
        ("json", '[{"ratio": "34%"}]', '[{"ratio":"34.00%"}]'),
        ("json", '{"b":1,"a":2}', '{"a": 2, "b": 1}'),
    ],
)
def test_spellings_of_one_text(way: str, one: str, other: str) -> None:
    assert same_text(way, one) == same_text(way, other)


def test_what_is_no_such_text_stays() -> None:
    assert same_text("percent", "a lot") == "a lot"
    assert same_text("percent", "33.333%") == "33.333%"
    assert same_text("json", "[") == "["
    assert same_text("upper", 3) == 3


def test_numbers_without_exponents() -> None:
    assert [plain_number(Decimal(one)) for one in ("100", "0.10", "1E+2", "99.5")] == ["100", "0.1", "100", "99.5"]

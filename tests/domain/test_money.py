"""Money is never written as another amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.domain.money import dollars


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "$0.00"),
        ("0.000", "$0.00"),
        ("25", "$25.00"),
        ("1E+3", "$1000.00"),
        ("0.35", "$0.35"),
        ("12.345", "$12.345"),
        ("0.105", "$0.105"),
        ("0.0004", "$0.0004"),
        ("0.000001", "$0.000001"),
        ("0.00000000123", "$0.0000000012"),
        ("0.0333333333333", "$0.033333"),
        ("-0.5", "-$0.50"),
    ],
)
def test_all_digits_that_there_are(amount: str, words: str) -> None:
    assert dollars(Decimal(amount)) == words


@given(st.decimals(min_value=0, max_value=100_000, places=6), st.decimals(min_value=0, max_value=100_000, places=6))
def test_two_amounts_look_the_same_only_where_they_are(one: Decimal, other: Decimal) -> None:
    assert Decimal(dollars(one)[1:]) == one
    assert (dollars(one) == dollars(other)) == (one == other)

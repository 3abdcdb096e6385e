"""Item ids: rule 5 of the language and its fine print."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.stages.names import KeyFault, default_key, key_of_text, slug, text_of


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Low Angle", "low-angle"),
        ("over the bridge", "over-the-bridge"),
        ("Zürich", "zürich"),
        ("Zu\u0308rich", "zürich"),  # NFD as macOS types it
        ("東京 タワー", "東京-タワー"),
        ("१२", "१२"),  # Devanagari digits
        ("½", ""),  # a number, but no digit
        ("--a--b--", "a-b"),
        ("a_b.c", "a_b.c"),
        ("../..", "..-.."),
        ("50 %", "50"),
    ],
)
def test_a_slug_keeps_letters_and_digits_of_every_script(text, made):
    assert slug(text) == made


@given(st.text())
def test_a_slug_is_stable_lower_case_and_nfc(text):
    made = slug(text)
    assert slug(made) == made
    assert unicodedata.normalize("NFC", made) == made
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert "--" not in made
    assert "/" not in made


def test_a_given_key_keeps_its_slashes():
    assert key_of_text("Oslo/Low Angle") == "oslo/low-angle"


@pytest.mark.parametrize("text", ["", "a//b", "..", "a/./b", "!!!", "/a"])
def test_an_empty_part_or_one_of_dots_is_refused(text):
    with pytest.raises(KeyFault):
        key_of_text(text)


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"city": "Oslo", "angle": "low"}, "oslo/low"),
        ({"n": 3, "x": 2.5, "b": True}, "3/2.5/true"),
        ({"city": {"code": "osl", "name": "Oslo"}}, "osl"),
        ({"city": {"id": None, "name": "Oslo"}}, "oslo"),
        ({"x": 1.0}, "1"),
    ],
)
def test_the_default_key_is_the_values_in_order(variables, key):
    assert default_key(variables, row=False) == key


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"title": "A", "id": "x1"}, "x1"),
        ({"title": "A", "year": 1999}, "a/1999"),
        ({"id": None, "code": "osl", "name": "Oslo"}, "osl"),
    ],
)
def test_a_row_stands_for_its_name_or_else_all_its_values(row, key):
    assert default_key(row, row=True) == key


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_what_is_no_scalar_makes_no_text(value):
    with pytest.raises(KeyFault):
        text_of(value)


@pytest.mark.parametrize("variables", [{"a": None}, {"a": [1, 2]}, {"a": {"title": "x"}}])
def test_a_value_without_a_name_asks_for_a_key(variables):
    with pytest.raises(KeyFault, match=r"`key` is required|leaves nothing"):
        default_key(variables, row=False)

"""Where names and values of a YAML file begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.domain.nodes import Node
from wanspec.reading.marked_yaml import read_yaml
from wanspec.reading.spans import Span, spans

TEXT = """\
# a list
wanspec: 1
"quoted": 'déjà 💡 vu'   # a comment
flow: {one: 1, prompt: A pier, last: [x, {y: z}]}
folded: >-
  two
  lines

next:
  - first: a
    second: plain
      goes on
"""


def cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_names_and_values_are_cut_out_exactly(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    found = spans(text)
    assert found is not None
    by_line = {place: (cut(text, one.name), cut(text, one.value).rstrip()) for place, one in found.by_name.items()}
    assert by_line[2, 1] == ("wanspec", "1")
    assert by_line[3, 1] == ('"quoted"', "'déjà 💡 vu'")
    assert by_line[4, 8] == ("one", "1")
    assert by_line[4, 16] == ("prompt", "A pier")
    assert by_line[4, 43] == ("y", "z")
    assert by_line[5, 1] == ("folded", newline.join([">-", "  two", "  lines"]))
    assert by_line[11, 5] == ("second", newline.join(["plain", "      goes on"]))
    entry = found.by_value[4, 24]
    assert (entry.in_flow, entry.column, entry.is_scalar) == (True, 15, True)
    assert not found.by_name[4, 1].is_scalar
    first = found.by_mapping[10, 5]
    assert cut(text, first.name) == "first"
    assert first.in_flow is False


def test_what_an_alias_stands_for_is_met_once() -> None:
    text = "a: &a {x: &t text, y: *t}\nb: *a\nc: *a\n"
    found = spans(text)
    assert found is not None
    assert [cut(text, one.name) for one in found.by_name.values()] == ["a", "b", "c", "x", "y"]
    assert (1, 23) not in found.by_value  # `*t` is not where its text is written


@pytest.mark.parametrize("text", ["a: [", "a: *b", "a: b: c", "a: \x85b", "a: 'x\u2028y'", "[" * 5000])
def test_what_cannot_be_read_or_counted_has_none(text: str) -> None:
    assert spans(text) is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "text"])
def test_what_has_no_names_has_no_entries(text: str) -> None:
    found = spans(text)
    assert found is not None
    assert not found.by_name


@given(st.dictionaries(st.text("abÄ💡é", min_size=1, max_size=3), st.text("x y\u4e2d'", max_size=9), min_size=1))
def test_its_places_are_those_of_the_reader(entries: dict[str, str]) -> None:
    text = "".join(f"{name}: '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in entries.items())
    found = spans(text)
    node = read_yaml(text, "a.yaml").value
    assert found is not None
    assert isinstance(node, Node)
    for name, value in node.mapping.items():
        entry = found.by_name[value.key_line, value.key_column]
        assert cut(text, entry.name) == name
        assert entry is found.by_value[value.line, value.column]

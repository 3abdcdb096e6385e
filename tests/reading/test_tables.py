"""Data files: cells become numbers only where nothing is lost, and what is wrong has its line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanspec.reading.tables import level_rows, read_data, typed_text


def rows(text: str | bytes, file: str = "data/t.csv") -> object:
    read = read_data(text, file)
    assert read.diagnostics == ()
    return read.value


def faults(text: str | bytes, file: str = "t.csv") -> list[tuple[str, int, int, str]]:
    read = read_data(text, file)
    assert read.value is None
    return [(one.code, one.at.line, one.at.column, one.message) for one in read.diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-3", -3), ("0", 0), ("2.5", 2.5), ("-0.25", -0.25), ("true", True), ("false", False)],
)
def test_what_is_written_back_the_same_becomes_a_value(text: str, value: object) -> None:
    assert typed_text(text) == value
    assert type(typed_text(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "007",
        "1.10",
        "2.0",
        "-0",
        "+5",
        " 5",
        "1e5",
        ".5",
        "5.",
        "1_0",
        "True",
        "null",
        "nan",
        "inf",
        "",
        "5 ",
        "١",
        "9007199254740992",
        "0.1000000000000000055511151231257827",
    ],
)
def test_all_else_stays_text(text: str) -> None:
    assert typed_text(text) == text
    assert isinstance(typed_text(text), str)


@given(st.text(max_size=30))
def test_a_typed_text_is_written_back_as_the_same_characters(text: str) -> None:
    value = typed_text(text)
    assert (value if isinstance(value, str) else json.dumps(value)) == text


def test_rows_of_a_table() -> None:
    text = 'city,code,lat,open\nOslo,007,59.9,true\n"São\nPaulo","a, ""b""",,\n\n'
    assert rows(text) == [
        {"city": "Oslo", "code": "007", "lat": 59.9, "open": True},
        {"city": "São\nPaulo", "code": 'a, "b"', "lat": None, "open": None},
    ]


@pytest.mark.parametrize("text", ["a;b\n1;2,5\n", "a\tb\n1\t2,5\n"])
def test_semicolons_and_tabs_where_the_header_has_no_comma(text: str) -> None:
    assert rows(text) == [{"a": 1, "b": "2,5"}]


def test_spreadsheet_files_as_they_come() -> None:
    assert rows(b"\xef\xbb\xbfa, b\r\n1,2\r\n") == [{"a": 1, "b": 2}]
    assert rows("only\nx\n\ny\n") == [{"only": "x"}, {"only": "y"}]
    assert rows("a,b\n") == []
    assert rows("a\tb\nx, y\t2\n", "t.tsv") == [{"a": "x, y", "b": 2}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("WS012", 1, 1, "the file is empty")]),
        ("a,b\n1\n", [("WS030", 2, 1, "this row has 1 cell, the header names 2 columns")]),
        ('a,b\n"x\ny",2\n1,2,3\n', [("WS030", 4, 1, "this row has 3 cells, the header names 2 columns")]),
        ("a,a\n1,2\n", [("WS030", 1, 1, "two columns are called `a`")]),
        ("a,\n1,2\n", [("WS030", 1, 1, "column 2 has no name")]),
        ('a,b\n1,2\n"x,1\n', [("WS030", 3, 1, "a quote is opened in this row and never closed")]),
        ('a,b\n"x"y,1\n', [("WS030", 2, 1, "text follows a closing quote in this row")]),
        ("a,b\nx,\x00\n", [("WS004", 2, 3, "a NUL character in the file")]),
        (b"a,b\nx,\xe9\n", [("WS003", 2, 3, "the file is not UTF-8: byte 0xe9 begins no character")]),
        ("a\n" + "x" * 200_000, [("WS010", 2, 1, "a cell is larger than 131072 characters")]),
    ],
)
def test_faults_of_a_table(text: str | bytes, expected: list[tuple[str, int, int, str]]) -> None:
    assert faults(text) == expected


def test_json_may_be_any_value() -> None:
    assert rows('{"a": [1, 2.5, null, "\\ud83d\\ude00"]}', "x.json") == {"a": [1, 2.5, None, "😀"]}
    assert rows("5", "x.JSON") == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("WS012", 1, 1, "the file is empty")]),
        ('{"a": 1,\n "b": }', [("WS031", 2, 7, "this is not JSON: a value is expected here")]),
        ('{"a": {"b": 1,\n "b": 2}}', [("WS006", 2, 2, "`b` is written twice in one mapping")]),
        ('["a: NaN", NaN]', [("WS013", 1, 12, "`NaN` is a number that JSON cannot hold")]),
        ("[1e400]", [("WS013", 1, 2, "`1e400` is a number that JSON cannot hold")]),
        ("[12345678901234567890]", [("WS013", 1, 2, "`12345678901234567890` is a number that JSON cannot hold")]),
        ('["\\ud800"]', [("WS004", 1, 3, "an escape names NUL or half a character, which is no text")]),
        ('{"a\\u0000": 1}', [("WS004", 1, 4, "an escape names NUL or half a character, which is no text")]),
        ("[" * 100_000, [("WS010", 1, 65, "lists and mappings nest more than 64 deep")]),
        ('["[[[", 1] x', [("WS031", 1, 12, "this is not JSON: something follows the end of the value")]),
    ],
)
def test_faults_of_json(text: str, expected: list[tuple[str, int, int, str]]) -> None:
    assert faults(text, "x.json") == expected


def test_json_lines_one_value_a_line() -> None:
    assert rows('{"a": 1}\n\n{"b": 2}\r\n', "x.jsonl") == [{"a": 1}, {"b": 2}]
    assert rows("", "x.ndjson") == []
    found = faults('{"a": 1}\n{"a" 1}\n{"b": NaN}\n', "x.jsonl")
    assert [(code, line, column) for code, line, column, _ in found] == [("WS031", 2, 6), ("WS013", 3, 7)]


def test_yaml_as_data() -> None:
    assert rows("- {a: 16:9}\n- {a: no}\n", "x.yml") == [{"a": "16:9"}, {"a": "no"}]
    assert faults("a: 1\na: 2\n", "x.yaml")[0][:3] == ("WS006", 2, 1)


def test_another_kind_of_file_is_refused_by_name() -> None:
    assert faults("x", "data/x.xlsx")[0][0] == "WS032"
    assert faults("x", "data.csv/x")[0][0] == "WS032"


def test_every_row_gets_every_column() -> None:
    assert level_rows([{"a": 1}, {"b": 2, "a": 3}, None]) == [{"a": 1, "b": None}, {"a": 3, "b": 2}, None]
    assert [list(row) for row in level_rows([{"a": 1, "b": 2}, {"b": 3, "a": 4}])] == [["a", "b"], ["a", "b"]]
    assert level_rows([{}, {"a": 1}]) == [{"a": None}, {"a": 1}]
    assert level_rows([]) == []


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(st.sampled_from('ab,;"\n\r\t{}[]:0.1e-NI\\u'), max_size=40), st.binary(max_size=60)),
    st.sampled_from(["x.csv", "x.tsv", "x.json", "x.jsonl", "x.yaml", "x"]),
)
def test_no_input_raises(text: str | bytes, file: str) -> None:
    read = read_data(text, file)
    if not read.diagnostics:
        json.dumps(read.value, allow_nan=False).encode()
    else:
        assert all(one.at.line >= 1 and one.message for one in read.diagnostics)

"""How a diagnostic reads."""

from __future__ import annotations

import json

from wanspec.domain.diagnostics import Diagnostic, Severity
from wanspec.domain.nodes import Location
from wanspec.report.diagnostics import counted, for_machines, for_people
from wanspec.report.paint import ansi

TEXT = """wanspec: 1
shots:
  - model: runware/wan2.7-imgae
    prompt: "雪の港, {{ heroo }}"
\tbad: \x1b[31mred
"""


def words(*diagnostics: Diagnostic, text: str | None = TEXT) -> str:
    return for_people(diagnostics, lambda _: text)


def test_the_place_the_message_an_excerpt_with_a_caret_and_a_hint() -> None:
    one = Diagnostic(
        "WS201",
        "no model is called `runware/wan2.7-imgae`",
        Location("wanspec.yaml", 3, 12),
        "did you mean `runware/wan2.7-image`?",
    )
    assert words(one) == (
        "wanspec.yaml:3:12: error[WS201]: no model is called `runware/wan2.7-imgae`\n"
        "  3 |   - model: runware/wan2.7-imgae\n"
        "    |            ^\n"
        "  hint: did you mean `runware/wan2.7-image`?"
    )


def test_the_caret_stands_right_below_wide_characters() -> None:
    assert words(Diagnostic("WS302", "no variable is called `heroo`", Location("a.yaml", 4, 22))) == (
        "a.yaml:4:22: error[WS302]: no variable is called `heroo`\n"
        '  4 |     prompt: "雪の港, {{ heroo }}"\n'
        "    | " + " " * 24 + "^"
    )


def test_control_characters_are_shown_and_never_sent_to_the_terminal() -> None:
    one = Diagnostic("WS101", "no field is called `\x1b]0;x\x07\u202e`", Location("a.yaml", 5, 2), "a\nb")
    assert words(one) == (
        "a.yaml:5:2: error[WS101]: no field is called `\\x1b]0;x\\x07\\u202e`\n"
        "  5 |     bad: \\x1b[31mred\n"
        "    |     ^\n"
        "  hint: a\\nb"
    )


def test_several_at_once_with_counts_and_secondary_places() -> None:
    first = Diagnostic("WS402", "`seed` is left out", Location("b.yaml", 1, 1), severity=Severity.WARNING)
    second = Diagnostic(
        "WS202",
        "too wide",
        Location("wanspec.yaml", 3, 5),
        count=200,
        also=((Location("wanspec.yaml", 1, 1), "the value comes from here"),),
    )
    assert words(first, second).splitlines() == [
        "wanspec.yaml:3:5: error[WS202]: too wide (200 items)",
        "  3 |   - model: runware/wan2.7-imgae",
        "    |     ^",
        "  wanspec.yaml:1:1: the value comes from here",
        "  1 | wanspec: 1",
        "    | ^",
        "b.yaml:1:1: warning[WS402]: `seed` is left out",
        "  1 | wanspec: 1",
        "    | ^",
    ]
    assert counted([first, second, second]) == "2 errors, 1 warning"
    assert counted([]) == ""


def test_without_the_text_or_past_its_end_there_is_no_excerpt() -> None:
    one = Diagnostic("WS001", "cannot be read", Location("a.yaml", 99, 1))
    assert words(one) == words(one, text=None) == "a.yaml:99:1: error[WS001]: cannot be read"


def test_a_very_long_line_is_shown_around_its_column() -> None:
    shown = words(Diagnostic("WS001", "m", Location("a.yaml", 1, 5001)), text="x" * 5000 + "Y" + "z" * 5000)
    _, line, caret = shown.splitlines()
    assert len(line) < 140
    assert line[caret.index("^")] == "Y"


def test_a_column_past_the_end_of_the_line_still_gets_its_caret() -> None:
    _, line, caret = words(Diagnostic("WS001", "m", Location("a.yaml", 1, 4)), text="abc").splitlines()
    assert caret.index("^") == len(line)


def test_crlf_is_no_part_of_a_line() -> None:
    assert words(Diagnostic("WS001", "m", Location("a", 2, 1)), text="one\r\ntwo\r\n").splitlines()[1] == "  2 | two"


def test_colours_only_where_asked_for() -> None:
    one = Diagnostic("WS001", "m", Location("a", 1, 1), "h")
    assert "\x1b" not in words(one)
    assert "\x1b[1;31merror[WS001]:\x1b[0m" in for_people([one], lambda _: "x", paint=ansi)


def test_the_json_shape() -> None:
    one = Diagnostic("WS202", "m", Location("wanspec.yaml", 3, 5, "shots[0].width"), "h", Severity.ERROR, "a", "a/b", 2)
    assert json.loads(json.dumps(for_machines([one]))) == [
        {
            "severity": "error",
            "code": "WS202",
            "message": "m",
            "hint": "h",
            "file": "wanspec.yaml",
            "line": 3,
            "column": 5,
            "path": "shots[0].width",
            "shot": "a",
            "item": "a/b",
            "count": 2,
            "also": [],
        }
    ]

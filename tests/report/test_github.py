"""Diagnostics as annotations of GitHub Actions."""

from __future__ import annotations

from wanspec.domain.diagnostics import Diagnostic, Severity
from wanspec.domain.nodes import Location
from wanspec.report.github import workflow_commands


def shown(file: str) -> str | None:
    return None if file == "--var" else f"film/{file}"


def test_a_fault_is_one_line_with_its_place_its_other_places_and_its_hint() -> None:
    one = Diagnostic(
        "WS108",
        "`height` stands beside `aspect_ratio`",
        Location("wanspec.yaml", 12, 5),
        "keep one of them",
        also=((Location("shots/a.yaml", 3, 7), "`aspect_ratio` is here"),),
        count=200,
    )
    assert workflow_commands([one], shown) == (
        "::error file=film/wanspec.yaml,line=12,col=5,title=WS108::"
        "film/wanspec.yaml:12:5: `height` stands beside `aspect_ratio` (200 items)"
        "%0Afilm/shots/a.yaml:3:7: `aspect_ratio` is here%0Ahint: keep one of them"
    )


def test_a_lint_is_a_warning_and_comes_after_the_errors() -> None:
    lint = Diagnostic("WS408", "unused", Location("wanspec.yaml", 1, 1), severity=Severity.WARNING)
    fault = Diagnostic("WS101", "unknown", Location("wanspec.yaml", 9, 1))
    lines = workflow_commands([lint, fault], shown).split("\n")
    assert lines[0].startswith("::error file=film/wanspec.yaml,line=9,col=1,title=WS101::")
    assert lines[1].startswith("::warning file=film/wanspec.yaml,line=1,col=1,title=WS408::")


def test_what_would_end_a_line_or_a_property_is_encoded() -> None:
    one = Diagnostic("WS101", "100 % of\r\n`a::b`, \x1b[31m\u202ered", Location("a,b:c%\n.yaml", 1, 2))
    text = workflow_commands([one], shown)
    assert "\n" not in text
    assert "\r" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.startswith("::error file=film/a%2Cb%3Ac%25\\n.yaml,line=1,col=2,title=WS101::")
    assert text.endswith(r"100 %25 of\r\n`a::b`, \x1b[31m\u202ered")


def test_what_stands_in_no_file_names_none() -> None:
    one = Diagnostic("WS106", "no variable can be called `ref`", Location("--var", 1, 1))
    assert workflow_commands([one], shown) == ("::error title=WS106::--var:1:1: no variable can be called `ref`")
    assert workflow_commands([], shown) == ""

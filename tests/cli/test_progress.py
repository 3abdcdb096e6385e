"""What is told while a run goes on."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest

from wanspec.cli.progress import Lines, display_for, live_display
from wanspec.cli.settings import Settings
from wanspec.cli.terminal import Terminal
from wanspec.domain.runs import Outcome, Run, Trouble
from wanspec.engine.events import Event, ItemFinished, ItemStarted, Notice, RunFinished, RunStarted, TakeDone

EVENTS: tuple[Event, ...] = (
    RunStarted("1", "film", 4, 3, 3),
    ItemStarted("[/]a[red]", "acme/still", 1),
    TakeDone("[/]a[red]", 1, 1, cached=False),
    ItemFinished(Outcome("[/]a[red]", "rendered", cost_usd=Decimal("0.03"))),
    ItemFinished(Outcome("old", "cached")),
    ItemStarted("b", "acme/still", 1),
    ItemFinished(Outcome("b", "failed", error=Trouble("x", "no \x1b[2J"))),
    ItemFinished(Outcome("c", "skipped", because="b")),
    ItemFinished(Outcome("d", "waiting", because="a")),
    Notice("a file was kept"),
    RunFinished(Run("film", "1")),
)


def ticking() -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += 1.5


def test_lines_tell_what_was_made_and_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ticking()
    lines = Lines(Terminal(Settings(color="never")), lambda: next(clock))
    for event in EVENTS:
        lines(event)
    shown = capsys.readouterr()
    assert shown.out == ""
    told = shown.err.splitlines()
    assert told[0].startswith("rendered  [/]a[red]  ")
    assert told[0].endswith("$0.03")
    assert told[1:] == [
        "failed    b  no \\x1b[2J",
        "skipped   c  needs b",
        "waiting   d  waits for a pick of a",
        "note: a file was kept",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with display_for(Terminal(Settings(quiet=True))) as display:
        for event in EVENTS:
            display(event)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_the_live_display_shows_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    with live_display(Terminal(Settings(color="never"))) as display:
        for event in EVENTS:
            display(event)
    shown = screen.getvalue()
    assert "[/]a[red]" in shown
    assert "no \\x1b[2J" in shown
    assert "\x1b[2J" not in shown

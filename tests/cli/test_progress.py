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
from wanspec.engine.events import (
    Doing,
    Event,
    ItemFinished,
    ItemStarted,
    Notice,
    Pulse,
    RunFinished,
    RunStarted,
    TakeDone,
)

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


AT_WORK = Pulse(
    (
        Doing("pier", "acme", "made"),
        Doing("quay", "acme", "made"),
        Doing("mast", "acme", "turn"),
        Doing("old", "other", "fetched"),
    ),
    frozenset({"acme", "other"}),
)


def spoken(
    capsys: pytest.CaptureFixture[str],
    seconds: int,
    *,
    finished_at: int = -1,
    pulse: Pulse = AT_WORK,
    quiet: bool = False,
) -> list[tuple[int, str]]:
    """What is told, and when, of a run that is asked for its pulse every five seconds."""
    now, told = 0, []
    lines = Lines(Terminal(Settings(color="never", quiet=quiet)), lambda: float(now))
    for item, model in (
        ("pier", "acme/still"),
        ("mast", "acme/still"),
        ("sail", "acme/still"),
        ("cut", "local/concat"),
    ):
        lines(ItemStarted(item, model, 1))
    for now in range(5, seconds + 1, 5):
        if now == finished_at:
            lines(ItemFinished(Outcome("pier", "rendered")))
        lines(pulse)
        told += [(now, line) for line in capsys.readouterr().err.splitlines()]
    return told


def test_while_it_waits_a_line_now_and_then_says_for_what(capsys: pytest.CaptureFixture[str]) -> None:
    told = spoken(capsys, 1200)
    assert [moment for moment, _ in told] == [20, 60, 140, 300, 600, 900, 1200]
    assert told[2][1] == (
        "waiting for 2 min 20 s: 2 being made by `acme` (pier, quay); 1 being downloaded from `other` (old); "
        "1 until `acme` takes another request (mast); 1 for a free place at `acme` (sail); 1 being made here (cut)"
    )


def test_what_is_told_anyway_puts_off_such_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert [moment for moment, _ in spoken(capsys, 70, finished_at=35)] == [20, 35, 55]


def test_many_items_are_not_all_named_and_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    pulse = Pulse(tuple(Doing(f"\x1b{n}", "acme", "busy") for n in range(9)), frozenset({"acme"}))
    ((_, line),) = spoken(capsys, 20, pulse=pulse)
    assert "9 to be sent again, `acme` being busy or out of reach (\\x1b0, \\x1b1, \\x1b2, …)" in line


def test_where_no_vendor_is_spoken_to_all_is_made_here(capsys: pytest.CaptureFixture[str]) -> None:
    ((_, line),) = spoken(capsys, 20, pulse=Pulse(()))
    assert line == "waiting for 20 s: 4 being made here (pier, mast, sail, …)"


def test_nothing_is_told_with_q_or_while_nothing_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert spoken(capsys, 100, quiet=True) == []
    lines = Lines(Terminal(Settings(color="never")), iter(range(0, 1000, 30)).__next__)
    for _ in range(5):
        lines(Pulse(()))
    assert capsys.readouterr().err == ""


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

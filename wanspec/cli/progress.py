"""What is going on, while it goes on: a live display on a terminal, plain lines elsewhere.  Always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from wanspec.cli.terminal import Terminal
from wanspec.report.escaping import visible
from wanspec.report.values import seconds, usd

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID

    from wanspec.domain.runs import Outcome
    from wanspec.engine.events import Event
    from wanspec.report.paint import Paint

_RUNNING_SHOWN = 12  # more would push the results out of sight


class Display(Protocol):
    def __call__(self, event: Event, /) -> None: ...


@contextmanager
def display_for(terminal: Terminal, clock: Callable[[], float] = monotonic) -> Iterator[Display]:
    """Draws events as the user wishes; `clock` counts seconds."""
    if terminal.settings.quiet:
        yield _say_nothing
    elif sys.stderr.isatty() and not terminal.json:
        with live_display(terminal, clock) as live:
            yield live
    else:
        yield Lines(terminal, clock)


def _say_nothing(event: Event) -> None:
    del event


class Lines:
    """A line for everything that was made or went wrong; what was cached is only counted, at the end."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float]) -> None:
        self._terminal = terminal
        self._clock = clock
        self._began: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        from wanspec.engine.events import ItemFinished, ItemStarted, Notice

        if isinstance(event, ItemStarted):
            self._began[event.item] = self._clock()
        elif isinstance(event, ItemFinished):
            took = self._clock() - self._began.pop(event.outcome.id, self._clock())
            if event.outcome.status != "cached" or self._terminal.settings.verbose:
                self._terminal.note(finished_line(event.outcome, took, self._terminal.paint(sys.stderr)))
        elif isinstance(event, Notice):
            self._terminal.note(f"note: {visible(event.message)}")


@contextmanager
def live_display(terminal: Terminal, clock: Callable[[], float] = monotonic) -> Iterator[Display]:
    """A bar for the whole run, and a row for every item in the making.  What is finished scrolls away above."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    coloured = terminal.is_coloured(sys.stderr)
    console = Console(
        file=sys.stderr, highlight=False, markup=False, emoji=False, no_color=not coloured, soft_wrap=True
    )
    # `markup=False`: names and prompts come from others, and `[/]` in one of them is text.
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Live(terminal, progress, clock)


class Live:
    """Translates events into the rows of a rich Progress."""

    def __init__(self, terminal: Terminal, progress: Progress, clock: Callable[[], float]) -> None:
        self._terminal = terminal
        self._progress = progress
        self._clock = clock
        self._whole: TaskID | None = None
        self._rows: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._done = 0
        self._items = 0

    def __call__(self, event: Event) -> None:
        from wanspec.engine import events

        match event:
            case events.RunStarted():
                self._items = event.to_render
                self._whole = self._progress.add_task(visible(event.project), total=event.to_render, count="")
                self._count()
            case events.ItemStarted():
                self._began[event.item] = self._clock()
                if len(self._rows) < _RUNNING_SHOWN:
                    self._rows[event.item] = self._progress.add_task(
                        f"  {visible(event.item)}", total=event.takes, count=visible(event.model)
                    )
            case events.TakeDone():
                row = self._rows.get(event.item)
                if row is not None:
                    self._progress.update(row, advance=1)
            case events.ItemFinished():
                self._finished(event.outcome)
            case events.Notice():
                self._print(f"note: {visible(event.message)}")
            case events.RunFinished():
                pass

    def _finished(self, outcome: Outcome) -> None:
        row = self._rows.pop(outcome.id, None)
        if row is not None:
            self._progress.remove_task(row)
        started = self._began.pop(outcome.id, None)
        if outcome.status == "cached":
            if self._terminal.settings.verbose:
                self._print(finished_line(outcome, 0.0, self._paint))
            return
        took = 0.0 if started is None else self._clock() - started
        self._print(finished_line(outcome, took, self._paint))
        self._done += 1
        self._count()

    def _count(self) -> None:
        if self._whole is not None:
            # More may come than was foreseen: what an upstream gives decides whether its dependants change.
            self._items = max(self._items, self._done)
            self._progress.update(
                self._whole, completed=self._done, total=self._items, count=f"{self._done} of {self._items}"
            )

    @property
    def _paint(self) -> Paint:
        return self._terminal.paint(sys.stderr)

    def _print(self, line: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text.from_ansi(line))


_STYLES = {"rendered": "good", "cached": "faint", "waiting": "waiting", "skipped": "faint"}


def finished_line(outcome: Outcome, took: float, paint: Paint) -> str:
    """`rendered arrival  1.2 s  $0.03`, or what went wrong."""
    words: list[str] = []
    if outcome.status == "rendered":
        if len(outcome.takes) > 1:
            words.append(f"{len(outcome.takes)} takes")
        words.append(seconds(took))
        if outcome.cost_usd:
            words.append(usd(outcome.cost_usd))
    elif outcome.error is not None:
        words.append(visible(outcome.error.message))
    elif outcome.because:
        words.append(("waits for a pick of " if outcome.status == "waiting" else "needs ") + visible(outcome.because))
    status = paint(_STYLES.get(outcome.status, "error"), f"{outcome.status:<9}")
    return "  ".join((f"{status} {visible(outcome.id)}", *words))

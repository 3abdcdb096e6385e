"""What is going on, while it goes on: a live display on a terminal, plain lines elsewhere.  Always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
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
    from wanspec.engine.events import Event, Pulse
    from wanspec.report.paint import Paint

_RUNNING_SHOWN = 12  # more would push the results out of sight

# Where lines scroll by and nothing is drawn: how long it may be quiet before it is told what is waited for, and how
# long when it has been told again and again.
_QUIET_S = 20.0
_QUIETEST_S = 300.0
_NAMED = 3  # items of a kind


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
    """A line for everything that was made or went wrong; what was cached is only counted, at the end.

    While nothing is, a line now and then says what is waited for.
    """

    def __init__(self, terminal: Terminal, clock: Callable[[], float]) -> None:
        self._terminal = terminal
        self._clock = clock
        self._began: dict[str, float] = {}
        self._models: dict[str, str] = {}  # of the items in the making
        self._since = self._spoke = clock()
        self._quiet_s = _QUIET_S

    def __call__(self, event: Event) -> None:
        from wanspec.engine.events import ItemFinished, ItemStarted, Notice, Pulse

        if isinstance(event, ItemStarted):
            self._began[event.item] = self._clock()
            self._models[event.item] = event.model
        elif isinstance(event, ItemFinished):
            took = self._clock() - self._began.pop(event.outcome.id, self._clock())
            self._models.pop(event.outcome.id, None)
            if event.outcome.status != "cached" or self._terminal.settings.verbose:
                self._say(finished_line(event.outcome, took, self._terminal.paint(sys.stderr)))
        elif isinstance(event, Notice):
            self._say(f"note: {visible(event.message)}")
        elif isinstance(event, Pulse):
            self._pulse(event)

    def _say(self, line: str) -> None:
        self._terminal.note(line)
        self._spoke, self._quiet_s = self._clock(), _QUIET_S

    def _pulse(self, event: Pulse) -> None:
        now = self._clock()
        if now - self._spoke < self._quiet_s:
            return
        waiting = waiting_line(event, self._models)
        if waiting:
            self._terminal.note(f"waiting for {seconds(now - self._since)}: {waiting}")
            self._spoke, self._quiet_s = now, min(2 * self._quiet_s, _QUIETEST_S)


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
            case events.RunFinished() | events.Pulse():
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


def waiting_line(pulse: Pulse, models: Mapping[str, str]) -> str:
    """What goes on, in a line: how many items are at what, and where.  `models`: of the items in the making."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in pulse.doings:
        found.setdefault((one.provider, one.phase), []).append(one.item)
    told = {one.item for one in pulse.doings}
    for item, model in models.items():
        provider = model.partition("/")[0]
        if item not in told:
            found.setdefault((provider, "place") if provider in pulse.vendors else ("", "here"), []).append(item)
    said = []
    for phase, words in _PHASES.items():
        for (provider, its), items in found.items():
            if its == phase:
                names = list(dict.fromkeys(map(visible, items)))
                shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
                said.append(f"{len(items)} {words.format(provider=visible(provider))} ({shown})")
    return "; ".join(said)


_PHASES = {
    "made": "being made by `{provider}`",
    "fetched": "being downloaded from `{provider}`",
    "sent": "on the way to `{provider}`",
    "busy": "to be sent again, `{provider}` being busy or out of reach",
    "turn": "until `{provider}` takes another request",
    "place": "for a free place at `{provider}`",
    "here": "being made here",
}

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

"""What there is to tell the user about a shot list: values, gathered to the end so that one run shows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

from wanspec.domain.nodes import Location

T = TypeVar("T")
U = TypeVar("U")


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"  # a lint: does not change the exit code


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault or lint with its place."""

    code: str  # "WS201": stable, explained by `wanspec explain`
    message: str  # lower case, the user's own names in backticks, no full stop
    at: Location
    hint: str = ""  # what to type next
    severity: Severity = Severity.ERROR
    shot: str = ""
    item: str = ""  # the first item that has it
    count: int = 1  # how many items of the shot have it
    # Secondary places, each with a label: "the value comes from here".
    also: tuple[tuple[Location, str], ...] = ()
    rule: str = field(default="", repr=False)  # tells two faults of one code at one place apart; not shown

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """A stage's result with what was met while making it.  `value` is None only when nothing could be made at all."""

    value: T | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        return self.value is not None and not any(d.is_error for d in self.diagnostics)

    def then(self, stage: Callable[[T], Checked[U]]) -> Checked[U]:
        """The next stage's result, with the diagnostics of both.  Not run when there is nothing to run on."""
        if self.value is None:
            return Checked(None, self.diagnostics)
        after = stage(self.value)
        return Checked(after.value, self.diagnostics + after.diagnostics)


def once_each(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """One report per fault: those of one code and rule at one place become the first of them with a count of items."""
    first: dict[object, Diagnostic] = {}
    items: dict[object, set[str]] = {}
    for one in diagnostics:
        place = (one.code, one.rule, one.at.file, one.at.line, one.at.column, one.at.path)
        first.setdefault(place, one)
        items.setdefault(place, set()).add(one.item)
    return tuple(
        replace(one, count=max(one.count, len(items[place]))) if len(items[place]) > 1 else one
        for place, one in first.items()
    )


def suggestion(name: str, known: Iterable[str]) -> str:
    """The hint "did you mean `width`?" for a name close to a known one, else an empty text."""
    import difflib

    names = sorted(set(known))
    lowered = {n.lower(): n for n in names}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return f"did you mean `{lowered[close[0]]}`?" if close else ""


def suggested(hint: str) -> str:
    """The name that a hint of `suggestion` proposes; an empty text for any other hint."""
    before, _, rest = hint.partition("`")
    name, _, after = rest.partition("`")
    return name if before == "did you mean " and after == "?" else ""

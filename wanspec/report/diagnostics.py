"""Diagnostics, worded for people and shaped for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.json import Json
from wanspec.domain.nodes import Location
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain

Source = Callable[[str], str | None]  # a file's text by its name in a Location; None where it cannot be read

_WIDEST = 120  # columns of an excerpt; a longer line is shown around its column


def for_people(
    diagnostics: Sequence[Diagnostic], source: Source, *, paint: Paint = plain, excerpts: bool = True
) -> str:
    """All of them, each with its place, excerpt and hint, in the order of files and lines."""
    lines: dict[str, list[str] | None] = {}

    def line_of(at: Location) -> str | None:
        if at.file not in lines:
            text = source(at.file)
            # Lines end where YAML ends them: `str.splitlines` would also end them at U+2028 and form feeds.
            lines[at.file] = None if text is None else text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        known = lines[at.file]
        return known[at.line - 1] if known is not None and 0 < at.line <= len(known) else None

    return "\n".join(
        text for one in in_order(diagnostics) for text in _one(one, line_of if excerpts else (lambda _: None), paint)
    )


def for_machines(diagnostics: Iterable[Diagnostic]) -> list[Json]:
    """The objects under `diagnostics` of every `--json`."""
    return [
        {
            "severity": str(one.severity),
            "code": one.code,
            "message": one.message,
            "hint": one.hint,
            "file": one.at.file,
            "line": one.at.line,
            "column": one.at.column,
            "path": one.at.path,
            "shot": one.shot,
            "item": one.item,
            "count": one.count,
            "also": [
                {"file": at.file, "line": at.line, "column": at.column, "path": at.path, "label": label}
                for at, label in one.also
            ],
        }
        for one in in_order(diagnostics)
    ]


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Errors before lints; within each the order in which files were first met, then line and column."""
    given = list(diagnostics)
    files: dict[str, int] = {}
    for one in given:
        files.setdefault(one.at.file, len(files))
    return sorted(given, key=lambda one: (not one.is_error, files[one.at.file], one.at.line, one.at.column))


def counted(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or an empty text."""
    given = list(diagnostics)
    errors = sum(one.is_error for one in given)
    return ", ".join(
        f"{count} {name}{'s' if count > 1 else ''}"
        for count, name in ((errors, "error"), (len(given) - errors, "warning"))
        if count
    )


def excerpt(line: str, number: int, column: int, *, paint: Paint = plain) -> tuple[str, str]:
    """A line of a file and, below it, a caret under its column (from 1, in characters)."""
    from rich.cells import cell_len

    start = 0
    if len(line) > _WIDEST:
        start = max(0, min(column - 1 - _WIDEST // 2, len(line) - _WIDEST))
    before = ("…" if start else "") + visible(line[start : column - 1], tab="    ")
    after = visible(line[max(column - 1, start) : start + _WIDEST], tab="    ")
    after += "…" if start + _WIDEST < len(line) else ""
    gutter = f"{number:>3}"
    return (
        f"{paint('faint', f'{gutter} |')} {before}{after}".rstrip(),
        f"{paint('faint', ' ' * len(gutter) + ' |')} {' ' * cell_len(before)}{paint('error', '^')}",
    )


def _one(one: Diagnostic, line_of: Callable[[Location], str | None], paint: Paint) -> Iterator[str]:
    severity = str(one.severity)
    count = f" ({one.count} items)" if one.count > 1 else ""
    yield (
        f"{paint('place', _place(one.at))}: {paint(severity, f'{severity}[{one.code}]:')} {visible(one.message)}{count}"
    )
    yield from _shown(one.at, line_of, paint)
    for at, label in one.also:
        yield f"  {paint('place', _place(at))}: {visible(label)}"
        yield from _shown(at, line_of, paint)
    if one.hint:
        yield f"  {paint('hint', 'hint:')} {visible(one.hint)}"


def _shown(at: Location, line_of: Callable[[Location], str | None], paint: Paint) -> tuple[str, ...]:
    line = line_of(at)
    return () if line is None or not line.strip() else excerpt(line, at.line, at.column, paint=paint)


def _place(at: Location) -> str:
    return f"{visible(at.file)}:{at.line}:{at.column}"

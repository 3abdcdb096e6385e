"""What befell the simulated processes, and in which moments: the table that says where nothing has been tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

Hits = Mapping[tuple[str, str], int]  # (what befell somebody, in which event) -> how often

OF_PROCESSES = ("kill", "power cut", "Ctrl-C", "second Ctrl-C", "full disk")


def place_of(event: str) -> str:
    """What a process is at: `write journal` and `fsync journal` are both the journal."""
    return event.partition(" ")[2].removeprefix("folder ") or event


def by_place(hits: Hits) -> Counter[tuple[str, str]]:
    """What befell processes by what they were at."""
    found: Counter[tuple[str, str]] = Counter()
    for (what, event), number in hits.items():
        if what in OF_PROCESSES:
            found[what, place_of(event)] += number
    return found


def table(hits: Hits, columns: tuple[str, ...]) -> str:
    """A line for each event, a column for each thing that befell somebody in it."""
    rows = sorted({where for what, where in hits if what in columns})
    widths = [max(len(one), 6) for one in columns]
    first = max(map(len, rows), default=0)
    lines = [" ".join([" " * first, *(f"{one:>{width}}" for one, width in zip(columns, widths, strict=True))])]
    for row in rows:
        numbers = (f"{hits.get((one, row), 0) or '-':>{width}}" for one, width in zip(columns, widths, strict=True))
        lines.append(" ".join([f"{row:<{first}}", *numbers]))
    return "\n".join(lines)


def tables(hits: Hits) -> str:
    """All that happened: to processes, to calls, and the rest one by one."""
    calls = {what for what, where in hits if where in ("submit", "poll", "archive", "upload", "download")}
    weather = tuple(sorted(calls.difference(OF_PROCESSES)))
    rest = sorted(one for one in hits if one[0] not in (*OF_PROCESSES, *weather))
    others = "\n".join(f"{what} ({where}): {hits[what, where]}" for what, where in rest)
    return "\n\n".join([table(hits, OF_PROCESSES), table(hits, weather), others])

"""Measures a render over HTTP beside a bare loop that makes the same calls, at a vendor that answers at once.

    python benchmarks/engine.py [--actions 1000 --actions 10000] [--in-flight 1000] [--rounds 3]

Prints a table in Markdown.  README.md in this folder says what is compared and what is not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import instant_vendor  # beside this file
from costs import whole_cost
from measure import ENVIRONMENT, HERE, Cost, wanspec

WAYS = ("single", "batched")


@dataclass(frozen=True)
class Pair:
    """One measurement of each, and how often the vendor was called in them."""

    ours: Cost
    theirs: Cost
    our_calls: dict[str, int]
    their_calls: dict[str, int]


@contextmanager
def vendor(hold: int) -> Iterator[int]:
    """An instant vendor in a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "instant_vendor.py"), "--hold", str(hold)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def calls(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/tally") as answer:
        found: dict[str, int] = json.load(answer)
    return found


def write_project(folder: Path, way: str, count: int, in_flight: int) -> None:
    """Independent stills: the order of work and cached results have no part in it."""
    folder.mkdir(parents=True)
    instant_vendor.declare(folder)
    (folder / "wanspec.yaml").write_text(
        f"""\
wanspec: 1
name: instant
providers: {{{way}: {{in_flight: {in_flight}}}}}
defaults: {{image: {{model: {way}/still, width: {instant_vendor.WIDTH}, height: {instant_vendor.HEIGHT}}}}}
data: {{rows: rows.csv}}
shots:
  - id: still
    for_each: {{row: "{{{{ data.rows }}}}"}}
    prompt: "a ferry at dawn, {{{{ row.id }}}}"
""",
        "utf-8",
    )
    (folder / "rows.csv").write_text("id\n" + "".join(f"frame-{number}\n" for number in range(count)), "utf-8")


def pair(folder: Path, way: str, count: int, in_flight: int) -> Pair:
    """One render and one bare loop, each at a fresh vendor that finishes nothing before so many are in flight."""
    hold = min(count, in_flight)
    # Both run from compiled modules, as they do once installed; the first run of each would compile them.
    with vendor(1) as port:
        write_project(folder / "warm", way, 1, in_flight)
        ENVIRONMENT.update(instant_vendor.settings(port))
        whole_cost(wanspec("render", "--yes", "-q"), folder / "warm")
    with vendor(hold) as port:
        base = f"http://127.0.0.1:{port}"
        bare = [str(HERE / "bare_loop.py"), base, way, str(count), str(in_flight), str(folder / "bare")]
        theirs = whole_cost([sys.executable, *bare], folder)
        their_calls = calls(port)
    with vendor(hold) as port:
        write_project(folder / "project", way, count, in_flight)
        ENVIRONMENT.update(instant_vendor.settings(port))
        # Planned once before: what is measured is the render and not the reading of the list.
        whole_cost(wanspec("plan"), folder / "project")
        ours = whole_cost(wanspec("render", "--yes", "-q"), folder / "project")
        our_calls = calls(port)
    return Pair(ours, theirs, our_calls, their_calls)


def measure(way: str, count: int, in_flight: int, rounds: int) -> str:
    """A row of the table."""
    pairs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="wanspec-benchmark-") as folder:
            pairs.append(pair(Path(folder) / "pair", way, count, in_flight))
    cells = (
        f"{count:,}".replace(",", " "),
        way,
        *(f"{statistics.median(one.wall_s for one in costs):.1f} s" for costs in _sides(pairs)),
        f"{statistics.median(one.ours.wall_s / one.theirs.wall_s for one in pairs):.1f}",
        *(f"{1000 * statistics.median(one.cpu_s for one in costs) / count:.1f} ms" for costs in _sides(pairs)),
        " / ".join(f"{statistics.median(one.memory_mib for one in costs):.0f}" for costs in _sides(pairs)) + " MiB",
        " / ".join(_counted(tally) for tally in (pairs[-1].our_calls, pairs[-1].their_calls)),
    )
    return "| " + " | ".join(cells) + " |"


def _sides(pairs: list[Pair]) -> tuple[list[Cost], list[Cost]]:
    return [one.ours for one in pairs], [one.theirs for one in pairs]


def _counted(tally: dict[str, int]) -> str:
    return str(tally["submits"] + tally["asks"] + tally["downloads"])


HEAD = """\
| actions | way | wanspec | bare loop | ratio | CPU for each | bare | peak memory | calls |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, action="append")
    parser.add_argument("--in-flight", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, action="append")
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {given.in_flight} in flight, "
        f"median of {given.rounds} pairs\n"
    )
    print(HEAD)
    for count in given.actions or (1000, 10_000):
        for way in given.way or WAYS:
            print(measure(way, count, given.in_flight, given.rounds), flush=True)


if __name__ == "__main__":
    main()

"""Measures wanspec beside doit on the same graph, when nothing has changed: what people do all day.

    python benchmarks/measure.py [--stills 1000 --stills 10000] [--rounds 5]

Prints a table in Markdown.  README.md in this folder says what is compared and what is not.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import projects  # beside this file

HERE = Path(__file__).resolve().parent
# Both programs run from compiled modules, as they do once installed.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(HERE.parent),
    "PYTHONPYCACHEPREFIX": tempfile.mkdtemp(prefix="bytecode-"),
}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
atexit.register(shutil.rmtree, ENVIRONMENT["PYTHONPYCACHEPREFIX"])


@dataclass(frozen=True)
class Cost:
    """Of one process and its children, in seconds and MiB."""

    wall_s: float
    cpu_s: float
    memory_mib: float


def cost_of(command: Sequence[str], folder: Path) -> Cost:
    """Runs a command that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{printed.decode()[-2000:]}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(one, name) for one in costs) for name in ("wall_s", "cpu_s", "memory_mib")))


def wanspec(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "wanspec", *arguments]


def doit(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "doit", *arguments]


def nothing_to_do(project: Path) -> None:
    """Stops unless a plan finds every item in the store."""
    done = subprocess.run(
        wanspec("plan", "--json"),
        cwd=project,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    summary = json.loads(done.stdout)["summary"]
    if summary["to_render"] or summary["cached"] != summary["items"]:
        raise SystemExit(f"{project}: not everything is cached: {summary}")


def measure(stills: int, rounds: int, folder: Path) -> list[str]:
    """Rows of the table for one size."""
    projects.for_doit(folder / "doit", stills)
    projects.from_rows(folder / "rows", stills)
    projects.written_out(folder / "written", stills)
    cost_of(doit(), folder / "doit")
    for name in ("rows", "written"):
        # A process of its own: a parent's size would count as its children's.
        cost_of([sys.executable, str(HERE / "stock.py"), str(folder / name)], folder)
        cost_of(wanspec("render", "--yes"), folder / name)  # puts the files into renders/
        nothing_to_do(folder / name)

    # What is compared, first in each pair doit's answer to the same question.
    questions = {
        "plan": (doit("list", "--all", "--status"), wanspec("plan")),
        "render": (doit(), wanspec("render", "--yes")),
    }
    found: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(rounds):  # in turn, so that a busy moment of the machine meets all of them
        for question, (theirs, ours) in questions.items():
            for name, command in (("doit", theirs), ("rows", ours), ("written", ours)):
                found.setdefault((question, name), []).append(cost_of(command, folder / name))
    rows = []
    for question in questions:
        yardstick = median(found[question, "doit"])
        for name, title in (("rows", "rows of a CSV"), ("written", "written one by one")):
            cost = median(found[question, name])
            cells = (
                f"{stills:,} + {stills // 2:,}".replace(",", " "),
                question,
                title,
                f"{cost.wall_s:.2f} s",
                f"{yardstick.wall_s:.2f} s",
                f"{cost.wall_s / yardstick.wall_s:.2f}",
                f"{cost.cpu_s / yardstick.cpu_s:.2f}",
                f"{cost.memory_mib:.0f} / {yardstick.memory_mib:.0f} MiB",
            )
            rows.append("| " + " | ".join(cells) + " |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stills", type=int, action="append", help="how many stills; half as many clips are added")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, median of {given.rounds} rounds\n")
    print("| stills + clips | question | shot list | wanspec | doit | ratio | ratio of CPU | memory |")
    print("|---|---|---|---|---|---|---|---|")
    for stills in given.stills or (1000, 10_000):
        with tempfile.TemporaryDirectory(prefix="wanspec-benchmark-") as folder:
            for row in measure(stills, given.rounds, Path(folder)):
                print(row, flush=True)


if __name__ == "__main__":
    main()

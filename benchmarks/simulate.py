"""Simulates renders from seeds, by the thousand or by the million, on all cores.

    python -m benchmarks.simulate --seeds 1000000     from the root of the checkout
    python -m benchmarks.simulate --seed 4711         one of them, with all that happens in it

Ends with 1 when something that must hold did not; the seed replays it.  At the end stands what befell whom, in which
moment, and how often.  What is simulated is in `tests/simulation/`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields

from tests.simulation.hits import tables
from tests.simulation.simulator import Report, simulate

_TOGETHER = 50  # seeds that a worker does between two reports
_NEWS_S = 30.0


def batch(first_and_number: tuple[int, int]) -> list[Report]:
    first, number = first_and_number
    return [simulate(seed) for seed in range(first, first + number)]


def batches(first: int, number: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, first + number, _TOGETHER):
        yield begin, min(_TOGETHER, first + number - begin)


def replay(seed: int) -> int:
    report = simulate(seed, trace=True)
    print("\n".join(report.trace))
    print(f"\nseed {seed}: {report.fault or 'all that must hold did'}")
    return 1 if report.fault else 0


def many(first: int, number: int, jobs: int, most_faults: int) -> int:
    totals = {one.name: 0 for one in fields(Report) if one.type == "int" and one.name != "seed"}
    hits: Counter[tuple[str, str]] = Counter()
    done = faults = 0
    begun = told = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for reports in pool.imap_unordered(batch, batches(first, number)):
            for report in reports:
                done += 1
                for name in totals:
                    totals[name] += getattr(report, name)
                hits.update(report.hits)
                if report.fault:
                    faults += 1
                    print(f"seed {report.seed}: {report.fault}\n", flush=True)
            now = time.monotonic()
            if now - told > _NEWS_S:
                told = now
                print(
                    f"{done} of {number} seeds, {done / (now - begun):.0f} a second, {faults} faults", file=sys.stderr
                )
            if faults >= most_faults:
                break
    seconds = time.monotonic() - begun
    print(f"{tables(hits)}\n")
    print(f"{done} seeds in {seconds:.1f} s, {done / seconds:.0f} a second; faults: {faults}")
    print(", ".join(f"{name.replace('_', ' ')}: {total}" for name, total in totals.items()))
    if faults:
        print("replay one with: python -m benchmarks.simulate --seed N")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Simulates renders from seeds: killed anywhere, in any weather.")
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="how many (1000)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first of them (0)")
    parser.add_argument("--seed", type=int, metavar="N", help="replay this one, and print its schedule")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one for a core)")
    parser.add_argument("--most-faults", type=int, default=10, metavar="N", help="stop after so many (10)")
    given = parser.parse_args()
    if given.seed is not None:
        return replay(given.seed)
    if min(given.seeds, given.jobs, given.most_faults) < 1:
        parser.error("--seeds, --jobs and --most-faults are at least 1")
    return many(given.first, given.seeds, given.jobs, given.most_faults)


if __name__ == "__main__":
    sys.exit(main())

"""Whole renders in bad weather, from seeds: killed anywhere, cut off from the power, two at a time.

A seed that fails replays exactly: `python -m benchmarks.simulate --seed N` prints its schedule.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.hits import by_place
from tests.simulation.simulator import Report, simulate
from wanspec.store import durable, journal
from wanspec.store.blobs import Blobs
from wanspec.store.claims import Claim, Claims
from wanspec.store.durable import Disk
from wanspec.store.journal import Journal
from wanspec.wire import conversation
from wanspec.wire.conversation import NotSentYet
from wanspec.wire.renderer import VendorRenderer

ROOT = Path(__file__).resolve().parents[2]
SEEDS = int(os.environ.get("WANSPEC_SIMULATED_SEEDS", "2000"))  # each is some three processes
_TOGETHER = 1000  # enough for every kind of trouble to meet every place

# What a process may be at when it ends, and what may be in the way of a call.
PLACES = ("journal", "blob", "index", "claim", "lock", "results", "run log", "store", "work folder")
CALLS = ("submit", "poll", "download")
IN_THE_WAY = ("500 after", "500 before", "busy", "cut after", "cut before", "cut, late", "html after", "unreachable")
OF_DOWNLOADS = ("cut", "truncated", "html", "503", "429")
OF_TASKS = ("fails", "forgotten", "gone", "expires", "empty", "slow")
IN_BETWEEN = (
    ("recover", "beside renders"),
    ("company", "beside another"),
    ("edited shot list", "between runs"),
    ("--retry-uncertain", "of a run"),
    ("--force", "of a run"),
    ("clock set wrong", "between runs"),
    ("clock set wrong", "within a run"),
    ("clock put right", "between runs"),
    ("damaged blob", "between runs"),
    ("deleted blob", "between runs"),
)


@pytest.mark.timeout(500)  # twenty seconds of work, where nobody else works
@pytest.mark.parametrize("first", range(0, SEEDS, _TOGETHER))
def test_nothing_is_paid_twice_forgotten_or_damaged(first: int) -> None:
    reports = [simulate(seed) for seed in range(first, min(first + _TOGETHER, SEEDS))]
    assert [f"seed {one.seed}: {one.fault}" for one in reports if one.fault] == []
    if len(reports) == _TOGETHER:
        # It was no fair weather.
        hits = sum((one.hits for one in reports), Counter())
        assert never_tried(hits) == []
        assert sum(one.submits for one in reports) > sum(one.charges for one in reports)


def never_tried(hits: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    """What hundreds of seeds should have met, and did not."""
    met = hits + by_place(hits)
    wanted = [
        *product(("kill", "power cut"), (*PLACES, *CALLS)),
        *product(("full disk",), ("journal", "blob", "index", "claim", "lock", "results", "work folder")),
        *product(IN_THE_WAY, ("submit", "poll")),
        *product(OF_DOWNLOADS, ("download",)),
        *product(OF_TASKS, ("task",)),
        *IN_BETWEEN,
    ]
    pressed = Counter(what for what, _ in hits.elements())
    missing = [(one, "anywhere") for one in ("Ctrl-C", "second Ctrl-C") if pressed[one] < 5]
    return missing + [one for one in wanted if not met[one]]


def test_a_seed_replays_exactly() -> None:
    seeds = (3, 70, 118)  # the last is of a large production
    first = [simulate(seed, trace=True) for seed in seeds]
    assert all(one.trace for one in first)
    assert [simulate(seed, trace=True) for seed in reversed(seeds)] == first[::-1]


def test_a_seed_replays_exactly_in_another_process() -> None:
    """Where sets and dictionaries are in another order, and other temporary names are used."""
    code = (
        "import hashlib, sys; from tests.simulation.simulator import simulate;"
        "sys.argv[1:] and simulate(1000);"
        "print(hashlib.sha256('\\n'.join(simulate(118, trace=True).trace).encode()).hexdigest())"
    )
    digests = set()
    for hash_seed, *before in (("1",), ("2", "another")):
        done = subprocess.run(
            [sys.executable, "-c", code, *before],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def first_fault(first: int, most: int = 200) -> Report:
    """What the simulation finds in a program that is broken on purpose."""
    for seed in range(first, first + most):
        report = simulate(seed)
        if report.fault:
            return report
    raise AssertionError(f"{most} seeds found nothing")


def no_folder_is_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_sync_folder", lambda _path: None)


def no_blob_is_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    def move_in(_disk: Disk, source: Path, target: Path) -> None:
        source.replace(target)
        durable._sync_folder(target.parent)

    monkeypatch.setattr(Disk, "move_in", move_in)


def blobs_are_taken_on_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(blobs: Blobs, path: Path) -> str:
        sha256 = durable.sha256_of(path)
        target = blobs.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        return sha256

    monkeypatch.setattr(Blobs, "add", add)


def lines_that_look_alike_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    events = journal._events

    def each_once(texts: Iterable[bytes]) -> list[dict[str, Any]]:
        return list({str(one): one for one in events(texts)}.values())

    monkeypatch.setattr(journal, "_events", each_once)


def intent_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "intend", lambda *_: None)


def nobody_looks_into_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "of_key", lambda *_: ())


def claims_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Claims, "take", lambda *_: Claim(Path("nowhere"), -1))


def the_name_of_a_task_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Journal.note

    def forgetful(book: Journal, submission_id: str, event: str, when: str, **facts: Any) -> None:
        if event != journal.ACCEPTED:
            note(book, submission_id, event, when, **facts)

    monkeypatch.setattr(Journal, "note", forgetful)


def no_answer_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "Unclear", lambda why, request_id="": NotSentYet(f"{why} {request_id}"))


def what_is_old_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VendorRenderer, "_is_within", lambda *_: True)


# The number: where to begin, so that the rare ones are found soon.
BROKEN: list[tuple[Callable[[pytest.MonkeyPatch], None], str, int]] = [
    (no_folder_is_synced, "forgotten|bytes that are not there", 0),
    (no_blob_is_synced, "a blob is not what it is called", 0),
    (blobs_are_taken_on_trust, "a blob is not what it is called|bytes that are not there", 0),
    (lines_that_look_alike_count_once, "forgotten", 2804),
    (intent_is_not_noted, "forgotten", 0),
    (the_name_of_a_task_is_not_noted, "forgotten", 30),
    (nobody_looks_into_the_journal, "charged|leave", 0),
    (claims_keep_nobody_out, "charged|leave", 30),
    (no_answer_means_no, "charged|leave|forgotten", 0),
    (what_is_old_was_never_sent, "charged|leave", 30),
]


@pytest.mark.parametrize(("harm", "found", "first"), BROKEN, ids=[harm.__name__ for harm, _, _ in BROKEN])
def test_a_broken_program_is_found_out(
    harm: Callable[[pytest.MonkeyPatch], None], found: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(monkeypatch)
    report = first_fault(first)
    assert any(word in report.fault for word in found.split("|")), report.fault
    assert simulate(report.seed).fault == report.fault

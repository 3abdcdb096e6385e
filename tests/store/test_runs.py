"""What the last render did, also when it was killed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.runs import Outcome, Run, Take, Trouble
from wanspec.store.durable import Disk
from wanspec.store.runs import KEPT, Runs, new_run_id

RENDERED = Outcome(
    "a",
    "rendered",
    1,
    (Take(1, "renders/a.png", Artifact("a" * 64, "image/png", 5, 64, 36), 7, False, "sha256:1"),),
    Decimal("0.04"),
    estimated_usd=None,
)
FAILED = Outcome("b", "failed", error=Trouble("busy", "come again", "429", "r-1", True, "wait"))
SKIPPED = Outcome("c", "skipped", because="b")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs", Disk())


def test_before_the_first_run_there_is_none(runs: Runs, tmp_path: Path) -> None:
    assert runs.last() is None
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_comes_back_as_it_was(runs: Runs) -> None:
    run = Run("world", "r1", {one.id: one for one in (RENDERED, FAILED, SKIPPED)}, 1.5)
    log = runs.begin("world", "r1", preview=False)
    for one in run.outcomes.values():
        log.add(one)
    log.finish(run)

    assert runs.last() == run


def test_a_killed_run_is_told_as_far_as_it_came(runs: Runs, tmp_path: Path) -> None:
    log = runs.begin("world", "r1", preview=False)
    log.add(RENDERED)
    log.add(FAILED)
    file = tmp_path / "runs" / "r1.jsonl"
    file.write_bytes(file.read_bytes()[:-20])

    assert runs.last() == Run("world", "r1", {"a": RENDERED}, interrupted=True)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{}\n", b"[]\n5\nnull\n", b'{"project": "w", "run": "r1"'])
def test_a_damaged_file_is_no_run(runs: Runs, tmp_path: Path, data: bytes) -> None:
    runs.begin("world", "r1", preview=False).close()
    (tmp_path / "runs" / "r1.jsonl").write_bytes(data)

    assert runs.last() is None


def test_the_last_one_counts_also_when_the_clock_went_back(runs: Runs) -> None:
    runs.begin("world", "20270101-000000-aaaaaa", preview=False).close()
    runs.begin("world", "20260101-000000-bbbbbb", preview=False).close()

    last = runs.last()
    assert last is not None
    assert last.id == "20260101-000000-bbbbbb"


def test_only_a_few_files_are_kept(runs: Runs, tmp_path: Path) -> None:
    for n in range(KEPT + 5):
        runs.begin("world", f"r{n:02}", preview=False).close()

    assert len(list((tmp_path / "runs").glob("*.jsonl"))) == KEPT
    last = runs.last()
    assert last is not None
    assert last.id == f"r{KEPT + 4:02}"


def test_ids_sort_by_time_and_differ() -> None:
    early, late = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC), datetime(2026, 11, 20, 10, 15, 31, tzinfo=UTC)

    assert new_run_id(early) < new_run_id(late)
    assert new_run_id(early) != new_run_id(early)
    assert new_run_id(early).startswith("20261120-101530-")

"""What simulation found about the power failing after somebody else was killed, each once more by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.simulation.machine import Doom, Machine, Moment, Process
from wanspec.store.blobs import Blobs
from wanspec.store.durable import Disk
from wanspec.store.journal import Journal, Submission

FOLDERS = (".wanspec", ".wanspec/journal", ".wanspec/blobs", ".wanspec/blobs/sha256", ".wanspec/tmp")
WHEN = "2026-11-20T10:00:00+00:00"
CHANCES = range(12)  # of what a power cut leaves, half of them bad


def submission(name: str) -> Submission:
    return Submission(name, WHEN, "run", f"sha256:{name}", "arrival", 1, "acme", "acme/still")


def one_killed_then_a_cut(root: Path, seed: int, work: Callable[[Disk], object], kill: Moment) -> None:
    """Two processes do the same, one after the other; the first is killed, and after the second the power fails."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    machine = Machine(root, Random(seed))

    async def main(_process: Process) -> None:
        work(Disk(machine.before))
        machine.tick("end")

    machine.start(main, Doom(kill=kill))
    machine.run()
    assert machine.kills == 1, "it was to be killed"
    machine.start(main, Doom(kill=Moment(1, "end"), power=True))
    machine.run()
    assert machine.cuts == 1, "it was to come to its end"


@pytest.mark.parametrize("seed", CHANCES)
def test_a_journal_that_a_killed_process_made_outlives_a_power_cut(seed: int, tmp_path: Path) -> None:
    folder = tmp_path / ".wanspec" / "journal"

    def work(disk: Disk) -> None:
        Journal(folder, disk).intend(submission("one"))

    one_killed_then_a_cut(tmp_path, seed, work, Moment(1, "fsync folder journal"))
    assert [one.id for one in Journal(folder, Disk()).open()] == ["one"]


@pytest.mark.parametrize("seed", CHANCES)
def test_a_tidy_journal_of_a_killed_process_outlives_a_power_cut(seed: int, tmp_path: Path) -> None:
    folder = tmp_path / ".wanspec" / "journal"

    def work(disk: Disk) -> None:
        journal = Journal(folder, disk)
        number = len(journal.all())
        journal.intend(submission(f"n{number}"))
        if not number:
            journal.note("n0", "done", WHEN)
            journal.tidy(at_least=1)

    # Its new file is in its place, and the folder not synced yet.
    one_killed_then_a_cut(tmp_path, seed, work, Moment(3, "fsync folder journal"))
    assert {one.id for one in Journal(folder, Disk()).all()} == {"n0", "n1"}


@pytest.mark.parametrize("seed", CHANCES)
def test_a_blob_that_a_killed_process_moved_in_outlives_a_power_cut(seed: int, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / ".wanspec" / "blobs", Disk())
    came: list[str] = []

    def work(disk: Disk) -> None:
        path = tmp_path / ".wanspec" / "tmp" / f"came-{len(came)}"
        came.append(path.name)
        path.write_bytes(b"the same picture")
        came[-1] = Blobs(tmp_path / ".wanspec" / "blobs", disk).add(path)

    # Moved in, and the folder not synced yet; the two times before, it was made.
    one_killed_then_a_cut(tmp_path, seed, work, Moment(3, "fsync folder blob"))
    assert blobs.verify(came[-1])

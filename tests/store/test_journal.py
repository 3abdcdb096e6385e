"""The journal: each line is on the disk before the next step, whoever writes, and whatever a kill leaves."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError
from wanspec.store.durable import Disk
from wanspec.store.journal import (
    ACCEPTED,
    DONE,
    FAILED,
    LOST,
    REJECTED,
    REPLACED,
    UNCERTAIN,
    Journal,
    Output,
    Submission,
)

WHEN = "2026-11-20T10:00:00+00:00"
LATER = "2026-11-20T10:01:00+00:00"


def submission(name: str = "one", **other: object) -> Submission:
    plain = Submission(
        id=name,
        when=WHEN,
        run="run-1",
        key=f"sha256:{name}",
        item="arrival",
        take=1,
        provider="acme",
        model="acme/still",
        estimated_usd=Decimal("0.03"),
    )
    return replace(plain, **other)  # type: ignore[arg-type]


def journal(folder: Path, disk: Disk | None = None) -> Journal:
    return Journal(folder, disk or Disk())


def test_a_submission_is_followed_from_intent_to_done(tmp_path: Path) -> None:
    book = journal(tmp_path)
    book.intend(submission())
    assert [one.outcome for one in journal(tmp_path).open()] == ["uncertain"]
    book.note("one", ACCEPTED, LATER, task_id="task-7", request_id="req-1")
    (one,) = journal(tmp_path).open()
    assert (one.outcome, one.task_id, one.is_owed, one.disputed) == ("in_flight", "task-7", True, False)
    book.note_outputs("one", [Output("https://cdn.example/a.png", seed=7, cost_usd=Decimal("0.0301"))], LATER)
    (one,) = journal(tmp_path).open()
    assert one.outputs == (Output("https://cdn.example/a.png", "", 7, Decimal("0.0301")),)
    book.note("one", DONE, LATER, actual_usd="0.0301")
    assert journal(tmp_path).open() == ()
    (one,) = journal(tmp_path).all()
    assert (one.outcome, one.actual_usd, one.estimated_usd) == ("done", Decimal("0.0301"), Decimal("0.03"))


def test_what_may_have_been_charged_without_a_result_is_disputed(tmp_path: Path) -> None:
    book = journal(tmp_path)
    for name in ("lost", "uncertain", "failed", "rejected"):
        book.intend(submission(name))
    book.note("lost", LOST, LATER, message="the link expired")
    book.note("uncertain", UNCERTAIN, LATER)
    book.note("failed", FAILED, LATER, actual_usd="0")
    book.note("rejected", REJECTED, LATER)
    rows = {one.id: one for one in journal(tmp_path).all()}
    assert {name: one.disputed for name, one in rows.items()} == {
        "lost": True,
        "uncertain": True,
        "failed": False,
        "rejected": False,
    }
    assert rows["failed"].actual_usd == 0
    assert not rows["rejected"].may_be_paid
    assert book.standing() == {"sha256:lost": "in_flight", "sha256:uncertain": "uncertain"}


def test_what_was_bought_again_stays_in_the_ledger_as_it_was(tmp_path: Path) -> None:
    book = journal(tmp_path)
    book.intend(submission())
    book.note("one", UNCERTAIN, LATER)
    book.note("one", REPLACED, LATER)
    assert book.open() == ()
    assert [(one.outcome, one.disputed) for one in book.all()] == [("uncertain", True)]


def test_an_intent_that_can_be_asked_for_stands_in_no_plans_way(tmp_path: Path) -> None:
    book = journal(tmp_path)
    book.intend(submission(client_made=True, task_id="mine"))
    assert book.standing() == {}
    assert len(book.of_key("sha256:one")) == 1


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    book = journal(tmp_path)
    book.intend(submission("one"))
    with book.open_file.open("ab") as file:
        file.write(b'\n{"id":"two","event":"int')
    book.intend(submission("three"))
    with book.open_file.open("ab") as file:
        file.write(b"\n\xff\xfe no json\n[]\n")
    assert [one.id for one in journal(tmp_path).open()] == ["one", "three"]
    assert [one.id for one in book.open()] == ["one", "three"]


def test_a_full_disk_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    def full(step: str, _path: Path) -> None:
        if step == "journal":
            raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        journal(tmp_path, Disk(full)).intend(submission())
    assert journal(tmp_path).open() == ()


def test_many_threads_and_processes_lose_nothing(tmp_path: Path) -> None:
    book = journal(tmp_path)
    script = (
        "import sys; from pathlib import Path; from tests.store.test_journal import journal, submission\n"
        f"book = journal(Path({str(tmp_path)!r}))\n"
        "for number in range(40): book.intend(submission(f'other-{number}'))\n"
    )
    root = Path(__file__).resolve().parents[2]
    other = subprocess.Popen([sys.executable, "-c", script], cwd=root)
    threads = [
        threading.Thread(target=lambda n=n: [book.intend(submission(f"{n}-{m}")) for m in range(20)]) for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(60) == 0
    assert len(book.open()) == 160
    assert len(journal(tmp_path).all()) == 160


def test_tidying_moves_what_is_settled_and_forgets_nothing(tmp_path: Path) -> None:
    book = journal(tmp_path)
    for number in range(12):
        book.intend(submission(str(number), when=f"2026-11-20T10:00:{number:02}+00:00"))
        if number % 3:
            book.note(str(number), DONE, LATER, actual_usd="0.03")
    before = book.all()
    book.tidy(at_least=5)
    assert [one.id for one in book.open()] == ["0", "3", "6", "9"]
    assert book.all() == before
    assert b'"1"' not in book.open_file.read_bytes()
    book.note("3", DONE, LATER)
    assert [one.id for one in journal(tmp_path).open()] == ["0", "6", "9"]


def test_a_kill_while_tidying_counts_nothing_twice(tmp_path: Path) -> None:
    book = journal(tmp_path)
    for number in range(10):
        book.intend(submission(str(number)))
        book.note(str(number), DONE, LATER)
    before = book.all()

    def killed(step: str, _path: Path) -> None:
        if step == "rename":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal(tmp_path, Disk(killed)).tidy(at_least=5)
    assert book.closed_file.stat().st_size > 0
    assert sorted(one.id for one in book.all()) == sorted(one.id for one in before)


def test_what_was_turned_away_and_is_sent_again_is_open_again(tmp_path: Path) -> None:
    book = journal(tmp_path)
    book.intend(submission())
    book.note("one", REJECTED, LATER)
    book.intend(submission())
    assert [one.outcome for one in journal(tmp_path).open()] == ["uncertain"]
    assert [one.outcome for one in journal(tmp_path).all()] == ["uncertain"]


def test_tidying_goes_on_after_a_line_that_a_power_cut_tore(tmp_path: Path) -> None:
    book = journal(tmp_path)
    for number in range(10):
        book.intend(submission(str(number)))
        book.note(str(number), DONE, LATER)
    before = book.all()
    book.closed_file.write_bytes(b'{"id":"0","event":"int')
    book.tidy(at_least=5)
    assert sorted(one.id for one in book.all()) == sorted(one.id for one in before)


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    book = journal(tmp_path / "store" / "journal")
    assert (book.open(), book.all(), book.standing()) == ((), (), {})
    assert list(tmp_path.iterdir()) == []

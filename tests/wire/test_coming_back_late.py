"""A task that was accepted, a process that was killed, and a user who comes back days later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wire.studio import Killed, Studio, Task, VendorInMemory, look
from wanspec.domain.errors import Failed, Uncertain
from wanspec.engine.performing import Performer
from wanspec.engine.slots import Slots
from wanspec.wire.recovery import collect_left_over
from wanspec.wire.renderer import Wishes


def killed_while_in_flight(folder: Path, style: str, later_s: float = 3 * 24 * 3600.0) -> Studio:
    """The vendor has the task, the journal knows it, and time has gone by: three days unless told."""
    studio = Studio(folder, VendorInMemory(style))
    asked = 0

    def cut(name: str) -> None:
        nonlocal asked
        asked += name == "call"
        if asked == 2:
            raise Killed

    studio.vendor.step = cut
    with pytest.raises(Killed):
        studio.render()
    assert len(studio.vendor.charged) == 1
    studio.clock.seconds += later_s
    return studio.restarted()


@pytest.mark.parametrize(("late_s", "most_s"), [(0.0, 90.0), (1200.0, 0.0)])
def test_what_nobody_asks_for_any_more_is_not_waited_for_without_end(
    tmp_path: Path, late_s: float, most_s: float
) -> None:
    """A young task is given a minute, an old one a look; it stays in flight for the next render."""
    studio = killed_while_in_flight(tmp_path, "acme", later_s=late_s)
    studio.vendor.working_polls = 10**9
    store, began = studio.store(), studio.clock.seconds
    performer = Performer(store, studio.clock, Slots(None), look)
    asyncio.run(collect_left_over(studio.vendors(store), performer, (), studio.said.append))
    assert studio.said == ["what an earlier request of `arrival` was sent for is still at `acme`: it is not done yet"]
    assert studio.clock.seconds - began <= most_s
    assert [outcome for outcome, _, _ in studio.ledger()] == ["in_flight"]
    studio.vendor.working_polls = 0
    asyncio.run(collect_left_over(studio.vendors(store), performer, (), studio.said.append))
    assert studio.said[1:] == ["what an earlier request of `arrival` was sent for has come, and is kept"]
    assert [outcome for outcome, _, _ in studio.ledger()] == ["done"]


def forgets(vendor: VendorInMemory) -> None:
    vendor.tasks.clear()


def shows_nothing(vendor: VendorInMemory) -> None:
    vendor.working_polls, vendor.empty = 0, 100


# The last: how often it is paid for in the end.  A vendor that has found its results again is not paid anew.
CASES = [("acme", forgets, 2), ("acme", shows_nothing, 1), ("betterco", forgets, 2)]


@pytest.mark.parametrize(
    ("style", "change", "paid"), CASES, ids=["acme-forgets", "acme-shows-nothing", "betterco-forgets"]
)
def test_what_cannot_be_had_any_more_is_lost_and_can_be_bought_again(
    tmp_path: Path, style: str, change: Callable[[VendorInMemory], None], paid: int
) -> None:
    studio = killed_while_in_flight(tmp_path, style)
    change(studio.vendor)
    (came,) = studio.render()
    assert isinstance(came, Failed)
    assert came.code == "lost"  # and not a task that is slow: that one could never be bought again
    assert [(outcome, disputed) for outcome, _, disputed in studio.ledger()] == [("failed", True)]
    studio.vendor.empty = 0
    (came,) = studio.render(wishes=Wishes(retry_uncertain=True))
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == paid


@pytest.mark.parametrize("style", ["acme", "betterco"])
def test_what_is_there_is_collected_however_late(tmp_path: Path, style: str) -> None:
    studio = killed_while_in_flight(tmp_path, style)
    studio.vendor.working_polls = 0
    (came,) = studio.render()
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == 1


def killed_while_it_was_sent(folder: Path, hours: float) -> Studio:
    """The request left, or did not; nobody knows."""
    studio = Studio(folder, VendorInMemory("betterco"))

    def cut(name: str) -> None:
        if name == "call":
            raise Killed

    studio.vendor.step = cut
    with pytest.raises(Killed):
        studio.render()
    studio.clock.seconds += hours * 3600
    return studio.restarted()


def test_what_an_asked_vendor_does_not_know_is_sent(tmp_path: Path) -> None:
    studio = killed_while_it_was_sent(tmp_path, hours=2)
    (came,) = studio.render()
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == 1


def test_what_the_vendor_would_have_forgotten_by_now_is_not_sent_again_without_leave(tmp_path: Path) -> None:
    studio = killed_while_it_was_sent(tmp_path, hours=72)
    (came,) = studio.render()
    assert isinstance(came, Uncertain)
    assert came.hint == "look at the vendor's site; `wanspec render --retry-uncertain` buys it again"
    assert studio.vendor.charged == []
    assert [(outcome, disputed) for outcome, _, disputed in studio.ledger()] == [("uncertain", True)]
    assert set(studio.store().journal.standing().values()) == {"uncertain"}
    asked = len(studio.vendor.calls)
    (came,) = studio.render(wishes=Wishes(offline=True))
    assert isinstance(came, Uncertain)
    assert len(studio.vendor.calls) == asked
    assert [one.status for one in studio.recover()] == ["uncertain"]
    (came,) = studio.render(wishes=Wishes(retry_uncertain=True))
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == 1
    assert [outcome for outcome, _, _ in studio.ledger()] == ["uncertain", "done"]


def test_what_was_sent_by_a_clock_that_was_ahead_may_be_old(tmp_path: Path) -> None:
    studio = killed_while_it_was_sent(tmp_path, hours=-72)
    (came,) = studio.render()
    assert isinstance(came, Uncertain)
    assert studio.vendor.charged == []


def test_a_clock_that_was_put_back_a_little_does_not_matter(tmp_path: Path) -> None:
    studio = killed_while_it_was_sent(tmp_path, hours=-0.01)
    (came,) = studio.render()
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == 1


def test_a_task_that_turns_up_after_it_was_given_up_is_collected(tmp_path: Path) -> None:
    studio = killed_while_it_was_sent(tmp_path, hours=72)
    studio.render()
    (uncertain,) = studio.store().journal.open()
    studio.vendor.tasks[uncertain.task_id] = Task({"prompt": "a ferry"})
    studio.vendor.working_polls = 0
    (came,) = studio.render()
    assert not isinstance(came, BaseException), came
    assert studio.vendor.charged == []
    assert [outcome for outcome, _, _ in studio.ledger()] == ["done"]

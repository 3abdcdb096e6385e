"""Killed at every step that changes the disk or the vendor: nothing is paid twice, nothing paid is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wire.studio import Killed, Studio, VendorInMemory
from wanspec.domain.errors import Failed, StoreError, Uncertain
from wanspec.store.durable import Disk
from wanspec.wire.renderer import Wishes


class Fuse:
    """Ends the process at the n-th step, and at every step after it: a dead process does nothing more."""

    def __init__(self, at: int, error: Callable[[], BaseException] = Killed) -> None:
        self.at = at
        self.steps: list[str] = []
        self.error = error

    def __call__(self, name: str, _path: Path | None = None) -> None:
        self.steps.append(name)
        if len(self.steps) >= self.at:
            raise self.error()

    def arm(self, studio: Studio) -> Studio:
        studio.vendor.step = self
        studio.disk = Disk(self)
        return studio


def steps_of(folder: Path, style: str, **vendor: bool) -> list[str]:
    fuse = Fuse(10**9)
    studio = fuse.arm(Studio(folder, VendorInMemory(style, **vendor)))  # type: ignore[arg-type]
    studio.render()
    return fuse.steps


KINDS = [("acme", {}), ("acme", {"sync": True}), ("acme", {"sync": True, "inline": True}), ("betterco", {})]


@pytest.mark.parametrize(("style", "ways"), KINDS, ids=["acme", "acme-sync", "acme-inline", "betterco"])
def test_killed_at_any_step_the_next_render_pays_nothing_twice(
    tmp_path: Path, style: str, ways: dict[str, bool]
) -> None:
    steps = steps_of(tmp_path / "fair", style, **ways)
    assert {"call", "answer", "journal", "journaled", "index"} <= set(steps)
    uncertain = []
    for at in range(1, len(steps) + 1):
        studio = Studio(tmp_path / f"{at}", VendorInMemory(style, **ways))  # type: ignore[arg-type]
        with pytest.raises(Killed):
            Fuse(at).arm(studio).render()
        (came,) = studio.restarted().render()
        if isinstance(came, Uncertain):
            uncertain.append(steps[at - 1])
            (came,) = studio.restarted().render(wishes=Wishes(retry_uncertain=True))
            assert len(studio.vendor.charged) <= 2
        else:
            assert len(studio.vendor.charged) == 1, steps[at - 1]
        assert not isinstance(came, BaseException), (steps[at - 1], came)
        assert (studio.root / f".wanspec/blobs/sha256/{came.record.artifacts[0].sha256[:2]}").is_dir()
        (again,) = studio.restarted().render()
        assert not again.made
        assert [one for one in studio.store().journal.all() if one.is_open] == [] or uncertain
    if style == "betterco":
        assert uncertain == []
    else:
        # From the moment before the request leaves to the moment when its answer is on the disk.
        assert set(uncertain) <= {"journaled", "call", "answer", "journal", "folder", "write", "rename"}


@pytest.mark.parametrize("style", ["acme", "betterco"])
def test_a_disk_that_is_full_at_any_step_loses_nothing(tmp_path: Path, style: str) -> None:
    steps = steps_of(tmp_path / "fair", style)
    disk_steps = [number for number, step in enumerate(steps, 1) if step not in ("call", "answer", "fetch")]
    for at in disk_steps:
        studio = Studio(tmp_path / f"{at}", VendorInMemory(style))
        fuse = Fuse(at, lambda: OSError(28, "No space left on device"))
        fuse.arm(studio)
        studio.vendor.step = lambda name, fuse=fuse: fuse.steps.append(name)  # type: ignore[misc]
        (came,) = studio.render()
        assert isinstance(came, StoreError | OSError), steps[at - 1]
        (came,) = studio.restarted().render()
        if style == "betterco":
            assert not isinstance(came, BaseException), (steps[at - 1], came)
            assert len(studio.vendor.charged) == 1
        else:
            assert len(studio.vendor.charged) <= 1
            assert isinstance(came, Uncertain) or came.record.artifacts


@pytest.mark.parametrize("style", ["acme", "betterco"])
def test_recover_collects_what_a_killed_render_left_and_submits_nothing(tmp_path: Path, style: str) -> None:
    steps = steps_of(tmp_path / "fair", style)
    for at in range(1, len(steps) + 1):
        studio = Studio(tmp_path / f"{at}", VendorInMemory(style))
        with pytest.raises(Killed):
            Fuse(at).arm(studio).render()
        charged = list(studio.vendor.charged)
        found = studio.restarted().recover()
        assert studio.vendor.charged == charged
        statuses = [one.status for one in found]
        assert set(statuses) <= {"collected", "uncertain", "not_sent"}, steps[at - 1]
        if "collected" in statuses:
            (came,) = studio.restarted().render()
            assert not came.made
            assert studio.vendor.charged == charged
        assert studio.restarted().recover() == () or "collected" not in statuses


def test_a_forced_render_that_was_killed_is_collected_though_there_is_an_older_result(tmp_path: Path) -> None:
    studio = Studio(tmp_path, VendorInMemory("betterco"))
    studio.render()
    steps = Fuse(10**9)
    again = Studio(tmp_path, studio.vendor, studio.clock)
    forced = Wishes(force=frozenset({"arrival"}))

    def cut_after_acceptance(name: str) -> None:
        steps.steps.append(name)
        if name == "answer" and len(studio.vendor.charged) == 2:
            raise Killed

    studio.vendor.step = cut_after_acceptance
    with pytest.raises(Killed):
        again.render(wishes=forced, anew=True)
    (came,) = studio.restarted().render()
    assert came.made
    assert len(studio.vendor.charged) == 2
    (came,) = studio.restarted().render()
    assert not came.made


def test_a_forced_render_that_was_killed_before_it_sent_is_forgotten(tmp_path: Path) -> None:
    studio = Studio(tmp_path, VendorInMemory("betterco"))
    studio.render()

    def cut_before_sending(name: str) -> None:
        if name == "call":
            raise Killed

    studio.vendor.step = cut_before_sending
    with pytest.raises(Killed):
        studio.render(wishes=Wishes(force=frozenset({"arrival"})), anew=True)
    (came,) = studio.restarted().render()
    assert not came.made
    assert len(studio.vendor.charged) == 1


@pytest.mark.parametrize("style", ["acme", "betterco"])
def test_killed_after_it_was_turned_away_and_sent_again(tmp_path: Path, style: str) -> None:
    studio = Studio(tmp_path, VendorInMemory(style, weather=["busy"]))

    def cut_after_acceptance(name: str) -> None:
        if name == "answer" and studio.vendor.charged:
            raise Killed

    studio.vendor.step = cut_after_acceptance
    with pytest.raises(Killed):
        studio.render()
    (came,) = studio.restarted().render()
    assert len(studio.vendor.charged) == 1
    assert isinstance(came, Uncertain) == (style == "acme")


@pytest.mark.parametrize("damage", [True, False], ids=["damaged", "gone"])
@pytest.mark.parametrize("sync", [True, False], ids=["nameless", "named"])
def test_bytes_that_came_with_the_answer_and_are_lost_are_asked_for_again(
    tmp_path: Path, sync: bool, damage: bool
) -> None:
    """The address of such a result is the store; without it the item failed in every render that followed."""
    ways = {"sync": sync, "inline": True}
    at = steps_of(tmp_path / "fair", "acme", **ways).index("index") + 1
    studio = Studio(tmp_path / "broken", VendorInMemory("acme", **ways))  # type: ignore[arg-type]
    with pytest.raises(Killed):
        Fuse(at).arm(studio).render()
    (blob,) = (studio.root / ".wanspec/blobs/sha256").glob("??/*")
    blob.unlink()
    if damage:
        blob.write_bytes(b"no picture")
    (came,) = studio.restarted().render()
    if sync:
        assert isinstance(came, Failed)
        assert came.code == "lost"
        assert studio.ledger() == [("failed", "", True)]
        (came,) = studio.restarted().render(wishes=Wishes(retry_uncertain=True))
    assert not isinstance(came, BaseException), came
    assert len(studio.vendor.charged) == 1 + sync
    assert studio.store().blobs.verify(came.record.artifacts[0].sha256)


def test_a_damaged_result_does_not_keep_recover_from_the_others(tmp_path: Path) -> None:
    at = steps_of(tmp_path / "fair", "acme", sync=True, inline=True).index("index") + 1
    studio = Studio(tmp_path / "broken", VendorInMemory("acme", sync=True, inline=True))
    with pytest.raises(Killed):
        Fuse(at).arm(studio).render()
    (blob,) = (studio.root / ".wanspec/blobs/sha256").glob("??/*")
    blob.unlink()
    assert [one.status for one in studio.restarted().recover()] == ["lost"]

"""Rendering a small world with fake renderers: what is done, what is left alone, what survives."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wanspec.domain.actions import Action
from wanspec.domain.errors import Busy, MediaError, NotSent, StoreError, Uncertain, UsageError
from wanspec.domain.items import Derived, Reference
from wanspec.domain.seeds import seed_of
from wanspec.engine.events import ItemFinished, ItemStarted, Notice, RunFinished, RunStarted, TakeDone
from wanspec.engine.slots import Slots
from wanspec.store import read_lock

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from stagehand import Entry, FakeRenderer, World, statuses  # noqa: E402 - a module beside this one


def chain(root: Path) -> World:
    """A still, a second one made of it, a third made of that."""
    return World(
        root,
        {
            "first": Entry("a harbour"),
            "second": Entry("the ramp", (Reference("first"),)),
            "third": Entry("the market", (Reference("second"),)),
        },
    )


def failing(*items: str, error: Exception | None = None) -> FakeRenderer:
    def before(action: Action) -> None:
        if action.item in items:
            raise error or MediaError("the picture fell off the wall")

    return FakeRenderer(before=before)


def locked(world: World):
    found = read_lock(world.root).value
    assert found is not None
    return found.items


# -- what is rendered, and what is not -------------------------------------------------------------------------------


def test_a_first_run_renders_everything_and_a_second_nothing(tmp_path: Path) -> None:
    world = chain(tmp_path)

    first = world.run()
    assert statuses(first) == {"first": "rendered", "second": "rendered", "third": "rendered"}
    assert world.renderer.asked == ["first#1", "second#1", "third#1"]
    assert world.files() == ["first.png", "second.png", "third.png"]

    second = world.run()
    assert statuses(second) == {"first": "cached", "second": "cached", "third": "cached"}
    assert world.renderer.asked == []
    assert [take.artifact for take in second.outcomes["third"].takes] == [
        take.artifact for take in first.outcomes["third"].takes
    ]


def test_a_run_with_nothing_to_do_changes_no_file(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()
    watched = [tmp_path / "wanspec.lock", *(tmp_path / "renders").rglob("*"), tmp_path / ".wanspec/index/cache.db"]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in watched}

    world.run()

    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in watched} == before
    assert not list((tmp_path / ".wanspec" / "tmp").iterdir())


def test_a_changed_prompt_reruns_only_its_item_and_what_hangs_on_it(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.entries["apart"] = Entry("a lighthouse")
    world.run()

    world.entries["second"] = Entry("the long ramp", (Reference("first"),))
    run = world.run()

    assert statuses(run) == {"first": "cached", "second": "rendered", "third": "rendered", "apart": "cached"}


def test_equal_bytes_upstream_stop_the_change(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.renderer = FakeRenderer(same=True)
    world.run()

    world.entries["first"] = Entry("another harbour")
    run = world.run()

    assert world.renderer.asked == ["first#1"]
    assert statuses(run) == {"first": "rendered", "second": "cached", "third": "cached"}


def test_equal_actions_run_once(tmp_path: Path) -> None:
    frame = Derived("local/frame", (("at", "last"), ("source", Reference("first"))))
    world = World(
        tmp_path,
        {
            "first": Entry("a harbour"),
            "left": Entry("to the left", (frame,)),
            "right": Entry("to the right", (frame,)),
        },
    )

    run = world.run()

    assert set(statuses(run)) == {"first", "left", "right"}  # a filter's result is no item
    assert world.local.asked == ["local/frame#1"]

    world.run()
    assert world.local.asked == []


def test_a_filter_of_a_filter_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mara.png").write_bytes(b"mara")
    inner = Derived("local/crop", (("source", "mara.png"), ("width", 10)))
    world = World(tmp_path, {"one": Entry("with mara", (Derived("local/flip", (("source", inner),)),))})
    _look_without_decoding(monkeypatch)

    world.run()

    assert world.local.asked == ["local/crop#1", "local/flip#1"]


def _look_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of these tests are no pictures."""
    from wanspec.domain.artifacts import Artifact
    from wanspec.stages.sources import Sources
    from wanspec.store.durable import sha256_of

    async def look_at(_self: Sources, path: Path, kind: str) -> Artifact:
        return Artifact(sha256_of(path), f"{kind}/png", path.stat().st_size, 64, 36)

    monkeypatch.setattr(Sources, "_look_at", look_at)


def test_a_missing_file_fails_its_item_alone(tmp_path: Path) -> None:
    world = World(tmp_path, {"bad": Entry("with a file", ("gone.png",)), "good": Entry("without")})

    run = world.run()

    assert statuses(run) == {"bad": "failed", "good": "rendered"}
    assert run.outcomes["bad"].error is not None
    assert run.outcomes["bad"].error.message == "there is no file `gone.png`"


# -- takes and picks -------------------------------------------------------------------------------------------------


def test_several_takes_stand_in_a_folder_and_the_picked_one_beside_it(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=3)})

    outcome = world.run().outcomes["arrival"]

    assert world.files() == ["arrival.png", "arrival/take-1.png", "arrival/take-2.png", "arrival/take-3.png"]
    assert [take.path for take in outcome.takes] == [f"renders/arrival/take-{n}.png" for n in (1, 2, 3)]
    assert len({take.artifact.sha256 for take in outcome.takes}) == 3
    assert [take.seed - outcome.takes[0].seed for take in outcome.takes] == [0, 1, 2]
    assert _same(tmp_path, "arrival.png", "arrival/take-1.png")


def _same(root: Path, left: str, right: str) -> bool:
    return (root / "renders" / left).read_bytes() == (root / "renders" / right).read_bytes()


def test_another_take_renders_only_that_one(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=2)})
    world.run()

    world.entries["arrival"] = Entry("a ferry", takes=3)
    world.run()

    assert world.renderer.asked == ["arrival#3"]


def test_fewer_takes_remove_the_files_of_those_that_are_gone(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=3)})
    world.run()

    world.entries["arrival"] = Entry("a ferry")
    world.run()

    assert world.renderer.asked == []
    assert world.files() == ["arrival.png"]
    assert not (tmp_path / "renders" / "arrival").exists()


def test_an_image_set_is_one_action_with_several_takes(tmp_path: Path) -> None:
    world = World(tmp_path, {"sheet": Entry("a turn-around", outputs=4)})

    outcome = world.run().outcomes["sheet"]

    assert world.renderer.asked == ["sheet#1"]
    assert [take.take for take in outcome.takes] == [1, 2, 3, 4]
    assert len({take.key for take in outcome.takes}) == 1
    assert statuses(world.run()) == {"sheet": "cached"}


def test_downstream_waits_for_a_required_pick(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        {
            "arrival": Entry("a ferry", takes=2, pick_required=True),
            "clip": Entry("the ramp", (Reference("arrival"),)),
            "end": Entry("the market", (Reference("clip"),)),
            "second": Entry("by number", (Reference("arrival", take=2),)),
        },
    )

    run = world.run()

    assert statuses(run) == {"arrival": "rendered", "clip": "waiting", "end": "waiting", "second": "rendered"}
    assert run.outcomes["clip"].because == run.outcomes["end"].because == "arrival"
    assert run.outcomes["arrival"].pick is None
    assert world.files() == ["arrival/take-1.png", "arrival/take-2.png", "second.png"]

    _pick(world, "arrival", 2)
    run = world.run()

    assert statuses(run) == {"arrival": "cached", "clip": "rendered", "end": "rendered", "second": "cached"}
    assert run.outcomes["arrival"].pick == 2
    assert _same(tmp_path, "arrival.png", "arrival/take-2.png")


def _pick(world: World, item: str, take: int) -> None:
    from dataclasses import replace

    def change(lock):
        block = lock.items[item]
        return {item: replace(block, pick=take, pick_sha256=block.takes[take - 1].artifact.sha256)}

    world.store.change_lock(change)


def test_a_pick_survives_a_new_take_and_lapses_with_its_bytes(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=2)})
    world.run()
    _pick(world, "arrival", 2)

    world.entries["arrival"] = Entry("a ferry", takes=3)
    assert world.run().outcomes["arrival"].pick == 2

    world.entries["arrival"] = Entry("a bigger ferry", takes=3)
    assert world.run().outcomes["arrival"].pick == 1
    assert locked(world)["arrival"].pick is None


def test_a_frozen_item_keeps_its_takes_although_its_request_changed(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour"), "next": Entry("the ramp", (Reference("still"),))})
    world.run()
    before = (tmp_path / "wanspec.lock").read_bytes()

    world.entries["still"] = Entry("another harbour", freeze=True)
    run = world.run()

    assert world.renderer.asked == []
    assert statuses(run) == {"still": "cached", "next": "cached"}
    assert (tmp_path / "wanspec.lock").read_bytes() == before


def test_force_does_not_thaw(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")})
    world.run()
    world.entries["still"] = Entry("another harbour", freeze=True)

    assert statuses(world.run(force=frozenset({"still"}))) == {"still": "cached"}
    assert world.renderer.asked == []


def test_a_frozen_item_needs_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour"), "next": Entry("the ramp", (Reference("still"),))})
    world.run()
    world.entries["still"] = Entry("another harbour")
    world.entries["next"] = Entry("the long ramp", (Reference("still"),), freeze=True)
    world.renderer = failing("still")

    assert statuses(world.run()) == {"still": "failed", "next": "cached"}


def test_a_frozen_item_whose_bytes_are_gone_fails_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")})
    run = world.run()
    world.store.blobs.path(run.outcomes["still"].takes[0].artifact.sha256).unlink()

    world.entries["still"] = Entry("another harbour", freeze=True)
    run = world.run()

    assert statuses(run) == {"still": "failed"}
    assert "not in the store" in run.outcomes["still"].error.message


def test_an_adopted_take_serves_downstream_and_stays(tmp_path: Path) -> None:
    from dataclasses import replace

    from wanspec.domain.lock import LockedTake

    world = World(tmp_path, {"still": Entry("a harbour"), "next": Entry("the ramp", (Reference("still"),))})
    world.run()
    hand_made = tmp_path / "hand.png"
    hand_made.write_text("by hand")
    from stagehand import still

    work = world.store.work_folder() / "x"
    work.write_text("by hand")
    world.store.blobs.add(work)
    artifact = still("by hand")

    def adopt(lock):
        block = lock.items["still"]
        takes = (*block.takes, LockedTake("", artifact, origin="adopted"))
        return {"still": replace(block, takes=takes, pick=2, pick_sha256=artifact.sha256)}

    world.store.change_lock(adopt)
    run = world.run()

    assert world.renderer.asked == ["next#1"]
    assert run.outcomes["still"].pick == 2
    assert (tmp_path / "renders" / "still.png").read_text() == "by hand"
    assert [take.origin for take in locked(world)["still"].takes] == ["rendered", "adopted"]

    world.entries["still"] = Entry("another harbour")
    world.run()
    assert [take.origin for take in locked(world)["still"].takes] == ["rendered", "adopted"]
    assert (tmp_path / "renders" / "still.png").read_text() == "by hand"


# -- the lock --------------------------------------------------------------------------------------------------------


def test_the_lock_finds_the_takes_when_the_index_is_lost(tmp_path: Path) -> None:
    import shutil

    world = chain(tmp_path)
    world.run()
    shutil.rmtree(tmp_path / ".wanspec" / "index")

    assert set(statuses(world.run()).values()) == {"cached"}


def test_the_index_finds_the_takes_when_the_lock_is_lost(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()
    text = (tmp_path / "wanspec.lock").read_bytes()
    (tmp_path / "wanspec.lock").unlink()

    assert set(statuses(world.run()).values()) == {"cached"}
    assert (tmp_path / "wanspec.lock").read_bytes() == text


def test_a_renamed_item_takes_its_block_along(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=2)})
    world.run()
    _pick(world, "arrival", 2)

    world.entries = {"ferry": Entry("a ferry", takes=2)}
    run = world.run()

    assert world.renderer.asked == []
    assert statuses(run) == {"ferry": "cached"}
    assert run.outcomes["ferry"].pick == 2
    assert list(locked(world)) == ["ferry"]
    assert "arrival.png" in world.files()  # what a removed name showed is kept


FRAME = Derived("local/frame", (("at", "last"), ("source", Reference("first"))))


def forgetful(world: World, entries: dict[str, Entry]) -> World:
    """The same project on the next day, when the index has been lost: what a filter gave has to be made again."""
    import shutil

    shutil.rmtree(world.root / ".wanspec" / "index")
    return World(world.root, entries)


def test_a_renamed_item_is_known_again_although_only_the_run_tells_what_is_above_it(tmp_path: Path) -> None:
    first = Entry("a harbour")
    world = World(tmp_path, {"first": first, "second": Entry("the ramp", (FRAME,), takes=2)})
    world.run()
    _pick(world, "second", 2)
    takes = locked(world)["second"].takes

    world = forgetful(world, {"first": first, "later": Entry("the ramp", (FRAME,), takes=2)})
    assert world.plan().decisions["later"].keys == (None, None)
    run = world.run()

    assert (world.local.asked, world.renderer.asked) == (["local/frame#1"], [])
    assert statuses(run) == {"first": "cached", "later": "cached"}
    assert run.outcomes["later"].pick == 2
    assert sorted(locked(world)) == ["first", "later"]
    assert locked(world)["later"].takes == takes
    assert locked(world)["later"].seed == seed_of("second")  # it stays with the item from now on


def test_a_name_gives_once_also_in_a_run(tmp_path: Path) -> None:
    first, again = Entry("a harbour"), Entry("the ramp", (FRAME,))
    world = World(tmp_path, {"first": first, "second": again})
    world.run()

    world = forgetful(world, {"first": first, "b": again, "c": again})
    run = world.run()

    assert sorted(statuses(run).values()) == ["cached", "cached", "rendered"]
    assert len(world.renderer.asked) == 1


def test_below_something_that_changed_an_item_is_not_taken_for_another(tmp_path: Path) -> None:
    world = World(tmp_path, {"first": Entry("a harbour"), "second": Entry("the ramp", (FRAME,))})
    world.run()

    world = forgetful(world, {"first": Entry("a pier"), "later": Entry("the ramp", (FRAME,))})
    world.run()

    assert world.renderer.asked == ["first#1", "later#1"]
    assert sorted(locked(world)) == ["first", "later", "second"]
    assert locked(world)["later"].seed != locked(world)["second"].seed


def test_a_removed_item_stays_in_the_lock(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()
    del world.entries["third"]
    world.entries["second"] = Entry("anew", (Reference("first"),))

    world.run()

    assert sorted(locked(world)) == ["first", "second", "third"]


def test_a_failed_item_keeps_its_earlier_block(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")})
    world.run()
    before = locked(world)["still"]

    world.entries["still"] = Entry("another harbour")
    world.renderer = failing("still")
    world.run()

    assert locked(world)["still"] == before


def test_previews_touch_neither_lock_nor_paid_results(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()
    before = (tmp_path / "wanspec.lock").read_bytes()
    workers = None

    async def preview():
        nonlocal workers
        from wanspec.engine.workers import Workers
        from wanspec.stages.execute import RenderOptions, execute

        return await execute(
            world.plan(),
            world.graph(),
            selected=frozenset(world.entries),
            material=world,
            renderers={"preview": world.renderer},
            workers=Workers(),
            store=world.store,
            options=RenderOptions(preview=True),
        )

    world.entries["first"] = Entry("another harbour")
    run = asyncio.run(preview())

    assert set(statuses(run).values()) == {"rendered"}
    assert run.outcomes["first"].takes[0].path == "renders/preview/first.png"
    assert (tmp_path / "wanspec.lock").read_bytes() == before
    assert world.store.known().record(run.outcomes["first"].takes[0].key) is None

    assert set(statuses(asyncio.run(preview())).values()) == {"cached"}


# -- when things go wrong --------------------------------------------------------------------------------------------


def test_a_failure_stops_only_what_hangs_on_it(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.entries["apart"] = Entry("a lighthouse")
    world.renderer = failing("first")

    run = world.run()

    assert statuses(run) == {"first": "failed", "second": "skipped", "third": "skipped", "apart": "rendered"}
    assert run.outcomes["third"].because == "first"
    assert run.outcomes["first"].error.message == "the picture fell off the wall"

    world.renderer = FakeRenderer()
    assert statuses(world.run()) == {"first": "rendered", "second": "rendered", "third": "rendered", "apart": "cached"}


def test_fail_fast_begins_nothing_more(tmp_path: Path) -> None:
    world = World(tmp_path, {f"still-{n}": Entry(f"number {n}") for n in range(6)})
    world.renderer = failing("still-0")

    run = world.run(fail_fast=True, jobs=1)

    assert statuses(run) == {"still-0": "failed", **{f"still-{n}": "skipped" for n in range(1, 6)}}
    assert world.renderer.asked == ["still-0#1"]


def test_the_takes_that_came_are_kept_when_one_fails(tmp_path: Path) -> None:
    def before(action: Action) -> None:
        if action.take == 2:
            raise Busy("too many requests", provider_code="429", request_id="r-1")

    world = World(tmp_path, {"arrival": Entry("a ferry", takes=3)}, renderer=FakeRenderer(before=before))

    outcome = world.run().outcomes["arrival"]

    assert outcome.status == "failed"
    assert outcome.error is not None
    assert (outcome.error.provider_code, outcome.error.request_id, outcome.error.retryable) == ("429", "r-1", True)
    assert [take.take for take in outcome.takes] == [1, 3]
    assert [take.path for take in outcome.takes] == ["renders/arrival/take-1.png", "renders/arrival/take-3.png"]
    assert world.files() == ["arrival/take-1.png", "arrival/take-3.png"]

    world.renderer = FakeRenderer()
    world.run()
    assert world.renderer.asked == ["arrival#2"]
    assert len(world.files()) == 4


def test_what_stood_there_stays_when_a_new_version_fails_in_part(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=2)})
    world.run()
    before = (tmp_path / "renders" / "arrival.png").read_bytes()

    def second_fails(action: Action) -> None:
        if action.take == 2:
            raise MediaError("no")

    world.entries["arrival"] = Entry("a bigger ferry", takes=2)
    world.renderer = FakeRenderer(before=second_fails)
    world.run()

    assert (tmp_path / "renders" / "arrival.png").read_bytes() == before


def test_an_answer_that_was_lost_makes_an_item_uncertain(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.renderer = failing("first", error=Uncertain("the connection broke"))

    run = world.run()

    assert statuses(run) == {"first": "uncertain", "second": "skipped", "third": "skipped"}


def test_a_result_of_the_wrong_kind_is_not_kept(tmp_path: Path) -> None:
    from wanspec.engine.verification import Expected

    class Choosy(FakeRenderer):
        def expected(self, _action: Action) -> Expected:
            return Expected("image", width=65)

    world = World(tmp_path, {"still": Entry("a harbour")}, renderer=Choosy())

    run = world.run()

    assert run.outcomes["still"].error.message == "it is 64 pixels wide, 65 were asked for"
    assert world.store.blobs.all() == set()
    assert world.files() == []


def test_a_bug_is_not_taken_for_a_failed_item(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")}, renderer=failing("still", error=KeyError("oops")))

    with pytest.raises(KeyError, match="oops"):
        world.run()


def test_a_full_disk_fails_the_item_and_leaves_nothing_half(tmp_path: Path) -> None:
    world = chain(tmp_path)

    def full(step: str, path: Path) -> None:
        if step == "rename" and "blobs" in path.parts:
            raise OSError(28, "No space left on device")

    world.store.disk.before = full
    run = world.run()

    assert statuses(run) == {"first": "failed", "second": "skipped", "third": "skipped"}
    assert run.outcomes["first"].error.retryable
    assert "free some space" in run.outcomes["first"].error.hint
    assert world.store.blobs.all() == set()

    world.store.disk.before = lambda *_: None
    assert set(statuses(world.run()).values()) == {"rendered"}


def test_a_disk_that_is_full_for_a_renderer_is_told_with_a_place_and_a_way_out(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    world = World(tmp_path, {"still": Entry("a harbour")}, renderer=failing("still", error=full))

    error = world.run().outcomes["still"].error

    assert error.message == f"`{world.store.folder}`: No space left on device"
    assert "free some space" in error.hint


def test_an_output_folder_that_is_a_file_is_refused_before_anything(tmp_path: Path) -> None:
    (tmp_path / "renders").write_text("mine")
    world = chain(tmp_path)

    with pytest.raises(UsageError, match="is a file"):
        world.run()

    assert world.renderer.asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["renders"]


def test_a_model_that_nothing_can_render_is_refused_before_anything(tmp_path: Path) -> None:
    world = World(tmp_path, {"one": Entry("a harbour"), "two": Entry("sold elsewhere", model="elsewhere/still")})

    with pytest.raises(NotSent, match="elsewhere"):
        world.run()

    assert list(tmp_path.iterdir()) == []


def test_a_damaged_blob_is_never_served_and_made_again(tmp_path: Path) -> None:
    world = chain(tmp_path)
    run = world.run()
    blob = world.store.blobs.path(run.outcomes["first"].takes[0].artifact.sha256)
    blob.chmod(0o644)
    blob.write_bytes(b"x" * blob.stat().st_size)

    world = chain(tmp_path)  # a new process has read nothing yet
    world.entries["second"] = Entry("the long ramp", (Reference("first"),))
    run = world.run()

    assert statuses(run) == {"first": "cached", "second": "failed", "third": "skipped"}
    assert run.outcomes["second"].error.code == "damaged"
    assert run.outcomes["second"].error.retryable

    assert statuses(world.run()) == {"first": "rendered", "second": "rendered", "third": "rendered"}


# -- results ---------------------------------------------------------------------------------------------------------


def test_a_result_that_was_deleted_or_changed_comes_back(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()
    (tmp_path / "renders" / "first.png").unlink()
    (tmp_path / "renders" / "second.png").write_text("scribbled on")

    run = world.run()

    assert set(statuses(run).values()) == {"cached"}
    assert world.renderer.asked == []
    assert world.files() == ["first.png", "second.kept-1.png", "second.png", "third.png"]
    assert (tmp_path / "renders" / "second.kept-1.png").read_text() == "scribbled on"
    assert [event.message for event in world.events if isinstance(event, Notice)] == [
        "`renders/second.png` was not written by wanspec and is kept as `renders/second.kept-1.png`"
    ]


def test_provenance_says_where_a_result_came_from(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")})
    take = world.run().outcomes["still"].takes[0]

    text = (tmp_path / "renders" / "still.png.json").read_text()
    value = json.loads(text)

    assert value["item"] == "still"
    assert value["key"] == take.key
    assert value["sha256"] == take.artifact.sha256
    assert value["facts"]["request.prompt"] == "a harbour"
    assert value["preview"] is False
    assert "time" not in text


# -- selection, order, number ----------------------------------------------------------------------------------------


def test_what_a_selected_item_needs_is_rendered_too_and_nothing_else(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.entries["apart"] = Entry("a lighthouse")

    assert statuses(world.run(["second"])) == {"first": "rendered", "second": "rendered"}
    assert statuses(world.run(["third"])) == {"third": "rendered"}
    assert statuses(world.run(["third"])) == {"third": "cached"}


def test_force_makes_an_item_anew_and_keeps_the_old_record(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.run()

    run = world.run(force=frozenset({"second"}))

    assert world.renderer.asked == ["second#1"]
    assert statuses(run) == {"first": "cached", "second": "rendered", "third": "cached"}


@pytest.mark.parametrize("slots", [2, None])
def test_no_more_than_the_asked_number_at_once(tmp_path: Path, slots: int | None) -> None:
    world = World(tmp_path, {f"still-{n}": Entry(f"number {n}", takes=2) for n in range(8)})
    world.renderer.slots = Slots(slots)
    most = 2 if slots else 3

    async def run():
        world.renderer.gate = asyncio.Event()
        rendering = asyncio.ensure_future(world.render(jobs=3))
        while world.renderer.most < most:
            await asyncio.sleep(0)
        world.renderer.gate.set()
        return await rendering

    assert set(statuses(asyncio.run(run())).values()) == {"rendered"}
    assert world.renderer.most == most


def test_the_longest_way_goes_first(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        {
            "alone": Entry("alone"),
            "head": Entry("head"),
            "middle": Entry("middle", (Reference("head"),)),
            "tail": Entry("tail", (Reference("middle"),)),
        },
    )

    world.run(jobs=1)

    assert world.renderer.asked[0] == "head#1"


def test_events_tell_the_run_as_it_goes(tmp_path: Path) -> None:
    world = World(tmp_path, {"arrival": Entry("a ferry", takes=2)})
    run = world.run()

    assert world.events[:2] == [RunStarted(run.id, "world", 1, 1, 2), ItemStarted("arrival", "studio/still", 2)]
    assert sorted(world.events[2:4], key=lambda event: event.take) == [
        TakeDone("arrival", 1, 2, cached=False),
        TakeDone("arrival", 2, 2, cached=False),
    ]
    assert world.events[4:] == [ItemFinished(run.outcomes["arrival"]), RunFinished(run)]


def test_the_last_run_can_be_read_again(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.renderer = failing("second")
    run = world.run()

    assert world.store.runs.last() == run


# -- kills, interruptions, company -----------------------------------------------------------------------------------

_SCRIPT = """
    import asyncio, os, signal, sys
    from pathlib import Path
    sys.path.insert(0, {here!r})
    from stagehand import Entry, FakeRenderer, World
    from wanspec.domain.items import Reference

    root = Path({root!r})

    def world(count=4):
        return World(root, {{f"still-{{n}}": Entry(f"number {{n}}") for n in range(count)}})
"""


def _process(root: Path, body: str, *, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    script = textwrap.dedent(_SCRIPT).format(here=str(HERE), root=str(root)) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=HERE.parents[1],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("step", "where", "times"), [("write", "blobs", 2), ("rename", "blobs", 2), ("index", "cache.db", 2)]
)
def test_a_kill_at_any_step_of_keeping_loses_only_that_action(
    tmp_path: Path, step: str, where: str, times: int
) -> None:
    killed = _process(
        tmp_path,
        f"""
        one = world()
        seen = 0

        def kill(step, path):
            global seen
            if step == {step!r} and {where!r} in str(path):
                seen += 1
                if seen == {times}:
                    os.kill(os.getpid(), signal.SIGKILL)

        one.store.disk.before = kill
        one.run(jobs=1)
        """,
    )
    _, errors = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, errors

    world = World(tmp_path, {f"still-{n}": Entry(f"number {n}") for n in range(4)})
    before = world.store.runs.last()
    assert before is not None
    assert before.interrupted

    run = world.run()

    done = [name for name, status in statuses(run).items() if status == "cached"]
    assert done == ["still-0"]
    assert sorted(world.renderer.asked) == ["still-1#1", "still-2#1", "still-3#1"]
    assert not list((tmp_path / ".wanspec" / "tmp").iterdir())
    assert all(world.store.blobs.verify(one) for one in world.store.blobs.all())


def test_two_processes_on_one_store_make_nothing_twice(tmp_path: Path) -> None:
    body = """
        one = world(12)

        async def slowly():
            return await one.render()

        run = one.run(jobs=2)
        print(" ".join(one.renderer.asked))
        assert {o.status for o in run.outcomes.values()} <= {"rendered", "cached"}, run
    """
    both = [_process(tmp_path, body), _process(tmp_path, body)]
    made: list[str] = []
    for process in both:
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        made += out.split()

    assert sorted(made) == sorted(f"still-{n}#1" for n in range(12))
    assert len(locked(World(tmp_path, {}))) == 12


def test_the_second_process_takes_the_result_of_the_first(tmp_path: Path) -> None:
    world = World(tmp_path, {"still": Entry("a harbour")})
    other = World(tmp_path, {"still": Entry("a harbour")})

    async def both():
        world.renderer.gate = asyncio.Event()
        first = asyncio.ensure_future(world.render())
        while not world.renderer.asked:
            await asyncio.sleep(0)
        second = asyncio.ensure_future(other.render())
        while not any(isinstance(event, ItemStarted) for event in other.events):
            await asyncio.sleep(0)
        world.renderer.gate.set()
        return await first, await second

    first, second = asyncio.run(both())

    assert statuses(first) == {"still": "rendered"}
    assert statuses(second) == {"still": "cached"}
    assert other.renderer.asked == []


def test_ctrl_c_stops_the_run_and_keeps_what_is_done(tmp_path: Path) -> None:
    process = _process(
        tmp_path,
        """
        one = world()

        def before(action):
            if action.item == "still-2":
                os.kill(os.getpid(), signal.SIGINT)

        async def run():
            one.renderer.before = before
            return await one.render(jobs=1)

        run = asyncio.run(run())
        print(run.interrupted, *(outcome.status for outcome in run.outcomes.values()))
        """,
    )
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 0, errors
    assert out.split()[:2] == ["True", "rendered"]
    world = World(tmp_path, {f"still-{n}": Entry(f"number {n}") for n in range(4)})
    assert "still-0" in locked(world)
    assert world.store.runs.last().interrupted
    assert set(statuses(world.run()).values()) <= {"cached", "rendered"}
    assert {"still-0#1", "still-1#1"}.isdisjoint(world.renderer.asked)


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    process = _process(
        tmp_path,
        """
        one = world()

        class Stubborn(FakeRenderer):
            async def render(self, action, folder):
                if action.item != "still-1":
                    return await super().render(action, folder)
                os.kill(os.getpid(), signal.SIGINT)
                while True:
                    try:
                        await asyncio.sleep(0.01)
                        if cancelled:
                            os.kill(os.getpid(), signal.SIGINT)
                    except asyncio.CancelledError:
                        cancelled.append(1)

        cancelled = []
        one.renderer = Stubborn()
        one.run(jobs=1)
        """,
    )
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in errors
    world = World(tmp_path, {f"still-{n}": Entry(f"number {n}") for n in range(4)})
    world.run()
    assert sorted(world.renderer.asked) == ["still-1#1", "still-2#1", "still-3#1"]


def test_a_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".wanspec").write_text("a file")
    world = chain(tmp_path)

    with pytest.raises(StoreError) as raised:
        world.run()
    assert raised.value.hint

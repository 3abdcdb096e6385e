"""Choosing takes and adding hand-made ones."""

from __future__ import annotations

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import UsageError
from wanspec.domain.items import Item
from wanspec.domain.lock import Lock, LockedItem, LockedTake
from wanspec.domain.nodes import Node
from wanspec.domain.picks import ItemPick
from wanspec.domain.shotlist import Shot
from wanspec.stages.picking import adopt, choose, picks


def item(id: str = "a", *, pick_required: bool = False) -> Item:
    node = Node({}, "wanspec.yaml", 1, 1)
    return Item(id, Shot(id, node), 1, {}, "acme/still", node, "image", "", (), {}, pick_required=pick_required)


def picture(mark: str) -> Artifact:
    return Artifact(mark * 64, "image/png", 10, 8, 8)


def locked(*marks: str, pick: int | None = None, pick_sha256: str = "") -> LockedItem:
    takes = tuple(LockedTake(f"sha256:{mark}", picture(mark)) for mark in marks)
    return LockedItem("a", "acme/still", (), {}, takes, pick=pick, pick_sha256=pick_sha256)


def test_a_choice_is_bound_to_the_bytes_of_the_take() -> None:
    chosen = choose(locked("1", "2"), "a", 2)
    assert (chosen.pick, chosen.pick_sha256) == (2, "2" * 64)


@pytest.mark.parametrize(
    ("block", "take", "message", "hint"),
    [
        (None, 1, "`a` has no takes yet", "wanspec render -s a"),
        (locked(), 1, "`a` has no takes yet", ""),
        (locked("1"), 2, "`a` has no take 2", "it has one take"),
        (locked("1", "2", "3"), 4, "`a` has no take 4", "it has takes 1 to 3"),
        (locked("1"), 0, "`a` has no take 0", ""),
    ],
)
def test_a_take_that_is_not_there_cannot_be_chosen(
    block: LockedItem | None, take: int, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        choose(block, "a", take)
    assert error.value.message == message
    assert hint in error.value.hint


def test_a_hand_made_file_comes_after_the_takes_there_are() -> None:
    block, number = adopt(locked("1", "2"), item(), picture("3"))
    assert number == 3
    assert block.takes[-1] == LockedTake("", picture("3"), origin="adopted")
    assert adopt(block, item(), picture("3")) == (block, 3)
    assert adopt(None, item(), picture("3"))[1] == 1


def test_another_kind_of_medium_is_refused() -> None:
    with pytest.raises(UsageError, match="`a` is an image, and the file is a video"):
        adopt(None, item(), Artifact("0" * 64, "video/mp4", 1))


def state(block: LockedItem | None, *, required: bool = False) -> ItemPick | None:
    lock = Lock({"a": block} if block is not None else {})
    found = picks([item(pick_required=required)], lock, output="renders")
    return found[0] if found else None


def test_the_four_states_of_a_pick() -> None:
    default = state(locked("1", "2"))
    assert default is not None
    assert (default.state, default.pick) == ("default", 1)
    assert [take.path for take in default.takes] == ["renders/a/take-1.png", "renders/a/take-2.png"]
    chosen = state(choose(locked("1", "2"), "a", 2))
    assert chosen is not None
    assert (chosen.state, chosen.pick) == ("chosen", 2)
    required = state(locked("1", "2"), required=True)
    assert required is not None
    assert (required.state, required.pick) == ("required", None)
    lapsed = state(locked("1", "2", pick=2, pick_sha256="9" * 64))
    assert lapsed is not None
    assert (lapsed.state, lapsed.pick) == ("lapsed", 1)


def test_an_item_with_one_take_and_no_pick_is_not_listed() -> None:
    assert state(locked("1")) is None
    assert state(None) is None
    single = state(choose(locked("1"), "a", 1))
    assert single is not None
    assert single.state == "chosen"
    waiting = state(None, required=True)
    assert waiting is not None
    assert (waiting.state, waiting.takes) == ("required", ())

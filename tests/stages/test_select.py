"""Selection over a small graph.

plate ─▶ arrival ─▶ arrival-clip ─▶ trailer
street/osl, street/rio ─────────────▶ trailer
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wanspec.domain.errors import UsageError
from wanspec.domain.graph import Graph
from wanspec.domain.items import Item, Items
from wanspec.domain.lock import LockedItem
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Decision, Reason, Status
from wanspec.domain.requests import Request
from wanspec.domain.runs import Outcome, Run
from wanspec.domain.shotlist import Shot
from wanspec.stages.select import change_of, item_called, select, with_needed

NEEDS = {
    "plate": (),
    "arrival": ("plate",),
    "arrival-clip": ("arrival",),
    "street/osl": (),
    "street/rio": (),
    "trailer": ("arrival-clip", "street/osl", "street/rio"),
}


def make_item(id: str) -> Item:
    node = Node({}, "wanspec.yaml", 1, 1)
    kind = "video" if "clip" in id or id == "trailer" else "image"
    tags = ("act1",) if id.startswith("arrival") else ("night life",)
    return Item(id, Shot(id.split("/", maxsplit=1)[0], node), 1, {}, f"acme/{kind}", node, kind, "", tags, {})


ITEMS = Items({id: make_item(id) for id in NEEDS})
GRAPH = Graph(NEEDS, {id: tuple(other for other, needs in NEEDS.items() if id in needs) for id in NEEDS}, tuple(NEEDS))


def decide(id: str, status: Status, *, locked: bool = True, **more: Any) -> Decision:
    held = LockedItem(id, "acme/image", ("sha256:00",), {}, ()) if locked else None
    return Decision(ITEMS.by_id[id], Request(id, "acme/image", {}, {}), status, (None,), locked=held, **more)


DECISIONS = {
    "plate": decide("plate", Status.CACHED),
    "arrival": decide("arrival", Status.CHANGED, reasons=(Reason("prompt", "day", "night"),)),
    "arrival-clip": decide("arrival-clip", Status.UPSTREAM),
    "street/osl": decide("street/osl", Status.NEW, locked=False),
    "street/rio": decide("street/rio", Status.FROZEN, reasons=(Reason("width", 800, 1600),)),
    "trailer": decide("trailer", Status.WAITING),
}


def chosen(*texts: str, exclude: tuple[str, ...] = (), **more: Any) -> list[str]:
    found = select(texts, exclude, ITEMS, GRAPH, **more)
    return [id for id in NEEDS if id in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arrival", ["arrival"]),
        ("street", ["street/osl", "street/rio"]),
        ("street/*", ["street/osl", "street/rio"]),
        ("nothing/*", []),
        ("tag:none", []),
        ("arrival+", ["arrival", "arrival-clip", "trailer"]),
        ("arrival+1", ["arrival", "arrival-clip"]),
        ("+arrival", ["plate", "arrival"]),
        ("2+trailer", ["arrival", "arrival-clip", "street/osl", "street/rio", "trailer"]),
        ("1+arrival-clip+1", ["arrival", "arrival-clip", "trailer"]),
        ("@arrival", list(NEEDS)),
        ("@street/osl,kind:video", ["arrival-clip", "trailer"]),
        ("tag:act1,kind:video", ["arrival-clip"]),
        ("tag:act1,kind:video plate", ["plate", "arrival-clip"]),
        ("tag:night?life,model:acme/image", ["plate", "street/osl", "street/rio"]),
    ],
)
def test_selectors_over_the_graph(text: str, expected: list[str]) -> None:
    assert chosen(text) == expected


def test_several_selectors_are_a_union_and_exclude_takes_away() -> None:
    assert chosen("plate", "street") == ["plate", "street/osl", "street/rio"]
    assert chosen("plate", "street", exclude=("street/rio plate",)) == ["street/osl"]
    assert chosen(exclude=("kind:image",)) == ["arrival-clip", "trailer"]
    assert chosen() == list(NEEDS)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("new", ["street/osl"]),
        ("changed", ["arrival", "street/rio"]),
        ("changed.prompt", ["arrival"]),
        ("changed.params", ["street/rio"]),
        ("changed.seed", []),
        ("stale", ["arrival", "arrival-clip", "street/rio", "trailer"]),
        ("cached", ["plate"]),
    ],
)
def test_states_are_read_from_the_plan(state: str, expected: list[str]) -> None:
    assert chosen(f"state:{state}", decisions=DECISIONS) == expected


def test_a_state_without_a_plan_is_an_error() -> None:
    with pytest.raises(UsageError, match="cannot be used here"):
        chosen("state:new")


def test_status_is_that_of_the_last_run_and_nothing_before_the_first() -> None:
    run = Run("film", "1", {"arrival": Outcome("arrival", "failed"), "gone": Outcome("gone", "failed")})
    assert chosen("status:failed", last_run=run) == ["arrival"]
    assert chosen("status:failed") == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("arival", "did you mean `arrival`"),
        ("street/os", "`street/osl`"),
        ("act1", "select it with `tag:act1`"),
        ("zzz", "the shots are `plate`, `arrival`"),
    ],
)
def test_an_unknown_name_says_what_may_be_meant(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no item or shot is called `{name}`") as error:
        chosen(name)
    assert hint in error.value.hint


def test_a_shot_whose_items_were_all_dropped_is_no_unknown_name() -> None:
    assert chosen("dropped", shots=("dropped",)) == []


def test_what_a_selected_item_needs_and_is_not_cached_comes_along() -> None:
    assert with_needed({"trailer"}, DECISIONS, GRAPH) == {"trailer", "arrival-clip", "arrival", "street/osl"}
    assert with_needed({"plate"}, DECISIONS, GRAPH) == {"plate"}
    ready = {**DECISIONS, "arrival-clip": replace(DECISIONS["arrival-clip"], status=Status.CACHED)}
    assert with_needed({"arrival-clip"}, ready, GRAPH) == {"arrival-clip"}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("prompt", "a", "prompt"),
        ("negative_prompt", "a", "prompt"),
        ("seed", 1, "seed"),
        ("params.seed", 1, "seed"),
        ("model", "a/b", "model"),
        ("first_frame", None, "media"),
        ("reference_images[1]", None, "media"),
        ("clips[0].source", None, "media"),
        ("params.inputs.referenceImages[0]", "sha256:ab", "media"),
        ("params.settings.thinking", True, "params"),
        ("width", 5, "params"),
    ],
)
def test_every_reason_is_one_kind_of_change(field: str, value: Any, kind: str) -> None:
    assert change_of(Reason(field, None, value)) == kind


def test_one_item_by_name() -> None:
    assert item_called("street/osl", ITEMS).id == "street/osl"
    with pytest.raises(UsageError, match="is a shot with 2 items") as several:
        item_called("street", ITEMS)
    assert "`street/osl`, `street/rio`" in several.value.hint
    with pytest.raises(UsageError, match="no item is called `trialer`") as unknown:
        item_called("trialer", ITEMS)
    assert unknown.value.hint == "did you mean `trailer`?"

"""Decisions from literal items, requests, locks and records."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.items import Item, Items, Reference, Unknown
from wanspec.domain.lock import Lock, LockedItem, LockedTake
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Plan, Status
from wanspec.domain.requests import MediaUse, Price, Request, action_key
from wanspec.domain.shotlist import Shot
from wanspec.stages.graph import build_graph
from wanspec.stages.keys import take_facts
from wanspec.stages.plan import Means, make_plan

NODE = Node({}, "wanspec.yaml", 1, 1)


class Told:
    """A Known made of records."""

    def __init__(self, *records: Record) -> None:
        self.records = {record.key: record for record in records}

    def record(self, key: str, locked: LockedItem | None = None) -> Record | None:
        del locked  # the records alone say what is there
        return self.records.get(key)


def item(item_id: str, *, needs: tuple[str, ...] = (), **more: object) -> Item:
    shot = Shot(item_id.split("/", maxsplit=1)[0], NODE)
    return Item(item_id, shot, 1, {}, "v/m", NODE, "image", "", (), {}, needs=needs, **more)  # type: ignore[arg-type]


def request(
    item_id: str,
    prompt: str,
    *,
    seed: int = 5,
    takes: int = 1,
    first: Reference | str | None = None,
    written_seed: bool = False,
) -> Request:
    media = (MediaUse("frame", first, "image"),) if first is not None else ()
    return Request(
        item_id,
        "v/m",
        {"p": prompt, "seed": seed},
        {"p": prompt},
        media,
        seed=seed,
        seed_path="seed",
        takes=takes,
        price=Price(Decimal("0.03")),
        derived_seed=not written_seed,
        names={"p": "prompt", "frame": "first_frame"},
    )


def done(made: Request, *, content: dict[str, str] | None = None, take: int = 1, sha: str = "") -> Record:
    facts = take_facts(made, content or {}, take)
    key = action_key(facts)
    artifact = Artifact((sha or key.removeprefix("sha256:"))[:64].ljust(64, "0"), "image/png", 10)
    return Record(key, made.model, (artifact,), facts=facts, seeds=(made.seed,))


def locked(item_id: str, *records: Record, seed: int | None = 5, **more: object) -> LockedItem:
    return LockedItem(
        item_id,
        "v/m",
        tuple(record.key for record in records),
        records[0].facts,
        tuple(LockedTake(record.key, record.artifacts[0], 5) for record in records),
        seed=seed,
        **more,  # type: ignore[arg-type]
    )


def plan(
    pairs: list[tuple[Item, Request]],
    *,
    lock: tuple[LockedItem, ...] = (),
    records: tuple[Record, ...] = (),
    files: dict[str, str] | None = None,
) -> Plan:
    items = Items({one.id: one for one, _ in pairs})
    graph = build_graph(items).value
    assert graph is not None
    means = Means(
        Told(*records),
        Lock({one.id: one for one in lock}),
        (files or {}).get,
        lambda derived: (_ for _ in ()).throw(AssertionError(derived)),
        lambda *_: None,
        lambda _: "seed",
    )
    return make_plan("p", items, {made.item: made for _, made in pairs}, graph, means)


def status(made: Plan) -> dict[str, str]:
    return {name: decision.status.value for name, decision in made.decisions.items()}


def test_what_the_lock_does_not_know_is_new_and_priced():
    made = plan([(item("a"), request("a", "x", takes=3))])
    decision = made.decisions["a"]
    assert decision.status is Status.NEW
    assert len(set(decision.keys)) == 3
    assert decision.estimated_usd == Decimal("0.09")


def test_what_was_rendered_is_cached_and_costs_nothing():
    one = request("a", "x")
    made = plan([(item("a"), one)], lock=(locked("a", done(one)),), records=(done(one),))
    assert status(made) == {"a": "cached"}
    assert made.decisions["a"].estimated_usd == 0


def test_another_take_buys_itself_alone():
    one = request("a", "x", takes=2)
    made = plan([(item("a"), one)], lock=(locked("a", done(one)),), records=(done(one),))
    decision = made.decisions["a"]
    assert decision.status is Status.CHANGED
    assert decision.missing == (1,)
    assert decision.estimated_usd == Decimal("0.03")
    assert [(r.field, r.before, r.after) for r in decision.reasons] == [("takes", 1, 2)]


def test_another_take_leaves_alone_what_hangs_on_the_picked_one():
    one, more = request("a", "x"), request("a", "x", takes=2)
    clip = request("b", "fly", first=Reference("a"))
    clip_done = done(clip, content={"frame": f"sha256:{done(one).artifacts[0].sha256}"})
    records = (done(one), clip_done)
    lock = (locked("a", done(one)), locked("b", clip_done))
    made = plan([(item("a"), more), (item("b", needs=("a",)), clip)], lock=lock, records=records)
    assert status(made) == {"a": "changed", "b": "cached"}


def test_the_take_that_is_still_to_come_is_unknown():
    one, more = request("a", "x"), request("a", "x", takes=2)
    clip = request("b", "fly", first=Reference("a", take=2))
    made = plan(
        [(item("a"), more), (item("b", needs=("a",)), clip)], lock=(locked("a", done(one)),), records=(done(one),)
    )
    assert made.decisions["b"].keys == (None,)


def test_a_changed_prompt_names_the_field_as_the_user_wrote_it():
    before, after = request("a", "x"), request("a", "y")
    made = plan([(item("a"), after)], lock=(locked("a", done(before)),), records=(done(before),))
    decision = made.decisions["a"]
    assert decision.status is Status.CHANGED
    assert [(r.field, r.before, r.after) for r in decision.reasons] == [("prompt", "x", "y")]


def test_below_a_changed_item_keys_are_unknown():
    before, after = request("a", "x"), request("a", "y")
    clip = request("b", "go", first=Reference("a"))
    first = done(before)
    clip_done = done(clip, content={"frame": f"sha256:{first.artifacts[0].sha256}"})
    made = plan(
        [(item("a"), after), (item("b", needs=("a",)), clip)],
        lock=(locked("a", first), locked("b", clip_done)),
        records=(first, clip_done),
    )
    assert status(made) == {"a": "changed", "b": "upstream"}
    assert made.decisions["b"].keys == (None,)


def test_an_upstream_with_equal_bytes_reruns_nothing():
    before, after = request("a", "x"), request("a", "y")
    clip = request("b", "go", first=Reference("a"))
    same = "f" * 64
    first, second = done(before, sha=same), done(after, sha=same)
    clip_done = done(clip, content={"frame": f"sha256:{same}"})
    made = plan(
        [(item("a"), after), (item("b", needs=("a",)), clip)],
        lock=(locked("a", first), locked("b", clip_done)),
        records=(first, second, clip_done),
    )
    assert status(made) == {"a": "cached", "b": "cached"}


def test_a_missing_pick_makes_what_hangs_on_it_wait():
    one = request("a", "x", takes=2)
    records = (done(one), done(one, take=2))
    clip = request("b", "go", first=Reference("a"))
    pairs = [(item("a", pick_required=True), one), (item("b", needs=("a",)), clip)]
    assert status(plan(pairs)) == {"a": "new", "b": "waiting"}
    assert status(plan(pairs, lock=(locked("a", *records),), records=records)) == {"a": "cached", "b": "waiting"}
    picked = locked("a", *records, pick=2, pick_sha256=records[1].artifacts[0].sha256)
    assert status(plan(pairs, lock=(picked,), records=records)) == {"a": "cached", "b": "new"}
    lapsed = locked("a", *records, pick=2, pick_sha256="0" * 64)
    assert status(plan(pairs, lock=(lapsed,), records=records)) == {"a": "cached", "b": "waiting"}


def test_a_frozen_item_keeps_its_takes_and_serves_them():
    before, after = request("a", "x"), request("a", "y")
    clip = request("b", "go", first=Reference("a"))
    first = done(before)
    clip_done = done(clip, content={"frame": f"sha256:{first.artifacts[0].sha256}"})
    made = plan(
        [(item("a", freeze=True), after), (item("b", needs=("a",)), clip)],
        lock=(locked("a", first), locked("b", clip_done)),
        records=(first, clip_done),
    )
    assert status(made) == {"a": "frozen", "b": "cached"}


def test_a_renamed_item_takes_over_seed_and_takes():
    before = request("old", "x", seed=5)
    record = done(before)
    made = plan([(item("new"), request("new", "x", seed=77))], lock=(locked("old", record),), records=(record,))
    decision = made.decisions["new"]
    assert decision.status is Status.CACHED
    assert decision.renamed_from == "old"
    assert decision.request.seed == 5
    assert decision.request.native["seed"] == 5
    assert made.removed == ()


def test_an_inserted_row_buys_only_itself():
    rows = [request(f"s/{n}", text, seed=n) for n, text in enumerate("abc", 1)]
    records = tuple(done(one) for one in rows)
    lock = tuple(locked(one.item, record, seed=one.seed) for one, record in zip(rows, records, strict=True))
    now = [request(f"s/{n}", text, seed=n) for n, text in enumerate("zabc", 1)]
    made = plan([(item(one.item), one) for one in now], lock=lock, records=records)
    assert status(made) == {"s/1": "changed", "s/2": "cached", "s/3": "cached", "s/4": "cached"}
    assert [d.renamed_from for d in made.decisions.values()] == ["", "s/1", "s/2", "s/3"]


def test_two_swapped_items_swap_their_takes():
    a, b = request("a", "x", seed=1), request("b", "y", seed=2)
    records = (done(a), done(b))
    lock = (locked("a", records[0], seed=1), locked("b", records[1], seed=2))
    made = plan(
        [(item("a"), request("a", "y", seed=1)), (item("b"), request("b", "x", seed=2))], lock=lock, records=records
    )
    assert {name: d.renamed_from for name, d in made.decisions.items()} == {"a": "b", "b": "a"}
    assert status(made) == {"a": "cached", "b": "cached"}


def test_a_copy_of_a_living_item_takes_nothing_over():
    a = request("a", "x", seed=1)
    made = plan(
        [(item("a"), a), (item("b"), request("b", "x", seed=2))],
        lock=(locked("a", done(a), seed=1),),
        records=(done(a),),
    )
    assert status(made) == {"a": "cached", "b": "new"}


def test_one_old_name_gives_once():
    old = request("old", "x", seed=1)
    made = plan(
        [(item("b"), request("b", "x", seed=2)), (item("c"), request("c", "x", seed=3))],
        lock=(locked("old", done(old), seed=1),),
        records=(done(old),),
    )
    assert status(made) == {"b": "cached", "c": "new"}


def test_a_name_that_waits_for_a_value_does_not_give_what_it_may_still_ask_for():
    def long(item_id: str, seconds: object, seed: int) -> Request:
        made = request(item_id, "x", seed=seed)
        return replace(made, hashed={**made.hashed, "seconds": seconds, "size": {"w": 1}})  # type: ignore[dict-item]

    old = long("old", 5, 1)
    waits = replace(long("old", Unknown(("voice",)), 1), unknown=("seconds",))
    waits = replace(waits, hashed={**waits.hashed, "size": Unknown(("voice",))})  # type: ignore[dict-item]
    pairs = [(item("new"), long("new", 5, 2)), (item("old"), waits)]
    made = plan(pairs, lock=(locked("old", done(old), seed=1),), records=(done(old),))
    assert made.decisions["new"].renamed_from == ""
    other = replace(waits, hashed={**waits.hashed, "p": "y"})
    made = plan([pairs[0], (item("old"), other)], lock=(locked("old", done(old), seed=1),), records=(done(old),))
    assert made.decisions["new"].renamed_from == "old"


def test_a_renamed_keyframe_keeps_its_clip():
    still = request("old", "x", seed=1)
    record = done(still)
    clip = request("clip", "go", seed=9, first=Reference("new"))
    clip_done = done(clip, content={"frame": f"sha256:{record.artifacts[0].sha256}"})
    made = plan(
        [(item("new"), request("new", "x", seed=2)), (item("clip", needs=("new",)), clip)],
        lock=(locked("old", record, seed=1), locked("clip", clip_done, seed=9)),
        records=(record, clip_done),
    )
    assert status(made) == {"new": "cached", "clip": "cached"}


def test_what_left_the_list_is_told_and_kept():
    gone = request("gone", "x")
    made = plan([(item("a"), request("a", "other"))], lock=(locked("gone", done(gone)),), records=(done(gone),))
    assert made.removed == ("gone",)


def test_a_changed_file_is_the_items_own_change():
    one = request("a", "x", first="pic.png")
    record = done(one, content={"frame": "sha256:1"})
    pairs = [(item("a"), one)]
    assert status(plan(pairs, lock=(locked("a", record),), records=(record,), files={"pic.png": "sha256:1"})) == {
        "a": "cached"
    }
    made = plan(pairs, lock=(locked("a", record),), records=(record,), files={"pic.png": "sha256:2"})
    assert status(made) == {"a": "changed"}
    assert made.decisions["a"].reasons[0].field == "first_frame"


def test_lost_bytes_are_rendered_again_and_said_to_be_lost():
    one = request("a", "x")
    made = plan([(item("a"), one)], lock=(locked("a", done(one)),))
    assert made.decisions["a"].status is Status.NEW
    assert made.decisions["a"].reasons[0].field == "store"


def test_an_unknown_price_is_not_nothing():
    made = plan([(item("a"), replace(request("a", "x"), price=Price(None)))])
    assert made.decisions["a"].estimated_usd is None


def test_a_hand_made_take_stands_for_an_item_that_was_never_rendered():
    by_hand = LockedTake("", Artifact("c" * 64, "image/png", 10), origin="adopted")
    block = LockedItem("a", "v/m", (), {}, (by_hand,))
    clip = request("b", "go", first=Reference("a"))
    made = plan([(item("a"), request("a", "x")), (item("b", needs=("a",)), clip)], lock=(block,))
    assert status(made) == {"a": "cached", "b": "new"}
    assert made.decisions["b"].keys != (None,)


def test_a_picked_hand_made_take_serves_below_whatever_becomes_of_the_rendered_ones():
    before, after = request("a", "x"), request("a", "y")
    first = done(before)
    by_hand = LockedTake("", Artifact("c" * 64, "image/png", 10), origin="adopted")
    block = locked("a", first, pick=2, pick_sha256="c" * 64)
    block = replace(block, takes=(*block.takes, by_hand))
    clip = request("b", "go", first=Reference("a"))
    clip_done = done(clip, content={"frame": "sha256:" + "c" * 64})
    made = plan(
        [(item("a"), after), (item("b", needs=("a",)), clip)],
        lock=(block, locked("b", clip_done)),
        records=(first, clip_done),
    )
    assert status(made) == {"a": "changed", "b": "cached"}

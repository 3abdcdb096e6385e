"""How a plan reads, and its JSON."""

from __future__ import annotations

import json
from typing import Any

from wanspec.domain.plan import Reason, Status
from wanspec.report.plan import for_machines, for_people


def a_plan(film: Any) -> Any:
    return film.plan(
        film.decision("arrival", Status.NEW, locked=False, takes=3, missing=(0, 1, 2), usd="0.09", pick_required=True),
        film.decision("arrival-clip", Status.WAITING, kind="video", model="acme/motion", needs=("arrival",)),
        film.decision(
            "street/osl",
            Status.CHANGED,
            missing=(0,),
            usd="0.03",
            reasons=(Reason("prompt", "by day", "by night", variable="hour"), Reason("width", 800, 1600)),
        ),
        film.decision("street/rio", Status.CACHED),
        film.decision("onward", Status.UPSTREAM, missing=(0,), usd=None, keys=(None,), model="other/motion"),
        film.decision("old", Status.FROZEN, reasons=(Reason("seed", 1, 2),)),
        film.decision("sent", Status.IN_FLIGHT),
        film.decision("lost", Status.UNCERTAIN),
        removed=("gone",),
    )


def test_every_item_that_is_not_cached_has_a_line_with_its_symbol(film: Any) -> None:
    assert for_people(a_plan(film)) == (
        "  + arrival       acme/still    $0.09  3 takes\n"
        "  ! arrival-clip  acme/motion   waits for a pick of arrival\n"
        "  ~ street/osl    acme/still    $0.03\n"
        '      prompt: "by day" → "by night"  (through `hour`)\n'
        "      width: 800 → 1600\n"
        "  ↑ onward        other/motion  price unknown\n"
        "  * old           acme/still    frozen and stale; its takes are kept\n"
        "      seed: 1 → 2\n"
        "  > sent          acme/still    in flight; will be collected\n"
        "  ? lost          acme/still    uncertain; sent again only with --retry-uncertain\n"
        "  - gone  no longer in the list; its takes are kept\n"
        "3 to render, 1 cached, 1 waiting for a pick, 1 in flight, 1 uncertain, 1 frozen (8 items)\n"
        "estimate: $0.12, and 1 item of unknown price"
    )


def test_what_only_the_store_lacks_is_said_so(film: Any) -> None:
    lost = film.decision("arrival", Status.NEW, missing=(0,), usd="0.03", reasons=(Reason("store", "rendered", None),))
    assert "  + arrival  acme/still  $0.03  rendered before; not in this store\n" in for_people(film.plan(lost))


def test_verbose_shows_what_is_cached(film: Any) -> None:
    assert "  = street/rio" in for_people(a_plan(film), verbose=True)


def test_with_nothing_to_do_only_the_counts_are_told(film: Any) -> None:
    done = film.plan(film.decision("a", Status.CACHED))
    assert for_people(done) == "nothing to render, 1 cached (1 item)"


def test_a_renamed_item_is_told_though_it_is_cached(film: Any) -> None:
    renamed = film.plan(film.decision("new-name", Status.CACHED, renamed_from="old-name"))
    assert "= new-name  acme/still  renamed from old-name" in for_people(renamed)


def test_adding_a_take_renders_only_the_new_one(film: Any) -> None:
    one = film.plan(film.decision("a", Status.CHANGED, takes=4, missing=(3,), usd="0.03"))
    assert "1 of 4 takes" in for_people(one)


def test_long_lists_are_folded_by_shot_and_keep_their_sum(film: Any) -> None:
    many = [
        film.decision(
            f"street/{n}", Status.CHANGED, missing=(0,), usd="0.03", reasons=(Reason("prompt", f"{n}", f"{n}!"),)
        )
        for n in range(200)
    ]
    few = [film.decision(f"pier/{n}", Status.NEW, locked=False, missing=(0,), usd="0.03") for n in range(2)]
    shown = for_people(film.plan(*many, *few)).splitlines()
    assert shown[:4] == [
        "  ~ street/*  acme/still  $6.00  200 items",
        "      differs in prompt",
        "  + pier/0    acme/still  $0.03",
        "  + pier/1    acme/still  $0.03",
    ]
    assert "estimate: $6.06" in shown
    assert len(for_people(film.plan(*many, *few), verbose=True).splitlines()) > 400


def test_names_in_other_scripts_keep_the_columns_and_escape_what_is_unsafe(film: Any) -> None:
    shown = for_people(
        film.plan(
            film.decision("通り/雪", Status.NEW, locked=False, missing=(0,), usd="0.03"),
            film.decision("street-1", Status.NEW, locked=False, missing=(0,), usd="0.03"),
            film.decision("a", Status.CHANGED, missing=(0,), reasons=(Reason("prompt", "\x1b[2J", "[/]"),)),
        )
    ).splitlines()
    assert shown[0] == "  + 通り/雪   acme/still  $0.03"
    assert shown[1] == "  + street-1  acme/still  $0.03"
    assert shown[3] == '      prompt: "\\x1b[2J" → "[/]"'


def test_a_long_prompt_is_cut_to_where_it_differs(film: Any) -> None:
    start = "A very long description of the harbour at the end of the northern road, "
    one = film.decision(
        "a", Status.CHANGED, missing=(0,), reasons=(Reason("prompt", start + "by day", start + "by night"),)
    )
    assert 'prompt: "…the northern road, by day" → "…the northern road, by night"' in for_people(film.plan(one))


def test_the_json_shape(film: Any) -> None:
    shown = json.loads(json.dumps(for_machines(a_plan(film))))
    assert shown["project"] == "film"
    assert shown["summary"] == {
        "items": 8,
        "cached": 1,
        "to_render": 3,
        "waiting": 1,
        "in_flight": 1,
        "uncertain": 1,
        "estimated_usd": 0.12,
        "unpriced": 1,
        "by_provider": {
            "acme": {"items": 2, "estimated_usd": 0.12, "unpriced": 0},
            "other": {"items": 1, "estimated_usd": 0, "unpriced": 1},
        },
    }
    assert shown["items"][2] == {
        "id": "street/osl",
        "shot": "street",
        "title": "",
        "kind": "image",
        "model": "acme/still",
        "status": "changed",
        "takes": 1,
        "needs": [],
        "keys": ["sha256:" + "0" * 64],
        "reasons": [
            {"field": "prompt", "before": "by day", "after": "by night"},
            {"field": "width", "before": 800, "after": 1600},
        ],
        "estimated_usd": 0.03,
        "renamed_from": None,
    }
    assert shown["items"][4]["keys"] == [None]
    assert shown["items"][4]["estimated_usd"] is None
    assert shown["removed"] == ["gone"]


def test_a_selection_shows_and_counts_nothing_else(film: Any) -> None:
    shown = for_machines(a_plan(film), {"arrival", "street/rio"})
    assert [one["id"] for one in shown["items"]] == ["arrival", "street/rio"]  # type: ignore[index,union-attr,call-overload]
    assert shown["summary"]["items"] == 2  # type: ignore[index,call-overload]
    assert "gone" not in for_people(a_plan(film), {"arrival"})

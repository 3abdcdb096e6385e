"""One item in full."""

from __future__ import annotations

import json
from typing import Any

from wanspec.domain.items import Derived, Reference, Unknown
from wanspec.domain.nodes import Location
from wanspec.domain.plan import Reason, Status
from wanspec.report.why import by_word, for_machines, for_people


def changed(film: Any) -> Any:
    return film.decision(
        "street/osl",
        Status.CHANGED,
        missing=(0,),
        usd="0.03",
        needs=("plate",),
        reasons=(
            Reason("prompt", "Mara walks by day", "Mara walks by night", "hour", Location("wanspec.yaml", 12, 9)),
            Reason("width", 800, 1600),
        ),
        native={"positivePrompt": "Mara walks by night", "settings": {"thinking": True}},
        facts={"model": "acme/still", "request.width": 1600},
    )


def test_what_changed_is_shown_word_by_word_then_the_request(film: Any) -> None:
    assert for_people(changed(film), lambda _: "0123456789abcdef").splitlines() == [
        "~ street/osl: its request changed since the last render",
        "  model  acme/still  (wanspec.yaml:7)",
        "  key    sha256:000000000000…",
        "  needs  plate",
        "  price  $0.03",
        "",
        "since the last render",
        "  prompt",
        "    - Mara walks by [-day-]",
        "    + Mara walks by {+night+}",
        "    through `hour`, at wanspec.yaml:12, commit 01234567",
        "  width",
        "    - 800",
        "    + 1600",
        "",
        "request",
        "  positivePrompt: Mara walks by night",
        "  settings.thinking: true",
    ]


def test_what_only_the_store_lacks_is_said_so(film: Any) -> None:
    gone = film.decision("arrival", Status.NEW, missing=(0,), usd="0.03", reasons=(Reason("store", "rendered", None),))
    shown = for_people(gone)
    assert shown.startswith("+ arrival: was rendered, and its takes are not in this store\n")
    assert "since the last render" not in shown


def test_verbose_shows_what_the_key_is_made_of(film: Any) -> None:
    assert 'what the key is made of\n  model: "acme/still"\n  request.width: 1600' in for_people(
        changed(film), verbose=True
    )


def test_the_json_shape(film: Any) -> None:
    shown = json.loads(json.dumps(for_machines(changed(film))))
    assert (shown["id"], shown["status"]) == ("street/osl", "changed")
    assert shown["facts"] == {"model": "acme/still", "request.width": 1600}
    assert shown["request"]["positivePrompt"] == "Mara walks by night"
    assert shown["reasons"][0] == {
        "field": "prompt",
        "before": "Mara walks by day",
        "after": "Mara walks by night",
        "variable": "hour",
        "file": "wanspec.yaml",
        "line": 12,
        "commit": None,
    }
    assert shown["reasons"][1]["line"] is None


def test_scripts_without_spaces_are_compared_character_by_character() -> None:
    assert by_word("雪の港", "雪の街") == ("雪の[-港-]", "雪の{+街+}")


def test_control_characters_stay_escaped_inside_a_difference() -> None:
    assert by_word("a \x1b[2J", "a b") == ("a [-\\x1b[2J-]", "a {+b+}")


def test_media_of_other_items_and_what_is_not_known_become_words(film: Any) -> None:
    native = {
        "frames": [{"image": Reference("plate")}, Derived("local/frame", (("source", Reference("clip", 2)),))],
        "duration": Unknown(("voice",)),
    }
    one = film.decision("a", Status.NEW, native=native)
    assert json.loads(json.dumps(for_machines(one)))["request"] == {
        "frames": [{"image": "ref:plate"}, "ref:clip#2|frame"],
        "duration": "(known after voice)",
    }
    assert "  frames[0].image: ref:plate" in for_people(one).splitlines()

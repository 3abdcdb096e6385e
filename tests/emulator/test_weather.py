from __future__ import annotations

from typing import Any

import pytest

from wanspec.emulator.weather import SORTS, Limits, Scene, Storm, WeatherFault, read_weather, share

VENDORS = ("north", "south")
SCENE = Scene("north", "image", "wan-2.7", "A lighthouse at dusk", 1, "sha256:1#1")


def storm(*faults: Any, seed: int = 0) -> Storm:
    return Storm(read_weather(list(faults), VENDORS).rules, seed)


def struck(one: Storm, place: str = "submit", scene: Scene = SCENE, occasion: int = 0) -> list[str]:
    return [rule.fault for rule in one.strikes(place, scene, tuple(SORTS), occasion)]


def test_nothing_is_fair_weather() -> None:
    assert read_weather(None, VENDORS).rules == ()
    assert read_weather([], VENDORS) == read_weather({}, VENDORS)


def test_a_word_alone_is_a_rule_with_its_usual_place_and_parameters() -> None:
    (rule,) = read_weather(["rate_limit"], VENDORS).rules
    assert (rule.fault, rule.at, rule["retry_after"], rule["as_date"]) == ("rate_limit", "submit", None, False)


def test_all_that_weather_may_say() -> None:
    weather = read_weather(
        {
            "seed": 3,
            "latency": {"image": 0, "video": 2.5},
            "limits": {"south": {"in_flight": 2, "per_minute": 30}},
            "faults": [{"fault": "server_error", "status": 503, "when": "after", "provider": ["north"], "submit": 2}],
        },
        VENDORS,
    )
    assert weather.seed == 3
    assert weather.latency_s == {"image": 0, "video": 2.5}
    assert weather.limits == {"south": Limits(2, 30)}
    assert (weather.rules[0]["status"], weather.rules[0]["when"], weather.rules[0].submits) == (503, "after", (2,))


@pytest.mark.parametrize(
    ("told", "path", "words"),
    [
        ("storm", "", "the weather must be a list of faults or a mapping"),
        ({"fault": "stuck"}, "fault", "did you mean `faults`?"),
        ({"faults": "stuck"}, "faults", "begin each entry with `- fault:`"),
        (["stuk"], "faults[0].fault", "did you mean `stuck`?"),
        ([{}], "faults[0]", "has no `fault`"),
        ([7], "faults[0]", "must be a mapping"),
        ([{"fault": "drip", "bytes_per_secnd": 3}], "faults[0].bytes_per_secnd", "did you mean `bytes_per_second`?"),
        ([{"fault": "stuck", "at": "poll"}], "faults[0].at", "it strikes at `task`"),
        ([{"fault": "stuck", "provider": "nort"}], "faults[0].provider", "did you mean `north`?"),
        ([{"fault": "stuck", "probability": 2}], "faults[0].probability", "must be a number from 0 to 1"),
        ([{"fault": "stuck", "probability": True}], "faults[0].probability", "must be a number from 0 to 1"),
        ([{"fault": "stuck", "submit": 0}], "faults[0].submit", "must be a whole number of at least 1"),
        ([{"fault": "stuck", "submit": [1, "2"]}], "faults[0].submit", "must be a whole number of at least 1"),
        ([{"fault": "stuck", "times": 1.5}], "faults[0].times", "must be a whole number of at least 1"),
        ([{"fault": "stuck", "prompt": 5}], "faults[0].prompt", "must be text"),
        ([{"fault": "server_error", "status": 418}], "faults[0].status", "is `418`, not one of `500`, `502`"),
        ([{"fault": "failed", "refund": 1}], "faults[0].refund", "is `1`, not one of `true`, `false`"),
        ([{"fault": "rate_limit", "retry_after": -1}], "faults[0].retry_after", "must be a number of at least 0"),
        ([{"fault": "redirect", "to": "http://a\r\nb: c"}], "faults[0].to", "must be a single line"),
        ([{"fault": "price", "factor": float("nan")}], "faults[0].factor", "must be a number of at least 0"),
        ({"latency": "slow"}, "latency", "must be a number of at least 0"),
        ({"latency": {"audio": 1}}, "latency.audio", "known are `image`, `video`"),
        ({"limits": {"west": {}}}, "limits.west", "known are `north`, `south`"),
        ({"limits": {"north": {"in_flight": 0}}}, "limits.north.in_flight", "must be a whole number of at least 1"),
        ({"seed": "x"}, "seed", "must be a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_place(told: Any, path: str, words: str) -> None:
    with pytest.raises(WeatherFault) as caught:
        read_weather(told, VENDORS)
    assert caught.value.path == path
    assert words in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("selector", "strikes"),
    [
        ({"provider": "north"}, True),
        ({"provider": ["south"]}, False),
        ({"kind": "image"}, True),
        ({"kind": "video"}, False),
        ({"model": "wan-*"}, True),
        ({"model": "*-pro"}, False),
        ({"submit": 1}, True),
        ({"submit": [2, 3]}, False),
        ({"prompt": "LIGHTHOUSE"}, True),
        ({"prompt": "harbour"}, False),
        ({"probability": 0}, False),
        ({"probability": 1}, True),
    ],
)
def test_a_selector_chooses_whom_a_fault_strikes(selector: dict[str, Any], strikes: bool) -> None:
    assert struck(storm({"fault": "rate_limit", **selector})) == (["rate_limit"] if strikes else [])


def test_a_fault_strikes_at_its_place_alone() -> None:
    assert struck(storm({"fault": "rate_limit", "at": "poll"}), "submit") == []
    assert struck(storm({"fault": "rate_limit", "at": "poll"}), "poll") == ["rate_limit"]


def test_times_counts_over_all_and_each_for_one_submission() -> None:
    one = storm({"fault": "rate_limit", "times": 2})
    assert [struck(one) for _ in range(3)] == [["rate_limit"], ["rate_limit"], []]
    other = Scene("north", "image", "wan-2.7", "", 2, "sha256:2#1")
    one = storm({"fault": "rate_limit", "each": 1})
    assert [struck(one), struck(one), struck(one, scene=other)] == [["rate_limit"], [], ["rate_limit"]]


def test_a_rule_that_is_not_reached_is_not_counted() -> None:
    one = storm({"fault": "rate_limit", "times": 1}, {"fault": "server_error", "times": 1})
    first = next(one.strikes("submit", SCENE, tuple(SORTS)))
    second = next(one.strikes("submit", SCENE, tuple(SORTS)))
    assert (first.fault, second.fault, struck(one)) == ("rate_limit", "server_error", [])


def test_a_probability_picks_by_what_is_submitted_and_not_by_order() -> None:
    scenes = [Scene("north", subject=f"sha256:{number}#1") for number in range(400)]
    forwards = storm({"fault": "rate_limit", "probability": 0.25}, seed=5)
    backwards = storm({"fault": "rate_limit", "probability": 0.25}, seed=5)
    picked = {scene.subject for scene in scenes if struck(forwards, scene=scene)}
    assert picked == {scene.subject for scene in reversed(scenes) if struck(backwards, scene=scene)}
    assert 60 < len(picked) < 140
    elsewhere = storm({"fault": "rate_limit", "probability": 0.25}, seed=6)
    assert picked != {scene.subject for scene in scenes if struck(elsewhere, scene=scene)}


def test_another_try_is_another_roll_but_a_file_keeps_its_fate() -> None:
    one = storm({"fault": "rate_limit", "probability": 0.5})
    assert {bool(struck(one, occasion=number)) for number in range(20)} == {True, False}
    one = storm({"fault": "wrong_bytes", "probability": 0.5})
    assert len({bool(struck(one, "download", occasion=number)) for number in range(20)}) == 1


def test_shares_are_spread_evenly() -> None:
    shares = [share("x", number) for number in range(1000)]
    assert 0 <= min(shares) < max(shares) < 1
    assert 0.45 < sum(shares) / 1000 < 0.55

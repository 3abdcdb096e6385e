"""How a run reads, and its JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from wanspec.domain.runs import Outcome, Run, Take, Trouble
from wanspec.report.run import for_machines, for_people


def a_run(film: Any) -> Run:
    take = Take(1, "renders/arrival.png", film.picture, 7, cached=False, key="sha256:" + "1" * 64)
    outcomes = (
        Outcome("arrival", "rendered", 1, (take,), Decimal("0.03"), estimated_usd=Decimal("0.03")),
        Outcome("plate", "cached", 1, (take,)),
        Outcome(
            "clip",
            "failed",
            None,
            (take,),
            error=Trouble("failed", "content \x1b[31mrefused", "E17", "req-9", hint="change the prompt"),
        ),
        Outcome("onward", "skipped", because="clip"),
        Outcome("b", "waiting", because="arrival"),
        Outcome("c", "waiting", because="arrival"),
        Outcome("lost", "uncertain", error=Trouble("uncertain", "no answer", retryable=True)),
    )
    return Run("film", "20260101T000000Z-1", {one.id: one for one in outcomes}, 65.2)


def test_what_went_wrong_is_told_first_then_the_counts(film: Any) -> None:
    assert for_people(a_run(film), output="renders/").splitlines() == [
        "failed clip: content \\x1b[31mrefused (code E17, request req-9)",
        "  hint: change the prompt",
        "  1 take came and is kept",
        "uncertain lost: no answer",
        "waiting b, c: look at the takes, then `wanspec pick arrival N`",
        "skipped onward: needs clip",
        "1 rendered, 1 cached, 1 failed, 1 skipped, 2 waiting, 1 uncertain in 1 min 05 s, $0.03 as estimated",
        "1 may have been charged without a result: `wanspec ledger --disputes`",
        "results are in renders/",
    ]


def test_a_run_with_nothing_to_do_says_so_in_one_line() -> None:
    assert for_people(Run("film", "1", {"a": Outcome("a", "cached")}, 0.04)) == "0 rendered, 1 cached in 0.0 s"


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (Decimal("0.80"), "$0.8034 (estimate: $0.80)"),
        (Decimal("0.8034"), "$0.8034 as estimated"),
        (None, "$0.8034 (not all of it had an estimate)"),
    ],
)
def test_what_was_paid_is_compared_with_the_estimate(estimate: Decimal | None, told: str) -> None:
    clip = Outcome("clip", "rendered", cost_usd=Decimal("0.8034"), estimated_usd=estimate)
    run = Run("film", "1", {"clip": clip, "free": Outcome("free", "rendered")}, 2.0)
    assert for_people(run) == f"2 rendered, 0 cached in 2.0 s, {told}"
    summary = json.loads(json.dumps(for_machines(run)))["summary"]
    assert summary["estimated_usd"] == (None if estimate is None else float(estimate))


def test_an_interrupted_run_says_so() -> None:
    assert for_people(Run("film", "1", {}, 1.0, interrupted=True)) == "interrupted: 0 rendered, 0 cached in 1.0 s"
    assert for_people(Run("film", "1", {}, interrupted=True)) == "interrupted: 0 rendered, 0 cached"


def test_the_json_shape(film: Any) -> None:
    shown = json.loads(json.dumps(for_machines(a_run(film))))
    assert (shown["project"], shown["run"]) == ("film", "20260101T000000Z-1")
    assert shown["summary"] == {
        "rendered": 1,
        "cached": 1,
        "failed": 1,
        "skipped": 1,
        "waiting": 2,
        "uncertain": 1,
        "cost_usd": 0.03,
        "estimated_usd": 0.03,
        "seconds": 65.2,
    }
    assert shown["items"][0]["takes"] == [
        {
            "take": 1,
            "path": "renders/arrival.png",
            "sha256": "ab" * 32,
            "media_type": "image/png",
            "bytes": 1234,
            "width": 1280,
            "height": 720,
            "duration": None,
            "seed": 7,
            "cached": False,
            "key": "sha256:" + "1" * 64,
        }
    ]
    assert shown["items"][0]["error"] is None
    assert shown["items"][2]["error"] == {
        "code": "failed",
        "message": "content \x1b[31mrefused",
        "provider_code": "E17",
        "request_id": "req-9",
        "retryable": False,
        "hint": "change the prompt",
    }


def test_before_the_first_run_there_is_no_run_and_there_are_no_items() -> None:
    assert for_machines(None) == {"run": None, "items": []}

"""What no vendor should answer, and some do: it costs one item at most, never the run, the money or the key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.wire.studio import ENVIRONMENT, KEY, Studio, VendorInMemory, png, said
from wanspec.domain.errors import Failed, Uncertain
from wanspec.wire.http import Answer


@dataclass
class Odd(VendorInMemory):
    """Acme, whose polls for other tasks than the last one are in order."""

    submit: Callable[[Answer], Answer] = lambda answer: answer
    poll: Callable[[dict[str, Any]], Any] = lambda answer: answer

    def _submit(self, request: dict[str, Any], task_id: str) -> Answer:
        answer = super()._submit(request, task_id)
        return self.submit(answer) if request["prompt"] == "odd" else answer

    def _acme(self, method: str, url: str, body: Any) -> Answer:
        answer = super()._acme(method, url, body)
        task = self.tasks.get(url.rpartition("/")[2])
        if method == "POST" or task is None or task.request["prompt"] != "odd":
            return answer
        found = self.poll(answer.json())
        return Answer(200, {}, found) if isinstance(found, bytes) else said(200, found)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path, Odd())


def odd(studio: Studio) -> Odd:
    assert isinstance(studio.vendor, Odd)
    return studio.vendor


def done(url: str = "https://cdn.acme.example/x.png", **more: Any) -> dict[str, Any]:
    return {"id": "task-1", "status": "done", "results": [{"url": url, **more}]}


class Unforeseen(Exception):
    """Of a kind that nothing expects."""


def raising(error: Exception) -> Callable[[Any], Any]:
    def fail(_given: Any) -> Any:
        raise error

    return fail


def test_a_mistake_over_one_answer_costs_one_item(studio: Studio) -> None:
    odd(studio).poll = raising(Unforeseen(f"over {KEY}"))
    failed, fine = studio.render(studio.action("odd"), studio.action("even"))
    assert fine.made
    assert isinstance(failed, Failed)
    assert failed.code == "bug"
    assert "Unforeseen" in failed.message
    (log,) = (studio.root / ".wanspec/logs").iterdir()
    assert f".wanspec/logs/{log.name}" in failed.hint
    assert "raise error" in log.read_text()
    assert KEY not in log.read_text() + failed.message
    odd(studio).poll = lambda answer: answer
    (collected,) = studio.restarted().render(studio.action("odd"))
    assert collected.made
    assert len(studio.vendor.charged) == 2


def test_a_mistake_over_one_answer_does_not_end_recovering(studio: Studio) -> None:
    odd(studio).poll = raising(Unforeseen())
    studio.vendor.files = lambda _url: 503
    studio.render(studio.action("odd"), studio.action("even"))
    studio.vendor.files = lambda _url: png()
    found = {one.status: one.error for one in studio.restarted().recover()}
    assert found.keys() == {"collected", "in_flight"}
    assert found["collected"] is None
    assert found["in_flight"] is not None
    assert found["in_flight"].code == "bug"


def test_a_mistake_over_the_answer_of_a_submit_never_sends_it_again(studio: Studio) -> None:
    odd(studio).submit = raising(Unforeseen())
    for _ in range(3):
        (error,) = studio.restarted().render(studio.action("odd"))
        assert isinstance(error, Uncertain)
    assert studio.vendor.charged == ["task-1"]


def test_a_mistake_over_a_submit_that_can_be_asked_for_is_asked_for(tmp_path: Path) -> None:
    studio = Studio(tmp_path, VendorInMemory("betterco"))
    studio.vendor.step = lambda name: raising(Unforeseen())(name) if name == "answer" else None
    (failed,) = studio.render()
    assert failed.code == "bug"
    (collected,) = studio.restarted().render()
    assert collected.made
    assert len(studio.vendor.charged) == 1


@pytest.mark.parametrize(
    "answer",
    [
        rb'{"id": "task-1", "status": "broken", "error": {"code": "\ud800x", "message": "no \udfff"}}',
        rb'{"id": "task-1", "status": "done", "results": [{"url": "https://[::1/\ud800.png"}]}',
    ],
)
def test_half_a_character_can_be_written_down(studio: Studio, answer: bytes) -> None:
    odd(studio).poll = lambda _answer: answer
    (error,) = studio.render(studio.action("odd"))
    assert isinstance(error, Failed)
    assert error.code != "bug"
    f"{error.message}{error.provider_code}".encode()


def test_half_a_character_in_a_task_id(studio: Studio) -> None:
    odd(studio).submit = lambda _answer: Answer(200, {}, rb'{"id": "ta\ud800sk"}')
    studio.render(studio.action("odd"))
    assert studio.ledger()[0][1] == "ta\ufffdsk"


def test_an_answer_that_is_nested_deep_is_read_as_far_as_it_means_something(studio: Studio) -> None:
    deep = b"[" * 800 + b"]" * 800
    odd(studio).submit = lambda answer: Answer(200, {}, answer.body[:-1] + b', "a": ' + deep + b"}")
    odd(studio).poll = lambda answer: json.dumps(answer).encode()[:-1] + b', "a": ' + deep + b"}"
    (came,) = studio.render(studio.action("odd"))
    assert came.made


@pytest.mark.parametrize("after", ["Wed, 21 Oct 2015 07:28:00 +99999999999999", "\xb2", "-5", "1e9", "٣"])
def test_a_wish_to_wait_that_is_none_is_no_reason_to_doubt(studio: Studio, after: str) -> None:
    answers = [said(429, {"error": {"message": "slow"}}, {"retry-after": after})]
    odd(studio).submit = lambda answer: answers.pop() if answers else answer
    (came,) = studio.render(studio.action("odd"))
    assert came.made


@pytest.mark.parametrize("price", ["1E+99999999", 1e300, 1e30, "NaN", "Infinity", -3, "0E-99999999", "1E-99999999"])
def test_a_price_that_is_no_amount_counts_as_not_told(studio: Studio, price: object) -> None:
    odd(studio).poll = lambda _answer: done(price=price)
    (came,) = studio.render(studio.action("odd"))
    assert str(came.record.cost_usd) in ("0.05", "0")


def test_credits_that_are_no_amount_count_as_not_told(studio: Studio) -> None:
    provider = studio.root / "schemas/acme/provider.yaml"
    told = "credits: {at: credits, per_usd: 100}}"
    provider.write_text(provider.read_text().replace("cost_usd: price}", told))
    odd(studio).poll = lambda _answer: done() | {"credits": 1e30}
    (came,) = studio.render(studio.action("odd"))
    assert str(came.record.cost_usd) == "0.05"


def test_more_outputs_than_asked_for_are_kept_as_far_as_asked(studio: Studio) -> None:
    urls = [f"https://cdn.acme.example/{number}.png" for number in range(5)]
    odd(studio).poll = lambda _answer: done() | {"results": [{"url": url, "price": 0.01} for url in urls]}
    (came,) = studio.render(studio.action("odd"))
    assert len(came.record.artifacts) == 1
    assert str(came.record.cost_usd) == "0.05"
    assert studio.vendor.fetches == urls[:1]
    assert studio.ledger() == [("done", "task-1", False)]
    assert any("made 5 of `arrival` where 1 was asked for" in one for one in studio.said)


ODD_KEY = KEY + '/+"?~'


@pytest.mark.parametrize(
    "written",
    [
        ODD_KEY,
        quote(ODD_KEY, safe=""),
        quote(ODD_KEY, safe="+"),
        quote(ODD_KEY, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3F", "%3f"),
        json.dumps(ODD_KEY)[1:-1],
        base64.b64encode(ODD_KEY.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(ODD_KEY.encode()).decode().rstrip("="),
    ],
)
def test_no_form_of_the_key_is_kept_or_told(tmp_path: Path, written: str) -> None:
    studio = Studio(tmp_path, Odd(), environment={**ENVIRONMENT, "ACME_API_KEY": ODD_KEY})
    studio.vendor.files = lambda _url: f"<html>{written}</html>".encode()
    (error,) = studio.render(studio.action("odd"))
    assert isinstance(error, Failed)
    (kept,) = (studio.root / ".wanspec/evidence").iterdir()
    assert kept.read_text() == "<html>[hidden]</html>"
    odd(studio).submit = lambda _answer: said(400, {"error": {"message": f"no, {written}"}})
    (refused,) = studio.render(studio.action("odd", take=2))
    assert refused.message == "no, [hidden]"

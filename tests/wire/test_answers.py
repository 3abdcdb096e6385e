"""Answers of the declared vendors, as their documents show them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from wanspec.catalogue import provider as means
from wanspec.catalogue.provider import Provider
from wanspec.catalogue.providers import load_providers
from wanspec.reading.marked_yaml import read_yaml
from wanspec.wire.answers import Progress, fault_of, faults_in, outputs_in, progress_of, values

UUID = "0b1d6c5e-3f0e-4a55-9a51-1c2f6a0f9b11"


def provider(name: str) -> Provider:
    providers = load_providers(read_yaml).value
    assert providers is not None
    found = providers.get(name)
    assert found is not None
    return found


def meaning(name: str, status: int, **error: Any) -> str:
    return fault_of(provider(name), error, status, {}).meaning


def test_values_are_found_in_lists_and_null_is_nothing() -> None:
    tree = {"data": [{"url": "a"}, {"url": None}, {}, 3, {"url": "b"}], "x": None}
    assert list(values(tree, "data[].url")) == ["a", "b"]
    assert list(values(tree, "x")) == []
    assert list(values(tree, "y.z")) == []
    assert list(values("text", "")) == ["text"]
    assert list(values([[1], [2]], "[][]")) == [1, 2]


# -- a vendor with many tasks in one answer ------------------------------------------------------------------------


def many(data: list[dict[str, Any]], errors: list[dict[str, Any]] | None = None, wanted: int = 1) -> Progress:
    answer: dict[str, Any] = {"data": data}
    if errors is not None:
        answer["errors"] = errors
    return progress_of(provider("runware"), answer, UUID, wanted)


def item(**fields: Any) -> dict[str, Any]:
    return {"taskType": "imageInference", "taskUUID": UUID, **fields}


def test_an_acknowledgement_is_a_task_at_work() -> None:
    assert many([item()]).state == means.RUNNING
    assert many([]).state == means.RUNNING
    assert many([item(status="processing", progress=40)]).state == means.RUNNING


def test_items_of_other_tasks_are_not_ours() -> None:
    other = item(taskUUID="f" * 36, status="success", imageURL="https://im.example/x.png")
    assert many([other, item(status="processing")]).outputs == ()
    assert many([], [{"code": "inferenceError", "taskUUID": "f" * 36}]).fault is None


def test_outputs_come_one_by_one_with_seed_and_cost() -> None:
    one = item(status="success", imageURL="https://im.example/1.png", seed=7, cost=0.03)
    two = item(status="success", imageURL="https://im.example/2.png", seed=8, cost=0.0301)
    assert many([one, item(status="processing")], wanted=2).state == means.RUNNING
    found = many([one, two], wanted=2)
    assert found.state == means.DONE
    assert [out.seed for out in found.outputs] == [7, 8]
    assert sum((out.cost_usd or 0 for out in found.outputs), Decimal(0)) == Decimal("0.0601")


def test_some_outputs_may_fail() -> None:
    one = item(status="success", imageURL="https://im.example/1.png")
    bad = item(status="error", error={"code": "nsfwContentDetected", "message": "no"})
    found = many([one, bad], wanted=2)
    assert (found.state, len(found.outputs)) == (means.DONE, 1)
    assert found.fault is not None
    assert found.fault.meaning == means.OUTPUT
    assert many([one], [{"code": "inferenceError", "taskUUID": UUID}], wanted=2).state == means.DONE
    assert many([bad]).state == means.FAILED
    waiting = many([bad], wanted=2)
    assert (waiting.state, waiting.partial) == (means.RUNNING, True)


def test_a_finished_item_without_a_status_is_an_output() -> None:
    assert many([item(imageURL="https://im.example/1.png")]).state == means.DONE
    assert many([item(imageDataURI="data:image/png;base64,AAAA")]).outputs[0].inline.endswith("AAAA")


def test_a_task_that_is_not_known_is_missing() -> None:
    assert many([], [{"code": "taskFailedOrNotFound", "taskUUID": UUID}]).state == "missing"


def test_a_word_that_is_not_listed_is_unknown() -> None:
    assert many([item(status="pondering")]).word == "pondering"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("conflictTaskUUID", means.CONFLICT),
        ("invalidApiKey", means.AUTH),
        ("unauthorized", means.AUTH),
        ("insufficientCredits", means.BALANCE),
        ("accountBalanceTooLow", means.BALANCE),
        ("apiRateLimitExceeded", means.BUSY),
        ("promptBlocked", means.PROMPT),
        ("imageBlocked", means.INPUT),
        ("nsfwContentDetected", means.OUTPUT),
        ("providerContentPolicyViolation", means.PROMPT),
        ("timeoutProvider", means.SERVER),
        ("internalServerError", means.SERVER),
        ("noAvailableServer", means.SERVER),
        ("invalidWidth", means.REFUSED),
        ("unsupportedParameter", means.REFUSED),
        ("somethingQuiteNew", means.REFUSED),
    ],
)
def test_codes_are_classed_by_pattern(code: str, expected: str) -> None:
    assert meaning("runware", 200, code=code, message="") == expected


# -- vendors with one task in an answer ------------------------------------------------------------------------------


def test_completed_without_results_is_not_finished() -> None:
    at = lambda **tree: progress_of(provider("aihubmax"), tree, "task-unified-1", 1)  # noqa: E731
    assert at(status="pending").state == means.RUNNING
    empty = at(status="completed", results=None, progress=80)
    assert (empty.state, empty.partial) == (means.RUNNING, True)
    assert at(status="completed", results=[]).partial
    assert at(status="completed", results=[{"url": "https://f.example/1.png"}]).outputs[0].url.endswith("1.png")
    assert at(status="completed", results=["https://f.example/1.png"]).state == means.DONE
    failed = at(status="failed", error={"message": "bad; request_id: 20260716-ab", "type": "server_error"})
    assert failed.state == means.FAILED
    assert failed.fault is not None
    assert (failed.fault.code, failed.fault.request_id) == ("server_error", "20260716-ab")


def test_an_answer_that_is_the_result_and_one_that_is_a_job() -> None:
    at: Callable[..., Progress] = lambda **tree: progress_of(provider("empiriolabs"), tree, "", 1)  # noqa: E731
    assert at(data=[{"url": "https://c.example/1.png"}]).state == means.DONE
    assert at(data=[{"b64_json": "AAAA"}]).outputs[0].inline == "AAAA"
    assert at(job_id="j", status="anything new", completed_at=None, result=None, error=None).state == means.RUNNING
    assert at(job_id="j", status="anything new", result={"data": [{"url": "https://c.example/1"}]}).state == means.DONE
    assert at(job_id="j", status="done?", completed_at=3, result={"url": "https://c.example/1"}).state == means.DONE
    assert at(job_id="j", status="x", completed_at=3, error={"message": "no"}).state == means.FAILED
    assert at(job_id="j", status="failed").state == means.FAILED


def test_a_plain_list_of_addresses_is_a_set() -> None:
    answer = {"status": "completed", "output": {"image_urls": ["https://c/0.png", "https://c/1.png"]}, "error": None}
    assert [out.url for out in outputs_in(provider("reapi"), answer)] == ["https://c/0.png", "https://c/1.png"]
    assert progress_of(provider("reapi"), answer, "task_1", 4).state == means.DONE
    failed = progress_of(
        provider("reapi"),
        {"status": "failed", "error": {"code": 20002, "message": "missing", "request_id": "req_1"}},
        "task_1",
        1,
    )
    assert failed.fault is not None
    assert (failed.fault.code, failed.fault.request_id) == ("20002", "req_1")


@pytest.mark.parametrize("name", ["aihubmax", "empiriolabs", "reapi"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, means.REFUSED),
        (401, means.AUTH),
        (402, means.BALANCE),
        (404, means.MISSING),
        (413, means.REFUSED),
        (422, means.REFUSED),
        (429, means.BUSY),
        (500, means.SERVER),
        (502, means.SERVER),
        (503, means.SERVER),
        (504, means.SERVER),
    ],
)
def test_statuses_are_classed(name: str, status: int, expected: str) -> None:
    assert meaning(name, status, message="") == expected


def test_an_error_without_an_envelope_is_still_one() -> None:
    (fault,) = faults_in(provider("reapi"), ["nonsense"], 503, {})
    assert (fault.meaning, fault.status) == (means.SERVER, 503)
    assert faults_in(provider("reapi"), {"error": None}, 200, {}) == []
    assert faults_in(provider("reapi"), {"error": "just words"}, 400, {})[0].message == "just words"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("the prompt breaks our content policy", means.PROMPT),
        ("moderation: the input image is not allowed", means.INPUT),
        ("the generated output was withheld by moderation", means.OUTPUT),
        ("width is invalid", means.REFUSED),
    ],
)
def test_content_is_told_apart_by_words_where_there_are_no_codes(message: str, expected: str) -> None:
    assert meaning("reapi", 400, code=20010, message=message) == expected


@pytest.mark.parametrize("answer", [None, 3, "x", [], [None], {}, {"data": 3}, {"data": [None, 3]}, {"results": "x"}])
def test_strange_answers_are_no_tracebacks(answer: Any) -> None:
    for name in ("runware", "aihubmax", "empiriolabs", "reapi"):
        assert progress_of(provider(name), answer, UUID, 2).state in (means.RUNNING, means.DONE, means.FAILED)
        faults_in(provider(name), answer, 500, {})

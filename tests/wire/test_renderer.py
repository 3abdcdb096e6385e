"""One action at a vendor: paid once, brought home, and told in words when it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.wire.studio import KEY, Studio, VendorInMemory, png, said
from wanspec.domain.errors import Busy, Failed, ProviderError, Refused, Uncertain
from wanspec.wire.http import Answer, NoAnswer
from wanspec.wire.renderer import Wishes

STYLES = ["acme", "betterco"]


@pytest.fixture(params=STYLES)
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    return Studio(tmp_path, VendorInMemory(request.param))


@pytest.fixture
def acme(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def betterco(tmp_path: Path) -> Studio:
    return Studio(tmp_path, VendorInMemory("betterco"))


def test_an_action_is_sent_followed_and_kept(studio: Studio) -> None:
    (done,) = studio.render()
    assert done.made
    (artifact,) = done.record.artifacts
    assert (artifact.media_type, artifact.width, artifact.height) == ("image/png", 64, 48)
    assert len(studio.vendor.charged) == 1
    assert studio.ledger() == [("done", studio.vendor.charged[0], False)]
    (again,) = studio.restarted().render()
    assert not again.made
    assert len(studio.vendor.charged) == 1


def test_the_take_has_its_seed_and_the_declared_extras(betterco: Studio) -> None:
    betterco.render(betterco.action(take=3))
    body = betterco.vendor.calls[0][3]
    assert isinstance(body, list)
    assert (body[0]["seed"], body[0]["delivery"], body[0]["type"]) == (13, "later", "make")
    assert betterco.vendor.calls[0][1] == "https://api.betterco.example/prefix/all"
    assert betterco.vendor.calls[0][2]["X-Betterco-Key"] == KEY


def test_the_cost_is_the_answers_and_else_the_rules(acme: Studio) -> None:
    (told,) = acme.render()
    assert str(told.record.cost_usd) == "0.051"
    acme.vendor._results = lambda task_id, _task: [{"url": f"https://cdn.x/{task_id}.png"}]  # type: ignore[method-assign]
    (ruled,) = acme.render(acme.action("a quay", count=4))
    assert str(ruled.record.cost_usd) == "0.05"  # one of four came


def test_a_set_has_an_artifact_for_each_output(studio: Studio) -> None:
    studio.vendor.files = lambda url: png(shade=10 + 10 * int(url[-5]))
    (done,) = studio.render(studio.action(count=3))
    assert len({artifact.sha256 for artifact in done.record.artifacts}) == 3


def test_polls_of_many_tasks_share_calls(betterco: Studio) -> None:
    done = betterco.render(*(betterco.action(f"prompt {n}") for n in range(6)))
    assert all(one.made for one in done)
    polls = [call for call in betterco.vendor.calls if call[3][0]["type"] == "get"]
    # Which tasks meet in a call hangs on when their submits came back: worker threads write the journal in between.
    assert 1 < max(len(call[3]) for call in polls) <= 3
    assert len(polls) < 12  # as many as if each went alone


def poll_that_breaks(studio: Studio, broken: Callable[[list[dict[str, str]]], Answer]) -> None:
    """Every poll that asks for the first task is answered by `broken`."""
    whole = studio.vendor._betterco

    def answer(body: list[dict[str, str]]) -> Answer:
        first = next(iter(studio.vendor.tasks), None)
        polled = body[0]["type"] == "get" and any(one["uid"] == first for one in body)
        return broken(body) if polled else whole(body)

    studio.vendor._betterco = answer  # type: ignore[method-assign, assignment]


def cut(_: list[dict[str, str]]) -> Answer:
    raise NoAnswer("connection reset")


@pytest.mark.parametrize(
    "broken",
    [
        cut,
        lambda _: Answer(502, {}, b"<html>bad gateway</html>"),
        lambda _: said(500, {"errors": [{"code": "oops", "message": "broken"}]}),
        lambda _: said(401, {"errors": [{"code": "nobody", "message": "who are you"}]}),
        lambda _: said(200, {"errors": [{"code": "oops", "message": "something is wrong"}]}),
    ],
    ids=["cut", "unreadable", "server", "key", "nameless"],
)
def test_a_task_that_breaks_the_polls_costs_no_other_its_result(
    betterco: Studio, broken: Callable[[list[dict[str, str]]], Answer]
) -> None:
    poll_that_breaks(betterco, broken)
    betterco.vendor.working_polls = 3
    done = betterco.render(*(betterco.action(f"prompt {n}") for n in range(3)))
    bad = [one for one in done if isinstance(one, BaseException)]
    assert len(bad) == 1, done
    assert isinstance(bad[0], ProviderError)
    assert sorted(outcome for outcome, _, _ in betterco.ledger())[:2] == ["done", "done"]
    assert len(betterco.vendor.charged) == 3


_OOPS = {"code": "internal_error", "message": "please retry"}


@pytest.mark.parametrize(
    ("style", "odd"),
    [
        ("acme", {"error": _OOPS}),
        ("acme", {"id": "task-OTHER", "status": "broken", "error": _OOPS}),
        ("acme", {"id": "task-OTHER", "error": _OOPS}),
        ("betterco", {"errors": [_OOPS]}),
        ("betterco", {"errors": [{"code": "timeoutProvider", "message": "later"}], "data": []}),
    ],
)
def test_an_answer_that_says_nothing_of_the_task_does_not_fail_it(
    tmp_path: Path, style: str, odd: dict[str, object]
) -> None:
    """It was accepted: asked again it comes, and is not bought again."""
    studio = Studio(tmp_path, VendorInMemory(style))
    odd_ones = [said(200, odd)] * 2
    name = f"_{style}"
    whole = getattr(studio.vendor, name)

    def answer(*call: Any) -> Answer:
        is_poll = call[0] == "GET" if style == "acme" else call[0][0]["type"] == "get"
        return odd_ones.pop() if is_poll and odd_ones else whole(*call)

    setattr(studio.vendor, name, answer)
    (done,) = studio.render()
    assert done.made
    assert odd_ones == []
    assert len(studio.vendor.charged) == 1


def test_while_such_answers_go_on_the_task_stays_in_flight(acme: Studio) -> None:
    whole = acme.vendor._acme
    acme.vendor._acme = lambda method, *call: (  # type: ignore[method-assign]
        said(200, {"error": _OOPS}) if method == "GET" else whole(method, *call)
    )
    (error,) = acme.render()
    assert isinstance(error, Busy)
    assert "please retry" in error.message
    assert [outcome for outcome, _, _ in acme.ledger()] == ["in_flight"]
    acme.vendor._acme = whole  # type: ignore[method-assign]
    assert acme.restarted().render()[0].made
    assert len(acme.vendor.charged) == 1


def test_a_submit_that_names_a_task_beside_an_error_is_followed(acme: Studio) -> None:
    whole = acme.vendor._acme

    def answer(method: str, *call: Any) -> Answer:
        found = whole(method, *call)
        return said(200, {"id": "task-1", "error": {"message": "warning only"}}) if method == "POST" else found

    acme.vendor._acme = answer  # type: ignore[method-assign]
    (done,) = acme.render()
    assert done.made
    assert acme.ledger() == [("done", "task-1", False)]


def test_while_a_vendor_is_busy_its_polls_stay_together(betterco: Studio) -> None:
    refused = 0

    def busy(_: list[dict[str, str]]) -> Answer:
        nonlocal refused
        refused += 1
        return said(429, {"errors": [{"code": "slow", "message": "slow down"}]}, {"retry-after": "2"})

    poll_that_breaks(betterco, busy)
    betterco.render(*(betterco.action(f"prompt {n}") for n in range(3)))
    assert 1 < refused < 40  # a minute of tries of them all, every two seconds


def test_a_finished_task_without_results_is_not_finished(acme: Studio) -> None:
    acme.vendor.empty = 3
    (done,) = acme.render()
    assert done.made


def test_a_task_that_stays_empty_is_paid_for_and_disputed(acme: Studio) -> None:
    acme.vendor.empty = 10_000
    (error,) = acme.render()
    assert isinstance(error, Failed)
    assert error.code == "lost"
    assert acme.ledger() == [("failed", "task-1", True)]
    acme.vendor.empty = 0
    (done,) = acme.restarted().render()
    assert done.made
    assert acme.vendor.charged == ["task-1"]
    assert acme.ledger() == [("done", "task-1", False)]


@pytest.mark.parametrize("weather", ["busy", "never connected"])
def test_what_was_not_accepted_is_sent_again(studio: Studio, weather: str) -> None:
    studio.vendor.weather = [weather, weather]
    (done,) = studio.render()
    assert done.made
    assert len(studio.vendor.charged) == 1


def test_retry_after_is_honoured(acme: Studio) -> None:
    acme.vendor.weather = ["busy"]
    acme.render()
    assert any(3 <= slept < 4 for slept in acme.clock.slept)


def test_after_a_minute_of_refusals_it_is_busy_and_owes_nothing(studio: Studio) -> None:
    studio.vendor.weather = ["busy"] * 1000
    (error,) = studio.render()
    assert isinstance(error, Busy)
    assert error.retryable
    assert 30 <= studio.clock.seconds <= 90
    assert studio.ledger() == []
    studio.vendor.weather = []
    assert studio.restarted().render()[0].made


def test_a_refusal_for_content_is_told_apart_and_not_repeated(acme: Studio) -> None:
    acme.vendor.weather = ["refused"]
    (error,) = acme.render()
    assert isinstance(error, Refused)
    assert (error.code, error.provider_code, error.request_id) == ("refused_prompt", "bad_prompt", "req-9")
    assert not error.retryable
    assert KEY not in error.message
    assert len(acme.vendor.calls) == 1
    assert acme.ledger() == []


@pytest.mark.parametrize("weather", ["cut before", "cut after", "500 before", "500 after", "html after"])
def test_a_lost_answer_is_uncertain_and_never_sent_again_by_itself(acme: Studio, weather: str) -> None:
    acme.vendor.weather = [weather]
    for attempt in (acme, acme.restarted(), acme.restarted()):
        (error,) = attempt.render()
        assert isinstance(error, Uncertain)
    assert len(acme.vendor.charged) == (1 if "after" in weather else 0)
    assert [(outcome, disputed) for outcome, _, disputed in acme.ledger()] == [("uncertain", True)]
    assert [one.status for one in acme.restarted().recover()] == ["uncertain"]
    (done,) = acme.restarted().render(wishes=Wishes(retry_uncertain=True))
    assert done.made
    assert [outcome for outcome, _, _ in acme.ledger()] == ["uncertain", "done"]


@pytest.mark.parametrize("weather", ["cut before", "cut after", "500 before", "500 after", "html after"])
def test_a_lost_answer_is_cleared_up_where_the_vendor_can_be_asked(betterco: Studio, weather: str) -> None:
    betterco.vendor.weather = [weather]
    (done,) = betterco.render()
    assert done.made
    assert len(betterco.vendor.charged) == 1
    assert len(betterco.ledger()) == 1


def test_a_task_that_failed_costs_nothing_and_can_be_tried_again(studio: Studio) -> None:
    studio.vendor.fail = "worker_crashed"
    (error,) = studio.render()
    assert isinstance(error, Failed)
    assert error.provider_code == "worker_crashed"
    assert error.retryable
    rows = studio.store().journal.all()
    assert [(one.outcome, one.actual_usd) for one in rows] == [("failed", 0)]
    studio.vendor.fail = ""
    (done,) = studio.restarted().render()
    assert done.made
    assert len(studio.ledger()) == 2


def test_a_word_that_nobody_knows_leaves_the_task_in_flight(acme: Studio) -> None:
    acme.vendor.word = "pondering"
    (error,) = acme.render()
    assert isinstance(error, Failed)
    assert "`pondering`" in error.message
    assert acme.ledger() == [("in_flight", "task-1", False)]
    acme.vendor.word = ""
    assert acme.restarted().render()[0].made
    assert acme.vendor.charged == ["task-1"]


def test_a_stuck_task_is_reported_and_left_in_flight(studio: Studio) -> None:
    studio.vendor.working_polls = 1_000_000
    (error,) = studio.render()
    assert isinstance(error, Failed)
    assert (error.code, error.retryable) == ("stuck", True)
    assert [outcome for outcome, _, _ in studio.ledger()] == ["in_flight"]
    studio.vendor.working_polls = 0
    assert studio.restarted().render()[0].made
    assert len(studio.vendor.charged) == 1


def test_a_task_that_the_vendor_forgot_is_looked_up_in_its_archive(betterco: Studio) -> None:
    betterco.vendor.forget = True
    (done,) = betterco.render()
    assert done.made
    assert len(betterco.vendor.charged) == 1


def test_a_task_that_the_vendor_forgot_is_lost_and_bought_again_only_when_told(acme: Studio) -> None:
    acme.vendor.forget = True
    (error,) = acme.render()
    assert isinstance(error, Failed)
    assert error.code == "lost"
    (error,) = acme.restarted().render()
    assert isinstance(error, Failed)
    assert acme.vendor.charged == ["task-1"]
    assert [one.status for one in acme.restarted().recover()] == ["lost"]
    acme.vendor.forget = False
    acme.vendor.tasks.clear()
    (done,) = acme.restarted().render(wishes=Wishes(force=frozenset({"arrival"})))
    assert done.made
    assert [(outcome, disputed) for outcome, _, disputed in acme.ledger()] == [("failed", True), ("done", False)]


def test_a_link_that_expired_is_asked_for_anew(acme: Studio) -> None:
    answers = iter([403, png()])
    acme.vendor.files = lambda _url: next(answers)
    results = acme.vendor._results
    acme.vendor._results = lambda task_id, task: [  # type: ignore[method-assign]
        {**one, "url": f"{one['url']}?signed={task.polls}"} for one in results(task_id, task)
    ]
    (done,) = acme.render()
    assert done.made
    assert len({*acme.vendor.fetches}) == 2


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<!doctype html><title>Sign in</title>", "web page"),
        (png()[:-30], ""),
        (png(32, 32), "64 were asked for"),
        (b"", ""),
    ],
    ids=["a web page", "cut short", "another size", "empty"],
)
def test_bytes_that_are_not_what_was_asked_for_are_kept_as_evidence(acme: Studio, data: bytes, word: str) -> None:
    acme.vendor.files = lambda _url: data
    (error,) = acme.render()
    assert isinstance(error, Failed)
    assert error.code == "lost"
    assert word in error.message
    (kept,) = (acme.root / ".wanspec/evidence").iterdir()
    assert kept.read_bytes() == data
    assert f".wanspec/evidence/{kept.name}" in error.message
    assert not list((acme.root / ".wanspec/blobs").rglob("*.*"))
    acme.vendor.files = lambda _url: png()
    (done,) = acme.restarted().render()
    assert done.made
    assert acme.vendor.charged == ["task-1"]


def test_bad_bytes_are_fetched_again_while_the_link_lives(acme: Studio) -> None:
    answers = iter([b"<html>", png()[:50], png()])
    acme.vendor.files = lambda _url: next(answers)
    assert acme.render()[0].made
    assert len(acme.vendor.fetches) == 3


def test_wrong_bytes_are_counted_however_long_it_takes_to_look_at_them(acme: Studio) -> None:
    def slowly(_: str) -> bytes:
        acme.clock.seconds += 45
        return png()[:60]

    acme.vendor.files = slowly
    (came,) = acme.render()
    assert isinstance(came, Failed)
    assert came.code == "lost"  # and not a network that is down, which would be tried by every render


def by_shape_and_class(studio: Studio, differs: float = 0.0) -> Studio:
    """A vendor that is asked for `16:9` and `1K`, besides pixels."""
    file = studio.root / "schemas/acme/still.json"
    model = json.loads(file.read_text())
    model["properties"] |= {"shape": {"type": "string"}, "class": {"type": "string"}}
    ratio = {
        "given": ["aspect_ratio"],
        "also": ["resolution"],
        "send": {"shape": "{aspect_ratio}", "class": "{resolution}"},
    }
    model["x-wanspec"]["size"]["forms"].append(ratio)
    model["x-wanspec"]["size"] |= {"areas": {"1K": 1024 * 1024, "2K": 2048 * 2048}, "differs": differs}
    file.write_text(json.dumps(model))
    studio.overrides = {"acme": {"timeout_s": 50 + differs}}  # so that the catalogue is read anew
    return studio


@pytest.mark.parametrize(
    ("shape", "size", "word"),
    [
        ({"shape": "16:9", "class": "1K"}, (1360, 768), ""),
        ({"shape": "16:9", "class": "1K"}, (1344, 768), ""),
        ({"shape": "16:9", "class": "1K"}, (1024, 1024), "it is 1024 by 1024 pixels, a shape of 16:9 was asked for"),
        ({"shape": "16:9", "class": "2K"}, (1360, 768), "it has 1.0 million, about 4.2 million pixels were asked for"),
        ({"shape": "1:1"}, (64, 64), ""),
    ],
)
def test_a_result_of_another_shape_or_class_is_not_taken(
    acme: Studio, shape: dict[str, str], size: tuple[int, int], word: str
) -> None:
    by_shape_and_class(acme)
    acme.vendor.files = lambda _: png(*size)
    action = acme.action(**shape)
    native = {name: value for name, value in action.request.native.items() if name not in ("width", "height")}
    (came,) = acme.render(replace(action, request=replace(action.request, native=native)))
    if not word:
        assert came.made
        return
    assert isinstance(came, Failed)
    assert word in came.message
    assert "it is kept as" in came.message
    assert acme.ledger() == [("failed", "task-1", True)]


@pytest.mark.parametrize(("differs", "taken"), [(0.0, False), (0.05, True)])
def test_pixels_may_differ_by_what_the_vendor_documents(acme: Studio, differs: float, taken: bool) -> None:
    by_shape_and_class(acme, differs)
    acme.vendor.files = lambda _: png(66, 48)  # 64 were asked for
    (came,) = acme.render()
    assert isinstance(came, Failed) != taken


def test_outputs_in_the_answer_itself_are_kept(acme: Studio) -> None:
    acme.vendor.inline = True
    acme.vendor.sync = True
    (done,) = acme.render()
    assert done.made
    assert acme.vendor.fetches == []
    assert [outcome for outcome, _, _ in acme.ledger()] == ["done"]


def test_forcing_buys_anew_though_there_is_a_result(acme: Studio) -> None:
    acme.render()
    (done,) = acme.restarted().render(wishes=Wishes(force=frozenset({"arrival"})), anew=True)
    assert done.made
    assert acme.vendor.charged == ["task-1", "task-2"]


def test_equal_actions_are_bought_once(studio: Studio) -> None:
    done = studio.render(*(studio.action() for _ in range(5)))
    assert sum(one.made for one in done) == 1
    assert len(studio.vendor.charged) == 1


def test_nothing_that_is_written_holds_the_key(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    studio.vendor.weather = ["refused"]
    studio.render(studio.action("no"))
    studio.render()
    studio.vendor.fail = KEY
    studio.render(studio.action("a quay"))
    files = [path for path in studio.root.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in "".join(studio.said)

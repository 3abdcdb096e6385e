"""Every fault, at every vendor that can have it, over a real socket."""

from __future__ import annotations

import io
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from wanspec.emulator import Emulator
from wanspec.emulator.weather import SORTS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Customer, Customers, Seen


def strike(customer: Customer, fault: str, **more: Any) -> None:
    customer.emulator.set_faults([{"fault": fault, **more}])


def charged(customer: Customer) -> list[tuple[str, bool]]:
    return [(charge.state, charge.refunded) for charge in customer.emulator.ledger]


def settled(customer: Customer) -> None:
    """Waits until the task has ended, by polling in fair weather."""
    customer.emulator.set_faults([])
    customer.ended()


# -- before anything is accepted


@pytest.mark.parametrize(
    ("fault", "more", "status"),
    [
        ("rate_limit", {}, 429),
        ("no_balance", {}, 402),
        ("unauthorized", {}, 401),
        ("server_error", {}, 500),
        ("server_error", {"status": 502}, 502),
        ("server_error", {"status": 503}, 503),
        ("server_error", {"status": 504}, 504),
        ("refused", {"about": "prompt"}, 0),
        ("refused", {"about": "input"}, 0),
    ],
)
def test_a_refusal_accepts_nothing(customer: Customer, fault: str, more: dict[str, Any], status: int) -> None:
    strike(customer, fault, times=1, **more)
    refused = customer.submit()
    assert refused.status == status or (not status and refused.status in (400, 422))
    assert refused.error["message"]
    assert charged(customer) == []
    assert customer.submit().status < 300
    assert customer.ended().urls
    assert charged(customer) == [("done", False)]


def test_retry_after_is_told_in_seconds_or_as_a_date(customer_of: Customers, emulator: Emulator) -> None:
    customer = customer_of(emulator, "reapi")
    native = {"model": "wan2.7-image", "prompt": "x"}
    strike(customer, "rate_limit", retry_after=2.5)
    assert customer.call("POST", "/api/v1/images/generations", json=native).headers["retry-after"] == "3"
    strike(customer, "rate_limit", retry_after=120, as_date=True)
    told = customer.call("POST", "/api/v1/images/generations", json=native).headers["retry-after"]
    assert 100 < parsedate_to_datetime(told).timestamp() - time.time() < 121


def test_a_connection_that_ends_before_acceptance_costs_nothing(customer: Customer) -> None:
    strike(customer, "lost_answer", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        customer.submit()
    assert charged(customer) == []
    assert customer.submit().status < 300


# -- accepted, and the answer is lost


@pytest.mark.parametrize("fault", ["lost_answer", "server_error", "garbled"])
def test_what_was_accepted_is_charged_whatever_was_answered(customer: Customer, fault: str) -> None:
    strike(customer, fault, when="after", times=1)
    if fault == "lost_answer":
        with pytest.raises(httpx.RemoteProtocolError):
            customer.submit()
    else:
        seen = customer.submit()
        assert (seen.status, isinstance(seen.body, str)) == ((200, True) if fault == "garbled" else (500, False))
    assert len(charged(customer)) == 1
    again = customer.submit(taskUUID=customer.task_id) if customer.vendor == "runware" else customer.submit()
    if customer.vendor == "runware":
        assert again.error["code"] == "conflictTaskUUID"
        assert len(charged(customer)) == 1
        assert customer.ended().urls, "the id that the client chose finds it"
    else:
        assert len(charged(customer)) == 2
        assert len(customer.emulator.ledger.duplicates) == 1


# -- what becomes of a task


def test_a_failure_is_paid_back(customer: Customer) -> None:
    strike(customer, "failed", code="55555")
    customer.submit()
    seen = customer.ended()
    assert not seen.urls
    assert str(seen.error["code"]) == "55555"
    assert charged(customer) == [("failed", True)]


def test_a_failure_may_be_kept(customer: Customer) -> None:
    strike(customer, "failed", refund=False)
    customer.submit()
    assert customer.ended().error
    assert charged(customer) == [("failed", False)]


def test_an_output_that_moderation_withholds_is_paid_back(customer: Customer) -> None:
    strike(customer, "refused", about="output")
    customer.submit()
    assert "moderation" in customer.ended().error["message"]
    assert charged(customer) == [("failed", True)]


def test_a_stuck_task_never_ends(customer: Customer) -> None:
    strike(customer, "stuck")
    customer.submit()
    customer.emulator.advance(10**7)
    states = {customer.poll().state for _ in range(3)}
    assert states == {"processing"}
    assert charged(customer) == [("running", False)]


def test_latency_makes_a_task_late(customer: Customer) -> None:
    strike(customer, "latency", seconds=10**6)
    customer.submit()
    assert not customer.poll().urls
    customer.emulator.advance(2 * 10**6)
    assert customer.ended().urls


def test_an_answer_may_hold_the_result_already(customer: Customer) -> None:
    strike(customer, "immediate")
    assert customer.submit().urls


def test_an_answer_may_not_wait_although_it_was_asked_to(customer_of: Customers, emulator: Emulator) -> None:
    emulator.set_faults(["deferred"])
    one = customer_of(emulator, "empiriolabs")
    assert one.submit(sync=True).body["job_id"].startswith("job_")
    assert one.ended().urls
    other = customer_of(emulator, "runware")
    assert other.submit(deliveryMethod="sync").urls == []
    assert other.ended().urls


def test_a_price_may_differ_from_the_published_one(customer_of: Customers, emulator: Emulator) -> None:
    customer = customer_of(emulator, "runware")
    strike(customer, "price", factor=1.004)
    customer.submit()
    customer.ended()
    assert customer.poll().body["data"][0]["cost"] == pytest.approx(0.03012)
    assert float(emulator.ledger.total_usd) == pytest.approx(0.03012)


@pytest.mark.parametrize(
    ("vendor", "more"),
    [
        ("runware", {"numberResults": 3}),
        ("aihubmax", {"num_outputs": 3}),
        ("empiriolabs", {"num_images": 3}),
        ("reapi", {"n": 3}),
    ],
)
def test_some_of_several_outputs_may_fail(
    customer_of: Customers, emulator: Emulator, vendor: str, more: dict[str, Any]
) -> None:
    customer = customer_of(emulator, vendor)
    strike(customer, "partial", failed=1)
    customer.submit(**more)
    while len((seen := customer.poll()).urls) < 2:
        pass
    assert len(seen.urls) == 2
    settled(customer)
    (charge,) = emulator.ledger
    assert (charge.state, charge.outputs) == ("done", 2)
    whole = {"runware": 0.09, "aihubmax": 0.09, "empiriolabs": 0.09, "reapi": 0.072}[vendor]
    assert float(charge.usd) == pytest.approx(whole * 2 / 3)


# -- polls


@pytest.mark.parametrize(
    ("fault", "more", "status"),
    [
        ("rate_limit", {}, 429),
        ("server_error", {"status": 503}, 503),
        ("unauthorized", {}, 401),
        ("garbled", {}, 200),
        ("lost_answer", {}, 0),
    ],
)
def test_a_poll_may_fail_and_the_next_one_not(
    customer: Customer, fault: str, more: dict[str, Any], status: int
) -> None:
    customer.submit()
    strike(customer, fault, at="poll", times=1, **more)
    if status:
        seen = customer.poll()
        assert seen.status == status
        assert isinstance(seen.body, str) == (fault == "garbled")
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            customer.poll()
    assert customer.ended().urls
    assert charged(customer) == [("done", False)]


def test_done_may_come_before_the_results(customer: Customer) -> None:
    customer.submit()
    customer.ended()
    strike(customer, "empty_results", times=2)
    done = {"runware": "success"}.get(customer.vendor, "completed")
    for _ in range(2):
        seen = customer.poll()
        assert (seen.state, seen.urls, seen.error) == (done, [], None)
    assert customer.poll().urls


def test_a_status_may_be_a_word_that_nobody_knows(customer: Customer) -> None:
    customer.submit()
    strike(customer, "unknown_status", word="napping", times=1)
    assert customer.poll().state == "napping"
    assert customer.ended().urls


def test_a_task_may_be_forgotten(customer: Customer) -> None:
    customer.submit()
    strike(customer, "forgotten")
    seen = customer.poll()
    assert (seen.status, bool(seen.error), seen.urls) == (200 if customer.vendor == "runware" else 404, True, [])
    assert len(charged(customer)) == 1


# -- downloads


@pytest.fixture
def link(customer: Customer) -> str:
    """Of a finished picture."""
    customer.submit()
    return customer.ended().urls[0]


def test_a_link_may_be_dead(customer: Customer, link: str) -> None:
    strike(customer, "expired_link")
    assert customer.http.get(link).status_code in (403, 404)
    strike(customer, "expired_link", seconds=10**6)
    assert customer.http.get(link).status_code == 200
    customer.emulator.advance(10**6)
    assert customer.http.get(link).status_code in (403, 404)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_download_may_fail_and_the_next_one_not(customer: Customer, link: str, status: int) -> None:
    if status == 429:
        strike(customer, "rate_limit", at="download", times=1)
    else:
        strike(customer, "server_error", at="download", status=status, times=1)
    assert customer.http.get(link).status_code == status
    assert customer.http.get(link).status_code == 200


def test_a_download_may_break_off(customer: Customer, link: str) -> None:
    strike(customer, "lost_answer", at="download", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        customer.http.get(link)
    assert customer.http.get(link).status_code == 200


def test_a_download_may_be_another_file(customer: Customer, link: str) -> None:
    whole = customer.http.get(link).content
    seen = {}
    for what in ("html", "truncated", "empty", "size"):
        strike(customer, "wrong_bytes", what=what, times=1)
        reply = customer.http.get(link)
        assert reply.status_code == 200
        seen[what] = reply.content
        assert customer.http.get(link).content == whole
    assert seen["html"].startswith(b"<!DOCTYPE html>")
    assert seen["truncated"] == whole[: len(whole) // 2]
    assert seen["empty"] == b""
    with Image.open(io.BytesIO(seen["size"])) as picture:
        assert picture.size == (384, 384)


def test_a_download_may_trickle(customer: Customer, link: str) -> None:
    whole = customer.http.get(link).content
    strike(customer, "drip", bytes_per_second=len(whole) * 5 / 2000)  # a fifth of a real second
    began = time.monotonic()
    assert customer.http.get(link).content == whole
    assert time.monotonic() - began > 0.1
    strike(customer, "drip", silent=200)
    with customer.http.stream("GET", link) as reply:
        assert b"".join(reply.iter_bytes()) == whole


def test_a_silence_is_longer_than_a_clients_patience(customer_of: Customers, http: httpx.Client) -> None:
    with Emulator(latency_s=0, plain=True, faults=[{"fault": "drip", "silent": 60}]) as emulator:
        customer = customer_of(emulator, "reapi")
        customer.submit()
        with pytest.raises(httpx.ReadTimeout):
            http.get(customer.ended().urls[0], timeout=0.2)


def test_a_download_may_lead_elsewhere(customer: Customer, link: str) -> None:
    strike(customer, "redirect", to="http://169.254.169.254/latest/meta-data")
    reply = customer.http.get(link)
    assert (reply.status_code, reply.headers["location"]) == (302, "http://169.254.169.254/latest/meta-data")


def test_a_result_in_the_answer_may_be_wrong_too(customer_of: Customers, emulator: Emulator) -> None:
    emulator.set_faults([{"fault": "wrong_bytes", "what": "empty"}])
    one = customer_of(emulator, "runware")
    assert one.submit(deliveryMethod="sync", outputType="base64Data").body["data"][0]["imageBase64Data"] == ""
    other = customer_of(emulator, "empiriolabs")
    assert other.submit(sync=True, response_format="b64_json").body["data"] == [{"b64_json": ""}]


def test_an_answer_that_waited_may_be_empty(customer: Customer) -> None:
    customer.emulator.set_faults(["immediate", "empty_results"])
    seen = customer.submit()
    assert (seen.status, seen.urls) == (200, [])
    assert charged(customer) == [("done", False)]


# -- clips


def test_a_clip_may_be_too_short(filmer: Customer, tmp_path: Path) -> None:
    from wanspec.media.probe import probe

    _, url = filmer.film(tmp_path / "clip")
    seen = []
    for fault in ([], [{"fault": "wrong_bytes", "what": "duration"}], [{"fault": "wrong_bytes", "what": "size"}]):
        filmer.emulator.set_faults(fault)
        (tmp_path / "clip").write_bytes(filmer.http.get(url).content)
        found = probe(tmp_path / "clip")
        seen.append((found.width, found.height, found.duration))
    assert seen == [(1280, 720, 2.0), (1280, 720, 1.0), (640, 352, 2.0)]


@pytest.mark.parametrize("fault", ["failed", "stuck", "empty_results", "unknown_status", "expired_link", "forgotten"])
def test_clips_have_the_same_weather(filmer: Customer, fault: str) -> None:
    filmer.emulator.set_faults([{"fault": fault, "kind": "video"}])
    filmer.submit(video=True)
    done = {"runware": "success"}.get(filmer.vendor, "completed")
    seen: Seen
    for _ in range(3000):
        seen = filmer.poll()
        if seen.error or seen.urls or seen.state == done:
            break
        if fault in ("stuck", "unknown_status"):
            break
    assert {
        "failed": seen.error is not None,
        "stuck": seen.state in ("processing", "pending"),
        "empty_results": seen.state == done and not seen.urls,
        "unknown_status": seen.state == "hibernating",
        "expired_link": seen.state == done,
        "forgotten": seen.error is not None,
    }[fault]
    if fault == "expired_link":
        assert filmer.http.get((seen.urls or filmer.ended().urls)[0]).status_code in (403, 404)


@pytest.mark.parametrize("fault", ["lost_answer", "server_error", "garbled"])
def test_an_accepted_clip_is_charged_whatever_was_answered(filmer: Customer, fault: str) -> None:
    strike(filmer, fault, when="after", times=1)
    if fault == "lost_answer":
        with pytest.raises(httpx.RemoteProtocolError):
            filmer.submit(video=True)
    else:
        filmer.submit(video=True)
    assert charged(filmer) == [("running", False)]
    (charge,) = filmer.emulator.ledger
    assert (charge.kind, charge.usd > 0) == ("video", True)


def test_every_fault_is_tried_here() -> None:
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    assert [fault for fault in SORTS if f'"{fault}"' not in text] == []

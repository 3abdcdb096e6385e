from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from wanspec.emulator import Emulator

if TYPE_CHECKING:
    from conftest import Customer, Customers


@pytest.fixture
def customer(customer_of: Customers, emulator: Emulator) -> Customer:
    return customer_of(emulator, "empiriolabs")


def generate(customer: Customer, **native: Any) -> Any:
    native = {"model": "wan2-7-image", "prompt": "mist", "sync": True, **native}
    return customer.call("POST", "/v1/images/generations", json=native)


def test_asked_to_wait_the_answer_is_the_picture(customer: Customer) -> None:
    body = customer.submit(sync=True).body
    assert set(body) == {"created", "data"}
    assert len(customer.http.get(body["data"][0]["url"]).content) > 100


def test_else_it_is_a_job(customer: Customer) -> None:
    first = customer.submit()
    assert (first.status, set(first.body)) == (202, {"job_id", "status", "created_at"})
    ended = customer.ended().body
    assert set(ended) == {"job_id", "status", "progress", "created_at", "completed_at", "result", "error"}
    assert (ended["status"], ended["progress"], ended["error"]) == ("completed", 1.0, None)


def test_a_job_is_gone_an_hour_after_its_end(customer_of: Customers) -> None:
    with Emulator(latency_s=0, plain=True) as emulator:  # whose clock runs as ours does
        customer = customer_of(emulator, "empiriolabs")
        customer.submit()
        customer.ended()
        emulator.advance(3600 - 600)
        assert customer.poll().status == 200
        emulator.advance(601)
        assert (customer.poll().status, customer.poll().error["code"]) == (404, "job_not_found")


def test_a_failure_ends_the_call_that_waits_for_it(customer: Customer) -> None:
    customer.emulator.set_faults(["failed"])
    reply = generate(customer)
    assert (reply.status_code, set(reply.json()["error"])) == (500, {"message", "type", "code", "param"})
    customer.emulator.set_faults([{"fault": "refused", "about": "output"}])
    assert generate(customer).json()["error"]["code"] == "content_policy_violation"
    assert {(one.state, one.refunded) for one in customer.emulator.ledger} == {("failed", True)}


def test_a_failed_job_holds_the_error(customer: Customer) -> None:
    customer.emulator.set_faults(["failed"])
    customer.submit()
    body = customer.ended().body
    assert (body["status"], body["result"], body["error"]["code"]) == ("failed", None, "generation_failed")
    assert body["completed_at"] is not None


def test_the_other_header_for_the_key(customer: Customer) -> None:
    customer.headers = {"x-api-key": customer.emulator.key("empiriolabs")}
    assert customer.submit().status == 202
    customer.headers = {"x-api-key": "sk-empiriolabs-no"}
    assert customer.submit().status == 401


def test_pictures_in_the_answer(customer: Customer) -> None:
    (entry,) = generate(customer, response_format="b64_json", resolution="1K").json()["data"]
    assert base64.b64decode(entry["b64_json"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "pixels"),
    [
        ({}, (2720, 1536)),
        ({"resolution": "1K", "aspect_ratio": "1:1"}, (1024, 1024)),
        ({"use_custom_size": True, "custom_width": 800, "custom_height": 1200}, (800, 1200)),
    ],
)
def test_sizes(customer: Customer, change: dict[str, Any], pixels: tuple[int, int]) -> None:
    url = generate(customer, **change).json()["data"][0]["url"]
    with Image.open(io.BytesIO(customer.http.get(url).content)) as picture:
        assert picture.size == pixels


@pytest.mark.parametrize(
    "change",
    [
        {"resolution": "4K", "model_variant": "wan2.7-image"},
        {"use_custom_size": True, "custom_width": 800},
        {"use_custom_size": True, "custom_width": 768, "custom_height": 2304, "model_variant": "wan2.7-image"},
        {"num_images": 5},
        {"num_images_set": 3},
        {"image": ["data:image/png;base64,AAAA"]},
        {"color_palette": "not json"},
        {"bbox_list": "[[[1,2]]]", "image": ["https://a.example/b.png"]},
        {"prompt": "x" * 5001},
    ],
)
def test_what_is_not_taken(customer: Customer, change: dict[str, Any]) -> None:
    reply = generate(customer, **change)
    assert reply.status_code in (400, 422)
    assert set(reply.json()["error"]) == {"message", "type", "code", "param"}
    assert len(customer.emulator.ledger) == 0


def test_palette_and_boxes_come_as_text(customer: Customer) -> None:
    palette = '[{"hex":"#112233","ratio":"50%"},{"hex":"#445566","ratio":"25%"},{"hex":"#778899","ratio":"25%"}]'
    assert generate(customer, color_palette=palette, resolution="1K").status_code == 200
    for boxes in ("[]", "[[10,10,90,90]]", "[[[10,10,90,90]]]"):
        reply = generate(customer, image=["https://a.example/b.png"], bbox_list=boxes, resolution="1K")
        assert reply.status_code == 200


def test_the_variant_makes_the_price_and_a_set_is_paid_by_the_picture(customer: Customer) -> None:
    generate(customer, resolution="1K")
    generate(customer, resolution="1K", model_variant="wan2.7-image")
    generate(customer, resolution="1K", model_variant="wan2.7-image", enable_sequential=True, num_images_set=3)
    assert [float(one.usd) for one in customer.emulator.ledger] == [0.075, 0.03, 0.09]


def test_links_are_signed(customer: Customer) -> None:
    url = customer.submit(sync=True).urls[0]
    address = urlsplit(url)
    assert "Signature=" in address.query
    assert customer.http.get(url).status_code == 200
    assert customer.http.get(address._replace(query="").geturl()).status_code == 403


def test_what_is_offered(customer: Customer) -> None:
    assert [one["id"] for one in customer.call("GET", "/v1/models").json()["data"]] == ["wan2-7-image"]
    assert "prompt" in customer.call("GET", "/v1/models/wan2-7-image").json()["parameters"]["properties"]
    assert customer.call("GET", "/v1/models/wan3").status_code == 404

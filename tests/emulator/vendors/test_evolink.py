from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from wanspec.media.probe import probe

if TYPE_CHECKING:
    from conftest import Customer, Customers

    from wanspec.emulator import Emulator

FRAMES, PEOPLE, EDIT = "wan2.7-image-to-video", "wan2.7-reference-video", "wan2.7-video-edit"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def customer(customer_of: Customers, emulator: Emulator) -> Customer:
    return customer_of(emulator, "evolink")


def png(width: int = 640, height: int = 480, colour: str = "teal") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(held, "PNG")
    return held.getvalue()


def upload(customer: Customer, way: str = "base64", **more: Any) -> httpx.Response:
    return customer.call("POST", f"/api/v1/files/upload/{way}", **more)


def uploaded(customer: Customer, content: bytes) -> str:
    told = upload(customer, json={"base64_data": base64.b64encode(content).decode(), "file_name": "a.png"}).json()
    assert (told["success"], told["data"]["mime_type"]) == (True, "image/png")
    return str(told["data"]["file_url"])


def facts(path: Path) -> tuple[int | None, int | None, float | None]:
    found = probe(path)
    return found.width, found.height, found.duration


def test_the_dialogue(customer: Customer) -> None:
    first = customer.submit(video=True).body
    assert first == {
        "created": first["created"],
        "id": customer.task_id,
        "model": "wan2.7-text-to-video",
        "object": "video.generation.task",
        "progress": 0,
        "status": "pending",
        "task_info": {**first["task_info"], "can_cancel": False, "video_duration": 2.0},
        "type": "video",
        "usage": {"billing_rule": "per_second", "credits_reserved": 11.832, "user_group": "default"},
    }
    last = customer.ended().body
    assert (last["status"], last["progress"]) == ("completed", 100)
    assert [type(one) for one in last["results"]] == [str]


def test_a_key_makes_a_submit_repeatable(customer: Customer) -> None:
    customer.headers |= {"Idempotency-Key": KEY}
    first = customer.submit(video=True)
    again = customer.call(
        "POST",
        "/v1/videos/generations",
        json={"model": "wan2.7-text-to-video", "duration": 2, "prompt": "a red kite over dunes"},
    )
    assert (again.headers["idempotency-replayed"], again.json()["id"]) == ("true", first.body["id"])
    assert len(customer.emulator.ledger) == 1
    other = customer.submit("another kite", video=True)
    assert (other.status, other.error["code"]) == (409, "idempotency_conflict")
    assert len(customer.emulator.ledger) == 1
    customer.headers |= {"Idempotency-Key": "short"}
    assert customer.submit(video=True).status == 400


def test_a_lost_answer_is_found_again_by_its_key(customer: Customer) -> None:
    customer.headers |= {"Idempotency-Key": KEY}
    customer.emulator.set_faults([{"fault": "lost_answer", "when": "after", "times": 1}])
    with pytest.raises(httpx.RemoteProtocolError):
        customer.submit(video=True)
    assert customer.submit(video=True).status == 200
    assert customer.ended().urls
    assert [charge.duplicate_of for charge in customer.emulator.ledger] == [""]


def test_clips(customer: Customer, tmp_path: Path) -> None:
    tall, square = uploaded(customer, png(720, 1280)), uploaded(customer, png(300, 300, "red"))
    between, clip = customer.film(tmp_path / "between", model=FRAMES, image_start=tall, image_end=square)
    assert facts(between) == (720, 1280, 2.0)
    on, _ = customer.film(tmp_path / "on", model=FRAMES, video_urls=[clip], image_end=square, duration=4)
    assert facts(on) == (720, 1280, 4.0)
    people, _ = customer.film(
        tmp_path / "people", model=PEOPLE, image_urls=[tall], video_urls=[clip], aspect_ratio="9:16", quality="1080p"
    )
    assert facts(people) == (1080, 1920, 2.0)
    begun, _ = customer.film(
        tmp_path / "begun", model=PEOPLE, image_urls=[tall], image_start=square, aspect_ratio="9:16"
    )
    assert facts(begun) == (960, 960, 2.0)
    edited, _ = customer.film(
        tmp_path / "edited", model=EDIT, video_urls=[clip], image_urls=[square], duration=0, keep_original_sound=True
    )
    assert facts(edited) == (720, 1280, 2.0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"duration": 16}, "invalid_parameters"),
        ({"seed": 0}, "invalid_parameters"),
        ({"colour": "red"}, "invalid_parameters"),
        ({"model": "wan3"}, "invalid_parameters"),
        ({"model": FRAMES, "image_start": "data:image/png;base64,AAAA"}, "invalid_parameters"),
        ({"model": PEOPLE}, "invalid_parameters"),
    ],
)
def test_clips_that_are_refused(customer: Customer, given: dict[str, Any], code: str) -> None:
    refused = customer.submit(video=True, **given)
    assert (refused.status, refused.error["code"], refused.error["type"]) == (400, code, "invalid_request_error")


def test_a_clip_that_goes_on_is_counted_whole(customer: Customer, tmp_path: Path) -> None:
    _, clip = customer.film(tmp_path / "clip", duration=4)
    refused = customer.submit(video=True, model=FRAMES, video_urls=[clip], duration=3)
    assert "counts the clip" in refused.error["message"]


def test_files(customer: Customer) -> None:
    content = png()
    streamed = upload(customer, "stream", files={"file": ("a.png", content)}).json()["data"]
    assert customer.http.get(streamed["file_url"]).content == content
    assert (streamed["file_name"], streamed["file_size"]) == ("a.png", len(content))
    for way, more, status in (
        ("base64", {"json": {}}, 400),
        ("base64", {"json": {"base64_data": "%%%"}}, 400),
        ("stream", {"content": b"x"}, 400),
        ("pigeon", {"json": {}}, 404),
    ):
        reply = upload(customer, way, **more)
        assert (reply.status_code, set(reply.json()["error"])) == (status, {"code", "message", "type"})
        assert reply.headers["x-request-id"]


def test_images_are_not_made_here(customer: Customer) -> None:
    assert customer.call("POST", "/v1/images/generations", json={"model": "wan2.7-image"}).status_code == 404

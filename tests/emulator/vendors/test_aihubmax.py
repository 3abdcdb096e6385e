from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from wanspec.media import clips
from wanspec.media.probe import probe

if TYPE_CHECKING:
    from conftest import Customer, Customers

    from wanspec.emulator import Emulator


@pytest.fixture
def customer(customer_of: Customers, emulator: Emulator) -> Customer:
    return customer_of(emulator, "aihubmax")


def png(width: int = 640, height: int = 480) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(held, "PNG")
    return held.getvalue()


def upload(customer: Customer, way: str, **more: Any) -> httpx.Response:
    return customer.call("POST", f"/v1/files/upload/{way}", **more)


def test_the_dialogue(customer: Customer) -> None:
    customer.emulator.set_faults({"latency": 10**5})
    first = customer.submit().body
    assert first == {
        "created": first["created"],
        "id": customer.task_id,
        "model": "wan-2.7-image",
        "object": "image.generation.task",
        "progress": 0,
        "status": "pending",
        "task_info": {"can_cancel": False, "estimated_time": first["task_info"]["estimated_time"]},
        "type": "image",
        "usage": {"credits_reserved": 3.0, "user_group": "default"},
    }
    word, second = customer.task_id.rpartition("-")[0].rsplit("-", 1)
    assert word == "task-unified"
    assert int(second) - first["created"] in (0, 1)  # a second may pass between the name and the note
    customer.emulator.advance(5 * 10**4)
    assert customer.poll().state == "processing"


def test_completed_comes_before_the_results(customer: Customer) -> None:
    customer.submit(num_outputs=2)
    seen = [customer.poll()]
    while not seen[-1].urls:
        seen.append(customer.poll())
    before, last = seen[-2:]
    assert (before.state, before.body["results"], before.body["progress"]) == ("completed", None, 95)
    assert (last.state, last.body["progress"], len(last.body["results"])) == ("completed", 100, 2)
    assert set(last.body["results"][0]) == {"url"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "wan-3"}, 422, "model_not_found"),
        ({"num_outputs": 6}, 422, "invalid_param"),
        ({"image_size": "huge"}, 422, "invalid_param"),
        ({"colour": 1}, 422, "invalid_param"),
        ({"image_urls": ["AAAA"]}, 422, "invalid_image_url"),
    ],
)
def test_faults(customer: Customer, change: dict[str, Any], status: int, code: str) -> None:
    seen = customer.submit(**change)
    assert (seen.status, seen.error["type"], seen.error["code"]) == (status, "validation_error", code)
    assert "request_id: " in seen.error["message"]


@pytest.mark.parametrize(
    ("size", "pixels"),
    [("square_hd", (1024, 1024)), ("landscape_16_9", (1024, 576)), ({"width": 800, "height": 900}, (800, 900))],
)
def test_sizes(customer: Customer, size: Any, pixels: tuple[int, int]) -> None:
    customer.submit(image_size=size)
    with Image.open(io.BytesIO(customer.http.get(customer.ended().urls[0]).content)) as picture:
        assert picture.size == pixels


def test_files_are_uploaded_in_three_ways(customer: Customer) -> None:
    content = png()
    text = base64.b64encode(content).decode()
    told = upload(customer, "base64", json={"file_data": text, "file_name": "face.png"}).json()
    assert set(told) == {"id", "filename", "url", "size", "created"}
    assert (told["filename"], told["size"]) == ("face.png", len(content))
    assert customer.http.get(told["url"]).content == content
    streamed = upload(customer, "stream", files={"file": ("../../a face.png", content)}, data={"auto_cleanup": "true"})
    assert customer.http.get(streamed.json()["url"]).content == content
    assert "/uploads/" in streamed.json()["url"]
    again = upload(customer, "url", json={"url": told["url"]}).json()
    uri = upload(customer, "base64", json={"file_data": f"data:image/png;base64,{text}"}).json()
    assert uri["filename"].endswith(".png")
    customer.submit(image_urls=[told["url"], streamed.json()["url"], again["url"], uri["url"]])
    assert customer.ended().urls


def test_an_upload_dies_after_three_days(customer: Customer) -> None:
    url = upload(customer, "stream", files={"file": ("a.png", png())}).json()["url"]
    customer.emulator.advance(73 * 3600)
    assert customer.submit(image_urls=[url]).error["code"] == "invalid_image_url"


@pytest.mark.parametrize(
    ("way", "more", "status"),
    [
        ("base64", {"json": {}}, 422),
        ("base64", {"json": {"file_data": "%%%"}}, 422),
        ("base64", {"content": b"{"}, 400),
        ("base64", {"json": {"file_data": base64.b64encode(b"<html>").decode()}}, 422),
        ("stream", {"content": b"x"}, 400),
        ("stream", {"files": {"document": ("a", b"x")}}, 422),
        ("url", {"json": {"url": "https://nowhere.invalid/a.png"}}, 422),
        ("carrier-pigeon", {"json": {}}, 404),
    ],
)
def test_what_cannot_be_uploaded(customer: Customer, way: str, more: dict[str, Any], status: int) -> None:
    reply = upload(customer, way, **more)
    assert (reply.status_code, set(reply.json()["error"])) == (status, {"message", "type", "code"})


def test_a_file_that_is_too_large(customer: Customer) -> None:
    content = png() + bytes(20 * 1024**2)
    assert upload(customer, "base64", json={"file_data": base64.b64encode(content).decode()}).status_code == 413
    assert upload(customer, "stream", files={"file": ("a.png", content)}).status_code == 200


def test_an_upload_may_be_lost(customer: Customer) -> None:
    customer.emulator.set_faults([{"fault": "lost_answer", "at": "upload", "when": "after", "times": 1}])
    with pytest.raises(httpx.RemoteProtocolError):
        upload(customer, "stream", files={"file": ("a.png", png())})
    assert upload(customer, "stream", files={"file": ("a.png", png())}).status_code == 200


def test_what_is_offered_and_what_it_costs(customer: Customer) -> None:
    prices = customer.call("GET", "/api/pricing", headers={}).json()
    assert {one["model_name"]: one["model_price"] for one in prices["data"]}["wan-2.7-image"] == 0.03
    assert "wan-2.7-image-pro" in {one["id"] for one in customer.call("GET", "/v1/models").json()["data"]}
    customer.submit(num_outputs=4)
    assert customer.call("GET", "/v1/account/credits").json() == {"credits_used": 12.0}


FRAMES, PEOPLE, EDIT = "wan-2.7-image-to-video", "wan-2.7-reference-to-video", "wan-2.7-video-edit"


def facts(path: Path) -> tuple[int | None, int | None, float | None]:
    found = probe(path)
    return found.width, found.height, found.duration


def test_clips(customer: Customer, tmp_path: Path) -> None:
    """From words, three ways of the one that begins with a picture, with given people, and the one that edits."""
    urls = [
        upload(customer, "stream", files={"file": ("a.png", png(*size))}).json()["url"]
        for size in ((720, 1280), (300, 300))
    ]
    words, _ = customer.film(tmp_path / "words", aspect_ratio="4:3", enable_prompt_expansion=False)
    assert facts(words) == (1104, 832, 2.0)
    between, clip = customer.film(
        tmp_path / "between", model=FRAMES, image_urls=urls, generation_type="first-last-frame"
    )
    assert facts(between) == (720, 1280, 2.0)
    with Image.open(io.BytesIO(png())) as still:
        seen = clips.upright_picture(clips.first_frame(between)).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert seen == pytest.approx(still.convert("RGB").getpixel((0, 0)), abs=6)
    alone, _ = customer.film(tmp_path / "alone", model=FRAMES, image_urls=urls[1:], generation_type="image-to-video")
    assert facts(alone) == (960, 960, 2.0)
    on, _ = customer.film(tmp_path / "on", model=FRAMES, video_url=clip, generation_type="video-continuation")
    assert facts(on) == (720, 1280, 2.0)
    people, _ = customer.film(
        tmp_path / "people", model=PEOPLE, reference_image_urls=urls, reference_video_urls=[clip], multi_shots=True
    )
    assert facts(people) == (1280, 720, 2.0)
    as_it_was, _ = customer.film(tmp_path / "edited", model=EDIT, video_url=clip, duration=0, audio_setting="origin")
    assert facts(as_it_was) == (720, 1280, 2.0)
    square, _ = customer.film(
        tmp_path / "square", model=EDIT, video_url=clip, aspect_ratio="1:1", reference_image_url=urls[1]
    )
    assert facts(square) == (960, 960, 2.0)
    task = customer.poll().body
    assert (task["object"], task["type"]) == ("video.generation.task", "video")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"duration": 16}, "invalid_param"),
        ({"model": PEOPLE, "reference_image_urls": ["https://example.com/a.png"], "duration": 11}, "invalid_param"),
        ({"model": FRAMES, "aspect_ratio": "16:9", "image_urls": ["https://example.com/a.png"]}, "invalid_param"),
        ({"model": FRAMES, "image_urls": ["data:image/png;base64,AAAA"]}, "invalid_image_url"),
        ({"model": EDIT, "negative_prompt": "x", "video_url": "https://example.com/a.mp4"}, "invalid_param"),
        ({"model": "wan-2.7-image"}, "model_not_found"),
    ],
)
def test_clips_that_are_refused(customer: Customer, given: dict[str, Any], code: str) -> None:
    refused = customer.submit(video=True, **given)
    assert (refused.status, refused.error["code"]) == (422, code)


def sound(seconds: float) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * round(8000 * seconds)))
    return held.getvalue()


def test_a_sound_has_to_be_of_the_length_that_its_use_allows(customer: Customer) -> None:
    urls = {
        seconds: upload(customer, "stream", files={"file": ("a.wav", sound(seconds))}).json()["url"]
        for seconds in (1, 2.5, 31)
    }
    still = upload(customer, "stream", files={"file": ("a.png", png())}).json()["url"]
    frames = {"model": FRAMES, "image_urls": [still], "generation_type": "image-to-video"}
    assert "must last 3 to 30 s, not 2.5 s" in customer.submit(video=True, audio_url=urls[2.5]).error["message"]
    assert customer.submit(video=True, audio_url=urls[2.5], **frames).status == 200
    assert "must last 2 to 30 s, not 1 s" in customer.submit(video=True, audio_url=urls[1], **frames).error["message"]
    assert "must last 3 to 30 s, not 31 s" in customer.submit(video=True, audio_url=urls[31]).error["message"]

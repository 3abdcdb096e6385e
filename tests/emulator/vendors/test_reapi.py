from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from wanspec.media import clips
from wanspec.media.probe import probe

if TYPE_CHECKING:
    from conftest import Customer, Customers

    from wanspec.emulator import Emulator


@pytest.fixture
def customer(customer_of: Customers, emulator: Emulator) -> Customer:
    return customer_of(emulator, "reapi")


def size_of(customer: Customer) -> tuple[int, int]:
    with Image.open(io.BytesIO(customer.http.get(customer.ended().urls[0]).content)) as picture:
        return picture.size


def test_the_dialogue(customer: Customer) -> None:
    first = customer.submit().body
    assert first == {
        "id": customer.task_id,
        "model": "wan2.7-image",
        "status": "processing",
        "created_at": first["created_at"],
    }
    assert customer.task_id.startswith("task_")
    assert customer.ended().body == {
        **first,
        "status": "completed",
        "output": {"image_urls": customer.poll().urls},
        "error": None,
    }


def test_a_key_in_the_header_makes_nothing_repeatable(customer: Customer) -> None:
    customer.headers |= {"Idempotency-Key": "same"}
    customer.submit()
    customer.submit()
    assert len(customer.emulator.ledger.duplicates) == 1


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, 10001), ({"Authorization": "Basic eDp5"}, 10002), ({"Authorization": "Bearer x"}, 10003)],
)
def test_keys_are_refused_by_code(customer: Customer, headers: dict[str, str], code: int) -> None:
    customer.headers = headers
    assert customer.submit().error["code"] == code


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"n": 5}, 20003, "n"),
        ({"size": "21:9"}, 20003, "size"),
        ({"quality": 3}, 20004, "quality"),
        ({"model": "wan3"}, 20005, "model"),
        ({"image_urls": ["data:image/png;base64,AAAA"]}, 20006, "Expected a URL"),
        ({"image_urls": ["https://a.example/b.png"], "bbox_list": [[], []]}, 20003, "bbox_list"),
        ({"model": "wan2.7-image-pro", "resolution": "4K", "size": "1:1", "enable_sequential": True}, 20003, ""),
    ],
)
def test_a_fault_has_a_code_of_five_digits(customer: Customer, change: dict[str, Any], code: int, word: str) -> None:
    seen = customer.submit(**change)
    assert (seen.status, seen.error["code"]) == (400, code)
    assert word in seen.error["message"]
    assert seen.error["request_id"].startswith("req_")


@pytest.mark.parametrize(
    ("change", "pixels"),
    [
        ({"size": "1K"}, (1024, 1024)),
        ({"size": "16:9", "resolution": "1k"}, (1360, 768)),
        ({"size": "1536x1024"}, (1536, 1024)),
    ],
)
def test_sizes(customer: Customer, change: dict[str, Any], pixels: tuple[int, int]) -> None:
    customer.submit(**change)
    assert size_of(customer) == pixels


def test_an_edit_takes_the_proportions_of_the_last_picture(customer: Customer) -> None:
    urls = []
    for size in ("1024x1024", "1536x1024"):
        customer.submit(size=size)
        urls.append(customer.ended().urls[0])
    native = {"model": "wan2.7-image", "image_urls": urls, "resolution": "1K"}
    customer.task_id = customer.call("POST", "/api/v1/images/generations", json=native).json()["id"]
    assert size_of(customer) == (1248, 832)


def test_a_group_is_whole_in_order_and_paid_by_the_picture(customer: Customer) -> None:
    customer.submit(enable_sequential=True, n=5, seed=9)
    assert len(customer.ended().urls) == 5
    assert float(customer.emulator.ledger.total_usd) == 0.119  # 0.1188, in whole credits


def test_a_failed_task_holds_the_error(customer: Customer) -> None:
    customer.emulator.set_faults(["failed"])
    customer.submit()
    body = customer.ended().body
    assert (body["status"], body["output"]) == ("failed", None)
    assert set(body["error"]) == {"code", "message", "request_id"}


# -- clips


def facts(path: Path) -> tuple[int | None, int | None, float | None]:
    found = probe(path)
    return found.width, found.height, found.duration


def colour_at(picture: Image.Image) -> tuple[int, ...]:
    return tuple(picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))  # type: ignore[arg-type]


@pytest.fixture
def stills(customer: Customer) -> list[str]:
    """Addresses of two pictures of the same proportions and different colours."""
    urls = []
    for prompt in ("a red door", "a blue door"):
        customer.submit(prompt, size="1024x768")
        urls.append(customer.ended().urls[0])
    return urls


@pytest.mark.parametrize("official", [False, True])
def test_a_clip_begins_and_ends_on_its_frames(
    customer: Customer, stills: list[str], tmp_path: Path, official: bool
) -> None:
    first, last = stills
    given: dict[str, Any] = (
        {
            "model": "wan2.7-video-official",
            "media": [{"type": "last_frame", "url": last}, {"type": "first_frame", "url": first}],
        }
        if official
        else {"image_with_roles": [{"url": last, "role": "last_frame"}, {"url": first, "role": "first_frame"}]}
    )
    clip, url = customer.film(tmp_path / "clip", **given)
    assert facts(clip) == (1104, 832, 2.0)
    ends = [colour_at(clips.upright_picture(pick(clip))) for pick in (clips.first_frame, clips.last_frame)]
    for found, still in zip(ends, stills, strict=True):
        with Image.open(io.BytesIO(customer.http.get(still).content)) as picture:
            assert colour_at(picture) == pytest.approx(found, abs=6)
    # It goes on as another clip, and is edited at its own length and proportions.
    on: dict[str, Any] = {"media": [{"type": "first_clip", "url": url}]} if official else {"video_urls": [url]}
    edit: dict[str, Any] = {"media": [{"type": "video", "url": url}]} if official else {"video_url": url}
    model = "wan2.7-video-official" if official else "wan2.7-video"
    longer, _ = customer.film(tmp_path / "longer", model=model, duration=4, **on)
    assert facts(longer) == (1104, 832, 4.0)
    edited, _ = customer.film(tmp_path / "edited", model=model, duration=0, audio_setting="origin", **edit)
    assert facts(edited) == (1104, 832, 2.0)
    rate = 0.088235 if official else 0.07304
    asked = [round(-(-rate * seconds * 1000 // 1)) / 1000 for seconds in (2, 4, 2)]
    assert [float(one.usd) for one in customer.emulator.ledger][2:] == asked


@pytest.mark.parametrize("official", [False, True])
def test_a_clip_of_given_people(customer: Customer, stills: list[str], tmp_path: Path, official: bool) -> None:
    _, voice = stills
    given: dict[str, Any] = (
        {
            "model": "wan2.7-video-official",
            "media": [{"type": "reference_image", "url": url} for url in stills],
            "ratio": "9:16",
        }
        if official
        else {"reference_image_urls": stills, "size": "9:16"}
    )
    clip, _ = customer.film(tmp_path / "clip", **given)
    assert facts(clip) == (720, 1280, 2.0)
    # A picture is no voice.
    heard: dict[str, Any] = (
        {**given, "media": [{"type": "reference_image", "url": stills[0], "reference_voice": voice}]}
        if official
        else {**given, "reference_voice_urls": [voice]}
    )
    refused = customer.submit(video=True, **heard)
    assert (refused.status, refused.error["code"]) == (400, 20006)


def test_a_clip_has_to_be_of_the_length_that_its_use_allows(customer: Customer, tmp_path: Path) -> None:
    _, url = customer.film(tmp_path / "long", duration=11)
    for given in ({"video_url": url}, {"video_urls": [url]}):
        refused = customer.submit(video=True, **given)
        assert "must last 2 to 10 s, not 11 s" in refused.error["message"]
    official = {"model": "wan2.7-video-official", "media": [{"type": "video", "url": url}]}
    assert "must last 2 to 10 s" in customer.submit(video=True, **official).error["message"]
    assert customer.submit(video=True, reference_video_urls=[url]).status == 200


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"duration": 16}, 20003),
        ({"resolution": "4K"}, 20003),
        ({"colour": "red"}, 20004),
        ({"video_url": "data:video/mp4;base64,AAAA"}, 20006),
        ({"reference_video_urls": ["https://example.com/a.mp4"], "duration": 11}, 20003),
    ],
)
def test_clips_that_are_refused(customer: Customer, given: dict[str, Any], code: int) -> None:
    refused = customer.submit(video=True, **given)
    assert (refused.status, refused.error["code"]) == (400, code)


def test_a_model_of_one_kind_is_not_offered_for_the_other(customer: Customer) -> None:
    for path, model in (("images", "wan2.7-video"), ("videos", "wan2.7-image")):
        reply = customer.call("POST", f"/api/v1/{path}/generations", json={"model": model, "prompt": "x"})
        assert reply.json()["error"]["code"] == 20005

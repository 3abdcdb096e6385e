from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Customer, Customers


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


# -- models that a project brings

VIDEO: dict[str, Any] = {
    "title": "a clip",
    "type": "object",
    "required": ["model"],
    "properties": {name: {} for name in ("prompt", "image_with_roles", "media", "resolution", "size", "ratio")}
    | {name: {} for name in ("duration", "video_url", "reference_image_urls", "seed", "audio_setting")},
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    folder = tmp_path / "schemas" / "reapi"
    folder.mkdir(parents=True)
    for name in ("wan2.7-video", "wan2.7-video-official"):
        model = VIDEO | {"x-wanspec": {"kind": "video", "constants": {"model": name}}}
        model["properties"] = {**VIDEO["properties"], "model": {"const": name}}
        (folder / f"my-{name}.json").write_text(json.dumps(model), "utf-8")
    checked = load_catalogue(tmp_path / "schemas")
    assert checked.value is not None
    assert checked.diagnostics == ()
    return checked.value


@pytest.fixture
def filmer(customer_of: Customers, catalogue: Catalogue) -> Iterator[Customer]:
    with Emulator(clock_scale=2000, plain=True, catalogue=lambda: catalogue) as emulator:
        yield customer_of(emulator, "reapi")


def film(customer: Customer, folder: Path, **native: Any) -> tuple[Any, ...]:
    from wanspec.media.probe import probe

    reply = customer.call("POST", "/api/v1/videos/generations", json={"prompt": "wind", **native})
    assert reply.status_code == 200, reply.text
    customer.task_id = reply.json()["id"]
    seen = customer.ended()
    (folder / "clip").write_bytes(customer.http.get(seen.urls[0]).content)
    found = probe(folder / "clip")
    return found.width, found.height, found.duration, seen.urls[0]


def test_clips_by_role(filmer: Customer, tmp_path: Path) -> None:
    filmer.submit(size="1024x768")
    still = filmer.ended().urls[0]
    *facts, url = film(
        filmer,
        tmp_path,
        model="wan2.7-video",
        image_with_roles=[{"url": still, "role": "first_frame"}],
        resolution="720P",
        duration=2,
    )
    assert facts == [1104, 832, 2.0]
    *facts, _ = film(filmer, tmp_path, model="wan2.7-video", video_url=url, resolution="720P", duration=0)
    assert facts == [1104, 832, 2.0]
    *facts, _ = film(
        filmer,
        tmp_path,
        model="wan2.7-video-official",
        media=[{"type": "reference_image", "url": still}, {"type": "first_frame", "url": still}],
        resolution="720P",
        duration=2,
    )
    assert facts == [1104, 832, 2.0]
    *facts, _ = film(filmer, tmp_path, model="wan2.7-video", size="9:16", resolution="720P", duration=2)
    assert facts == [720, 1280, 2.0]
    assert [float(one.usd) for one in filmer.emulator.ledger] == [0.024, 0.147, 0.147, 0.177, 0.147]


def test_a_model_of_one_kind_is_not_offered_for_the_other(filmer: Customer) -> None:
    for path, model in (("images", "wan2.7-video"), ("videos", "wan2.7-image")):
        reply = filmer.call("POST", f"/api/v1/{path}/generations", json={"model": model, "prompt": "x"})
        assert reply.json()["error"]["code"] == 20005

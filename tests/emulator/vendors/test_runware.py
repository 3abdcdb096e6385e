from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from conftest import Customer, Customers

    from wanspec.emulator import Emulator


@pytest.fixture
def customer(customer_of: Customers, emulator: Emulator) -> Customer:
    return customer_of(emulator, "runware")


def image(**more: Any) -> dict[str, Any]:
    return {
        "taskType": "imageInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "alibaba:wan@2.7-image",
        "positivePrompt": "a paper boat",
        "width": 768,
        "height": 1024,
        "outputFormat": "PNG",
        **more,
    }


def clip(**more: Any) -> dict[str, Any]:
    return {
        "taskType": "videoInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "alibaba:wan@2.7",
        "positivePrompt": "the boat drifts",
        "duration": 2,
        "width": 1280,
        "height": 720,
        **more,
    }


def post(customer: Customer, *tasks: dict[str, Any], **more: Any) -> httpx.Response:
    return customer.call("POST", "/v1", json=list(tasks), **more)


def done(customer: Customer, task: dict[str, Any]) -> list[dict[str, Any]]:
    while True:
        body = post(customer, {"taskType": "getResponse", "taskUUID": task["taskUUID"]}).json()
        items = body.get("data", [])
        if not any(one["status"] == "processing" for one in items):
            return [*items, *body.get("errors", [])]


def test_an_answer_waits_for_pictures_unless_told(customer: Customer) -> None:
    task = image(seed=22278, includeCost=True)
    (item,) = post(customer, task).json()["data"]
    assert item.pop("imageURL").endswith(f"/{item['imageUUID']}.png")
    assert item == {
        "taskType": "imageInference",
        "taskUUID": task["taskUUID"],
        "imageUUID": item["imageUUID"],
        "seed": 22278,
        "cost": 0.03,
    }


def test_an_acknowledgement_says_nothing_more_than_who(customer: Customer) -> None:
    task = image(deliveryMethod="async")
    head = {"taskType": "imageInference", "taskUUID": task["taskUUID"]}
    assert post(customer, task).json() == {"data": [head]}
    assert done(customer, task)[0]["status"] == "success"
    task = clip()
    assert post(customer, task).json() == {
        "data": [{**head, "taskType": "videoInference", "taskUUID": task["taskUUID"]}]
    }


def test_the_result_of_a_task_that_was_waited_for_can_be_asked_for_too(customer: Customer) -> None:
    task = image()
    post(customer, task)
    assert done(customer, task)[0]["status"] == "success"


def test_tasks_of_one_array_succeed_and_fail_apart(customer: Customer) -> None:
    good, bad, odd = image(), image(width=777), {"taskType": "paint", "taskUUID": str(uuid.uuid4())}
    reply = post(customer, good, bad, odd)
    assert reply.status_code == 200
    assert [one["taskUUID"] for one in reply.json()["data"]] == [good["taskUUID"]]
    errors = {one["taskUUID"]: one for one in reply.json()["errors"]}
    assert (errors[bad["taskUUID"]]["code"], errors[bad["taskUUID"]]["parameter"]) == ("invalidWidth", "width")
    assert errors[odd["taskUUID"]]["code"] == "invalidTaskType"
    assert len(customer.emulator.ledger) == 1


def test_a_refused_prompt_voids_its_own_task_alone(customer: Customer) -> None:
    customer.emulator.set_faults([{"fault": "refused", "prompt": "riot"}])
    good, bad = image(), image(positivePrompt="a riot")
    body = post(customer, good, bad).json()
    assert [one["taskUUID"] for one in body["data"]] == [good["taskUUID"]]
    assert [(one["taskUUID"], one["code"]) for one in body["errors"]] == [(bad["taskUUID"], "promptBlocked")]


def test_many_are_asked_for_at_once_and_told_in_another_order(customer: Customer) -> None:
    tasks = [image(deliveryMethod="async", positivePrompt=f"boat {number}") for number in range(4)]
    post(customer, *tasks)
    for task in tasks:
        done(customer, task)
    stranger = str(uuid.uuid4())
    asked = [one["taskUUID"] for one in tasks]
    body = post(customer, *({"taskType": "getResponse", "taskUUID": one} for one in (*asked, stranger))).json()
    assert [one["taskUUID"] for one in body["data"]] == asked[::-1]
    assert [(one["taskUUID"], one["code"]) for one in body["errors"]] == [(stranger, "taskFailedOrNotFound")]


@pytest.mark.parametrize(
    ("change", "code", "parameter"),
    [
        ({"positivePrompt": None}, "missingPositivePrompt", "positivePrompt"),
        ({"positivePrompt": "x" * 3001}, "invalidPositivePrompt", "positivePrompt"),
        ({"height": None}, "missingHeight", "height"),
        ({"colour": "red"}, "unknownParameter", "colour"),
        ({"settings": {"colour": "red"}}, "unknownParameter", "settings.colour"),
        ({"model": "alibaba:wan@9"}, "unknownModel", "model"),
        ({"taskUUID": None}, "missingTaskUUID", "taskUUID"),
        ({"taskUUID": "boat-1"}, "invalidTaskUUID", "taskUUID"),
        ({"taskUUID": str(uuid.uuid1())}, "invalidTaskUUID", "taskUUID"),
        ({"inputs": {"referenceImages": ["not base64!"]}}, "invalidReferenceImages", "inputs.referenceImages[0]"),
        ({"inputs": {"referenceImages": [str(uuid.uuid4())]}}, "mediaNotFound", "inputs.referenceImages[0]"),
        ({"inputs": {"referenceImages": ["data:image/png,x"]}}, "invalidReferenceImages", "inputs.referenceImages[0]"),
    ],
)
def test_a_fault_has_a_code_and_names_its_parameter(
    customer: Customer, change: dict[str, Any], code: str, parameter: str
) -> None:
    task = {name: value for name, value in image(**change).items() if value is not None}
    reply = post(customer, task)
    assert reply.status_code == 400
    (error,) = reply.json()["errors"]
    assert (error["code"], error["parameter"]) == (code, parameter)


def test_an_id_is_taken_once(customer: Customer) -> None:
    task = image()
    post(customer, task)
    (error,) = post(customer, {**task, "positivePrompt": "another"}).json()["errors"]
    assert (error["code"], error["taskUUID"]) == ("conflictTaskUUID", task["taskUUID"])
    (error,) = post(customer, {**task, "taskUUID": task["taskUUID"].upper()}).json()["errors"]
    assert error["code"] == "conflictTaskUUID"
    assert len(customer.emulator.ledger) == 1


def test_an_id_that_was_refused_is_still_free(customer: Customer) -> None:
    task = image()
    assert post(customer, {**task, "width": 5}).status_code == 400
    assert post(customer, task).status_code == 200


def test_the_key_may_stand_in_the_first_element(customer: Customer) -> None:
    login = {"taskType": "authentication", "apiKey": customer.emulator.key("runware")}
    assert post(customer, login, image(), headers={}).status_code == 200
    assert post(customer, {**login, "apiKey": "x"}, image(), headers={}).status_code == 401


def test_a_dry_run_tells_the_price_and_does_nothing(customer: Customer) -> None:
    task = image(numberResults=4)
    reply = post(customer, task, headers={**customer.headers, "X-Runware-Dry-Run": "1"})
    assert [one["cost"] for one in reply.json()["data"]] == [0.12]
    assert len(customer.emulator.ledger) == 0


def test_several_results_come_one_after_the_other_each_with_its_seed(customer: Customer) -> None:
    customer.emulator.set_faults({"latency": 1000})
    task = image(seed=2**31 - 2, numberResults=3, deliveryMethod="async", includeCost=True)
    post(customer, task)
    seen: dict[int, set[str]] = {}
    while 3 not in seen:
        items = post(customer, {"taskType": "getResponse", "taskUUID": task["taskUUID"]}).json()["data"]
        found = [one for one in items if one["status"] == "success"]
        seen[len(found)] = {one["imageUUID"] for one in found}
        assert (len(found) < 3) == any(one["status"] == "processing" for one in items)
    assert seen.get(1, set()) <= seen.get(2, seen[3]) <= seen[3]
    assert {one["seed"] for one in done(customer, task)} == {2**31 - 2, 2**31 - 1, 0}
    assert float(customer.emulator.ledger.total_usd) == 0.09


def test_results_may_come_in_the_answer(customer: Customer) -> None:
    bare = post(customer, image(outputType="base64Data")).json()["data"][0]["imageBase64Data"]
    assert base64.b64decode(bare, validate=True).startswith(b"\x89PNG")
    uri = post(customer, image(outputType="dataURI", outputFormat="WEBP")).json()["data"][0]["imageDataURI"]
    assert uri.startswith("data:image/webp;base64,UklGR")


def test_a_link_lives_as_long_as_was_asked(customer: Customer) -> None:
    url = post(customer, image(ttl=60)).json()["data"][0]["imageURL"]
    customer.emulator.advance(61)
    assert customer.http.get(url).status_code == 404


def test_what_was_run_can_be_looked_up_later(customer: Customer) -> None:
    task = image()
    result = post(customer, task).json()["data"][0]
    details = {"taskType": "getTaskDetails", "taskUUID": task["taskUUID"]}
    (found,) = post(customer, details).json()["data"]
    assert found["request"] == [task]
    assert found["response"]["data"][0]["imageURL"] == result["imageURL"]
    reply = post(customer, {**details, "taskUUID": str(uuid.uuid4())})
    assert reply.json()["errors"][0]["code"] == "taskFailedOrNotFound"


def test_the_archive_remembers_what_polls_do_not_unless_told(customer: Customer) -> None:
    task = image()
    post(customer, task)
    details = {"taskType": "getTaskDetails", "taskUUID": task["taskUUID"]}
    customer.emulator.set_faults(["forgotten"])
    assert done(customer, task)[0]["code"] == "taskFailedOrNotFound"
    assert post(customer, details).json()["data"][0]["response"]["data"]
    customer.emulator.set_faults([{"fault": "forgotten", "archive": True}])
    assert post(customer, details).json()["errors"][0]["code"] == "taskFailedOrNotFound"


def test_a_failed_task_is_an_item_or_an_error(customer: Customer) -> None:
    customer.emulator.set_faults([{"fault": "failed"}])
    task = clip()
    post(customer, task)
    (item,) = done(customer, task)
    assert (item["status"], item["error"]["code"]) == ("error", "inferenceError")
    customer.emulator.set_faults([{"fault": "refused", "about": "output"}])
    task = clip(seed=1)
    post(customer, task)
    (item,) = done(customer, task)
    assert (item["taskUUID"], item["code"]) == (task["taskUUID"], "contentPolicyViolation")


def test_a_checked_result_says_so(customer: Customer) -> None:
    assert post(customer, image(safety={"checkContent": True})).json()["data"][0]["NSFWContent"] is False


def store(customer: Customer, **more: Any) -> dict[str, Any]:
    task = {"taskType": "mediaStorage", "taskUUID": str(uuid.uuid4()), "operation": "upload", **more}
    body: dict[str, Any] = post(customer, task).json()
    return body


def test_media_are_stored_used_and_deleted(customer: Customer) -> None:
    picture = post(customer, image(outputType="base64Data")).json()["data"][0]["imageBase64Data"]
    stored = store(customer, media=f"data:image/png;base64,{picture}")["data"][0]
    assert customer.http.get(stored["mediaURL"]).content == base64.b64decode(picture)
    edited = image(inputs={"referenceImages": [stored["mediaUUID"], stored["mediaURL"], picture]})
    assert post(customer, edited).status_code == 200
    assert store(customer, operation="delete", media=stored["mediaUUID"])["data"][0]["operation"] == "delete"
    assert post(customer, edited | {"taskUUID": str(uuid.uuid4())}).json()["errors"][0]["code"] == "mediaNotFound"
    assert store(customer, operation="delete", media=stored["mediaUUID"])["errors"][0]["code"] == "mediaNotFound"
    assert [visit.what for visit in customer.emulator.visits].count("upload") == 3


def test_the_older_upload_works_too(customer: Customer) -> None:
    picture = post(customer, image(outputType="base64Data")).json()["data"][0]["imageBase64Data"]
    task = {"taskType": "imageUpload", "taskUUID": str(uuid.uuid4()), "image": picture}
    stored = post(customer, task).json()["data"][0]
    assert uuid.UUID(stored["imageUUID"]).version == 4


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "missingMedia"),
        ({"media": "https://nowhere.invalid/a.png"}, "invalidMedia"),
        ({"media": base64.b64encode(b"<html>").decode()}, "invalidRequest"),
        ({"media": "YQ==", "operation": "copy"}, "invalidOperation"),
    ],
)
def test_what_cannot_be_stored_is_refused(customer: Customer, told: dict[str, Any], code: str) -> None:
    assert store(customer, **told)["errors"][0]["code"] == code


def test_an_upload_may_fail_and_the_next_one_not(customer: Customer) -> None:
    picture = post(customer, image(outputType="base64Data")).json()["data"][0]["imageBase64Data"]
    customer.emulator.set_faults([{"fault": "server_error", "at": "upload", "status": 503, "times": 1}])
    assert store(customer, media=picture)["errors"][0]["code"] == "serviceUnavailable"
    assert store(customer, media=picture)["data"]


def test_sound_and_clips_do_not_go_inline(customer: Customer) -> None:
    for name, value in (("audio", "data:audio/wav;base64,UklGRg=="), ("referenceVideos", ["AAAA"])):
        (error,) = post(customer, clip(inputs={name: value})).json()["errors"]
        assert error["code"] == f"invalid{name[0].upper()}{name[1:]}"
        assert "Expected a media UUID, a URL" in error["message"]


def test_a_clip_has_the_length_size_and_format_that_were_asked(customer: Customer, tmp_path: Path) -> None:
    from wanspec.media.probe import probe

    for more, expected in (
        ({"outputFormat": "WEBM", "settings": {"audio": False}}, ("video/webm", 1280, 720, 2.0, False)),
        ({"outputFormat": "MOV", "width": 832, "height": 1088}, ("video/quicktime", 832, 1088, 2.0, True)),
    ):
        task = clip(**more)
        post(customer, task)
        (tmp_path / "clip").write_bytes(customer.http.get(done(customer, task)[0]["videoURL"]).content)
        found = probe(tmp_path / "clip")
        assert (found.media_type, found.width, found.height, found.duration, found.has_audio) == expected


def test_a_clip_from_a_frame_takes_its_proportions_and_is_priced_by_its_class(
    customer: Customer, tmp_path: Path
) -> None:
    from wanspec.media.probe import probe

    still = post(customer, image(width=1024, height=768)).json()["data"][0]["imageURL"]
    task = clip(inputs={"frameImages": [still]}, resolution="720p")
    del task["width"], task["height"]
    post(customer, task)
    (tmp_path / "clip").write_bytes(customer.http.get(done(customer, task)[0]["videoURL"]).content)
    found = probe(tmp_path / "clip")
    assert (found.width, found.height) == (1088, 832)
    assert [float(one.usd) for one in customer.emulator.ledger] == [0.03, 0.2]


def test_seconds_that_go_in_are_paid_too(customer: Customer) -> None:
    first = clip(duration=3)
    post(customer, first)
    url = done(customer, first)[0]["videoURL"]
    second = clip(inputs={"referenceVideos": [url]}, width=1920, height=1080)
    post(customer, second)
    assert [float(one.usd) for one in customer.emulator.ledger] == [0.3, 0.75]


def test_media_that_the_model_does_not_take_are_refused(customer: Customer) -> None:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (200, 200)).save(held, "PNG")
    small = base64.b64encode(held.getvalue()).decode()
    (error,) = post(customer, image(inputs={"referenceImages": [small]})).json()["errors"]
    assert error["message"] == "The image must have 240 to 8000 pixels a side, not 200x200."

"""EmpirioLabs: OpenAI's dialect; the answer waits for the picture when it is asked to, else it is a job.

From https://docs.empiriolabs.ai (API overview, jobs, the page of the model).  The words of a job's status are in no
document; those here are the emulator's own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wanspec.emulator.conversation import Call, Reply, json_reply
from wanspec.emulator.desk import Desk
from wanspec.emulator.inputs import Inputs, Place
from wanspec.emulator.tasks import Asked, Output, Task
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.vendor import DAY_S, Vendor
from wanspec.emulator.vendors import wan
from wanspec.media.sheet import Sheet

_JOBS_LIVE_S = 3600.0  # after they ended

_ERRORS: Mapping[Kind, tuple[int, str, str]] = {  # status, type, code
    "no_key": (401, "authentication_error", "missing_api_key"),
    "wrong_scheme": (401, "authentication_error", "invalid_api_key"),
    "wrong_key": (401, "authentication_error", "invalid_api_key"),
    "no_balance": (402, "billing_error", "insufficient_balance"),
    "no_route": (404, "invalid_request_error", "not_found"),
    "unknown_task": (404, "invalid_request_error", "job_not_found"),
    "unknown_model": (404, "invalid_request_error", "model_not_found"),
    "missing": (422, "invalid_request_error", "missing_parameter"),
    "unknown_field": (422, "invalid_request_error", "unknown_parameter"),
    "invalid": (422, "invalid_request_error", "invalid_parameter"),
    "bad_media": (400, "invalid_request_error", "invalid_image"),
    "gone_media": (400, "invalid_request_error", "invalid_image_url"),
    "prompt_refused": (400, "invalid_request_error", "content_policy_violation"),
    "input_refused": (400, "invalid_request_error", "content_policy_violation"),
    "output_refused": (400, "invalid_request_error", "content_policy_violation"),
    "too_large": (413, "invalid_request_error", "request_too_large"),
    "busy": (429, "rate_limit_error", "rate_limit_exceeded"),
    "failed": (500, "server_error", "generation_failed"),
}
_USD = {"wan2.7-image": Decimal("0.030"), "wan2.7-image-pro": Decimal("0.075")}


async def _answer(desk: Desk, call: Call, path: str) -> Reply:
    desk.admit(call.bearer or call.headers.get("x-api-key"))
    match call.method, path:
        case "POST", "/v1/images/generations":
            return await _submit(desk, call)
        case "GET", "/v1/models":
            names = desk.house.model_names(desk.vendor.name)
            return json_reply({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        case "GET", _ if path.startswith("/v1/jobs/"):
            return await _poll(desk, path.removeprefix("/v1/jobs/"))
        case "GET", _ if path.startswith("/v1/models/"):
            model = desk.house.model(desk.vendor.name, "image", path.removeprefix("/v1/models/"))
            return json_reply({"id": model.constants["model"], "object": "model", "parameters": model.schema})
    raise Trouble("no_route")


async def _submit(desk: Desk, call: Call) -> Reply:
    try:
        native = call.json()
    except (ValueError, RecursionError) as error:
        raise Trouble("not_json") from error
    if not isinstance(native, dict):
        raise Trouble("not_json", "The body must be an object.")
    order = await desk.consider("image", native.get("model"), native)
    later = await desk.weather_before([order])
    task = desk.accept(order, later, lambda unique: f"job_{unique[:24]}")
    desk.weather_after(later)
    waits = native.get("sync") is True if task.order.waits is None else task.order.waits
    if not waits:
        return json_reply({"job_id": task.id, "status": "queued", "created_at": int(task.accepted_at)}, 202)
    view = await desk.wait(task)
    if task.failure is not None:
        raise task.failure
    return json_reply(await _result(desk, task, view.outputs))


async def _poll(desk: Desk, job_id: str) -> Reply:
    desk.what = "poll"
    task = desk.find(job_id)
    if task is not None and task.ended_at is not None and desk.now > task.ended_at + _JOBS_LIVE_S:
        task = None
    views = await desk.poll([task] if task else [])
    if task is None or views[0].state == "unknown":
        raise Trouble("unknown_task")
    view = views[0]
    words = {"running": "processing" if view.progress > 0.1 else "queued", "done": "completed"}
    shown: dict[str, Any] = {
        "job_id": task.id,
        "status": view.word or words.get(view.state, view.state),
        "progress": round(view.progress, 2),
        "created_at": int(task.accepted_at),
        "completed_at": None,
        "result": None,
        "error": None,
    }
    if not view.word and view.state in ("done", "failed"):
        shown["completed_at"] = int(task.ended_at or desk.now)
        if view.state == "done":
            shown["result"] = await _result(desk, task, view.outputs)
        else:
            _, shown["error"] = _worded(task.failure or Trouble("failed"), task.id)
    return json_reply(shown)


async def _result(desk: Desk, task: Task, outputs: tuple[Output, ...]) -> dict[str, Any]:
    entries: list[dict[str, str]] = []
    for output in outputs:
        if output.failure is not None:
            continue
        if task.order.native.get("response_format") == "b64_json":
            entries.append({"b64_json": base64.b64encode(await desk.content(task, output)).decode()})
        else:
            entries.append({"url": output.url})
    return {"created": int(task.ended_at or desk.now), "data": entries}


def _worded(trouble: Trouble, request_id: str) -> tuple[int, dict[str, Any]]:
    status, kind, code = _ERRORS.get(trouble.kind, (400, "invalid_request_error", "invalid_request"))
    if trouble.kind == "broken":
        status, kind, code = trouble.status or 500, "server_error", "internal_error"
    error = {
        "message": f"{trouble.message} (request {request_id[:12]})",
        "type": kind,
        "code": trouble.code or code,
        "param": trouble.field or None,
    }
    return status, error


def _word(trouble: Trouble, request_id: str) -> Reply:
    status, error = _worded(trouble, request_id)
    return json_reply({"error": error}, trouble.status or status)


# -- requests


def _media(kind: str, native: Mapping[str, Any]) -> list[Place]:
    del kind  # there are pictures only
    return wan.places(native, {"image": "image"}, ("url",))


def _asked(kind: str, native: Mapping[str, Any], inputs: Inputs) -> Asked:
    del kind
    wan.within_limits(inputs)
    references = wan.listed(inputs, "image")
    in_set = bool(native.get("enable_sequential"))
    is_pro = native.get("model_variant", "wan2.7-image-pro") == "wan2.7-image-pro"
    large = is_pro and not references and not in_set
    if native.get("resolution") == "4K" and not large:
        raise Trouble("invalid", "4K is for Pro text-to-image only.", field="resolution")
    if native.get("use_custom_size"):
        width, height = native.get("custom_width"), native.get("custom_height")
        if width is None or height is None:
            raise Trouble("missing", "A custom size needs both sides.", field="custom_width")
        if max(width, height) > 2048 and not large:
            raise Trouble("invalid", "More than 2048 pixels are for Pro text-to-image only.", field="custom_width")
        if max(width, height) > 8 * min(width, height):
            raise Trouble("invalid", "The proportions must be between 1:8 and 8:1.", field="custom_width")
    else:
        ratio = native.get("aspect_ratio")
        last = references[-1].ratio if references else None
        follows = wan.ratio_of(ratio) if ratio else last or wan.ratio_of("16:9")
        width, height = wan.by_area(native.get("resolution", "2K"), follows)
    boxes = json.loads(native.get("bbox_list") or "[]")
    if boxes and isinstance(boxes[0], list) and boxes[0] and isinstance(boxes[0][0], int):
        boxes = [boxes]  # a single picture's boxes stand alone
    sheet = Sheet(
        kind="image",
        item=str(native.get("model_variant", "wan2.7-image-pro")),
        model="EmpirioLabs, emulated",
        seed=native.get("seed"),
        prompt=native["prompt"],
        width=int(width),
        height=int(height),
        format="png",
        palette=() if in_set else wan.palette(json.loads(native.get("color_palette") or "[]")),
        references=tuple(one.file for one in references if one.file),
        edit_regions=wan.regions(boxes),
    )
    return Asked(sheet, int(native.get("num_images_set" if in_set else "num_images", 1)), in_set=in_set)


def _price(model: str, native: Mapping[str, Any], asked: Asked) -> Decimal | None:
    del model
    return _USD[native.get("model_variant", "wan2.7-image-pro")] * asked.count


VENDOR = Vendor(
    name="empiriolabs",
    key_prefix="sk-empiriolabs-",
    answer=_answer,
    word=_word,
    media=_media,
    asked=_asked,
    price=_price,
    delivery=frozenset({"response_format", "sync"}),
    link_lives_s=7 * DAY_S,
    signed_links=True,
    gone_link_status=403,
)

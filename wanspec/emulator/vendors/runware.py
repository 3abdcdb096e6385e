"""Runware: one endpoint, arrays of tasks, ids that the client chooses.

From https://runware.ai/docs (how to connect, task polling, task details, media storage, rate limits), the schemas of
the three models, and the classification of error codes in Runware/runware-typescript `src/errors.ts`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from wanspec.emulator.conversation import Call, Reply, json_reply
from wanspec.emulator.desk import Desk
from wanspec.emulator.inputs import Inputs, Place, decoded, form_of
from wanspec.emulator.tasks import Asked, Order, Output, Task, View
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.vendor import DAY_S, Vendor
from wanspec.emulator.vendors import wan
from wanspec.emulator.weather import Rule
from wanspec.media.sheet import Sheet

_KINDS = {"imageInference": "image", "videoInference": "video"}
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)

_STATUS: Mapping[Kind, int] = {
    "no_key": 401,
    "wrong_scheme": 401,
    "wrong_key": 401,
    "no_balance": 402,
    "no_route": 404,
    "too_large": 413,
    "busy": 429,
}
_CODES: Mapping[Kind, str] = {
    "no_key": "missingApiKey",
    "wrong_scheme": "invalidApiKey",
    "wrong_key": "invalidApiKey",
    "no_balance": "insufficientCredits",
    "no_route": "invalidEndpoint",
    "not_json": "invalidRequestBody",
    "unknown_field": "unknownParameter",
    "unknown_model": "unknownModel",
    "gone_media": "mediaNotFound",
    "too_large": "maxFileSizeExceeded",
    "busy": "rateLimitExceeded",
    "prompt_refused": "promptBlocked",
    "input_refused": "imageBlocked",
    "output_refused": "contentPolicyViolation",
    "failed": "inferenceError",
    "unknown_task": "taskFailedOrNotFound",
    "conflict": "conflictTaskUUID",
}
_BROKEN = {500: "internalServerError", 502: "serverUnavailable", 503: "serviceUnavailable", 504: "timeoutProvider"}

_IMAGE_USD = {"alibaba:wan@2.7-image": Decimal("0.03"), "alibaba:wan@2.7-image-pro": Decimal("0.075")}
_SECOND_USD = {"720p": Decimal("0.10"), "1080p": Decimal("0.15")}

# 4:3 and 3:4 differ from Alibaba's own.
_PIXELS = {
    "720p": {**wan.VIDEO_PIXELS["720p"], "4:3": (1088, 832), "3:4": (832, 1088)},
    "1080p": {**wan.VIDEO_PIXELS["1080p"], "4:3": (1632, 1248), "3:4": (1248, 1632)},
}

_IMAGE_FORMS = ("uuid", "url", "data", "base64")
_OTHER_FORMS = ("uuid", "url")


# -- the endpoint


async def _answer(desk: Desk, call: Call, path: str) -> Reply:
    if (call.method, path) != ("POST", "/v1"):
        raise Trouble("no_route")
    try:
        entries = call.json()
    except (ValueError, RecursionError) as error:
        raise Trouble("not_json") from error
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        raise Trouble("not_json", "The body must be an array of at least one task object.")
    key = call.bearer
    if entries[0].get("taskType") == "authentication":
        key = key or entries[0].get("apiKey")
        entries = entries[1:]
    desk.admit(key)
    data: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    status = 400
    dry = call.headers.get("x-runware-dry-run") == "1"
    orders: list[tuple[dict[str, Any], Order, list[Rule]]] = []
    for entry in entries:
        try:
            kind = _KINDS.get(str(entry.get("taskType")))
            if kind is not None:
                order = await _order(desk, entry, kind)
                if dry:
                    data.append({**_head(entry), "cost": float(order.usd)})
                else:
                    orders.append((entry, order, await _weather(desk, order)))
            elif entry.get("taskType") in ("mediaStorage", "imageUpload"):
                data.append(await _store(desk, entry))
            elif entry.get("taskType") == "getTaskDetails":
                data.append(_details(desk, entry))
            elif entry.get("taskType") != "getResponse":
                raise Trouble("invalid", "The task type is not supported.", field="taskType")
        except _OfOneTask as refused:
            errors.append(_error(refused.trouble, entry))
        except Trouble as trouble:
            if trouble.kind in ("busy", "broken", "wrong_key", "no_balance"):
                raise
            errors.append(_error(trouble, entry))
            status = _STATUS.get(trouble.kind, 400)
    await _submit(desk, orders, data, errors)
    asked = [entry for entry in entries if entry.get("taskType") == "getResponse"]
    if asked:
        status = 200
        await _respond(desk, asked, data, errors)
    body: dict[str, Any] = {}
    if data:
        # Clients have to match by id: the order is not that of the request.
        body["data"] = data[::-1]
    if errors:
        body["errors"] = errors
    return json_reply(body, 200 if data or not errors else status)


class _OfOneTask(Exception):
    """Concerns one task of the array; the others go on."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


async def _order(desk: Desk, entry: dict[str, Any], kind: str) -> Order:
    if "taskUUID" not in entry:
        raise Trouble("missing", "A task needs a taskUUID.", field="taskUUID")
    if not isinstance(entry["taskUUID"], str) or not _UUID4.fullmatch(entry["taskUUID"]):
        raise Trouble("invalid", "The taskUUID must be a UUID v4.", field="taskUUID")
    return await desk.consider(kind, entry.get("model"), entry)


async def _weather(desk: Desk, order: Order) -> list[Rule]:
    try:
        return await desk.weather_before([order])
    except Trouble as trouble:
        if trouble.kind in ("prompt_refused", "input_refused"):
            raise _OfOneTask(trouble) from trouble
        raise


async def _submit(
    desk: Desk,
    orders: list[tuple[dict[str, Any], Order, list[Rule]]],
    data: list[dict[str, Any]],
    errors: list[dict[str, Any]],
) -> None:
    """Accepts what passed, and answers at once or, as asked, when it is done."""
    accepted: list[tuple[dict[str, Any], Task, bool]] = []
    later: list[Rule] = []
    for entry, order, rules in orders:
        later += rules
        if desk.find(_id(entry)) is not None:
            errors.append(_error(Trouble("conflict"), entry))
            continue
        task = desk.accept(order, rules, _id(entry), request=entry)
        waits = entry.get("deliveryMethod", "sync" if order.kind == "image" else "async") == "sync"
        accepted.append((entry, task, waits if task.order.waits is None else task.order.waits))
    desk.weather_after(later)
    for entry, task, waits in accepted:
        if not waits:
            data.append(_head(entry))
            continue
        view = await desk.wait(task)
        if task.failure is not None:
            errors.append(_error(task.failure, entry))
        for output in view.outputs:
            if output.failure is not None:
                errors.append(_error(output.failure, entry))
            else:
                data.append(await _item(desk, task, output))


async def _respond(
    desk: Desk, asked: list[dict[str, Any]], data: list[dict[str, Any]], errors: list[dict[str, Any]]
) -> None:
    """`getResponse`, for all tasks of the array at once."""
    known = []
    for entry in asked:
        task = desk.find(_id(entry))
        if task is None:
            errors.append(_error(Trouble("unknown_task"), entry))
        else:
            known.append(task)
    for view in await desk.poll(known):
        await _seen(desk, view, data, errors)


async def _seen(desk: Desk, view: View, data: list[dict[str, Any]], errors: list[dict[str, Any]]) -> None:
    task = view.task
    head = _head(task.request)
    if view.state == "unknown":
        errors.append(_error(Trouble("unknown_task"), task.request))
    elif view.word:
        data.append({**head, "status": view.word})
    elif view.state == "failed":
        failure = task.failure or Trouble("failed")
        if failure.kind == "output_refused":
            errors.append(_error(failure, task.request))
        else:
            data.append({**head, "status": "error", "error": _worded(failure)})
    else:
        for output in view.outputs:
            if output.failure is not None:
                data.append({**head, "status": "error", "error": _worded(output.failure)})
            else:
                data.append({**await _item(desk, task, output), "status": "success"})
        if view.state == "running":
            data.append({**head, "status": "processing", "progress": int(view.progress * 100)})
        elif not view.outputs:
            data.append({**head, "status": "success"})


async def _item(desk: Desk, task: Task, output: Output) -> dict[str, Any]:
    native = task.request
    kind = task.order.kind
    item: dict[str, Any] = {**_head(native), f"{kind}UUID": output.id, "seed": output.seed}
    form = native.get("outputType", "URL")
    if form == "URL":
        item[f"{kind}URL"] = output.url
    else:
        text = base64.b64encode(await desk.content(task, output)).decode()
        item["imageBase64Data" if form == "base64Data" else "imageDataURI"] = (
            text if form == "base64Data" else f"data:{output.media_type};base64,{text}"
        )
    if native.get("includeCost"):
        item["cost"] = float(task.order.usd / task.order.asked.count)
    if native.get("safety", {}).get("checkContent"):
        item["NSFWContent"] = False
    return item


def _details(desk: Desk, entry: dict[str, Any]) -> dict[str, Any]:
    desk.what = "poll"
    task = desk.find(_id(entry))
    if task is None or not desk.is_in_archive(task):
        raise Trouble("unknown_task")
    desk.tasks = (*desk.tasks, task.id)
    answered: dict[str, Any] = {}
    if task.failure is not None:
        answered["errors"] = [_error(task.failure, task.request)]
    elif task.state == "done":
        kind = task.order.kind
        answered["data"] = [
            {
                **_head(task.request),
                f"{kind}UUID": output.id,
                f"{kind}URL": output.url,
                "seed": output.seed,
                "cost": float(task.order.usd / task.order.asked.count),
            }
            for output in task.outputs
            if output.failure is None
        ]
    return {**_head(entry), "request": [task.request], "response": answered}


async def _store(desk: Desk, entry: dict[str, Any]) -> dict[str, Any]:
    """`mediaStorage`, and the older `imageUpload`."""
    later = await desk.weather_upload()
    older = entry["taskType"] == "imageUpload"
    text = entry.get("image" if older else "media")
    if not isinstance(text, str) or not text:
        raise Trouble("missing", "There is no media.", field="image" if older else "media")
    operation = "upload" if older else entry.get("operation")
    if operation == "delete":
        hosted = desk.books.uploads.pop(text.lower(), None)
        if hosted is None:
            raise Trouble("gone_media", f"There is no media {text[:64]}.", field="media")
        desk.house.shelf.take_away(hosted)
        return {**_head(entry), "operation": "delete", "mediaUUID": text}
    if operation != "upload":
        raise Trouble("invalid", "The operation must be upload or delete.", field="operation")
    if form_of(text) == "url":
        own = desk.house.shelf.at(text, desk.now) if desk.house.shelf.is_own(text) else None
        if own is None:
            raise Trouble("bad_media", "The media could not be downloaded.", field="media")
        content = own.path.read_bytes()
    else:
        content = decoded(text, "media")
    media_id, url, _ = await desk.take_upload(content)
    desk.weather_after(later)
    if older:
        return {**_head(entry), "imageUUID": media_id, "imageURL": url}
    return {**_head(entry), "operation": "upload", "mediaUUID": media_id, "mediaURL": url}


def _id(entry: Mapping[str, Any]) -> str:
    found = entry.get("taskUUID")
    return found.lower() if isinstance(found, str) else ""


def _head(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("taskType", "taskUUID") if name in entry}


# -- errors


def _worded(trouble: Trouble) -> dict[str, Any]:
    code = trouble.code or _CODES.get(trouble.kind, "")
    if trouble.kind == "broken":
        code = _BROKEN[trouble.status or 500]
    if not code:
        name = re.sub(r"\[\d+\]", "", trouble.field).rpartition(".")[2] or "Request"
        code = ("missing" if trouble.kind == "missing" else "invalid") + name[:1].upper() + name[1:]
    found: dict[str, Any] = {"code": code, "message": trouble.message}
    if trouble.field:
        found["parameter"] = trouble.field
    return found


def _error(trouble: Trouble, entry: Mapping[str, Any]) -> dict[str, Any]:
    documents = "https://runware.ai/docs/platform/errors"
    return {**_worded(trouble), **_head(entry), "documentation": documents}


def _word(trouble: Trouble, request_id: str) -> Reply:
    del request_id  # this vendor names none
    return json_reply({"errors": [_worded(trouble)]}, trouble.status or _STATUS.get(trouble.kind, 400))


# -- requests


def _media(kind: str, native: Mapping[str, Any]) -> list[Place]:
    inputs = native.get("inputs", {})
    found = []
    for place in wan.places(inputs, {"referenceImages": "image"}, _IMAGE_FORMS):
        found.append(replace(place, path=f"inputs.{place.path}"))
    if kind == "video":
        for place in wan.places(inputs, {"referenceVideos": "video", "audio": "audio"}, _OTHER_FORMS):
            found.append(replace(place, path=f"inputs.{place.path}"))
        for index, frame in enumerate(inputs.get("frameImages", [])):
            path = f"inputs.frameImages[{index}]"
            if isinstance(frame, str):
                found.append(Place(path, frame, "image", _IMAGE_FORMS))
            else:
                found.append(Place(f"{path}.image", frame["image"], "image", _IMAGE_FORMS))
    return found


def _asked(kind: str, native: Mapping[str, Any], inputs: Inputs) -> Asked:
    wan.within_limits(inputs)
    settings = native.get("settings", {})
    references = wan.listed(inputs, "inputs.referenceImages")
    sheet = Sheet(
        kind=kind,
        item=str(native["model"]),
        model="Runware, emulated",
        seed=native.get("seed"),
        prompt=native.get("positivePrompt", ""),
        quality=native.get("outputQuality", 95),
        references=tuple(one.file for one in references if one.file),
    )
    count = native.get("numberResults", 1)
    if kind == "image":
        sheet = replace(
            sheet,
            width=native["width"],
            height=native["height"],
            format=native.get("outputFormat", "JPG").lower(),
            palette=wan.palette(settings.get("colorPalette")),
            edit_regions=wan.regions(settings.get("editRegions")),
        )
        return Asked(sheet, count, in_set=bool(settings.get("sequential")))
    frames = _frames(native, inputs)
    clips = wan.listed(inputs, "inputs.referenceVideos")
    audio = inputs.get("inputs.audio")
    width, height = native.get("width"), native.get("height")
    if width is None or height is None:
        follows = next((held.ratio for held in (*frames.values(), *references, *clips) if held.ratio), None)
        width, height = wan.video_size(native.get("resolution", "1080p"), follows or "16:9", _PIXELS)
    sheet = replace(
        sheet,
        width=width,
        height=height,
        format=native.get("outputFormat", "MP4").lower(),
        duration=float(native.get("duration", 5)),
        references=sheet.references + tuple(one.file for one in clips if one.file),
        first_frame=frames["first"].file if "first" in frames else None,
        last_frame=frames["last"].file if "last" in frames else None,
        audio=audio.file if audio else None,
        native_audio=settings.get("audio", True),
    )
    return Asked(sheet, count, seconds_in=sum(one.duration or 0.0 for one in clips))


def _frames(native: Mapping[str, Any], inputs: Inputs) -> Inputs:
    """First and last frame.  One without a word is the first; of two, the second is the last."""
    found = {}
    for index, frame in enumerate(native.get("inputs", {}).get("frameImages", [])):
        path = f"inputs.frameImages[{index}]"
        told = frame.get("frame") if isinstance(frame, dict) else None
        which = ("first", "last")[index] if told is None else "first" if told in ("first", 0) else "last"
        found[which] = inputs[path] if isinstance(frame, str) else inputs[f"{path}.image"]
    return found


def _price(model: str, native: Mapping[str, Any], asked: Asked) -> Decimal | None:
    del native
    if model in _IMAGE_USD:
        return _IMAGE_USD[model] * asked.count
    if model != "alibaba:wan@2.7":
        return None
    pixels = asked.sheet.width * asked.sheet.height
    # Sizes that were asked for by width and height count as the class that they belong to.
    rate = _SECOND_USD["720p" if pixels <= wan.AREAS["720p"] else "1080p"]
    return rate * (Decimal(str(asked.sheet.duration)) + Decimal(str(round(asked.seconds_in, 3)))) * asked.count


VENDOR = Vendor(
    name="runware",
    key_prefix="rw-",
    answer=_answer,
    word=_word,
    media=_media,
    asked=_asked,
    price=_price,
    delivery=frozenset(
        {"taskType", "taskUUID", "outputType", "deliveryMethod", "webhookURL", "uploadEndpoint", "ttl", "includeCost"}
    ),
    link_lives_s=DAY_S,
    upload_lives_s=30 * DAY_S,
)

"""AIHubMax: unified tasks, uploads, and a `completed` that may come before the results.

From https://docs.aihubmax.com and, for what those leave out, cookaihq/aihub-mcp (`src/apiClient.ts`, the catalogue).
The vendor publishes no prices in its documents; those here, and in `/api/pricing`, are the emulator's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wanspec.emulator.conversation import Call, Reply, form_parts, json_reply
from wanspec.emulator.desk import Desk
from wanspec.emulator.inputs import Held, Inputs, Place, decoded
from wanspec.emulator.tasks import Asked, Task, View
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.vendor import DAY_S, Vendor
from wanspec.emulator.vendors import wan
from wanspec.media.sheet import Sheet

_KINDS = {"/v1/images/generations": "image", "/v1/videos/generations": "video"}
_MAX_UPLOAD = 20 * wan.MEBI  # of a file sent as Base64

# The pixels of the names are in no document of the vendor; these are the usual ones of the names elsewhere.
_PRESETS = {
    "square_hd": (1024, 1024),
    "square": (768, 768),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}

_USD_A_CALL = {
    "wan-2.7-image": Decimal("0.03"),
    "wan-2.7-image-pro": Decimal("0.075"),
    "wan-2.7-text-to-video": Decimal("0.50"),
    "wan-2.7-image-to-video": Decimal("0.50"),
    "wan-2.7-reference-to-video": Decimal("0.60"),
    "wan-2.7-video-edit": Decimal("0.60"),
}
_CREDITS_A_USD = 100

_ERRORS: Mapping[Kind, tuple[int, str, str]] = {  # status, type, code
    "no_key": (401, "authentication_error", "invalid_api_key"),
    "wrong_scheme": (401, "authentication_error", "invalid_api_key"),
    "wrong_key": (401, "authentication_error", "invalid_api_key"),
    "no_balance": (402, "insufficient_quota", "insufficient_quota"),
    "no_route": (404, "not_found", "not_found"),
    "unknown_task": (404, "not_found", "not_found"),
    "not_json": (400, "invalid_request_error", "invalid_request_error"),
    "too_large": (413, "invalid_request_error", "file_too_large"),
    "missing": (422, "validation_error", "invalid_param"),
    "unknown_field": (422, "validation_error", "invalid_param"),
    "invalid": (422, "validation_error", "invalid_param"),
    "unknown_model": (422, "validation_error", "model_not_found"),
    "bad_media": (422, "validation_error", "invalid_image_url"),
    "gone_media": (422, "validation_error", "invalid_image_url"),
    "prompt_refused": (422, "validation_error", "content_policy_violation"),
    "input_refused": (422, "validation_error", "content_policy_violation"),
    "output_refused": (422, "validation_error", "content_policy_violation"),
    "busy": (429, "rate_limit_error", "rate_limit_error"),
    "failed": (500, "server_error", "generation_failed"),
}


async def _answer(desk: Desk, call: Call, path: str) -> Reply:
    if (call.method, path) == ("GET", "/api/pricing"):
        return json_reply(_pricing())
    desk.admit(call.bearer)
    match call.method, path:
        case "POST", _ if path in _KINDS:
            return await _submit(desk, call, _KINDS[path])
        case "GET", _ if path.startswith("/v1/tasks/"):
            return await _poll(desk, path.removeprefix("/v1/tasks/"))
        case "POST", "/v1/files/upload/base64" | "/v1/files/upload/stream" | "/v1/files/upload/url":
            return await _upload(desk, call, path.rpartition("/")[2])
        case "GET", "/v1/models":
            names = desk.house.model_names(desk.vendor.name)
            return json_reply({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        case "GET", "/v1/account/credits":
            return json_reply({"credits_used": float(desk.house.ledger.total_usd * _CREDITS_A_USD)})
    raise Trouble("no_route")


async def _submit(desk: Desk, call: Call, kind: str) -> Reply:
    native = _object(call)
    order = await desk.consider(kind, native.get("model"), native)
    later = await desk.weather_before([order])
    task = desk.accept(order, later, lambda unique: f"task-unified-{int(desk.now)}-{unique[:8]}")
    desk.weather_after(later)
    if task.order.waits:
        return json_reply(_shown(await desk.wait(task)))
    return json_reply(_shown(View(task, "running", 0.0)))


async def _poll(desk: Desk, task_id: str) -> Reply:
    desk.what = "poll"
    task = desk.find(task_id)
    views = await desk.poll([task] if task else [])
    if not views or views[0].state == "unknown":
        raise Trouble("unknown_task")
    shown = _shown(views[0])
    if views[0].state == "done" and views[0].seen_done == 0:
        # The status is ahead of the results: they follow with the next poll.
        shown |= {"progress": 95, "results": None}
    return json_reply(shown)


def _shown(view: View) -> dict[str, Any]:
    task = view.task
    words = {"running": "processing" if view.progress >= 0.2 else "pending", "done": "completed"}
    shown: dict[str, Any] = {
        "created": int(task.accepted_at),
        "id": task.id,
        "model": task.order.model,
        "object": f"{task.order.kind}.generation.task",
        "progress": int(view.progress * 100),
        "status": view.word or words.get(view.state, view.state),
        "task_info": {"can_cancel": False, "estimated_time": int(task.ready_at - task.accepted_at)},
        "type": task.order.kind,
        "usage": {"credits_reserved": _credits(task), "user_group": "default"},
    }
    if view.word or view.state == "running":
        return shown
    if view.state == "done":
        shown["results"] = [{"url": output.url} for output in view.outputs if output.failure is None] or None
    else:
        shown["error"] = _worded(task.failure or Trouble("failed"), task.id)[1]
    return shown


def _credits(task: Task) -> float:
    return float(task.order.usd * _CREDITS_A_USD)


async def _upload(desk: Desk, call: Call, way: str) -> Reply:
    later = await desk.weather_upload()
    if way == "stream":
        try:
            parts = form_parts(call)
        except ValueError as error:
            raise Trouble("not_json", f"The form could not be read: {error}.") from error
        if "file" not in parts:
            raise Trouble("missing", "There is no file.", field="file")
        content, name = parts["file"]
        name = parts["file_name"][0].decode("utf-8", "replace") if "file_name" in parts else name
    else:
        told = _object(call)
        field = "file_data" if way == "base64" else "url"
        text = told.get(field)
        if not isinstance(text, str) or not text:
            raise Trouble("missing", f"There is no {field}.", field=field)
        name = str(told.get("file_name") or "")
        if way == "base64":
            content = decoded(text, field)
        else:
            own = desk.house.shelf.at(text, desk.now) if desk.house.shelf.is_own(text) else None
            if own is None:
                raise Trouble("bad_media", "The file could not be downloaded.", field="url")
            content = own.path.read_bytes()
    if len(content) > (_MAX_UPLOAD if way == "base64" else 100 * wan.MEBI):
        raise Trouble("too_large")
    file_id, url, hosted = await desk.take_upload(content, name=name)
    desk.weather_after(later)
    shown = {"id": f"file-{file_id}", "filename": name or hosted.name.rpartition("/")[2], "url": url}
    return json_reply({**shown, "size": len(content), "created": int(hosted.made_at)})


def _object(call: Call) -> dict[str, Any]:
    try:
        told = call.json()
    except (ValueError, RecursionError) as error:
        raise Trouble("not_json") from error
    if not isinstance(told, dict):
        raise Trouble("not_json", "The body must be an object.")
    return told


def _pricing() -> dict[str, Any]:
    data = [
        {"model_name": name, "quota_type": 1, "model_price": float(usd), "enable_groups": ["default"]}
        for name, usd in _USD_A_CALL.items()
    ]
    return {"data": data, "group_ratio": {"default": 1}, "success": True}


def _worded(trouble: Trouble, request_id: str) -> tuple[int, dict[str, Any]]:
    status, kind, code = _ERRORS.get(trouble.kind, (422, "validation_error", "invalid_param"))
    if trouble.kind == "broken":
        status = trouble.status or 500
        kind = "service_unavailable" if status == 503 else "server_error"
        code = "all_platforms_exhausted" if status == 503 else "server_error"
    where = f" ({trouble.field})" if trouble.field else ""
    message = f"{trouble.message}{where} (request_id: {request_id[:20]})"
    return status, {"message": message, "type": kind, "code": trouble.code or code}


def _word(trouble: Trouble, request_id: str) -> Reply:
    status, error = _worded(trouble, request_id)
    return json_reply({"error": error}, trouble.status or status)


# -- requests

_IMAGES = {"image_urls": "image"}
_VIDEOS = {
    "image_urls": "image",
    "video_url": "video",
    "audio_url": "audio",
    "reference_image_urls": "image",
    "reference_video_urls": "video",
    "reference_image_url": "image",
}


def _media(kind: str, native: Mapping[str, Any]) -> list[Place]:
    return wan.places(native, _IMAGES if kind == "image" else _VIDEOS, ("url",))


_FOR = {"reference_video_urls": "reference_video", "audio_url": "audio"}


def _asked(kind: str, native: Mapping[str, Any], inputs: Inputs) -> Asked:
    def lasts(path: str) -> tuple[float, float] | None:
        name = path.partition("[")[0]
        if name == "audio_url" and native["model"] == "wan-2.7-text-to-video":
            return 3.0, 30.0
        if name == "video_url":
            return wan.SECONDS["source" if native["model"] == "wan-2.7-video-edit" else "first_clip"]
        return wan.SECONDS.get(_FOR.get(name, ""))

    wan.within_limits(inputs, lasts)
    return _image(native, inputs) if kind == "image" else _video(native, inputs)


def _image(native: Mapping[str, Any], inputs: Inputs) -> Asked:
    references = wan.listed(inputs, "image_urls")
    size = native.get("image_size", "square_hd")
    width, height = (size["width"], size["height"]) if isinstance(size, dict) else _PRESETS[size]
    sheet = Sheet(
        kind="image",
        item=str(native["model"]),
        model="AIHubMax, emulated",
        seed=native.get("seed"),
        prompt=native["prompt"],
        width=width,
        height=height,
        format="png",
        references=tuple(one.file for one in references if one.file),
    )
    return Asked(sheet, native.get("num_outputs", 1))


def _video(native: Mapping[str, Any], inputs: Inputs) -> Asked:
    frames = wan.listed(inputs, "image_urls")
    way = native.get("generation_type", "first-last-frame" if len(frames) == 2 else "image-to-video")
    clip = inputs.get("video_url")
    continued = way == "video-continuation" or (clip is not None and native["model"] == "wan-2.7-image-to-video")
    first = frames[0] if frames else None
    last = frames[1] if way == "first-last-frame" and len(frames) > 1 else None
    width, height = _clip_size(native, first or clip)
    seconds = native.get("duration", 0 if native["model"] == "wan-2.7-video-edit" else 5)
    references = (
        wan.listed(inputs, "reference_image_urls")
        + wan.listed(inputs, "reference_video_urls")
        + [held for path, held in inputs.items() if path == "reference_image_url"]
    )
    audio = inputs.get("audio_url")
    sheet = Sheet(
        kind="video",
        item=str(native["model"]),
        model="AIHubMax, emulated",
        seed=native.get("seed"),
        prompt=native.get("prompt", ""),
        width=width,
        height=height,
        format="mp4",
        duration=float(seconds or (clip.duration if clip else None) or 5),
        references=tuple(one.file for one in references if one.file),
        first_frame=first.file if first else None,
        last_frame=last.file if last else None,
        first_clip=clip.file if clip and continued else None,
        source_video=clip.file if clip and not continued else None,
        audio=audio.file if audio else None,
        keep_audio=native.get("audio_setting") == "origin",
    )
    return Asked(sheet)


def _clip_size(native: Mapping[str, Any], source: Held | None) -> tuple[int, int]:
    """As the picture or clip that goes in, unless proportions were asked for."""
    ratio = native.get("aspect_ratio")
    follows = source.ratio if source is not None and ratio is None else None
    return wan.video_size(native.get("resolution", "1080p"), follows or str(ratio or "16:9"))


def _price(model: str, native: Mapping[str, Any], asked: Asked) -> Decimal | None:
    del native
    usd = _USD_A_CALL.get(model)
    return None if usd is None else usd * asked.count


VENDOR = Vendor(
    name="aihubmax",
    key_prefix="sk-",
    answer=_answer,
    word=_word,
    media=_media,
    asked=_asked,
    price=_price,
    link_lives_s=DAY_S,
    upload_lives_s=3 * DAY_S,
    retry_after_s=1.0,
)

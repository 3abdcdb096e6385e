"""EvoLink: clips by unified tasks, a key that makes a submit repeatable, and a house of its own for files.

From https://docs.evolink.ai and, for what those leave out, the vendor's own client (evolink-cli: `http-policy.js`,
`error-handler.js`).  It publishes no prices for these models; those here are the emulator's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wanspec.domain.json import digest
from wanspec.emulator.conversation import Call, Reply, form_parts, json_reply
from wanspec.emulator.desk import Desk
from wanspec.emulator.inputs import Inputs, Place, decoded
from wanspec.emulator.tasks import Asked, Task, View
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.vendor import DAY_S, Vendor
from wanspec.emulator.vendors import wan
from wanspec.media.sheet import Sheet

_FILES = "/api/v1/files/upload/"
_MAX_UPLOAD = 100 * wan.MEBI
_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")

_SECOND_USD = {"720p": Decimal("0.087"), "1080p": Decimal("0.13")}
_CREDITS_A_USD = 68

_ERRORS: Mapping[Kind, tuple[int, str, str]] = {  # status, type, code
    "no_key": (401, "authentication_error", "invalid_api_key"),
    "wrong_scheme": (401, "authentication_error", "invalid_api_key"),
    "wrong_key": (401, "authentication_error", "invalid_api_key"),
    "no_balance": (402, "insufficient_quota_error", "insufficient_quota"),
    "no_route": (404, "not_found_error", "not_found"),
    "unknown_task": (404, "not_found_error", "task_not_found"),
    "too_large": (413, "request_too_large_error", "request_too_large"),
    "conflict": (409, "invalid_request_error", "idempotency_conflict"),
    "busy": (429, "rate_limit_error", "rate_limit_exceeded"),
    "prompt_refused": (400, "invalid_request_error", "content_policy_violation"),
    "input_refused": (400, "invalid_request_error", "content_policy_violation"),
    "output_refused": (400, "invalid_request_error", "content_policy_violation"),
    "failed": (500, "server_error", "generation_failed_no_content"),
}
_BROKEN = {502: ("upstream_error", "upstream_error"), 503: ("service_unavailable_error", "service_unavailable")}


async def _answer(desk: Desk, call: Call, path: str) -> Reply:
    desk.admit(call.bearer)
    match call.method, path:
        case "POST", "/v1/videos/generations":
            return await _submit(desk, call)
        case "GET", _ if path.startswith("/v1/tasks/"):
            return await _poll(desk, path.removeprefix("/v1/tasks/"))
        case "POST", _ if path.startswith(_FILES):
            return await _upload(desk, call, path.removeprefix(_FILES))
        case "GET", "/v1/models":
            names = desk.house.model_names(desk.vendor.name)
            return json_reply({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
    raise Trouble("no_route")


async def _submit(desk: Desk, call: Call) -> Reply:
    native = _object(call)
    key = call.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        raise Trouble("invalid", "The key must have 16 to 96 characters of A-Z a-z 0-9 . _ -.", field="Idempotency-Key")
    order = await desk.consider("video", native.get("model"), native)
    later = await desk.weather_before([order])
    said = digest(native)
    before, task_id = desk.books.repeated.get(key, ("", "")) if key else ("", "")
    known = desk.find(task_id)
    if known is not None and before != said:
        raise Trouble("conflict", "The key was used for another request.")
    task = known or desk.accept(order, later, lambda unique: f"task-unified-{int(desk.now)}-{unique[:8]}")
    if key:
        desk.books.repeated[key] = (said, task.id)
    desk.weather_after(later)
    reply = json_reply(_shown(await desk.wait(task) if task.order.waits else View(task, "running", 0.0)))
    return reply.with_header("Idempotency-Replayed", "true") if known is not None else reply


async def _poll(desk: Desk, task_id: str) -> Reply:
    desk.what = "poll"
    task = desk.find(task_id)
    views = await desk.poll([task] if task else [])
    if not views or views[0].state == "unknown":
        raise Trouble("unknown_task")
    return json_reply(_shown(views[0]))


def _shown(view: View) -> dict[str, Any]:
    task = view.task
    words = {"running": "processing" if view.progress >= 0.2 else "pending", "done": "completed"}
    shown: dict[str, Any] = {
        "created": int(task.accepted_at),
        "id": task.id,
        "model": task.order.model,
        "object": "video.generation.task",
        "progress": int(view.progress * 100),
        "status": view.word or words.get(view.state, view.state),
        "task_info": {
            "can_cancel": False,
            "estimated_time": int(task.ready_at - task.accepted_at),
            "video_duration": task.order.asked.sheet.duration,
        },
        "type": "video",
        "usage": {"billing_rule": "per_second", "credits_reserved": _credits(task), "user_group": "default"},
    }
    if view.word or view.state == "running":
        return shown
    if view.state == "done":
        shown["results"] = [output.url for output in view.outputs if output.failure is None]
    else:
        _, code, message, _ = _worded(task.failure or Trouble("failed"))
        shown["error"] = {"code": code, "message": message}
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
    elif way == "base64":
        told = _object(call)
        text = told.get("base64_data")
        if not isinstance(text, str) or not text:
            raise Trouble("missing", "There is no base64_data.", field="base64_data")
        content, name = decoded(text, "base64_data"), str(told.get("file_name") or "")
    else:
        raise Trouble("no_route")
    if len(content) > _MAX_UPLOAD:
        raise Trouble("too_large")
    file_id, url, hosted = await desk.take_upload(content, name=name)
    if way == "base64" and not hosted.media_type.startswith("image/"):
        raise Trouble("bad_media", "Only pictures are taken in this way.", field="base64_data")
    desk.weather_after(later)
    data = {
        "file_id": f"file-{file_id}",
        "file_name": name or hosted.name.rpartition("/")[2],
        "file_size": len(content),
        "mime_type": hosted.media_type,
        "file_url": url,
        "download_url": url,
    }
    return json_reply({"success": True, "code": 200, "msg": "ok", "data": data})


def _object(call: Call) -> dict[str, Any]:
    try:
        told = call.json()
    except (ValueError, RecursionError) as error:
        raise Trouble("not_json") from error
    if not isinstance(told, dict):
        raise Trouble("not_json", "The body must be an object.")
    return told


def _worded(trouble: Trouble) -> tuple[int, str, str, str]:
    """Status, code, message, type."""
    status, kind, code = _ERRORS.get(trouble.kind, (400, "invalid_request_error", "invalid_parameters"))
    if trouble.kind == "broken":
        status = trouble.status or 500
        kind, code = _BROKEN.get(status, ("server_error", "internal_error"))
    where = f" ({trouble.field})" if trouble.field else ""
    return trouble.status or status, trouble.code or code, f"{trouble.message}{where}", kind


def _word(trouble: Trouble, request_id: str) -> Reply:
    status, code, message, kind = _worded(trouble)
    error = {"code": code, "message": message, "type": kind}
    return json_reply({"error": error}, status).with_header("x-request-id", request_id[:20])


# -- requests


def _media(kind: str, native: Mapping[str, Any]) -> list[Place]:
    del kind
    fields = {
        "image_start": "image",
        "image_end": "image",
        "image_urls": "image",
        "video_urls": "video",
        "audio_urls": "audio",
    }
    found = wan.places(native, fields, ("url",))
    voices = (native.get("model_params") or {}).get("voice_bindings") or {}
    return found + [
        Place(f"model_params.voice_bindings.{whose}", url, "audio", ("url",)) for whose, url in voices.items()
    ]


def _asked(kind: str, native: Mapping[str, Any], inputs: Inputs) -> Asked:
    del kind
    people = native["model"] == "wan2.7-reference-video"

    def lasts(path: str) -> tuple[float, float] | None:
        if path.startswith("video_urls"):
            return wan.SECONDS["reference_video" if people else "source"]
        return wan.SECONDS["voice" if people else "audio"] if "audio" in path or "voice" in path else None

    wan.within_limits(inputs, lasts)
    edited = native["model"] == "wan2.7-video-edit"
    clips, pictures = wan.listed(inputs, "video_urls"), wan.listed(inputs, "image_urls")
    if people and not 1 <= len(clips) + len(pictures) <= 5:
        raise Trouble("invalid", "Give one to five references.", field="image_urls")
    first, last = inputs.get("image_start"), inputs.get("image_end")
    clip = clips[0] if clips and not people else None
    source = first or clip
    ratio = None if first is not None else native.get("aspect_ratio")
    follows = source.ratio if source is not None and ratio is None else None
    width, height = wan.video_size(native.get("quality", "720p"), follows or str(ratio or "16:9"))
    seconds = native.get("duration", 0 if edited else 5)
    if clip is not None and not edited and clip.duration is not None and seconds < clip.duration - 0.2:
        raise Trouble("invalid", "The length counts the clip that goes on.", field="duration")
    sounds = wan.listed(inputs, "audio_urls")
    sheet = Sheet(
        kind="video",
        item=str(native["model"]),
        model="EvoLink, emulated",
        seed=native.get("seed"),
        prompt=native.get("prompt", ""),
        width=width,
        height=height,
        format="mp4",
        duration=float(seconds or (clip.duration if clip else None) or 5),
        references=tuple(one.file for one in (*pictures, *(clips if people else ())) if one.file),
        first_frame=first.file if first else None,
        last_frame=last.file if last else None,
        first_clip=clip.file if clip and not edited else None,
        source_video=clip.file if clip and edited else None,
        audio=sounds[0].file if sounds and not people else None,
        keep_audio=bool(native.get("keep_original_sound", False)),
    )
    return Asked(sheet)


def _price(model: str, native: Mapping[str, Any], asked: Asked) -> Decimal | None:
    del model
    return _SECOND_USD[native.get("quality", "720p")] * Decimal(str(asked.sheet.duration))


VENDOR = Vendor(
    name="evolink",
    key_prefix="sk-evo-",
    answer=_answer,
    word=_word,
    media=_media,
    asked=_asked,
    price=_price,
    delivery=frozenset({"callback_url"}),
    link_lives_s=DAY_S,
    upload_lives_s=3 * DAY_S,
    retry_after_s=1.0,
)

"""reAPI: submit, then ask for the task; nothing is idempotent.

From https://reapi.ai/docs/api (overview, tasks, errors) and the pages of the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from wanspec.emulator.conversation import Call, Reply, json_reply
from wanspec.emulator.desk import Desk
from wanspec.emulator.inputs import Held, Inputs, Place
from wanspec.emulator.tasks import Asked, Task, View
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.vendor import DAY_S, Vendor
from wanspec.emulator.vendors import wan
from wanspec.media.sheet import Sheet

_BASE = "/api/v1"
_KINDS = {f"{_BASE}/images/generations": "image", f"{_BASE}/videos/generations": "video"}

# Only the codes of the first two categories are published; of the others no more than the HTTP status is certain.
_CODES: Mapping[Kind, tuple[int, int]] = {
    "no_key": (401, 10001),
    "wrong_scheme": (401, 10002),
    "wrong_key": (401, 10003),
    "not_json": (400, 20001),
    "missing": (400, 20002),
    "invalid": (400, 20003),
    "unknown_field": (400, 20004),
    "unknown_model": (400, 20005),
    "bad_media": (400, 20006),
    "gone_media": (400, 20007),
    "prompt_refused": (400, 20020),
    "input_refused": (400, 20021),
    "no_balance": (402, 30001),
    "no_route": (404, 40400),
    "unknown_task": (404, 40401),
    "busy": (429, 42901),
    "output_refused": (400, 20022),
    "failed": (502, 50201),
}

_USD = {"wan2.7-image": Decimal("0.02376"), "wan2.7-image-pro": Decimal("0.05984")}
_SECOND_USD = {
    "wan2.7-video": {"720p": Decimal("0.07304"), "1080p": Decimal("0.12056")},
    "wan2.7-video-official": {"720p": Decimal("0.088235"), "1080p": Decimal("0.147059")},
}
_CREDIT_USD = Decimal("0.001")


async def _answer(desk: Desk, call: Call, path: str) -> Reply:
    if "authorization" in call.headers and call.bearer is None:
        raise Trouble("wrong_scheme")
    desk.admit(call.bearer)
    if call.method == "POST" and path in _KINDS:
        return await _submit(desk, call, _KINDS[path])
    if call.method == "GET" and path.startswith(f"{_BASE}/tasks/"):
        return await _poll(desk, path.removeprefix(f"{_BASE}/tasks/"))
    if (call.method, path) == ("GET", f"{_BASE}/balance"):
        return json_reply({"balance": 100000, "currency": "credits"})
    raise Trouble("no_route")


async def _submit(desk: Desk, call: Call, kind: str) -> Reply:
    try:
        native = call.json()
    except (ValueError, RecursionError) as error:
        raise Trouble("not_json") from error
    if not isinstance(native, dict):
        raise Trouble("not_json", "The body must be an object.")
    order = await desk.consider(kind, native.get("model"), native)
    later = await desk.weather_before([order])
    task = desk.accept(order, later, lambda unique: f"task_{unique}")
    desk.weather_after(later)
    if task.order.waits:
        return json_reply(_shown(await desk.wait(task)))
    return json_reply(_head(task, "processing"))


async def _poll(desk: Desk, task_id: str) -> Reply:
    desk.what = "poll"
    task = desk.find(task_id)
    views = await desk.poll([task] if task else [])
    if not views or views[0].state == "unknown":
        raise Trouble("unknown_task")
    return json_reply(_shown(views[0]))


def _head(task: Task, status: str) -> dict[str, Any]:
    return {"id": task.id, "model": task.order.model, "status": status, "created_at": int(task.accepted_at)}


def _shown(view: View) -> dict[str, Any]:
    task = view.task
    status = view.word or {"running": "processing", "done": "completed"}.get(view.state, view.state)
    shown = {**_head(task, status), "output": None, "error": None}
    if view.word:
        return shown
    if view.state == "done":
        urls = [output.url for output in view.outputs if output.failure is None]
        shown["output"] = {"image_urls" if task.order.kind == "image" else "video_urls": urls}
    if view.state == "failed":
        shown["error"] = _error(task.failure or Trouble("failed"), f"req_{task.id[-16:]}")
    return shown


def _error(trouble: Trouble, request_id: str) -> dict[str, Any]:
    _, code = _CODES.get(trouble.kind, (0, 50001))
    words = f"{trouble.message} ({trouble.field})" if trouble.field else trouble.message
    return {
        "code": int(trouble.code) if trouble.code.isdigit() else code,
        "message": words,
        "request_id": request_id,
    }


def _word(trouble: Trouble, request_id: str) -> Reply:
    status = trouble.status or _CODES.get(trouble.kind, (500, 0))[0]
    if trouble.kind == "broken":
        error: dict[str, Any] = {"code": 50000 + status % 100, "message": trouble.message}
        return json_reply({"error": {**error, "request_id": f"req_{request_id}"}}, status)
    return json_reply({"error": _error(trouble, f"req_{request_id}")}, status)


# -- requests

_IMAGES = {"image_urls": "image"}
_VIDEOS = {
    "image_urls": "image",
    "video_urls": "video",
    "audio_url": "audio",
    "reference_image_urls": "image",
    "reference_video_urls": "video",
    "reference_voice_urls": "audio",
    "video_url": "video",
}
_ROLES = {
    "first_frame": "image",
    "last_frame": "image",
    "driving_audio": "audio",
    "first_clip": "video",
    "reference_image": "image",
    "reference_video": "video",
    "video": "video",
}


def _media(kind: str, native: Mapping[str, Any]) -> list[Place]:
    if kind == "image":
        return wan.places(native, _IMAGES, ("url",))
    found = wan.places(native, _VIDEOS, ("url",))
    for index, entry in enumerate(native.get("image_with_roles") or []):
        found.append(Place(f"image_with_roles[{index}].url", entry["url"], "image", ("url",)))
    for index, entry in enumerate(native.get("media") or []):
        found.append(Place(f"media[{index}].url", entry["url"], _ROLES[entry["type"]], ("url",)))
        if "reference_voice" in entry:
            found.append(Place(f"media[{index}].reference_voice", entry["reference_voice"], "audio", ("url",)))
    return found


_FOR = {
    "video_urls": "first_clip",
    "first_clip": "first_clip",
    "video_url": "source",
    "video": "source",
    "reference_video_urls": "reference_video",
    "reference_video": "reference_video",
    "audio_url": "audio",
    "driving_audio": "audio",
    "reference_voice_urls": "voice",
}


def _asked(kind: str, native: Mapping[str, Any], inputs: Inputs) -> Asked:
    roles = {f"media[{index}].url": entry["type"] for index, entry in enumerate(native.get("media") or [])}

    def lasts(path: str) -> tuple[float, float] | None:
        name = "reference_voice_urls" if path.endswith(".reference_voice") else path.partition("[")[0]
        return wan.SECONDS.get(_FOR.get(roles.get(path, name), ""))

    wan.within_limits(inputs, lasts)
    return _image(native, inputs) if kind == "image" else _video(native, inputs)


def _image(native: Mapping[str, Any], inputs: Inputs) -> Asked:
    references = wan.listed(inputs, "image_urls")
    in_set = bool(native.get("enable_sequential"))
    size, resolution = str(native.get("size", "")), str(native.get("resolution", "2K")).upper()
    if size.upper() in ("1K", "2K", "4K"):
        size, resolution = "", size.upper()
    if resolution == "4K" and (references or in_set or native["model"] != "wan2.7-image-pro"):
        raise Trouble("invalid", "4K is for text-to-image on the Pro tier only.", field="resolution")
    if len(native.get("bbox_list") or references) != len(references):
        raise Trouble("invalid", "There must be one entry for each input image.", field="bbox_list")
    width, height = _size(size, resolution, references)
    sheet = Sheet(
        kind="image",
        item=str(native["model"]),
        model="reAPI, emulated",
        seed=native.get("seed"),
        prompt=native.get("prompt", ""),
        width=width,
        height=height,
        format="png",
        palette=() if in_set else wan.palette(native.get("color_palette")),
        references=tuple(one.file for one in references if one.file),
        edit_regions=wan.regions(native.get("bbox_list")),
    )
    return Asked(sheet, native.get("n", 1), in_set=in_set)


def _size(size: str, gear: str, references: list[Held]) -> tuple[int, int]:
    """Pixels as asked; a ratio at its class; else as the last picture that goes in, else square."""
    if "x" in size:
        width, _, height = size.partition("x")
        return int(width), int(height)
    if size:
        return wan.by_area(gear, wan.ratio_of(size))
    last = references[-1].ratio if references else None
    return wan.by_area(gear, last or wan.ratio_of("1:1"))


def _video(native: Mapping[str, Any], inputs: Inputs) -> Asked:
    roles = _by_role(native, inputs)
    source, first, clip = roles.get("video"), roles.get("first_frame"), roles.get("first_clip")
    gear = str(native.get("resolution", "1080P")).lower()
    follows = next((held.ratio for held in (first, clip) if held is not None and held.ratio), None)
    ratio = native.get("size") or native.get("ratio")
    if source is not None and source.ratio and ratio is None:
        follows = source.ratio
    width, height = wan.video_size(gear, follows or str(ratio or "16:9"))
    seconds = native.get("duration", 5) or (source.duration if source else None) or 5
    references = [held for path, held in inputs.items() if "reference" in path or _is_reference(native, path)]
    sheet = Sheet(
        kind="video",
        item=str(native["model"]),
        model="reAPI, emulated",
        seed=native.get("seed"),
        prompt=native.get("prompt", ""),
        width=width,
        height=height,
        format="mp4",
        duration=float(seconds),
        references=tuple(held.file for held in references if held.file and held.place.kind != "audio"),
        first_frame=first.file if first else None,
        last_frame=roles["last_frame"].file if "last_frame" in roles else None,
        first_clip=clip.file if clip else None,
        source_video=source.file if source else None,
        audio=roles["driving_audio"].file if "driving_audio" in roles else None,
        keep_audio=native.get("audio_setting") == "origin",
    )
    return Asked(sheet, seconds_in=sum(held.duration or 0 for held in inputs.values() if held.place.kind == "video"))


def _by_role(native: Mapping[str, Any], inputs: Inputs) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for path, role in (("video_url", "video"), ("video_urls[0]", "first_clip"), ("audio_url", "driving_audio")):
        if path in inputs:
            found[role] = inputs[path]
    for index, entry in enumerate(native.get("image_with_roles") or []):
        found[entry.get("role") or ("first_frame", "last_frame")[index]] = inputs[f"image_with_roles[{index}].url"]
    for index, entry in enumerate(native.get("media") or []):
        found.setdefault(entry["type"], inputs[f"media[{index}].url"])
    return found


def _is_reference(native: Mapping[str, Any], path: str) -> bool:
    if path.startswith("image_urls["):
        return True
    entries = native.get("media") or []
    return any(path == f"media[{i}].url" and "reference" in entry["type"] for i, entry in enumerate(entries))


def _price(model: str, native: Mapping[str, Any], asked: Asked) -> Decimal | None:
    if model in _USD:
        return (_USD[model] * asked.count).quantize(_CREDIT_USD, ROUND_CEILING)
    if model in _SECOND_USD:
        gear = str(native.get("resolution", "1080P")).lower()
        return (_SECOND_USD[model][gear] * Decimal(str(asked.sheet.duration))).quantize(_CREDIT_USD, ROUND_CEILING)
    return None


VENDOR = Vendor(
    name="reapi",
    key_prefix="rk_live_",
    answer=_answer,
    word=_word,
    media=_media,
    asked=_asked,
    price=_price,
    link_lives_s=DAY_S,
    retry_after_s=1.0,
)

"""A customer for each emulated vendor: a few lines over httpx, written apart from the product's own client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from wanspec.emulator import Emulator

VENDORS = ("runware", "aihubmax", "empiriolabs", "reapi")
FAST = 2000.0  # of the emulator's seconds in a real one


# A small picture in each vendor's words.
IMAGE = {
    "runware": {"model": "alibaba:wan@2.7-image", "width": 768, "height": 768, "outputFormat": "PNG"},
    "aihubmax": {"model": "wan-2.7-image", "image_size": {"width": 768, "height": 768}},
    "empiriolabs": {
        "model": "wan2-7-image",
        "model_variant": "wan2.7-image",
        "use_custom_size": True,
        "custom_width": 768,
        "custom_height": 768,
    },
    "reapi": {"model": "wan2.7-image", "size": "768x768"},
}


# A short clip from words in each vendor's words; fields given beside it may make it another sort of clip.
VIDEO = {
    "runware": {"taskType": "videoInference", "model": "alibaba:wan@2.7", "duration": 2},
    "aihubmax": {"model": "wan-2.7-text-to-video", "resolution": "720p", "duration": 2},
    "reapi": {"model": "wan2.7-video", "resolution": "720P", "duration": 2},
    "evolink": {"model": "wan2.7-text-to-video", "duration": 2},
}


@dataclass
class Seen:
    """A task as one answer showed it."""

    status: int  # of HTTP
    body: Any
    state: str = ""  # the vendor's word; "" when the answer has none
    urls: list[str] = field(default_factory=list)
    error: Any = None


class Customer:
    """Speaks one vendor's dialect, without any patience of its own."""

    def __init__(self, emulator: Emulator, vendor: str, http: httpx.Client) -> None:
        self.emulator = emulator
        self.vendor = vendor
        self.http = http
        self.base = emulator.base_url(vendor)
        self.headers = {"Authorization": f"Bearer {emulator.key(vendor)}"}
        self.task_id = str(uuid.uuid4())

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        more.setdefault("headers", self.headers)
        return self.http.request(method, self.base + path, **more)

    def submit(self, prompt: str = "a red kite over dunes", *, video: bool = False, **more: Any) -> Seen:
        """`more`: the vendor's own fields."""
        if self.vendor == "runware":
            return self._submit_array(prompt, video, more)
        native = {**(VIDEO if video else IMAGE)[self.vendor], "prompt": prompt, **more}
        root = "/api/v1" if self.vendor == "reapi" else "/v1"
        reply = self.call("POST", f"{root}/{'videos' if video else 'images'}/generations", json=native)
        seen = self._seen(reply)
        if reply.status_code < 300 and isinstance(seen.body, dict):
            self.task_id = seen.body.get("id") or seen.body.get("job_id") or ""
        return seen

    def _submit_array(self, prompt: str, video: bool, more: dict[str, Any]) -> Seen:
        native = {"taskType": "imageInference", **IMAGE["runware"], "deliveryMethod": "async"}
        if video:
            native = dict(VIDEO["runware"])
            if "frameImages" not in more.get("inputs", {}):
                native |= {"width": 1280, "height": 720}
        self.task_id = str(more.get("taskUUID") or uuid.uuid4())
        native |= {"taskUUID": self.task_id, "positivePrompt": prompt, "includeCost": True, **more}
        return self._seen(self.call("POST", "/v1", json=[native]))

    def poll(self) -> Seen:
        match self.vendor:
            case "runware":
                task = {"taskType": "getResponse", "taskUUID": self.task_id}
                return self._seen(self.call("POST", "/v1", json=[task]))
            case "aihubmax":
                return self._seen(self.call("GET", f"/v1/tasks/{self.task_id}?sync_upstream=true"))
            case "evolink":
                return self._seen(self.call("GET", f"/v1/tasks/{self.task_id}"))
            case "empiriolabs":
                return self._seen(self.call("GET", f"/v1/jobs/{self.task_id}"))
            case _:
                return self._seen(self.call("GET", f"/api/v1/tasks/{self.task_id}"))

    def film(self, path: Path, **native: Any) -> tuple[Path, str]:
        """A clip as a file, with its address."""
        seen = self.submit(video=True, **native)
        assert seen.status == 200, seen.body
        url = self.ended().urls[0]
        path.write_bytes(self.http.get(url).content)
        return path, url

    def ended(self) -> Seen:
        """Polls until the task is no longer under way, without a pause."""
        for _ in range(5000):
            seen = self.poll()
            if seen.urls or seen.error or seen.status >= 300:
                return seen
        raise AssertionError(f"never ended: {seen}")

    def _seen(self, reply: httpx.Response) -> Seen:
        try:
            body = reply.json()
        except ValueError:
            return Seen(reply.status_code, reply.text)
        seen = Seen(reply.status_code, body)
        if self.vendor == "runware":
            items = body.get("data", [])
            errors = [*body.get("errors", []), *(one["error"] for one in items if "error" in one)]
            seen.error = errors[0] if errors else None
            seen.state = next((one["status"] for one in items if "status" in one), "")
            if not any(one.get("status") == "processing" for one in items):
                seen.urls = [
                    one.get("imageURL") or one["videoURL"] for one in items if {"imageURL", "videoURL"} & set(one)
                ]
            return seen
        seen.state, seen.error = body.get("status", ""), body.get("error")
        match self.vendor:
            case "aihubmax":
                seen.urls = [one["url"] for one in body.get("results") or []]
            case "evolink":
                seen.urls = body.get("results") or []
            case "empiriolabs":
                listed = (body.get("result") or body).get("data") or []
                seen.urls = [one["url"] for one in listed if "url" in one]
            case "reapi":
                outputs = body.get("output") or {}
                seen.urls = outputs.get("image_urls") or outputs.get("video_urls") or []
        return seen


Customers = Callable[..., Customer]


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Plain pictures, and a clock that makes tasks end at once."""
    with Emulator(clock_scale=FAST, plain=True) as running:
        yield running


@pytest.fixture(params=VENDORS)
def customer(request: pytest.FixtureRequest, emulator: Emulator, http: httpx.Client) -> Customer:
    """One of each vendor."""
    return Customer(emulator, request.param, http)


@pytest.fixture(params=VIDEO)
def filmer(request: pytest.FixtureRequest, emulator: Emulator, http: httpx.Client) -> Customer:
    """One of each vendor that makes clips."""
    return Customer(emulator, request.param, http)


@pytest.fixture
def customer_of(http: httpx.Client) -> Customers:
    return lambda emulator, vendor: Customer(emulator, vendor, http)

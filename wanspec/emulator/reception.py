"""Which call goes to whom: a vendor's desk, its files, or the controls of the emulator itself."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wanspec.emulator.conversation import Call, Reply, json_reply
from wanspec.emulator.desk import Desk, Instead
from wanspec.emulator.house import House
from wanspec.emulator.shelf import Hosted, opens
from wanspec.emulator.troubles import Trouble
from wanspec.emulator.weather import Rule, Scene, WeatherFault, read_weather

CONTROL = "_control"
REMEMBERED = 100_000  # visits

_ON_DOWNLOADS = ("latency", "rate_limit", "server_error", "lost_answer", "redirect", "drip", "wrong_bytes")


@dataclass(frozen=True, slots=True)
class Visit:
    """One call that came, and how it was answered."""

    provider: str
    what: str  # submit, poll, download, upload, other
    method: str
    path: str
    status: int  # 0: the connection was cut
    tasks: tuple[str, ...]  # ids that it was about
    with_key: bool  # whether it carried credentials


class Reception:
    def __init__(self, house: House) -> None:
        self.house = house
        self.visits: deque[Visit] = deque(maxlen=REMEMBERED)

    async def answer(self, call: Call) -> Reply:
        first, _, rest = call.path.removeprefix("/").partition("/")
        if first == CONTROL:
            return self._control(call, rest)
        vendor = self.house.vendors.get(first)
        if vendor is None:
            known = ", ".join(f"/{name}" for name in self.house.vendors)
            return json_reply({"error": f"nothing is at {call.path[:200]}; the vendors are at {known}"}, 404)
        self.house.calls += 1
        desk = Desk(vendor, self.house, call)
        status = 0
        try:
            reply = await self._served(desk, call, f"/{rest}")
            status = reply.status
            return reply
        finally:
            shows_key = "authorization" in call.headers or "x-api-key" in call.headers
            visit = Visit(vendor.name, desk.what, call.method, call.path, status, desk.tasks, shows_key)
            self.visits.append(visit)

    async def _served(self, desk: Desk, call: Call, path: str) -> Reply:
        try:
            if path.startswith("/files/") and call.method in ("GET", "HEAD"):
                return await self._download(desk, call, path.removeprefix("/files/"))
            return await desk.vendor.answer(desk, call, path)
        except Trouble as trouble:
            return desk.worded(trouble)
        except Instead as instead:
            return instead.reply

    # -- files

    async def _download(self, desk: Desk, call: Call, name: str) -> Reply:
        desk.what = "download"
        vendor, house = desk.vendor, self.house
        hosted = house.shelf.find(vendor.name, name)
        if hosted is None:
            return _plain(404, "not found")
        if not opens(hosted, call.query, house.clock.now()):
            return _plain(vendor.gone_link_status, "the link has expired")
        if hosted.task is None:
            content = await house.darkroom.run(hosted.path.read_bytes)
            return _whole_or_part(call, content, hosted.media_type)
        desk.tasks = (hosted.task.id,)
        hosted.fetched += 1
        scene = hosted.task.order.scene
        if self._is_dead(hosted, scene):
            return _plain(vendor.gone_link_status, "the link has expired")
        what = ""
        pace: Rule | None = None
        for rule in house.storm.strikes("download", scene, _ON_DOWNLOADS, hosted.fetched):
            match rule.fault:
                case "latency":
                    await house.clock.sleep(rule["seconds"])
                case "drip":
                    pace = rule
                case "wrong_bytes":
                    what = rule["what"]
                case "redirect":
                    return Reply(302, b"", {"Location": rule["to"] or call.path})
                case "rate_limit":
                    return desk.worded(Trouble("busy", retry_after_s=rule["retry_after"]))
                case "server_error":
                    return _plain(rule["status"], "server error")
                case "lost_answer":
                    content = await house.result_bytes(hosted.task, hosted.task.outputs[hosted.index], what)
                    reply = _whole_or_part(call, content, hosted.media_type)
                    return Reply(reply.status, reply.body, reply.headers, cut_at=len(content) // 2)
        content = await house.result_bytes(hosted.task, hosted.task.outputs[hosted.index], what)
        reply = _whole_or_part(call, content, "text/html; charset=utf-8" if what == "html" else hosted.media_type)
        if pace is None:
            return reply
        rate = pace["bytes_per_second"]
        if rate is None and not pace["silent"]:
            rate = max(1.0, len(content) / 2)  # two seconds
        return Reply(
            reply.status,
            reply.body,
            reply.headers,
            bytes_a_second=None if rate is None else rate * house.clock.scale,
            silent_s=pace["silent"] / house.clock.scale,
        )

    def _is_dead(self, hosted: Hosted, scene: Scene) -> bool:
        age = self.house.clock.now() - hosted.made_at
        rules = self.house.storm.strikes("download", scene, ("expired_link",))
        return any(age >= rule["seconds"] for rule in rules)

    # -- controls

    def _control(self, call: Call, path: str) -> Reply:
        """What a test or a rehearsal steers by.  Not for web pages: a browser tells where a call came from."""
        if "origin" in call.headers:
            return json_reply({"error": "not for web pages"}, 403)
        match call.method, path:
            case "GET", "ledger":
                return json_reply(self.house.ledger.to_json())
            case "GET", "visits":
                return json_reply({"visits": [_shown(visit) for visit in self.visits]})
            case "POST", "faults":
                try:
                    self.house.set_weather(read_weather(call.json(), self.house.vendors))
                except WeatherFault as fault:
                    return json_reply({"error": fault.message, "path": fault.path, "hint": fault.hint}, 400)
                except ValueError:
                    return json_reply({"error": "the body is no JSON"}, 400)
                return json_reply({"faults": len(self.house.weather.rules)})
            case "GET", "faults":
                return json_reply({"faults": [_rule(rule) for rule in self.house.weather.rules]})
            case "POST", "advance":
                try:
                    seconds = float(call.json()["seconds"])
                except (ValueError, TypeError, KeyError):
                    return json_reply({"error": 'the body must be like {"seconds": 60}'}, 400)
                if not 0 <= seconds < 10**9:
                    return json_reply({"error": "time goes forwards only"}, 400)
                self.house.clock.skip(seconds)
                return json_reply({"now": self.house.clock.now()})
            case _:
                controls = "GET ledger, GET visits, GET faults, POST faults, POST advance"
                return json_reply({"error": f"the controls are {controls}"}, 404)


def _rule(rule: Rule) -> Mapping[str, Any]:
    """As it was written, with what it left open."""
    told = {
        "fault": rule.fault,
        "at": rule.at,
        "provider": list(rule.providers),
        "kind": rule.kind,
        "model": rule.model,
        "submit": list(rule.submits),
        "probability": rule.probability,
        "prompt": rule.prompt,
        "times": rule.times,
        "each": rule.each,
    }
    return {name: value for name, value in told.items() if value not in ("", [], None)} | dict(rule.parameters)


def _shown(visit: Visit) -> Mapping[str, Any]:
    return {
        "provider": visit.provider,
        "what": visit.what,
        "method": visit.method,
        "path": visit.path,
        "status": visit.status,
        "tasks": list(visit.tasks),
        "with_key": visit.with_key,
    }


def _plain(status: int, words: str) -> Reply:
    return Reply(status, f"{words}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _whole_or_part(call: Call, content: bytes, media_type: str) -> Reply:
    """The file, or the one range of it that was asked for."""
    headers = {"Content-Type": media_type, "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", call.headers.get("range", ""))
    if asked is None:
        return Reply(200, content, headers)
    start, end = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
    if start > end:
        return Reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
    return Reply(206, content[start : end + 1], {**headers, "Content-Range": f"bytes {start}-{end}/{len(content)}"})

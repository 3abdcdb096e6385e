"""Where one call is served: from a request to an accepted task, and from a task to what a poll may see.

The order is that of the real thing: a request is read and checked, the weather may strike before it is accepted, then
it is charged, then the weather may strike the answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from email.utils import formatdate
from math import ceil
from typing import TYPE_CHECKING, Any

from wanspec.domain.json import Json, digest
from wanspec.emulator import inputs
from wanspec.emulator.conversation import Call, Hangup, Reply
from wanspec.emulator.inputs import Held, Place
from wanspec.emulator.shelf import Hosted
from wanspec.emulator.tasks import Order, Output, Task, View
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.weather import Rule, Scene, share

if TYPE_CHECKING:
    from wanspec.emulator.house import Books, House
    from wanspec.emulator.vendor import Vendor

WEB_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Please wait.</body></html>\n"

# What may end a call, wherever it happens.
_ON_CALLS = ("latency", "rate_limit", "server_error", "lost_answer", "garbled", "unauthorized")
_ON_SUBMITS = (*_ON_CALLS, "no_balance", "refused")
_ON_TASKS = ("latency", "failed", "partial", "stuck", "price")


class Instead(Exception):
    """This goes back, whatever the vendor meant to say."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("another reply")
        self.reply = reply


class Desk:
    """One call to one vendor."""

    def __init__(self, vendor: Vendor, house: House, call: Call) -> None:
        self.vendor = vendor
        self.house = house
        self.call = call
        self.what = "other"  # submit, poll, download or upload
        self.tasks: tuple[str, ...] = ()  # ids of the tasks it was about

    @property
    def now(self) -> float:
        return self.house.clock.now()

    @property
    def books(self) -> Books:
        return self.house.books[self.vendor.name]

    # -- keys

    def admit(self, key: str | None) -> None:
        if not key:
            raise Trouble("no_key")
        if key != self.house.key(self.vendor):
            raise Trouble("wrong_key")

    # -- submitting

    async def consider(self, kind: str, model_name: object, native: Mapping[str, Any]) -> Order:
        """The order that a request makes, if it makes one.  Raises Trouble."""
        self.what = "submit"
        model = self.house.model(self.vendor.name, kind, model_name)
        self.house.check(model, native)
        places = self.vendor.media(kind, native)
        held = {place.path: await self._bring(place) for place in places}
        asked = self.vendor.asked(kind, native, held)
        named = _content(native, self.vendor.delivery, {path: one.sha256 for path, one in held.items()})
        try:
            request_digest = digest(named)
        except ValueError as error:  # NaN, a lone surrogate, a number beyond 2**53
            raise Trouble("not_json", f"The body holds what JSON cannot: {error}") from error
        usd = self.vendor.price(str(model_name), native, asked)
        if usd is None:
            usd = self.house.catalogue_price(model, native, asked.seconds_in)
        self.books.submits += 1
        self.books.attempts[request_digest] += 1
        scene = Scene(
            self.vendor.name,
            kind,
            str(model_name),
            asked.sheet.prompt,
            self.books.submits,
            f"{request_digest}#{self.books.accepted[request_digest] + 1}",
        )
        return Order(kind, str(model_name), native, asked, held, request_digest, usd, scene)

    async def weather_before(self, orders: Sequence[Order]) -> list[Rule]:
        """Strikes before anything of these is accepted.  Returns what is to strike afterwards.

        Raises Trouble, Hangup or Instead.
        """
        later: list[Rule] = []
        for order in orders:
            attempt = self.books.attempts[order.digest]
            rule = await self._strike("submit", order.scene, _ON_SUBMITS, attempt)
            if rule is None:
                continue
            if rule.fault == "refused" and rule["about"] == "output":
                later.append(rule)
                continue
            if rule.fault in ("server_error", "lost_answer", "garbled") and rule["when"] == "after":
                later.append(rule)
                continue
            self._end(rule)
        self._limits(len(orders))
        return later

    def accept(
        self, order: Order, later: Sequence[Rule], name: str | Callable[[str], str], request: Any = None
    ) -> Task:
        """From here on it is paid for.  `name`: the task's id, or what makes it from a text that no other task has."""
        house, books = self.house, self.books
        books.accepted[order.digest] += 1
        unique = house.new_id(self.vendor.name, "task", order.digest, books.accepted[order.digest])
        rules = list(house.storm.strikes("task", order.scene, _ON_TASKS))
        rules += [rule for rule in later if rule.fault == "refused"]
        waits = next(house.storm.strikes("submit", order.scene, ("immediate", "deferred")), None)
        factors = [Decimal(str(rule["factor"])) for rule in rules if rule.fault == "price"]
        order = replace(
            order,
            rules=tuple(rules),
            waits=None if waits is None else waits.fault == "immediate",
            usd=order.usd * (factors[0] if factors else 1),
        )
        now = self.now
        latency = house.latency_s(order.kind) * (0.75 + 0.5 * share(house.seed, order.scene.subject))
        latency += sum(float(rule["seconds"]) for rule in rules if rule.fault == "latency")
        books.times.append(now)
        task_id = name if isinstance(name, str) else name(unique)
        charge = house.ledger.charge(
            time=now,
            provider=self.vendor.name,
            task_id=task_id,
            model=order.model,
            kind=order.kind,
            digest=order.digest,
            usd=order.usd,
            prompt=order.scene.prompt,
        )
        task = Task(task_id, order, now, now + latency, charge, request=request)
        books.tasks[task_id] = task
        self.tasks = (*self.tasks, task_id)
        house.begin(task, self.vendor)
        return task

    def weather_after(self, later: Sequence[Rule]) -> None:
        """Strikes the answer to what was accepted.  Raises Trouble, Hangup or Instead."""
        for rule in later:
            if rule.fault != "refused":
                self._end(rule)

    def _limits(self, more: int) -> None:
        limits = self.house.limits(self.vendor.name)
        if limits is None or not more:
            return
        now = self.now
        books = self.books
        while books.times and books.times[0] <= now - 60:
            books.times.popleft()
        if limits.per_minute is not None and len(books.times) + more > limits.per_minute:
            wait = books.times[0] + 60 - now if books.times else 60.0
            raise Trouble("busy", retry_after_s=max(1.0, wait / self.house.clock.scale))
        if limits.in_flight is not None and books.in_flight + more > limits.in_flight:
            raise Trouble("busy", "Too many tasks are running. Try again later.")

    async def _bring(self, place: Place) -> Held:
        """A medium that a request names.  Raises Trouble."""
        form = inputs.form_of(place.text)
        if form not in place.forms:
            words = {"uuid": "a media UUID", "url": "a URL", "data": "a data URI", "base64": "Base64"}
            taken = ", ".join(words[one] for one in place.forms)
            raise Trouble("bad_media", f"Expected {taken}.", field=place.path)
        folder = self.house.folder
        hosted: Hosted | None = None
        if form == "uuid":
            hosted = self.books.uploads.get(place.text.lower())
            if hosted is None or self.now >= hosted.dies_at:
                raise Trouble("gone_media", f"There is no media {place.text}.", field=place.path)
        elif form == "url":
            if not self.house.shelf.is_own(place.text):
                if not inputs.is_near(place.text):
                    return await self.house.darkroom.run(inputs.stand_in, place, folder)
                path, sha256 = await self.house.darkroom.run(inputs.fetch, place, folder)
                return await self.house.look_at(place, path, sha256)
            hosted = self.house.shelf.at(place.text, self.now)
            if hosted is None:
                raise Trouble("gone_media", f"The media could not be downloaded: {place.text}", field=place.path)
        if hosted is None:
            content = inputs.decoded(place.text, place.path)
            path, sha256 = await self.house.darkroom.run(inputs.keep, content, folder)
        else:
            path, sha256 = await self.house.darkroom.run(lambda: inputs.keep(hosted.path.read_bytes(), folder))
        return await self.house.look_at(place, path, sha256)

    # -- polling

    async def poll(self, tasks: Sequence[Task]) -> list[View]:
        """What is to be seen of these tasks now.  Raises Trouble, Hangup or Instead."""
        self.what = "poll"
        self.tasks = tuple(task.id for task in tasks)
        for task in tasks:
            task.polls += 1
            rule = await self._strike("poll", task.order.scene, _ON_CALLS, task.polls)
            if rule is not None:
                self._end(rule)
        if not tasks:
            rule = await self._strike("poll", Scene(self.vendor.name), _ON_CALLS, 0)
            if rule is not None:
                self._end(rule)
        return [self._view(task) for task in tasks]

    def _view(self, task: Task) -> View:
        scene = task.order.scene
        strike = self.house.storm.strikes
        if next(strike("poll", scene, ("forgotten",), task.polls), None):
            return View(task, "unknown", 0.0)
        span = max(1e-9, task.ready_at - task.accepted_at)
        progress = 1.0 if task.state == "done" else min(0.99, max(0.0, (self.now - task.accepted_at) / span))
        if rule := next(strike("poll", scene, ("unknown_status",), task.polls), None):
            return View(task, "running", progress, word=rule["word"])
        if task.state != "done":
            return View(task, task.state, progress, tuple(task.outputs))
        task.polls_when_done += 1
        empty = next(strike("poll", scene, ("empty_results",), task.polls), None)
        return View(task, "done", 1.0, () if empty else tuple(task.outputs), seen_done=task.polls_when_done - 1)

    def find(self, task_id: object) -> Task | None:
        return self.books.tasks.get(task_id) if isinstance(task_id, str) else None

    def is_in_archive(self, task: Task) -> bool:
        rules = self.house.storm.strikes("poll", task.order.scene, ("forgotten",), task.polls)
        return not any(rule["archive"] for rule in rules)

    async def wait(self, task: Task) -> View:
        """Until the task has come to its end; what an answer that waited for it shows."""
        await task.settled.wait()
        if task.state != "done":
            return View(task, "failed", 1.0)
        empty = next(self.house.storm.strikes("poll", task.order.scene, ("empty_results",)), None)
        return View(task, "done", 1.0, () if empty else tuple(task.outputs))

    async def content(self, task: Task, output: Output) -> bytes:
        """The bytes of a result that is handed over in the answer itself."""
        rule = next(self.house.storm.strikes("download", task.order.scene, ("wrong_bytes",)), None)
        return await self.house.result_bytes(task, output, rule["what"] if rule else "")

    # -- uploading

    async def weather_upload(self) -> list[Rule]:
        """As `weather_before`, for an upload."""
        self.what = "upload"
        self.books.upload_calls += 1
        rule = await self._strike("upload", Scene(self.vendor.name), _ON_CALLS, self.books.upload_calls)
        if rule is None:
            return []
        if rule.fault in ("server_error", "lost_answer", "garbled") and rule["when"] == "after":
            return [rule]
        self._end(rule)
        return []

    async def take_upload(self, content: bytes, *, name: str = "") -> tuple[str, str, Hosted]:
        """The id and address of a file that was sent.  Raises Trouble for what is no medium."""
        from wanspec.domain.errors import MediaError
        from wanspec.media.probe import probe

        path, sha256 = await self.house.darkroom.run(inputs.keep, content, self.house.folder)
        try:
            found = await self.house.darkroom.run(probe, path)
        except MediaError as error:
            raise Trouble("bad_media", f"The file could not be read: {error.message}") from error
        media_id = self.house.new_uuid(self.vendor.name, "upload", sha256, len(self.books.uploads))
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-60:]
        now = self.now
        hosted = Hosted(
            self.vendor.name,
            f"uploads/{media_id}/{safe}" if safe else f"uploads/{media_id}.{found.extension}",
            path,
            found.media_type,
            now,
            now + self.vendor.upload_lives_s,
        )
        self.books.uploads[media_id] = hosted
        return media_id, self.house.shelf.put(hosted), hosted

    # -- weather

    async def _strike(self, place: str, scene: Scene, faults: Sequence[str], occasion: int) -> Rule | None:
        """The first rule that ends a call, after the delays before it."""
        for rule in self.house.storm.strikes(place, scene, faults, occasion):
            if rule.fault != "latency":
                return rule
            await self.house.clock.sleep(rule["seconds"])
        return None

    def _end(self, rule: Rule) -> None:
        match rule.fault:
            case "lost_answer":
                raise Hangup
            case "garbled":
                raise Instead(Reply(200, WEB_PAGE, {"Content-Type": "text/html; charset=utf-8"}))
            case "rate_limit":
                raise Trouble("busy", retry_after_s=rule["retry_after"], retry_as_date=rule["as_date"])
            case "server_error":
                raise Trouble("broken", status=rule["status"], retry_after_s=rule["retry_after"])
            case "unauthorized":
                raise Trouble("wrong_key")
            case "no_balance":
                raise Trouble("no_balance")
            case "refused":
                kind: Kind = "prompt_refused" if rule["about"] == "prompt" else "input_refused"
                raise Trouble(kind)
            case _:
                raise AssertionError(rule.fault)

    def worded(self, trouble: Trouble) -> Reply:
        """The vendor's answer for a trouble, with the headers that go with it."""
        reply = self.vendor.word(trouble, self.house.new_id(self.vendor.name, "req", self.house.calls))
        wait = trouble.retry_after_s
        if wait is None and trouble.kind == "busy":
            wait = self.vendor.retry_after_s
        if wait is None:
            return reply
        # Clients wait by their own clock, so these are real seconds whatever the scale.
        when = formatdate(time.time() + wait, usegmt=True) if trouble.retry_as_date else str(ceil(wait))
        return reply.with_header("Retry-After", when)


def _content(native: Mapping[str, Any], delivery: frozenset[str], media: Mapping[str, str]) -> Json:
    """A request by what it asks for: without delivery fields, media by their content."""

    def plain(value: Any, path: str) -> Any:
        if path in media:
            return f"sha256:{media[path]}"
        if isinstance(value, Mapping):
            return {name: plain(one, f"{path}.{name}" if path else name) for name, one in value.items()}
        if isinstance(value, list):
            return [plain(one, f"{path}[{index}]") for index, one in enumerate(value)]
        return value

    return {name: plain(value, name) for name, value in native.items() if name not in delivery}

"""All that the vendors of one emulator share: address, clock, weather, ledger, files, models, and the work on tasks."""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.emulator import inputs
from wanspec.emulator.clock import Clock
from wanspec.emulator.darkroom import MEDIA_TYPES, Darkroom
from wanspec.emulator.inputs import Held, Place
from wanspec.emulator.ledger import Ledger
from wanspec.emulator.shelf import Hosted, Shelf
from wanspec.emulator.tasks import Output, Task
from wanspec.emulator.troubles import Kind, Trouble
from wanspec.emulator.weather import Limits, Storm, Weather, share
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from wanspec.catalogue.catalogue import Catalogue
    from wanspec.catalogue.model import Model
    from wanspec.emulator.vendor import Vendor

LATENCY_S = {"image": 2.0, "video": 6.0}  # short beside the real 10 to 300 s: a rehearsal should not take a day
SHOWN = 300  # characters of a fault's message: a schema's may repeat a whole picture


@dataclass(slots=True)
class Books:
    """What one vendor remembers."""

    tasks: dict[str, Task] = field(default_factory=dict)
    uploads: dict[str, Hosted] = field(default_factory=dict)  # media UUID or file id -> file
    repeated: dict[str, tuple[str, str]] = field(default_factory=dict)  # a client's key -> digest of its request, task
    submits: int = 0
    upload_calls: int = 0
    attempts: Counter[str] = field(default_factory=Counter)  # by digest of the request
    accepted: Counter[str] = field(default_factory=Counter)
    times: deque[float] = field(default_factory=deque)  # of the latest acceptances
    in_flight: int = 0


class House:
    """Lives in one event loop."""

    def __init__(
        self,
        vendors: Mapping[str, Vendor],
        catalogue: Callable[[], Catalogue],
        *,
        port: int,
        folder: Path,
        clock: Clock,
        seed: int,
        latency_s: Mapping[str, float],
        plain: bool,
    ) -> None:
        self.vendors = vendors
        self.clock = clock
        self.folder = folder
        self.seed = seed
        self.calls = 0
        self.ledger = Ledger()
        self.shelf = Shelf(port)
        self.darkroom = Darkroom(folder, plain=plain)
        self.books = {name: Books() for name in vendors}
        self._base_seed = seed
        self._base_latency_s = {**LATENCY_S, **latency_s}
        self._open_catalogue = catalogue
        self._catalogue: Catalogue | None = None
        self._models: dict[tuple[str, object], Model] | None = None
        self._validators: dict[str, Any] = {}
        self._seen: dict[tuple[str, str], Held] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self.set_weather(Weather())

    # -- weather

    def set_weather(self, weather: Weather) -> None:
        """From now on; what is accepted already keeps its fate."""
        self.weather = weather
        self.seed = self._base_seed if weather.seed is None else weather.seed
        self.storm = Storm(weather.rules, self.seed)

    def latency_s(self, kind: str) -> float:
        return self.weather.latency_s.get(kind, self._base_latency_s[kind])

    def limits(self, provider: str) -> Limits | None:
        return self.weather.limits.get(provider)

    # -- names

    def key(self, vendor: Vendor) -> str:
        """The one key that a vendor takes here."""
        return f"{vendor.key_prefix}emulated-{self._hash('key', vendor.name)[:16]}"

    def new_id(self, *of: object) -> str:
        return self._hash(*of)[:32]

    def new_uuid(self, *of: object) -> str:
        return str(uuid.UUID(bytes=bytes.fromhex(self._hash(*of)[:32]), version=4))

    def _hash(self, *of: object) -> str:
        return hashlib.sha256("\0".join(map(str, (self._base_seed, *of))).encode()).hexdigest()

    # -- models

    def model(self, provider: str, kind: str, name: object) -> Model:
        """The model that a vendor calls so.  Raises Trouble."""
        if self._models is None:
            self._catalogue = self._open_catalogue()
            ids = [one for one in self._catalogue.ids() if one.partition("/")[0] in self.vendors]
            found = [model for one in ids if (model := self._catalogue.get(one)) is not None]
            self._models = {(model.provider, model.constants.get("model")): model for model in found}
        model = self._models.get((provider, name)) if isinstance(name, str) else None
        if model is None or model.kind != kind:
            raise Trouble("unknown_model", f"The model {str(name)[:80]!r} does not exist.", field="model")
        return model

    def model_names(self, provider: str) -> list[str]:
        """The vendor's names of what it offers."""
        with_models = self._models
        if with_models is None:
            try:
                self.model(provider, "", "")
            except Trouble:
                with_models = self._models or {}
        return sorted(str(name) for vendor, name in with_models or {} if vendor == provider)

    def check(self, model: Model, native: Mapping[str, Any]) -> None:
        """Raises Trouble for the first fault of a request by the model's schema."""
        from wanspec.catalogue.keywords import validator_of

        validator = self._validators.get(model.id)
        if validator is None:
            validator = self._validators[model.id] = validator_of(model.schema)
        errors = sorted(validator.iter_errors(native), key=lambda one: [str(step) for step in one.absolute_path])
        if not errors:
            return
        error = errors[0]
        field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)[1:]
        kinds: Mapping[str, Kind] = {"required": "missing", "additionalProperties": "unknown_field"}
        kind = kinds.get(error.validator, "invalid")
        if kind != "invalid" and (quoted := re.search(r"'([^']+)'", error.message)):
            field = f"{field}.{quoted[1]}" if field else quoted[1]
        raise Trouble(kind, error.message[:SHOWN], field=field)

    def catalogue_price(self, model: Model, native: Mapping[str, Any], seconds_in: float) -> Decimal:
        """By the catalogue's rule, for a model that no vendor module knows; nothing where that says nothing."""
        from wanspec.catalogue.prices import price

        return price(model, native, input_seconds=seconds_in).usd or Decimal(0)

    # -- media

    async def look_at(self, place: Place, path: Path, sha256: str) -> Held:
        """A medium's facts, found once for each content.  Raises Trouble."""
        found = self._seen.get((sha256, place.kind))
        if found is None:
            found = await self.darkroom.run(inputs.look_at, place, path, sha256)
            self._seen[sha256, place.kind] = found
        return replace(found, place=place)

    async def result_bytes(self, task: Task, output: Output, what: str) -> bytes:
        """A result's file, or what stands in its place: html, truncated, empty, size, duration."""
        assert output.path is not None
        match what:
            case "html":
                return b"<!DOCTYPE html><html><body><h1>Service unavailable</h1></body></html>\n"
            case "empty":
                return b""
            case "truncated":
                content = output.path.read_bytes()
                return content[: len(content) // 2]
            case "size" | "duration":
                return (await self.darkroom.draw(_other(_sheet(task, output), what))).read_bytes()
            case _:
                return output.path.read_bytes()

    # -- tasks

    def begin(self, task: Task, vendor: Vendor) -> None:
        """Sets the work on an accepted task going."""
        self.books[vendor.name].in_flight += 1
        work = asyncio.get_running_loop().create_task(self._work(task, vendor))
        self._at_work.add(work)
        work.add_done_callback(self._at_work.discard)

    async def _work(self, task: Task, vendor: Vendor) -> None:
        if task.rule("stuck"):
            await asyncio.Event().wait()
        failure = _doom(task)
        if failure is not None:
            await self.clock.until(task.ready_at)
            self._settle(task, vendor, failure)
            return
        count = task.order.asked.count
        spoiled = min(count, task.rule("partial")["failed"]) if task.rule("partial") else 0  # type: ignore[index]
        try:
            for index in range(count):
                sheet = task.order.asked.sheet
                output = Output(
                    index,
                    _seed(task, self.seed, index),
                    self.new_uuid(vendor.name, "output", task.id, index),
                )
                if index >= count - spoiled:
                    output.failure = Trouble("failed")
                else:
                    output.path = await self.darkroom.draw(_sheet(task, output))
                    output.media_type = MEDIA_TYPES[output.path.suffix[1:]]
                # Outputs of one task come one after the other.
                span = task.ready_at - task.accepted_at
                await self.clock.until(task.accepted_at + span * (index + 1) / count)
                if output.path is not None:
                    output.url = self._publish(task, output, vendor, sheet.kind)
                task.outputs.append(output)
        except MediaError as error:
            self._settle(task, vendor, Trouble("failed", f"The generation failed: {error.message}"))
            return
        self._settle(task, vendor, Trouble("failed") if spoiled == count else None)

    def _publish(self, task: Task, output: Output, vendor: Vendor, kind: str) -> str:
        assert output.path is not None
        now = self.clock.now()
        lives = task.order.native.get("ttl")
        lives = float(lives) if isinstance(lives, int | float) else vendor.link_lives_s
        return self.shelf.put(
            Hosted(
                vendor.name,
                f"{kind}/{output.id}{output.path.suffix}",
                output.path,
                output.media_type,
                now,
                now + lives,
                self._hash("signature", output.id)[:40] if vendor.signed_links else "",
                task,
                output.index,
            )
        )

    def _settle(self, task: Task, vendor: Vendor, failure: Trouble | None) -> None:
        rule = task.rule("failed")
        task.failure = failure
        task.state = "failed" if failure else "done"
        task.ended_at = self.clock.now()
        self.books[vendor.name].in_flight -= 1
        made = sum(output.path is not None for output in task.outputs)
        count = task.order.asked.count
        self.ledger.settle(
            task.charge,
            task.state,
            refunded=failure is not None and (rule is None or rule["refund"]),
            outputs=0 if failure else made,
            usd=task.order.usd * made / count if not failure and made < count else None,
        )
        task.settled.set()

    async def close(self) -> None:
        """Ends all work."""
        for work in tuple(self._at_work):
            work.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        self.darkroom.close()


def _doom(task: Task) -> Trouble | None:
    """How it will fail, if it will."""
    if rule := task.rule("failed"):
        return Trouble("failed", code=rule["code"] or "")
    if task.rule("refused"):
        return Trouble("output_refused")
    return None


def _seed(task: Task, seed: int, index: int) -> int:
    """The seed of one output: the next number after the one before; a hidden one where none was asked for."""
    asked = task.order.asked.sheet.seed
    first = asked if asked is not None else int(share(seed, "seed", task.order.scene.subject) * 2**31)
    return (first + index) % 2**31


def _sheet(task: Task, output: Output) -> Sheet:
    asked = task.order.asked
    return replace(asked.sheet, seed=output.seed, take=output.index + 1, of_takes=asked.count)


def _other(sheet: Sheet, what: str) -> Sheet:
    """The same in another size or length."""
    if what == "duration" and sheet.kind == "video":
        return replace(sheet, duration=max(0.5, sheet.duration / 2))
    return replace(sheet, width=max(16, sheet.width // 32 * 16), height=max(16, sheet.height // 32 * 16))

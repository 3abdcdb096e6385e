"""A vendor that knows a submit by the client's key: what a lost answer costs there, over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from wanspec import pipeline
from wanspec.catalogue.provider import Provider
from wanspec.catalogue.providers import load_providers, provider_faults
from wanspec.domain.artifacts import Artifact
from wanspec.domain.runs import Outcome
from wanspec.emulator import Emulator
from wanspec.engine.clock import SystemClock
from wanspec.media.probe import probe, verify_decodes
from wanspec.reading.marked_yaml import read_yaml
from wanspec.stages.execute import RenderOptions
from wanspec.store import open_store, read_lock
from wanspec.store.ledger import ledger_of
from wanspec.wire import vendors
from wanspec.wire.answers import outputs_in
from wanspec.wire.conversation import Conversation
from wanspec.wire.http import Answer
from wanspec.wire.secrets import access_of

SCALE = 120.0  # seconds of the program's clock in a real second


class HastyClock:
    """Real time, some hundred times as fast."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() * SCALE

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SCALE)


@dataclass
class Place:
    root: Path
    emulator: Emulator

    def render(self, **options: Any) -> Outcome:
        lock = read_lock(self.root).value
        assert lock is not None
        checked = pipeline.prepare(pipeline.Given(project=self.root), lock=lock)
        assert checked.ok, checked.diagnostics
        assert checked.value is not None
        store = open_store(self.root, {})
        plan = pipeline.plan(checked.value, store.known(), lock, standing=store.journal.standing())
        run = pipeline.render(
            checked.value,
            plan,
            store,
            selected=frozenset(plan.decisions),
            options=RenderOptions(**options),
            environment=self.emulator.environment(),
            listener=lambda _: None,
        )
        return run.outcomes["clip"]

    def rows(self) -> list[tuple[str, bool]]:
        return [(row.outcome, bool(row.task_id)) for row in ledger_of(open_store(self.root, {}))]

    @property
    def charges(self) -> int:
        return len(self.emulator.ledger)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    async def look(path: Path) -> Artifact:
        artifact = probe(path)
        verify_decodes(path)
        return artifact

    monkeypatch.setattr(vendors, "SystemClock", HastyClock)
    monkeypatch.setattr(vendors, "looking_through", lambda _workers: look)
    Image.new("RGB", (1280, 720), "#c02020").save(tmp_path / "door.png")
    (tmp_path / "wanspec.yaml").write_text(
        "wanspec: 1\nname: keyed\nshots:\n"
        "  - {id: clip, model: evolink/wan2.7-image-to-video, prompt: wind, first_frame: door.png, duration: 2}\n"
    )
    with Emulator(plain=True, latency_s=0.5, clock_scale=20.0) as emulator:
        yield Place(tmp_path, emulator)


def lost(when: str) -> list[dict[str, Any]]:
    return [{"fault": "lost_answer", "when": when}]


def test_a_picture_goes_up_and_what_it_cost_is_read_from_credits(place: Place) -> None:
    done = place.render()
    assert (done.status, done.cost_usd) == ("rendered", Decimal("0.174"))
    assert place.rows() == [("done", True)]
    assert place.render().status == "cached"


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_stays_lost_is_asked_for_again_under_the_same_key(place: Place, when: str) -> None:
    place.emulator.set_faults(lost(when))
    first = place.render()
    assert first.status == "uncertain"
    assert first.error is not None
    assert "under the same key" in first.error.hint
    assert place.charges == (1 if when == "after" else 0)
    place.emulator.set_faults([])
    assert place.render().status == "uncertain", "nobody has said that it may be sent again"
    assert place.charges == (1 if when == "after" else 0)
    assert place.render(retry_uncertain=True).status == "rendered"
    assert place.charges == 1
    assert place.rows() == [("done", True)]


def test_a_key_that_the_vendor_has_forgotten_is_not_relied_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.emulator.set_faults(lost("after"))
    assert place.render().status == "uncertain"
    place.emulator.set_faults([])
    monkeypatch.setattr(HastyClock, "ahead", timedelta(hours=24))
    assert place.render(retry_uncertain=True).status == "rendered"
    assert place.charges == 2
    assert place.rows() == [("uncertain", False), ("done", True)]


def test_another_request_under_the_key_buys_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upload has gone meanwhile: the request names another address, and the vendor says so."""
    place.emulator.set_faults(lost("after"))
    assert place.render().status == "uncertain"
    place.emulator.set_faults([])
    place.emulator.advance(80 * 3600)
    monkeypatch.setattr(HastyClock, "ahead", timedelta(hours=22))
    again = place.render(retry_uncertain=True)
    assert place.charges == 1
    assert again.status in ("uncertain", "failed")


# -- the declaration -------------------------------------------------------------------------------------------------


def evolink() -> Provider:
    checked = load_providers(read_yaml)
    assert checked.value is not None
    found = checked.value.get("evolink")
    assert found is not None
    return found


class Post:
    """Takes every letter."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, str]]] = []

    async def call(self, _: str, url: str, *, headers: Mapping[str, str], **rest: Any) -> Answer:
        del rest
        self.calls.append((url, headers))
        return Answer(200, {}, b'{"id": "t-1", "status": "pending"}')


@pytest.mark.parametrize(
    ("settings", "api", "files"),
    [
        ({}, "https://api.evolink.ai", "https://files-api.evolink.ai"),
        (
            {"EVOLINK_BASE_URL": "https://proxy.example/evolink"},
            "https://proxy.example/evolink",
            "https://proxy.example/evolink",
        ),
    ],
)
def test_files_go_to_their_own_house_unless_another_stands_in_for_the_vendor(
    settings: dict[str, str], api: str, files: str
) -> None:
    post: Any = Post()
    provider = evolink()
    access = access_of(provider, {"EVOLINK_API_KEY": "sk-evo-123", **settings})
    talk = Conversation(provider, access, post, SystemClock(), Random(1))
    upload = provider.media.upload
    assert upload is not None

    async def both() -> None:
        await talk.send(upload.ask, "image", {}, None, upload.origin)
        await talk.hand_over({"model": "x"}, "", "video", 1, "a" * 32)

    asyncio.run(both())
    (sent, _), (handed, headers) = post.calls
    assert (sent, handed) == (f"{files}/api/v1/files/upload/base64", f"{api}/v1/videos/generations")
    assert headers["Idempotency-Key"] == "a" * 32


def test_credits_become_dollars() -> None:
    told = {"results": ["https://a.example/1.mp4", "https://a.example/2.mp4"], "usage": {"credits_reserved": 17}}
    assert [one.cost_usd for one in outputs_in(evolink(), told)] == [Decimal("0.25"), 0]
    told["usage"] = {}
    assert [one.cost_usd for one in outputs_in(evolink(), told)] == [None, None]
    plain = evolink()
    assert outputs_in(replace(plain, results=replace(plain.results, credits="")), told)[0].cost_usd is None


def test_a_projects_vendor_may_not_send_the_key_elsewhere(tmp_path: Path) -> None:
    text = (
        "origin: https://acme.example\nsubmit: {path: /make, task: id}\npoll: {path: '/t/{task}'}\n"
        "results: {entries: 'r[]'}\nmedia: {upload: {origin: https://other.example, path: /up, gives: {url: u}}}\n"
    )
    read = read_yaml(text.encode(), "provider.yaml")
    assert read.value is not None
    assert provider_faults(read.value) == ()
    folder = tmp_path / "schemas" / "acme"
    folder.mkdir(parents=True)
    (folder / "provider.yaml").write_text(text)
    checked = load_providers(read_yaml, tmp_path / "schemas")
    (told,) = checked.diagnostics
    assert (told.code, told.at.line) == ("WS292", 5)
    assert told.message == "`media.upload.origin` would send the key elsewhere than to the `origin`"

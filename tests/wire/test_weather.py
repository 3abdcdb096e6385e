"""Every declared vendor over real HTTP, in each weather that the emulator has: what is told, and what is charged.

One project has an item for each vendor and medium; each test renders all of them side by side.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wanspec import pipeline
from wanspec.catalogue.provider import Provider
from wanspec.domain.artifacts import Artifact
from wanspec.domain.runs import Run
from wanspec.emulator import Emulator
from wanspec.media.probe import probe, verify_decodes
from wanspec.stages.execute import RenderOptions
from wanspec.store import open_store, read_lock
from wanspec.store.ledger import ledger_of
from wanspec.wire import vendors

SCALE = 120.0  # seconds of the program's clock in a real second

ITEMS = {
    "asked": "model: runware/wan2.7-image, width: 1024, height: 768",
    "asked-clip": "model: runware/wan2.7-video, width: 1280, height: 720, duration: 2, prompt_enhance: false",
    "unified": "model: aihubmax/wan-2.7-image, width: 1024, height: 768",
    "direct": "model: empiriolabs/wan2-7-image, width: 1024, height: 768, params: {model_variant: wan2.7-image}",
    "credits": "model: reapi/wan2.7-image, width: 1024, height: 768",
}
CAN_BE_ASKED = {"asked", "asked-clip"}  # their vendor takes the client's task ids


class HastyClock:
    """Real time, some hundred times as fast."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * SCALE

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SCALE)


@pytest.fixture(autouse=True)
def at_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(path: Path) -> Artifact:
        artifact = probe(path)
        verify_decodes(path)
        return artifact

    monkeypatch.setattr(vendors, "SystemClock", HastyClock)
    monkeypatch.setattr(vendors, "looking_through", lambda _workers: look)


@dataclass
class Place:
    """A project with an item for each vendor, and the vendors."""

    root: Path
    emulator: Emulator
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shots = "".join(f"  - {{id: {name}, prompt: a ferry in the rain, {rest}}}\n" for name, rest in ITEMS.items())
        (self.root / "wanspec.yaml").write_text(f"wanspec: 1\nname: weather\nshots:\n{shots}")

    def render(self, **options: Any) -> Run:
        lock = read_lock(self.root).value
        assert lock is not None
        checked = pipeline.prepare(pipeline.Given(project=self.root), lock=lock)
        assert checked.ok, checked.diagnostics
        assert checked.value is not None
        store = open_store(self.root, {})
        plan = pipeline.plan(checked.value, store.known(), lock, standing=store.journal.standing())
        return pipeline.render(
            checked.value,
            plan,
            store,
            selected=frozenset(plan.decisions),
            options=RenderOptions(**options),
            environment=self.emulator.environment(),
            listener=lambda event: self.said.append(str(event)),
        )

    def statuses(self, **options: Any) -> dict[str, str]:
        """What became of each item: its status, with the code of its error."""
        outcomes = self.render(**options).outcomes
        return {name: f"{one.status} {one.error.code}" if one.error else one.status for name, one in outcomes.items()}

    def charges(self) -> int:
        """How many submissions the vendors were paid for and keep the money of."""
        return sum(not one.refunded for one in self.emulator.ledger)

    def doubles(self) -> list[str]:
        return [one.task_id for one in self.emulator.ledger if one.duplicate_of]

    def rows(self, item: str) -> list[str]:
        rows = ledger_of(open_store(self.root, {}))
        return [row.outcome + " disputed" * row.disputed for row in rows if row.item == item]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Emulator(plain=True, latency_s=0.5, clock_scale=20.0) as emulator:
        yield Place(tmp_path, emulator)


def all_are(status: str, **others: str) -> dict[str, str]:
    return dict.fromkeys(ITEMS, status) | {name.replace("_", "-"): one for name, one in others.items()}


def test_fair_weather(place: Place) -> None:
    assert place.statuses() == all_are("rendered")
    assert place.charges() == len(ITEMS)
    assert all(place.rows(item) == ["done"] for item in ITEMS)
    assert place.statuses() == all_are("cached")
    provenance = json.loads(next((place.root / "renders").glob("credits.*.json")).read_text())
    assert provenance["item"] == "credits"


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "rate_limit", "each": 2, "retry_after": 1},
        {"fault": "rate_limit", "at": "poll", "each": 2},
        {"fault": "server_error", "at": "poll", "each": 2},
        {"fault": "lost_answer", "at": "poll", "each": 2},
        {"fault": "garbled", "at": "poll", "each": 1},
        {"fault": "server_error", "at": "download", "each": 1},
        {"fault": "lost_answer", "at": "download", "each": 1},
        {"fault": "wrong_bytes", "what": "html", "each": 1},
        {"fault": "wrong_bytes", "what": "truncated", "each": 1},
        {"fault": "empty_results", "each": 3},
        {"fault": "deferred"},
        {"fault": "price", "factor": 1.01},
    ],
    ids=lambda fault: "-".join(str(part) for part in fault.values()),
)
def test_weather_that_passes(place: Place, fault: dict[str, Any]) -> None:
    # An answer to a submit that is empty names no task to ask for, which is another matter.
    place.emulator.set_faults([fault, {"fault": "deferred"}] if fault["fault"] == "empty_results" else [fault])
    assert place.statuses() == all_are("rendered")
    assert place.charges() == len(ITEMS)
    assert all(place.rows(item) == ["done"] for item in ITEMS)


@pytest.mark.parametrize("fault", ["lost_answer", "server_error"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_is_lost(place: Place, fault: str, when: str) -> None:
    place.emulator.set_faults([{"fault": fault, "when": when, "each": 1}])
    uncertain = {name for name in ITEMS if name not in CAN_BE_ASKED}
    first = {name: "uncertain uncertain" if name in uncertain else "rendered" for name in ITEMS}
    assert place.statuses() == first
    assert place.statuses() == first | dict.fromkeys(CAN_BE_ASKED, "cached")
    assert place.charges() == (len(ITEMS) if when == "after" else len(CAN_BE_ASKED))
    assert not place.doubles()
    assert all(place.rows(item) == ["uncertain disputed"] for item in uncertain)
    place.emulator.set_faults([])
    assert place.statuses(retry_uncertain=True) == first | dict.fromkeys(CAN_BE_ASKED, "cached") | dict.fromkeys(
        uncertain, "rendered"
    )
    assert all(place.rows(item) == ["uncertain disputed", "done"] for item in uncertain)


@pytest.mark.parametrize("about", ["prompt", "input", "output"])
def test_a_refusal_for_content_is_told_apart(place: Place, about: str) -> None:
    place.emulator.set_faults([{"fault": "refused", "about": about}])
    assert place.statuses() == all_are(f"failed refused_{about}")
    assert place.charges() == 0


def test_a_task_that_fails_is_paid_back_and_tried_again(place: Place) -> None:
    place.emulator.set_faults([{"fault": "failed"}])
    # A failure in the answer itself cannot be told from one that left a task behind.
    assert place.statuses() == all_are("failed failed", direct="uncertain uncertain")
    assert place.charges() == 0
    place.emulator.set_faults([])
    assert place.statuses(retry_uncertain=True) == all_are("rendered")
    assert place.charges() == len(ITEMS)


def test_a_link_that_is_dead_is_disputed_and_bought_again_only_when_told(place: Place) -> None:
    place.emulator.set_faults([{"fault": "expired_link"}])
    assert place.statuses() == all_are("failed lost")
    assert place.statuses() == all_are("failed lost")
    assert place.charges() == len(ITEMS)
    assert all(place.rows(item) == ["failed disputed"] for item in ITEMS)
    assert place.statuses(force=frozenset({"credits"})) == all_are("failed lost")
    assert place.charges() == len(ITEMS) + 1
    place.emulator.set_faults([])
    assert place.statuses() == all_are("rendered")
    assert place.charges() == len(ITEMS) + 1


@pytest.mark.parametrize("what", ["html", "truncated", "empty", "size", "duration"])
def test_bytes_that_are_wrong_for_good(place: Place, what: str) -> None:
    place.emulator.set_faults([{"fault": "wrong_bytes", "what": what, "kind": "video" if what == "duration" else ""}])
    wrong = {"asked-clip"} if what == "duration" else set(ITEMS)
    assert place.statuses() == {name: "failed lost" if name in wrong else "rendered" for name in ITEMS}
    assert place.charges() == len(ITEMS)
    assert len(list((place.root / ".wanspec/evidence").iterdir())) == len(wrong)
    shown = {path.name.partition(".")[0] for path in (place.root / "renders").glob("*")}
    assert shown == set(ITEMS) - wrong


def test_an_answer_that_holds_neither_a_result_nor_a_task_is_uncertain(place: Place) -> None:
    place.emulator.set_faults([{"fault": "empty_results", "provider": "empiriolabs"}])
    assert place.statuses() == all_are("rendered", direct="uncertain uncertain")
    assert place.rows("direct") == ["uncertain disputed"]


def test_a_stuck_task_stays_in_flight(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Provider, "time_limit_s", lambda _provider, _kind: 120.0)
    place.emulator.set_faults([{"fault": "stuck"}, {"fault": "deferred"}])
    assert place.statuses() == all_are("failed stuck")
    assert all(place.rows(item) == ["in_flight"] for item in ITEMS)
    assert place.charges() == len(ITEMS)


def test_a_word_that_no_document_knows(place: Place) -> None:
    place.emulator.set_faults([{"fault": "unknown_status"}])
    assert place.statuses() == all_are("failed unknown_status", direct="rendered")
    place.emulator.set_faults([])
    assert place.statuses() == all_are("rendered", direct="cached")
    assert place.charges() == len(ITEMS)


def test_a_wrong_key_and_an_empty_account(place: Place) -> None:
    place.emulator.set_faults([{"fault": "unauthorized", "at": "submit"}])
    assert place.statuses() == all_are("failed auth")
    place.emulator.set_faults([{"fault": "no_balance"}])
    assert place.statuses() == all_are("failed balance")
    assert list(place.emulator.ledger) == []
    assert all(place.rows(item) == [] for item in ITEMS)
    place.emulator.set_faults([])
    assert place.statuses() == all_are("rendered")

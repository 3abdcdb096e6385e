"""A render in every weather: each fault, at every vendor that is emulated, for images and videos.

One render of a project whose prompts say which fault is to strike them, and a few of faults that would strike all the
others too; with both sides' clocks running fast.
What must hold everywhere: charged once at most, or reported as uncertain; nothing accepted is lost silently; what is in
`renders/` is whole and is what was asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wanspec.cli.main import main
from wanspec.domain.artifacts import Artifact
from wanspec.emulator import Emulator
from wanspec.emulator.ledger import Charge
from wanspec.emulator.weather import SORTS
from wanspec.engine.clock import SystemClock
from wanspec.media.probe import probe, verify_decodes

pytestmark = pytest.mark.xdist_group("rehearsal")  # the renders are made once, by one worker

SPEED = 8  # of both clocks: a minute of patience is seven seconds, enough for a machine that is busy
GIVING_UP = 4000  # where a task is waited for until its time is over: an hour in a second

# Who may be asked again by an id of our own, and who not.
ASKED_AGAIN = ("runware-image", "runware-video", "evolink-video")
CLIP = "width: 1280, height: 720, duration: 2, prompt_enhance: false"
SHOTS = {
    "runware-image": "model: runware/wan2.7-image, width: 768, height: 768",
    "runware-video": f"model: runware/wan2.7-video, {CLIP}",
    "aihubmax-image": "model: aihubmax/wan-2.7-image, width: 768, height: 768",
    "empiriolabs-image": "model: empiriolabs/wan2-7-image, width: 768, height: 768, "
    "params: {model_variant: wan2.7-image}",
    "reapi-image": "model: reapi/wan2.7-image, width: 768, height: 768",
    "aihubmax-video": f"model: aihubmax/wan-2.7-text-to-video, {CLIP}",
    "reapi-video": f"model: reapi/wan2.7-video, {CLIP}",
    "evolink-video": f"model: evolink/wan2.7-text-to-video, {CLIP}",
}


PROVIDERS = tuple(dict.fromkeys(shot.partition("-")[0] for shot in SHOTS))


@dataclass(frozen=True)
class Case:
    """One fault and what becomes of an item that it strikes."""

    name: str
    fault: dict[str, Any]
    status: str = "rendered"
    code: str = ""  # of the error
    charges: int = 1
    # Where a vendor cannot be asked again: (status, code, charges).
    elsewhere: tuple[str, str, int] | None = None
    # In a render of its own: a 429 slows down all that goes to the vendor, a key or a purse that is refused ends it,
    # and the clock has to run faster until a task is given up.
    alone: bool = False
    speed: float = SPEED
    polled: bool = False  # strikes polls: a vendor whose answer would wait for the picture is told not to

    @property
    def spoils_files(self) -> bool:
        return self.fault.get("at") == "download" or self.fault.get("fault") in ("wrong_bytes", "drip")


UNCERTAIN = "uncertain"
CASES = (
    Case("fair", {}),
    Case("busy-twice", {"fault": "rate_limit", "times": 2, "retry_after": 1}, alone=True),
    Case("broken-before", {"fault": "server_error", "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 0)),
    Case("broken-after", {"fault": "server_error", "when": "after", "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 1)),
    Case("lost-before", {"fault": "lost_answer", "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 0)),
    Case("lost-after", {"fault": "lost_answer", "when": "after", "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 1)),
    Case("garbled-after", {"fault": "garbled", "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 1)),
    Case("prompt-refused", {"fault": "refused"}, "failed", "refused_prompt", 0),
    Case("input-refused", {"fault": "refused", "about": "input"}, "failed", "refused_input", 0),
    Case("output-withheld", {"fault": "refused", "about": "output"}, "failed", "refused_output"),
    Case("failing", {"fault": "failed"}, "failed", "failed"),
    Case("slow", {"fault": "latency", "seconds": 20}),
    Case("at-once", {"fault": "immediate"}),
    Case("not-at-once", {"fault": "deferred"}),
    Case("dearer", {"fault": "price", "factor": 1.01}),
    Case("empty-at-first", {"fault": "empty_results", "times": 2}),
    Case("odd-word", {"fault": "unknown_status", "times": 1}, "failed", "unknown_status", polled=True),
    Case("forgotten-task", {"fault": "forgotten", "archive": True}, "failed", "lost", polled=True),
    Case("dead-link", {"fault": "expired_link"}, "failed", "lost"),
    Case("page-at-first", {"fault": "wrong_bytes", "what": "html", "times": 1}),
    Case("half-at-first", {"fault": "wrong_bytes", "what": "truncated", "times": 1}),
    Case("half-for-ever", {"fault": "wrong_bytes", "what": "truncated"}, "failed", "lost"),
    Case("nothing-at-first", {"fault": "wrong_bytes", "what": "empty", "times": 1}),
    Case("other-size-at-first", {"fault": "wrong_bytes", "what": "size", "times": 1}),
    Case("other-length-at-first", {"fault": "wrong_bytes", "what": "duration", "times": 1}),
    Case("download-broken", {"fault": "server_error", "at": "download", "times": 1}),
    Case("download-cut", {"fault": "lost_answer", "at": "download", "times": 1}),
    Case("dripping", {"fault": "drip"}),
    Case("elsewhere", {"fault": "redirect", "to": "http://169.254.169.254/latest/meta-data"}, "failed", "lost"),
    Case("poll-broken", {"fault": "server_error", "at": "poll", "status": 503, "times": 1}, polled=True),
    Case("poll-lost", {"fault": "lost_answer", "at": "poll", "times": 1}, polled=True),
    Case("poll-garbled", {"fault": "garbled", "at": "poll", "times": 1}, polled=True),
    Case("poll-busy", {"fault": "rate_limit", "at": "poll", "times": 1}, polled=True),
    Case("poll-slow", {"fault": "latency", "at": "poll", "seconds": 20, "times": 1}, polled=True),
    Case("broken-gateway", {"fault": "server_error", "status": 502, "times": 1}, elsewhere=(UNCERTAIN, UNCERTAIN, 0)),
    Case("download-busy", {"fault": "rate_limit", "at": "download", "times": 1}),
    Case("page-for-ever", {"fault": "wrong_bytes", "what": "html"}, "failed", "lost"),
    Case("other-size-for-ever", {"fault": "wrong_bytes", "what": "size"}, "failed", "lost"),
    Case("all-failing", {"fault": "partial"}, "failed", "failed"),
    Case("stuck", {"fault": "stuck"}, "failed", "stuck", alone=True, speed=GIVING_UP, polled=True),
    Case("wrong-key", {"fault": "unauthorized"}, "failed", "auth", 0, alone=True),
    Case("no-money", {"fault": "no_balance"}, "failed", "balance", 0, alone=True),
)


@dataclass(frozen=True)
class Rehearsal:
    """What the render said, and what the vendors know."""

    project: Path
    code: int
    items: dict[str, dict[str, Any]]
    charges: tuple[Charge, ...]
    ledger: list[dict[str, Any]]
    keys: tuple[str, ...]

    def charged(self, shot: str, case: Case) -> list[Charge]:
        provider, _, kind = shot.partition("-")
        return [c for c in self.charges if (c.provider, c.kind) == (provider, kind) and f"({case.name})" in c.prompt]


def weather(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """For each case and vendor a rule of its own, so that each has its own count."""
    rules = []
    for case in cases:
        for shot in SHOTS if case.fault else ():
            provider, _, kind = shot.partition("-")
            whom = {"prompt": f"({case.name})", "provider": provider, "kind": kind}
            rules.append({**case.fault, **whom})
            if provider == "empiriolabs" and case.polled:
                rules.append({"fault": "deferred", **whom})  # an answer that waits is never polled
    return rules


def write_project(folder: Path, cases: Sequence[Case]) -> None:
    names = ", ".join(case.name for case in cases)
    wide = "{in_flight: 60, per_minute: 60000}"
    providers = ", ".join(f"{one}: {wide}" for one in PROVIDERS)
    shots = "".join(
        f'  - {{id: {shot}, for_each: {{case: [{names}]}}, prompt: "A boat ({{{{ case }}}})", {fields}}}\n'
        for shot, fields in SHOTS.items()
    )
    (folder / "wanspec.yaml").write_text(
        f"wanspec: 1\nname: storm\nproviders: {{{providers}}}\nshots:\n{shots}", "utf-8"
    )


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*arguments, "--json"])
    assert out.getvalue(), err.getvalue()
    return code, json.loads(out.getvalue())


def hurry(patch: pytest.MonkeyPatch, speed: float) -> None:
    """Lets the client's clock run fast."""
    began, epoch = time.monotonic(), time.time()

    async def sleep(_: object, seconds: float) -> None:
        await asyncio.sleep(seconds / speed)

    patch.setattr(SystemClock, "sleep", sleep)
    patch.setattr(SystemClock, "monotonic", lambda _: time.monotonic() * speed)
    patch.setattr(SystemClock, "now", lambda _: datetime.fromtimestamp(epoch + (time.monotonic() - began) * speed, UTC))


def rehearse(project: Path, cases: Sequence[Case], speed: float = SPEED) -> Rehearsal:
    project.mkdir()
    write_project(project, cases)
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch, speed)
        patch.chdir(project)
        for name in [name for name in os.environ if name.startswith("WANSPEC_")]:
            patch.delenv(name)
        with Emulator(faults=weather(cases), clock_scale=speed, latency_s=1, plain=True) as emulator:
            for name, value in emulator.environment().items():
                patch.setenv(name, value)
            code, told = run("render", "--yes")
            _, ledger = run("ledger")
            return Rehearsal(
                project,
                code,
                {item["id"]: item for item in told["items"]},
                tuple(emulator.ledger),
                ledger["submissions"],
                tuple(value for name, value in emulator.environment().items() if name.endswith("_KEY")),
            )


@pytest.fixture(scope="module")
def rehearsals(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rehearsal]:
    """By the name of the case."""
    folder = tmp_path_factory.mktemp("storms")
    together = [case for case in CASES if not case.alone]
    first = rehearse(folder / "together", together)
    alone = {case.name: rehearse(folder / case.name, [case], case.speed) for case in CASES if case.alone}
    return {case.name: first for case in together} | alone


@pytest.fixture(scope="module", params=["together", *(case.name for case in CASES if case.alone)])
def rehearsal(request: pytest.FixtureRequest, rehearsals: Mapping[str, Rehearsal]) -> Rehearsal:
    return rehearsals.get(request.param) or rehearsals["fair"]


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_in_this_weather(rehearsals: Mapping[str, Rehearsal], shot: str, case: Case) -> None:
    rehearsal = rehearsals[case.name]
    item = rehearsal.items[f"{shot}/{case.name}"]
    status, code, charges = case.status, case.code, case.charges
    if case.elsewhere is not None and shot not in ASKED_AGAIN:
        status, code, charges = case.elsewhere
    if shot == "empiriolabs-image" and case.name in ("failing", "all-failing"):
        # This vendor's call waits for the picture: an error of the server there may or may not have been charged.
        status, code = UNCERTAIN, UNCERTAIN
    if (case.name, shot) == ("empty-at-first", "empiriolabs-image"):
        # Neither a picture nor a job: nothing that could be asked for again.
        status, code = UNCERTAIN, UNCERTAIN
    if (case.name, shot) == ("odd-word", "empiriolabs-image"):
        # Nobody has written down the words of this vendor's jobs: any other word means that it works.
        status, code = "rendered", ""
    assert (item["status"], (item["error"] or {}).get("code", "")) == (status, code), item["error"]
    assert len(rehearsal.charged(shot, case)) == charges
    if status == "rendered":
        (take,) = item["takes"]
        path = rehearsal.project / take["path"]
        found: Artifact = probe(path)
        if case.name == "fair" or case.spoils_files:
            verify_decodes(path)
        assert (found.sha256, found.width, found.height, found.duration) == (
            take["sha256"],
            *((1280, 720, 2.0) if shot.endswith("video") else (768, 768, None)),
        )
    else:
        assert item["takes"] == []
        if case.name == "stuck":
            # What may still come is neither bought again nor written off.
            (row,) = [row for row in rehearsal.ledger if row["item"] == item["id"]]
            assert (row["outcome"], bool(row["task_id"])) == ("in_flight", True)


def test_every_fault_strikes_here() -> None:
    assert set(SORTS) == {str(case.fault["fault"]) for case in CASES if case.fault}


def test_nothing_is_bought_twice(rehearsal: Rehearsal) -> None:
    assert [charge for charge in rehearsal.charges if charge.duplicate_of] == []


def test_both_sides_keep_the_same_books(rehearsal: Rehearsal) -> None:
    """Every task that a vendor charged is in our ledger, under its id where the vendor told us one."""
    ours = {row["task_id"] for row in rehearsal.ledger if row["task_id"]}
    unknown = [charge for charge in rehearsal.charges if charge.task_id not in ours]
    assert "runware" not in {charge.provider for charge in unknown}
    untold = [row for row in rehearsal.ledger if not row["task_id"] and row["outcome"] in ("done", UNCERTAIN)]
    assert len(unknown) <= len(untold)


def test_no_key_is_left_behind(rehearsal: Rehearsal) -> None:
    keys = [key.encode() for key in rehearsal.keys]
    assert len(keys) == len(PROVIDERS)
    files = [path for path in rehearsal.project.rglob("*") if path.is_file()]
    assert [path for path in files for key in keys if key in path.read_bytes()] == []

"""What was accepted at a vendor for a request that was edited since, or is gone: the next render collects it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wanspec.cli.main import main
from wanspec.emulator import Emulator
from wanspec.engine.clock import SystemClock

HEAD = """\
wanspec: 1
name: edited
providers:
  runware: {poll: {first: 0.05, max: 0.2}}
  reapi: {poll: {first: 0.05, max: 0.2}}
defaults:
  image: {width: 768, height: 768}
"""


def write(project: Path, *shots: str) -> None:
    (project / "wanspec.yaml").write_text(HEAD + "shots:" + "".join(f"\n  - {{{one}}}" for one in shots))


def write_nothing(project: Path) -> None:
    (project / "wanspec.yaml").write_text(HEAD + "budget: {usd: 0}\nshots: []\n")


ASKED = "id: asked, prompt: a ferry, model: runware/wan2.7-image"
CREDITS = "id: credits, prompt: a quay, model: reapi/wan2.7-image"
OTHER = "id: other, prompt: the sea, model: reapi/wan2.7-image"


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue(), err.getvalue()


def outcomes() -> list[tuple[str, str]]:
    """Item and outcome of every submission."""
    _, out, _ = run("ledger", "--json")
    return sorted((row["item"], row["outcome"]) for row in json.loads(out)["submissions"])


IN_FLIGHT = [("asked", "in_flight"), ("credits", "in_flight")]


async def nap(_: SystemClock, seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.02))


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    for name in [name for name in os.environ if name.startswith("WANSPEC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    with Emulator(plain=True, latency_s=1, clock_scale=10) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield emulator


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator) -> Path:
    """Two requests were accepted, and then somebody pressed Ctrl-C."""
    write(tmp_path, ASKED, CREDITS)
    pressed = False

    async def interrupted(_: SystemClock, seconds: float) -> None:
        nonlocal pressed
        if len(list(emulator.ledger)) == 2 and not pressed:
            pressed = True  # a second time would leave at once
            signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(min(seconds, 0.02))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "sleep", interrupted)
        code, _, err = run("render", "--yes", "--json")
    assert code == 130, err
    assert outcomes() == IN_FLIGHT
    return tmp_path


def render(*arguments: str) -> tuple[int, dict[str, Any], list[str]]:
    """Exit code, the JSON, and what was noted on stderr."""
    code, out, err = run("render", "--json", *arguments)
    return code, json.loads(out), sorted(line for line in err.splitlines() if line.startswith("note:"))


def test_an_edited_request_s_old_result_is_collected_and_kept(project: Path, emulator: Emulator) -> None:
    write(project, ASKED.replace("ferry", "barge"), CREDITS)
    code, told, notes = render("--yes")
    assert code == 0, notes
    assert {one["id"]: one["status"] for one in told["items"]} == {"asked": "rendered", "credits": "rendered"}
    assert notes == ["note: what an earlier request of `asked` was sent for has come, and is kept"]
    assert outcomes() == [("asked", "done"), ("asked", "done"), ("credits", "done")]
    assert len(list(emulator.ledger)) == 3
    write(project, ASKED, CREDITS)
    _, out, _ = run("plan", "--json")
    assert [one["status"] for one in json.loads(out)["items"]] == ["cached", "cached"]


def test_it_needs_neither_leave_nor_budget_nor_a_place_in_the_list(project: Path, emulator: Emulator) -> None:
    write_nothing(project)
    code, told, notes = render()
    assert (code, told["items"], told["summary"]["cost_usd"]) == (0, [], 0)
    assert len(notes) == 2
    assert all("has come, and is kept" in note for note in notes)
    assert outcomes() == [("asked", "done"), ("credits", "done")]
    assert len(list(emulator.ledger)) == 2
    assert render()[2] == []


def test_a_selection_renders_no_more_and_leaves_what_is_in_the_list_to_its_item(
    project: Path, emulator: Emulator
) -> None:
    write(project, CREDITS, OTHER)
    code, told, notes = render("--yes", "-s", "other")
    assert (code, [one["id"] for one in told["items"]]) == (0, ["other"])
    assert [note for note in notes if "`asked`" in note] == notes
    assert len(notes) == 1
    assert outcomes() == [("asked", "done"), ("credits", "in_flight"), ("other", "done")]
    assert len(list(emulator.ledger)) == 3


@pytest.mark.parametrize("how", ["--preview", "--offline"])
@pytest.mark.usefixtures("emulator")
def test_where_nothing_may_be_asked_nothing_is_collected(project: Path, how: str) -> None:
    write_nothing(project)
    assert render(how)[0] == 0
    assert outcomes() == IN_FLIGHT


@pytest.mark.usefixtures("emulator")
def test_what_cannot_be_collected_fails_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_nothing(project)
    monkeypatch.delenv("REAPI_API_KEY")
    monkeypatch.delenv("RUNWARE_API_KEY")
    code, _, notes = render()
    assert code == 0
    assert notes == [
        "note: what an earlier request of `asked` was sent for is still at `runware`: there is no key for `runware`",
        "note: what an earlier request of `credits` was sent for is still at `reapi`: there is no key for `reapi`",
    ]
    assert outcomes() == IN_FLIGHT


def test_what_cannot_be_had_any_more_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_nothing(project)
    with Emulator(plain=True) as other:  # one that never heard of the tasks
        for name, value in other.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(SystemClock, "sleep", nap)
        code, _, notes = render()
    assert code == 0
    assert len(notes) == 2
    assert all("was paid for, and cannot be fetched" in note for note in notes)
    assert outcomes() == [("asked", "failed"), ("credits", "failed")]

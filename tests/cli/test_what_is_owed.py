"""What people are told of what vendors have, and of what is missing before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from wanspec.emulator import Emulator

TWO = """\
wanspec: 1
name: film
shots:
  - {id: pier, model: runware/wan2.7-image, prompt: A pier, width: 768, height: 768}
  - {id: boat, model: reapi/wan2.7-image, prompt: A boat, aspect_ratio: "1:1"}
  - {id: gull, model: runware/wan2.7-image, prompt: A gull, width: 768, height: 768}
"""


def test_all_missing_keys_are_told_at_once(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "wanspec.yaml").write_text(TWO)
    for name in ("RUNWARE", "REAPI"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    done = run("render", "--yes", "--json")
    assert done.code == 3
    assert done.json["error"] == {
        "code": "key_missing",
        "message": "there is no key for `runware`; there is no key for `reapi`",
        "hint": "set `RUNWARE_API_KEY`; set `REAPI_API_KEY`; `--preview` needs none",
    }


@pytest.mark.usefixtures("paid")
def test_a_plan_tells_what_is_in_flight_for_an_older_request(run: Run, edit, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(plain=True, latency_s=0.0) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        emulator.set_faults([{"fault": "unknown_status", "times": 1}])
        assert run("render", "--yes").code == 1  # it stays in flight
        assert run("plan", "--json").json["items"][0]["status"] == "in_flight"
        edit("A pier in fog", "A pier in rain")
        told = "an earlier request of pier is in flight at a vendor, and paid: undo the edit to go on with it\n"
        assert run("plan").out.endswith(told)
        assert run("why", "pier").out.endswith(told)
        edit("A pier in rain", "A pier in fog")
        assert told not in run("plan").out


@pytest.mark.usefixtures("paid")
def test_a_render_tells_of_what_was_charged_for_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(plain=True, latency_s=0.0, clock_scale=50) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        emulator.set_faults([{"fault": "wrong_bytes", "what": "html"}])
        done = run("render", "--yes")
        assert done.code == 1
        assert "1 may have been charged without a result: `wanspec ledger --disputes`" in done.out

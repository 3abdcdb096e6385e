"""What a render says that it has cost."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from wanspec.emulator import Emulator


def test_takes_that_came_are_paid_although_another_failed(paid: Path, run: Run, monkeypatch) -> None:
    with (paid / "wanspec.yaml").open("a") as file:
        file.write("    takes: 3\n")
    with Emulator(plain=True, latency_s=0.0) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        emulator.set_faults([{"fault": "refused", "submit": 2}])
        done = run("render", "--yes", "--json")
        assert done.code == 1
        (pier,) = done.json["items"]
        assert (pier["status"], len(pier["takes"])) == ("failed", 2)
        assert (pier["cost_usd"], done.json["summary"]["cost_usd"]) == (0.06, 0.06)
        assert done.json["summary"]["estimated_usd"] == 0.06
        assert run("status").out.splitlines()[-1].endswith("s, $0.06 as estimated")
        assert run("status", "--json").json == done.json
        emulator.set_faults([])
        again = run("render", "--yes", "--json")
        assert (again.code, again.json["summary"]["cost_usd"]) == (0, 0.03)
        assert float(emulator.ledger.total_usd) == 0.09

"""Real processes, real signals: what a user, a power cut and a second terminal do to a render."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wanspec.emulator import Emulator

SHOTS = """\
wanspec: 1
name: processes
providers:
  runware: {poll: {first: 0.1, max: 0.3}}
  reapi: {poll: {first: 0.1, max: 0.3}}
defaults:
  image: {width: 1024, height: 768}
shots:
  - {id: asked, prompt: a ferry, model: runware/wan2.7-image}
  - {id: credits, prompt: a quay, model: reapi/wan2.7-image}
"""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(plain=True, latency_s=1.0, clock_scale=10.0) as emulator:
        yield emulator


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "wanspec.yaml").write_text(SHOTS)
    return tmp_path


def begin(
    project: Path, emulator: Emulator, plain_environment: dict[str, str], *arguments: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wanspec", *arguments, str(project)],
        env=plain_environment | emulator.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def run(project: Path, emulator: Emulator, plain_environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    return finish(begin(project, emulator, plain_environment, *arguments))


def wait_for_charges(emulator: Emulator, number: int) -> None:
    deadline = time.monotonic() + 40
    while len(list(emulator.ledger)) < number:
        assert time.monotonic() < deadline, "nothing was submitted"
        time.sleep(0.01)


def test_killed_while_tasks_are_in_flight_the_next_render_collects(
    project: Path, emulator: Emulator, plain_environment: dict[str, str]
) -> None:
    emulator.set_faults([{"fault": "stuck"}])
    process = begin(project, emulator, plain_environment, "render", "--yes")
    wait_for_charges(emulator, 2)
    time.sleep(0.3)  # for the answers to arrive
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    code, out, _ = run(project, emulator, plain_environment, "plan", "--json")
    plan = json.loads(out)
    assert {one["id"]: one["status"] for one in plan["items"]} == {"asked": "in_flight", "credits": "in_flight"}
    assert (plan["summary"]["to_render"], plan["summary"]["estimated_usd"]) == (0, 0)
    code, out, _ = run(project, emulator, plain_environment, "status")
    last = out.splitlines()[-1].replace("credits, asked", "asked, credits")
    assert last == "in flight at a vendor, and paid: asked, credits; `wanspec render` collects it, for nothing"
    with Emulator(plain=True, latency_s=0.1) as other:  # a vendor that never heard of the tasks
        code, out, err = run(project, other, plain_environment, "recover", "--json")
        assert code == 1, err
        found = {one["item"]: one["status"] for one in json.loads(out)["submissions"]}
        assert found == {"asked": "lost", "credits": "lost"}
    code, out, _ = run(project, emulator, plain_environment, "render", "--retry-uncertain", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (3, "no_leave")
    code, out, _ = run(project, emulator, plain_environment, "ledger", "--json", "--disputes")
    rows = json.loads(out)["submissions"]
    assert sorted((row["item"], row["outcome"], row["disputed"]) for row in rows) == [
        ("asked", "failed", True),
        ("credits", "failed", True),
    ]


def test_ctrl_c_remembers_what_is_in_flight_and_recover_collects_it(
    project: Path, emulator: Emulator, plain_environment: dict[str, str]
) -> None:
    process = begin(project, emulator, plain_environment, "render", "--yes")
    wait_for_charges(emulator, 2)
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert code == 130, err
    assert "in flight at a vendor, and paid: " in err.splitlines()[-1]
    charged = len(list(emulator.ledger))
    code, out, err = run(project, emulator, plain_environment, "recover")
    assert code == 0, err
    assert len(list(emulator.ledger)) == charged
    code, out, err = run(project, emulator, plain_environment, "render", "--json", "--yes")
    assert code == 0, err
    assert len(list(emulator.ledger)) == 2
    assert json.loads(out)["summary"]["failed"] == 0
    code, out, _ = run(project, emulator, plain_environment, "ledger", "--csv")
    lines = out.splitlines()
    assert lines[0].startswith("when,run,item,take,key,provider,model,task_id,estimated_usd,actual_usd,outcome")
    assert len(lines) == 3
    assert all(",done,false" in line for line in lines[1:])


def test_two_renders_at_once_submit_each_action_once(
    project: Path, emulator: Emulator, plain_environment: dict[str, str]
) -> None:
    processes = [begin(project, emulator, plain_environment, "render", "--yes") for _ in range(2)]
    ended = [finish(process) for process in processes]
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert len(list(emulator.ledger)) == 2


def test_what_may_not_be_sent_is_refused_before_anything_is(
    project: Path, emulator: Emulator, plain_environment: dict[str, str]
) -> None:
    def refused(*arguments: str, **changed: str) -> tuple[int, str]:
        environment = plain_environment | emulator.environment() | changed
        done = subprocess.run(
            [sys.executable, "-m", "wanspec", "render", str(project), "--json", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "secret-of-mine" not in done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout)["error"]["code"]

    assert refused("--yes", REAPI_API_KEY="") == (3, "key_missing")
    assert refused("--yes", REAPI_API_KEY="two\nlines") == (3, "key_missing")
    assert refused("--yes", RUNWARE_BASE_URL="http://me:secret-of-mine@api.example.com/") == (3, "base_url")
    assert refused("--yes", "--offline") == (3, "offline")
    assert refused() == (3, "no_leave")
    assert refused("--budget", "0.01") == (3, "over_budget")
    assert list(emulator.ledger) == []
    assert not (project / ".wanspec" / "journal").exists()


def test_nothing_that_a_run_leaves_behind_holds_a_key(
    project: Path, emulator: Emulator, plain_environment: dict[str, str]
) -> None:
    emulator.set_faults([{"fault": "refused", "provider": "reapi"}])
    code, out, err = run(project, emulator, plain_environment, "render", "--yes", "-v")
    assert code == 1
    keys = [value for name, value in emulator.environment().items() if name.endswith("_API_KEY")]
    files = [path for path in project.rglob("*") if path.is_file()]
    assert any(path.suffix == ".jsonl" for path in files)
    for key in keys:
        assert key not in out + err
        assert [path for path in files if key.encode() in path.read_bytes()] == []

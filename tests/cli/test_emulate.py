"""`wanspec emulate` as a user runs it: a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

Start = Callable[..., "subprocess.Popen[str]"]
Wanspec = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(plain_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "wanspec", "emulate", *map(str, arguments)],
            cwd=tmp_path,
            env=plain_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.terminate()
        process.communicate(timeout=20)


def settings(process: subprocess.Popen[str]) -> dict[str, str]:
    """The first ten lines, which are there although the process goes on."""
    assert process.stdout is not None
    return dict(process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(10))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_settings_serves_and_ends_clean(start: Start, ending: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "weather.yaml").write_text("- {fault: rate_limit, prompt: fog}\n", "utf-8")
    process = start("--faults", "weather.yaml", "--plain", "--speed", "1000")
    told = settings(process)
    assert sorted(name for name in told if name.endswith("_BASE_URL")) == [
        "AIHUBMAX_BASE_URL",
        "EMPIRIOLABS_BASE_URL",
        "EVOLINK_BASE_URL",
        "REAPI_BASE_URL",
        "RUNWARE_BASE_URL",
    ]
    address = told["REAPI_BASE_URL"] + "/api/v1/images/generations"
    headers = {"Authorization": f"Bearer {told['REAPI_API_KEY']}"}
    native = {"model": "wan2.7-image", "size": "768x768"}
    assert httpx.post(address, json={**native, "prompt": "sun"}, headers=headers, trust_env=False).status_code == 200
    assert httpx.post(address, json={**native, "prompt": "fog"}, headers=headers, trust_env=False).status_code == 429
    process.send_signal(ending)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert re.fullmatch(
        r"the vendors are at http://127\.0\.0\.1:\d+; Ctrl-C ends this\n"
        r"what they deliver counts as rendered: rehearse in a copy of the project\n"
        r"1 submission accepted, \$0\.024 charged, none bought twice\n",
        err,
    )


def test_with_json_the_settings_are_one_object(start: Start) -> None:
    process = start("--json", "-q", "--seed", "5")
    assert process.stdout is not None
    text = process.stdout.readline()
    while text.count("{") != text.count("}"):
        text += process.stdout.readline()
    told = json.loads(text)["environment"]
    assert set(told) >= {"RUNWARE_BASE_URL", "RUNWARE_API_KEY"}
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_a_port_can_be_chosen_and_may_be_taken(start: Start, wanspec: Wanspec, tmp_path: Path) -> None:
    port = settings(start())["REAPI_BASE_URL"].split("/")[2].rpartition(":")[2]
    second = wanspec("emulate", "--port", port, cwd=tmp_path)
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"error: port {port} cannot be listened to: address already in use\n  hint: choose another `--port`\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faults:\n  - fault: stuck\n    tmies: 1\n", "weather.yaml:3:12: `faults[0].tmies` is not known here"),
        ("- fault: stuk\n", "weather.yaml:1:10: `faults[0].fault` is `stuk`, which is no fault"),
        ("- stuck\n- [1]\n", "weather.yaml:2:3: `faults[1]` must be a mapping"),
        ("- {fault: [\n", "weather.yaml:"),
        ("- fault: stuck\n  fault: failed\n", "weather.yaml:2:3: error[WS"),
        ("storm\n", "weather.yaml:1:1: the weather must be a list of faults or a mapping"),
    ],
)
def test_faults_of_the_faults_are_told_with_their_place(wanspec: Wanspec, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "weather.yaml").write_text(text, "utf-8")
    done = wanspec("emulate", "--faults", "weather.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--faults", "none.yaml"],
        ["--port", "70000"],
        ["--port", "x"],
        ["--speed", "0"],
        ["--speed", "inf"],
        ["--speed", "nan"],
        ["--nope"],
    ],
)
def test_a_wrong_command_line(wanspec: Wanspec, tmp_path: Path, arguments: list[str]) -> None:
    done = wanspec("emulate", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error:" in done.stderr

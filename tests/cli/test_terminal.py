"""What happens when a person sits at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from wanspec.emulator import Emulator


def at_a_terminal(arguments: list[str], root: Path, environment: dict[str, str], typed: str = "") -> tuple[int, str]:
    """Runs wanspec on a pseudo-terminal, types, and gives the exit code and all that was shown."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        process = subprocess.Popen(
            [sys.executable, "-m", "wanspec", *arguments],
            cwd=root,
            env={**environment, "TERM": "xterm", "COLUMNS": "100"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the other side is closed
                break
            if not piece:
                break
            shown += piece
        return process.wait(60), shown.decode("utf-8", "replace")
    finally:
        os.close(ours)


@pytest.fixture
def with_key(plain_environment: dict[str, str]) -> dict[str, str]:
    """An environment in which a vendor could be asked; what is tested here never gets so far."""
    return {**plain_environment, "RUNWARE_API_KEY": "sk-of-nobody", "RUNWARE_BASE_URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize("answer", ["n", "", "yep", "nein"])
def test_before_spending_the_plan_is_shown_and_asked(paid: Path, with_key: dict[str, str], answer: str) -> None:
    code, shown = at_a_terminal(["render"], paid, with_key, f"{answer}\n")
    assert code == 3
    assert "+ pier" in shown
    assert "estimate: $0.03" in shown
    assert "render this? [y/N]" in shown
    assert "nothing was sent" in shown
    assert not (paid / ".wanspec").exists()


def test_a_yes_goes_on(paid: Path, plain_environment: dict[str, str]) -> None:
    with Emulator() as emulator:
        code, shown = at_a_terminal(["render"], paid, {**plain_environment, **emulator.environment()}, "Y\n")
    assert "render this? [y/N]" in shown
    assert "1 rendered" in shown
    assert code == 0


def test_over_the_budget_nobody_is_asked(paid: Path, with_key: dict[str, str]) -> None:
    code, shown = at_a_terminal(["render", "--budget", "0.01"], paid, with_key, "y\n")
    assert code == 3
    assert "render this?" not in shown
    assert "the budget is $0.01" in shown


def test_a_free_render_is_shown_live(project: Path, plain_environment: dict[str, str]) -> None:
    code, shown = at_a_terminal(["render"], project, plain_environment)
    assert code == 0
    assert "rendered  plate" in shown
    assert "3 rendered, 0 cached" in shown
    assert "Traceback" not in shown


def test_colours_on_a_terminal_follow_the_wish(project: Path, plain_environment: dict[str, str]) -> None:
    environment = {name: value for name, value in plain_environment.items() if name != "NO_COLOR"}
    assert "\x1b[32m" in at_a_terminal(["plan"], project, environment)[1]
    assert "\x1b[" not in at_a_terminal(["plan", "--color", "never"], project, environment)[1]
    assert "\x1b[" not in at_a_terminal(["plan"], project, {**environment, "NO_COLOR": "1"})[1]

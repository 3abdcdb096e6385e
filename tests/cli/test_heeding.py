"""Ctrl-C that comes while a command is still reading."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from wanspec.cli.project import Project


class Deaf:
    """What a finalizer raises is printed by Python, and gone."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass  # the handler is called between two steps


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_ctrl_c_that_gets_lost_on_the_way_stops_the_render_all_the_same(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Project.plan

    def plan_while_interrupted(self: Project, *, preview: bool = False) -> object:
        Deaf()
        return plan(self, preview=preview)

    monkeypatch.setattr(Project, "plan", plan_while_interrupted)
    done = run("render")
    assert done.code == 130
    assert not (project / "renders").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

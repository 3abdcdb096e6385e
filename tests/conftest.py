"""What tests of every folder need: the command as a user runs it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT, Wanspec, answer, copy_of

# The store flushes each of its steps to the disk, and waiting for that was half of the time of the tests.  In memory
# a flush costs nothing; what a disk may lose when the power goes is the simulation's to find.
_IN_MEMORY = Path("/dev/shm")
if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > 4 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


@pytest.fixture(scope="session")
def plain_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The caller's environment without what would change a result: keys, addresses, settings, colours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WANSPEC_") and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {
        "PYTHONPATH": str(ROOT),  # the checkout's own package, whether or not it is installed
        # Compiled once for all the processes that the tests start, also where bytecode is switched off or the
        # checkout cannot be written.
        "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "bytecode"),
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }


@pytest.fixture(scope="session")
def wanspec(plain_environment: dict[str, str]) -> Wanspec:
    """Runs `wanspec ARGUMENTS` in `cwd` as a process of its own and gives what it printed and its exit code."""

    def run(*arguments: str | Path, cwd: Path, timeout: float = 250) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wanspec", *map(str, arguments)],
            cwd=cwd,
            env=plain_environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """`once(name, make)` gives the folder that `make(folder)` filled, for all workers: whoever asks first makes it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        place = shared / f"once-{name}"
        with (shared / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "made").exists():
                shutil.rmtree(place, ignore_errors=True)
                (place / "folder").mkdir(parents=True)
                make(place / "folder")
                (place / "made").touch()
        return place / "folder"

    return folder


@pytest.fixture(scope="session")
def storyboard(wanspec: Wanspec, once: Callable[[str, Callable[[Path], None]], Path]) -> tuple[Path, dict[str, Any]]:
    """The storyboard example after a preview, and what that printed.  Not to be changed: take a copy."""

    def render(folder: Path) -> None:
        done = wanspec("render", "--preview", "--json", cwd=copy_of("storyboard", folder))
        (folder / "run.json").write_text(json.dumps(answer(done)), "utf-8")

    folder = once("storyboard", render)
    return folder / "storyboard", json.loads((folder / "run.json").read_text("utf-8"))

"""The command as the tests of every folder run it, and what they run it on."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

Wanspec = Callable[..., "subprocess.CompletedProcess[str]"]


def copy_of(example: str, folder: Path) -> Path:
    """A copy without what an earlier render may have left in the checkout."""
    ignored = shutil.ignore_patterns(".wanspec", "renders", "wanspec.lock")
    return Path(shutil.copytree(ROOT / "examples" / example, folder / example, ignore=ignored))


def answer(done: subprocess.CompletedProcess[str], *, code: int = 0) -> dict[str, Any]:
    """The one JSON object that a command printed; the test fails when it ended in another way than `code`."""
    assert done.returncode == code, done.stdout + done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value

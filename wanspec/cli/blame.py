"""Which commit last touched a line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from wanspec.domain.nodes import Location

_PATIENCE_S = 5.0


def last_commit(root: Path) -> Callable[[Location], str | None]:
    """Looks lines up in git.  None outside a repository, for a line not committed yet, and without git."""

    @cache
    def look(at: Location) -> str | None:
        try:
            done = subprocess.run(
                ["git", "blame", "--porcelain", "-L", f"{at.line},{at.line}", "--", at.file],
                cwd=root,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_PATIENCE_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        commit = done.stdout[:40].decode("ascii", "replace") if done.returncode == 0 else ""
        return commit if commit.strip("0") else None  # git writes zeros for what is not committed

    return look

"""The repository that a project lies in, whose root the places of machine-read reports count from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

# What a diagnostic names as its file where there is none.
_NO_FILES = frozenset({"--var"})


def shown_from_repository(root: Path, environment: Mapping[str, str]) -> Callable[[str], str | None]:
    """How a file of a project is called from the repository's root; None for what is no file.

    What lies outside the repository keeps its absolute path.
    """
    top = repository_of(root, environment)

    def shown(file: str) -> str | None:
        if file in _NO_FILES:
            return None
        path = Path(os.path.normpath(root / file))
        return (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()

    return shown


def repository_of(root: Path, environment: Mapping[str, str]) -> Path:
    """The folder that GitHub's runner names, else the nearest one with a `.git`, else the project's own."""
    named = environment.get("GITHUB_WORKSPACE", "")
    if named and Path(named).is_absolute() and root.is_relative_to(os.path.normpath(named)):
        return Path(os.path.normpath(named))
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)

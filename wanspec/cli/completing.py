"""What a shell offers for arguments: names that are quick to find.  A fault offers nothing and says nothing."""

from __future__ import annotations

import click


def items(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001 -- click's signature
    """Items of the lock: reading it is quicker than checking the shot list on every press of Tab."""
    from pathlib import Path

    from wanspec.domain.errors import WanspecError
    from wanspec.reading.project_files import find_project
    from wanspec.store.lock import read_lock

    try:
        lock = read_lock(find_project(Path.cwd())).value
    except (WanspecError, OSError):
        return []
    return [] if lock is None else [id for id in sorted(lock.items) if id.startswith(incomplete)]


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Models of the catalogue and of the project."""
    from wanspec.catalogue.catalogue import load_catalogue
    from wanspec.cli.catalogue import project_here

    try:
        root = project_here()
        catalogue = load_catalogue(None if root is None else root / "schemas").value
    except OSError:
        return []
    return [] if catalogue is None else [id for id in catalogue.ids() if id.startswith(incomplete)]


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Diagnostic codes."""
    from wanspec.domain.codes import CODES

    return [code for code in CODES if code.startswith(incomplete.upper())]

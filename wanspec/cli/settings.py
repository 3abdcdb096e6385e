"""What the global options say, gathered in one place."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click


@dataclass(slots=True)
class Settings:
    """What the global options say.  Filled while the command line is read, from left to right."""

    profile: str | None = None
    vars: list[tuple[str, str]] = field(default_factory=list)
    vars_files: list[Path] = field(default_factory=list)
    max_items: int = 200_000
    allow_outside: list[Path] = field(default_factory=list)
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False
    json: bool = False
    arguments: Sequence[str] = ()  # the whole command line

    @property
    def is_for_programs(self) -> bool:
        """Whether `--json` is asked for, also further on in a command line that is not read to its end."""
        return self.json or "--json" in self.arguments

    def granted(self) -> tuple[Path, ...]:
        """The folders that the user lets a shot list read: `--allow-outside` and `WANSPEC_ALLOW_OUTSIDE`."""
        named = [Path(one) for one in os.environ.get("WANSPEC_ALLOW_OUTSIDE", "").split(os.pathsep) if one]
        return tuple(Path(os.path.abspath(one)) for one in (*self.allow_outside, *named))  # noqa: PTH100 -- links stay


def settings_of(ctx: click.Context) -> Settings:
    """The one object of this invocation."""
    found = ctx.find_root().ensure_object(Settings)
    assert isinstance(found, Settings)
    return found

"""What every place of the user's own can do, from which a vendor fetches what it takes by address only."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from wanspec.domain.artifacts import Artifact

# How long it is taken for granted that what was brought somewhere is still there.
STAYS_S = 12 * 3600.0


class Publisher(Protocol):
    """A place where files of ours can be put for a vendor to fetch."""

    @property
    def on_loopback(self) -> bool:
        """Whether its addresses lead to this machine, where only a vendor on this machine can follow them."""

    async def put(self, path: Path, artifact: Artifact) -> None:
        """Brings a file there.

        Raises StoreError for a disk that refuses, Refused and Busy for a bucket that does.
        """

    async def address(self, artifact: Artifact, lives_s: float) -> str:
        """Where it can be fetched for so long.  Raises as `put` does."""


def file_name(artifact: Artifact) -> str:
    """Under which a file is published: equal bytes are one file, and nobody guesses it."""
    return f"{artifact.sha256}.{artifact.extension}"

"""Who needs whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph of item ids without cycles."""

    needs: Mapping[str, tuple[str, ...]]  # direct, each once, in story order
    needed_by: Mapping[str, tuple[str, ...]]  # the same edges the other way
    order: tuple[str, ...]  # every item after all that it needs; otherwise story order

"""What all tests of the wire share."""

from __future__ import annotations

import os
from typing import Any

import diskcache
import pytest


@pytest.fixture(autouse=True)
def unhurried_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: a kill inside one process loses nothing that was written."""
    cache = diskcache.Cache

    def unhurried(*arguments: Any, **settings: Any) -> Any:
        return cache(*arguments, **settings | {"sqlite_synchronous": 0})

    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(diskcache, "Cache", unhurried)

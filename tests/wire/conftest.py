"""What all tests of the wire share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def unhurried_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: a kill inside one process loses nothing that was written."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)

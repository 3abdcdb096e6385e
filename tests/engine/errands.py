"""What tests send workers to do: a worker imports its work by name, so it stands in a module of its own."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from wanspec.domain.errors import MediaError


def double(number: int) -> int:
    return number * 2


def process() -> int:
    return os.getpid()


def refuse(path: str) -> None:
    raise MediaError(f"`{path}` is no picture", hint="use PNG", code="odd")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def linger(marker: Path) -> None:
    marker.write_text(str(os.getpid()))
    time.sleep(60)

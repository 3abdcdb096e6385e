"""Who does what, among the wanspec processes that share a store.

A claim is an advisory lock on a small file.  The operating system gives it up when its process ends, however that
ends, so the claim of a process that no longer lives is void at once.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from wanspec.domain.errors import StoreError
from wanspec.store.durable import Disk, trouble


class Claim:
    """One claim, held until `release` or the end of the `with` block."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def release(self) -> None:
        # Taken first: a run that is interrupted may give up here what a thread of its own is about to give up.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            # Removed while still held: who opened the same file before sees that it is gone and looks again.
            self._path.unlink(missing_ok=True)
            os.close(descriptor)

    def __enter__(self) -> Claim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Claims:
    """The claims of one store."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def take(self, name: str) -> Claim | None:
        """The claim on `name`, or None while somebody else has it."""
        self._disk.folder(self._folder)
        path = self._folder / name.replace(":", "-")
        with trouble(path):
            while True:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if _same_file(descriptor, path):
                        os.ftruncate(descriptor, 0)
                        os.write(descriptor, f"{os.uname().nodename} {os.getpid()}\n".encode())
                        return Claim(path, descriptor)
                except BlockingIOError:
                    os.close(descriptor)
                    return None
                except BaseException:
                    os.close(descriptor)
                    raise
                os.close(descriptor)

    def wait(self, name: str, timeout_s: float = 30.0) -> Claim:
        """The claim on `name`, for something that takes milliseconds.  Raises StoreError after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while (claim := self.take(name)) is None:
            if time.monotonic() > deadline:
                raise StoreError(f"another wanspec process has held `{self._folder / name}` for too long")
            time.sleep(0.01)
        return claim


def _same_file(descriptor: int, path: Path) -> bool:
    """Whether the file that was opened is still the one of that name."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_dev, mine.st_ino) == (found.st_dev, found.st_ino)

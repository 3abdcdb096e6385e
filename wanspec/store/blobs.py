"""Artifacts by content: `blobs/sha256/ab/cdef…`, each written once and for reading only."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from wanspec.domain.errors import StoreError
from wanspec.store.durable import Damaged, Disk, sha256_of, trouble

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The bytes of all artifacts.  Nothing in here goes away by itself."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder / "sha256"
        self._aside = folder / "damaged"
        self._disk = disk
        self._sound: set[str] = set()  # read and compared by this process
        self._guard = threading.Lock()

    def path(self, sha256: str) -> Path:
        """Where the bytes are, or would be.  Raises StoreError for what is no digest, as an edited lock may give."""
        if not _SHA256.fullmatch(sha256):
            raise StoreError(f"`{sha256[:80]}` is no sha256 digest")
        return self.folder / f"{sha256[:2]}/{sha256[2:]}"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def all(self) -> set[str]:
        """The digests of all blobs, by one look into each folder; none where there is no store yet."""
        found: set[str] = set()
        try:
            parts = os.listdir(self.folder)  # noqa: PTH208 - names alone, thousands of them
        except (FileNotFoundError, NotADirectoryError):
            return found
        except OSError as error:
            raise StoreError(f"`{self.folder}`: {error.strerror}", hint="make the store readable") from error
        for part in parts:
            if len(part) == 2:
                with trouble(self.folder / part):
                    found.update(part + name for name in os.listdir(self.folder / part) if len(name) == 62)  # noqa: PTH208
        return found

    def add(self, path: Path) -> str:
        """Takes over a finished file that lies on the store's file system; its digest.

        The caller has made sure that the file is what was asked for.  Afterwards the bytes are on the disk, also
        after a power cut, and `path` is gone.
        """
        with trouble(path):
            sha256 = sha256_of(path)
        target = self.path(sha256)
        self._disk.folder(target.parent)
        if self._is_whole(sha256, path.stat().st_size):
            # Whoever moved it in may have been killed before its name was on the disk.
            self._disk.make_lasting(target)
            path.unlink()
            return sha256
        self._disk.move_in(path, target)
        with self._guard:
            self._sound.add(sha256)
        return sha256

    def verify(self, sha256: str) -> bool:
        """Whether the bytes are there and are those of the digest.  Damaged ones are put aside, to be looked at."""
        path = self.path(sha256)
        try:
            sound = sha256_of(path) == sha256
        except FileNotFoundError:
            return False
        except OSError:
            sound = False  # an unreadable sector is damage too
        if not sound:
            self.put_aside(sha256)
        return sound

    def sound(self, sha256: str) -> Path:
        """The path of bytes that are known to be good: each is read once by a process before it is served.

        Raises Damaged when they are not, StoreError when they are not there.
        """
        with self._guard:
            known = sha256 in self._sound
        path = self.path(sha256)
        if known and path.is_file():
            return path
        if not path.is_file():
            raise StoreError(
                f"sha256:{sha256[:12]}… is not in the store",
                hint="render the item again, or bring back the folder `.wanspec/blobs`",
                code="missing",
            )
        if not self.verify(sha256):
            raise Damaged(sha256)
        with self._guard:
            self._sound.add(sha256)
        return path

    def put_aside(self, sha256: str) -> None:
        """Moves a damaged blob out of the way, so that it is never served; the bytes are kept under `damaged/`."""
        with self._guard:
            self._sound.discard(sha256)
        path = self.path(sha256)
        if path.is_file():
            self._disk.folder(self._aside)
            self._disk.rename(path, self._aside / f"{sha256}.{os.urandom(3).hex()}")

    def _is_whole(self, sha256: str, size: int) -> bool:
        """Whether a good copy is there already.  One of another size is damaged, and replaced."""
        try:
            return self.path(sha256).stat().st_size == size and self.verify(sha256)
        except FileNotFoundError:
            return False

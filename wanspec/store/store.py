"""The store of one project: opened without touching the disk, made by the first write."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Coding
from wanspec.domain.errors import StoreError
from wanspec.domain.lock import Lock
from wanspec.store.blobs import Blobs
from wanspec.store.claims import Claims
from wanspec.store.durable import Disk, trouble
from wanspec.store.index import ACTIONS, PAST, PREVIEWS, Index
from wanspec.store.journal import Journal
from wanspec.store.lock import Change, change_lock
from wanspec.store.media_facts import MediaFacts
from wanspec.store.records import Known, Snapshot, from_text, to_text
from wanspec.store.results import Results
from wanspec.store.runs import Runs

FOLDER = ".wanspec"


class Store:
    """Blobs, index, claims, journal, runs and the lock of one project.

    `folder` may be shared between projects; what belongs to one of them is kept under its `tag`.
    """

    def __init__(self, root: Path, folder: Path, disk: Disk | None = None) -> None:
        self.root = root
        self.folder = folder
        self.disk = disk or Disk()
        # Results and runs are of a place on this machine, not of a name: two checkouts may share one store.
        self.tag = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:16]
        self.blobs = Blobs(folder / "blobs", self.disk)
        self.index = Index(folder / "index", self.disk)
        self.claims = Claims(folder / "claims", self.disk)
        self.journal = Journal(folder / "journal", self.disk)
        self.runs = Runs(folder / "runs" / self.tag, self.disk)

    def known(self, *, preview: bool = False) -> Known:
        """What can be served without rendering: one look at the blobs, and one query once the lock does not know."""
        space = PREVIEWS if preview else ACTIONS
        return Known(Snapshot(lambda: self.index.scan(space)), self.blobs.all())

    def record(self, key: str, *, preview: bool = False) -> Record | None:
        """One record as it is now, all of whose bytes are here."""
        text = self.index.get(PREVIEWS if preview else ACTIONS, key)
        record = None if text is None else from_text(text)
        if record is None or record.key != key or not all(self.blobs.has(a.sha256) for a in record.artifacts):
            return None
        return record

    def coding(self, key: str, sha256: str) -> Coding | None:
        """How a take is coded, which the lock does not hold: as the record of its action says, or its adoption.

        None where this machine does not remember it.
        """
        text = self.index.get(ACTIONS, key) if key else None
        record = None if text is None else from_text(text)
        for artifact in () if record is None else record.artifacts:
            if artifact.sha256 == sha256 and artifact.coding is not None:
                return artifact.coding
        known = MediaFacts(self.index).artifact_of_bytes(sha256)
        return known.coding if known is not None else None

    def keep(self, record: Record, *, preview: bool = False) -> None:
        """Remembers what an action made.  Its blobs must be here; afterwards a kill or a power cut loses nothing.

        A record of the same key with other bytes is not lost either: it is kept in the space of past ones.
        """
        space = PREVIEWS if preview else ACTIONS
        rows = [(space, record.key, to_text(record))]
        if not preview and (text := self.index.get(space, record.key)) is not None:
            before = from_text(text)
            if before is not None and before.artifacts != record.artifacts:
                rows.append((PAST, f"{record.key}@{before.time}", text))
        self.index.put(rows)

    def results(self, output: str) -> Results:
        return Results(self.root, output, self.tag, index=self.index, blobs=self.blobs, disk=self.disk)

    def change_lock(self, change: Change) -> Lock:
        """See `wanspec.store.lock.change_lock`."""
        self.make()
        return change_lock(self.root, self.disk, self.claims, f"lock-{self.tag}", change)

    def make(self) -> None:
        """Makes the store's folder.  Raises StoreError where it cannot be, and for a link in its place."""
        if self.folder.is_symlink() and self.folder.parent == self.root:
            raise StoreError(
                f"`{self.folder.name}` is a link, and nothing is written through one",
                hint="set WANSPEC_STORE to the folder that it points at",
            )
        if not self.folder.is_dir() or not (self.folder / ".gitignore").is_file():
            self.disk.folder(self.folder, 0o700)
            self.disk.write(
                self.folder / ".gitignore", b"# Made by wanspec; can be shared, must not be committed.\n*\n"
            )

    def work_folder(self) -> Path:
        """An empty folder on the file system of the blobs; the caller removes it."""
        self.make()
        place = self.folder / "tmp"
        self.disk.folder(place)
        path = place / f"{os.uname().nodename}-{os.getpid()}-{os.urandom(6).hex()}"
        with trouble(path):
            self.disk.before("folder", path)
            path.mkdir(mode=0o700)
        return path

    def sweep(self) -> None:
        """Removes the work folders of processes of this machine that are no more: what a kill left behind."""
        with suppress(OSError):
            for path in (self.folder / "tmp").iterdir():
                host, _, rest = path.name.rpartition("-")[0].rpartition("-")
                if host == os.uname().nodename and rest.isdigit() and not _lives(int(rest)):
                    shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        self.index.close()


def open_store(root: Path, environment: Mapping[str, str]) -> Store:
    """The store of the project in `root`: in WANSPEC_STORE if that is set, else in `.wanspec`.

    Nothing is made and nothing is read yet.  A relative WANSPEC_STORE counts from the project's root, whatever the
    current folder is.
    """
    given = environment.get("WANSPEC_STORE", "")
    return Store(root, root / Path(given).expanduser() if given else root / FOLDER)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True

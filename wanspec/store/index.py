"""The store's index: texts by space and key, in one diskcache database.

Reading opens the database file for reading only, and creates nothing; the first write makes the folder.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wanspec.domain.errors import StoreError
from wanspec.store.durable import Disk

# Spaces in use.
ACTIONS = "action"  # action key -> record
PREVIEWS = "preview"  # preview key -> record
PAST = "past"  # KEY@TIME -> a record that a later one of the same key replaced
MEDIA = "media"  # path and stat of a project file -> what it holds
RESULTS = "result"  # project and path -> what was written there
HANDLES = "handle"  # provider and digest -> where a vendor can fetch those bytes, and until when
MEMO = "memo"  # what a pure stage computed, by content; safe to delete


@dataclass(slots=True)
class _Change:
    """Something to be written, and what became of it."""

    make: Callable[[Any], None]
    written: bool = False
    error: BaseException | None = None


class Index:
    """Texts by space and key.  A damaged database is reported in `notices`, put aside, and taken as empty."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self.notices: list[str] = []
        self._file = folder / "cache.db"
        self._disk = disk
        self._cache: Any = None
        self._guard = threading.Lock()  # one writer at a time in this process; others wait in SQLite
        self._waiting: list[_Change] = []  # handed in while somebody else was writing
        self._queue = threading.Lock()

    def scan(self, space: str, prefix: str = "") -> dict[str, str]:
        """All texts of one space whose key begins so, by one query."""
        low = _storable(f"{space}:{prefix}")
        skip = len(space) + 1
        # The next text after all that begin with `low`: its last character counted up by one.
        high = low[:-1] + chr(ord(low[-1]) + 1)
        rows = self._read(
            "SELECT key, value FROM Cache WHERE key >= ? AND key < ? AND raw = 1 AND mode = 1"
            " AND typeof(key) = 'text' AND typeof(value) = 'text'",
            (low, high),
        )
        return {key[skip:]: value for key, value in rows}

    def get(self, space: str, key: str) -> str | None:
        rows = self._read(
            "SELECT key, value FROM Cache WHERE key = ? AND raw = 1 AND mode = 1 AND typeof(value) = 'text'",
            (_storable(f"{space}:{key}"),),
        )
        return rows[0][1] if rows else None

    def put(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Keeps (space, key, text) rows: all of them or none.  On the disk when it returns."""
        rows = list(rows)

        def change(cache: Any) -> None:
            for space, key, text in rows:
                cache.set(_storable(f"{space}:{key}"), _storable(text))

        if rows:
            self._write(change)

    def delete(self, space: str, keys: Iterable[str]) -> None:
        keys = list(keys)

        def change(cache: Any) -> None:
            for key in keys:
                cache.delete(_storable(f"{space}:{key}"))

        if keys and self._file.is_file():
            self._write(change)

    def close(self) -> None:
        with self._guard:
            if self._cache is not None:
                self._cache.close()
                self._cache = None

    def _read(self, query: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
        try:
            if not self._file.is_file():
                return []
        except OSError as error:
            raise StoreError(f"`{self._file}`: {error.strerror}", hint="make the store readable") from error
        # A write that a power cut left half done is rolled back by whoever opens the database for writing.
        attempts = ("ro", "rw") if self._file.with_name("cache.db-journal").exists() else ("ro",)
        for attempt in attempts:
            try:
                address = f"file:{quote(str(self._file))}?mode={attempt}"
                with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
                    return connection.execute(query, values).fetchall()
            except sqlite3.DatabaseError as error:
                if "no such table" in str(error):
                    return []  # another process is just making it
                if isinstance(error, sqlite3.OperationalError):
                    if attempt != attempts[-1]:
                        continue
                    raise StoreError(
                        f"the index `{self._file}` cannot be read: {error}",
                        hint="make the folder readable, or set WANSPEC_STORE to another one",
                    ) from error
                self._tell(error)
            except UnicodeError as error:  # text that is no UTF-8
                self._tell(error)
        return []

    def _tell(self, error: Exception) -> None:
        notice = f"the index `{self._file}` is damaged ({error}); what it held counts as not rendered"
        if notice not in self.notices:
            self.notices.append(notice)

    def _write(self, make: Callable[[Any], None]) -> None:
        """Makes one change.  A damaged database is put aside, and the change goes to a new one.

        A transaction waits for the disk several times, so whoever comes first writes for all that wait by then.
        """
        self._disk.before("index", self._file)
        mine = _Change(make)
        with self._queue:
            self._waiting.append(mine)
        with self._guard:
            if not mine.written:
                with self._queue:
                    together, self._waiting = self._waiting, []
                self._write_together(together)
        if mine.error is not None:
            raise mine.error

    def _write_together(self, changes: list[_Change]) -> None:
        """Makes changes in one transaction; where that fails, each in one of its own, so that none spoils another."""
        try:
            self._write_once(changes)
        except BaseException as error:
            if len(changes) == 1:
                changes[0].error = error
            else:
                for one in changes:
                    self._write_together([one])
        for one in changes:
            one.written = True

    def _write_once(self, changes: list[_Change]) -> None:
        from diskcache import Timeout

        try:
            try:
                self._transact(changes)
            except (sqlite3.DatabaseError, TypeError, ValueError) as error:
                # Operational errors tell of the world: locked, full, read-only.  The others tell of damage.
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._put_aside(error)
                self._transact(changes)
        except (sqlite3.Error, Timeout, OSError) as error:
            raise StoreError(
                f"the index `{self._file}` cannot be written: {error or type(error).__name__}",
                hint="make the folder writable and free some space, or set WANSPEC_STORE to another one",
            ) from error

    def _transact(self, changes: list[_Change]) -> None:
        if self._cache is None:
            from wanspec.store.text_cache import open_cache

            self._disk.folder(self.folder, 0o700)
            self._cache = open_cache(self.folder)
        with self._cache.transact():
            for one in changes:
                one.make(self._cache)

    def _put_aside(self, error: Exception) -> None:
        self._tell(error)
        if self._cache is not None:
            with contextlib.suppress(sqlite3.Error):
                self._cache.close()
            self._cache = None
        aside = self.folder / f"damaged-{os.urandom(3).hex()}"
        self._disk.folder(aside, 0o700)
        for name in ("cache.db", "cache.db-journal", "cache.db-wal", "cache.db-shm"):
            if (self.folder / name).exists():
                self._disk.rename(self.folder / name, aside / name)


def _storable(text: str) -> str:
    """The text with half characters, which a vendor's answer or a file's name may hold, written as JSON escapes.

    SQLite takes none, and would be thought damaged.
    """
    if type(text) is not str or text.isascii():
        return text  # what is no text is refused by whoever writes
    return text.encode("utf-8", "backslashreplace").decode()

"""diskcache, locked down: text keys, text values, nothing pickled, nothing evicted.

diskcache 5.6.3 unpickles what a row's `mode` or `raw` column tells it to, also with its own JSONDisk
(CVE-2025-69872), and deletes the file that a row names, inside its folder or not.  Here such rows are refused and no
row has a file.  Imported only by who writes: reading needs no more than sqlite3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_RAW, UNKNOWN


class TextDisk(diskcache.Disk):  # type: ignore[misc]
    """Keys and values are `str`, kept in the database as they are."""

    def put(self, key: Any) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError("keys are text")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        if not raw or type(key) is not str:
            raise ValueError("a key that is no text")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, None, str]:  # noqa: ARG002
        if read or type(value) is not str:
            raise TypeError("values are text")
        return 0, MODE_RAW, None, value

    def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> str:
        if mode != MODE_RAW or filename is not None or read or type(value) is not str:
            raise ValueError("a value that is no text")
        return value

    def remove(self, file_path: Any) -> None:
        """No row of ours has a file; what a tampered one names stays where it is."""


def open_cache(folder: Path) -> Any:
    """The cache in that folder, made where it is not there.  Raises sqlite3.Error, diskcache.Timeout, OSError."""
    return diskcache.Cache(
        str(folder),
        timeout=30,
        disk=TextDisk,
        size_limit=2**62,
        eviction_policy="none",
        cull_limit=0,
        statistics=0,
        tag_index=0,
        # Each thread that writes has a connection, and each connection a cache of its own: it adds up.
        sqlite_cache_size=512,  # pages of 4 KiB
        sqlite_mmap_size=0,
        # No write-ahead log: it needs files beside the database even to read, which a read-only folder cannot give,
        # and it does not work on network drives.
        sqlite_journal_mode="delete",
        # A record stands for something that may have been paid for: wait for the disk.
        sqlite_synchronous=2,
    )

"""`renders/`: copies of the takes under names that people read, with their provenance beside them.

Files here are for people and never read back as takes.  What was written is remembered by path, so that a run with
nothing to do looks at each file's size and time and no more.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wanspec.domain.errors import StoreError, UsageError
from wanspec.domain.json import Json
from wanspec.store.blobs import Blobs
from wanspec.store.durable import Damaged, Disk, sha256_of, trouble
from wanspec.store.index import RESULTS, Index

# ext4, APFS and NTFS hold 255; a take's extension, `.json` and a mark of what was kept aside come on top.
_LONGEST_PART = 200  # bytes


def result_path(item: str, extension: str) -> str:
    """Where an item's picked take is shown, below the output folder.

    A part too long for a file system is cut and told apart by its digest.  Raises ValueError for an id that no item
    can have.
    """
    parts = item.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise ValueError(f"`{item}` is no item id")
    return "/".join(map(_short, parts)) + f".{extension}"


def take_path(item: str, take: int, extension: str) -> str:
    """Where one of an item's several takes is shown, below the output folder."""
    return result_path(item, "").removesuffix(".") + f"/take-{take}.{extension}"


def _short(part: str) -> str:
    data = part.encode("utf-8", "surrogatepass")
    if len(data) <= _LONGEST_PART:
        return part
    return data[: _LONGEST_PART - 9].decode("utf-8", "ignore") + "-" + hashlib.sha256(data).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file that should be there: a copy of a blob, or a text."""

    path: str  # below the output folder
    stamp: str  # changes when and only when the content does: a digest, or what a text is made of
    sha256: str = ""  # of the blob
    text: Callable[[], Mapping[str, Json]] | None = None  # the content of a text, asked for only when it is written


class Results:
    """The output folder of one project."""

    def __init__(self, root: Path, output: str, tag: str, *, index: Index, blobs: Blobs, disk: Disk) -> None:
        self._root = root
        self.output = output
        self._folder = root / output
        self._tag = tag  # of the project, in an index that several may share
        self._index = index
        self._blobs = blobs
        self._disk = disk
        self._guard = threading.Lock()
        self._checked: set[Path] = set()  # folders that are no links
        self._written: dict[str, dict[str, Json]] = {}
        self._of_item: dict[str, set[str]] = {}
        self._changed: dict[str, str] = {}
        self._gone: set[str] = set()
        for path, text in index.scan(RESULTS, f"{tag}:").items():
            with suppress(ValueError):
                value = json.loads(text)
                if isinstance(value, dict):
                    self._remember(path[len(tag) + 1 :], value)

    def check_writable(self) -> None:
        """Raises UsageError when nothing can be written there; changes nothing."""
        hint = "make the folder writable, or name another one with `output:`"
        place = self._root
        for part in (".", *PurePosixPath(self.output).parts):
            place = place / part
            if place.is_symlink() and part != ".":
                raise UsageError(f"the output folder `{self.output}` leads through a link: `{place}`", hint=hint)
            if not place.exists():
                break
            if not place.is_dir():
                raise UsageError(f"the output folder `{self.output}` is a file", hint=hint)
            above = place
        if not os.access(above, os.W_OK | os.X_OK):
            raise UsageError(f"the output folder `{self.output}` cannot be written", hint=hint)

    def in_place(self, item: str, wanted: Sequence[Wanted]) -> bool:
        """Whether just these files of the item are there, as they were written; by stat alone."""
        paths = {one.path for one in wanted}
        return self._of_item.get(item, set()) <= paths and all(self._is_written(one) for one in wanted)

    def place(self, item: str, wanted: Sequence[Wanted], *, keep_others: bool = False) -> list[str]:
        """Makes the item's files those wanted; sentences about files that were kept aside.

        Files of the item that an earlier run wrote and that are not wanted any more are removed, unless they were
        changed since or `keep_others` is set.  Raises StoreError, for instance where a link is in the way.
        """
        notices: list[str] = []
        with self._guard:
            for one in wanted:
                if not self._is_written(one):
                    notices += self._put(item, one)
            if not keep_others:
                paths = {one.path for one in wanted}
                for path in sorted(self._of_item.get(item, set()) - paths):
                    self._remove(item, path)
        return notices

    def remember(self) -> None:
        """Keeps in the index what was written since the last call."""
        with self._guard:
            rows = [(RESULTS, f"{self._tag}:{path}", text) for path, text in self._changed.items()]
            gone = [f"{self._tag}:{path}" for path in self._gone]
            self._changed, self._gone = {}, set()
        self._index.put(rows)
        self._index.delete(RESULTS, gone)

    def _is_written(self, one: Wanted) -> bool:
        written = self._written.get(one.path)
        return written is not None and written.get("stamp") == one.stamp and self._as_written(one.path, written)

    def _as_written(self, path: str, written: Mapping[str, Json]) -> bool:
        try:
            found = os.lstat(self._folder / path)
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns, found.st_ino) == (
            written.get("size"),
            written.get("mtime_ns"),
            written.get("inode"),
        )

    def _put(self, item: str, one: Wanted) -> list[str]:
        target = self._folder / one.path
        self._make_folder(target.parent)
        notices: list[str] = []
        found = _lstat(target)
        if found is not None:
            if stat.S_ISLNK(found.st_mode):
                raise StoreError(
                    f"`{self._shown(target)}` is a link, and nothing is written through one", hint="remove the link"
                )
            if stat.S_ISDIR(found.st_mode):
                raise StoreError(f"`{self._shown(target)}` is a folder", hint="move it away")
            written = self._written.get(one.path)
            if written is None or not self._as_written(one.path, written):
                if one.text is None and found.st_size and _digest(target) == one.sha256:
                    self._keep(item, one, found)  # the very bytes, perhaps from a checkout
                    return notices
                if not self._is_ours(target, one, written):
                    aside = _free_name(target)
                    self._disk.rename(target, aside)
                    notices.append(
                        f"`{self._shown(target)}` was not written by wanspec and is kept as `{self._shown(aside)}`"
                    )
        if one.text is not None:
            text = json.dumps(one.text(), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
            after = self._disk.write(target, f"{text}\n".encode("utf-8", "backslashreplace"), durable=False)
        else:
            try:
                after = self._disk.copy(self._blobs.path(one.sha256), target, one.sha256)
            except Damaged:
                self._blobs.put_aside(one.sha256)
                raise
        self._keep(item, one, after)
        return notices

    def _is_ours(self, target: Path, one: Wanted, written: Mapping[str, Json] | None) -> bool:
        """Whether a file that is not as remembered holds nothing but what wanspec has anyway."""
        if one.text is not None:
            try:
                value = json.loads(target.read_bytes()[: 1 << 22])
            except (OSError, ValueError):
                return False
            return isinstance(value, dict) and {"wanspec", "item", "sha256"} <= value.keys()
        digest = _digest(target)
        return digest is not None and (
            (written is not None and written.get("stamp") == digest) or self._blobs.has(digest)
        )

    def _keep(self, item: str, one: Wanted, found: os.stat_result) -> None:
        value: dict[str, Json] = {
            "item": item,
            "stamp": one.stamp,
            "size": found.st_size,
            "mtime_ns": found.st_mtime_ns,
            "inode": found.st_ino,
        }
        before = self._written.get(one.path)
        if before is not None and before.get("item") != item:
            self._of_item.get(str(before.get("item")), set()).discard(one.path)
        self._remember(one.path, value)
        self._changed[one.path] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        self._gone.discard(one.path)

    def _remember(self, path: str, value: dict[str, Json]) -> None:
        self._written[path] = value
        self._of_item.setdefault(str(value.get("item", "")), set()).add(path)

    def _remove(self, item: str, path: str) -> None:
        """Removes a file that an earlier run wrote for the item; one that was changed since is left alone."""
        target = self._folder / path
        written = self._written.pop(path, None)
        self._of_item.get(item, set()).discard(path)
        self._changed.pop(path, None)
        self._gone.add(path)
        if written is not None and self._as_written(path, written) and self._no_link_above(target):
            self._disk.remove(target)
            with suppress(OSError):
                target.parent.rmdir()  # only when it is empty now

    def _no_link_above(self, target: Path) -> bool:
        try:
            self._make_folder(target.parent)
        except StoreError:
            return False
        return True

    def _make_folder(self, folder: Path) -> None:
        """Makes a folder of results.  Raises StoreError where a link or a file is in the way."""
        if folder in self._checked:
            return
        place = self._root
        for part in folder.relative_to(self._root).parts:
            place = place / part
            if place.is_symlink():
                raise StoreError(
                    f"`{self._shown(place)}` is a link, and nothing is written through one", hint="remove the link"
                )
            with trouble(place):
                if not place.is_dir():
                    self._disk.before("folder", place)
                    place.mkdir(exist_ok=True)
        self._checked.add(folder)

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _free_name(path: Path) -> Path:
    """`low.kept-1.png` for `low.png`: the first such name that nothing has."""
    number = 1
    while True:
        name = path.with_name(f"{path.stem}.kept-{number}{path.suffix}")
        if not os.path.lexists(name):
            return name
        number += 1

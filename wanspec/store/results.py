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
from collections.abc import Callable, Collection, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class _Written:
    """A file as it was when it had been written."""

    stamp: str
    size: int
    mtime_ns: int
    inode: int


class Results:
    """The output folder of one project.

    What was written is remembered by item, as lines of text: first the signature of all that the item shows, then for
    each file its path, stamp, size, time and inode.
    """

    def __init__(self, root: Path, output: str, tag: str, *, index: Index, blobs: Blobs, disk: Disk) -> None:
        self._root = root
        self.output = output
        self._folder = root / output
        self._prefix = f"{tag}\n{output}\n"  # of the project, in an index that several may share
        self._index = index
        self._blobs = blobs
        self._disk = disk
        self._guard = threading.Lock()
        self._checked: set[Path] = set()  # folders that are no links
        skip = len(self._prefix)
        self._rows = {key[skip:]: text for key, text in index.scan(RESULTS, self._prefix).items()}
        self._changed: set[str] = set()  # items
        self._owners: dict[str, str] | None = None  # path -> item, made when something is written

    def check_writable(self) -> None:
        """Raises UsageError when nothing can be written there; changes nothing."""
        hint = "make the folder writable, or name another one with `output:`"
        above = place = self._root
        for part in PurePosixPath(self.output).parts:
            place = place / part
            if place.is_symlink():
                raise UsageError(f"the output folder `{self.output}` leads through a link: `{place}`", hint=hint)
            if not place.exists():
                break
            if not place.is_dir():
                raise UsageError(f"the output folder `{self.output}` is a file", hint=hint)
            above = place
        if not os.access(above, os.W_OK | os.X_OK):
            raise UsageError(f"the output folder `{self.output}` cannot be written", hint=hint)

    def in_place(self, item: str, signature: str) -> bool:
        """Whether the item shows what the signature says, in files that are as they were written; by stat alone."""
        row = self._rows.get(item)
        if row is None:
            return False
        head, _, rest = row.partition("\n")
        if head != signature:
            return False
        try:
            for line in rest.split("\n"):
                path, _, size, mtime_ns, inode = line.split("\t")
                found = os.lstat(f"{self._folder}/{path}")
                if (found.st_size, found.st_mtime_ns, found.st_ino) != (int(size), int(mtime_ns), int(inode)):
                    return False
        except (OSError, ValueError):
            return False
        return True

    def add(self, item: str, wanted: Sequence[Wanted]) -> list[str]:
        """Brings files about beside those that the item has; sentences about files that were kept aside."""
        return self._bring_all(item, "", wanted, keep_others=True)

    def place(self, item: str, signature: str, wanted: Sequence[Wanted]) -> list[str]:
        """Makes the item's files those wanted; sentences about files that were kept aside.

        Files of the item that an earlier run wrote and that are not wanted any more are removed, unless they were
        changed since.  Raises StoreError, for instance where a link is in the way.
        """
        return self._bring_all(item, signature, wanted, keep_others=False)

    def keep_only(self, items: Collection[str]) -> None:
        """Removes the files of all other items, but those that were changed since they were written."""
        for item in sorted(self._rows.keys() - items):
            self._bring_all(item, "", (), keep_others=False)
            del self._rows[item]

    def _bring_all(self, item: str, signature: str, wanted: Sequence[Wanted], *, keep_others: bool) -> list[str]:
        notices: list[str] = []
        with self._guard:
            if self._owners is None:
                self._owners = {path: one for one, row in self._rows.items() for path in _files_of(row)}
            before = _files_of(self._rows.get(item, ""))
            after = dict(before)
            try:
                for one in wanted:
                    written = before.get(one.path) or self._of_another(item, one.path)
                    after[one.path] = self._bring(one, written, notices)
                    self._owners[one.path] = item
                for path in sorted(before.keys() - {one.path for one in wanted}) if not keep_others else ():
                    if self._owners.get(path) == item:
                        self._remove(path, before[path])
                        del self._owners[path]
                    del after[path]
            except BaseException:
                signature = ""  # not as it says
                raise
            finally:
                self._rows[item] = "\n".join(
                    [signature, *(f"{p}\t{w.stamp}\t{w.size}\t{w.mtime_ns}\t{w.inode}" for p, w in after.items())]
                )
                self._changed.add(item)
        return notices

    def remember(self) -> None:
        """Keeps in the index what was written since the last call."""
        with self._guard:
            rows = [(RESULTS, self._prefix + item, self._rows[item]) for item in self._changed if item in self._rows]
            gone = [self._prefix + item for item in self._changed if item not in self._rows]
            self._changed = set()
        self._index.put(rows)
        self._index.delete(RESULTS, gone)

    def _of_another(self, item: str, path: str) -> _Written | None:
        """What another item wrote under that path, which it no longer has a right to."""
        assert self._owners is not None
        owner = self._owners.get(path)
        return _files_of(self._rows[owner]).get(path) if owner is not None and owner != item else None

    def _as_written(self, path: str, written: _Written) -> bool:
        try:
            found = os.lstat(self._folder / path)
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns, found.st_ino) == (written.size, written.mtime_ns, written.inode)

    def _bring(self, one: Wanted, written: _Written | None, notices: list[str]) -> _Written:
        """Brings one file about, unless it is there."""
        if written is not None and written.stamp == one.stamp and self._as_written(one.path, written):
            return written
        target = self._folder / one.path
        self._make_folder(target.parent)
        found = _lstat(target)
        if found is not None:
            if stat.S_ISLNK(found.st_mode):
                raise StoreError(
                    f"`{self._shown(target)}` is a link, and nothing is written through one", hint="remove the link"
                )
            if stat.S_ISDIR(found.st_mode):
                raise StoreError(f"`{self._shown(target)}` is a folder", hint="move it away")
            if written is None or not self._as_written(one.path, written):
                if one.text is None and _digest(target) == one.sha256:
                    return _written(one, found)  # the very bytes, perhaps from a checkout
                if not self._is_ours(target, one, written):
                    aside = _free_name(target)
                    self._disk.rename(target, aside)
                    notices.append(
                        f"`{self._shown(target)}` was not written by wanspec and is kept as `{self._shown(aside)}`"
                    )
        if one.text is not None:
            text = json.dumps(one.text(), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
            return _written(
                one, self._disk.write(target, f"{text}\n".encode("utf-8", "backslashreplace"), durable=False)
            )
        try:
            return _written(one, self._disk.copy(self._blobs.path(one.sha256), target, one.sha256))
        except Damaged:
            self._blobs.put_aside(one.sha256)
            raise

    def _is_ours(self, target: Path, one: Wanted, written: _Written | None) -> bool:
        """Whether a file that is not as remembered holds nothing but what wanspec has anyway."""
        if one.text is not None:
            try:
                value = json.loads(target.read_bytes()[: 1 << 22])
            except (OSError, ValueError):
                return False
            return isinstance(value, dict) and {"wanspec", "item", "sha256"} <= value.keys()
        digest = _digest(target)
        return digest is not None and ((written is not None and written.stamp == digest) or self._blobs.has(digest))

    def _remove(self, path: str, written: _Written) -> None:
        """Removes a file that an earlier run wrote; one that was changed since is left alone."""
        target = self._folder / path
        if self._as_written(path, written) and self._no_link_above(target):
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


def _files_of(row: str) -> dict[str, _Written]:
    """The files that a remembered row names; lines that are damaged are forgotten."""
    files: dict[str, _Written] = {}
    for line in row.split("\n")[1:]:
        with suppress(ValueError):
            path, stamp, size, mtime_ns, inode = line.split("\t")
            files[path] = _Written(stamp, int(size), int(mtime_ns), int(inode))
    return files


def _written(one: Wanted, found: os.stat_result) -> _Written:
    return _Written(one.stamp, found.st_size, found.st_mtime_ns, found.st_ino)


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

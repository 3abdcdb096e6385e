"""Changes to the disk that happen whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from wanspec.domain.errors import StoreError

_CHUNK = 1 << 20

# Called right before a step that changes the disk, with the step's name and the file it is about.  Tests raise
# OSError here (a full disk) or end the process (a power cut).
Before = Callable[[str, Path], None]


def _nothing(_step: str, _path: Path) -> None:
    """The usual `Before`: no trouble."""


class Disk:
    """All that this package changes on disk goes through here: temporary name first, then one rename.

    Every method raises StoreError, with a hint, for what the operating system refuses.
    """

    def __init__(self, before: Before = _nothing) -> None:
        self.before = before
        self._lasting: set[Path] = set()  # folders that were made sure of

    def folder(self, path: Path, mode: int = 0o777) -> None:
        """Makes the folder and those above it, where they are not there yet.  They survive a power cut.

        Syncing a file does not sync the name of the folder that it lies in.  Whoever made a folder that is there may
        have been killed before its name was on the disk, so the first to use it in each process makes sure; from top to
        bottom, so that a folder that is there says that all above it will be.
        """
        if path in self._lasting and path.is_dir():
            return
        with trouble(path):
            missing: list[Path] = []
            place = path
            while not place.is_dir() and place.parent != place:
                missing.append(place)
                place = place.parent
            if missing:
                self.before("folder", path)
            _sync_folder(place.parent)
            for one in reversed(missing):
                one.mkdir(mode=mode if one == path else 0o777, exist_ok=True)
                _sync_folder(one.parent)
        self._lasting.add(path)

    def write(self, path: Path, data: bytes, *, durable: bool = True) -> os.stat_result:
        """Puts `data` there, in place of what was; the new file's stat.  `durable`: it survives a power cut."""
        with trouble(path), _temporary(path) as temporary:
            self.before("write", path)
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                if durable:
                    _sync(file.fileno())
                found = os.fstat(file.fileno())
            self.before("rename", path)
            temporary.replace(path)
            if durable:
                _sync_folder(path.parent)
            return found

    def copy(self, source: Path, target: Path, sha256: str) -> os.stat_result:
        """Copies a file whose digest is known; the copy's stat.

        Raises StoreError, and leaves the target as it was, when the bytes read are not those of the digest.
        """
        with trouble(target), _temporary(target) as temporary:
            self.before("write", target)
            digest = hashlib.sha256()
            with source.open("rb") as reader, temporary.open("xb") as writer:
                while chunk := reader.read(_CHUNK):
                    digest.update(chunk)
                    writer.write(chunk)
                writer.flush()
                found = os.fstat(writer.fileno())
            if digest.hexdigest() != sha256:
                raise Damaged(sha256)
            self.before("rename", target)
            temporary.replace(target)
            return found

    def move_in(self, source: Path, target: Path) -> None:
        """Moves a finished file, for reading only, to a place on the same file system.  Durable."""
        with trouble(target):
            self.before("write", target)
            with source.open("rb") as file:
                os.fchmod(file.fileno(), 0o444)
                _sync(file.fileno())
            self.before("rename", target)
            source.replace(target)
            _sync_folder(target.parent)

    def make_lasting(self, path: Path) -> None:
        """Has the name of a file that is there survive a power cut."""
        with trouble(path):
            _sync_folder(path.parent)

    def rename(self, source: Path, target: Path) -> None:
        with trouble(source):
            self.before("rename", source)
            source.rename(target)

    def remove(self, path: Path) -> None:
        """Removes a file; nothing when it is gone already."""
        with trouble(path):
            self.before("remove", path)
            path.unlink(missing_ok=True)


class Damaged(StoreError):
    """A blob whose bytes are not those of its name.  `sha256` is the name."""

    code = "damaged"

    def __init__(self, sha256: str) -> None:
        super().__init__(
            f"the store's copy of sha256:{sha256[:12]}… is damaged",
            hint="it was put aside; the next render makes it again",
        )
        self.sha256 = sha256

    def __reduce__(self) -> tuple[type[Damaged], tuple[str]]:
        return type(self), (self.sha256,)


_HINTS = {
    errno.ENOSPC: "free some space and render again: what is finished is kept",
    errno.EDQUOT: "free some space and render again: what is finished is kept",
    errno.EACCES: "make the folder writable, or set WANSPEC_STORE to a folder that is",
    errno.EPERM: "make the folder writable, or set WANSPEC_STORE to a folder that is",
    errno.EROFS: "the disk is mounted for reading only; set WANSPEC_STORE to a folder on another one",
    errno.ENOTDIR: "a file stands where a folder is needed; move it away",
    errno.EEXIST: "a file stands where a folder is needed; move it away",
    errno.EISDIR: "a folder stands where a file is needed; move it away",
    errno.EMFILE: "too many files are open; render with a smaller -j, or raise `ulimit -n`",
}


def hint_for(error: OSError) -> str:
    """What to do about what the operating system says; "" where nobody can tell."""
    return _HINTS.get(error.errno or 0, "")


class trouble:  # in small letters, since it is used like a function
    """A block in which what the operating system says about `path` becomes a StoreError with a hint."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise StoreError(f"`{self._path}`: {error.strerror or error}", hint=hint_for(error)) from error


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that nobody else has; removed when the block ends with an exception."""
    # A long name must not become too long through the addition.
    temporary = path.with_name(f".{path.name[:32]}.{os.urandom(6).hex()}.tmp")
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    """Makes a rename in the folder survive a power cut.  Some file systems cannot, and say so: nothing to be done."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256_of(path: Path) -> str:
    """64 hex digits.  Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

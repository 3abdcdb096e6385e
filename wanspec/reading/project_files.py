"""The files of a project: which paths a shot list may name, and what is wrong with those it may not.

A shot list is untrusted.  What it names must lie in its own folder, after every link is followed, or under a folder
that it asked for (`allow_outside`) and its user granted.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from wanspec.domain.diagnostics import suggested, suggestion
from wanspec.domain.errors import UsageError
from wanspec.reading.marked_yaml import MAX_BYTES

ROOT_FILE = "wanspec.yaml"

_MOST_ENTRIES = 5000  # of a folder, that are looked through for a hint
_MAGIC = re.compile(r"[*?\[]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class PathFault(Exception):
    """A path that may not be read or is not there.

    `rule` tells the kinds apart: `empty`, `characters`, `outside`, `link`, `missing`, `folder`, `special`,
    `unreadable`, `large`.
    """

    def __init__(self, message: str, hint: str, rule: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.rule = rule


def find_project(start: Path, *, above: bool = True) -> Path:
    """The folder of the project that `start` is in: a folder, or a file `wanspec.yaml`.

    With `above`, the nearest one at or above that folder; without, that folder alone.
    Raises UsageError where there is none.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 -- a linked project keeps the name its user gave it
    if start.name == ROOT_FILE and start.is_file():
        return start.parent
    if not start.is_dir():
        message, hint = _no_project(start)
        raise UsageError(message, hint=hint, code="no_project")
    for folder in (start, *start.parents) if above else (start,):
        if (folder / ROOT_FILE).is_file():
            return folder
    raise UsageError(
        f"there is no `{ROOT_FILE}` in `{start}`" + (" or above it" if above else ""),
        hint=_projects_in(start) or _project_above(start) or "`wanspec init` makes a project that works at once",
        code="no_project",
    )


def _projects_in(folder: Path) -> str:
    """A hint that names the projects that are sub-folders; empty where there is none."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))[:_MOST_ENTRIES]
    except OSError:
        return ""
    found = [folder / name for name in names if (folder / name / ROOT_FILE).is_file()]
    if not found:
        return ""
    shown = [f"`{_as_typed(one)}`" for one in found[:3]]
    more = [f"another of {len(found)}"] if len(found) > 3 else []
    *others, last = (*shown, *more)
    return "name " + (f"{', '.join(others)} or {last}" if others else last)


def _project_above(path: Path) -> str:
    """A hint that names the project that a path lies in; empty where it lies in none."""
    above = next((folder for folder in path.parents if (folder / ROOT_FILE).is_file()), None)
    return f"name `{_as_typed(above)}`, the project that it lies in" if above is not None else ""


def _as_typed(path: Path) -> str:
    """An absolute path, short where it is at or below the current folder."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if _within(path, here) else str(path)


def _no_project(path: Path) -> tuple[str, str]:
    """Message and hint for a path that is no folder, and no file by the name of a root file."""
    beside = f"name `{path.parent}`, or the `{ROOT_FILE}` in it" if (path.parent / ROOT_FILE).is_file() else ""
    is_document = path.suffix.lower() in (".yaml", ".yml")
    if path.is_file():
        rename = f"call it `{ROOT_FILE}`" if is_document else f"name a folder with a `{ROOT_FILE}`, or that file"
        return f"`{path.name}` is no project: its file is called `{ROOT_FILE}`", beside or _project_above(
            path
        ) or rename
    if path.exists():
        return f"`{path}` is neither a folder nor a file", f"name a folder with a `{ROOT_FILE}`, or that file"
    if is_document:
        return f"there is no file `{path}`", beside or "`wanspec init DIR` makes a project"
    return f"there is no folder `{path}`", "`wanspec init DIR` makes a project"


class ProjectFiles:
    """What of the disk one project may see."""

    def __init__(self, root: Path, asked: Sequence[str | Path] = (), granted: Sequence[Path] = ()) -> None:
        """`asked`: folders of `allow_outside`, relative to the root; `granted`: those the user agreed to."""
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 -- see find_project
        self._real_root = _real(self.root)
        self._asked = tuple(_real(self.root / one) for one in asked)
        self._granted = tuple(_real(Path(one)) for one in granted)

    @property
    def allowed_outside(self) -> tuple[Path, ...]:
        """The folders that were both asked for and granted: of two nested ones the inner."""
        both: dict[Path, None] = {}
        for asked in self._asked:
            for granted in self._granted:
                if _within(asked, granted):
                    both[asked] = None
                elif _within(granted, asked):
                    both[granted] = None
        return tuple(both)

    def name_of(self, path: Path) -> str:
        """A path as messages show it: relative to the root, with `/`; `../…` for what lies outside."""
        for root in (self.root, self._real_root):
            if _within(path, root):
                return path.relative_to(root).as_posix() or "."
        return Path(os.path.relpath(path, self.root)).as_posix()

    def locate(self, text: str, *, what: str = "file") -> Path:
        """The regular file that a path in the shot list means, with all links followed.  Raises PathFault.

        `what` says what it is for: "the data file", "the picture".
        """
        path = self.confined(text, what=what)
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            # One system writes `é` as one character, another as two, and an editor does not show which.
            for form in ("NFC", "NFD"):
                other = unicodedata.normalize(form, text)
                if other != text and (self.root / other).exists():
                    return self.locate(other, what=what)
            raise self._missing(text, what) from None
        except OSError as error:
            raise PathFault(
                f"{what} `{_shown(text)}` cannot be read: {_reason(error)}", "check its permissions", "unreadable"
            ) from None
        if stat.S_ISDIR(mode):
            raise PathFault(f"`{_shown(text)}` is a folder, not {_a(what)}", "name a file in it", "folder")
        if not stat.S_ISREG(mode):
            raise PathFault(f"`{_shown(text)}` is no ordinary file", "name a file with contents of its own", "special")
        if not os.access(path, os.R_OK):
            raise PathFault(f"{what} `{_shown(text)}` may not be read", "check its permissions", "unreadable")
        return path

    def confined(self, text: str, *, what: str = "file") -> Path:
        """The path that a text means, whether it exists or not, with links followed.  Raises PathFault if it leaves."""
        if not text.strip():
            raise PathFault(f"{what} has no name", "write a path relative to the project's folder", "empty")
        if found := _CONTROL.search(text):
            raise PathFault(
                f"the path of {what} holds the control character U+{ord(found.group()):04X}", "remove it", "characters"
            )
        try:
            # Without following links first: `link/..` is the folder that the link stands in, as the text reads.
            plain = Path(os.path.normpath(self.root / text))
            os.fsencode(plain)
            real = _real(plain)
        except (OSError, ValueError, RuntimeError) as error:
            raise PathFault(
                f"`{_shown(text)}` is no path: {_reason(error)}",
                "write the path of a file in the project",
                "characters",
            ) from None
        inside = _within(plain, self.root) or _within(plain, self._real_root)
        if inside and _within(real, self._real_root):
            return real
        if any(_within(real, asked) for asked in self._asked):
            if any(_within(real, granted) for granted in self._granted):
                return real
            folder = next(asked for asked in self._asked if _within(real, asked))
            raise PathFault(
                f"`{_shown(text)}` lies outside the project, and you have not agreed to that",
                f"if you trust this list, run with `--allow-outside {folder}`, or set WANSPEC_ALLOW_OUTSIDE",
                "outside",
            )
        if inside:
            raise PathFault(
                f"`{_shown(text)}` is a link that leaves the project",
                "copy the file into the project, or name the link's folder under `allow_outside`",
                "link",
            )
        parent = Path(os.path.relpath(plain.parent, self.root)).as_posix()
        raise PathFault(
            f"`{_shown(text)}` lies outside the project",
            f"put `allow_outside: [{parent}]` into `{ROOT_FILE}`, and run with `--allow-outside {plain.parent}`",
            "outside",
        )

    def read_bytes(self, text: str, *, what: str = "file", limit: int = MAX_BYTES) -> tuple[str, bytes]:
        """The name of a file as messages show it, and its bytes.  Raises PathFault."""
        path = self.locate(text, what=what)
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise PathFault(
                f"{what} `{_shown(text)}` cannot be read: {_reason(error)}", "check its permissions", "unreadable"
            ) from None
        if len(data) > limit:
            raise PathFault(
                f"{what} `{_shown(text)}` is larger than {limit // 1024 // 1024} MiB",
                "split it into several files",
                "large",
            )
        return self.name_of(Path(os.path.normpath(self.root / text))), data

    def glob(self, pattern: str, *, what: str = "file") -> list[str]:
        """The files that a pattern matches, as paths from the root with `/`, sorted; none is an empty list.

        Hidden files are matched only by a pattern that begins with a dot.  Raises PathFault where the pattern, or a
        link among the matches, leaves the project.
        """
        import glob

        parts = pattern.replace(os.sep, "/").split("/")
        fixed = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
        if ".." in parts[fixed:]:
            raise PathFault(
                f"`{_shown(pattern)}` goes up after a wildcard", "begin with the folder that is meant", "outside"
            )
        base = "/".join(parts[:fixed])
        if base == "" and pattern.startswith("/"):
            base = "/"
        folder = self.confined(base or ".", what=what)
        if not folder.is_dir():
            return []
        found = []
        # Not Path.glob, whose `*` matches hidden files: an editor's lock file is no part of a shot list.
        for match in glob.iglob("/".join(parts[fixed:]), root_dir=folder, recursive=True):  # noqa: PTH207
            name = f"{base.rstrip('/')}/{match}" if base else match
            name = os.path.normpath(name).replace(os.sep, "/")
            if (folder / match).is_dir():
                continue
            self.locate(name, what=what)
            found.append(name)
        return sorted(set(found))

    def is_pattern(self, text: str) -> bool:
        """Whether a text has wildcards and is not simply the name of a file that has such characters."""
        return bool(_MAGIC.search(text)) and not (self.root / text).is_file()

    def find(self, name: str, folders: Iterable[str], *, what: str = "file") -> str | None:
        """The path, from the root, of the first of several folders' files of that name; None where none has it.

        Raises PathFault where the name leaves the project, or means something that is no readable file.
        """
        for folder in folders:
            path = name if os.path.isabs(name) else f"{folder.rstrip('/')}/{name}"  # noqa: PTH117
            try:
                self.locate(path, what=what)
            except PathFault as fault:
                if fault.rule != "missing":
                    raise
            else:
                return path
        return None

    def _missing(self, text: str, what: str) -> PathFault:
        """Names the nearest thing that there is."""
        folder = Path(os.path.normpath(self.root / text)).parent
        name = Path(text).name
        try:
            there = sorted(entry.name for entry in os.scandir(folder) if entry.name != ROOT_FILE)[:_MOST_ENTRIES]
        except OSError:
            hint = self._missing_folder(folder) if not folder.is_dir() else ""
        else:
            close = suggestion(name, there)
            hint = close
            if close and (prefix := text[: len(text) - len(name)]) and text.endswith(name):
                hint = close.replace("`", f"`{prefix}", 1)
            if not close and "\\" in text:
                hint = "separate folders with `/`"
            elif not close and text.startswith("~"):
                hint = "`~` is not expanded; write the path from the project's folder"
            elif not close:
                hint = "paths are relative to the project's folder"
        return PathFault(f"there is no {_bare(what)} `{_shown(text)}`", hint, "missing")

    def _missing_folder(self, folder: Path) -> str:
        """A hint about the first part of a folder's path that is not there."""
        while not folder.parent.exists():
            folder = folder.parent
        hint = f"there is no folder `{self.name_of(folder)}`"
        # Where the list may not read, not even names are told.
        if not any(_within(_real(folder.parent), one) for one in (self._real_root, *self.allowed_outside)):
            return hint
        try:
            there = [entry.name for entry in os.scandir(folder.parent) if entry.is_dir()][:_MOST_ENTRIES]
        except OSError:
            return hint
        close = suggested(suggestion(folder.name, there))
        return f"{hint}; did you mean `{self.name_of(folder.parent / close)}`?" if close else hint


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _within(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _shown(text: str) -> str:
    return text if len(text) <= 120 else text[:60] + "…" + text[-50:]


def _bare(what: str) -> str:
    return what.removeprefix("the ")


def _a(what: str) -> str:
    bare = _bare(what)
    return f"{'an' if bare[:1] in 'aeiou' else 'a'} {bare}"


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)

"""`check --fix`: which files may be changed, how they are written, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.cli.terminal import Terminal

if TYPE_CHECKING:
    from wanspec.domain.json import Json
    from wanspec.stages.fix import Fixed, Read

_MARK = b"\xef\xbb\xbf"  # byte order mark: kept where it is, and no part of the text


@dataclass(frozen=True, slots=True)
class _Original:
    """A file that may be changed, as it was read."""

    path: Path
    data: bytes
    text: str


def fix_project(terminal: Terminal, project: Path | None, *, aloud: bool) -> list[Json]:
    """Writes what has one safe answer, and says so: to people on stdout if `aloud`, else on the side.

    Gives the objects under `fixed` of `check --fix --json`.  Raises OSError where a file cannot be written.
    """
    from wanspec.cli.project import check_project
    from wanspec.report.escaping import visible
    from wanspec.stages.fix import FIXABLE, Read, fix

    root, checked = check_project(terminal, project)
    files = dict.fromkeys(one.at.file for one in checked.diagnostics if one.code in FIXABLE)
    originals = {file: found for file in files if (found := _original(terminal, root, file)) is not None}

    def read(texts: Mapping[str, str]) -> Read:
        again = check_project(terminal, project, texts=texts)[1] if texts else checked
        requests = again.value.prepared.requests if again.value is not None else {}
        return Read(again.diagnostics, requests)

    fixed = fix({file: one.text for file, one in originals.items()}, read)
    written = [file for file, text in fixed.texts.items() if _write(terminal, originals[file], text)]
    say = terminal.say if aloud and not terminal.settings.quiet else terminal.note
    for one in fixed.edits:
        if one.at.file in written:
            say(f"fixed {visible(one.at.file)}:{one.at.line}:{one.at.column}: {visible(one.says)} [{one.code}]")
    return _for_machines(fixed, written)


def _for_machines(fixed: Fixed, written: list[str]) -> list[Json]:
    return [
        {"code": one.code, "message": one.says, "file": one.at.file, "line": one.at.line, "column": one.at.column}
        for one in fixed.edits
        if one.at.file in written
    ]


def _original(terminal: Terminal, root: Path, file: str) -> _Original | None:
    """None for what lies outside the project, behind a link, or may not be written; the last is told."""
    from wanspec.reading.marked_yaml import MAX_BYTES

    path = root / file
    inside = not Path(file).is_absolute() and ".." not in Path(file).parts
    if not inside or path.resolve() != root.resolve() / file or not path.is_file():
        return None
    if not os.access(path, os.W_OK):
        terminal.note(f"note: `{file}` may not be written; nothing in it is fixed")
        return None
    with path.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    try:
        return _Original(path, data, data.decode("utf-8-sig")) if len(data) <= MAX_BYTES else None
    except UnicodeDecodeError:
        return None


def _write(terminal: Terminal, original: _Original, text: str) -> bool:
    """Puts the text in place of the file in one step, with its owner and mode.

    False, and nothing done, where somebody else has changed it since.
    """
    path = original.path
    mark = _MARK if original.data.startswith(_MARK) else b""
    temporary = path.with_name(f".{path.name[:32]}.{os.urandom(6).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            known = path.stat()
            with suppress(PermissionError):  # only root may give a file to its owner
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
            os.fchmod(file.fileno(), known.st_mode & 0o777)
            file.write(mark + text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if path.is_symlink() or path.read_bytes() != original.data:
            terminal.note(f"note: `{path.name}` was changed meanwhile and is left as it is")
            return False
        temporary.replace(path)
        return True
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)

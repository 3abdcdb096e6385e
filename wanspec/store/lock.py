"""`wanspec.lock`: which takes each item has, committed beside the shot list.

The text is one JSON object with a block of lines for each item, sorted by id.  A block always ends with a comma and
the last line is always the same, so branches that touched different items merge in git without a conflict.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path
from typing import Any

from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Checked, Diagnostic, Severity
from wanspec.domain.errors import StoreError
from wanspec.domain.lock import Lock, LockedItem, LockedTake
from wanspec.domain.nodes import Location
from wanspec.store.claims import Claims
from wanspec.store.durable import Disk

NAME = "wanspec.lock"
FORMAT = 1

LARGEST_WHOLE = 2**53 - 1

_HEAD = f'{{\n"wanspec.lock": {FORMAT},\n"items": {{\n\n'
_TAIL = '"": null\n}}\n'
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}) .*$|^={7}\r?$", re.MULTILINE)

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def read_lock(root: Path) -> Checked[Lock]:
    """The project's lock; an empty one where there is none yet."""
    try:
        text = (root / NAME).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Checked(Lock())
    except UnicodeDecodeError as error:
        return _fault(
            "WS091", "the lock is not UTF-8 text", hint=_RESTORE, line=error.object.count(b"\n", 0, error.start) + 1
        )
    except OSError as error:
        hint = f"move it away: `{NAME}` is a file" if isinstance(error, IsADirectoryError) else "make the file readable"
        raise StoreError(f"`{NAME}`: {(error.strerror or str(error)).lower()}", hint=hint) from error
    return parse(text)


_RESTORE = (
    f"`git restore {NAME}` brings back the committed one; without it delete the file: what the store has is found"
    " again by its key, but picks are to be made anew"
)


def _whole(digits: str) -> int:
    """A whole number that every reader of JSON takes for the same one.  Raises _Damage."""
    if len(digits) > 17 or abs(number := int(digits)) > LARGEST_WHOLE:
        raise _Damage(f"`{digits[:40]}` is no number that wanspec writes")
    return number


def _fraction(digits: str) -> float:
    """Raises _Damage for what is not finite."""
    number = float(digits)
    if not isfinite(number):
        raise _Damage(f"`{digits[:40]}` is no number that wanspec writes")
    return number


class _Damage(Exception):
    """What no wanspec wrote.  `block`: the item in whose block it stands."""

    def __init__(self, message: str, block: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.block = block


def parse(text: str) -> Checked[Lock]:
    """A lock's text.  Faults have their line."""
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand small objects, none of them garbage: four times faster
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=_fraction)
        version = value.get("wanspec.lock") if type(value) is dict else None
        if type(version) is int and version > FORMAT:
            return _fault(
                "WS092",
                f"the lock has format {version}, this version of wanspec knows {FORMAT}",
                hint="install the wanspec that wrote it, or a newer one; the file is left as it is",
                line=2,
            )
        if type(version) is not int or version != FORMAT:
            raise _Damage("it does not begin as one")
        blocks = value.get("items")
        if type(blocks) is not dict:
            raise _Damage("it has no `items`")
        items = {name: _item(name, block) for name, block in blocks.items() if name}
    except (ValueError, RecursionError, _Damage) as error:
        return _explain(text, error)
    finally:
        if collecting:
            gc.enable()
    if text.count('\n"') != len(items) + 3 and (twice := _named_twice(text)):
        return _fault(
            "WS091",
            f"`{twice}` stands in the lock twice",
            hint="keep one of the two blocks",
            line=_line_of_block(text, twice),
        )
    return Checked(Lock(items))


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """The names and kinds of values that a mapping of the lock has."""

    what: str  # how messages call one
    must: Mapping[str, tuple[type, ...]]
    may: Mapping[str, tuple[type, ...]]  # null is as if not written
    # Combinations that were found right: of fifteen thousand blocks nearly all have one of a few.
    sound: set[object] = field(default_factory=set)

    def check(self, value: object, block: str, number: int = 0) -> dict[str, Any]:
        """The value, which is one of these.  Raises _Damage."""
        if type(value) is not dict:
            raise _Damage(f"{self._called(block, number)} is no mapping", block)
        shape = (*value, *map(type, value.values()))
        if shape in self.sound:
            return value
        for name in self.must:
            if name not in value:
                raise _Damage(f"`{name}` of {self._called(block, number)} is missing", block)
        for name, kinds in {**self.must, **self.may}.items():
            given = value.get(name)
            if type(given) not in kinds and not (given is None and name in self.may):
                raise self.fault(name, block, number)
        if len(self.sound) < 1000:
            self.sound.add(shape)
        return value

    def fault(self, name: str, block: str, number: int = 0) -> _Damage:
        return _Damage(f"`{name}` of {self._called(block, number)} is not what wanspec writes there", block)

    def _called(self, block: str, number: int) -> str:
        return self.what.format(block=block, number=number)


_BLOCK = _Form(
    "`{block}`",
    {"model": (str,), "keys": (list,), "takes": (list,), "facts": (dict,)},
    {"seed": (int,), "pick": (dict,)},
)
_PICK = _Form("the pick of `{block}`", {"take": (int,), "sha256": (str,)}, {})
_TAKE = _Form(
    "take {number} of `{block}`",
    {"key": (str,), "sha256": (str,), "media_type": (str,), "bytes": (int,)},
    {
        "width": (int,),
        "height": (int,),
        "duration": (int, float),
        "fps": (int, float),
        "has_audio": (bool,),
        "seed": (int,),
        "cost_usd": (str,),
        "origin": (str,),
    },
)
_DIGEST = re.compile("[0-9a-f]{64}")


def _item(name: str, block: object) -> LockedItem:
    """Raises _Damage for what no wanspec wrote."""
    read = _BLOCK.check(block, name)
    pick = read.get("pick")
    if pick is not None:
        _PICK.check(pick, name)
    for key in read["keys"]:
        if type(key) is not str:
            raise _BLOCK.fault("keys", name)
    return LockedItem(
        name,
        read["model"],
        tuple(read["keys"]),
        read["facts"],
        tuple([_take(take, n, name) for n, take in enumerate(read["takes"], 1)]),
        read.get("seed"),
        pick["take"] if pick is not None else None,
        pick["sha256"] if pick is not None else "",
    )


def _take(take: object, number: int, name: str) -> LockedTake:
    read = _TAKE.check(take, name, number)
    get = read.get
    if not _DIGEST.fullmatch(read["sha256"]):
        raise _TAKE.fault("sha256", name, number)
    cost = get("cost_usd")
    try:
        cost_usd = None if cost is None else Decimal(cost)
    except InvalidOperation:
        raise _TAKE.fault("cost_usd", name, number) from None
    if cost_usd is not None and not cost_usd.is_finite():
        raise _TAKE.fault("cost_usd", name, number)
    return LockedTake(
        read["key"],
        Artifact(
            read["sha256"],
            read["media_type"],
            read["bytes"],
            get("width"),
            get("height"),
            get("duration"),
            get("fps"),
            get("has_audio"),
        ),
        get("seed"),
        cost_usd,
        get("origin", "rendered"),
    )


def _line_of_block(text: str, name: str) -> int:
    begins = f"{_encode(name)}:"
    return next((n for n, row in enumerate(text.split("\n"), 1) if row.lstrip().startswith(begins)), 1)


def _explain(text: str, error: Exception) -> Checked[Lock]:
    """What is wrong with a text that could not be read, and where."""
    if marker := _CONFLICT.search(text):
        return _join(text, text.count("\n", 0, marker.start()) + 1)
    if isinstance(error, _Damage):
        line = _line_of_block(text, error.block) if error.block else 1
        return _fault("WS091", f"the lock is damaged: {error.message}", hint=_RESTORE, line=line)
    if not text.strip():
        return _fault("WS091", "the lock is empty", hint=_RESTORE)
    if not isinstance(error, json.JSONDecodeError):
        return _fault("WS091", "the lock is damaged: it does not begin as one", hint=_RESTORE)
    if not text[error.pos :].strip() or "Unterminated" in error.msg:
        return _fault("WS091", "the lock ends in the middle", hint=_RESTORE, line=error.lineno, column=error.colno)
    message = "the lock is damaged: here it is not as wanspec writes it"
    return _fault("WS091", message, hint=_RESTORE, line=error.lineno, column=error.colno)


def _join(text: str, line: int) -> Checked[Lock]:
    """A lock in which git left both sides of a merge.

    Where each item was touched on one side only, as when both added items between the same two, the sides are joined.
    Which side a changed item was changed on cannot be told without the common ancestor, so that is a conflict.
    """
    ours, theirs = (parse(side).value for side in _sides(text))
    if ours is not None and theirs is not None:
        both = [name for name, block in ours.items.items() if theirs.items.get(name, block) != block]
        if not both:
            hint = "the sides are of different items and count together; `git add` the file after the next render"
            told = Diagnostic(
                "WS090", "the lock has the marks of a merge", Location(NAME, line), hint=hint, severity=Severity.WARNING
            )
            return Checked(Lock({**ours.items, **theirs.items}), (told,))
        names = ", ".join(f"`{name}`" for name in both[:3]) + (" and others" if len(both) > 3 else "")
        message = f"the lock has a merge conflict: both sides have other takes of {names}"
    else:
        message = "the lock has a merge conflict"
    hint = f"take either file (`git checkout --ours {NAME}`), then render: what is in the store costs nothing"
    return _fault("WS090", message, hint=hint, line=line)


def _sides(text: str) -> tuple[str, str]:
    """The file as it was on either side of a merge; the ancestor, which git may show between them, is left out."""
    sides: tuple[list[str], list[str]] = ([], [])
    among = (True, True)
    for row in text.splitlines(keepends=True):
        mark = row[:7]
        if not _CONFLICT.match(row):
            for side, taken in zip(sides, among, strict=True):
                if taken:
                    side.append(row)
        else:
            among = {"<": (True, False), "|": (False, False), "=": (False, True)}.get(mark[0], (True, True))
    return "".join(sides[0]), "".join(sides[1])


def _named_twice(text: str) -> str | None:
    """A name that stands twice in one object, or None: a file that somebody only laid out anew is fine."""
    found: list[str] = []

    def pairs(entries: list[tuple[str, object]]) -> dict[str, object]:
        seen = dict(entries)
        if len(seen) < len(entries):
            names = [name for name, _ in entries]
            found.extend(name for name in seen if names.count(name) > 1)
        return seen

    json.loads(text, object_pairs_hook=pairs)
    return found[0] if found else None


def _fault(code: str, message: str, *, hint: str, line: int = 1, column: int = 1) -> Checked[Lock]:
    return Checked(None, (Diagnostic(code, message, Location(NAME, line, column), hint=hint),))


def to_text(lock: Lock) -> str:
    """The same text for the same lock, whoever writes it."""
    return _HEAD + "".join(_block(lock.items[name]) for name in sorted(lock.items)) + _TAIL


def _block(item: LockedItem) -> str:
    lines = [f"{_encode(item.id)}: {{", f'  "model": {_encode(item.model)},']
    if item.seed is not None:
        lines.append(f'  "seed": {item.seed},')
    if item.pick is not None:
        lines.append(f'  "pick": {_encode({"take": item.pick, "sha256": item.pick_sha256})},')
    lines += ['  "keys": [', *_rows(_encode(key) for key in item.keys), "  ],"]
    lines += ['  "takes": [', *_rows(_encode(_take_json(take)) for take in item.takes), "  ],"]
    lines += [
        '  "facts": {',
        *_rows(f"{_encode(n)}: {_encode(v)}" for n, v in sorted(item.facts.items())),
        "  }",
        "},\n\n",
    ]
    return "\n".join(lines)


def _rows(texts: object) -> list[str]:
    rows = [f"    {text},\n" for text in texts]  # type: ignore[attr-defined]
    return ["".join(rows)[:-2]] if rows else []


def _take_json(take: LockedTake) -> dict[str, object]:
    value: dict[str, object] = {"key": take.key, **take.artifact.to_json()}
    if take.seed is not None:
        value["seed"] = take.seed
    if take.cost_usd is not None:
        value["cost_usd"] = str(take.cost_usd)
    if take.origin != "rendered":
        value["origin"] = take.origin
    return value


Change = Callable[[Lock], Mapping[str, LockedItem | None]]


def change_lock(root: Path, disk: Disk, claims: Claims, claim: str, change: Change) -> Lock:
    """Reads the lock again, puts the changed items into it, and writes it when that makes a difference.

    `change` gets the lock as it is now and answers with new blocks by item id; None takes one out.  Two processes
    that render parts of one project do not undo each other.  Raises StoreError when the lock cannot be read or
    written, and then leaves it as it is.
    """
    with claims.wait(claim):
        found = read_lock(root)
        if found.value is None:
            fault = found.diagnostics[0]
            raise StoreError(f"`{NAME}` line {fault.at.line}: {fault.message}", hint=fault.hint)
        changes = change(found.value)
        if not found.diagnostics and all(found.value.items.get(name) == block for name, block in changes.items()):
            return found.value
        items = {**found.value.items, **{name: block for name, block in changes.items() if block is not None}}
        for name, block in changes.items():
            if block is None:
                items.pop(name, None)
        lock = Lock(items)
        disk.write(root / NAME, to_text(lock).encode("utf-8"))
        return lock

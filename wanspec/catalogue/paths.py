"""Places in a native request, written as users write them: `settings.colorPalette[0].hex`.

`media[type=first_frame]` is the entry of a list that says so.  Model files write such steps; a request has numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

Step = str | int
Path = tuple[Step, ...]

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|(\[\w+=[^\[\]]*\])")
_LIST_STEP = re.compile(r"\[[^\[\]]*\]")


class _Absent:
    """Told apart from null, which is a value."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@lru_cache(maxsize=4096)
def steps(path: str) -> Path:
    """`a.b[0]` as ("a", "b", 0); the empty text is the whole request."""
    return tuple(name or entry or int(index) for name, index, entry in _STEP.findall(path))


def written(path: Sequence[Step]) -> str:
    """("a", "b", 0) as `a.b[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else step if is_entry(step) else f".{step}" for step in path)
    return text.removeprefix(".")


def is_entry(step: Step) -> bool:
    """Whether a step asks for the entry of a list that says something: `[type=first_frame]`."""
    return isinstance(step, str) and step.startswith("[")


def any_entry(pattern: str) -> Path:
    """A pattern's steps with 0 for every entry of a list, whichever it means: where its schema is found."""
    return steps(_LIST_STEP.sub("[0]", pattern))


def located(tree: object, path: Path) -> Path:
    """The path with the number of each entry that it asks for by what it says; as it is where there is none."""
    for number, step in enumerate(path):
        if is_entry(step):
            entries = value_at(tree, path[:number])
            index = _index_of(entries, step)
            return path if index is None else located(tree, (*path[:number], index, *path[number + 1 :]))
    return path


@lru_cache(maxsize=4096)
def said_by(step: Step) -> tuple[str, str]:
    """Name and value of a step that asks for the entry which says so."""
    name, _, value = str(step)[1:-1].partition("=")
    return name, value


def _index_of(entries: object, step: Step) -> int | None:
    name, value = said_by(step)
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if isinstance(entry, Mapping) and entry.get(name) == value:
            return index
    return None


def value_at(tree: object, path: Sequence[Step]) -> Any:
    """The value at a path, or ABSENT."""
    for step in path:
        if type(tree) is dict and type(step) is str:  # nearly always: the general check costs ten times as much
            tree = tree.get(step, ABSENT)
            if tree is ABSENT:
                return ABSENT
        elif is_entry(step):
            index = _index_of(tree, step)
            if index is None:
                return ABSENT
            tree = tree[index]  # type: ignore[index]
        elif isinstance(step, str):
            if not isinstance(tree, Mapping) or step not in tree:
                return ABSENT
            tree = tree[step]
        else:
            if not isinstance(tree, list | tuple) or not -len(tree) <= step < len(tree):
                return ABSENT
            tree = tree[step]
    return tree


def is_on(tree: object, path: Sequence[Step]) -> bool:
    """Whether something is asked for there: present, and neither false, null nor an empty list."""
    value = value_at(tree, path)
    return not (value is ABSENT or value is None or value is False or (isinstance(value, list | tuple) and not value))


def put(tree: MutableMapping[str, Any], path: Sequence[Step], value: object) -> None:
    """Sets a value, making the mappings on the way.

    Names only.  Raises TypeError where a value that is no mapping is in the way.
    """
    for step in path[:-1]:
        inner = tree.setdefault(str(step), {})
        if type(inner) is not dict and not isinstance(inner, MutableMapping):
            raise TypeError(f"{step} is not a mapping")
        tree = inner
    tree[str(path[-1])] = value


def blocked(tree: object, path: Sequence[Step]) -> bool:
    """Whether a value stands at a path already, or one that is no mapping stands in its way."""
    for step in path:
        if type(tree) is not dict and not isinstance(tree, Mapping):
            return True
        if step not in tree:
            return False
        tree = tree[step]
    return True


def without(tree: MutableMapping[str, Any], path: Sequence[Step]) -> None:
    """Takes a value out, with the mappings that are empty after it; the request's own top stays."""
    above: list[tuple[MutableMapping[str, Any], str]] = []
    here: Any = tree
    for step in path:
        if not isinstance(here, MutableMapping) or step not in here:
            return
        above.append((here, str(step)))
        here = here[step]
    for holder, name in reversed(above):
        del holder[name]
        if holder:
            break


def copied(value: object) -> Any:
    """The same tree in fresh mappings and lists; what is neither (a reference, text) stays the same object."""
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {name: copied(inner) for name, inner in value.items()}  # type: ignore[attr-defined]
    if isinstance(value, list | tuple):
        return [copied(inner) for inner in value]
    return value


def origin_of(origin: Mapping[str, str], path: Sequence[Step]) -> tuple[str, Path]:
    """The portable field behind a native place, with the place within its value; ("", path) for one from params."""
    for length in range(len(path), 0, -1):
        if found := origin.get(written(path[:length])):
            name, *within = steps(found)
            return str(name), (*within, *path[length:])
    return "", tuple(path)

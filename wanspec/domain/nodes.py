"""A YAML value that remembers where it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wanspec.domain.json import Json

Scalar = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Location:
    """A place that the user can open: `file` relative to the project's root, with `/`; line and column from 1.

    `path` names the node in the user's terms: `shots[2].params.settings.colorPalette`.
    """

    file: str
    line: int = 1
    column: int = 1
    path: str = ""


class Node:
    """One value of a document with its place; never changed after the document is read.

    A hand-written class, not a dataclass: a shot list of 15 000 shots has 300 000 of them.
    Paths are found by walking up to the root, so an aliased mapping is reported where it was written.
    """

    __slots__ = ("column", "file", "key", "key_column", "key_line", "line", "parent", "value")

    def __init__(
        self,
        value: Scalar | dict[str, Node] | list[Node],
        file: str,
        line: int,
        column: int,
        *,
        parent: Node | None = None,
        key: str | int | None = None,
        key_line: int = 0,
        key_column: int = 0,
    ) -> None:
        self.value = value
        self.file = file
        self.line = line
        self.column = column
        self.parent = parent
        self.key = key  # name or index under which the parent holds it
        self.key_line = key_line  # place of that name; 0 where there is none (list entries, the root)
        self.key_column = key_column

    @property
    def path(self) -> str:
        parts: list[str] = []
        node: Node | None = self
        while node is not None and node.key is not None:
            parts.append(f"[{node.key}]" if isinstance(node.key, int) else f".{node.key}")
            node = node.parent
        return "".join(reversed(parts)).removeprefix(".")

    @property
    def at(self) -> Location:
        """Where the value stands."""
        return Location(self.file, self.line, self.column, self.path)

    @property
    def key_at(self) -> Location:
        """Where its name stands: the place of an unknown field."""
        return Location(self.file, self.key_line or self.line, self.key_column or self.column, self.path)

    @property
    def mapping(self) -> dict[str, Node]:
        """Its entries, or none when it is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def sequence(self) -> list[Node]:
        """Its entries, or none when it is no list."""
        return self.value if isinstance(self.value, list) else []

    def find(self, path: Iterable[str | int]) -> Node:
        """The node at a path below this one, or the deepest one on the way that was written."""
        node = self
        for step in path:
            value = node.value
            if isinstance(value, dict) and isinstance(step, str) and step in value:
                node = value[step]
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                node = value[step]
            else:
                break
        return node

    def plain(self) -> Json:
        """The value without its places."""
        value = self.value
        if isinstance(value, dict):
            return {name: node.plain() for name, node in value.items()}
        if isinstance(value, list):
            return [node.plain() for node in value]
        return value

    def __repr__(self) -> str:
        return f"Node({self.plain()!r} at {self.file}:{self.line}:{self.column} {self.path})"


def merged(lower: Node, upper: Node) -> Node:
    """`upper` over `lower` at every depth: mappings merge, anything else is replaced; each value keeps its place."""
    if not isinstance(lower.value, dict) or not isinstance(upper.value, dict):
        return upper
    entries = dict(lower.value)
    for name, node in upper.value.items():
        entries[name] = merged(entries[name], node) if name in entries else node
    return Node(
        entries,
        upper.file,
        upper.line,
        upper.column,
        parent=upper.parent,
        key=upper.key,
        key_line=upper.key_line,
        key_column=upper.key_column,
    )

"""Where names and values of a YAML file begin and end, so that a piece of it can be changed and all else kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Line breaks for libyaml and none for editors: with one of them in a file, its lines are not counted alike.
_OLD_BREAKS = frozenset("\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: from the first character to the one behind the last, counted from 0."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a mapping with its value."""

    name: Span
    value: Span
    column: int  # of the name, from 0
    in_flow: bool  # between `{` and `}`
    is_scalar: bool  # the value is text, a number or the like


@dataclass(frozen=True, slots=True)
class Spans:
    """The entries of all mappings of a file by the places, line and column from 1, that a diagnostic may name."""

    by_name: Mapping[tuple[int, int], Entry]  # where the name begins
    by_value: Mapping[tuple[int, int], Entry]  # where the value begins
    by_mapping: Mapping[tuple[int, int], Entry]  # where the mapping begins: its first entry


def spans(text: str) -> Spans | None:
    """None for what cannot be read, or not be counted.  `text` is without a byte order mark, and within the limits."""
    import yaml

    if not _OLD_BREAKS.isdisjoint(text):
        return None
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return None
    starts = [0, *(found.end() for found in re.finditer("\r\n|\r|\n", text))]

    def span(node: Any) -> Span:
        first, last = node.start_mark, node.end_mark
        end = starts[last.line] + last.column if last.line < len(starts) else len(text)
        return Span(starts[first.line] + first.column, min(end, len(text)))

    by_name: dict[tuple[int, int], Entry] = {}
    by_value: dict[tuple[int, int], Entry] = {}
    by_mapping: dict[tuple[int, int], Entry] = {}
    for mapping in _mappings(root, yaml) if root is not None else ():
        for name, value in mapping.value:
            entry = Entry(
                span(name),
                span(value),
                name.start_mark.column,
                bool(mapping.flow_style),
                isinstance(value, yaml.ScalarNode),
            )
            # An alias is the node of its anchor: written once, though met often.
            by_name.setdefault(_place(name), entry)
            by_value.setdefault(_place(value), entry)
            by_mapping.setdefault(_place(mapping), entry)
    return Spans(by_name, by_value, by_mapping)


def _place(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _mappings(root: Any, yaml: Any) -> Iterator[Any]:
    """Every mapping once, in the order of the file."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting.extend(one for pair in reversed(node.value) for one in reversed(pair))
        else:
            waiting.extend(reversed(node.value))

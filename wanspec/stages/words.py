"""How values are worded in messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

MANY = 8  # how many names a message lists


def in_words(value: object) -> str:
    """A value of the wrong type, as a message calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text `{value if len(value) <= 60 else value[:60] + '…'}`"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return "a reference"


def in_code(value: object) -> str:
    """A value as one would write it in a template."""
    if isinstance(value, str):
        return f"'{value}'"
    if value is None:
        return "none"
    return json.dumps(value) if isinstance(value, bool | int | float) else "…"


def names_in_row(names: Iterable[str], *, joined: str = ", ") -> str:
    """Quoted names, the first of many."""
    quoted = [f"`{name}`" for name in names]
    more = f" and {len(quoted) - MANY} more" if len(quoted) > MANY else ""
    return joined.join(quoted[:MANY]) + more

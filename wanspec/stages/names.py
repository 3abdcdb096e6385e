"""How an item gets its id: `SHOT/KEY` (rule 5 of the language)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

NAMING_COLUMNS = ("id", "key", "code", "name")


class KeyFault(Exception):
    """A value of which no part of an id can be made; the message says why."""


def slug(text: str) -> str:
    """Letters, marks and digits of every script, `.` and `_`, lower case and NFC; any other run becomes one `-`."""
    text = unicodedata.normalize("NFC", text).lower()
    if text.isascii():
        return re.sub(r"[^a-z0-9._]+", "-", text).strip("-")
    kept = "".join(c if c in "._" or _is_kept(unicodedata.category(c)) else "-" for c in text)
    return unicodedata.normalize("NFC", re.sub(r"-+", "-", kept).strip("-"))


def _is_kept(category: str) -> bool:
    return category[0] in "LM" or category == "Nd"


def text_of(value: object) -> str:
    """A scalar as text, `true` and numbers as JSON writes them.  Raises KeyFault for null and for what is no scalar."""
    if value is None:
        raise KeyFault("it is null")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise KeyFault("it is not a finite number")
        import rfc8785

        return rfc8785.dumps(value).decode()
    if isinstance(value, str):
        return str(value)
    raise KeyFault("it is a list or a mapping")


def key_of_text(text: str) -> str:
    """A given key: its parts between `/`, each made into a slug."""
    return "/".join(_part(one) for one in text.split("/"))


def default_key(variables: Mapping[str, object], *, row: bool) -> str:
    """The key of an item whose shot gives none: its values in order, or its row's name."""
    if row:
        if not variables:
            raise KeyFault("the row is empty; `key` is required")
        return "/".join(map(_part, _row_texts(variables)))
    return "/".join(_part(_value_text(name, value)) for name, value in variables.items())


def _row_texts(row: Mapping[str, object]) -> list[str]:
    for column in NAMING_COLUMNS:
        if row.get(column) is not None:
            return [_scalar(column, row[column])]
    return [_scalar(column, value) for column, value in row.items()]


def _value_text(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        for column in NAMING_COLUMNS:
            if value.get(column) is not None:
                return _scalar(f"{name}.{column}", value[column])
        raise KeyFault(f"`{name}` is a mapping with none of {', '.join(NAMING_COLUMNS)}; `key` is required")
    if isinstance(value, Sequence) and not isinstance(value, str):
        raise KeyFault(f"`{name}` is a list; `key` is required")
    return _scalar(name, value)


def _scalar(name: str, value: object) -> str:
    try:
        return text_of(value)
    except KeyFault as fault:
        raise KeyFault(f"`{name}` cannot be a part of an id: {fault}; `key` is required") from None


def _part(text: str) -> str:
    made = slug(text)
    if not made.strip("."):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise KeyFault(f"`{shown}` leaves nothing to make a part of an id of")
    return made

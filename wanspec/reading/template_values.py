"""What values a template may hold, what of them it may read, and how they become text.

Knows nothing of Jinja, so that the shortest templates do without it.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Iterable, Mapping
from typing import Any, Final

MAX_TEXT = 1_000_000  # characters of one text; the longest prompt that any model takes is 5 000
MAX_VALUES = 2_000_000  # values in one list or mapping, at any depth

# Methods of texts that give values of a bounded size; the rest is bounded where it is called.
TEXT_METHODS: Final = frozenset(
    [
        "lower",
        "upper",
        "title",
        "capitalize",
        "swapcase",
        "casefold",
        "strip",
        "lstrip",
        "rstrip",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "replace",
        "join",
        "count",
        "find",
        "rfind",
        "index",
        "rindex",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isprintable",
        "isspace",
        "istitle",
        "isupper",
        "center",
        "ljust",
        "rjust",
        "zfill",
    ]
)
LIST_METHODS: Final = frozenset({"count", "index"})
MAPPING_METHODS: Final = frozenset({"get", "items", "keys", "values"})

MISSING: Final = object()


class ValueFault(Exception):
    """Something that a template does with a value and that makes no sense; the place is added by who renders."""

    def __init__(self, message: str, hint: str = "", code: str = "WS303") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class Overgrown(ValueFault):
    """A value that would grow beyond its bound."""


def attribute_of(value: object, name: str) -> object:
    """What `value.name` means in a template; MISSING where it means nothing or must not be seen.

    A mapping is asked for its entries first, so that a column called `items` is no method.  An object shows what it
    lists in `__wanspec_public__`, and nothing else.
    """
    if isinstance(value, Mapping):
        found = value.get(name, MISSING)
        return getattr(value, name) if found is MISSING and name in MAPPING_METHODS else found
    public = public_names(value)
    if public is not None and name in public:
        return getattr(value, name, MISSING)
    if isinstance(value, str):
        return getattr(value, name, MISSING) if name in TEXT_METHODS else MISSING
    if isinstance(value, list | tuple) and name in LIST_METHODS:
        return getattr(value, name)
    return MISSING


def public_names(value: object) -> frozenset[str] | None:
    """What an object shows to templates; None for plain values."""
    if not hasattr(type(value), "__wanspec_public__"):
        return None
    return value.__wanspec_public__  # type: ignore[attr-defined,no-any-return]


def text_of(value: object, label: str = "") -> str:
    """A value as it stands in a text: numbers, true and false as JSON writes them, lists and mappings as JSON.

    `label` is how the user wrote it.  Raises ValueFault for null and for what is no text.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is int:
        return number_text(value)  # type: ignore[arg-type]
    if value is None:
        shown = f"`{label}`" if label else "the expression"
        code = f"{{{{ {label or '…'} or '' }}}}"
        raise ValueFault(f"{shown} is null where text is needed", f"write `{code}` if nothing is meant")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Mapping | list | tuple | range) or is_lazy(value):
        text = json.dumps(printable(value, label), ensure_ascii=False)
        if len(text) > MAX_TEXT:
            raise too_long()
        return text
    # Jinja's undefined names are callable too; their `str` words their fault.
    if public_names(value) is None and callable(value) and not hasattr(type(value), "_fail_with_undefined_error"):
        raise ValueFault(
            f"{f'`{label}`' if label else 'this'} is a function, not its result", "add the brackets: `(…)`"
        )
    if type(value).__str__ is object.__str__:
        # Python would write where the object lies in memory: another text, and another key, in every run.
        raise ValueFault(f"{f'`{label}`' if label else 'this value'} is no text", "name what you need of it: `….name`")
    return str(value)


def number_text(value: float) -> str:
    """A number as JSON writes it (RFC 8785): `5` for 5.0 as well."""
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:  # Python refuses to write numbers of more than 4 300 digits
            raise ValueFault("the number is too large to be written") from None
    if not math.isfinite(value):
        raise ValueFault("the result is not a finite number")
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    import rfc8785

    return rfc8785.dumps(value).decode()


def printable(value: object, label: str) -> Any:
    """JSON with every number in its shortest form."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        number_text(value)
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueFault("the result is not a finite number")
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, Mapping):
        return {text_of(name): printable(inner, label) for name, inner in value.items()}
    if isinstance(value, list | tuple | range) or is_lazy(value):
        return [printable(inner, label) for inner in value]  # type: ignore[attr-defined]
    return text_of(value, label)


def is_lazy(value: object) -> bool:
    """Whether it is what `map`, `select` and their like give: values that come one after the other."""
    return isinstance(value, types.GeneratorType | map | filter | zip | enumerate | reversed) or (
        type(value).__name__ in ("dict_items", "dict_keys", "dict_values")
    )


def listed(value: object) -> object:
    """Lazy sequences as lists; anything else as it is."""
    if isinstance(value, range) or is_lazy(value):
        found = []
        for one in value:  # type: ignore[attr-defined]
            found.append(one)
            if len(found) > MAX_VALUES:
                raise too_many()
        return found
    return value


def too_long() -> Overgrown:
    return Overgrown(f"the text grows beyond {MAX_TEXT:,} characters".replace(",", " "), "repeat less")


def too_many(limit: int = MAX_VALUES) -> Overgrown:
    return Overgrown(f"the list grows beyond {limit:,} values".replace(",", " "), "repeat less")


class Scale:
    """Weighs values: lists that hold one another many times over are small in memory and endless to walk."""

    def __init__(self) -> None:
        # Large values that are used again and again; kept alive, so that no other value gets their id.
        self._known: dict[int, tuple[object, int]] = {}

    def weigh(self, value: object, limit: int = MAX_VALUES) -> int:
        """How many values it holds, itself included.  Raises ValueFault above the limit."""
        if not isinstance(value, dict | list | tuple):
            return 1
        known = self._known.get(id(value))
        if known is not None:
            total = known[1]
        else:
            total = 1 + self._inside(value.values() if isinstance(value, dict) else value, limit, 0)
            if total > 64:
                self._known[id(value)] = (value, total)
        if total > limit:
            raise too_many(limit)
        return total

    def _inside(self, values: Iterable[object], limit: int, depth: int) -> int:
        if depth > 100:
            raise ValueFault("lists and mappings nest too deep")
        total = 0
        for value in values:
            if isinstance(value, dict | list | tuple):
                known = self._known.get(id(value))
                if known is not None:
                    weight = known[1]
                else:
                    weight = 1 + self._inside(value.values() if isinstance(value, dict) else value, limit, depth + 1)
                    if weight > 64:
                        self._known[id(value)] = (value, weight)
                total += weight
            else:
                total += 1
            if total > limit:
                raise too_many(limit)
        return total

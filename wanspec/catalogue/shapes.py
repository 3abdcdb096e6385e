"""Judges a request once for all that differ only in values that no rule compares.

A schema is asked once for each shape: plain leaves (texts, numbers, choices) are checked here by hand and left out of
the shape, unless a rule across fields looks at their value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanspec.catalogue.media import form_of
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import Path, is_entry, said_by, steps
from wanspec.domain.items import Derived, Reference

if TYPE_CHECKING:
    from wanspec.catalogue.words import Finding

MOST_SHAPES = 50_000
LARGEST = 2**53 - 1

_PLAIN = frozenset(
    [
        "type",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "enum",
        "const",
        "pattern",
        "default",
        "description",
        "title",
        "examples",
        "deprecated",
        "x-message",
        "x-hint",
        "x-same",
        "$comment",
    ]
)
_ACROSS = frozenset(
    [
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "patternProperties",
        "propertyNames",
        "contains",
        "$ref",
        "$dynamicRef",
        "unevaluatedProperties",
        "unevaluatedItems",
        "x-pairs",
        "x-ordered",
        "x-pixels",
        "x-same-length",
        "x-total-items",
    ]
)

# What these look at cannot be read off them.
_OPAQUE = frozenset(
    ["$ref", "$dynamicRef", "patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems"]
)
_NAMES_PLACES = frozenset(["x-pairs", "x-ordered", "x-same-length", "x-total-items"])
_WORDS = frozenset(
    [
        "required",
        "dependentRequired",
        "x-message",
        "x-hint",
        "description",
        "title",
        "const",
        "enum",
        "default",
        "examples",
    ]
)
_ABOUT_PRESENCE = _WORDS - {"const", "enum"} | frozenset(
    ["properties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"]
)

_Check = Callable[[Any], bool]


class _Slow(Exception):
    """The request has to be looked at as it is."""


@dataclass(frozen=True, slots=True)
class _Object:
    """A mapping of fields; a leaf is its check, None stands for a value that is part of the shape as it is."""

    fields: Mapping[str, _Object | _Check | None]


class Shapes:
    """The shapes of one model's requests, with what was found wrong with each."""

    def __init__(self, model: Model) -> None:
        self.verdicts: dict[object, tuple[Finding, ...]] = {}
        compared = _compared(model.schema, ())
        self._media = {place.place: place.forms for place in model.media}
        self._saying = _saying(model)
        self._tree = self._compile(model.schema, (), compared)

    def remember(self, shape: object, found: tuple[Finding, ...]) -> None:
        if len(self.verdicts) >= MOST_SHAPES:
            self.verdicts.clear()
        self.verdicts[shape] = found

    def of(self, native: Mapping[str, Any]) -> object | None:
        """What is equal for requests that are good or bad together; None where a request must be looked at alone."""
        try:
            return self._shape(native, self._tree, ())
        except _Slow:
            return None

    def _compile(self, schema: Mapping[str, Any], path: Path, compared: set[Path]) -> _Object:
        fields: dict[str, _Object | _Check | None] = {}
        for name, part in schema.get("properties", {}).items():
            place = (*path, name)
            if isinstance(part, Mapping) and place in self._media and set(part) <= _PLAIN | {"format"}:
                fields[name] = self._medium_check(place)
            elif not isinstance(part, Mapping) or place in compared:
                fields[name] = None
            elif part.get("type") == "object":
                fields[name] = self._compile(part, place, compared)
            else:
                fields[name] = _leaf(part)
        return _Object(fields)

    def _medium_check(self, place: Path) -> _Check:
        forms = self._media[place]

        def check(value: Any) -> bool:
            return _is_medium(value, forms)

        return check

    def _shape(self, value: Any, node: _Object, path: Path) -> object:
        if type(value) is not dict:
            raise _Slow
        parts = []
        for name, inner in value.items():
            known = node.fields.get(name)
            if known is None:
                parts.append((name, self._frozen(inner, (*path, name))))
            elif isinstance(known, _Object):
                parts.append((name, self._shape(inner, known, (*path, name))))
            elif known(inner):
                parts.append(name)
            else:
                raise _Slow
        return tuple(parts)

    def _frozen(self, value: Any, path: Path) -> object:
        """A value as part of a shape: all of it, but that one good medium is as good as another."""
        kind = type(value)
        if kind is str:
            forms = self._media.get(path)
            if forms is None:
                if unwritable(value):
                    raise _Slow
                return ("", value)
            if _is_medium(value, forms):
                return None
            raise _Slow
        if kind is int or kind is bool or kind is float or value is None:
            if unwritable(value):
                raise _Slow
            return (kind, value)
        if kind is list:
            # Every entry of a list is looked up as its first: patterns know no indices.
            return (list, *(self._frozen(inner, (*path, 0)) for inner in value))
        if kind is dict:
            if path in self._saying and not any(value.get(name) == said for name, said in self._saying[path]):
                raise _Slow  # an entry that does not say what its medium is for holds none
            return (dict, *((name, self._frozen(inner, (*path, name))) for name, inner in value.items()))
        if kind is Reference or kind is Derived:
            if path in self._media:
                return None
            raise _Slow
        raise _Slow


def _saying(model: Model) -> dict[Path, list[tuple[str, str]]]:
    """Lists in which an entry says what its medium is for: path of an entry -> what it may say."""
    found: dict[Path, list[tuple[str, str]]] = {}
    for one in model.media:
        for number, step in enumerate(steps(one.pattern.replace("[]", "[0]"))):
            if is_entry(step):
                found.setdefault(one.place[: number + 1], []).append(said_by(step))
    return found


def unwritable(value: object) -> str:
    """Why no JSON text can hold a value exactly, "" where one can (RFC 8785)."""
    if isinstance(value, float) and not math.isfinite(value):
        return "is no number"
    if isinstance(value, int | float) and abs(value) > LARGEST:
        return f"is a larger number than JSON can hold: {LARGEST} at most"
    if isinstance(value, str) and not value.isascii() and not _encodable(value):
        return "holds half of a character: a lone surrogate"
    return ""


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_medium(value: Any, forms: tuple[str, ...]) -> bool:
    kind = type(value)
    if kind is Reference or kind is Derived:
        return True
    if kind is not str or not value.strip() or len(value) > 4096 or "\0" in value or "\n" in value:
        return False
    form = form_of(value)
    return form in ("path", "url", "data", "uuid") or (form == "base64" and "base64" in forms)


def _compared(schema: Any, path: Path) -> set[Path]:
    """Places whose values some rule across fields may look at."""
    found: set[Path] = set()
    if not isinstance(schema, Mapping):
        return found
    for keyword, rule in schema.items():
        if keyword == "properties":
            for name, part in rule.items():
                found |= _compared(part, (*path, name))
        elif keyword in _ACROSS:
            if keyword in _OPAQUE:
                found |= {path, *((*path, name) for name in schema.get("properties", {}))}
            found |= looked_at_by({keyword: rule}, path)
    return found


def looked_at_by(rule: Any, path: Path = ()) -> set[Path]:
    """The places whose values, not only whose presence, a rule may look at."""
    found: set[Path] = set()
    if isinstance(rule, list):
        for inner in rule:
            found |= looked_at_by(inner, path)
    if not isinstance(rule, Mapping):
        return found
    for keyword, inner in rule.items():
        if keyword == "properties":
            for name, part in inner.items():
                if not isinstance(part, Mapping) or set(part) - _ABOUT_PRESENCE:
                    found.add((*path, name))
                found |= looked_at_by(part, (*path, name))
        elif keyword == "x-pixels":
            found |= {(*path, "width"), (*path, "height")}
        elif keyword in _NAMES_PLACES:
            found |= {(*path, *steps(name)) for name in _texts(inner)}
        elif keyword not in _WORDS:
            found |= looked_at_by(inner, path)
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _leaf(schema: Mapping[str, Any]) -> _Check | None:
    """A check that says yes only where JSON Schema does; None for what is more than a plain leaf."""
    if not set(schema) <= _PLAIN:
        return None
    if "const" in schema or "enum" in schema:
        if set(schema) & {"type", "pattern", "minimum", "maximum"}:
            return None
        known = {(type(one), one) for one in schema.get("enum", [schema.get("const")]) if isinstance(one, str | int)}
        return lambda value: (type(value), value) in known if isinstance(value, str | int) else False
    kind = schema.get("type")
    if kind == "boolean":
        return lambda value: value is True or value is False
    if kind == "string":
        return _text_check(schema)
    if kind in ("integer", "number"):
        return _number_check(schema)
    return None


def _text_check(schema: Mapping[str, Any]) -> _Check:
    low, high = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    search = re.compile(schema.get("pattern", "")).search

    def check(value: Any) -> bool:
        return (
            type(value) is str
            and low <= len(value) <= high
            and (value.isascii() or _encodable(value))
            and search(value) is not None
        )

    return check


def _number_check(schema: Mapping[str, Any]) -> _Check | None:
    low, high = max(schema.get("minimum", -LARGEST), -LARGEST), min(schema.get("maximum", LARGEST), LARGEST)
    above, below = schema.get("exclusiveMinimum", float("-inf")), schema.get("exclusiveMaximum", float("inf"))
    step = schema.get("multipleOf", 1)
    if type(step) is not int:
        return None
    # Whole numbers alone: a float takes the long way, where the library decides.
    return lambda value: type(value) is int and low <= value <= high and above < value < below and value % step == 0

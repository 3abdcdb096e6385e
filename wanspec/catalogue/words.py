"""What JSON Schema finds, in sentences that go on after a field's name.

`{inputs.frameImages}` in one stands for the name under which the user wrote that native field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from wanspec.catalogue.keywords import Worded
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import Path, written
from wanspec.domain.diagnostics import suggestion

_NUMBER_IN_TEXT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:s|sec|seconds|px|pixels|%)?\s*")
_YES = {"yes", "on", "true"}
_NO = {"no", "off", "false"}
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
# Of several faults in one place the first of these is told: the others follow from it or can wait.
_FIRST = ("type", "required", "additionalProperties", "const", "enum", "pattern", "minLength", "maxLength")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault before names are filled in."""

    path: Path
    message: str
    hint: str
    rule: str
    composite: Path  # where in the schema the rule stands that found it, () for a field's own schema


def findings(model: Model, errors: Iterator[ValidationError]) -> tuple[Finding, ...]:
    """One per place, in the order of the model's fields."""
    best: dict[Path, tuple[int, Finding]] = {}
    for error in errors:
        for number, finding in _findings(model, error, ()):
            known = best.get(finding.path)
            if known is None or number < known[0]:
                best[finding.path] = (number, finding)
    # What is wrong as a whole is not wrong in its parts.
    found = [finding for _, finding in best.values()]
    wrong_type = {one.path for one in found if one.rule.endswith("/type")}
    kept = [one for one in found if not any(one.path[:n] in wrong_type for n in range(len(one.path)))]
    order = {name: number for number, name in enumerate(model.schema.get("properties", ()))}
    return tuple(sorted(kept, key=lambda one: order.get(str(one.path[0]), 999) if one.path else -1))


def _findings(model: Model, error: ValidationError, above: Path) -> Iterator[tuple[int, Finding]]:
    path = (*above, *error.relative_path) if above else tuple(error.absolute_path)
    keyword = str(error.validator)
    if keyword in ("anyOf", "oneOf") and error.context and not _own_words(error):
        branch = _branch(error)
        if branch is not None:
            for inner in branch:
                yield from _findings(model, inner, path)
            return
    rank = _FIRST.index(keyword) if keyword in _FIRST else len(_FIRST)
    rule = "/".join(map(str, error.absolute_schema_path))
    schema_path = tuple(error.absolute_schema_path)
    composite: Path = ()
    if schema_path and schema_path[0] not in ("properties", "required", "additionalProperties"):
        composite = schema_path[:2] if schema_path[0] in ("allOf", "anyOf", "oneOf") else schema_path[:1]
    for place, message, hint in _worded(model, error, path, keyword):
        own = _own_words(error)
        schema = error.schema if isinstance(error.schema, Mapping) else {}
        yield (
            rank,
            Finding(
                place, own or message, schema.get("x-hint", "") if own else schema.get("x-hint", hint), rule, composite
            ),
        )


def _own_words(error: ValidationError) -> str:
    """The schema's `x-message` for this keyword."""
    schema = error.schema
    if not isinstance(schema, Mapping):
        return ""
    said = schema.get("x-message", "")
    if isinstance(said, Mapping):
        said = said.get(str(error.validator), "")
    return said if isinstance(said, str) else ""


def _branch(error: ValidationError) -> list[ValidationError] | None:
    """The faults of the alternative that was meant: one for values of this type, and the one that fits best."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [
        faults for faults in branches.values() if not any(f.validator == "type" and not f.relative_path for f in faults)
    ]
    if not fitting:
        return None
    return min(fitting, key=lambda faults: (len(faults), -max(len(f.relative_path) for f in faults)))


def _worded(model: Model, error: ValidationError, path: Path, keyword: str) -> Iterator[tuple[Path, str, str]]:
    value: Any = error.instance
    limit: Any = error.validator_value
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if isinstance(error, Worded):
        yield path, error.message, error.hint
    elif keyword == "required":
        names = [name for name in limit if name not in value]
        # The library yields one error for each name; the text is the only place that says which.
        missing = next((name for name in names if error.message.startswith(repr(name))), names[0] if names else "")
        yield (*path, missing), "is missing", schema.get("properties", {}).get(missing, {}).get("x-hint", "")
    elif keyword == "dependentRequired":
        for name, needed in limit.items():
            lacking = [one for one in needed if one not in value] if name in value else []
            if lacking:
                yield (*path, name), f"needs {{{written((*path, lacking[0]))}}} beside it", ""
    elif keyword == "additionalProperties":
        known = schema.get("properties", {})
        for name in value:
            if name not in known:
                yield (*path, str(name)), _unknown(model, path), _known_elsewhere(model, path, str(name), known)
    elif keyword == "type":
        yield path, f"must be {_one_of_types(limit)}", _type_hint(value, limit)
    elif keyword in ("enum", "const"):
        yield path, *_enumerated(model, path, value, [limit] if keyword == "const" else list(limit))
    elif keyword in _LIMITS:
        yield path, _LIMITS[keyword].format(limit=limit), ""
    elif keyword == "multipleOf":
        yield path, *_multiple(value, limit, schema)
    elif keyword in ("minLength", "maxLength"):
        yield path, *_length(value, limit, keyword)
    elif keyword in ("minItems", "maxItems"):
        most = "at least" if keyword == "minItems" else "at most"
        entries = f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
        yield path, f"has {entries}, {most} {limit}" if value else "is empty", ""
    elif keyword == "uniqueItems":
        yield path, "holds one entry twice", ""
    elif keyword in ("anyOf", "oneOf"):
        types = [one["type"] for one in limit if isinstance(one, Mapping) and isinstance(one.get("type"), str)]
        known = _one_of_types(types) if types else "one of the forms that the model takes"
        yield path, f"must be {known}", ""
    elif keyword == "pattern":
        yield path, "is not written as the model wants it", f"it must match `{limit}`"
    else:
        yield path, "is not what the model takes here", ""


_LIMITS = {
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
}


def _one_of_types(types: object) -> str:
    names = [types] if isinstance(types, str) else list(types) if isinstance(types, Sequence) else []
    return " or ".join(dict.fromkeys(_TYPES.get(str(name), str(name)) for name in names))


def _type_hint(value: object, types: object) -> str:
    wanted = [types] if isinstance(types, str) else list(types) if isinstance(types, Sequence) else []
    if isinstance(value, str) and {"integer", "number"} & set(wanted):
        found = _NUMBER_IN_TEXT.fullmatch(value)
        if found and ("number" in wanted or "." not in found[1]):
            return f"write {found[1]}" + (" without quotes" if found[1] == value.strip() else "")
    if isinstance(value, float) and "integer" in wanted and math.isfinite(value):
        return f"{math.floor(value)} or {math.ceil(value)}"
    if "boolean" in wanted and isinstance(value, str):
        low = value.strip().lower()
        return "write true" if low in _YES else "write false" if low in _NO else ""
    if "string" in wanted and isinstance(value, int | float):
        shown = str(value).lower() if isinstance(value, bool) else value
        return f'write "{shown}" in quotes'
    if "array" in wanted and not isinstance(value, Mapping):
        return "write it as `[…]`, or as entries that begin with `-`"
    return ""


def _unknown(model: Model, path: Path) -> str:
    inside = f" in `{written(path)}`" if path else ""
    return f"is not a field of `{model.id}`{inside}"


def _known_elsewhere(model: Model, path: Path, name: str, known: Mapping[str, Any]) -> str:
    if close := suggestion(name, known):
        return close
    for place in _places(model.schema, name):
        if place[:-1] != path:
            return f"write it as `{written(place)}`"
    if not model.is_local and model.takes(name):
        return f"`{name}` stands on the shot itself, not under `params`"
    if known and len(known) <= 12:
        return "known are " + ", ".join(f"`{one}`" for one in known)
    return ""


def _places(schema: Any, name: str, path: Path = ()) -> Iterator[Path]:
    for inner, part in schema.get("properties", {}).items() if isinstance(schema, Mapping) else ():
        if inner == name:
            yield (*path, inner)
        yield from _places(part, name, (*path, inner))


def _enumerated(model: Model, path: Path, value: object, known: list[Any]) -> tuple[str, str]:
    shown = [_json_text(one) for one in known]
    if len(path) == 1 and path[0] in model.constants:
        return f"must be {shown[0]}: it is wanspec's to fill in", "leave it out"
    hint = ""
    if len(known) == 1:
        return f"must be {shown[0]}", ""
    if isinstance(value, str):
        texts = [one for one in known if isinstance(one, str)]
        hint = suggestion(value, texts)
        if not hint and (found := _NUMBER_IN_TEXT.fullmatch(value)) and any(str(one) == found[1] for one in known):
            hint = f"write {found[1]} without quotes"
    elif str(value) in known:
        hint = f'write "{value}" in quotes'
    return f"must be one of {', '.join(shown)}", hint


def _json_text(value: object) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value}`"


def _multiple(value: Any, step: Any, schema: Mapping[str, Any]) -> tuple[str, str]:
    low = value // step * step
    high = low if low == value else low + step
    near = [
        one
        for one in dict.fromkeys((low, high))
        if schema.get("minimum", -math.inf) <= one <= schema.get("maximum", math.inf)
    ]
    tail = f": {' or '.join(map(str, near))} {'are' if len(near) > 1 else 'is'} near" if near else ""
    return f"must be a multiple of {step}{tail}", ""


def _length(value: str, limit: int, keyword: str) -> tuple[str, str]:
    if not value:
        return "is empty", ""
    characters = f"{len(value)} {'character' if len(value) == 1 else 'characters'}"
    return f"has {characters}, {'at most' if keyword == 'maxLength' else 'at least'} {limit}", ""

"""JSON Schema 2020-12 with a few keywords for what it cannot say.  `schemas/README.md` documents them.

Messages go on after the name of the field they concern; `{settings.sequential}` in one stands for the name under
which the user wrote that native field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import EMPTY_REGISTRY

from wanspec.catalogue.paths import ABSENT, Path, steps, value_at, written
from wanspec.catalogue.sizes import nearest_pair
from wanspec.catalogue.transforms import PERCENT, plain_number

Faults = Iterator[ValidationError]


class Worded(ValidationError):
    """A fault that brings its own hint."""

    def __init__(self, message: str, hint: str = "", path: Sequence[str | int] = ()) -> None:
        super().__init__(message, path=tuple(path))
        self.hint = hint


def _sum(validator: Any, rule: Mapping[str, str], instance: Any, schema: Any) -> Faults:
    """`{of, total, tolerance}`: percentages under one name in all entries of a list."""
    del validator, schema
    if not isinstance(instance, list):
        return
    parts = [entry.get(rule["of"]) if isinstance(entry, Mapping) else None for entry in instance]
    matches = [PERCENT.match(part) for part in parts if isinstance(part, str)]
    numbers = [Decimal(found[1]) for found in matches if found]
    if len(numbers) != len(instance) or not numbers:
        return  # each bad entry is a fault of its own
    total = sum(numbers, Decimal(0))
    if abs(total - Decimal(rule["total"])) > Decimal(rule["tolerance"]):
        yield Worded(f"has shares that sum to {plain_number(total)} %, not to {rule['total']} %")


def _same_length(validator: Any, rules: Sequence[Mapping[str, Any]], instance: Any, schema: Any) -> Faults:
    """`[{list, as, flat?, unless_empty?}]`: a list has one entry for each entry of another, and needs it.

    `flat`: with a single entry in the other, the entry itself may stand for the list.
    """
    del validator, schema
    for rule in rules:
        path = steps(rule["list"])
        value = value_at(instance, path)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                continue
        if not isinstance(value, list) or (not value and rule.get("unless_empty")):
            continue
        other = value_at(instance, steps(rule["as"]))
        if other is ABSENT:
            yield Worded(f"has no effect without {{{rule['as']}}}", f"give {{{rule['as']}}}", path)
        elif isinstance(other, list) and len(value) != len(other):
            is_flat = bool(value) and all(isinstance(b, list) and b and isinstance(b[0], int) for b in value)
            if not (rule.get("flat") and is_flat and len(other) == 1):
                entries = _counted(len(value), "entry", "entries")
                images = _counted(len(other), "entry", "entries")
                hint = "write one entry for each, `[]` for one that has nothing"
                yield Worded(f"has {entries}, but {{{rule['as']}}} has {images}", hint, path)


def _box(validator: Any, wanted: bool, instance: Any, schema: Any) -> Faults:
    """Four numbers x1, y1, x2, y2 whose second corner is right of and below the first."""
    del validator, schema
    if not wanted or not isinstance(instance, list) or len(instance) != 4 or not all(map(_number, instance)):
        return
    left, top, right, bottom = instance
    if left >= right:
        yield Worded(f"must run from left to right: x1 {left} is not less than x2 {right}")
    elif top >= bottom:
        yield Worded(f"must run from top to bottom: y1 {top} is not less than y2 {bottom}")


def _pixels(validator: Any, rule: Mapping[str, Any], instance: Any, schema: Any) -> Faults:
    """`{minimum, maximum, aspect}`: limits of the area and of the longer side by the shorter; of a mapping with width
    and height, or of a text like `1024x768`; other texts are not looked at."""
    del validator, schema
    width: Any = None
    height: Any = None
    if isinstance(instance, Mapping):
        width, height = (instance.get(name) for name in ("width", "height"))
    elif isinstance(instance, str) and (found := re.fullmatch(r"(\d{1,6})x(\d{1,6})", instance, re.ASCII)):
        width, height = int(found[1]), int(found[2])
    if not (_number(width) and _number(height)) or width <= 0 or height <= 0:
        return
    area = width * height
    if "minimum" in rule and area < rule["minimum"]:
        yield Worded(f"gives {area} pixels in all, at least {rule['minimum']} are needed")
    elif "maximum" in rule and area > rule["maximum"]:
        yield Worded(f"gives {area} pixels in all, at most {rule['maximum']} are taken")
    elif "aspect" in rule and max(width, height) > rule["aspect"] * min(width, height):
        yield Worded(f"gives a picture with sides that differ by more than {rule['aspect']} times")


def _pairs(validator: Any, rule: Mapping[str, Any], instance: Any, schema: Any) -> Faults:
    """`{of: [a, b], allowed: [[…], …]}`: two numbers that go only together."""
    del validator, schema
    first, second = rule["of"]
    if not isinstance(instance, Mapping) or first not in instance or second not in instance:
        return
    pair = (instance[first], instance[second])
    if not all(map(_number, pair)) or list(pair) in rule["allowed"]:
        return
    near = nearest_pair(pair, [tuple(one) for one in rule["allowed"]])
    sizes = ", ".join(f"{a}x{b}" for a, b in rule["allowed"])
    hint = f"{near[0]}x{near[1]} is near; the sizes are {sizes}" if near else f"the sizes are {sizes}"
    yield Worded(f"{pair[0]} and {{{second}}} {pair[1]} are no size that this model makes", hint, (first,))


def _ordered(validator: Any, rules: Sequence[Sequence[str]], instance: Any, schema: Any) -> Faults:
    """`[[a, b], …]`: the first number is less than the second, where both are there."""
    del validator, schema
    if isinstance(instance, Mapping):
        for low, high in rules:
            if _number(instance.get(low)) and _number(instance.get(high)) and instance[low] >= instance[high]:
                yield Worded(f"must be more than {{{low}}}, which is {instance[low]}", path=(high,))


def _json(validator: Any, inner: Any, instance: Any, schema: Any) -> Faults:
    """A text that holds JSON of this schema."""
    del schema
    if not isinstance(instance, str):
        return
    try:
        held = json.loads(instance)
    except (ValueError, RecursionError):
        yield Worded("must hold JSON in a text")
        return
    yield from validator.descend(held, inner)


def _total_items(validator: Any, rules: Sequence[Mapping[str, Any]], instance: Any, schema: Any) -> Faults:
    """`[{lists, maximum}]`: several lists have no more entries than this together."""
    del validator, schema
    for rule in rules:
        found = [(path, value_at(instance, steps(path))) for path in rule["lists"]]
        lists = [(path, value) for path, value in found if isinstance(value, list)]
        total = sum(len(value) for _, value in lists)
        if total > rule["maximum"]:
            names = " and ".join(f"{{{path}}}" for path, _ in lists[:-1])
            together = f" together with {names}" if names else ""
            yield Worded(f"has {total} entries{together}, at most {rule['maximum']}", path=steps(lists[-1][0]))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


RequestValidator = validators.extend(  # type: ignore[no-untyped-call]  # untyped in types-jsonschema
    Draft202012Validator,
    {
        "x-sum": _sum,
        "x-same-length": _same_length,
        "x-box": _box,
        "x-pixels": _pixels,
        "x-pairs": _pairs,
        "x-ordered": _ordered,
        "x-json": _json,
        "x-total-items": _total_items,
    },
)

# The library's own registry would fetch a reference to another document over the network.
_NOTHING_REMOTE: Registry[Any] = EMPTY_REGISTRY


def validator_of(schema: Mapping[str, Any]) -> Any:
    return RequestValidator(schema, registry=_NOTHING_REMOTE)


_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}
_PAIR = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
_DECIMAL = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
_COUNT = {"type": "integer", "minimum": 0}


def _mapping(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    fields = {**required, **(optional or {})}
    return {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}


# How each keyword is written.
_SHAPES: dict[str, dict[str, Any]] = {
    "x-sum": _mapping({"of": _TEXT, "total": _DECIMAL, "tolerance": _DECIMAL}),
    "x-same-length": {
        "type": "array",
        "items": _mapping(
            {"list": _TEXT, "as": _TEXT}, {"flat": {"type": "boolean"}, "unless_empty": {"type": "boolean"}}
        ),
    },
    "x-box": {"type": "boolean"},
    "x-pixels": _mapping({}, {"minimum": _COUNT, "maximum": _COUNT, "aspect": {"type": "number", "minimum": 1}}),
    "x-pairs": _mapping(
        {
            "of": _PAIR,
            "allowed": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            },
        }
    ),
    "x-ordered": {"type": "array", "items": _PAIR},
    "x-json": {"type": ["object", "boolean"]},
    "x-total-items": {"type": "array", "items": _mapping({"lists": _TEXTS, "maximum": _COUNT})},
    "x-message": {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}]},
    "x-hint": _TEXT,
}


def meta_faults(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a schema is none, with what is wrong: by the meta-schema of 2020-12 and by the shapes of our keywords."""
    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    faults = [(written(_plain(error.absolute_path)), _words(error)) for error in checker.iter_errors(schema)]
    faults += list(_keyword_faults(schema, ()))
    for number, warning in enumerate(schema.get("x-wanspec", {}).get("warnings", ()) if not faults else ()):
        place = f"x-wanspec.warnings[{number}].if"
        faults += [(f"{place}.{path}".rstrip("."), words) for path, words in meta_faults(warning.get("if", {}))]
    return faults


def _keyword_faults(schema: object, path: Path) -> Iterator[tuple[str, str]]:
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from _keyword_faults(inner, (*path, number))
    if not isinstance(schema, Mapping):
        return
    for name, inner in schema.items():
        place = (*path, name)
        if name in _SHAPES and path[-1:] != ("properties",):
            for error in Draft202012Validator(_SHAPES[name]).iter_errors(inner):
                yield written((*place, *_plain(error.absolute_path))), f"is not how `{name}` is written"
        if name == "x-json":
            yield from ((f"{written(place)}.{at}".rstrip("."), words) for at, words in meta_faults_of_part(inner))
        if name not in ("x-wanspec", "default", "const", "enum", "examples"):
            yield from _keyword_faults(inner, place)


def meta_faults_of_part(schema: object) -> list[tuple[str, str]]:
    """The same for a schema within a keyword, whose references are those of the whole."""
    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    return [(written(_plain(error.absolute_path)), _words(error)) for error in checker.iter_errors(schema)]


def _plain(path: Any) -> Path:
    return tuple(path)


def _words(error: ValidationError) -> str:
    return {
        "type": f"must be of type {error.validator_value}",
        "enum": f"must be one of {error.validator_value}",
    }.get(str(error.validator), "is not what JSON Schema 2020-12 allows here")

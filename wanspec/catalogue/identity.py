"""What of a request can change the bytes of its result, and so may enter its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wanspec.catalogue.media import media_places
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import ABSENT, Path, steps
from wanspec.catalogue.transforms import same_text
from wanspec.domain.items import Derived, Reference


class _Gone:
    """Left out."""


_GONE = _Gone()


def accepted_default_free(model: Model, native: Mapping[str, Any]) -> dict[str, Any]:
    """The request without what cannot change its result: fields of delivery and gates, constants, task id, values that
    equal the schema's default; and without what is hashed apart: the seed and media.

    Mappings that are empty after it vanish.  A list of media vanishes; in a list that holds more, null stands for a
    medium, so that the others keep their places.  Texts that mean the same to the vendor are brought to one spelling.
    Prompt rewriting stays though it is at its default: rule 12 of the language.
    """
    walk = model.compiled.get("identity")
    if walk is None:
        walk = model.compiled["identity"] = _Walk(model)
    media = {path for path, _, _ in media_places(model, native)}
    kept = walk.mapping(native, model.schema, (), media)
    return kept if isinstance(kept, dict) else {}


class _Walk:
    def __init__(self, model: Model) -> None:
        left_out = {*model.delivery, *model.gates, *model.constants, model.task_id}
        if model.seed is not None:
            left_out.add(model.seed.path)
        self.left_out = {steps(path) for path in left_out if path}
        self.kept = {steps(model.rewrite.path)} if model.rewrite is not None else set()

    def mapping(self, value: Mapping[str, Any], schema: Any, path: Path, media: set[Path]) -> Any:
        known = _fields(schema)
        kept = {}
        for name, inner in value.items():
            part = self.value(inner, known.get(name, {}), (*path, name), media)
            if part is not _GONE:
                kept[name] = part
        return kept if kept or not path else _GONE

    def value(self, value: Any, schema: Any, path: Path, media: set[Path]) -> Any:
        if path in self.left_out or path in media:
            return _GONE
        default = schema.get("default", ABSENT) if isinstance(schema, Mapping) else ABSENT
        if isinstance(value, Mapping):
            return self.mapping(value, schema, path, media)
        if isinstance(value, list | tuple):
            return self.sequence(value, schema, path, media)
        if isinstance(value, Reference | Derived):
            return str(value)  # in a place for media it is out already; elsewhere it is a fault told before
        if isinstance(value, str) and isinstance(schema, Mapping) and "x-same" in schema:
            value = same_text(schema["x-same"], value)
            default = same_text(schema["x-same"], default)
        if _equal(value, default) and path not in self.kept:
            return _GONE
        return value

    def sequence(self, value: list[Any] | tuple[Any, ...], schema: Any, path: Path, media: set[Path]) -> Any:
        items = _items(schema)
        parts = [self.entry(inner, items, (*path, index), media) for index, inner in enumerate(value)]
        if value and all(part is _GONE for part in parts):
            return _GONE
        return [None if part is _GONE else part for part in parts]

    def entry(self, value: Any, schema: Any, path: Path, media: set[Path]) -> Any:
        if isinstance(value, Mapping):
            known = _fields(schema)
            kept = {name: self.value(inner, known.get(name, {}), (*path, name), media) for name, inner in value.items()}
            return {name: part for name, part in kept.items() if part is not _GONE}
        if path in media:
            return _GONE
        if isinstance(value, list | tuple):
            return [self.entry(inner, _items(schema), (*path, index), media) for index, inner in enumerate(value)]
        if isinstance(schema, Mapping) and "x-same" in schema:
            return same_text(schema["x-same"], value)
        return value


def _fields(schema: Any) -> Mapping[str, Any]:
    """The schemas of a mapping's fields, those of its alternatives too."""
    if not isinstance(schema, Mapping):
        return {}
    found: dict[str, Any] = {}
    for word in ("anyOf", "oneOf"):
        for branch in schema.get(word, ()):
            found.update(_fields(branch))
    found.update(schema.get("properties", {}))
    return found


def _items(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return {}
    if "items" in schema:
        return schema["items"]
    branches = [branch for word in ("anyOf", "oneOf") for branch in schema.get(word, ())]
    return next((branch["items"] for branch in branches if isinstance(branch, Mapping) and "items" in branch), {})


def _equal(value: Any, default: Any) -> bool:
    """As JSON compares: 1 is 1.0, and neither is true."""
    return isinstance(value, bool) == isinstance(default, bool) and bool(value == default)

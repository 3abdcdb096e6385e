"""What of a request can change the bytes of its result, and so may enter its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import ABSENT, steps, written
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
    root: _Node | None = model.compiled.get("identity")
    if root is None:
        root = model.compiled["identity"] = _compiled(model)
    return {name: kept for name, value in native.items() if (kept := _kept(value, root.fields.get(name))) is not _GONE}


@dataclass(slots=True)
class _Node:
    """What the model says of one native field."""

    left_out: bool = False
    is_media: bool = False
    always_kept: bool = False
    default: Any = ABSENT
    same: str = ""  # in which spellings a text means the same
    fields: dict[str, _Node] = field(default_factory=dict)
    items: _Node | None = None


def _compiled(model: Model) -> _Node:
    root = _node(model.schema)
    seed = [model.seed.path] if model.seed is not None else []
    for path in {*model.delivery, *model.gates, *model.constants, model.task_id, *seed}:
        if found := _at(root, path):
            found.left_out = True
    for place in model.media:
        if found := _at(root, written(place.place)):
            found.is_media = True
    if model.rewrite is not None and (found := _at(root, model.rewrite.path)):
        found.always_kept = True
    return root


def _at(root: _Node, path: str) -> _Node | None:
    if not path:
        return None
    here: _Node | None = root
    for step in steps(path.replace("[]", "[0]")):
        if here is None:
            return None
        here = here.items if isinstance(step, int) else here.fields.get(step)
    return here


def _node(schema: Any) -> _Node:
    if not isinstance(schema, Mapping):
        return _Node()
    same = schema.get("x-same", "")
    default = schema.get("default", ABSENT)
    node = _Node(default=same_text(same, default) if same else default, same=same)
    for word in ("anyOf", "oneOf"):
        for branch in schema.get(word, ()):
            inner = _node(branch)
            node.fields.update(inner.fields)
            node.items = node.items or inner.items
    node.fields.update({name: _node(part) for name, part in schema.get("properties", {}).items()})
    if "items" in schema:
        node.items = _node(schema["items"])
    return node


_UNKNOWN_FIELD = _Node()


def _kept(value: Any, node: _Node | None, *, entry: bool = False) -> Any:
    """The value without what says nothing; `_GONE` when that is all of it.

    The entries of a list keep their places: neither a default nor an emptied mapping among them is left out.
    """
    node = node or _UNKNOWN_FIELD
    if node.left_out:
        return _GONE
    kind = type(value)
    if kind is dict:
        inner = {name: kept for name, one in value.items() if (kept := _kept(one, node.fields.get(name))) is not _GONE}
        return inner if inner or entry else _GONE
    if kind is list or kind is tuple:
        parts = [_kept(one, node.items, entry=True) for one in value]
        if value and not entry and all(part is _GONE for part in parts):
            return _GONE
        parts = [None if part is _GONE else part for part in parts]
        return _GONE if not entry and _equal(parts, node.default) else parts
    if node.is_media:
        return _GONE
    if kind is Reference or kind is Derived:
        return str(value)  # not in a place for media: a fault that is told elsewhere
    if node.same:
        value = same_text(node.same, value)
    return _GONE if not entry and not node.always_kept and _equal(value, node.default) else value


def _equal(value: Any, default: Any) -> bool:
    """As JSON compares: 1 is 1.0, and neither is true."""
    return default is not ABSENT and isinstance(value, bool) == isinstance(default, bool) and bool(value == default)

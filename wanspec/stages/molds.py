"""Molds: items of one shot ask for the same but for words, references and seed, so one request shapes the others.

A mold is taken from a request that went the whole way without a fault.  Another item fits it when all that can decide
between right and wrong is the same; only what the schema judges by its length alone, or not at all, may differ.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import Path, steps, value_at
from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Derived, Field, Item, Medium, Reference
from wanspec.domain.json import canonical
from wanspec.domain.requests import Request

WORDS = frozenset({"prompt", "negative_prompt"})
# What a schema may say of a text for its length to be all that counts.
_LENGTH_ALONE = frozenset({"type", "minLength", "maxLength", "description", "title", "examples", "default"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the native request that one field fills as it is."""

    field: str
    index: int | None  # of the entry, for a field that is a list
    path: Path
    shortest: int = 0  # characters
    longest: int = 1 << 30
    is_hashed: bool = False


@dataclass(frozen=True, slots=True)
class Mold:
    """A sound request with its slots."""

    request: Request
    slots: tuple[Slot, ...]
    seed: Path
    warnings: tuple[Diagnostic, ...]  # told for every item that fits

    def cast(self, item: Item, seed: int | None, derived_seed: bool) -> Request | None:
        """The item's request; None where a text is too long or too short, and has to be told of."""
        native: dict[Path, object] = {}
        hashed: dict[Path, object] = {}
        for slot in self.slots:
            value: Any = item.fields[slot.field].value
            if slot.index is not None:
                value = value[slot.index]
            if isinstance(value, str) and not slot.shortest <= len(value) <= slot.longest:
                return None
            native[slot.path] = value
            if slot.is_hashed:
                hashed[slot.path] = value
        media = tuple(
            replace(use, medium=cast("Medium", native[path])) if (path := steps(use.path)) in native else use
            for use in self.request.media
        )
        if seed is not None:
            native[self.seed] = seed
        return replace(
            self.request,
            item=item.id,
            native=_filled(self.request.native, native),
            hashed=_filled(self.request.hashed, hashed),
            media=media,
            seed=seed,
            takes=item.takes,
            derived_seed=derived_seed,
        )


def shape_of(item: Item) -> Hashable | None:
    """What two items must have in common to be cast from one mold; None where nothing can be told."""
    parts: list[Hashable] = [item.model, item.silenced]
    for name, field in item.fields.items():
        value = field.value
        if name in WORDS and type(value) is str and value.strip():
            parts.append((name, field.own))
        elif isinstance(value, Reference | Derived):
            parts.append((name, field.own, "medium"))
        elif isinstance(value, list) and value and all(isinstance(one, Reference | Derived) for one in value):
            parts.append((name, field.own, len(value)))
        elif (told := _told(field)) is not None:
            parts.append((name, field.own, told))
        else:
            return None
    if item.params is not None:
        own = item.shot.node.mapping.get("params")
        if (told := _value(item.params)) is None:
            return None
        parts.append(("params", told, canonical(own.plain()) if own is not None else None))
    return tuple(parts)


def mold_of(item: Item, model: Model, request: Request, found: Sequence[Diagnostic]) -> Mold | None:
    """A mold from an item's request; None where another item could come out wrong."""
    if request.unknown or any(one.is_error for one in found):
        return None
    if model.price.input_video and any(use.kind == "video" for use in request.media):
        return None  # its price hangs on the length of what goes in
    slots: list[Slot] = []
    for name, field in item.fields.items():
        value = field.value
        if name in WORDS and isinstance(value, str):
            given: list[tuple[int | None, object]] = [(None, value)]
        elif isinstance(value, Reference | Derived):
            given = [(None, value)]
        elif isinstance(value, list) and value and all(isinstance(one, Reference | Derived) for one in value):
            given = list(enumerate(value))
        else:
            continue
        for index, one in given:
            slot = _slot(name, index, one, model, request)
            if slot is None:
                return None
            slots.append(slot)
    if len({slot.path for slot in slots}) != len(slots):
        return None
    return Mold(request, tuple(slots), steps(request.seed_path), tuple(found))


def _slot(name: str, index: int | None, value: object, model: Model, request: Request) -> Slot | None:
    places = _places(request.native, value)
    if len(places) != 1:
        return None
    path = places[0]
    if not isinstance(value, str):
        return Slot(name, index, path)
    schema = model.schema_at(path)
    if not schema or not schema.keys() <= _LENGTH_ALONE or value_at(request.hashed, path) is not value:
        return None
    return Slot(name, index, path, schema.get("minLength", 0), schema.get("maxLength", 1 << 30), True)


def _told(field: Field) -> Hashable | None:
    """What tells a field from others: for an inherited one where it stands, since that is where it is warned of."""
    if field.fixed and not field.own:
        return id(field.node)  # nodes live as long as the shot list
    return _value(field)


def _value(field: Field) -> bytes | None:
    try:
        return canonical(field.value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None


def _places(tree: object, wanted: object, path: Path = ()) -> list[Path]:
    """Where the very same object stands; a medium that is equal counts, since equal media are one."""
    if tree is wanted or (isinstance(wanted, Reference | Derived) and tree == wanted):
        return [path]
    if isinstance(tree, Mapping):
        return [one for name, inner in tree.items() for one in _places(inner, wanted, (*path, name))]
    if isinstance(tree, list | tuple):
        return [one for n, inner in enumerate(tree) for one in _places(inner, wanted, (*path, n))]
    return []


def _filled(tree: Any, values: Mapping[Path, object]) -> Any:
    """The tree with other values at some places; what has none of them is shared."""
    if not values:
        return tree
    below: dict[str | int, dict[Path, object]] = {}
    copy: Any = dict(tree) if isinstance(tree, Mapping) else list(tree)
    for path, value in values.items():
        if len(path) == 1:
            copy[path[0]] = value
        else:
            below.setdefault(path[0], {})[path[1:]] = value
    for step, inner in below.items():
        copy[step] = _filled(copy[step], inner)
    return copy

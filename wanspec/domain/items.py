"""What a shot expands to: items with all variables bound, and the media they point at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wanspec.domain.json import Json
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import Shot


@dataclass(frozen=True, slots=True)
class Reference:
    """The picked take of an item, or one take of it."""

    item: str
    take: int | None = None  # None: the pick

    def __str__(self) -> str:
        return f"ref:{self.item}" + (f"#{self.take}" if self.take else "")


@dataclass(frozen=True, slots=True)
class Derived:
    """The result of a filter: a local action of its own, no item.  Equal ones run once."""

    model: str  # "local/frame"
    fields: tuple[tuple[str, object], ...]  # name -> JSON or media, sorted by name, never null

    def __str__(self) -> str:
        source = dict(self.fields).get("source", "")
        return f"{source}|{self.model.removeprefix('local/')}"


# What stands in a place for media: another item's take, a filter's result, or text (path, https URL, data URI,
# a vendor's own handle).
Medium = Reference | Derived | str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that waits for a render: `ref('voice').duration + 1`."""

    items: tuple[str, ...]  # whose renders it waits for

    def __str__(self) -> str:
        return "(known after " + ", ".join(self.items) + ")"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an item: its value after templating, and the node that gave it."""

    value: object  # JSON with Reference and Derived in places for media, or Unknown
    node: Node
    own: bool  # stands on the shot itself; else inherited from defaults, a profile or a group
    fixed: bool = False  # written without templates: the same for every item of the shot


@dataclass(frozen=True, slots=True)
class Item:
    """One concrete node of the graph."""

    id: str
    shot: Shot
    index: int  # from 1, before `when`
    variables: Mapping[str, Json]  # the `for_each` variables
    model: str  # "provider/name"
    model_node: Node  # where the model was chosen
    kind: str  # image, video or audio
    title: str
    tags: tuple[str, ...]
    fields: Mapping[str, Field]  # portable fields, or a local model's own
    params: Field | None = None
    takes: int = 1
    pick_required: bool = False
    freeze: bool = False
    silenced: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()  # items whose takes or values it uses, direct ones, in story order

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Items whose renders must be known before its request is complete."""
        found: dict[str, None] = {}
        for one in (*self.fields.values(), *((self.params,) if self.params else ())):
            for unknown in unknowns(one.value):
                found.update(dict.fromkeys(unknown.items))
        return tuple(found)


# Looked at first: most values are scalars, and there are hundreds of thousands of them.
PLAIN = frozenset({str, int, float, bool, type(None)})


def unknowns(value: object) -> list[Unknown]:
    """All that is not known yet in a value."""
    if type(value) in PLAIN:
        return []
    if isinstance(value, Unknown):
        return [value]
    if isinstance(value, Mapping):
        return [one for inner in value.values() for one in unknowns(inner)]
    if isinstance(value, list | tuple):
        return [one for inner in value for one in unknowns(inner)]
    if isinstance(value, Derived):
        return [one for _, inner in value.fields for one in unknowns(inner)]
    return []


def references(value: object) -> list[Reference]:
    """All references in a value, those under filters too."""
    if type(value) in PLAIN:
        return []
    if isinstance(value, Reference):
        return [value]
    if isinstance(value, Derived):
        return [one for _, inner in value.fields for one in references(inner)]
    if isinstance(value, Mapping):
        return [one for inner in value.values() for one in references(inner)]
    if isinstance(value, list | tuple):
        return [one for inner in value for one in references(inner)]
    return []


@dataclass(frozen=True, slots=True)
class Items:
    """All items in story order."""

    by_id: Mapping[str, Item] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

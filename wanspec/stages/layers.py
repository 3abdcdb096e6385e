"""Which fields hold for a shot: its own over its groups' over the defaults' (rule 1 of the language).

A layer is one place where fields may be written.  Lowest first: the kind's defaults, the profile's for the kind, the
model's, the profile's for the model, the alias's, the profile's for the alias, groups from the outside in, the shot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from wanspec.domain.fields import META_FIELDS, WAYS
from wanspec.domain.nodes import Node, merged
from wanspec.domain.shotlist import Shot, ShotList

# Not fields of the request: they say which items there are and what becomes of them, or end another field.
META = META_FIELDS | {"prompt_suffix"}

# A group's size and encoding are meant for what is generated, not for what is cut from it.
NOT_FROM_GROUPS = frozenset({"width", "height", "format", "quality"})


@dataclass(frozen=True, slots=True)
class Layer:
    """Fields written at one place."""

    fields: Mapping[str, Node]
    own: bool = False  # the shot itself


@dataclass(frozen=True, slots=True)
class Chosen:
    """The node that wins for one field."""

    node: Node
    own: bool


def layers_of(
    shot: Shot, shots: ShotList, *, model: str, alias: str, kind: str, local_fields: frozenset[str] | None
) -> tuple[Layer, ...]:
    """All layers of a shot, lowest first.  `local_fields` are a local model's own fields, None for a vendor's model."""
    found: list[Layer] = []
    names = [name for name in (kind, model, alias) if name]
    if local_fields is not None:
        names.remove(kind)  # defaults by kind do not reach local models
    for name in dict.fromkeys(names):
        found.extend(Layer(node.mapping) for node in shots.defaults.get(name, ()))
    for group in shot.groups:
        fields: Mapping[str, Node] = group.mapping
        if local_fields is not None:
            allowed = (local_fields - NOT_FROM_GROUPS) | (META - {"takes", "params", "prompt_suffix"})
            fields = {name: node for name, node in fields.items() if name in allowed}
        found.append(Layer(fields))
    found.append(Layer(shot.node.mapping, own=True))
    return tuple(found)


def nearest(layers: Iterable[Layer], name: str) -> Chosen | None:
    """The node of the nearest layer that writes a field; a null there counts as not written and drops the rest."""
    found: Chosen | None = None
    for layer in layers:
        if (node := layer.fields.get(name)) is not None:
            found = Chosen(node, layer.own) if node.value is not None else None
    return found


def merged_over(layers: Iterable[Layer], name: str) -> Node | None:
    """The mappings of all layers for one field, merged at every depth."""
    found: Node | None = None
    for layer in layers:
        if (node := layer.fields.get(name)) is not None:
            found = None if node.value is None else node if found is None else merged(found, node)
    return found


def choose(layers: Iterable[Layer], is_null: Callable[[Node], bool]) -> dict[str, Chosen]:
    """The winning node of each field that makes the request.

    `is_null` tells whether a node gives null (or an empty list), which counts as not written and drops what is
    inherited; it may have to render a template to know.
    """
    chosen: dict[str, Chosen] = {}
    for layer in layers:
        written: set[str] = set()
        for name, node in layer.fields.items():
            if name in META:
                continue
            if is_null(node):
                chosen.pop(name, None)
            else:
                chosen[name] = Chosen(node, layer.own)
                written.add(name)
        for ways in WAYS:
            for way, other in (ways, ways[::-1]):
                if written & way and not written & other:
                    for name in other:
                        chosen.pop(name, None)
    return chosen


def depends_on_templates(layers: Iterable[Layer], is_template: Callable[[Node], bool]) -> bool:
    """Whether `choose` needs rendered values: a template that may give null decides between two ways."""
    written: set[str] = set()
    templated: set[str] = set()
    for layer in layers:
        written.update(layer.fields)
        templated.update(name for name, node in layer.fields.items() if is_template(node))
    return any((templated & way and written & other) or (templated & other and written & way) for way, other in WAYS)

"""Where a change came from: the field that was written, and the variable through which the value reached it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wanspec.catalogue.paths import steps, value_at
from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Item, Items
from wanspec.domain.json import Json
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Decision, Reason
from wanspec.reading.template_endings import TemplateFault
from wanspec.stages.expand import Expansion

_DEEPEST = 8  # variables in variables


def blamed(decision: Decision, expansion: Expansion) -> tuple[Reason, ...]:
    """The decision's reasons, each with its place, and with a variable where one can be told.

    What a variable was before is not remembered.  One is named when its value now is in what the field became, and
    was not in what the field was.
    """
    return tuple(_blamed(reason, decision.item, expansion) for reason in decision.reasons)


def with_origins(diagnostics: Sequence[Diagnostic], items: Items, expansion: Expansion) -> tuple[Diagnostic, ...]:
    """Faults of values, each with the place that the value came from where a variable brought it."""
    return tuple(_with_origin(one, items, expansion) for one in diagnostics)


def _with_origin(one: Diagnostic, items: Items, expansion: Expansion) -> Diagnostic:
    item = items.by_id.get(one.item)
    if item is None or one.also or not one.code.startswith(("WS2", "WS5")):
        return one
    for field in (*item.fields.values(), *((item.params,) if item.params else ())):
        if field.fixed or field.node.file != one.at.file:
            continue
        rest = one.at.path.removeprefix(field.node.path)
        if rest == one.at.path or (rest and rest[0] not in ".["):
            continue
        value = value_at(field.value, steps(rest))
        node = field.node.find(steps(rest))
        if isinstance(value, bool | int | float | str) and node.at == one.at:
            reason = Reason("", None, value)
            name, place = _variable_in(node, reason, item, expansion)
            if place is not None:
                return replace(one, also=((place.at, f"the value comes from `{name}`"),))
    return one


def _blamed(reason: Reason, item: Item, expansion: Expansion) -> Reason:
    node = _node_of(reason.field, item)
    if node is None:
        return reason
    variable, at = _variable_in(node, reason, item, expansion)
    return replace(reason, variable=variable, at=(at or node).at)


def _node_of(name: str, item: Item) -> Node | None:
    """What the user wrote for a field named in a reason."""
    head, *rest = steps(name) or ("",)
    if head == "params" and item.params is not None:
        return item.params.node.find(rest)
    if head in item.fields:
        return item.fields[str(head)].node.find(rest)
    if head == "model":
        return item.model_node
    return item.shot.node.mapping.get(str(head))


def _variable_in(node: Node, reason: Reason, item: Item, expansion: Expansion) -> tuple[str, Node | None]:
    """The innermost variable that the change came through, and where it is written; ("", None) where none is told."""
    member = expansion.member(item.id)
    own = expansion.vars_of(member, early=False)
    found: tuple[str, Node | None] = ("", None)
    here: Node | None = node
    for _ in range(_DEEPEST):
        if here is None:
            break
        step = _guilty(here, reason, item, own, expansion)
        if step is None:
            break
        found = step
        here = step[1] if step[0] in own or step[0] in expansion.shots.vars else None
    return found


def _guilty(
    node: Node, reason: Reason, item: Item, own: Mapping[str, Node], expansion: Expansion
) -> tuple[str, Node | None] | None:
    for name in _used(node, expansion):
        if name in item.variables:
            value: object = item.variables[name]
            place = expansion.for_each_node(item.shot)
        elif name in own:
            value, place = expansion.member(item.id).variables.get(name), own[name]
        elif name in expansion.shots.vars:
            value, place = expansion.value_of_project_variable(name), expansion.shots.vars[name]
        else:
            continue
        if any(text and text in _text(reason.after) and text not in _text(reason.before) for text in _texts(value)):
            return name, place
    return None


def _used(node: Node, expansion: Expansion) -> Iterator[str]:
    """Names that the templates of a node use, in a stable order."""
    value = node.value
    if isinstance(value, dict):
        for inner in value.values():
            yield from _used(inner, expansion)
    elif isinstance(value, list):
        for inner in value:
            yield from _used(inner, expansion)
    elif isinstance(value, str):
        try:
            yield from sorted(expansion.evaluator.names_used(node))
        except TemplateFault:
            return


def _texts(value: object) -> Iterator[str]:
    """The scalars in a value as texts.  Rows are looked into: a template names the row and means a column."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield _text(value)


def _text(value: Json | object) -> str:
    return value if isinstance(value, str) else str(value)

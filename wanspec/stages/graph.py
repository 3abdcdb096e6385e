"""The graph: items, and an edge from each to all that use its takes or values."""

from __future__ import annotations

from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter

from wanspec.domain.diagnostics import Checked, Diagnostic
from wanspec.domain.graph import Graph
from wanspec.domain.items import Item, Items, references
from wanspec.domain.nodes import Node


def build_graph(items: Items, told: Collection[str] = ()) -> Checked[Graph]:
    """The graph of all items.  A cycle is one fault that shows the loop with its lines.

    `told`: items of whose cycles values have told already; those are not told again.
    """
    needs = {item.id: tuple(n for n in item.needs if n in items.by_id) for item in items}
    position = {item_id: n for n, item_id in enumerate(items.by_id)}
    needed_by: dict[str, list[str]] = {item_id: [] for item_id in needs}
    for item_id, its_needs in needs.items():
        for need in its_needs:
            needed_by[need].append(item_id)
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        loop = list(reversed(error.args[1]))
        first = min(range(len(loop) - 1), key=lambda n: position[loop[n]])
        loop = [*loop[first:-1], *loop[: first + 1]]
        return Checked(None, () if any(one in told for one in loop) else (_told(items, loop),))
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        order.extend(ready)
        sorter.done(*ready)
    return Checked(Graph(needs, {n: tuple(by) for n, by in needed_by.items()}, tuple(order)))


def _told(items: Items, loop: list[str]) -> Diagnostic:
    places = [place_of_need(items.by_id[one], loop[n + 1]) for n, one in enumerate(loop[:-1])]
    return Diagnostic(
        "WS307",
        "a cycle: " + " → ".join(f"`{one}`" for one in loop),
        places[0].at,
        "each needs the next; one of them must do without",
        shot=items.by_id[loop[0]].shot.id,
        item=loop[0],
        also=tuple((place.at, f"`{loop[n]}` needs `{loop[n + 1]}`") for n, place in enumerate(places) if n),
    )


def place_of_need(item: Item, need: str) -> Node:
    """The node through which an item needs another: a field that holds the reference, else its shot."""
    for field in (*item.fields.values(), *((item.params,) if item.params else ())):
        for path, value in _walk(field.value):
            if any(reference.item == need for reference in references(value)):
                found: Node = field.node.find(path)
                return found
    return item.shot.node


def _walk(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [one for name, inner in value.items() for one in _walk(inner, (*path, name))]
    if isinstance(value, list):
        return [one for n, inner in enumerate(value) for one in _walk(inner, (*path, n))]
    return [(path, value)]

"""Whether each item's results have a path of their own."""

from __future__ import annotations

from collections.abc import Mapping

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Items
from wanspec.domain.requests import Request


def path_faults(items: Items, requests: Mapping[str, Request]) -> tuple[Diagnostic, ...]:
    """Items whose result would stand where a take of another item does: `ITEM/take-N` is both."""
    found: list[Diagnostic] = []
    for item in items:
        head, _, last = item.id.rpartition("/")
        number = last.removeprefix("take-")
        if not head or number == last or not number.isdigit() or head not in items.by_id:
            continue
        other = requests.get(head)
        count = max(other.takes, other.outputs) if other is not None else 1
        if count > 1 and 1 <= int(number) <= count and items.by_id[head].kind == item.kind:
            node = item.shot.node.mapping.get("key", item.shot.node)
            found.append(
                Diagnostic(
                    "WS503",
                    f"the result of `{item.id}` would stand where take {number} of `{head}` does",
                    node.at,
                    "give it another `key`",
                    shot=item.shot.id,
                    item=item.id,
                    also=((items.by_id[head].shot.node.at, "the item with the takes"),),
                )
            )
    return tuple(found)

"""Whether each item's results have a path of their own, and none lies where another's folder has to be."""

from __future__ import annotations

from collections.abc import Mapping

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Item, Items
from wanspec.domain.requests import Request

# Endings that a file of a kind may have; which one it gets is known only when it is there.
_ENDINGS = {
    "image": frozenset({"jpg", "png", "webp", "gif"}),
    "video": frozenset({"mp4", "webm", "mov", "gif", "webp"}),
    "audio": frozenset({"wav", "mp3", "m4a", "aac", "flac", "ogg", "opus"}),
}


def path_faults(items: Items, requests: Mapping[str, Request]) -> tuple[Diagnostic, ...]:
    """Items whose result would stand where a take of another item does: `ITEM/take-N` is both.

    Or in a folder that is another item's file: what `street/low.jpg/x` needs for `street/low`.
    """
    found: list[Diagnostic] = []
    for item in items:
        head, _, last = item.id.rpartition("/")
        if "." in head and (blocking := _file_in_the_way(item, items)) is not None:
            found.append(
                Diagnostic(
                    "WS503",
                    f"the result of `{item.id}` needs a folder where a file of `{blocking.id}` stands",
                    item.shot.node.mapping.get("key", item.shot.node).at,
                    "give it another `key`",
                    shot=item.shot.id,
                    item=item.id,
                    also=((blocking.shot.node.at, "the item with the file"),),
                )
            )
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


def _file_in_the_way(item: Item, items: Items) -> Item | None:
    """The item of which a file has the name of a folder that this item's results lie in."""
    parts = item.id.split("/")
    for length in range(2, len(parts)):
        name, _, ending = "/".join(parts[:length]).removesuffix(".json").rpartition(".")
        other = items.by_id.get(name)
        if other is not None and ending in _ENDINGS[other.kind]:
            return other
    return None

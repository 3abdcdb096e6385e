"""Which take of each item others receive."""

from __future__ import annotations

from collections.abc import Sequence

from wanspec.domain.json import Json
from wanspec.domain.picks import ItemPick
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain

_WORDS = {
    "chosen": "chosen",
    "default": "by default",
    "required": "waits for a pick",
    "lapsed": "lapsed: the takes changed since it was chosen",
}


def for_machines(picks: Sequence[ItemPick]) -> dict[str, Json]:
    """The object of `pick --list --json`."""
    return {
        "picks": [
            {
                "item": one.item,
                "pick": one.pick,
                "state": one.state,
                "takes": [{"take": take.take, "sha256": take.sha256, "path": take.path} for take in one.takes],
            }
            for one in picks
        ]
    }


def for_people(picks: Sequence[ItemPick], *, paint: Paint = plain) -> str:
    """Each item with its takes below; `*` marks the pick."""
    if not picks:
        return "no item has several takes or a pick"
    lines: list[str] = []
    for one in picks:
        chosen = f"take {one.pick}, " if one.pick else ""
        style = "waiting" if one.state in ("required", "lapsed") else "faint"
        lines.append(f"{visible(one.item)}  {paint(style, chosen + _WORDS[one.state])}")
        for take in one.takes:
            mark = "*" if take.take == one.pick else " "
            lines.append(f"  {mark} {take.take}  {take.sha256[:8]}  {visible(take.path)}")
    return "\n".join(lines)

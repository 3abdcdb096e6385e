"""Which take is picked."""

from __future__ import annotations

from wanspec.domain.picks import ItemPick, PickedTake
from wanspec.report.picks import for_machines, for_people

TAKES = (PickedTake(1, "ab" * 32, "renders/a/take-1.png"), PickedTake(2, "cd" * 32, "renders/a/take-2.png"))


def test_the_pick_is_marked_and_what_waits_is_said() -> None:
    assert for_people([ItemPick("a", 2, "chosen", TAKES), ItemPick("b", None, "required", ())]) == (
        "a  take 2, chosen\n"
        "    1  abababab  renders/a/take-1.png\n"
        "  * 2  cdcdcdcd  renders/a/take-2.png\n"
        "b  waits for a pick"
    )
    assert for_people([]) == "no item has several takes or a pick"


def test_the_json_shape() -> None:
    assert for_machines([ItemPick("a", 2, "lapsed", TAKES[:1])]) == {
        "picks": [
            {
                "item": "a",
                "pick": 2,
                "state": "lapsed",
                "takes": [{"take": 1, "sha256": "ab" * 32, "path": "renders/a/take-1.png"}],
            }
        ]
    }

"""Literal values of a small film, for tests of words and shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.domain.items import Item
from wanspec.domain.lock import LockedItem
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Decision, Plan, Status
from wanspec.domain.requests import Request
from wanspec.domain.shotlist import Shot

PICTURE = Artifact("ab" * 32, "image/png", 1234, 1280, 720)


class Film:
    """Makes items, decisions and plans with little to say."""

    picture = PICTURE

    @staticmethod
    def item(id: str, **more: Any) -> Item:
        node = Node({}, "wanspec.yaml", 7, 5)
        shot = Shot(more.pop("shot", id.split("/", maxsplit=1)[0]), node)
        model = more.pop("model", "acme/still")
        kind = more.pop("kind", "image")
        return Item(id, shot, 1, {}, model, node, kind, "", (), {}, **more)

    @staticmethod
    def decision(
        id: str,
        status: Status,
        *,
        locked: bool = True,
        takes: int = 1,
        missing: tuple[int, ...] = (),
        usd: str | None = "0",
        **more: Any,
    ) -> Decision:
        names = ("model", "kind", "needs", "pick_required", "shot")
        one = Film.item(id, **{name: more.pop(name) for name in names if name in more})
        native = more.pop("native", {"positivePrompt": "a harbour"})
        return Decision(
            one,
            Request(id, one.model, native, {}, takes=takes),
            status,
            more.pop("keys", ("sha256:" + "0" * 64,) * takes),
            missing,
            estimated_usd=None if usd is None else Decimal(usd),
            locked=LockedItem(id, one.model, (), {}, ()) if locked else None,
            **more,
        )

    @staticmethod
    def plan(*decisions: Decision, removed: tuple[str, ...] = ()) -> Plan:
        return Plan("film", {one.item.id: one for one in decisions}, removed)


@pytest.fixture
def film() -> Film:
    return Film()

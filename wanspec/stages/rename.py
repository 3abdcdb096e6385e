"""Renaming, moving, inserting and renumbering never buy anything again (rule 8 of the language).

An item whose request the lock does not hold under its own name, but holds under a name that now asks for something
else or for nothing, is that item under a new name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wanspec.domain.items import Item, Items, Unknown
from wanspec.domain.json import Json, digest
from wanspec.domain.lock import Lock, LockedItem
from wanspec.domain.requests import Request
from wanspec.stages.keys import without_seed


class Renames:
    """Finds for an item the name that it had before.  Each name gives once.

    `known_facts` tells what a name of the list asks for now, as far as its upstreams are known; `seed_path` the native
    field of a model's seed, "" where it has none.
    """

    def __init__(
        self,
        lock: Lock,
        items: Items,
        known_facts: Callable[[str], Mapping[str, Json]],
        seed_path: Callable[[str], str],
    ) -> None:
        self._lock = lock
        self._items = items
        self._known_facts = known_facts
        self._seed_path = seed_path
        self._given: set[str] = set()
        self._by_identity: dict[str, list[LockedItem]] | None = None
        self._by_words: dict[str, list[LockedItem]] | None = None

    def donor(self, item: Item, request: Request, facts: Mapping[str, Json]) -> LockedItem | None:
        """The block of the lock that this item takes over, if it had another name."""
        if not self._lock.items:
            return None
        seed = request.seed_path if request.derived_seed else ""
        own = self._lock.items.get(item.id)
        if own is not None and without_seed(own.facts, seed) == without_seed(facts, seed):
            return None
        for locked in self._alike(facts, seed):
            if locked.id != item.id and locked.id not in self._given and not self._still_asks(locked):
                self._given.add(locked.id)
                return locked
        return None

    def perhaps(self, item: Item, request: Request, facts: Mapping[str, Json]) -> tuple[LockedItem, ...]:
        """The blocks that an item may take over once its media are known: equal in everything else, and not given.

        To be asked when all items that are known have taken over theirs.
        """
        if not self._lock.items or not request.derived_seed or request.unknown:
            return ()
        if self._by_words is None:
            self._by_words = {}
            for locked in self._in_story_order():
                self._by_words.setdefault(self._words(locked.facts, self._path_of(locked)), []).append(locked)
        places = {f"media.{use.path}" for use in request.media}
        return tuple(
            locked
            for locked in self._by_words.get(self._words(facts, request.seed_path), ())
            if locked.id not in (item.id, *self._given)
            and {name for name in locked.facts if name.startswith("media.")} == places
            and all(locked.facts[name] == facts[name] for name in places & facts.keys())
            and not self._still_asks(locked)
        )

    @staticmethod
    def _words(facts: Mapping[str, Json], seed: str) -> str:
        """What tells requests apart without their media and seed."""
        return digest({n: value for n, value in without_seed(facts, seed).items() if not n.startswith("media.")})

    def _in_story_order(self) -> list[LockedItem]:
        """All blocks: those of items that there are in the order of the list, then the others by name."""
        order = {item_id: n for n, item_id in enumerate(self._items.by_id)}
        return sorted(self._lock.items.values(), key=lambda one: (order.get(one.id, len(order)), one.id))

    def _path_of(self, locked: LockedItem) -> str:
        return self._seed_path(locked.model) if locked.seed is not None else ""

    def _alike(self, facts: Mapping[str, Json], seed: str) -> list[LockedItem]:
        if self._by_identity is None:
            self._by_identity = {}
            for locked in self._in_story_order():
                identity = digest(without_seed(locked.facts, self._path_of(locked)))
                self._by_identity.setdefault(identity, []).append(locked)
        return self._by_identity.get(digest(without_seed(facts, seed)), [])

    def _still_asks(self, locked: LockedItem) -> bool:
        """Whether the name still asks for what the lock holds under it; unknown fields are no difference."""
        if locked.id not in self._items.by_id:
            return False
        path = self._path_of(locked)
        before = without_seed(locked.facts, path)
        now = without_seed(self._known_facts(locked.id), path)
        waiting = [name for name, value in now.items() if isinstance(value, Unknown)]
        same = all(before.get(name) == value for name, value in now.items() if name not in waiting)
        return same and all(
            name in now or name.startswith(("media.", *(f"{one}{mark}" for one in waiting for mark in ".[")))
            for name in before
        )

"""Which names a template sees, by where it stands; each is looked up on first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wanspec.domain.fields import TAKEN_NAMES
from wanspec.domain.seeds import seed_of
from wanspec.stages.members import Member, Name
from wanspec.stages.names import KeyFault, text_of
from wanspec.stages.signals import AlreadyReported, NameFault

if TYPE_CHECKING:
    from wanspec.stages.expand import Expansion


class ProjectNames:
    """What a project's `vars` see: each other and the data; neither items nor references."""

    def __init__(self, expansion: Expansion) -> None:
        self.expansion = expansion

    def __call__(self, name: str) -> object:
        """Raises KeyError for a name that there is not."""
        if name in ("ref", "refs", "place", "item", "shot", "index", "previous"):
            raise NameFault(
                "WS302",
                f"`{name}` cannot be used in the project's `vars`, which know no items",
                "put the variable into the shot's own `vars:`",
            )
        return self.project(name)

    def project(self, name: str) -> object:
        expansion = self.expansion
        if name in expansion.shots.vars:
            return expansion.project_variable(name)
        if name == "data":
            return Data(expansion.shots.data, expansion.used_data, frozenset(expansion.shots.data_files))
        if name == "project":
            return Name.of(expansion.shots.name, description=lambda: expansion.shots.description)
        if name == "seed":
            return _seed
        raise KeyError(name)

    def known(self) -> list[str]:
        return [*self.expansion.shots.vars, "data", "project", "seed"]


class EarlyNames(ProjectNames):
    """What `when` and `key` see: all that fields see, but `previous`, `item` and `place`."""

    early = True

    def __init__(self, expansion: Expansion, member: Member) -> None:
        super().__init__(expansion)
        self.member = member

    def __call__(self, name: str) -> object:
        member, expansion = self.member, self.expansion
        if name not in TAKEN_NAMES:
            if name in member.bindings:
                return member.bindings[name]
            own = expansion.vars_of(member, early=self.early)
            if name in own:
                return expansion.shot_variable(member, name, own, self)
            return self.project(name)
        if name == "ref":
            return lambda shot=None, take=None, **which: expansion.matching.ref(member, shot, take, which)
        if name == "refs":
            return lambda shot=None, **which: expansion.matching.refs(member, shot, which)
        if name == "index":
            return member.index
        if name == "shot":
            return Name.of(
                member.shot.id,
                title=lambda: expansion.title(member),
                tags=lambda: list(expansion.tags(member)),
            )
        return self.project(name)

    def known(self) -> list[str]:
        own = self.expansion.vars_of(self.member, early=self.early)
        return [*self.member.bindings, *own, *super().known(), "ref", "refs", "index", "shot"]


class ItemNames(EarlyNames):
    """What the fields of an item see."""

    early = False

    def __call__(self, name: str) -> object:
        member, expansion = self.member, self.expansion
        if name == "previous":
            return expansion.view(member.previous, None, member) if member.previous is not None else None
        if name == "item":
            return member.id
        if name == "place":
            return lambda reference=None: expansion.matching.place(member, reference)
        return super().__call__(name)

    def known(self) -> list[str]:
        return [*super().known(), "previous", "item", "place"]


class ForEachNames(EarlyNames):
    """What `for_each` sees: the project's names, the `for_each` names before it, and references."""

    def __init__(self, expansion: Expansion, member: Member, bound: Mapping[str, object]) -> None:
        super().__init__(expansion, member)
        self.bound = bound

    def __call__(self, name: str) -> object:
        if name in self.bound and name not in TAKEN_NAMES:
            return self.bound[name]
        if name in ("ref", "refs"):
            return super().__call__(name)
        return self.project(name)

    def known(self) -> list[str]:
        return [*self.bound, *ProjectNames.known(self), "ref", "refs"]


class Data:
    """`data.cities` in templates; remembers which data was used."""

    def __init__(self, data: Mapping[str, object], used: set[str], named: frozenset[str]) -> None:
        """`named`: all that the shot list names, also where the file could not be read."""
        self._data = data
        self._used = used
        self._named = named

    @property
    def __wanspec_public__(self) -> frozenset[str]:
        return self._named

    def __getattr__(self, name: str) -> object:
        if name not in self._named:
            raise AttributeError(name)
        self._used.add(name)
        if name not in self._data:
            raise AlreadyReported
        return self._data[name]


def _seed(text: object = None) -> int:
    """A stable 31-bit seed of a text or number."""
    try:
        return seed_of(text_of(text))
    except KeyFault as fault:
        raise NameFault(
            "WS303", f"`seed` cannot be made of this value: {fault}", "give it a text or a number"
        ) from None

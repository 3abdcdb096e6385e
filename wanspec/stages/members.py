"""A member: one combination of a shot's `for_each` variables, on its way to become an item.

Members evaluate themselves on demand and remember what they found, because values may need each other across shots:
a keyframe's seed, the clip before this one, the size of a picture.  What comes out is a frozen `Item`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wanspec.domain.items import Field, Item
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import Shot

if TYPE_CHECKING:
    from wanspec.stages.layers import Layer


@dataclass(slots=True, eq=False)
class Member:
    """One combination of a shot's variables."""

    shot: Shot
    index: int  # from 1, before `when`
    bindings: Mapping[str, object]  # `for_each` name -> value; a row's columns where `is_row`
    is_row: bool = False
    id: str = ""
    key_node: Node | None = None
    previous: Member | None = None  # the nearest one before that `when` kept
    variables: dict[str, object] = field(default_factory=dict)  # the shot's own `vars`, as far as evaluated
    evaluating: list[str] = field(default_factory=list)  # variables on the way, to see a cycle
    model: ModelChoice | None = None
    kind: str | None = None
    item: Item | None = None
    fields: dict[str, Field | None] = field(default_factory=dict)
    uses: dict[str, None] = field(default_factory=dict)  # items whose values it asked for, in that order
    broken: bool = False  # a fault of a field was reported
    _tags: tuple[str, ...] | None = None

    def forget(self) -> None:
        """Drops what was evaluated, to evaluate it again with more known."""
        self.variables.clear()
        self.fields.clear()
        self.uses.clear()
        self.item = None
        self.broken = False


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model of a member and the layers that hold with it."""

    id: str
    alias: str
    kind: str  # as the catalogue says: image, video, audio, or source
    node: Node
    layers: Holding


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds for all members of one shot with one model, worked out once."""

    layers: tuple[Layer, ...]
    fixed: Mapping[str, Field]  # fields without templates
    templated: tuple[tuple[str, Node, bool], ...]  # name, node, own
    undecided: bool  # two ways of which a template decides: to be chosen for each member
    params: Node | None
    fixed_params: Field | None  # the same when it has no templates
    vars: Node | None
    suffix: Node | None
    takes: Node | None
    own_takes: bool
    pick: Node | None
    freeze: Node | None
    title: Node | None
    fixed_tags: tuple[str, ...] | None  # None: a tag is a template
    tag_nodes: tuple[Node, ...]
    silenced: frozenset[str]


class Name(str):
    """A text with attributes, as `shot` and `project` are in templates."""

    _more: Mapping[str, Callable[[], object]]

    @classmethod
    def of(cls, text: str, **more: Callable[[], object]) -> Name:
        name = cls(text)
        name._more = more
        return name

    @property
    def __wanspec_public__(self) -> frozenset[str]:
        """What templates see of it: `project` has no title, a shot no description."""
        return frozenset(self._more)

    def _attribute(self, name: str) -> object:
        if name not in self._more:
            raise AttributeError(name)
        return self._more[name]()

    @property
    def title(self) -> object:  # type: ignore[override]
        return self._attribute("title")

    @property
    def tags(self) -> object:
        return self._attribute("tags")

    @property
    def description(self) -> object:
        return self._attribute("description")

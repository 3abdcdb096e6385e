"""`ref` and `refs`: which items are meant (rule 4 of the language), and what a template sees of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from wanspec.domain.items import PLAIN, Derived, Reference
from wanspec.stages.signals import NameFault

if TYPE_CHECKING:
    pass


class ReferenceView:
    """What `ref(…)` gives inside a template: a reference with a few attributes, no text."""

    __wanspec_public__: ClassVar[frozenset[str]] = frozenset({"seed", "width", "height", "duration", "takes"})
    __slots__ = ("_attribute", "kind_of", "reference")

    def __init__(
        self,
        reference: Reference,
        attribute: Callable[[Reference, str], object],
        kind_of: Callable[[], str],
    ) -> None:
        self.reference = reference
        self._attribute = attribute
        self.kind_of = kind_of

    @property
    def seed(self) -> object:
        return self._attribute(self.reference, "seed")

    @property
    def width(self) -> object:
        return self._attribute(self.reference, "width")

    @property
    def height(self) -> object:
        return self._attribute(self.reference, "height")

    @property
    def duration(self) -> object:
        return self._attribute(self.reference, "duration")

    @property
    def takes(self) -> object:
        return self._attribute(self.reference, "takes")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReferenceView) and other.reference == self.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    def __str__(self) -> str:
        raise NameFault(
            "WS316",
            f"the reference to `{self.reference.item}` stands where text is meant",
            "give it to a field for media alone, or name what you need: `.seed`, `.width`, `.height`, `.duration`",
        )

    __repr__ = object.__repr__


class DerivedView:
    """What a filter gives inside a template: media that a local action will make."""

    __wanspec_public__: ClassVar[frozenset[str]] = frozenset()
    __slots__ = ("derived", "kind")

    def __init__(self, derived: Derived, kind: str) -> None:
        self.derived = derived
        self.kind = kind

    def kind_of(self) -> str:
        return self.kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DerivedView) and other.derived == self.derived

    def __hash__(self) -> int:
        return hash(self.derived)

    def __str__(self) -> str:
        raise NameFault(
            "WS316",
            f"the result of `{self.derived.model.removeprefix('local/')}` stands where text is meant",
            "give it to a field for media alone",
        )

    __repr__ = object.__repr__


def unwrapped(value: object) -> Any:
    """A template's value as the domain knows it: views become References and Deriveds, nulls in lists go."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, ReferenceView):
        return value.reference
    if isinstance(value, DerivedView):
        return value.derived
    if isinstance(value, str):
        return str(value)  # names that carry attributes become plain text
    if isinstance(value, Mapping):
        return {str(name): unwrapped(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [unwrapped(inner) for inner in value if inner is not None]
    return value

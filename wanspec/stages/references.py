"""`ref` and `refs`: which items are meant (rule 4 of the language), and what a template sees of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from wanspec.domain.diagnostics import suggestion
from wanspec.domain.items import Derived, Reference
from wanspec.stages.signals import NameFault
from wanspec.stages.words import names_in_row

if TYPE_CHECKING:
    from wanspec.stages.members import Member


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
    if isinstance(value, ReferenceView):
        return value.reference
    if isinstance(value, DerivedView):
        return value.derived
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str(value)  # names that carry attributes become plain text
    if isinstance(value, Mapping):
        return {str(name): unwrapped(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [unwrapped(inner) for inner in value if inner is not None]
    return value


def same(left: object, right: object) -> bool:
    """Whether two values of `for_each` variables are one; rows match on the columns that one of their lists shares."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        common = left.keys() & right.keys()
        return (common == left.keys() or common == right.keys()) and all(same(left[n], right[n]) for n in common)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def shared_variables(mine: Member, other_shot: Member) -> Iterable[str]:
    """The `for_each` variables on which an item of one shot is matched with items of another."""
    names = mine.bindings.keys() & other_shot.bindings.keys()
    if mine.is_row and other_shot.is_row:
        # Two lists of rows share their columns only where one has all columns of the other.
        if names != mine.bindings.keys() and names != other_shot.bindings.keys():
            return ()
        return names
    kept = []
    for name in names:
        left, right = mine.bindings[name], other_shot.bindings[name]
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            common = left.keys() & right.keys()
            if common != left.keys() and common != right.keys():
                continue
        kept.append(name)
    return kept


class Wanted:
    """The keywords of one `ref` or `refs`, sorted out against the variables of the shot that is asked."""

    def __init__(self, which: Mapping[str, object], sample: Member, shot: str) -> None:
        self.tests: list[tuple[str, str | None, object]] = []  # variable, its column, value
        self.variables: set[str] = set()  # variables that a keyword decides, which need not be shared then
        for name, value in which.items():
            variable, column = self._place(name, sample, shot)
            self.variables.add(variable)
            self.tests.append((variable, column, value))

    @staticmethod
    def _place(name: str, sample: Member, shot: str) -> tuple[str, str | None]:
        if name in sample.bindings:
            return name, None
        having = [v for v, row in sample.bindings.items() if isinstance(row, Mapping) and name in row]
        if len(having) > 1:
            rows = names_in_row(having, joined=" and ")
            raise NameFault("WS306", f"`{name}` is a column of {rows} of shot `{shot}`", "name the whole row instead")
        if having:
            return having[0], name
        raise UnknownKeyword(name, sample, shot)

    def accepts(self, member: Member) -> bool:
        return all(self._holds(member, *test) for test in self.tests)

    @staticmethod
    def _holds(member: Member, variable: str, column: str | None, value: object) -> bool:
        has = member.bindings[variable]
        if column is not None:
            has = has.get(column) if isinstance(has, Mapping) else None
        return same(has, value)

    @staticmethod
    def value_of(member: Member, variable: str, column: str | None) -> object:
        has = member.bindings[variable]
        return has.get(column) if column is not None and isinstance(has, Mapping) else has


class UnknownKeyword(NameFault):
    """A keyword that names no variable of the shot that is asked."""

    def __init__(self, name: str, sample: Member, shot: str) -> None:
        columns = [c for row in sample.bindings.values() if isinstance(row, Mapping) for c in row]
        known = list(dict.fromkeys([*sample.bindings, *map(str, columns)]))
        if known:
            hint = suggestion(name, known) or f"it has {names_in_row(known)}"
        else:
            hint = f"`{shot}` has no `for_each`; leave the keyword out"
        super().__init__("WS306", f"shot `{shot}` has no variable `{name}`", hint)


def listed(members: Sequence[Member]) -> str:
    """Candidates for a message."""
    return names_in_row(one.id for one in members)

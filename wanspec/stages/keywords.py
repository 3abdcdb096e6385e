"""By what the items of a shot are told apart: shared variables and the keywords of `ref` and `refs`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from wanspec.domain.diagnostics import suggestion
from wanspec.stages.members import Member
from wanspec.stages.signals import NameFault
from wanspec.stages.words import names_in_row


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison: a `for_each` variable of the other shot, or some of its columns, with a value."""

    variable: str
    columns: tuple[str, ...] | None  # None: the value as a whole

    def of(self, member: Member) -> Hashable:
        """What is compared of a member's variable."""
        return comparable(member.bindings[self.variable], self.columns)


class UnknownKeyword(NameFault):
    """A keyword that names no variable of the shot that is asked."""

    def __init__(self, name: str, sample: Member, shot: str) -> None:
        columns = [column for row in sample.bindings.values() if isinstance(row, Mapping) for column in row]
        known = list(dict.fromkeys([*sample.bindings, *map(str, columns)]))
        if known:
            hint = suggestion(name, known) or f"it has {names_in_row(known)}"
        else:
            hint = f"`{shot}` has no `for_each`; leave the keyword out"
        super().__init__("WS306", f"shot `{shot}` has no variable `{name}`", hint)


def comparable(value: object, columns: tuple[str, ...] | None = None) -> Hashable:
    """A value by which equal ones meet in one place: `1` and `1.0` are equal; `1`, `"1"` and `true` are not."""
    if columns is not None:
        return tuple(comparable(value.get(name)) for name in columns) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return ("mapping", frozenset((name, comparable(inner)) for name, inner in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(map(comparable, value)))
    return value  # a number, null, or a reference


def keyword_test(name: str, value: object, sample: Member, shot: str) -> Test:
    """What a keyword compares.  Raises NameFault where it names nothing, or two things."""
    if name in sample.bindings:
        return Test(name, common_columns(value, sample.bindings[name]))
    having = [variable for variable, row in sample.bindings.items() if isinstance(row, Mapping) and name in row]
    if len(having) > 1:
        rows = names_in_row(having, joined=" and ")
        raise NameFault("WS306", f"`{name}` is a column of {rows} of shot `{shot}`", "name the whole row instead")
    if not having:
        raise UnknownKeyword(name, sample, shot)
    return Test(having[0], (name,))


def shared_tests(asking: Member, sample: Member, decided: set[str]) -> list[Test]:
    """The variables that both shots have and no keyword decides."""
    names = [name for name in sample.bindings if name in asking.bindings]
    if asking.is_row and sample.is_row and len(names) not in (len(asking.bindings), len(sample.bindings)):
        return []  # two lists of rows share their columns only where one has all columns of the other
    found = []
    for name in names:
        mine, other = asking.bindings[name], sample.bindings[name]
        columns = common_columns(mine, other)
        if name in decided or (columns is None and isinstance(mine, Mapping) and isinstance(other, Mapping)):
            continue
        found.append(Test(name, columns))
    return found


def common_columns(mine: object, other: object) -> tuple[str, ...] | None:
    """The columns by which two rows are compared; None where one has not all columns of the other, or for no rows."""
    if not isinstance(mine, Mapping) or not isinstance(other, Mapping):
        return None
    common = [name for name in mine if name in other]
    return tuple(common) if len(common) in (len(mine), len(other)) else None


def wanted_value(test: Test, value: object, *, by_column: bool) -> Hashable:
    """The value that a test looks for: a keyword may give a column's value or a whole row."""
    if by_column:
        return (comparable(value),)
    return comparable(value, test.columns)


_Table = dict[tuple[Hashable, ...], list[Member]]


class Register:
    """Members by what tests compare of them; made once for each list and combination of tests."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, tuple[Test, ...]], tuple[Sequence[Member], _Table]] = {}

    def find(
        self, members: Sequence[Member], tests: tuple[Test, ...], values: tuple[Hashable, ...]
    ) -> Sequence[Member]:
        """Those members of a list for which all tests give these values, in its order."""
        if not tests:
            return members
        # The list is kept beside what was made of it, so that its identity is not given to another.
        known = self._made.get((id(members), tests))
        if known is None:
            table: _Table = {}
            for member in members:
                table.setdefault(tuple(test.of(member) for test in tests), []).append(member)
            known = self._made[(id(members), tests)] = (members, table)
        return known[1].get(values, ())

"""`ref`, `refs` and `place`: from what a template asks to the members it means (rule 4 of the language)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, cast

from wanspec.domain.diagnostics import suggestion
from wanspec.domain.items import Item, unknowns
from wanspec.domain.selectors import REFERENCE_METHODS, Criterion, SelectorFault, matches, parse_selector
from wanspec.domain.shotlist import Shot
from wanspec.stages.keywords import (
    Register,
    Test,
    UnknownKeyword,
    keyword_test,
    shared_tests,
    wanted_value,
)
from wanspec.stages.members import Member
from wanspec.stages.references import ReferenceView, unwrapped
from wanspec.stages.signals import AlreadyReported, NameFault
from wanspec.stages.words import in_code, in_words, names_in_row

if TYPE_CHECKING:
    from wanspec.stages.expand import Expansion

Which = Mapping[str, object]


class Matching:
    """Answers templates.  Faults are raised as NameFault and told at the field that asked."""

    def __init__(self, expansion: Expansion, shots: Sequence[Shot]) -> None:
        self._expansion = expansion
        self._shots = shots
        self._by_id = {shot.id: shot for shot in shots}
        self._register = Register()
        self._selections: dict[tuple[str, str], list[Member]] = {}

    # -- ref -----------------------------------------------------------------------------------------------------

    def ref(self, asking: Member, shot_id: object, take: object, which: Which) -> ReferenceView:
        """The one item that is meant, or one take of it."""
        shot = self._shot_named(shot_id, "ref")
        if take is not None and (isinstance(take, bool) or not isinstance(take, int) or take < 1):
            raise NameFault("WS304", f"`take` is {in_words(take)}", "takes are counted from 1")
        for name, value in which.items():
            if isinstance(value, list | tuple):
                raise NameFault("WS304", f"`{name}` is a list", "`ref` gives one item; `refs` takes a list of values")
        kept, dropped = self._expansion.members(shot.id)
        found = self._matching(asking, shot.id, kept, which)
        if len(found) == 1:
            if isinstance(take, int):
                self._take_exists(found[0], take)
            return self._expansion.view(found[0], take if isinstance(take, int) else None, asking)
        asked = f"`ref('{shot.id}'{''.join(f', {n}={in_code(v)}' for n, v in which.items())})`"
        if found:
            telling = next((name for name in found[0].bindings if _differs(name, found)), "")
            choose = f"name its variables (`{telling}=…`); " if telling else ""
            raise NameFault(
                "WS304", f"{asked} matches {len(found)} items", f"say which: {choose}candidates: {_listed(found)}"
            )
        if dropped and self._matching(asking, shot.id, dropped, which):
            raise NameFault(
                "WS304",
                f"{asked} matches an item that `when` dropped",
                "drop this item too, or refer to another" + (f"; candidates: {_listed(kept)}" if kept else ""),
            )
        if shot.id in self._expansion.incomplete:
            raise AlreadyReported  # what is meant may be among those that could not be told
        hint = f"candidates: {_listed(kept)}" if kept else f"`{shot.id}` has no items"
        raise NameFault("WS304", f"{asked} matches no item", hint)

    def _take_exists(self, member: Member, take: int) -> None:
        count = self._expansion.takes_of(member)
        # The vendor's own batch, under `params`, may have more.
        if take > count and self._expansion.writes_params(member) is False:
            noun = "take" if count == 1 else "takes"
            raise NameFault("WS304", f"`{member.id}` has no take {take}", f"it has {count} {noun}")

    # -- refs ----------------------------------------------------------------------------------------------------

    def refs(self, asking: Member, what: object, which: Which) -> list[ReferenceView]:
        """All items that are meant, in story order; those that `when` dropped are left out."""
        if not isinstance(what, str):
            raise NameFault(
                "WS305", f"`refs` was given {in_words(what)}", "give it a shot's id or a selector in quotes"
            )
        if what in self._by_id or not any(mark in what for mark in ":*?[, @+"):
            found = self._of_shot(asking, self._shot_named(what, "refs"), which)
        else:
            found = self._selected(asking, what, which)
        return [self._expansion.view(one, None, asking) for one in found]

    def _of_shot(self, asking: Member, shot: Shot, which: Which) -> list[Member]:
        kept, dropped = self._expansion.members(shot.id)
        everything = [*kept, *dropped]
        if not everything:
            return []
        if shot.id not in self._expansion.incomplete:
            _values_exist(everything, kept, shot.id, which)
        return self._in_order(asking, shot.id, kept, which)

    def _selected(self, asking: Member, text: str, which: Which) -> list[Member]:
        try:
            union = parse_selector(text, methods=REFERENCE_METHODS, operators=False)
        except SelectorFault as fault:
            raise NameFault("WS305", fault.message, fault.hint) from None
        for part in union:
            for criterion in part:
                if criterion.is_name:
                    self._shot_named(criterion.value, "refs")
        found: list[Member] = []
        known: set[str] = set()
        unknown: dict[str, UnknownKeyword] = {}
        for shot in self._shots:
            if shot is asking.shot or not _may_match(union, shot):
                continue
            kept, dropped = self._expansion.members(shot.id)
            if (text, shot.id) not in self._selections:
                self._selections[text, shot.id] = [one for one in kept if self._holds(union, one)]
            selected = self._selections[text, shot.id]
            gone = [one for one in dropped[:1] if selected or self._holds(union, one)]
            if not selected and not gone:
                continue
            mine: dict[str, object] = {}
            for name, value in which.items():
                try:
                    keyword_test(name, value, (selected or gone)[0], shot.id)
                except UnknownKeyword as fault:
                    unknown.setdefault(name, fault)
                else:
                    mine[name] = value
                    known.add(name)
            found.extend(self._in_order(asking, shot.id, selected, mine))
        for name in which:
            if name not in known and name in unknown:  # of what selects nothing there is nothing to know
                hint = unknown[name].hint
                raise NameFault("WS306", f"no shot that `{text}` selects has a variable `{name}`", hint)
        return found

    def _holds(self, union: tuple[tuple[Criterion, ...], ...], member: Member) -> bool:
        probe = cast("Item", _Probe(self._expansion, member))
        return any(all(matches(criterion, probe) for criterion in part) for part in union)

    # -- matching ------------------------------------------------------------------------------------------------

    def _matching(self, asking: Member, shot_id: str, members: Sequence[Member], which: Which) -> Sequence[Member]:
        """Those members that agree with the keywords, and with the asking one on the variables that both shots have."""
        if not members:
            return ()
        sample = members[0]
        tests: list[Test] = []
        values: list[Hashable] = []
        for name, value in which.items():
            test = keyword_test(name, value, sample, shot_id)
            tests.append(test)
            values.append(wanted_value(test, value, by_column=name not in sample.bindings))
        for test in shared_tests(asking, sample, {test.variable for test in tests}):
            tests.append(test)
            values.append(test.of(asking))
        return self._register.find(members, tuple(tests), tuple(values))

    def _in_order(self, asking: Member, shot_id: str, members: Sequence[Member], which: Which) -> list[Member]:
        """As `_matching`; a keyword that is a list means any of its values, in its order."""
        many = {name: value for name, value in which.items() if isinstance(value, list | tuple)}
        found: dict[Member, None] = {}
        for values in _combinations(many):
            found.update(dict.fromkeys(self._matching(asking, shot_id, members, {**which, **values})))
        return list(found)

    # -- place ---------------------------------------------------------------------------------------------------

    def place(self, asking: Member, what: object) -> int:
        """The position, from 1, of a reference among the asking item's `reference_images`."""
        field = self._expansion.field(asking, "reference_images")
        value = field.value if field else []
        images = value if isinstance(value, list) else [value]
        wanted = unwrapped(what)
        for n, one in enumerate(images, 1):
            if one == wanted:
                return n
        if asking.broken and unknowns(images):
            raise AlreadyReported  # it may be the one of which the fault was told
        raise NameFault(
            "WS304",
            f"`place` does not find `{wanted}` among the `reference_images` of `{asking.id}`",
            "add it to `reference_images`" if images else "the shot has no `reference_images`",
        )

    def _shot_named(self, shot_id: object, function: str) -> Shot:
        if not isinstance(shot_id, str):
            raise NameFault("WS305", f"`{function}` was given {in_words(shot_id)}", "give it a shot's id in quotes")
        shot = self._by_id.get(shot_id)
        if shot is not None:
            return shot
        base = shot_id.split("/", 1)[0]
        if base != shot_id and base in self._by_id:
            hint = f"name the shot and its variables: `{function}('{base}', …)`"
        else:
            hint = suggestion(shot_id, self._by_id) or "references name shots of this project"
        raise NameFault("WS305", f"no shot is called `{shot_id}`", hint)


class _Probe:
    """A member as a selector sees it: an item whose parts are evaluated only when they are asked for."""

    def __init__(self, expansion: Expansion, member: Member) -> None:
        self._expansion = expansion
        self._member = member
        self.id = member.id
        self.shot = member.shot

    @property
    def tags(self) -> tuple[str, ...]:
        return self._expansion.tags(self._member)

    @property
    def kind(self) -> str:
        return self._expansion.kind(self._member)

    @property
    def model(self) -> str:
        choice = self._expansion.choice(self._member)
        return choice.id if choice else ""


def _combinations(many: Mapping[str, Sequence[object]]) -> Iterable[dict[str, object]]:
    for values in product(*many.values()):
        yield dict(zip(many, values, strict=True))


def _values_exist(everything: Sequence[Member], kept: Sequence[Member], shot_id: str, which: Which) -> None:
    """A value in a list that no item has, dropped ones included, is a slip of the pen."""
    sample = everything[0]
    for name, value in which.items():
        for one in value if isinstance(value, list | tuple) else ():
            test = keyword_test(name, one, sample, shot_id)
            wanted = wanted_value(test, one, by_column=name not in sample.bindings)
            if not any(test.of(member) == wanted for member in everything):
                hint = f"candidates: {_listed(kept)}" if kept else ""
                raise NameFault("WS304", f"no item of `{shot_id}` has {in_code(one)} as its `{name}`", hint)


def _differs(name: str, members: Sequence[Member]) -> bool:
    """Whether a variable tells some of the members apart."""
    return any(one.bindings.get(name) != members[0].bindings.get(name) for one in members)


def _listed(members: Sequence[Member]) -> str:
    return names_in_row(one.id for one in members)


def _may_match(union: tuple[tuple[Criterion, ...], ...], shot: Shot) -> bool:
    """Whether items of a shot can be selected at all, judged without expanding it."""
    return any(all(not criterion.is_name or criterion.value == shot.id for criterion in part) for part in union)

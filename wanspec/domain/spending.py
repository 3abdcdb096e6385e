"""Whether a render may spend what it would: asked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from wanspec.domain.errors import NotSent
from wanspec.domain.money import dollars
from wanspec.domain.plan import Decision


class Leave(StrEnum):
    """What there is to do before a render goes ahead."""

    GIVEN = "given"
    TO_ASK = "to ask"  # somebody sits at a terminal and has not said yes


@dataclass(frozen=True, slots=True)
class Bill:
    """What a render would submit."""

    usd: Decimal  # of what has a price
    unpriced: tuple[str, ...]  # items whose price is not known
    items: int  # that would be made, free ones too

    @property
    def costs(self) -> bool:
        """An unknown price is not nothing."""
        return self.usd > 0 or bool(self.unpriced)


def bill(decisions: Iterable[Decision], *, forced: frozenset[str] = frozenset()) -> Bill:
    """What would be submitted for these decisions.  What is in flight is paid, so it is not counted."""
    usd, items = Decimal(0), 0
    unpriced: list[str] = []
    for one in decisions:
        if one.item.id in forced:
            price = None if one.request.price.usd is None else one.request.price.usd * one.request.takes
        elif one.to_render:
            price = one.estimated_usd
        else:
            continue
        items += 1
        if price is None:
            unpriced.append(one.item.id)
        else:
            usd += price
    return Bill(usd, tuple(unpriced), items)


def leave_to_spend(given: Bill, *, budget: Decimal | None, yes: bool, terminal: bool) -> Leave:
    """Whether to go ahead or to ask first.  Raises NotSent where neither is possible.

    `budget`: the one of the command line, else the project's.
    """
    if not given.costs:
        return Leave.GIVEN
    if budget is not None and given.usd > budget:
        raise NotSent(
            f"this would cost about {dollars(given.usd)}, and the budget is {dollars(budget)}",
            hint="select less with `-s`, or allow more with `--budget`",
            code="over_budget",
        )
    if yes:
        return Leave.GIVEN
    if terminal:
        return Leave.TO_ASK
    if given.unpriced:
        raise NotSent(
            f"the price of {_names(given.unpriced)} is not known, and a budget cannot cover it",
            hint="`--yes` renders it all the same",
            code="unpriced",
        )
    if budget is None:
        raise NotSent(
            f"this would cost about {dollars(given.usd)}, and nobody is there to be asked",
            hint="give leave with `--yes`, or set a limit with `--budget USD`",
            code="no_leave",
        )
    return Leave.GIVEN


def _names(items: Sequence[str]) -> str:
    shown = ", ".join(f"`{one}`" for one in items[:3])
    return shown + (f" and {len(items) - 3} more" if len(items) > 3 else "")

"""Who may spend what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wanspec.domain.errors import NotSent
from wanspec.domain.items import Item
from wanspec.domain.nodes import Node
from wanspec.domain.plan import Decision, Status
from wanspec.domain.requests import Price, Request
from wanspec.domain.shotlist import Shot
from wanspec.domain.spending import Bill, Leave, bill, leave_to_spend

FREE = Bill(Decimal(0), (), 3)
PAID = Bill(Decimal("0.35"), (), 1)
UNPRICED = Bill(Decimal(0), ("a",), 1)


def decide(id: str, status: Status, usd: str | None, price: str | None = "0.03", takes: int = 1) -> Decision:
    node = Node({}, "wanspec.yaml", 1, 1)
    item = Item(id, Shot(id, node), 1, {}, "acme/still", node, "image", "", (), {})
    amount = None if price is None else Decimal(price)
    request = Request(id, "acme/still", {}, {}, takes=takes, price=Price(amount))
    return Decision(item, request, status, (None,), estimated_usd=None if usd is None else Decimal(usd))


def test_only_what_would_be_submitted_is_on_the_bill() -> None:
    found = bill(
        [
            decide("a", Status.NEW, "0.06"),
            decide("b", Status.CACHED, "0"),
            decide("c", Status.IN_FLIGHT, "0.03"),
            decide("d", Status.WAITING, "0"),
            decide("e", Status.UPSTREAM, None),
            decide("f", Status.UNCERTAIN, "0.03"),
        ]
    )
    assert found == Bill(Decimal("0.06"), ("e",), 2)


def test_what_is_forced_costs_all_its_takes_again() -> None:
    found = bill([decide("a", Status.CACHED, "0", takes=3)], forced=frozenset({"a"}))
    assert found == Bill(Decimal("0.09"), (), 1)


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_free_goes_ahead(terminal: bool) -> None:
    assert leave_to_spend(FREE, budget=Decimal(0), yes=False, terminal=terminal) is Leave.GIVEN


def test_on_a_terminal_it_asks_unless_yes_was_said() -> None:
    assert leave_to_spend(PAID, budget=None, yes=False, terminal=True) is Leave.TO_ASK
    assert leave_to_spend(PAID, budget=Decimal(1), yes=False, terminal=True) is Leave.TO_ASK
    assert leave_to_spend(PAID, budget=None, yes=True, terminal=True) is Leave.GIVEN


def test_without_a_terminal_it_takes_a_yes_or_a_budget() -> None:
    assert leave_to_spend(PAID, budget=Decimal(1), yes=False, terminal=False) is Leave.GIVEN
    assert leave_to_spend(PAID, budget=Decimal("0.35"), yes=False, terminal=False) is Leave.GIVEN
    with pytest.raises(NotSent) as refused:
        leave_to_spend(PAID, budget=None, yes=False, terminal=False)
    assert refused.value.code == "no_leave"


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_goes_over_the_budget(yes: bool, terminal: bool) -> None:
    with pytest.raises(NotSent, match=r"about \$0.35, and the budget is \$0.30") as refused:
        leave_to_spend(PAID, budget=Decimal("0.30"), yes=yes, terminal=terminal)
    assert refused.value.code == "over_budget"


def test_an_unknown_price_is_not_covered_by_a_budget() -> None:
    with pytest.raises(NotSent, match="the price of `a` is not known"):
        leave_to_spend(UNPRICED, budget=Decimal(100), yes=False, terminal=False)
    assert leave_to_spend(UNPRICED, budget=Decimal(100), yes=True, terminal=False) is Leave.GIVEN
    assert leave_to_spend(UNPRICED, budget=Decimal(100), yes=False, terminal=True) is Leave.TO_ASK

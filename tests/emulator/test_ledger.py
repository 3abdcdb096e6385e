from __future__ import annotations

from decimal import Decimal

from wanspec.emulator.ledger import Ledger


def charge(ledger: Ledger, digest: str, task: str, *, provider: str = "north") -> int:
    return ledger.charge(
        time=1.0, provider=provider, task_id=task, model="wan", kind="image", digest=digest, usd=Decimal("0.03")
    )


def test_the_same_request_bought_twice_is_a_duplicate() -> None:
    ledger = Ledger()
    charge(ledger, "a", "1")
    charge(ledger, "b", "2")
    charge(ledger, "a", "3")
    assert [(one.task_id, one.duplicate_of) for one in ledger.duplicates] == [("3", "1")]


def test_the_same_request_at_two_vendors_is_none() -> None:
    ledger = Ledger()
    charge(ledger, "a", "1")
    charge(ledger, "a", "2", provider="south")
    assert ledger.duplicates == ()


def test_what_was_paid_back_is_neither_charged_nor_a_reason_for_a_duplicate() -> None:
    ledger = Ledger()
    ledger.settle(charge(ledger, "a", "1"), "failed", refunded=True, outputs=0)
    ledger.settle(charge(ledger, "a", "2"), "done", refunded=False, outputs=1)
    assert ledger.duplicates == ()
    assert ledger.total_usd == Decimal("0.03")


def test_it_is_told_in_json() -> None:
    ledger = Ledger()
    ledger.settle(charge(ledger, "a", "1"), "done", refunded=False, outputs=1)
    assert ledger.to_json() == {
        "charges": [
            {
                "number": 1,
                "time": 1.0,
                "provider": "north",
                "task_id": "1",
                "model": "wan",
                "kind": "image",
                "digest": "a",
                "prompt": "",
                "usd": 0.03,
                "state": "done",
                "refunded": False,
                "outputs": 1,
                "duplicate_of": None,
            }
        ],
        "total_usd": 0.03,
        "duplicates": [],
    }

"""The ledger in words, as a table and for machines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from wanspec.domain.ledger import LedgerRow, Recovered
from wanspec.domain.runs import Trouble
from wanspec.report.ledger import as_csv, for_machines, for_people, recovered_for_machines, recovered_for_people

DONE = LedgerRow(
    when="2026-11-20T10:00:00.123+00:00",
    run="20261120-100000-3f2a91",
    item="arrival",
    take=1,
    key="sha256:" + "ab" * 32,
    provider="acme",
    model="acme/still",
    task_id="task-1",
    estimated_usd=Decimal("0.03"),
    actual_usd=Decimal("0.0301"),
    outcome="done",
    disputed=False,
)
LOST = replace(
    DONE, take=2, task_id="", actual_usd=None, outcome="uncertain", disputed=True, message="no \x1b[31manswer"
)


def test_people_see_a_line_for_each_and_the_sum() -> None:
    assert for_people([DONE, LOST]) == (
        "2026-11-20T10:00:00  done       arrival         acme/still  $0.0301      task-1\n"
        "2026-11-20T10:00:00  uncertain  arrival take 2  acme/still  about $0.03\n"
        "    no \\x1b[31manswer\n"
        "2 submissions, $0.0301 known to be paid, $0.06 estimated\n"
        "1 may have been charged without a result: `wanspec ledger --disputes`"
    )
    assert for_people([]) == "nothing was ever sent to a vendor"
    assert for_people([], disputes=True) == "there is nothing to dispute"


def test_the_json_shape() -> None:
    assert for_machines([DONE]) == {
        "submissions": [
            {
                "when": "2026-11-20T10:00:00.123+00:00",
                "run": "20261120-100000-3f2a91",
                "item": "arrival",
                "take": 1,
                "key": "sha256:" + "ab" * 32,
                "provider": "acme",
                "model": "acme/still",
                "task_id": "task-1",
                "estimated_usd": 0.03,
                "actual_usd": 0.0301,
                "outcome": "done",
                "disputed": False,
            }
        ]
    }


def test_a_table_has_the_same_columns_and_no_formulas() -> None:
    header, done, lost = as_csv([DONE, replace(LOST, task_id="=1+1")]).splitlines()
    assert header.split(",") == list(for_machines([DONE])["submissions"][0])  # type: ignore[index,arg-type]
    assert done.endswith(",task-1,0.03,0.0301,done,false")
    assert lost.endswith(",'=1+1,0.03,,uncertain,true")


def test_what_was_recovered_is_told() -> None:
    found = [
        Recovered(DONE, "collected", Decimal("0.03")),
        Recovered(LOST, "uncertain", error=Trouble("uncertain", "nobody knows it", hint="look there")),
    ]
    assert recovered_for_people(found) == (
        "collected: arrival at acme\n"
        "nobody knows: arrival take 2 at acme\n"
        "    nobody knows it\n"
        "    hint: look there\n"
        "`wanspec render` puts what was collected in its place, for nothing"
    )
    assert recovered_for_people([]) == "nothing is open at any vendor"
    shown = recovered_for_machines(found)
    assert shown["summary"]["collected"] == 1  # type: ignore[index,call-overload]
    assert [one["status"] for one in shown["submissions"]] == ["collected", "uncertain"]  # type: ignore[index,union-attr,call-overload]

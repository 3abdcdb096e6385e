"""What was sent to vendors and what came of it, worded for people and shaped for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields

from wanspec.domain.json import Json
from wanspec.domain.ledger import LedgerRow, Recovered
from wanspec.report.escaping import shortened, visible
from wanspec.report.paint import Paint, plain
from wanspec.report.values import count, number, total, usd

COLUMNS = tuple(field.name for field in fields(LedgerRow) if field.name != "message")

_WIDEST = 40  # characters of a column: one long name must not push all others aside

_STYLES = {"done": "good", "failed": "bad", "uncertain": "bad", "in_flight": "waiting"}


def for_machines(rows: Sequence[LedgerRow]) -> dict[str, Json]:
    """The object of `ledger --json`."""
    return {"submissions": [row_json(row) for row in rows]}


def row_json(row: LedgerRow) -> dict[str, Json]:
    return {
        "when": row.when,
        "run": row.run,
        "item": row.item,
        "take": row.take,
        "key": row.key,
        "provider": row.provider,
        "model": row.model,
        "task_id": row.task_id or None,
        "estimated_usd": number(row.estimated_usd),
        "actual_usd": number(row.actual_usd),
        "outcome": row.outcome,
        "disputed": row.disputed,
    }


def as_csv(rows: Sequence[LedgerRow]) -> str:
    """The same columns, with a header; what is not known is empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = row_json(row)
        writer.writerow([_cell(values[column]) for column in COLUMNS])
    return written.getvalue()


def _cell(value: Json) -> Json:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # A table program must not take a vendor's text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t" and value[:1] else value


def for_people(rows: Sequence[LedgerRow], *, disputes: bool = False, paint: Paint = plain) -> str:
    """A line for each submission, then what was paid."""
    if not rows:
        return "there is nothing to dispute" if disputes else "nothing was ever sent to a vendor"
    cells = [_cells(row) for row in rows]
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(*cells, strict=True)]
    lines = [_line(row, written, widths, paint) for row, written in zip(rows, cells, strict=True)]
    paid, asked = total(row.actual_usd for row in rows), total(row.estimated_usd for row in rows)
    disputed = sum(row.disputed for row in rows)
    lines.append(f"{count(len(rows), 'submission')}, {usd(paid)} known to be paid, {usd(asked)} estimated")
    if disputed and not disputes:
        lines.append(f"{disputed} may have been charged without a result: `wanspec ledger --disputes`")
    return "\n".join(lines)


def standing_for_people(rows: Sequence[LedgerRow], *, paint: Paint = plain) -> str:
    """What a vendor may still owe, in a line or two; nothing where nothing is open."""
    lines = []
    for outcome, left, next_step in (
        ("in_flight", "in flight at a vendor, and paid", "`wanspec render` collects it, for nothing"),
        ("uncertain", "uncertain: sent, and nobody answered", "`wanspec ledger --disputes` lists it"),
    ):
        items = list(dict.fromkeys(visible(row.item) for row in rows if row.outcome == outcome))
        if items:
            named = shortened(", ".join(items), 60)
            lines.append(f"{paint(_STYLES[outcome], left)}: {named}; {next_step}")
    return "\n".join(lines)


def left_over_for_people(rows: Sequence[LedgerRow], *, paint: Paint = plain) -> str:
    """What a vendor has for requests that were edited since; nothing where there is none."""
    if not rows:
        return ""
    items = list(dict.fromkeys(visible(row.item) for row in rows))
    left = f"an earlier request of {shortened(', '.join(items), 60)}"
    return f"{paint(_STYLES['in_flight'], left)} is in flight at a vendor, and paid: undo the edit to go on with it"


def _cells(row: LedgerRow) -> tuple[str, str, str]:
    """What is set in columns: item, model, price."""
    take = f" take {row.take}" if row.take > 1 else ""
    price = usd(row.actual_usd)
    if row.actual_usd is None and row.estimated_usd is not None:
        price = f"about {usd(row.estimated_usd)}"
    return f"{visible(row.item)}{take}", visible(row.model), price


def _line(row: LedgerRow, cells: Sequence[str], widths: Sequence[int], paint: Paint) -> str:
    columns = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    task = f"  {visible(row.task_id)}" if row.task_id else ""
    why = f"\n    {shortened(visible(row.message), 300)}" if row.message and row.outcome != "done" else ""
    outcome = paint(_STYLES.get(row.outcome, "faint"), f"{row.outcome:<9}")
    return f"{row.when[:19]}  {outcome}  {columns}{task}".rstrip() + why


# -- recover -----------------------------------------------------------------------------------------------------------

_WORDS = {
    "collected": "collected",
    "failed": "failed at the vendor, not charged",
    "in_flight": "accepted, not collected",
    "lost": "paid for, cannot be fetched",
    "uncertain": "nobody knows",
    "not_sent": "the vendor never had it",
}


def recovered_for_machines(found: Sequence[Recovered]) -> dict[str, Json]:
    """The object of `recover --json`."""
    return {
        "summary": {status: sum(one.status == status for one in found) for status in _WORDS}
        | {"cost_usd": number(total(one.cost_usd for one in found if one.status == "collected"))},
        "submissions": [
            {
                **row_json(one.row),
                "status": one.status,
                "cost_usd": number(one.cost_usd),
                "error": None
                if one.error is None
                else {
                    "code": one.error.code,
                    "message": one.error.message,
                    "provider_code": one.error.provider_code,
                    "request_id": one.error.request_id,
                    "retryable": one.error.retryable,
                    "hint": one.error.hint,
                },
            }
            for one in found
        ],
    }


def recovered_for_people(found: Sequence[Recovered], *, paint: Paint = plain) -> str:
    """A line for each submission that was open."""
    if not found:
        return "nothing is open at any vendor"
    lines = []
    for one in found:
        style = "good" if one.status == "collected" else "faint" if one.status == "not_sent" else "bad"
        take = f" take {one.row.take}" if one.row.take > 1 else ""
        lines.append(
            f"{paint(style, _WORDS[one.status])}: {visible(one.row.item)}{take} at {visible(one.row.provider)}"
        )
        if one.error is not None:
            lines.append(f"    {visible(one.error.message)}")
            if one.error.hint:
                lines.append(f"    {paint('hint', 'hint:')} {visible(one.error.hint)}")
    if any(one.status == "collected" for one in found):
        lines.append("`wanspec render` puts what was collected in its place, for nothing")
    return "\n".join(lines)

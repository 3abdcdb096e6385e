"""A run, worded for people and shaped for machines: `render` and `status`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from wanspec.domain.json import Json
from wanspec.domain.runs import Outcome, Run, Take, Trouble
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain
from wanspec.report.values import count, number, seconds, total, usd

STATUSES = ("rendered", "cached", "failed", "skipped", "waiting", "uncertain")
_DISPUTED = frozenset({"lost", "uncertain"})  # codes of what may be paid for nothing
_NOTHING: dict[str, Json] = {"run": None, "items": []}


def for_machines(run: Run | None) -> dict[str, Json]:
    """The object of `render --json` and `status --json`."""
    if run is None:
        return dict(_NOTHING)
    outcomes = list(run.outcomes.values())
    return {
        "project": run.project,
        "run": run.id,
        "summary": {
            **{status: sum(one.status == status for one in outcomes) for status in STATUSES},
            "cost_usd": number(total(one.cost_usd for one in outcomes)),
            "estimated_usd": number(_estimate(outcomes)),
            "seconds": round(run.seconds, 3),
        },
        "interrupted": run.interrupted,
        "items": [outcome_json(one) for one in outcomes],
    }


def outcome_json(one: Outcome) -> dict[str, Json]:
    return {
        "id": one.id,
        "status": one.status,
        "pick": one.pick,
        "cost_usd": number(one.cost_usd),
        "estimated_usd": number(one.estimated_usd),
        "takes": [take_json(take) for take in one.takes],
        "error": _error(one.error),
        "because": one.because or None,
    }


def take_json(take: Take) -> dict[str, Json]:
    artifact = take.artifact
    return {
        "take": take.take,
        "path": take.path,
        "sha256": artifact.sha256,
        "media_type": artifact.media_type,
        "bytes": artifact.bytes,
        "width": artifact.width,
        "height": artifact.height,
        "duration": artifact.duration,
        "seed": take.seed,
        "cached": take.cached,
        "key": take.key,
    }


def for_people(run: Run, *, paint: Paint = plain, verbose: bool = False, output: str = "") -> str:
    """What went wrong, item by item, then the totals.  What was rendered or cached only with `verbose`."""
    lines = list(_troubles(run, paint))
    if verbose:
        lines += [
            f"{paint('faint', one.status):<8} {visible(one.id)}  " + ", ".join(visible(take.path) for take in one.takes)
            for one in run.outcomes.values()
            if one.status in ("rendered", "cached")
        ]
    lines.append(summary_line(run, paint=paint))
    disputed = sum(one.error is not None and one.error.code in _DISPUTED for one in run.outcomes.values())
    if disputed:
        lines.append(f"{disputed} may have been charged without a result: `wanspec ledger --disputes`")
    if output and any(one.takes for one in run.outcomes.values()):
        lines.append(f"results are in {visible(output)}")
    return "\n".join(lines)


def summary_line(run: Run, *, paint: Paint = plain) -> str:
    """`3 rendered, 4 cached in 2.1 s, $0.09`."""
    outcomes = list(run.outcomes.values())
    counts = {status: sum(one.status == status for one in outcomes) for status in STATUSES}
    always = ("rendered", "cached")
    words = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status] or status in always)
    cost = total(one.cost_usd for one in outcomes)
    # A run that was killed never wrote down how long it took.
    took = f" in {seconds(run.seconds)}" if run.seconds or not run.interrupted else ""
    text = f"{words}{took}" + (f", {usd(cost)} {_beside(_estimate(outcomes), cost)}" if cost else "")
    if run.interrupted:
        text = f"interrupted: {text}"
    bad = counts["failed"] or counts["uncertain"] or counts["skipped"] or run.interrupted
    return paint("bad" if bad else "good", text)


def _estimate(outcomes: Sequence[Outcome]) -> Decimal | None:
    """What the plan said, or would have said, of all that was paid; None where it could not tell."""
    amounts = [one.estimated_usd for one in outcomes if one.cost_usd]
    return None if None in amounts else total(amounts)


def _beside(estimate: Decimal | None, cost: Decimal) -> str:
    if estimate is None:
        return "(not all of it had an estimate)"
    return "as estimated" if usd(estimate) == usd(cost) else f"(estimate: {usd(estimate)})"


def _troubles(run: Run, paint: Paint) -> Iterator[str]:
    for one in run.outcomes.values():
        if one.status in ("failed", "uncertain"):
            trouble = one.error
            yield f"{paint('error', one.status)} {visible(one.id)}: {_words(trouble)}"
            if trouble is not None and trouble.hint:
                yield f"  {paint('hint', 'hint:')} {visible(trouble.hint)}"
            if one.takes and one.pick is None:
                yield f"  {count(len(one.takes), 'take')} came and {'is' if len(one.takes) == 1 else 'are'} kept"
    yield from _waiting(run, paint)
    # Of what Ctrl-C left, the summary has the number.
    skipped = [one for one in run.outcomes.values() if one.status == "skipped" and (one.because or not run.interrupted)]
    for one in skipped[:20]:
        because = f": needs {visible(one.because)}" if one.because else ""
        yield f"{paint('faint', 'skipped')} {visible(one.id)}{because}"
    if len(skipped) > 20:
        yield f"{paint('faint', 'skipped')} and {len(skipped) - 20} more"


def _waiting(run: Run, paint: Paint) -> Iterator[str]:
    waiting: dict[str, list[str]] = {}
    for one in run.outcomes.values():
        if one.status == "waiting":
            waiting.setdefault(one.because or one.id, []).append(one.id)
    for upstream, items in waiting.items():
        names = ", ".join(map(visible, items[:5])) + (f" and {len(items) - 5} more" if len(items) > 5 else "")
        yield f"{paint('waiting', 'waiting')} {names}: look at the takes, then `wanspec pick {visible(upstream)} N`"


def _words(trouble: Trouble | None) -> str:
    if trouble is None:
        return "no reason is known"
    marks = [
        f"{name} {visible(value)}"
        for name, value in (("code", trouble.provider_code), ("request", trouble.request_id))
        if value
    ]
    return visible(trouble.message) + (f" ({', '.join(marks)})" if marks else "")


def _error(trouble: Trouble | None) -> Json:
    if trouble is None:
        return None
    return {
        "code": trouble.code,
        "message": trouble.message,
        "provider_code": trouble.provider_code,
        "request_id": trouble.request_id,
        "retryable": trouble.retryable,
        "hint": trouble.hint,
    }

"""One item in full: its request, what its key was made of, and what changed since the last render."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from wanspec.domain.artifacts import Artifact
from wanspec.domain.items import Derived, Reference, Unknown
from wanspec.domain.json import Json, leaves
from wanspec.domain.nodes import Location
from wanspec.domain.plan import Decision, Reason, Status
from wanspec.report.escaping import shortened, visible
from wanspec.report.paint import Paint, plain
from wanspec.report.plan import SYMBOLS, is_lost, reason_json
from wanspec.report.values import medium, short, usd

Commit = Callable[[Location], str | None]  # the last commit that touched a line; None where there is none

_MEANING = {
    Status.NEW: "has not been rendered",
    Status.CHANGED: "its request changed since the last render",
    Status.UPSTREAM: "what it needs will be rendered first, and may change it",
    Status.CACHED: "nothing to do",
    Status.WAITING: "waits for a pick",
    Status.FROZEN: "frozen: its request changed, its takes are kept",
    Status.IN_FLIGHT: "accepted by the vendor; the next render collects it",
    Status.UNCERTAIN: "was sent without an answer; sent again only with --retry-uncertain",
}


def for_machines(
    decision: Decision, commit: Commit = lambda _: None, takes: Sequence[Artifact] = ()
) -> dict[str, Json]:
    """The object of `why --json`.  `takes`: those that the item has."""
    return {
        "id": decision.item.id,
        "status": str(decision.status),
        "model": decision.item.model,
        "keys": list(decision.keys),
        "request": readable(decision.request.native),
        "facts": readable(decision.facts),
        "needs": list(decision.item.needs),
        "unknown": list(decision.request.unknown),
        "renamed_from": decision.renamed_from or None,
        "takes": [{"take": number, **one.with_coding_json()} for number, one in enumerate(takes, 1)],
        "reasons": [
            {
                **reason_json(reason),
                "variable": reason.variable or None,
                "file": reason.at.file if reason.at else None,
                "line": reason.at.line if reason.at else None,
                "commit": commit(reason.at) if reason.at else None,
            }
            for reason in decision.reasons
        ],
    }


def for_people(
    decision: Decision,
    commit: Commit = lambda _: None,
    takes: Sequence[Artifact] = (),
    *,
    paint: Paint = plain,
    verbose: bool = False,
) -> str:
    """What changed first, as git would show it; then the request; the key's ingredients with `verbose`."""
    item = decision.item
    symbol = paint(str(decision.status), SYMBOLS[decision.status])
    lost = is_lost(decision)
    meaning = "was rendered, and its takes are not in this store" if lost else _MEANING[decision.status]
    lines = [f"{symbol} {paint('strong', visible(item.id))}: {meaning}"]
    if decision.renamed_from:
        lines.append(f"  renamed from {visible(decision.renamed_from)}")
    lines.append(f"  model  {visible(item.model)}  ({item.shot.file}:{item.shot.node.line})")
    lines += [f"  {name}  {_key(key)}" for name, key in _keys(decision)]
    if item.needs:
        lines.append("  needs  " + ", ".join(map(visible, item.needs)))
    for number, one in enumerate(takes, 1):
        lines.append(
            f"  take {number}  {visible(medium(one))}" if len(takes) > 1 else f"  take   {visible(medium(one))}"
        )
    if decision.to_render:
        lines.append(f"  price  {usd(decision.estimated_usd)}")
    if decision.reasons and not lost:
        lines += ["", paint("strong", "since the last render")]
        lines += [line for reason in decision.reasons for line in _reason(reason, commit, paint)]
    lines += ["", paint("strong", "request")]
    lines += _fields(readable(decision.request.native), verbose)
    if decision.request.unknown:
        lines.append("  known only after a render: " + ", ".join(map(visible, decision.request.unknown)))
    if verbose and decision.facts:
        lines += ["", paint("strong", "what the key is made of")]
        lines += [f"  {visible(name)}: {short(value, 200)}" for name, value in decision.facts.items()]
    return "\n".join(lines)


def readable(value: object) -> Json:
    """A request as JSON: media that come from other items, and what is not known yet, become words."""
    if isinstance(value, Mapping):
        return {str(name): readable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [readable(inner) for inner in value]
    if isinstance(value, Reference | Derived | Unknown):
        return str(value)
    return value  # type: ignore[return-value]


def _keys(decision: Decision) -> Iterator[tuple[str, str | None]]:
    several = len(decision.keys) > 1
    for take, key in enumerate(decision.keys, 1):
        yield (f"key of take {take}" if several else "key  "), key


def _key(key: str | None) -> str:
    return key[:19] + "…" if key else "unknown until what it needs is rendered"


def _reason(reason: Reason, commit: Commit, paint: Paint) -> Iterator[str]:
    yield f"  {visible(reason.field)}"
    if isinstance(reason.before, str) and isinstance(reason.after, str) and " " in reason.before + reason.after:
        before, after = by_word(reason.before, reason.after, paint)
    else:
        before, after = short(reason.before, 400), short(reason.after, 400)
    yield f"    {paint('removed', '-')} {before}"
    yield f"    {paint('new', '+')} {after}"
    place = []
    if reason.variable:
        place.append(f"through `{visible(reason.variable)}`")
    if reason.at is not None:
        place.append(f"at {visible(reason.at.file)}:{reason.at.line}")
        sha = commit(reason.at)
        if sha:
            place.append(f"commit {sha[:8]}")
    if place:
        yield f"    {paint('faint', ', '.join(place))}"


def by_word(before: str, after: str, paint: Paint = plain) -> tuple[str, str]:
    """Both texts with the words that differ between `[-` `-]` and `{+` `+}`, as `git diff --word-diff` does."""
    old, new = _words(before), _words(after)
    left: list[str] = []
    right: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, now = visible("".join(old[a:b])), visible("".join(new[c:d]))
        left.append(was if kind == "equal" or not was else paint("removed", f"[-{was}-]"))
        right.append(now if kind == "equal" or not now else paint("new", f"{{+{now}+}}"))
    return "".join(left), "".join(right)


def _words(text: str) -> list[str]:
    """Words, the space between them, and every CJK character by itself: those scripts do not space their words."""
    import re

    return re.findall(r"\s+|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|\w+|[^\w\s]", text)


def _fields(native: Json, verbose: bool) -> Iterator[str]:
    for path, value in leaves(native):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield f"  {visible(path)}: {visible(text) if verbose else shortened(visible(text), 160)}"

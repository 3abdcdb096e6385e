"""A plan, worded for people and shaped for machines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wanspec.domain.json import Json
from wanspec.domain.plan import Decision, Plan, Reason, Status
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain
from wanspec.report.values import change, count, number, total, usd

SYMBOLS = {
    Status.NEW: "+",
    Status.CHANGED: "~",
    Status.UPSTREAM: "↑",
    Status.CACHED: "=",
    Status.IN_FLIGHT: ">",
    Status.WAITING: "!",
    Status.FROZEN: "*",
    Status.UNCERTAIN: "?",
}
REMOVED = "-"

_FOLD_ABOVE = 40  # lines; a longer list is folded shot by shot
_FOLD_SHOT = 4  # a shot is folded when it has at least so many items alike
_REASONS = 3  # reasons shown for an item without -v


def for_machines(plan: Plan, shown: Collection[str] | None = None) -> dict[str, Json]:
    """The object of `plan --json`.  `shown`: the selected items and those needed; None for all."""
    decisions = _shown(plan, shown)
    return {
        "project": plan.project,
        "summary": summary(decisions),
        "items": [_item(one) for one in decisions],
        "removed": list(plan.removed) if shown is None else [],
    }


def summary(decisions: Sequence[Decision]) -> dict[str, Json]:
    """Counts of items and the estimate; what is in flight or uncertain is in neither `to_render` nor the estimate."""
    todo = [one for one in decisions if one.to_render]
    by_provider: dict[str, Json] = {}
    for provider in sorted({one.item.model.partition("/")[0] for one in todo}):
        own = [one for one in todo if one.item.model.partition("/")[0] == provider]
        by_provider[provider] = {"items": len(own), **_price(own)}
    return {
        "items": len(decisions),
        "cached": sum(one.status is Status.CACHED for one in decisions),
        "to_render": len(todo),
        "waiting": sum(one.status is Status.WAITING for one in decisions),
        "in_flight": sum(one.status is Status.IN_FLIGHT for one in decisions),
        "uncertain": sum(one.status is Status.UNCERTAIN for one in decisions),
        **_price(todo),
        "by_provider": by_provider,
    }


def reason_json(reason: Reason) -> dict[str, Json]:
    return {"field": reason.field, "before": reason.before, "after": reason.after}


def for_people(plan: Plan, shown: Collection[str] | None = None, *, paint: Paint = plain, verbose: bool = False) -> str:
    """What would be done, item by item, then the totals.  Long lists are folded unless `verbose`."""
    decisions = _shown(plan, shown)
    told = [one for one in decisions if verbose or one.status is not Status.CACHED or one.renamed_from]
    lines = [_Line.of(one, plan, verbose) for one in told]
    if not verbose and len(lines) > _FOLD_ABOVE:
        lines = list(_folded(lines))
    removed = plan.removed if shown is None else ()
    return "\n".join((*_laid_out(lines, paint), *_removed(removed, paint, verbose), *_totals(decisions, paint)))


@dataclass(frozen=True, slots=True)
class _Line:
    """One row, before the columns are aligned."""

    status: Status
    shot: str
    name: str
    model: str
    notes: tuple[str, ...]  # on the row itself
    price: str
    below: tuple[str, ...]  # reasons, a line each
    decisions: tuple[Decision, ...]

    @classmethod
    def of(cls, one: Decision, plan: Plan, verbose: bool) -> _Line:
        takes = _takes(one)
        notes = []
        if takes > 1:
            todo = len(one.missing) if one.to_render and one.request.outputs == 1 else 0
            notes.append(f"{todo} of {count(takes, 'take')}" if 0 < todo < takes else count(takes, "take"))
        if one.renamed_from:
            notes.append(f"renamed from {visible(one.renamed_from)}")
        notes += [note for note in (_state_note(one, plan),) if note]
        price = usd(one.estimated_usd) if one.to_render and one.estimated_usd != 0 else ""
        reasons = () if one.status is Status.NEW else one.reasons
        return cls(
            one.status, one.item.shot.id, one.item.id, one.item.model, tuple(notes), price,
            tuple(_reasons(reasons, verbose)), (one,),
        )  # fmt: skip


def _laid_out(lines: Sequence[_Line], paint: Paint) -> Iterator[str]:
    from rich.cells import cell_len

    names = {id(line): visible(line.name) for line in lines}
    widest = min(48, max((cell_len(name) for name in names.values()), default=0))
    models = min(32, max((len(line.model) for line in lines), default=0))
    for line in lines:
        name = names[id(line)]
        row = f"{name}{' ' * (widest - cell_len(name))}  {visible(line.model):<{models}}"
        notes = ", ".join(line.notes)
        tail = "  ".join(part for part in (line.price, notes) if part)
        style = str(line.status)
        yield f"  {paint(style, f'{SYMBOLS[line.status]} {row}')}{'  ' + tail if tail else ''}".rstrip()
        for below in line.below:
            yield f"      {paint('faint', below)}"


def _folded(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Rows of one shot that are alike but for their item become one row with a count, where the first of them stood."""
    alike: dict[tuple[str, Status, str], list[_Line]] = {}
    for line in lines:
        alike.setdefault((line.shot, line.status, line.model), []).append(line)
    for (shot, _, _), group in alike.items():
        if len(group) < _FOLD_SHOT:
            yield from group
            continue
        inner = tuple(decision for line in group for decision in line.decisions)
        todo = [one for one in inner if one.to_render]
        unpriced = sum(one.estimated_usd is None for one in todo)
        money = total(one.estimated_usd for one in todo)
        notes = [count(len(inner), "item")] + ([f"{unpriced} of unknown price"] if unpriced else [])
        fields = list(dict.fromkeys(reason.field for one in inner for reason in one.reasons))
        below = ("differs in " + ", ".join(map(visible, fields[:6])),) if fields and group[0].below else ()
        yield _Line(
            group[0].status, group[0].shot, f"{shot}/*", group[0].model, tuple(notes), usd(money) if money else "",
            below, inner,
        )  # fmt: skip


def _reasons(reasons: Sequence[Reason], verbose: bool) -> Iterator[str]:
    limit = len(reasons) if verbose else _REASONS
    for reason in reasons[:limit]:
        before, after = change(reason.before, reason.after)
        through = f"  (through `{visible(reason.variable)}`)" if reason.variable else ""
        yield f"{visible(reason.field)}: {before} → {after}{through}"
    if len(reasons) > limit:
        yield f"and {len(reasons) - limit} more; see `wanspec why`"


def _state_note(one: Decision, plan: Plan) -> str:
    match one.status:
        case Status.WAITING:
            asked = [id for id in one.item.needs if _waits_for_pick(plan.decisions.get(id))]
            return "waits for a pick" + (" of " + ", ".join(map(visible, asked)) if asked else "")
        case Status.FROZEN:
            return "frozen and stale; its takes are kept"
        case Status.IN_FLIGHT:
            return "in flight; will be collected"
        case Status.UNCERTAIN:
            return "uncertain; sent again only with --retry-uncertain"
        case Status.NEW if is_lost(one):
            return "rendered before; not in this store"
        case _:
            return ""


def is_lost(one: Decision) -> bool:
    """Whether an item is to be rendered for nothing but that the store does not have what the lock says."""
    return one.status is Status.NEW and any(reason.field == "store" for reason in one.reasons)


def _waits_for_pick(upstream: Decision | None) -> bool:
    if upstream is None or not upstream.item.pick_required:
        return False
    return upstream.locked is None or upstream.locked.pick is None


def _removed(removed: Sequence[str], paint: Paint, verbose: bool) -> Iterator[str]:
    limit = len(removed) if verbose else 10
    for id in removed[:limit]:
        yield f"  {paint('removed', f'{REMOVED} {visible(id)}')}  no longer in the list; its takes are kept"
    if len(removed) > limit:
        yield f"  {paint('removed', REMOVED)} and {len(removed) - limit} more that are no longer in the list"


def _totals(decisions: Sequence[Decision], paint: Paint) -> Iterator[str]:
    todo = [one for one in decisions if one.to_render]
    by_status = {status: sum(one.status is status for one in decisions) for status in Status}
    words = [f"{len(todo)} to render" if todo else "nothing to render", f"{by_status[Status.CACHED]} cached"]
    words += [
        f"{by_status[status]} {name}"
        for status, name in (
            (Status.WAITING, "waiting for a pick"),
            (Status.IN_FLIGHT, "in flight"),
            (Status.UNCERTAIN, "uncertain"),
            (Status.FROZEN, "frozen"),
        )
        if by_status[status]
    ]
    yield paint("strong", ", ".join(words) + f" ({count(len(decisions), 'item')})")
    if todo:
        yield _estimate(todo)


def _estimate(todo: Sequence[Decision]) -> str:
    unpriced = sum(one.estimated_usd is None for one in todo)
    money = total(one.estimated_usd for one in todo)
    text = f"estimate: {usd(money)}"
    providers: dict[str, list[Decision]] = {}
    for one in todo:
        providers.setdefault(one.item.model.partition("/")[0], []).append(one)
    paid = {name: total(one.estimated_usd for one in own) for name, own in providers.items()}
    shares = [f"{name} {usd(amount)}" for name, amount in sorted(paid.items()) if amount]
    if len(shares) > 1:
        text += f" ({', '.join(shares)})"
    if unpriced:
        text += f", and {count(unpriced, 'item')} of unknown price"
    return text


def _item(one: Decision) -> dict[str, Json]:
    return {
        "id": one.item.id,
        "shot": one.item.shot.id,
        "title": one.item.title,
        "kind": one.item.kind,
        "model": one.item.model,
        "status": str(one.status),
        "takes": _takes(one),
        "needs": list(one.item.needs),
        "keys": list(one.keys),
        "reasons": [reason_json(reason) for reason in one.reasons],
        "estimated_usd": number(one.estimated_usd),
        "renamed_from": one.renamed_from or None,
    }


def _price(todo: Sequence[Decision]) -> dict[str, Json]:
    return {
        "estimated_usd": number(total(one.estimated_usd for one in todo)),
        "unpriced": sum(one.estimated_usd is None for one in todo),
    }


def _takes(one: Decision) -> int:
    """How many takes the item is to have: an image set's outputs are its takes."""
    return max(one.request.outputs, one.request.takes)


def _shown(plan: Plan, shown: Collection[str] | None) -> list[Decision]:
    everything: Iterable[Decision] = plan.decisions.values()
    return [one for one in everything if shown is None or one.item.id in shown]

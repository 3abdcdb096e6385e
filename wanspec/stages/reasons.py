"""What differs between two sets of facts, in the user's terms."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from wanspec.domain.json import Json
from wanspec.domain.plan import Reason
from wanspec.domain.requests import Request

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def reasons_between(
    request: Request, before: Mapping[str, Json], after: Mapping[str, Json], *, unknown: Collection[str] = ()
) -> tuple[Reason, ...]:
    """One reason for each field that differs.  Media places in `unknown` are not compared: nothing is known of them."""
    changed: dict[str, tuple[dict[str, Json], dict[str, Json]]] = {}
    for name in dict.fromkeys([*before, *after]):
        if name == "key version" or before.get(name, _NONE) == after.get(name, _NONE):
            continue
        if name.startswith("media.") and name.removeprefix("media.") in unknown:
            continue
        user, rest = user_field(request, name)
        old, new = changed.setdefault(user, ({}, {}))
        if name in before:
            old[rest] = before[name]
        if name in after:
            new[rest] = after[name]
    return tuple(Reason(user, _value(old), _value(new)) for user, (old, new) in changed.items())


_NONE = object()


def user_field(request: Request, fact: str) -> tuple[str, str]:
    """The user's field behind a fact, and the path below it."""
    if fact == "model":
        return "model", ""
    if fact == "take":
        return "take", ""
    path = fact.split(".", 1)[1] if "." in fact else fact
    if path == request.seed_path:
        return request.names.get(path, "seed"), ""
    steps = [name or f"[{index}]" for name, index in _STEP.findall(path)]
    for length in range(len(steps), 0, -1):
        head = _joined(steps[:length])
        if head in request.names:
            return request.names[head], _joined(steps[length:])
    return f"params.{path}", ""


def _joined(steps: list[str]) -> str:
    return "".join(one if one.startswith("[") else f".{one}" for one in steps).removeprefix(".")


def _value(parts: Mapping[str, Json]) -> Json:
    """The parts of one field put together again: a plain value where there is but one."""
    if not parts:
        return None
    if set(parts) == {""}:
        return parts[""]
    if len(parts) == 1:
        return next(iter(parts.values()))
    return dict(parts)

"""Is a request one that its vendor accepts?  Its model's schema says, and the faults are told in the user's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wanspec.catalogue.identity import accepted_default_free
from wanspec.catalogue.media import media_places, medium_fault
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import ABSENT, Path, copied, origin_of, steps, value_at, written
from wanspec.catalogue.shapes import Shapes, looked_at_by, unwritable
from wanspec.domain.items import Unknown

if TYPE_CHECKING:
    from wanspec.catalogue.words import Finding

__all__ = ["RequestFault", "accepted_default_free", "request_faults", "request_warnings", "user_name"]

_NAME = re.compile(r"\{([A-Za-z_][\w.\[\]-]*)\}")

# Stands in a place for media while the schema looks at the rest; every form check was done before.
MEDIUM = "https://media.invalid/file"
TASK_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class RequestFault:
    """Why the vendor would refuse a request.  The message goes on after the field's name."""

    path: Path  # the native place, the deepest that says something
    message: str
    hint: str = ""
    rule: str = ""
    field: str = ""  # the place in the user's terms: `palette[2].hex`, `params.settings.thinking`


def request_faults(
    model: Model, native: Mapping[str, Any], origin: Mapping[str, str] | None = None
) -> tuple[RequestFault, ...]:
    """All independent faults of a native request, one for each place; none for a good one.

    Constants and the task id may be missing.  Places for media may hold references, filter results or text; values
    that wait for a render are not judged, nor is what a rule says because of them.
    `origin` names the portable fields behind native places, so that messages use them.
    """
    shapes: Shapes = model.compiled.get("shapes") or model.compiled.setdefault("shapes", Shapes(model))
    found: Iterable[Finding]
    shape = shapes.of(native)
    if shape is None:
        found = _findings(model, native)
    else:
        known = shapes.verdicts.get(shape)
        if known is None:
            known = _findings(model, native)
            shapes.remember(shape, known)
        if not known:
            return ()
        found = known
    return tuple(_told(model, native, origin or {}, one.path, one.message, one.hint, one.rule) for one in found)


def request_warnings(
    model: Model, native: Mapping[str, Any], origin: Mapping[str, str] | None = None
) -> tuple[RequestFault, ...]:
    """What the vendor accepts and a user should know: fields it ignores in this mode, defaults that cost more."""
    if not model.warnings:
        return ()
    compiled = model.compiled.get("warnings")
    if compiled is None:
        from wanspec.catalogue.keywords import validator_of

        compiled = model.compiled["warnings"] = [(one, validator_of(one.when)) for one in model.warnings]
    judged = None
    found = []
    for warning, validator in compiled:
        judged = judged if judged is not None else _judged(model, native)[0]
        if validator.is_valid(judged):
            found.append(
                _told(model, native, origin or {}, steps(warning.at), warning.message, warning.hint, warning.rule)
            )
    return tuple(found)


def _findings(model: Model, native: Mapping[str, Any]) -> tuple[Finding, ...]:
    from wanspec.catalogue.words import Finding, findings

    judged, media, waiting = _judged(model, native)
    validator = model.compiled.get("validator")
    if validator is None:
        from wanspec.catalogue.keywords import validator_of

        validator = model.compiled["validator"] = validator_of(model.schema)
    found = findings(model, validator.iter_errors(judged))
    if waiting:
        found = tuple(one for one in found if not _hangs_on(model, one, waiting))
    return tuple(Finding(path, message, hint, "media", ()) for path, (message, hint) in media) + found


def _judged(
    model: Model, native: Mapping[str, Any]
) -> tuple[dict[str, Any], list[tuple[Path, tuple[str, str]]], list[Path]]:
    """The request with stand-ins for what the schema cannot judge: constants, task id, media, values not known yet;
    with the faults of its media and the places that wait."""
    judged: dict[str, Any] = {**copied(model.constants), **copied(native)}
    if model.task_id:
        judged.setdefault(model.task_id, TASK_ID)
    faults = []
    for path, value, place in list(media_places(model, judged)):
        if fault := medium_fault(place, value):
            faults.append((path, fault))
        if not isinstance(value, Unknown):
            _replace(judged, path, MEDIUM)
    waiting: list[Path] = []
    _replace_unjudged(model, judged, (), waiting, faults)
    return judged, faults, waiting


def _replace(tree: Any, path: Path, value: object) -> None:
    holder = value_at(tree, path[:-1])
    holder[path[-1]] = value


def _replace_unjudged(
    model: Model, tree: Any, path: Path, waiting: list[Path], faults: list[tuple[Path, tuple[str, str]]]
) -> None:
    """Puts examples in the places of values that wait for a render, and of those that no JSON text can hold."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in list(entries):
        place = (*path, step)
        if isinstance(value, Unknown):
            waiting.append(place)
            tree[step] = _example(model.schema_at(place))
        elif fault := unwritable(value):
            faults.append((place, (fault, "")))
            waiting.append(place)
            tree[step] = _example(model.schema_at(place))
        else:
            _replace_unjudged(model, value, place, waiting, faults)


def _example(schema: Mapping[str, Any]) -> Any:
    """Some value for a field that waits; its own faults are dropped anyway."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    examples: dict[str, Callable[[], Any]] = {"boolean": bool, "array": list, "object": dict, "string": str}
    return examples[kind]() if kind in examples else schema.get("minimum", 0)


def _hangs_on(model: Model, finding: Finding, waiting: list[Path]) -> bool:
    """Whether a fault may be the stand-in's: it lies in a place that waits, or its rule looks at one."""
    if any(finding.path[: len(place)] == place for place in waiting):
        return True
    if not finding.composite:
        return False
    rule: Any = model.schema
    for step in finding.composite:
        rule = rule[step]
    looked_at = looked_at_by({str(finding.composite[0]): rule} if len(finding.composite) == 1 else rule)
    return any(place[: len(one)] == one or one[: len(place)] == place for place in waiting for one in looked_at)


# -- names -----------------------------------------------------------------------------------------------------------


def _told(
    model: Model, native: Mapping[str, Any], origin: Mapping[str, str], path: Path, message: str, hint: str, rule: str
) -> RequestFault:
    def named(found: re.Match[str]) -> str:
        return f"`{user_name(model, native, origin, steps(found[1]))}`"

    field = user_name(model, native, origin, path)
    if message == "is missing" and not hint:
        hint = _how_to_give(model, path)
    return RequestFault(path, _NAME.sub(named, message), _NAME.sub(named, hint), rule, field)


def user_name(model: Model, native: Mapping[str, Any], origin: Mapping[str, str], path: Path) -> str:
    """The name under which a user wrote a native field, or would write it; the model's for the request as a whole."""
    if not path:
        return model.id
    if model.is_local:
        return written(path)
    field, rest = origin_of(origin, path)
    if field:
        return written((field, *_within_value(model, field, rest)))
    text = written(path)
    # A list that several fields made: `first_frame`, say.
    parts = dict.fromkeys(name for place, name in origin.items() if place.startswith((f"{text}[", f"{text}.")))
    if parts:
        return next(iter(parts))
    if value_at(native, path) is ABSENT and (name := portable_name(model, text)):
        return name
    return f"params.{text}"


def _within_value(model: Model, field: str, rest: Path) -> Path:
    """A place within the value that a user wrote: `image` in the list entry that a field became is not in it."""
    rule = model.portable.get(field)
    made_entries = rule is not None and any(way.item or way.into for way in rule.ways)
    return tuple(step for step in rest[:1] if isinstance(step, int)) if made_entries else rest


def portable_name(model: Model, path: str) -> str:
    """The portable field that becomes a native one, "" where none does."""
    for name, rule in model.portable.items():
        if any(way.target == path for way in rule.ways):
            return name
    for form in model.size.forms:
        template = form.send.get(path)
        if isinstance(template, str) and (found := re.fullmatch(r"\{(\w+)\}", template)):
            return found[1]
    return ""


def _how_to_give(model: Model, path: Path) -> str:
    if any(isinstance(step, int) for step in path):
        return f"add `{path[-1]}`"
    if model.is_local:
        return f"write `{written(path)}:`"
    text = written(path)
    name = portable_name(model, text)
    if name in ("width", "height"):
        ways = {field for form in model.size.forms for field in form.fields}
        return "write `width` and `height`" + (", or `aspect_ratio`" if "aspect_ratio" in ways else "")
    if name == text:
        return f"write `{name}:`"
    return f"write `{name}:`, or `{text}:` under `params`" if name else f"write `{text}:` under `params`"

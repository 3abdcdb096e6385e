"""One model for readers: portable and native fields side by side, media, price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wanspec.catalogue.model import Model, PortableField
from wanspec.catalogue.paths import Path, steps, written
from wanspec.catalogue.transforms import plain_number
from wanspec.domain.json import Json


def describe(model: Model) -> dict[str, Json]:
    """All that `models show` says of a model.

    `fields`: one entry for each pair of a portable and a native field, portable ones first, then native ones that
    only `params` reach; `field` or `native` is "" where the other side has none.  `takes` says range, choices and
    length in words, `default` is null where the vendor has none.
    """
    return {
        "id": model.id,
        "provider": model.provider,
        "kind": model.kind,
        "title": model.title,
        "description": model.description,
        "sources": list(model.sources),
        "fields": list(_fields(model)),
        "media": [
            {
                "native": one.pattern,
                "kind": one.kind,
                "forms": list(one.forms),
                "limits": {kind: limits.to_json() for kind, limits in one.limits.items()},
            }
            for one in model.media
        ],
        "outputs": model.outputs.count,
        "price": _price(model),
    }


def _fields(model: Model) -> Iterator[dict[str, Json]]:
    natives = dict(_natives(model.schema, ()))
    told: set[str] = set()
    if not model.is_local:
        for rule, note in _ways(model):
            paths = [path for path in rule.paths if path in natives or not _is_mapping(model, path)] or [""]
            for path in paths:
                told.add(path)
                yield _row(
                    model,
                    rule.name,
                    path,
                    natives.get(path, {}),
                    _said(rule, path) or _media_said(model, path, natives.get(path, {})),
                    note,
                )
        for name in dict.fromkeys(name for form in model.size.forms for name in form.fields):
            paths = list(dict.fromkeys(_size_paths(model, name))) or [""]
            told.update(paths)
            plain = next((path for path in paths if path and steps(path)[-1].endswith(name)), paths[0])  # type: ignore[union-attr]
            schema = natives.get(plain) or model.schema_at(steps(plain))
            schema = {} if _is_looked_up(model, name) else schema
            yield _row(model, name, ", ".join(paths), schema, _size_said(model, name), "")
    for path, schema in natives.items():
        if path not in told or model.is_local:
            own = path if model.is_local else ""
            yield _row(model, own, path, schema, _media_said(model, path, schema), _note(model, path))


def _ways(model: Model) -> Iterator[tuple[PortableField, str]]:
    """Each way of sending each portable field, with its note."""
    for rule in model.portable.values():
        yield rule, rule.note
        for path, other in rule.beside:
            yield other, "; ".join(filter(None, [f"beside `{path}`", other.note]))


def _row(model: Model, field: str, native: str, schema: Mapping[str, Any], said: str, note: str) -> dict[str, Json]:
    return {
        "field": field,
        "native": native,
        "takes": said or takes(schema),
        "default": schema.get("default"),
        "required": native in model.schema.get("required", ()) and native not in (*model.constants, model.task_id),
        "description": schema.get("description", ""),
        "note": note,
    }


def _natives(schema: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Native leaves in the order of the file, nested mappings opened."""
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, Mapping):
            continue
        place = (*path, name)
        if part.get("type") == "object" and part.get("properties"):
            yield from _natives(part, place)
        else:
            yield written(place), part


def _is_mapping(model: Model, path: str) -> bool:
    return "properties" in model.schema_at(steps(path))


def _said(rule: PortableField, path: str) -> str:
    if rule.choices:
        return ", ".join(_word(value) for value, sent in rule.choices if not path or path in sent or not sent)
    if path in rule.sends:
        return _word(rule.sends[path])
    if rule.minimum is not None or rule.maximum is not None:
        return _range({"minimum": rule.minimum, "maximum": rule.maximum})
    if "percents" in rule.transforms:
        return "3 to 10 of `{hex, ratio}`, ratios in percent"
    if rule.each or rule.into:
        return "a list"
    if rule.item or rule.place is not None or "one" in rule.transforms:
        return "one"
    return "" if rule.to and not rule.transforms else "a list for each picture"


_MEDIA = {"image": "picture", "video": "clip", "audio": "sound", "captions": "captions"}


def _media_said(model: Model, path: str, schema: Mapping[str, Any]) -> str:
    for one in model.media:
        if one.pattern == path:
            return " or ".join(_MEDIA[kind] for kind in one.kinds) + (", or a list" if one.kind == "captions" else "")
        if one.pattern == f"{path}[]":
            nouns = " or ".join(f"{_MEDIA[kind]}s" for kind in one.kinds)
            return f"{takes(schema).removeprefix('a list').removeprefix(' of')} {nouns}".strip()
    return ""


def _size_paths(model: Model, name: str) -> Iterator[str]:
    for form in model.size.forms:
        if name not in form.fields or form.only_read:
            continue
        for path, template in form.send.items():
            if isinstance(template, str) and (f"{{{name}}}" in template or form.lookup):
                yield path


def _size_said(model: Model, name: str) -> str:
    size = model.size
    if name == "resolution":
        found = list(dict.fromkeys([*size.pixels, *size.areas]))
    elif name == "aspect_ratio":
        listed = [ratio for row in size.pixels.values() for ratio in row]
        chosen = [value for form in size.forms for value in form.values.get(name, {})]
        found = list(dict.fromkeys([*listed, *chosen]))
    else:
        width, height = next((pair for row in size.pixels.values() for pair in row.values()), (0, 0))
        return f"a pair that `resolution` makes, like {width}x{height}" if _is_looked_up(model, name) else ""
    return ", ".join(found)


def _is_looked_up(model: Model, name: str) -> bool:
    """Whether pixels reach the vendor only as proportions and a size class."""
    forms = [form for form in model.size.forms if name in form.fields]
    return name in ("width", "height") and all(form.lookup == "gear" for form in forms)


def takes(schema: Mapping[str, Any]) -> str:
    """Range, choices and length of a native field in a few words."""
    if "const" in schema:
        return _word(schema["const"])
    if "enum" in schema:
        return ", ".join(map(_word, schema["enum"]))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(filter(None, (takes(one) for one in schema[word])))
    kind = schema.get("type")
    if kind == "boolean":
        return "true, false"
    if kind in ("integer", "number"):
        step = f", in steps of {schema['multipleOf']}" if "multipleOf" in schema else ""
        return (_range(schema) or {"integer": "a whole number", "number": "a number"}[str(kind)]) + step
    if kind == "string":
        return f"text, {schema['maxLength']} characters at most" if "maxLength" in schema else "text"
    if kind == "array":
        low, high = schema.get("minItems"), schema.get("maxItems")
        count = (f"{low} to {high}" if low != high else f"{low}") if low is not None and high is not None else ""
        count = count or (f"{low} or more" if low is not None else f"{high} at most" if high is not None else "")
        return f"a list of {count}" if count else "a list"
    return "a mapping" if kind == "object" else ""


def _range(schema: Mapping[str, Any]) -> str:
    low, high, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")
    if above is not None:
        return f"more than {above}" + (f", {high} at most" if high is not None else "")
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"{low} or more"
    if high is not None:
        return f"{high} or less"
    return ""


def _word(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _note(model: Model, path: str) -> str:
    if path in model.constants or path == model.task_id:
        return "filled in by wanspec"
    if path in {one.path for one in model.certain}:
        return "sent by wanspec where it is left out"
    if path in model.delivery or any(path.startswith(f"{one}.") for one in model.delivery):
        return "delivery only: not part of the key"
    if any(path == one or path.startswith(f"{one}.") for one in model.gates):
        return "a check: not part of the key"
    return ""


def _price(model: Model) -> str:
    if model.is_local:
        return "free"
    rule = model.price
    if not rule.per:
        return rule.note or "unknown"
    rates = ", ".join(f"${plain_number(usd)}" + (f" ({name})" if name else "") for name, usd in rule.usd.items())
    more = " of the result and of the clips that go in" if rule.input_video else ""
    return f"{rates} per {rule.per}{more}"

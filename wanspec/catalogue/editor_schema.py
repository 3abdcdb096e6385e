"""The JSON Schema of the language for editors, made of its fields and the catalogue.

`python -m wanspec.catalogue.editor_schema` writes `schemas/shotlist.schema.json` anew; a test holds it to that.

Editors see one file as it is written: no defaults, no other file, no value of a template.  So the schema refuses only
what no shot list may hold, and leaves to `wanspec check` what hangs on more than the place itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wanspec.catalogue.catalogue import Catalogue, built_in_schemas, load_catalogue
from wanspec.catalogue.description import describe
from wanspec.catalogue.editor_fields import DEFINITIONS, FIELDS, ROOT, Schema, soft
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import steps
from wanspec.domain.fields import (
    INCLUDED_FIELDS,
    KINDS,
    LOCAL_FIELDS,
    META_FIELDS,
    NOT_IN_DEFAULTS,
    PORTABLE_FIELDS,
    PROFILE_FIELDS,
    ROOT_FIELDS,
    SHOT_FIELDS,
    WAYS,
)

FILE = "shotlist.schema.json"

# What an editor needs of a native field.  Rules across fields are left out: a default, a portable field or a profile
# may bring the other half.
_KEPT = frozenset(
    {"type", "const", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "pattern", "maxItems", "additionalProperties"}
)
_LIMITS = frozenset({"pattern", "minLength", "maxLength", "enum", "const"})


def language_schema(catalogue: Catalogue) -> dict[str, Any]:
    """The schema of a shot list, and of a file that one includes, with a catalogue's models."""
    models = list(catalogue.models.values())
    root_only = sorted(ROOT_FIELDS - INCLUDED_FIELDS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wanspec shot list",
        "description": "A shot list, or a file of shots that one includes.",
        "type": "object",
        "additionalProperties": False,
        "properties": _in_order(ROOT),
        # A file with neither of these fields is one that another includes.
        "if": {"anyOf": [{"required": [name]} for name in ("wanspec", *root_only)]},
        "then": {"required": ["wanspec", "name"]},
        "$defs": {
            **DEFINITIONS,
            "model": _model_names(catalogue),
            "shot": _shot(models),
            "layer": _layer(models),
            "defaults": {
                "type": ["object", "null"],
                "properties": {
                    **{kind: {"description": f"Defaults of every {kind}.", "$ref": "#/$defs/layer"} for kind in KINDS},
                    **{
                        model.id: {"description": model.title, "$ref": f"#/$defs/{_layer_of(model)}"}
                        for model in models
                    },
                },
                "additionalProperties": {"$ref": "#/$defs/layer"},
            },
            "providers": {
                "type": ["object", "null"],
                "properties": {
                    name: {"$ref": "#/$defs/provider"}
                    for name in dict.fromkeys(model.provider for model in models if not model.is_local)
                },
                "additionalProperties": {"$ref": "#/$defs/provider"},
            },
            "profile": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {name: ROOT[name] for name in ROOT if name in PROFILE_FIELDS},
            },
            **{_params_of(model): _params(model) for model in models if not model.is_local},
            **{
                _layer_of(model): {
                    "allOf": [{"$ref": "#/$defs/layer"}, {"type": ["object", "null"], "properties": _own(model)}]
                }
                for model in models
            },
            **{f"field.{name}": form for name, form in _fields(models).items()},
        },
    }


def schema_text(catalogue: Catalogue) -> str:
    """The schema as it stands in its file: in ASCII, since it is printed, too."""
    return json.dumps(language_schema(catalogue), indent=1) + "\n"


# -- shots and defaults ----------------------------------------------------------------------------------------------


def _shot(models: Iterable[Model]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": _references(name for name in FIELDS_IN_ORDER if name in SHOT_FIELDS),
        "if": {"required": ["shots"], "properties": {"shots": {"type": "array"}}},
        "then": {"description": "A group of shots."},
        "else": {"required": ["id"], "properties": {"id": {"type": "string"}}},
        "allOf": [
            *_one_way(),
            *(
                {
                    "if": {"required": ["model"], "properties": {"model": {"const": model.id}, "shots": False}},
                    "then": {"properties": _own(model)},
                }
                for model in models
            ),
        ],
    }


def _layer(models: Iterable[Model]) -> dict[str, Any]:
    """Defaults of a kind or alias.  Of a model named there only `params` are narrowed: shots may choose another."""
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": _references(name for name in FIELDS_IN_ORDER if name in SHOT_FIELDS - NOT_IN_DEFAULTS),
        "allOf": [
            *_one_way(),
            *(
                {
                    "if": {"required": ["model"], "properties": {"model": {"const": model.id}}},
                    "then": {"properties": {"params": {"$ref": f"#/$defs/{_params_of(model)}"}}},
                }
                for model in models
                if not model.is_local
            ),
        ],
    }


def _one_way() -> list[dict[str, Any]]:
    """Two ways to give a size or a prompt do not stand together; a template may still give null, which is no way.

    `errorMessage` is a word of the YAML language server: what it says there.
    """
    plain = {"not": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/template"}]}}
    return [
        {
            "if": {"required": [name, other], "properties": {name: plain, other: plain}},
            "then": {"properties": {other: False}, "errorMessage": f"`{name}` says it already. Keep one of them."},
        }
        for one_way, other_way in WAYS
        for name in sorted(one_way, reverse=True)
        for other in sorted(other_way)
    ]


def _fields(models: Iterable[Model]) -> dict[str, Any]:
    """Every field of a shot by name, as wide as any model has it."""
    local = [model for model in models if model.is_local]
    told = {name: dict(FIELDS[name]) for name in FIELDS}
    told["model"] = soft(
        {"$ref": "#/$defs/model"}, says="What makes it: `provider/name` of the catalogue, or an alias from `models`."
    )
    for name in sorted(LOCAL_FIELDS):
        holders = [model for model in local if name in model.own_fields]
        says = " ".join(f"`{model.id}`: {_says(model, name)}" for model in holders)
        if name in told:
            told[name]["description"] = f"{told[name]['description']} {says}".strip()
            continue
        forms: dict[str, Any] = {}
        for model in holders:
            form = {key: value for key, value in _own(model)[name].items() if key not in ("description", "default")}
            for one in form.get("anyOf", [form]):
                forms.setdefault(json.dumps(one, sort_keys=True), one)
        told[name] = {"description": says, "anyOf": list(forms.values())}
    return {name: told[name] for name in FIELDS_IN_ORDER}


FIELDS_IN_ORDER = (
    *("id", "title", "kind", "model"),
    *(name for name in FIELDS if name in PORTABLE_FIELDS and name != "takes"),
    *("takes", "pick", "params"),
    *(
        name
        for name in FIELDS
        if name in META_FIELDS and name not in ("id", "title", "kind", "takes", "pick", "params")
    ),
    *sorted(LOCAL_FIELDS - PORTABLE_FIELDS),
)


def _references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/$defs/field.{name}"} for name in names}


def _in_order(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in fields if name in ROOT_FIELDS}


# -- models ----------------------------------------------------------------------------------------------------------


def _model_names(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue's ids, any name without `/`, and models of vendors that only a project knows."""
    known = "|".join(dict.fromkeys(model.provider for model in catalogue.models.values()))
    return {
        "anyOf": [
            {"enum": list(catalogue.ids())},
            {"type": "string", "pattern": "^[^/\\s]+$"},
            {"type": "string", "pattern": f"^(?!({known})/)[^/\\s]+/\\S+$"},
            {"type": "null"},
        ]
    }


def _own(model: Model) -> dict[str, Any]:
    """What is known of a shot's fields once its model is."""
    if model.is_local:
        return {name: _form(form) for name, form in model.schema["properties"].items()}
    rows: dict[str, dict[str, Any]] = {}
    for row in describe(model)["fields"]:  # type: ignore[union-attr]
        assert isinstance(row, dict)
        rows.setdefault(str(row["field"]), row)
    narrowed: dict[str, Any] = {"params": {"$ref": f"#/$defs/{_params_of(model)}"}}
    for name in FIELDS:
        if name in PORTABLE_FIELDS and (form := _portable(model, name)) is not None:
            row = rows.get(name, {})
            said = "; ".join(filter(None, [str(row.get("takes", "")), str(row.get("note", ""))]))
            says = f"{FIELDS[name]['description']} `{model.id}`: {said}." if said else FIELDS[name]["description"]
            narrowed[name] = soft(form, says=says)
    return narrowed


def _portable(model: Model, name: str) -> dict[str, Any] | None:
    """The values of a portable field that a model takes, where that can be said of the value alone."""
    if name in ("width", "height"):
        return _side(model, name) if model.takes(name) else None
    rule = model.portable.get(name)
    if rule is None or name == "seed":  # a seed may be `random`, and past the maximum takes go on at the minimum
        return None
    if rule.choices:
        return {"enum": [value for value, _ in rule.choices]}
    if rule.minimum is not None or rule.maximum is not None:
        limits = {"minimum": rule.minimum, "maximum": rule.maximum}
        return {"type": "integer", **{key: limit for key, limit in limits.items() if limit is not None}}
    if rule.transforms or rule.item or rule.beside or rule.place is not None:
        return None
    native = model.schema_at(steps(rule.target))
    if "properties" in native or "items" in native:
        return None
    return _kept(native) or None


def _side(model: Model, name: str) -> dict[str, Any]:
    """Width or height: with the vendor's limits where every way of giving a size sends it to one field as it is."""
    forms = [form for form in model.size.forms if name in form.fields]
    paths = {path for form in forms for path, sent in form.send.items() if sent == f"{{{name}}}" and not form.lookup}
    native = model.schema_at(steps(paths.pop())) if len(paths) == 1 and not any(form.lookup for form in forms) else {}
    return {"type": "integer", "minimum": 1, **_kept(native)}


def _says(model: Model, name: str) -> str:
    return str(model.schema["properties"][name].get("description", ""))


def _params(model: Model) -> dict[str, Any]:
    """A model's native request as it may stand under `params`."""
    return {**_form({**model.schema, "type": "object"}), "description": FIELDS["params"]["description"]}


def _form(native: Schema, *, in_list: bool = False) -> dict[str, Any]:
    """A native field with room for templates and, outside lists, for null and the empty list, which are no value.

    In a list nothing is inherited, so what is required there has to be there.
    """
    says = native.get("description", "")
    default = {"default": native["default"]} if "default" in native else {}
    alternatives = [one for word in ("anyOf", "oneOf") for one in native.get(word, ()) if _is_form(one)]
    forms = [_bare(one, in_list=in_list) for one in alternatives] or [_bare(native, in_list=in_list)]
    if not in_list and any("minItems" in form for form in forms):
        forms.append({"type": "array", "maxItems": 0})
    if len(forms) == 1 and forms[0].get("type") == "string" and not _LIMITS & set(forms[0]):
        return {"description": says, "type": "string" if in_list else ["string", "null"], **default}
    return {**soft(*forms, says=says, null=not in_list), **default}


def _is_form(schema: Schema) -> bool:
    """An alternative that says what a value is, not only which of its fields must be there."""
    return bool({"type", "enum", "const"} & set(schema))


def _bare(native: Schema, *, in_list: bool) -> dict[str, Any]:
    form = _kept(native)
    if "properties" in native:
        form["properties"] = {name: _form(one, in_list=in_list) for name, one in native["properties"].items()}
        if in_list and "required" in native:
            form["required"] = list(native["required"])
    if isinstance(native.get("items"), Mapping):
        form["items"] = _form(native["items"], in_list=True)
        if "minItems" in native:
            form["minItems"] = native["minItems"]
    return form


def _kept(native: Schema) -> dict[str, Any]:
    return {key: value for key, value in native.items() if key in _KEPT}


def _params_of(model: Model) -> str:
    return f"params.{model.id.replace('/', '.')}"


def _layer_of(model: Model) -> str:
    return f"defaults.{model.id.replace('/', '.')}"


def main(folder: Path | None = None) -> int:
    """Writes the schema of the built-in catalogue beside it."""
    checked = load_catalogue()
    assert checked.value is not None
    file = (folder or built_in_schemas()) / FILE
    file.write_text(schema_text(checked.value), encoding="utf-8")
    sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

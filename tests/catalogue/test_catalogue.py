"""All models by id, and those that a project brings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wanspec.catalogue import catalogue as module
from wanspec.catalogue.catalogue import Catalogue, built_in_schemas, load_catalogue, schema_faults
from wanspec.catalogue.model_file import place_in, read_model
from wanspec.domain.diagnostics import Diagnostic

BLOCK = {"kind": "image", "portable": {"prompt": "text"}}
SCHEMA = {
    "title": "Acme",
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "count": {"type": "integer"}},
}


def project(folder: Path, schema: object, name: str = "acme/still") -> Path:
    file = folder / "schemas" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema, indent=1), encoding="utf-8")
    return folder / "schemas"


def faults(folder: Path, schema: object, name: str = "acme/still") -> list[str]:
    checked = load_catalogue(project(folder, schema, name))
    assert checked.value is not None
    assert checked.value.get(name) is None or name in load_catalogue().value.ids()  # type: ignore[union-attr]
    return [words(one) for one in checked.diagnostics]


def words(one: Diagnostic) -> str:
    return f"{one.code} {one.at.file}: {one.message}" + (f" ({one.hint})" if one.hint else "")


@pytest.mark.parametrize("model_id", load_catalogue().value.ids())  # type: ignore[union-attr]
def test_every_model_that_ships_is_sound(model_id: str) -> None:
    model, wrong = read_model(built_in_schemas() / f"{model_id}.json", model_id)
    assert wrong == ()
    assert schema_faults(model) == ()
    assert model.sources or model.is_local
    for field, part in model.schema["properties"].items():
        assert part.get("description"), field


def test_ids_are_known_without_reading_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> Any:
        raise AssertionError("a file was read")

    monkeypatch.setattr(module, "read_model", unwanted)
    catalogue = load_catalogue().value
    assert catalogue is not None
    assert "runware/wan2.7-image" in catalogue.models
    assert len(catalogue.models) == len(catalogue.ids()) >= 20


def test_a_model_is_read_once(catalogue: Catalogue) -> None:
    assert catalogue.get("local/concat") is catalogue.get("local/concat")
    assert catalogue.get("local/concta") is None


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("runware/wan2.7-imgae", "did you mean `runware/wan2.7-image`?"),
        ("wan2.7-video", "did you mean `reapi/wan2.7-video` or `runware/wan2.7-video`?"),
        ("wan2.7-image", "did you mean `reapi/wan2.7-image` or `runware/wan2.7-image`?"),
        ("local/contact_sheet", "did you mean `local/contact-sheet`?"),
        ("something else", "`wanspec models` lists all"),
    ],
)
def test_an_unknown_id_gets_a_hint(catalogue: Catalogue, written: str, hint: str) -> None:
    assert catalogue.suggest(written) == hint


def test_models_by_kind(catalogue: Catalogue) -> None:
    assert [one.id for one in catalogue.of_kind("video") if not one.is_local] == [
        "aihubmax/wan-2.7-image-to-video",
        "aihubmax/wan-2.7-reference-to-video",
        "aihubmax/wan-2.7-text-to-video",
        "aihubmax/wan-2.7-video-edit",
        "evolink/wan2.7-image-to-video",
        "evolink/wan2.7-reference-video",
        "evolink/wan2.7-text-to-video",
        "evolink/wan2.7-video-edit",
        "reapi/wan2.7-video",
        "reapi/wan2.7-video-official",
        "runware/wan2.7-video",
    ]
    assert catalogue.of_kind("audio") == []


def test_a_project_brings_a_model(tmp_path: Path) -> None:
    checked = load_catalogue(project(tmp_path, {**SCHEMA, "x-wanspec": BLOCK}))
    assert checked.diagnostics == ()
    assert checked.value is not None
    model = checked.value.get("acme/still")
    assert model is not None
    assert (model.title, model.kind, model.portable["prompt"].to) == ("Acme", "image", "text")
    assert "runware/wan2.7-image" in checked.value.ids()


def test_what_lies_elsewhere_in_the_folder_is_no_model(tmp_path: Path) -> None:
    folder = project(tmp_path, {**SCHEMA, "x-wanspec": BLOCK})
    (folder / "shotlist.schema.json").write_text("{}")
    (folder / "acme" / "provider.yaml").write_text("base_url: x")
    (folder / "acme" / "UPPER.json").write_text("{")
    checked = load_catalogue(folder)
    assert checked.ok
    assert checked.value is not None
    assert [one for one in checked.value.ids() if one.startswith("acme/")] == ["acme/still"]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({**BLOCK, "portabel": {}}, "`x-wanspec.portabel` is not known here (did you mean `portable`?)"),
        ({**BLOCK, "kind": "film"}, "`x-wanspec.kind` must be one of `image`, `video`, `audio`"),
        (
            {**BLOCK, "portable": {"prompt": "txet"}},
            "`x-wanspec.portable.prompt.to` names `txet`, which is no native field of this model "
            "(did you mean `text`?)",
        ),
        ({**BLOCK, "portable": {"prompt": {}}}, "`x-wanspec.portable.prompt` needs `to` or `choices`"),
        (
            {**BLOCK, "portable": {"palette": {"to": "text", "as": ["jason"]}}},
            "`x-wanspec.portable.palette.as` must be one of `percents`, `json`, `one` (did you mean `json`?)",
        ),
        ({**BLOCK, "delivery": ["ttl"]}, "`x-wanspec.delivery` names `ttl`, which is no native field of this model"),
        (
            {**BLOCK, "media": {"text": {"kind": "picture"}}},
            "`x-wanspec.media.text.kind` must be one of `image`, `video`, `audio`, `captions`",
        ),
        (
            {**BLOCK, "portable": {"prompt": {"to": "text", "each": True}}},
            "`x-wanspec.portable.prompt.each` needs `item`, and a `to` that ends in `[]`",
        ),
        (
            {**BLOCK, "portable": {"reference_voices": {"to": "text", "into": {"type": ["video"]}}}},
            "`x-wanspec.portable.reference_voices.into` needs a `to` like `list[].field`",
        ),
        (
            {**BLOCK, "portable": {"prompt": {"to": "text", "beside": {"cuont": "text"}}}},
            "`x-wanspec.portable.prompt.beside` names `cuont`, which is no native field of this model "
            "(did you mean `count`?)",
        ),
        (
            {**BLOCK, "portable": {"prompt": {"to": "text", "beside": {"count": {"to": "text", "beside": {}}}}}},
            "`x-wanspec.portable.prompt.beside.count.beside` cannot stand within another",
        ),
        ({**BLOCK, "certain": [{"path": "count"}]}, "`x-wanspec.certain[0].value` is missing: what is sent"),
        (
            {**BLOCK, "certain": [{"path": "conut", "value": 1, "beside": "text"}]},
            "`x-wanspec.certain[0].path` names `conut`, which is no native field of this model (did you mean `count`?)",
        ),
        ({**BLOCK, "certain": {"path": "count"}}, "`x-wanspec.certain` must be a list"),
        (
            {**BLOCK, "size": {"forms": [], "follows": ["pictures"]}},
            "`x-wanspec.size.follows` names `pictures`, which is no native field of this model",
        ),
        (
            {**BLOCK, "limits": {"picture": {}}},
            "`x-wanspec.limits` must be one of `image`, `video`, `audio`, `captions`",
        ),
        (
            {**BLOCK, "limits": {"image": {"size": 1}}},
            "`x-wanspec.limits.image.size` is not known here (did you mean `sides`?)",
        ),
        (
            {**BLOCK, "limits": {"image": {"sides": [9, 1]}}},
            "`x-wanspec.limits.image.sides` must be a pair: the least and the most",
        ),
        (
            {**BLOCK, "media": {"text": {"kind": "image", "limits": {"bytes": "20 MB"}}}},
            "`x-wanspec.media.text.limits.bytes` must be a number above 0",
        ),
        ({**BLOCK, "price": {"per": "image", "usd": 0.03}}, "`x-wanspec.price.usd` must be a mapping"),
        (
            {**BLOCK, "price": {"per": "image", "usd": "cheap"}},
            '`x-wanspec.price.usd` must be dollars as text, like "0.03"',
        ),
        (
            {**BLOCK, "seed": {"path": "count", "minimum": 9, "maximum": 1}},
            "`x-wanspec.seed` must have a minimum that is not above its maximum",
        ),
        (
            {**BLOCK, "size": {"forms": [], "differs": 1.5}},
            "`x-wanspec.size.differs` must be a share of a side, like 0.02",
        ),
        (
            {**BLOCK, "size": {"forms": [{"given": ["widht"], "send": {"text": "{width}"}}]}},
            "`x-wanspec.size.forms[0].given` must be one of `width`, `height`, `aspect_ratio`, `resolution` (did you "
            "mean `width`?)",
        ),
        ([], "`x-wanspec` must be a mapping"),
    ],
)
def test_faults_of_the_block(tmp_path: Path, block: object, expected: str) -> None:
    found = faults(tmp_path, {**SCHEMA, "x-wanspec": block})
    assert f"WS290 schemas/acme/still.json: {expected}" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "the model file is not JSON: expecting property name enclosed in double quotes"),
        ("[]", "the model file must hold a JSON object"),
        ('{"a": NaN}', "the model file is not JSON that can be read"),
        ("[" * 100_000, "the model file is not JSON that can be read"),
        ('{"a": ' * 80 + "1" + "}" * 80, "the model file is nested deeper than 60 levels"),
        ('{"type": "object", "properties": {}}', "`x-wanspec` is missing (schemas/README.md says what it holds)"),
    ],
    ids=["broken", "a list", "NaN", "endless", "deep", "no block"],
)
def test_files_that_hold_no_model(tmp_path: Path, text: str, expected: str) -> None:
    assert f"WS290 schemas/acme/still.json: {expected}" in faults(tmp_path, text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "array"}, "`type` must be `object`: a request is a mapping of native fields"),
        ({"x-sums": 1}, "`x-sums` is no keyword of model files (did you mean `x-sum`?)"),
        (
            {"properties": {"text": {"type": "sting"}}},
            "`properties.text.type` is not what JSON Schema 2020-12 allows here",
        ),
        (
            {"properties": {"text": {"$ref": "https://example.com/a.json"}}},
            "`properties.text.$ref` must be `#/$defs/` and the name of a definition there",
        ),
        (
            {"properties": {"text": {"pattern": "(a+)+$"}}},
            "`properties.text.pattern` repeats a repetition, which can take ages to match",
        ),
        (
            {"properties": {"text": {"pattern": "("}}},
            "`properties.text.pattern` is no regular expression that can be read",
        ),
    ],
)
def test_faults_of_the_schema(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    found = faults(tmp_path, {**SCHEMA, "x-wanspec": BLOCK, **change})
    assert found == [f"WS290 schemas/acme/still.json: {expected}"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"x-pairs": {"of": ["a"], "allowed": [[1, 2]]}}, "x-pairs.of"),
        ({"x-ordered": [["text"]]}, "x-ordered[0]"),
        ({"x-total-items": {"lists": ["a"]}}, "x-total-items"),
        (
            {"properties": {"text": {"x-sum": {"of": "a", "total": 100, "tolerance": "0"}}}},
            "properties.text.x-sum.total",
        ),
        ({"properties": {"text": {"x-message": ["no"]}}}, "properties.text.x-message"),
        ({"properties": {"text": {"x-json": {"type": "lst"}}}}, "properties.text.x-json.type"),
        (
            {"x-wanspec": {**BLOCK, "warnings": [{"rule": "r", "message": "m", "if": {"type": 3}}]}},
            "x-wanspec.warnings[0].if.type",
        ),
    ],
)
def test_keywords_of_a_wrong_shape_never_reach_a_request(tmp_path: Path, change: dict[str, Any], place: str) -> None:
    found = faults(tmp_path, {**SCHEMA, "x-wanspec": BLOCK, **change})
    assert any(f"`{place}`" in one for one in found), found


def test_definitions_are_put_in_their_places(tmp_path: Path) -> None:
    schema = {
        **SCHEMA,
        "properties": {"text": {"$ref": "#/$defs/words", "default": "hello"}},
        "$defs": {"words": {"$ref": "#/$defs/text", "maxLength": 9}, "text": {"type": "string", "maxLength": 5}},
        "x-wanspec": BLOCK,
    }
    checked = load_catalogue(project(tmp_path, schema))
    assert checked.diagnostics == ()
    assert checked.value is not None
    assert checked.value.models["acme/still"].schema["properties"] == {
        "text": {"type": "string", "maxLength": 9, "default": "hello"}
    }


@pytest.mark.parametrize(
    ("definitions", "expected"),
    [
        ({}, "`properties.text.$ref` must be `#/$defs/` and the name of a definition there"),
        (
            {"words": {"$ref": "#/$defs/words"}},
            "`$defs.words.$ref` leads back to `words`: a definition may not contain itself",
        ),
        (
            {"words": {"anyOf": [{"$ref": "#/$defs/d9"}] * 9}}
            | {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n - 1}"}] * 9} for n in range(1, 10)}
            | {"d0": {}},
            "`$defs` makes more than 100000 entries of this schema",
        ),
    ],
    ids=["nothing", "itself", "too many"],
)
def test_definitions_that_cannot_be_used(tmp_path: Path, definitions: dict[str, Any], expected: str) -> None:
    schema = {**SCHEMA, "properties": {"text": {"$ref": "#/$defs/words"}}, "$defs": definitions, "x-wanspec": BLOCK}
    assert f"WS290 schemas/acme/still.json: {expected}" in faults(tmp_path, schema)


@pytest.mark.parametrize("name", ["runware/wan2.7-image", "local/blur"])
def test_a_built_in_model_is_not_redefined(tmp_path: Path, name: str) -> None:
    found = faults(tmp_path, {**SCHEMA, "x-wanspec": BLOCK}, name)
    assert [one[:5] for one in found] == ["WS291"]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({**SCHEMA, "x-wanspec": BLOCK}))
    folder = tmp_path / "film" / "schemas"
    (folder / "acme").mkdir(parents=True)
    (folder / "acme" / "still.json").symlink_to(outside)
    checked = load_catalogue(folder)
    assert [words(one) for one in checked.diagnostics] == [
        "WS290 schemas/acme/still.json: the model file is a link that leaves the project"
    ]


def test_a_fault_is_told_at_its_line(tmp_path: Path) -> None:
    text = '{\n "type": "object",\n "properties": {"text": {}},\n "x-wanspec": {\n  "kind": "film"\n }\n}\n'
    (fault,) = load_catalogue(project(tmp_path, text)).diagnostics
    assert (fault.at.line, fault.at.column) == (5, 3)


def test_a_faulty_model_is_named_as_such(tmp_path: Path) -> None:
    catalogue = load_catalogue(project(tmp_path, "{")).value
    assert catalogue is not None
    assert catalogue.suggest("acme/still") == "the project's file of this model cannot be used"


@pytest.mark.parametrize(
    ("path", "place"),
    [("", (1, 1)), ("a", (2, 2)), ("a.b", (2, 8)), ("c[1].d", (3, 19)), ("c[1].x", (3, 2)), ("zz", (1, 1))],
)
def test_places_in_a_json_text(path: str, place: tuple[int, int]) -> None:
    assert place_in('{\n "a": {"b": "c"},\n "c": [{"d": 1}, {"d": [2]}]\n}', path) == place

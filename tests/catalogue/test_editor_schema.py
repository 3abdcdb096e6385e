"""The schema that editors complete and check shot lists with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from wanspec.catalogue.catalogue import built_in_schemas, load_catalogue
from wanspec.catalogue.editor_schema import FILE, language_schema, main, schema_text
from wanspec.cli.commands.init import files as files_of_a_new_project
from wanspec.domain.codes import CODES
from wanspec.domain.fields import NOT_IN_DEFAULTS, PORTABLE_FIELDS, ROOT_FIELDS, SHOT_FIELDS
from wanspec.reading.marked_yaml import decode, read_yaml
from wanspec.report.explanations import explanation

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "shotlists"

SHIPPED = json.loads((built_in_schemas() / FILE).read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SHIPPED)


def read(text: str) -> Any:
    node = read_yaml(text, "wanspec.yaml", may_be_empty=True).value
    assert node is not None
    return node.plain()


def places(text: str, validator: Any = VALIDATOR) -> list[str]:
    """Where an editor would draw a line under something."""
    return sorted({".".join(map(str, error.absolute_path)) for error in validator.iter_errors(read(text))})


def shot(text: str) -> str:
    return f"wanspec: 1\nname: film\nshots:\n  - {{id: one, {text}}}\n"


def test_the_shipped_schema_is_current() -> None:
    catalogue = load_catalogue().value
    assert catalogue is not None
    current = schema_text(catalogue)
    assert (built_in_schemas() / FILE).read_text(encoding="utf-8") == current, (
        "run `python -m wanspec.catalogue.editor_schema`"
    )


def test_one_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == f"{tmp_path / FILE}\n"
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8")) == SHIPPED


def test_it_is_a_schema_of_2020_12_without_keywords_of_ours() -> None:
    Draft202012Validator.check_schema(SHIPPED)
    assert SHIPPED["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert re.findall(r'"x-[a-z-]+":', json.dumps(SHIPPED)) == []


def test_every_reference_in_it_leads_somewhere() -> None:
    used = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(SHIPPED)))
    assert used == set(SHIPPED["$defs"])


def test_it_has_every_field_of_the_language_each_with_words() -> None:
    shot_fields = SHIPPED["$defs"]["shot"]["properties"]
    assert set(SHIPPED["properties"]) == ROOT_FIELDS
    assert set(shot_fields) == SHOT_FIELDS
    assert set(SHIPPED["$defs"]["layer"]["properties"]) == SHOT_FIELDS - NOT_IN_DEFAULTS
    assert [name for name, field in SHIPPED["properties"].items() if not field.get("description")] == []
    assert [name for name in SHOT_FIELDS if not SHIPPED["$defs"][f"field.{name}"].get("description")] == []


def test_it_completes_models_and_lints() -> None:
    catalogue = load_catalogue().value
    assert catalogue is not None
    assert SHIPPED["$defs"]["model"]["anyOf"][0]["enum"] == list(catalogue.ids())
    assert set(SHIPPED["$defs"]["lint"]["properties"]) == {code for code in CODES if code.startswith("WS4")}
    assert set(catalogue.ids()) < set(SHIPPED["$defs"]["defaults"]["properties"])


def test_a_chosen_model_brings_its_native_fields_with_their_words() -> None:
    catalogue = load_catalogue().value
    assert catalogue is not None
    for model in catalogue.models.values():
        narrowed = [
            one["then"]["properties"]
            for one in SHIPPED["$defs"]["shot"]["allOf"]
            if one["if"]["properties"].get("model") == {"const": model.id}
        ]
        assert len(narrowed) == 1
        if model.is_local:
            assert set(narrowed[0]) == model.own_fields
            continue
        params = SHIPPED["$defs"][narrowed[0]["params"]["$ref"].removeprefix("#/$defs/")]
        (form,) = [one for one in params["anyOf"] if one.get("type") == "object"]
        assert set(form["properties"]) == set(model.schema["properties"])
        for name, native in model.schema["properties"].items():
            assert form["properties"][name]["description"] == native["description"]
        assert set(narrowed[0]) - {"params"} <= PORTABLE_FIELDS


GOOD = [
    path
    for folder in (CORPUS / "good", ROOT / "examples")
    for path in sorted(folder.rglob("*.yaml"))
    if path.name == "wanspec.yaml" or path.parent.name == "shots"
]


@pytest.mark.parametrize("file", GOOD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_good_lists_are_left_alone(file: Path) -> None:
    assert places(decode(file.read_bytes(), file.name).value or "") == []


def test_good_examples_and_new_projects_are_left_alone() -> None:
    assert places(files_of_a_new_project("film")["wanspec.yaml"]) == []
    for code in CODES:
        found = explanation(code)
        assert found is not None
        for name, text in found.good.items():
            if name == "wanspec.yaml":
                assert places(text) == [], code


# What it shall refuse: all that no default, template or other file could make right.
STRUCTURAL = ("WS101", "WS104", "WS108", "WS112", "WS201")
BAD = [folder for code in STRUCTURAL for folder in sorted((CORPUS / "bad" / code).glob("*"))]


@pytest.mark.parametrize("folder", BAD, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_lists_of_the_wrong_structure_are_refused(folder: Path) -> None:
    assert places((folder / "wanspec.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", ["WS101", "WS102", "WS103", "WS104", "WS106", "WS108", "WS110", "WS112"])
def test_the_bad_examples_of_structure_are_refused(code: str) -> None:
    found = explanation(code)
    assert found is not None
    assert places(found.bad["wanspec.yaml"])


EVERYTHING = """
wanspec: 1
name: harbour-night
description: What a long list looks like
include: [shots/*.yaml]
prompts: [prompts, ../cast/prompts]
output: renders
vars: {hero: Mara, look: "grainy, {{ hero }}", größe: 3}
data: {cities: data/cities.csv}
models: {still: runware/wan2.7-image, own: brushworks/easel-2}
defaults:
  image: {model: still, width: 1536, height: 864, params: {settings: {thinking: false}}}
  video: {model: runware/wan2.7-video, aspect_ratio: 16:9, params: {ttl: "{{ ttl }}"}}
  still: {format: png, prompt_suffix: ", at night"}
  local/concat: {transition: fade}
  runware/wan2.7-image: {params: {outputFormat: PNG}, quality: 90}
profiles: {final: {defaults: {video: {width: 1920, height: 1080}}, budget: {usd: 40}}}
allow_outside: [../cast]
budget: {usd: 25}
providers: {reapi: {in_flight: 8, poll: {first: 2, max: 15}}, brushworks: {per_minute: 30}}
lint: {WS401: off, WS408: false}
shots:
  - id: arrival
    title: 1
    tags: [act1, "{{ look }}"]
    prompt: "{{ hero }} steps off the ferry"
    takes: 3
    pick: required
    width: "{{ side }}"
    reference_images: [assets/mara.png, "{{ ref('arrival') }}", "https://example.org/a.png#sha256=00"]
    palette: [{hex: "#1E2A39", ratio: 50}, "{{ second }}", {hex: "{{ third }}", ratio: "{{ rest }}"}]
    edit_regions: [[[0, 0, 10, 10]], []]
    seed: random
    params: null
  - id: street
    for_each: {city: "{{ data.cities }}", angle: [low, high]}
    key: "{{ city.code }}/{{ angle }}"
    when: "{{ city.code != 'rio' }}"
    prompt_file: street.md.j2
    freeze: "{{ frozen }}"
  - id: rows
    for_each: [{a: 1}, {a: 2}]
    key: 7
    model: "{{ which }}"
    params: "{{ everything }}"
  - id: chase
    kind: video
    tags: [act2]
    model: runware/wan2.7-image
    duration: 4
    shots:
      - id: run
        model: runware/wan2.7-video
        duration: 5
        shot_type: multi
        params:
          inputs: {frameImages: ["{{ ref('arrival') }}", {image: a.png, frame: last}], referenceVideos: []}
          settings: {promptEnhancer: "{{ sharp }}", shotType: null}
  - {model: own, shots: []}
  - id: trailer
    model: local/concat
    clips: "{{ refs('tag:act2') }}"
    captions: [{text: "{{ hero }}", start: 0, end: "{{ ref('voice').duration }}"}]
    audio: assets/score.wav
  - {id: corner, model: local/overlay, source: a.png, picture: b.png, at: [4, 8], width: 0.25}
  - {id: two-ways, width: 1536, aspect_ratio: null}
  - {id: perhaps, width: "{{ w }}", aspect_ratio: "16:9"}
"""


def test_templates_and_nothing_may_stand_where_a_value_may() -> None:
    assert places(EVERYTHING) == []


def test_a_file_that_another_includes_needs_no_head() -> None:
    assert places("vars: {a: 1}\nshots: [{id: one, prompt: A pier}]\n") == []
    assert places("shots: [{id: one}]\nprompts: x\n") == [""]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("wanspec: 1\nshots: []\n", ""),
        ("wanspec: 1\nname: Big Film\n", "name"),
        ("wanspec: 1\nname: film\nbudget: {usd: -1}\n", "budget.usd"),
        ("wanspec: 1\nname: film\nbudget: {eur: 1}\n", "budget"),
        ("wanspec: 1\nname: film\nproviders: {reapi: {in_flight: 0}}\n", "providers.reapi.in_flight"),
        ("wanspec: 1\nname: film\nproviders: {reapi: {api_key: abc}}\n", "providers.reapi"),
        ("wanspec: 1\nname: film\nlint: {WS999: off}\n", "lint"),
        ("wanspec: 1\nname: film\nvars: {ref: 1}\n", "vars"),
        ("wanspec: 1\nname: film\nvars: {a-b: 1}\n", "vars"),
        ("wanspec: 1\nname: film\nmodels: {a/b: runware/wan2.7-image}\n", "models"),
        ("wanspec: 1\nname: film\nmodels: {a: runware/wan2.7-imgae}\n", "models.a"),
        ("wanspec: 1\nname: film\ndefaults: {image: {key: a}}\n", "defaults.image"),
        ("wanspec: 1\nname: film\nprofiles: {p: {shots: []}}\n", "profiles.p"),
        ("wanspec: 1\nname: film\nshots: {id: one}\n", "shots"),
        ("wanspec: 1\nname: film\nshots: [{prompt: A pier}]\n", "shots.0"),
        (shot("id: preview").replace("id: one, ", ""), "shots.0.id"),
        (shot("takes: 0"), "shots.0.takes"),
        (shot("takes: many"), "shots.0.takes"),
        (shot("pick: optional"), "shots.0.pick"),
        (shot("kind: film"), "shots.0.kind"),
        (shot("tags: act1"), "shots.0.tags"),
        (shot("prompt: 5"), "shots.0.prompt"),
        (shot("prompt: a, prompt_file: b.md"), "shots.0"),
        (shot("width: 768, aspect_ratio: '1:1'"), "shots.0"),
        (shot("resolution: 1K, height: 768"), "shots.0"),
        (shot("for_each: 3"), "shots.0.for_each"),
        (shot("widht: 5"), "shots.0"),
        (shot("edit_regions: [[[1, 2, 3]]]"), "shots.0.edit_regions"),
        (shot("model: runware/wan2.7-video, duration: 30"), "shots.0.duration"),
        (shot("model: runware/wan2.7-video, format: png"), "shots.0.format"),
        (shot("model: runware/wan2.7-image, width: 777"), "shots.0.width"),
        (shot("model: runware/wan2.7-image, params: {steps: 30}"), "shots.0.params"),
        (shot("model: runware/wan2.7-image, params: {outputQuality: 200}"), "shots.0.params"),
        (shot("model: local/hold, motion: sideways"), "shots.0.motion"),
        (shot("model: local/concat, clips: [{start: 3}]"), "shots.0.clips"),
        (shot("model: local/nothing"), "shots.0.model"),
    ],
)
def test_what_no_list_may_hold_is_refused_where_it_stands(text: str, place: str) -> None:
    assert place in places(text)


def test_the_models_of_a_project_can_be_in_it(tmp_path: Path) -> None:
    own = tmp_path / "brushworks" / "easel-2.json"
    own.parent.mkdir()
    own.write_text(
        json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "Easel 2",
                "type": "object",
                "additionalProperties": False,
                "properties": {"words": {"type": "string"}, "strokes": {"type": "integer", "maximum": 9}},
                "x-wanspec": {"kind": "image", "portable": {"prompt": "words"}},
            }
        ),
        encoding="utf-8",
    )
    checked = load_catalogue(tmp_path)
    assert checked.diagnostics == ()
    assert checked.value is not None
    validator = Draft202012Validator(language_schema(checked.value))
    many = shot("model: brushworks/easel-2, params: {strokes: 10}")
    assert places(many) == []
    assert places(many, validator) == ["shots.0.params"]
    assert places(shot("model: brushworks/easel-3")) == []
    assert places(shot("model: brushworks/easel-3"), validator) == ["shots.0.model"]

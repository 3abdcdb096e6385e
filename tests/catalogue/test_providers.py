"""Provider files: the built-in ones are sound, a project's own are judged with the place of each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanspec.catalogue.catalogue import built_in_schemas
from wanspec.catalogue.provider import laid_over, ways_for
from wanspec.catalogue.providers import Providers, load_providers, provider_faults, provider_files
from wanspec.domain.requests import MediaUse
from wanspec.reading.marked_yaml import read_yaml

SMALL = """\
origin: https://api.acme.example
submit: {path: /make, task: id}
poll: {path: '/t/{task}'}
results: {entries: 'urls[]', url: ''}
"""


def loaded(folder: Path | None = None, **overrides: object) -> Providers:
    checked = load_providers(read_yaml, folder, overrides)  # type: ignore[arg-type]
    assert checked.ok, checked.diagnostics
    assert checked.value is not None
    return checked.value


@pytest.mark.parametrize(("name", "file"), list(provider_files(built_in_schemas())), ids=lambda one: str(one)[-20:])
def test_the_files_that_come_with_wanspec_are_sound(name: str, file: Path) -> None:
    node = read_yaml(file.read_bytes(), name)
    assert node.ok
    assert node.value is not None
    assert provider_faults(node.value) == ()
    provider = loaded().get(name)
    assert provider is not None
    assert provider.origin.startswith("https://")
    assert provider.submit.client_made or provider.submit.task
    assert provider.poll.first_s <= provider.poll.longest_s


def test_every_vendor_with_models_has_a_provider_file() -> None:
    folders = {folder.name for folder in built_in_schemas().iterdir() if folder.is_dir() and folder.name != "local"}
    assert folders == set(loaded().names())


def test_a_shot_list_changes_single_settings() -> None:
    provider = loaded(None, reapi={"in_flight": 9, "per_minute": 5, "timeout_s": 7, "poll": {"max": 3}}).get("reapi")
    assert provider is not None
    assert (provider.in_flight, provider.per_minute, provider.timeout_s) == (9, 5.0, 7.0)
    assert (provider.poll.first_s, provider.poll.longest_s) == (2.0, 3.0)
    assert provider.poll.words["completed"] == "done"


def test_a_shot_lists_patience_holds_for_submits_too() -> None:
    patient, hasty = loaded().get("empiriolabs"), loaded(None, empiriolabs={"timeout_s": 2}).get("empiriolabs")
    assert patient is not None
    assert hasty is not None
    assert (patient.timeout_s, patient.submit.timeout_s) == (60.0, 300.0)
    assert (hasty.timeout_s, hasty.submit.timeout_s) == (2.0, 2.0)


def test_mappings_merge_and_all_else_is_replaced() -> None:
    assert laid_over({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"c": [2]}, "e": 3}) == {
        "a": {"b": 1, "c": [2]},
        "d": 2,
        "e": 3,
    }


def test_a_project_brings_a_vendor(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/provider.yaml").write_text(SMALL)
    provider = loaded(tmp_path).get("acme")
    assert provider is not None
    assert not provider.built_in
    assert provider.variable == "ACME"
    assert loaded(tmp_path).get("nobody") is None


def told(tmp_path: Path, text: str, name: str = "acme") -> list[tuple[str, str, int, int]]:
    (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / name / "provider.yaml").write_text(text)
    checked = load_providers(read_yaml, tmp_path)
    return [(one.code, one.message, one.at.line, one.at.column) for one in checked.diagnostics]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (SMALL + "kay: {}\n", "unknown field `kay` in the provider file", 5),
        (SMALL.replace("https:", "http:"), "`origin` is not of the form that is needed", 1),
        (SMALL.replace("path: /make", "path: make"), "`submit.path` is not of the form that is needed", 2),
        (SMALL.replace("submit: {path: /make, task: id}\n", ""), "the provider file has no `submit`", 1),
        (SMALL + "in_flight: 0\n", "`in_flight` is too small", 5),
        (SMALL + "in_flight: many\n", "`in_flight` is of the wrong type", 5),
        (SMALL + "errors: {rules: [{is: broke}]}\n", "`errors.rules[0].is` is none of the words that are known", 5),
        (SMALL + "errors: {rules: [{is: busy, code: '('}]}\n", "`errors.rules[0].code` is no regular expression", 5),
        (SMALL + "key: {value: Bearer}\n", "`key.value` is not of the form that is needed", 5),
    ],
)
def test_faults_are_told_at_their_place(tmp_path: Path, text: str, message: str, line: int) -> None:
    ((code, said, at, _),) = told(tmp_path, text)
    assert code == "WS292"
    assert said.startswith(message)
    assert at == line


def test_broken_yaml_and_what_is_no_mapping(tmp_path: Path) -> None:
    assert told(tmp_path, "a: [")[0][0] == "WS005"
    assert told(tmp_path, "[]")[0][0] == "WS292"
    assert told(tmp_path, "a: 1\na: 2")[0][0] == "WS006"


def test_a_built_in_vendor_is_not_redefined(tmp_path: Path) -> None:
    ((code, message, _, _),) = told(tmp_path, SMALL, "reapi")
    assert (code, message) == ("WS291", "the provider file redefines the built-in provider `reapi`")


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(SMALL)
    (tmp_path / "schemas/acme").mkdir(parents=True)
    (tmp_path / "schemas/acme/provider.yaml").symlink_to(tmp_path / "other.yaml")
    (one,) = load_providers(read_yaml, tmp_path / "schemas").diagnostics
    assert "link that leaves the project" in one.message


def test_the_ways_of_a_file_follow_from_form_kind_and_size() -> None:
    providers = loaded(None, reapi={"publish": "s3://bucket"})
    inline, upload, neither = providers.get("runware"), providers.get("aihubmax"), providers.get("empiriolabs")
    published = providers.get("reapi")
    assert inline is not None
    assert upload is not None
    assert neither is not None
    assert published is not None
    everything = MediaUse("a", "a.png", "image", ("uuid", "url", "data", "base64"))
    by_address = MediaUse("a", "a.png", "image", ("url",))
    assert ways_for(inline, everything, "image", 1000) == ("data", "base64", "upload")
    assert ways_for(inline, everything, "image", 30_000_000) == ("upload",)
    assert ways_for(inline, everything, "image", 300_000_000) == ()
    assert ways_for(upload, by_address, "image") == ("upload",)
    assert ways_for(neither, by_address, "image") == ()
    assert ways_for(published, by_address, "video", 10**9) == ("publish",)

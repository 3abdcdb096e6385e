"""`wanspec check`: for people, for programs, for those who review changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wanspec.cli.repository import repository_of, shown_from_repository

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def not_on_a_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def test_people_are_told_by_default(run: Call, edit: Call) -> None:
    assert run("check") == run("check", "--format", "people")
    edit("axis: horizontal", "axsi: horizontal")
    done = run("check")
    assert done.code == 2
    assert done.err.startswith("wanspec.yaml:15:5: error[WS101]: unknown field `axsi` in a shot\n")


def test_the_json_of_the_format_is_that_of_the_option(run: Call, edit: Call) -> None:
    edit("axis: horizontal", "axsi: horizontal")
    assert run("check", "--format", "json") == run("check", "--json")
    assert run("check", "--format", "json").json["diagnostics"][0]["code"] == "WS101"
    nowhere = run("check", "nowhere", "--format", "json")
    assert nowhere.code == 2
    assert nowhere.json["error"]["code"] == "no_project"


def test_github_is_given_annotations_alone(run: Call, project: Path, edit: Call) -> None:
    assert run("check", "--format", "github").out == ""
    edit("axis: horizontal", "axsi: horizontal")
    edit("vars: {side: 64}", "vars: {side: 64, unused: 1}")
    (project.parent / ".git").mkdir()
    done = run("check", "--format", "github")
    assert done.code == 2
    lines = done.out.splitlines()
    assert lines[0].startswith(
        "::error file=film/wanspec.yaml,line=15,col=5,title=WS101::film/wanspec.yaml:15:5: unknown field `axsi`"
    )
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    assert "error[" not in done.err


def test_lints_are_warnings_there_and_no_failure(run: Call, edit: Call) -> None:
    edit("vars: {side: 64}", "vars: {side: 64, unused: 1}")
    done = run("check", "--format", "github", "-q")
    assert done.code == 0
    assert done.out.startswith("::warning file=wanspec.yaml,line=3,col=18,title=WS408::")
    assert done.err == ""


def test_sarif_is_one_document(run: Call, edit: Call) -> None:
    assert run("check", "--format", "sarif").json["runs"][0]["results"] == []
    edit("axis: horizontal", "axsi: horizontal")
    done = run("check", "--format", "sarif")
    assert done.code == 2
    (result, *_) = done.json["runs"][0]["results"]
    assert result["ruleId"] == "WS101"
    assert "error[WS101]" in done.err  # the log still tells people


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", ["github", "sarif"])
def test_json_and_another_format_are_refused(run: Call, form: str) -> None:
    done = run("check", "--format", form, "--json")
    assert done.code == 2
    assert done.json["error"]["message"] == f"`--json` stands beside `--format {form}`"
    assert run("check", "--format", "xml").code == 2


def test_places_count_from_the_root_of_the_repository(tmp_path: Path) -> None:
    film = tmp_path / "work" / "repo" / "film"
    film.mkdir(parents=True)
    assert repository_of(film, {}) == film
    (tmp_path / "work" / "repo" / ".git").write_text("gitdir: elsewhere", encoding="utf-8")  # as a worktree has it
    assert repository_of(film, {}) == film.parent
    assert repository_of(film, {"GITHUB_WORKSPACE": str(tmp_path / "work")}) == tmp_path / "work"
    assert repository_of(film, {"GITHUB_WORKSPACE": str(tmp_path / "other")}) == film.parent
    shown = shown_from_repository(film, {})
    assert shown("shots/a.yaml") == "film/shots/a.yaml"
    assert shown("../cast/b.yaml") == "cast/b.yaml"
    assert shown("../../../c.yaml") == str(tmp_path / "c.yaml")
    assert shown("/etc/vars.yaml") == "/etc/vars.yaml"
    assert shown("--var") is None


def test_nothing_is_written(run: Call, project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    for form in ("people", "json", "github", "sarif"):
        assert run("check", "--format", form).code == 0
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    assert json.loads(run("check", "--format", "sarif").out)["version"] == "2.1.0"

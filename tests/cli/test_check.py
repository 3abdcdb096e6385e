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


def test_a_link_that_leads_out_shows_nothing_of_what_is_there(run: Call, project: Path) -> None:
    (project.parent / "secret").write_text("hunter2\n")
    (project / "wanspec.yaml").unlink()
    (project / "wanspec.yaml").symlink_to("../secret")
    done = run("check")
    assert done.code == 2
    assert "is a link that leaves the project" in done.err
    assert "hunter2" not in done.err


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


# `--fix`

FIXABLE = """\
wanspec: 1
name: film
shots:
  - id: pier
    model: runware/wan2.7-video   # the vendor rewrites prompts
    width: 1280
    height: 720
    prmpt: A pier in fog
"""


def write(root: Path, text: str = FIXABLE) -> Path:
    path = root / "wanspec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_fix_writes_what_is_safe_says_so_and_has_nothing_left_to_do(run: Call, project: Path) -> None:
    path = write(project)
    path.chmod(0o640)
    done = run("check", "--fix")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "fixed wanspec.yaml:8:5: `prmpt` is `prompt` now [WS101]\n"
        "fixed wanspec.yaml:8:13: `prompt_enhance: true` says what holds [WS401]\n"
        "1 item, nothing wrong\n"
    )
    fixed = FIXABLE.replace("prmpt: A pier in fog", "prompt: A pier in fog\n    prompt_enhance: true")
    assert path.read_text(encoding="utf-8") == fixed
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in project.iterdir()) == ["assets", "wanspec.yaml"]
    known = path.stat()
    assert run("check", "--fix").out == "1 item, nothing wrong\n"
    assert path.stat().st_mtime_ns == known.st_mtime_ns


def test_what_cannot_be_fixed_is_told_as_ever(run: Call, project: Path) -> None:
    write(project, FIXABLE.replace("width: 1280", "width: 1281").replace("height: 720", "colour: red"))
    done = run("check", "--fix")
    assert done.code == 2
    assert done.out == "fixed wanspec.yaml:8:5: `prmpt` is `prompt` now [WS101]\n"
    assert "error[WS101]: unknown field `colour`" in done.err
    assert "`prmpt`" not in done.err


def test_fix_in_json_and_quietly_and_for_a_ci(run: Call, project: Path) -> None:
    path = write(project)
    done = run("check", "--fix", "--json").json
    assert done["diagnostics"] == []
    assert done["fixed"] == [
        {"code": "WS101", "message": "`prmpt` is `prompt` now", "file": "wanspec.yaml", "line": 8, "column": 5},
        {
            "code": "WS401",
            "message": "`prompt_enhance: true` says what holds",
            "file": "wanspec.yaml",
            "line": 8,
            "column": 13,
        },
    ]
    assert "fixed" not in run("check", "--json").json
    write(project)
    assert run("check", "--fix", "-q") == run("check", "-q")
    assert "prompt_enhance" in path.read_text(encoding="utf-8")
    write(project)
    for_github = run("check", "--fix", "--format", "github")
    assert for_github.out == ""
    assert for_github.err.startswith("fixed wanspec.yaml:8:5:")


def test_a_byte_order_mark_stays(run: Call, project: Path) -> None:
    path = write(project)
    path.write_bytes(b"\xef\xbb\xbf" + FIXABLE.replace("\n", "\r\n").encode())
    assert run("check", "--fix").code == 0
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfwanspec: 1\r\n")
    assert data.endswith(b"    prompt: A pier in fog\r\n    prompt_enhance: true\r\n")


def test_only_files_of_the_project_itself_are_fixed(run: Call, project: Path) -> None:
    shots = "shots: [{id: %s, model: local/flip, source: assets/plate.png, axis: vertical, tittle: T}]\n"
    outside = project.parent / "cast"
    outside.mkdir()
    (outside / "b.yaml").write_text(shots % "b", encoding="utf-8")
    (project / "real.yaml").write_text(shots % "c", encoding="utf-8")
    (project / "linked.yaml").symlink_to("real.yaml")
    write(project, "wanspec: 1\nname: film\ninclude: [../cast/b.yaml, linked.yaml]\nallow_outside: [../cast]\n")
    given = project.parent / "vars.yaml"
    given.write_text("a: 1\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in project.parent.rglob("*") if path.is_file()}
    done = run("check", "--fix", "--allow-outside", outside, "--vars", given)
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("error[WS101]: unknown field `tittle`") == 2
    assert {path: path.read_bytes() for path in project.parent.rglob("*") if path.is_file()} == before
    assert (project / "linked.yaml").is_symlink()


def test_a_file_that_somebody_else_changes_meanwhile_is_left(
    run: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(project)
    from wanspec.stages import fix as stage

    asked = stage.fix

    def fix(*given: Any) -> Any:
        fixed = asked(*given)
        write(project, FIXABLE.replace("fog", "rain"))
        return fixed

    monkeypatch.setattr(stage, "fix", fix)
    done = run("check", "--fix")
    assert done.code == 2
    assert "note: `wanspec.yaml` was changed meanwhile and is left as it is" in done.err
    assert "fixed" not in done.out
    assert path.read_text(encoding="utf-8") == FIXABLE.replace("fog", "rain")
    assert sorted(one.name for one in project.iterdir()) == ["assets", "wanspec.yaml"]


def test_a_file_that_may_not_be_written_is_left(run: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    path = write(project)
    # For root, the mode alone forbids nothing.
    monkeypatch.setattr(os, "access", lambda _path, mode, **_: mode != os.W_OK)
    done = run("check", "--fix")
    assert done.code == 2
    assert "note: `wanspec.yaml` may not be written; nothing in it is fixed" in done.err
    assert path.read_text(encoding="utf-8") == FIXABLE


@pytest.mark.parametrize("data", [b"", b"a: [", b"\xff\xfe\x00", b"- a\n", b"shots:\n" + b"[" * 9000])
def test_what_is_broken_is_told_and_left(run: Call, project: Path, data: bytes) -> None:
    (project / "wanspec.yaml").write_bytes(data)
    done = run("check", "--fix")
    assert done.code == 2
    assert done.out == ""
    assert (project / "wanspec.yaml").read_bytes() == data

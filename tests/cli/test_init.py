"""`wanspec init`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wanspec.cli.commands.init import project_name
from wanspec.cli.main import main


def test_a_new_project_has_a_shot_list_a_prompt_and_what_git_ignores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Night Ferry"
    assert main(["init", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "made the project `night-ferry`" in shown
    assert f"wanspec check '{folder}'" in shown
    text = (folder / "wanspec.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=/")
    assert "\nname: night-ferry\n" in text
    assert {".wanspec/", "renders/"} <= set((folder / ".gitignore").read_text(encoding="utf-8").splitlines())
    assert (folder / "prompts" / "lamp.md").is_file()


def test_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--quiet"]) == 0
    assert (tmp_path / "wanspec.yaml").is_file()


def test_a_project_that_is_there_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wanspec.yaml").write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["wanspec.yaml"]
    assert (tmp_path / "wanspec.yaml").read_text(encoding="utf-8") == "mine"


def test_other_files_that_are_there_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["kept"] == [".gitignore"]
    assert shown["created"] == ["wanspec.yaml", "prompts/lamp.md"]
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "film").write_text("", encoding="utf-8")
    assert main(["init", str(tmp_path / "film")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "wanspec.yaml").symlink_to(tmp_path / "elsewhere")
    assert main(["init", str(tmp_path)]) == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [("film", "film"), ("My Film!", "my-film"), ("_x", "x"), ("Café Ünder", "cafe-under"), ("雪", "film"), ("7", "7")],
)
def test_the_name_is_made_of_the_folders(folder: str, name: str) -> None:
    assert project_name(Path("/somewhere") / folder) == name

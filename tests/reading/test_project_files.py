"""Which files a shot list may name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wanspec.domain.errors import UsageError
from wanspec.reading.project_files import PathFault, ProjectFiles, find_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "film"
    for name in (
        "wanspec.yaml",
        "assets/mara.png",
        "prompts/a.j2",
        "shots/b.yaml",
        "shots/a.yaml",
        "shots/.hidden.yaml",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    (tmp_path / "cast").mkdir()
    (tmp_path / "cast" / "face.png").write_text("x")
    return project


def refusal(files: ProjectFiles, text: str) -> PathFault:
    with pytest.raises(PathFault) as caught:
        files.locate(text, what="the picture")
    assert caught.value.message
    return caught.value


def test_a_project_is_found_at_or_above(root: Path) -> None:
    assert find_project(root) == root
    assert find_project(root / "wanspec.yaml") == root
    assert find_project(root / "assets") == root
    with pytest.raises(UsageError, match=r"no `wanspec.yaml` in") as caught:
        find_project(root.parent / "cast", above=False)
    assert "wanspec init" in caught.value.hint
    for wrong in (root.parent / "cast", root.parent / "nothing", root / "assets" / "mara.png"):
        with pytest.raises(UsageError):
            find_project(wrong)


def test_what_is_no_project_is_called_what_it_is(root: Path) -> None:
    def told(path: Path) -> tuple[str, str]:
        with pytest.raises(UsageError) as caught:
            find_project(path, above=False)
        return caught.value.message.replace(str(root), "…"), caught.value.hint.replace(str(root), "…")

    (root / "other.yml").write_text("")
    (root.parent / "film.yaml").write_text("")
    (root.parent / "notes.txt").write_text("")
    there = "name `…`, or the `wanspec.yaml` in it"
    assert told(root / "x.yml") == ("there is no file `…/x.yml`", there)
    assert told(root / "other.yml") == ("`other.yml` is no project: its file is called `wanspec.yaml`", there)
    assert told(root.parent / "film.yaml")[1] == "call it `wanspec.yaml`"
    assert told(root.parent / "notes.txt")[1] == "name a folder with a `wanspec.yaml`, or that file"
    assert told(root / "x")[0] == "there is no folder `…/x`"
    assert told(Path("/dev/null"))[0] == "`/dev/null` is neither a folder nor a file"


def test_what_lies_in_a_project_or_holds_some_leads_to_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hint(path: Path) -> str:
        with pytest.raises(UsageError) as caught:
            find_project(path, above=False)
        return caught.value.hint

    film, films = root.name, root.parent
    part = root / "shots" / "1.yaml"
    part.parent.mkdir(exist_ok=True)
    part.write_text("shots: []")
    assert hint(part) == hint(part.parent) == f"name `{root}`, the project that it lies in"
    assert hint(films) == f"name `{root}`"
    monkeypatch.chdir(films)
    assert hint(Path(film) / "shots" / "1.yaml") == f"name `{film}`, the project that it lies in"
    for name in ("a", "b", "c", ".hidden"):
        (films / name).mkdir()
        (films / name / "wanspec.yaml").write_text("")
    assert hint(films) == "name `a`, `b`, `c` or another of 4"


def test_a_folder_that_is_misspelt_is_told_with_the_one_that_is_meant(root: Path, tmp_path: Path) -> None:
    def hint(text: str, files: ProjectFiles) -> str:
        with pytest.raises(PathFault) as caught:
            files.locate(text)
        return caught.value.hint

    files = ProjectFiles(root)
    assert hint("asets/mara.png", files) == "there is no folder `asets`; did you mean `assets`?"
    assert hint("asets/deep/mara.png", files) == "there is no folder `asets`; did you mean `assets`?"
    assert hint("nowhere/mara.png", files) == "there is no folder `nowhere`"
    # What lies beside a folder that was granted is nobody's business.
    (tmp_path / "secrets").mkdir()
    granted = ProjectFiles(root, asked=[tmp_path / "secret"], granted=[tmp_path / "secret"])
    assert "secrets" not in hint(str(tmp_path / "secret" / "mara.png"), granted)


def test_paths_inside_are_found_however_they_are_written(root: Path) -> None:
    files = ProjectFiles(root)
    expected = root / "assets" / "mara.png"
    for text in ("assets/mara.png", "./assets//mara.png", "shots/../assets/mara.png", str(expected)):
        assert files.locate(text) == expected
    assert files.read_bytes("./assets/mara.png") == ("assets/mara.png", b"assets/mara.png")


def test_a_name_is_found_however_its_accents_are_written(root: Path) -> None:
    one, two = "assets/caf\u00e9.png", "assets/cafe\u0301s.png"
    (root / one).write_text("x")
    (root / two).write_text("x")
    files = ProjectFiles(root)
    assert files.locate("assets/cafe\u0301.png") == root / one
    assert files.locate("assets/caf\u00e9s.png") == root / two
    assert files.read_bytes("assets/cafe\u0301.png")[1] == b"x"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a\x00b", "characters"),
        ("a\nb", "characters"),
        ("../cast/face.png", "outside"),
        ("/etc/passwd", "outside"),
        ("assets/../../cast/face.png", "outside"),
        ("../film-other/x", "outside"),
        ("assets", "folder"),
        ("assets/nope.png", "missing"),
        ("assets/mara.png/x", "missing"),
        ("nowhere/x.png", "missing"),
        ("~/x.png", "missing"),
        ("x" * 5000, "characters"),
    ],
)
def test_what_may_not_be_read_says_why(root: Path, text: str, rule: str) -> None:
    fault = refusal(ProjectFiles(root), text)
    assert fault.rule in (rule, "missing", "unreadable") if len(text) > 1000 else fault.rule == rule


def test_a_missing_file_names_the_nearest(root: Path) -> None:
    fault = refusal(ProjectFiles(root), "assets/marra.png")
    assert fault.message == "there is no picture `assets/marra.png`"
    assert fault.hint == "did you mean `assets/mara.png`?"
    assert refusal(ProjectFiles(root), "assets\\mara.png").hint == "separate folders with `/`"


def test_outside_takes_a_list_that_asks_and_a_user_who_grants(root: Path) -> None:
    cast = root.parent / "cast"
    text = "../cast/face.png"
    neither = refusal(ProjectFiles(root), text)
    assert "allow_outside: [../cast]" in neither.hint
    asked = refusal(ProjectFiles(root, asked=("../cast",)), text)
    assert f"--allow-outside {cast}" in asked.hint
    assert refusal(ProjectFiles(root, granted=(cast,)), text).rule == "outside"
    both = ProjectFiles(root, asked=("../cast",), granted=(root.parent,))
    assert both.locate(text) == cast / "face.png"
    assert both.read_bytes(text)[0] == "../cast/face.png"
    assert both.allowed_outside == (cast,)
    assert refusal(ProjectFiles(root, ("../cast",), (cast / "sub",)), text).rule == "outside"
    again = ProjectFiles(root, both.allowed_outside, both.allowed_outside)
    assert again.locate(str(cast / "face.png")) == cast / "face.png"


def test_links_are_followed_before_they_are_judged(root: Path) -> None:
    (root / "inside.png").symlink_to(root / "assets" / "mara.png")
    (root / "leaves.png").symlink_to(root.parent / "cast" / "face.png")
    (root / "folder").symlink_to(root.parent / "cast")
    (root / "loop").symlink_to(root / "loop")
    (root / "broken").symlink_to(root / "assets" / "gone.png")
    files = ProjectFiles(root)
    assert files.locate("inside.png") == root / "assets" / "mara.png"
    assert refusal(files, "leaves.png").rule == "link"
    assert refusal(files, "folder/face.png").rule == "link"
    assert refusal(files, "loop").rule in ("missing", "unreadable", "characters")
    assert refusal(files, "broken").rule == "missing"
    assert files.locate("folder/../assets/mara.png") == root / "assets" / "mara.png"
    granted = ProjectFiles(root, ("../cast",), (root.parent / "cast",))
    assert granted.locate("folder/face.png") == root.parent / "cast" / "face.png"


def test_a_project_that_is_itself_behind_a_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert find_project(link) == link
    files = ProjectFiles(link)
    assert files.locate("assets/mara.png") == root / "assets" / "mara.png"
    assert files.read_bytes("assets/mara.png")[0] == "assets/mara.png"


def test_what_is_no_ordinary_file_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert refusal(ProjectFiles(root), "pipe").rule == "special"


def test_a_large_file_is_not_read(root: Path) -> None:
    with pytest.raises(PathFault) as caught:
        ProjectFiles(root).read_bytes("assets/mara.png", limit=3)
    assert caught.value.rule == "large"


def test_globs_are_sorted_and_leave_hidden_files_alone(root: Path) -> None:
    files = ProjectFiles(root)
    assert files.glob("shots/*.yaml") == ["shots/a.yaml", "shots/b.yaml"]
    assert files.glob("**/*.yaml") == ["shots/a.yaml", "shots/b.yaml", "wanspec.yaml"]
    assert files.glob("./shots/[b].yaml") == ["shots/b.yaml"]
    assert files.glob("nowhere/*.yaml") == []
    assert files.glob("s*") == []
    (root / "shots" / "[1].yaml").write_text("")
    assert not files.is_pattern("shots/[1].yaml")
    for pattern in ("../cast/*", "shots/*/../../../cast/*", "/etc/*"):
        with pytest.raises(PathFault) as caught:
            files.glob(pattern)
        assert caught.value.rule == "outside"
    granted = ProjectFiles(root, ("../cast",), (root.parent / "cast",))
    assert granted.glob("../cast/*.png") == ["../cast/face.png"]
    (root / "shots" / "z.yaml").symlink_to(root.parent / "cast" / "face.png")
    with pytest.raises(PathFault):
        files.glob("shots/*.yaml")


def test_template_files_are_searched_folder_by_folder(root: Path) -> None:
    (root / "more").mkdir()
    (root / "more" / "a.j2").write_text("second")
    (root / "more" / "b.j2").write_text("b")
    files = ProjectFiles(root)
    assert files.find("a.j2", ["prompts", "more"]) == "prompts/a.j2"
    assert files.find("b.j2", ["prompts", "more"]) == "more/b.j2"
    assert files.find("c.j2", ["prompts", "more"]) is None
    with pytest.raises(PathFault):
        files.find("../../cast/face.png", ["prompts"])

"""The commands about a project, from a first check to a second render."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from wanspec.cli.commands.render import ending
from wanspec.domain.runs import Outcome, Run

Call = Callable[..., Any]
Edit = Callable[[str, str], None]


def files_of(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def test_check_says_how_many_items_and_that_nothing_is_wrong(project: Path, run: Call) -> None:
    done = run("check")
    assert (done.code, done.out, done.err) == (0, "3 items, nothing wrong\n", "")
    assert run("check", "--json").json == {"diagnostics": [], "items": 3}
    assert run("check", "-q").out == ""
    assert run("check", project / "wanspec.yaml").code == 0


@pytest.mark.usefixtures("project")
def test_check_shows_every_fault_with_its_place_and_ends_with_2(run: Call, edit: Edit) -> None:
    edit("fit: stretch", "fti: stretch")
    edit("axis: horizontal", "axis: sideways")
    done = run("check", "-q")
    assert done.code == 2
    assert done.out == ""
    heads = [line for line in done.err.splitlines() if line.startswith("wanspec.yaml:")]
    assert heads[0].startswith("wanspec.yaml:10:5: error[WS101]: ")
    assert heads[1].startswith("wanspec.yaml:15:11: error[WS")
    assert "  hint: did you mean `fit`?" in done.err
    told = run("check", "--json")
    assert told.code == 2
    assert [(one["line"], one["path"]) for one in told.json["diagnostics"]] == [
        (10, "shots[0].fti"),
        (15, "shots[1].axis"),
    ]


@pytest.mark.parametrize("command", [["plan"], ["render"], ["why", "plate"], ["graph"], ["pick", "--list"]])
def test_a_wrong_list_gives_its_diagnostics_for_every_command(
    project: Path, run: Call, edit: Edit, command: list[str]
) -> None:
    before = files_of(project)
    edit("fit: stretch", "fti: stretch")
    done = run(*command, "--json")
    assert done.code == 2
    assert [one["code"] for one in done.json["diagnostics"]] == ["WS101"]
    assert "error[WS101]" in done.err
    assert files_of(project) == before


def test_plan_before_and_after_a_render_and_after_an_edit(project: Path, run: Call, edit: Edit) -> None:
    before = files_of(project)
    first = run("plan", "--exit-code", "--json")
    assert first.code == 5
    assert {one["id"]: one["status"] for one in first.json["items"]} == {
        "plate": "new",
        "mirrored": "new",
        "corner": "new",
    }
    assert first.json["summary"]["to_render"] == 3
    assert first.json["items"][1]["needs"] == ["plate"]
    assert first.json["items"][1]["keys"] == [None]
    assert files_of(project) == before

    rendered = run("render", "--json")
    assert rendered.code == 0
    assert rendered.json["summary"]["rendered"] == 3
    assert (project / "renders" / "plate.png").is_file()
    assert (project / "wanspec.lock").is_file()

    done = run("plan", "--exit-code")
    assert (done.code, done.out) == (0, "nothing to render, 3 cached (3 items)\n")
    again = run("render", "--json")
    assert again.json["summary"]["cached"] == 3
    assert again.json["summary"]["rendered"] == 0

    edit("side: 64", "side: 80")
    changed = run("plan", "--json")
    assert {one["id"]: one["status"] for one in changed.json["items"]} == {
        "plate": "changed",
        "mirrored": "upstream",
        "corner": "cached",
    }
    assert changed.json["items"][0]["reasons"] == [{"field": "width", "before": 64, "after": 80}]
    assert "~ plate" in run("plan").out
    assert run("plan", "-s", "state:changed", "--json").json["summary"]["items"] == 1
    assert run("plan", "-s", "corner", "--exit-code").code == 0
    assert run("plan", "-s", "tag:act1", "--exit-code").code == 5


def test_a_selection_brings_along_what_it_needs_and_nothing_else(project: Path, run: Call) -> None:
    planned = run("plan", "-s", "mirrored", "--json").json
    assert [one["id"] for one in planned["items"]] == ["plate", "mirrored"]
    done = run("render", "-s", "mirrored", "--json")
    assert [one["id"] for one in done.json["items"]] == ["plate", "mirrored"]
    assert not (project / "renders" / "corner.png").exists()
    assert [one["id"] for one in run("render", "-s", "mirrored", "--json").json["items"]] == ["mirrored"]


@pytest.mark.parametrize(
    ("selector", "hint"), [("plaet", "did you mean `plate`"), ("tags:act1", "did you mean `tag:`?")]
)
def test_a_selector_that_names_nothing_is_told(project: Path, run: Call, selector: str, hint: str) -> None:
    for command in ("plan", "render", "graph"):
        done = run(command, "-s", selector)
        assert done.code == 2
        assert hint in done.err
    assert not (project / ".wanspec").exists()


@pytest.mark.usefixtures("project")
def test_force_makes_what_is_cached_again(run: Call) -> None:
    run("render", "-q")
    done = run("render", "--force", "corner", "--json").json
    assert {one["id"]: one["status"] for one in done["items"]} == {
        "plate": "cached",
        "mirrored": "cached",
        "corner": "rendered",
    }


@pytest.mark.usefixtures("project")
def test_why_shows_the_request_and_what_changed(run: Call, edit: Edit) -> None:
    assert run("why", "plate", "--json").json["status"] == "new"
    run("render", "-q")
    assert run("why", "plate", "--json").json["reasons"] == []
    edit("side: 64", "side: 80")
    shown = run("why", "plate", "--json").json
    assert shown["id"] == "plate"
    assert shown["request"]["width"] == 80
    assert shown["keys"][0].startswith("sha256:")
    reason = shown["reasons"][0]
    assert (reason["field"], reason["before"], reason["after"]) == ("width", 64, 80)
    told = run("why", "plate")
    assert "    - 64\n    + 80\n" in told.out
    assert run("why", "plaet").code == 2


def test_status_tells_of_the_last_run_and_of_none(project: Path, run: Call) -> None:
    assert run("status", "--json").json == {"run": None, "items": []}
    assert "nothing was rendered yet" in run("status").out
    done = run("render", "--json").json
    assert run("status", "--json").json["run"] == done["run"]
    assert run("status", "--json").json["items"] == done["items"]
    (project / "wanspec.yaml").write_text("shots: [", encoding="utf-8")
    assert run("status").code == 0


def test_a_failed_item_ends_with_1_and_leaves_the_others_alone(project: Path, run: Call, edit: Edit) -> None:
    edit("width: 16", "width: 16000")
    done = run("render", "--json")
    assert done.code in (1, 2)
    assert not (project / "renders" / "corner.png").exists()


@pytest.mark.usefixtures("project")
def test_the_graph_in_all_its_forms(run: Call) -> None:
    assert run("graph").out.splitlines()[0].startswith("mirrored  image  local/flip")
    shown = run("graph", "--format", "json").json
    assert shown["edges"] == [{"from": "plate", "to": "mirrored"}]
    assert shown == run("graph", "--json").json
    assert "n0 --> n1" in run("graph", "--format", "mermaid").out
    assert '"plate" -> "mirrored";' in run("graph", "--format", "dot").out
    ElementTree.fromstring(run("graph", "--format", "svg").out)
    assert len(run("graph", "--format", "json", "-s", "plate").json["nodes"]) == 1


def test_a_hand_made_take_is_adopted_picked_and_served_downstream(project: Path, run: Call) -> None:
    from PIL import Image

    run("render", "-q")
    Image.new("RGB", (64, 48), "red").save(project / "retouched.png")
    adopted = run("adopt", "plate", "retouched.png", "--json")
    assert adopted.code == 0
    assert adopted.json["take"] == 2
    listed = run("pick", "--list", "--json").json["picks"]
    assert [(one["item"], one["pick"], one["state"], len(one["takes"])) for one in listed] == [
        ("plate", 1, "default", 2)
    ]
    picked = run("pick", "plate", "2", "--json")
    assert picked.json["path"] == "renders/plate.png"
    assert (project / "renders" / "plate.png").read_bytes() == (project / "retouched.png").read_bytes()
    assert run("pick", "--list", "--json").json["picks"][0]["state"] == "chosen"
    assert run("plan", "--json").json["items"][1]["status"] == "changed" or (
        run("plan", "--json").json["items"][1]["status"] == "upstream"
    )
    assert run("render", "--json").json["summary"]["rendered"] == 1
    with Image.open(project / "renders" / "mirrored.png") as mirrored:
        assert mirrored.convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    assert run("render", "--json").json["summary"]["cached"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pick", "plate"], "no item and take are named"),
        (["pick"], "no item and take are named"),
        (["pick", "plaet", "1"], "no item is called `plaet`"),
        (["pick", "plate", "1"], "`plate` has no takes yet"),
        (["pick", "plate", "0"], "0"),
        (["adopt", "plate", "nowhere.png"], "nowhere.png"),
        (["adopt", "plate", "wanspec.yaml"], "`wanspec.yaml` is plain text"),
        (["adopt", "plaet", "assets/plate.png"], "no item is called `plaet`"),
    ],
)
def test_what_cannot_be_picked_or_adopted(project: Path, run: Call, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert message in done.err
    assert not (project / "wanspec.lock").exists()


def test_a_file_that_is_no_picture_is_not_adopted(project: Path, run: Call) -> None:
    (project / "broken.png").write_text("no picture", encoding="utf-8")
    done = run("adopt", "plate", "broken.png")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert not (project / "wanspec.lock").exists()


@pytest.mark.usefixtures("project")
def test_a_take_that_is_not_there_is_told(run: Call) -> None:
    run("render", "-q")
    done = run("pick", "plate", "3")
    assert done.code == 2
    assert "`plate` has no take 3" in done.err


def test_money_is_not_spent_without_leave(paid: Path, run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNWARE_API_KEY", "sk-of-nobody")
    before = files_of(paid)
    for arguments, code in (
        (["render", "--budget", "0.001"], "over_budget"),
        (["render"], "no_leave"),
        (["render", "--yes", "--budget", "0.001"], "over_budget"),
    ):
        done = run(*arguments, "--json")
        assert done.code == 3
        assert done.json["error"]["code"] == code
        assert done.json["error"]["hint"]
    assert files_of(paid) == before


def test_a_preview_shows_the_items_that_there_are(paid: Path, run: Call) -> None:
    run("render", "--preview")
    text = (paid / "wanspec.yaml").read_text()
    (paid / "wanspec.yaml").write_text(text.replace("id: pier", "id: jetty"))
    (paid / "renders/preview/mine.txt").write_text("a note")
    run("render", "--preview")
    shown = sorted(path.name for path in (paid / "renders/preview").iterdir())
    assert [name.partition(".")[0] for name in shown] == ["jetty", "jetty", "mine"]


def test_a_preview_is_free_and_kept_apart(paid: Path, run: Call) -> None:
    done = run("render", "--preview", "--offline", "--json")
    assert done.code == 0
    assert done.json["items"][0]["takes"][0]["path"].startswith("renders/preview/pier.")
    assert not (paid / "wanspec.lock").exists()
    assert run("plan", "--json").json["items"][0]["status"] == "new"
    assert run("render", "--preview", "--json").json["summary"] | {"seconds": 0} == {
        "rendered": 0,
        "cached": 1,
        "failed": 0,
        "skipped": 0,
        "waiting": 0,
        "uncertain": 0,
        "cost_usd": 0,
        "estimated_usd": 0,
        "seconds": 0,
    }


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("budget", ["-1", "much", "nan", "inf"])
def test_a_budget_is_an_amount_of_money(run: Call, budget: str) -> None:
    done = run("render", "--budget", budget)
    assert done.code == 2
    assert "no amount of dollars" in done.err


def test_variables_and_profiles_from_the_command_line(project: Path, run: Call, edit: Edit) -> None:
    edit("shots:", "profiles: {wide: {vars: {side: 90}}}\nshots:")
    assert run("why", "plate", "--json", "--profile", "wide").json["request"]["width"] == 90
    assert run("why", "plate", "--json", "--profile", "wide", "--var", "side=70").json["request"]["width"] == 70
    (project / "more.yaml").write_text("side: 71\n", encoding="utf-8")
    assert run("--vars", "more.yaml", "why", "plate", "--json").json["request"]["width"] == 71
    unknown = run("check", "--profile", "wid", "--json")
    assert unknown.code == 2


def test_results_that_cannot_be_written_are_refused_before_anything_is_made(project: Path, run: Call) -> None:
    (project / "renders").write_text("a file", encoding="utf-8")
    done = run("render")
    assert done.code == 2
    assert "`renders` is a file" in done.err
    assert not (project / "wanspec.lock").exists()


def test_the_commit_of_a_changed_line_is_named(project: Path, edit: Edit) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout.strip()

    from wanspec.cli.blame import last_commit
    from wanspec.domain.nodes import Location

    git("init", "-q")
    git("add", "wanspec.yaml")
    git("commit", "-q", "-m", "first")
    assert last_commit(project)(Location("wanspec.yaml", 3)) == git("rev-parse", "HEAD")
    edit("side: 64", "side: 80")
    assert last_commit(project)(Location("wanspec.yaml", 3)) is None
    assert last_commit(project)(Location("nowhere.yaml", 3)) is None


def test_a_new_project_checks_plans_and_previews_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Call
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "film").code == 0
    checked = run("check", "film")
    assert (checked.code, checked.err) == (0, "")
    assert run("plan", "film", "--json").json["summary"]["to_render"] == 2
    done = run("render", "film", "--preview", "--json")
    assert done.code == 0
    assert {one["status"] for one in done.json["items"]} == {"rendered"}


@pytest.mark.usefixtures("project")
def test_quiet_render_says_nothing_when_all_is_well(run: Call) -> None:
    done = run("render", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    ("statuses", "interrupted", "code"),
    [
        (["rendered", "cached"], False, 0),
        ([], False, 0),
        (["rendered", "failed"], False, 1),
        (["uncertain"], False, 1),
        (["skipped", "waiting"], False, 1),
        (["rendered", "waiting"], False, 4),
        (["skipped"], True, 130),
        ([], True, 130),
    ],
)
def test_the_exit_code_says_what_became_of_a_run(statuses: list[str], interrupted: bool, code: int) -> None:
    outcomes = {str(number): Outcome(str(number), status) for number, status in enumerate(statuses)}
    assert ending(Run("film", "1", outcomes, interrupted=interrupted)) == code

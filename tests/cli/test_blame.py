"""`why` names the field, the variable and the line that a change came through."""

from __future__ import annotations


def edit(root, old: str, new: str) -> None:
    path = root / "wanspec.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_changed_variable_is_named_with_its_line(project, run):
    assert run("render").code == 0
    edit(project, "side: 64", "side: 80")
    (reason,) = run("why", "plate", "--json").json["reasons"]
    assert (reason["field"], reason["before"], reason["after"]) == ("width", 64, 80)
    assert (reason["variable"], reason["file"], reason["line"]) == ("side", "wanspec.yaml", 3)


def test_a_variable_inside_a_variable_is_the_one_to_blame(project, run):
    edit(project, "vars: {side: 64}", 'vars:\n  side: "{{ base }}"\n  base: 64')
    assert run("render").code == 0
    edit(project, "base: 64", "base: 96")
    (reason,) = run("why", "plate", "--json").json["reasons"]
    assert (reason["variable"], reason["line"]) == ("base", 5)


def test_a_changed_field_without_a_variable_is_named_at_its_own_line(project, run):
    assert run("render").code == 0
    edit(project, "axis: horizontal", "axis: vertical")
    (reason,) = run("why", "mirrored", "--json").json["reasons"]
    assert (reason["field"], reason["variable"], reason["line"]) == ("axis", None, 15)

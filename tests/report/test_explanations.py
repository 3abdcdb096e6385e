"""Every diagnostic code is explained, and the explanation is true: its bad example has the fault, its good one none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from wanspec.cli.main import main
from wanspec.domain.codes import CODES
from wanspec.report.explain import for_machines, for_people
from wanspec.report.explanations import Explanation, explanation

# Their messages give the numbers that hold, or say that a field does nothing: what to type is plain.
SAY_IT_ALL = {"WS202", "WS411", "WS504"}


def explained(code: str) -> Explanation:
    found = explanation(code)
    assert found is not None
    return found


def told_of(
    files: Mapping[str, str],
    root: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...] = (),
    encoding: str = "utf-8",
) -> list[dict[str, str]]:
    for shown, text in files.items():
        name, is_link, target = shown.partition(" -> ")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_link:
            path.symlink_to(target)
        else:
            path.write_bytes(text.encode(encoding))
    capsys.readouterr()
    code = main(["check", str(root), "--json", *options])
    shown = json.loads(capsys.readouterr().out)
    assert "error" not in shown, shown
    assert code == (2 if any(one["severity"] == "error" for one in shown["diagnostics"]) else 0)
    diagnostics: list[dict[str, str]] = shown["diagnostics"]
    return diagnostics


@pytest.mark.parametrize("code", CODES)
def test_it_has_words_and_two_examples(code: str) -> None:
    found = explained(code)
    assert len(found.text) > 60
    assert found.bad
    assert found.good


@pytest.mark.parametrize("code", CODES)
def test_its_examples_are_true(code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = explained(code)
    bad = told_of(found.bad, tmp_path / "bad", capsys, found.options, found.encoding)
    assert code in [one["code"] for one in bad]
    assert told_of(found.good, tmp_path / "good", capsys) == []
    assert [one["message"] for one in bad if not one["hint"] and one["code"] not in SAY_IT_ALL] == []


def test_no_code_is_explained_that_does_not_exist() -> None:
    folder = Path(__file__).resolve().parents[2] / "wanspec" / "report" / "explanations"
    assert {path.stem for path in folder.glob("*.toml")} <= set(CODES)


def test_words_and_shape() -> None:
    one = Explanation("WS101", "an unknown field", "Why.", {"wanspec.yaml": "a: 1\n"}, {"a.yaml": "b", "c.yaml": "d"})
    assert for_people(one) == (
        "WS101: an unknown field\n\nWhy.\n\nwrong\n    a: 1\n\nright  a.yaml\n    b\n       c.yaml\n    d"
    )
    assert for_machines(one)["bad"] == {"wanspec.yaml": "a: 1\n"}
    assert explanation("WS000") is None

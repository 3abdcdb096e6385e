"""`wanspec doctor`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wanspec.report.doctor import Finding, for_machines, for_people

Call = Callable[..., Any]


def checks(done: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in done.json["checks"]}


def test_a_sound_machine_ends_with_0_and_nothing_is_made(project: Path, run: Call) -> None:
    before = sorted(project.rglob("*"))
    done = run("doctor", "--json")
    assert done.code == 0
    found = checks(done)
    assert {"python", "codecs", "pictures", "catalogue", "cache"} <= set(found)
    assert all(one["ok"] for one in found.values() if one["needed"])
    assert sorted(project.rglob("*")) == before


def test_keys_are_told_of_and_never_shown(
    project: Path, run: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert project.is_dir()
    monkeypatch.setenv("RUNWARE_API_KEY", "sesame-0123456789")
    monkeypatch.setenv("REAPI_API_KEY", "two\nlines")
    monkeypatch.delenv("AIHUBMAX_API_KEY", raising=False)
    done = run("doctor", "--json")
    assert done.code == 0
    found = checks(done)
    assert found["runware"]["ok"]
    assert not found["reapi"]["ok"]
    assert "cannot be a key" in found["reapi"]["message"]
    assert found["aihubmax"]["message"] == "AIHUBMAX_API_KEY is not set"
    for text in (done.out, done.err, run("doctor").out):
        assert "sesame" not in text
        assert "two" not in text


def test_a_store_that_cannot_be_written_stops_every_render(project: Path, run: Call) -> None:
    (project / ".wanspec").write_text("a file", encoding="utf-8")
    done = run("doctor")
    assert done.code == 1
    assert "wrong cache" in done.out


def test_faulty_schemas_of_the_project_are_found(project: Path, run: Call) -> None:
    (project / "schemas" / "acme").mkdir(parents=True)
    (project / "schemas" / "acme" / "still.json").write_text("{", encoding="utf-8")
    done = run("doctor", "--json")
    assert done.code == 1
    assert not checks(done)["catalogue"]["ok"]
    assert run("models").code == 2
    assert "schemas/acme/still.json:1:" in run("models").err


def test_words_and_shape() -> None:
    findings = [
        Finding("python", True, "Python 3.11"),
        Finding("cache", False, "cannot be written", "change it"),
        Finding("acme", False, "ACME_API_KEY is not set", "export it", needed=False),
    ]
    assert for_people(findings) == (
        "ok    python  Python 3.11\n"
        "wrong cache   cannot be written\n"
        "      hint: change it\n"
        "note  acme    ACME_API_KEY is not set\n"
        "      hint: export it"
    )
    assert for_people(findings, verbose=False).startswith("wrong cache")
    assert for_machines(findings)["checks"][1] == {  # type: ignore[index,call-overload]
        "name": "cache",
        "ok": False,
        "message": "cannot be written",
        "hint": "change it",
        "needed": True,
    }

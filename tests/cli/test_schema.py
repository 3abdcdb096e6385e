"""`wanspec schema`: what editors are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

EASEL = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Easel 2",
    "type": "object",
    "additionalProperties": False,
    "properties": {"words": {"type": "string", "description": "What it shows."}},
    "x-wanspec": {"kind": "image", "portable": {"prompt": "words"}},
}


def test_the_language_has_one_and_it_lies_in_a_file(run: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no project is needed
    printed = run("schema")
    path = Path(run("schema", "--path").out.strip())
    assert (printed.code, printed.err) == (0, "")
    assert path.is_absolute()
    assert path.name == "shotlist.schema.json"
    assert printed.out == path.read_text(encoding="utf-8")
    assert printed.out.isascii()
    assert run("schema", "--json").json == json.loads(printed.out)
    assert run("schema", "--path", "--json").json == {"path": str(path)}


def test_a_project_with_models_of_its_own_has_one_that_knows_them(run: Call, project: Path) -> None:
    shipped = run("schema").json
    own = project / "schemas" / "brushworks" / "easel-2.json"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps(EASEL), encoding="utf-8")
    schema = run("schema").json
    assert "brushworks/easel-2" not in shipped["$defs"]["model"]["anyOf"][0]["enum"]
    assert "brushworks/easel-2" in schema["$defs"]["model"]["anyOf"][0]["enum"]
    assert "What it shows." in json.dumps(schema["$defs"]["params.brushworks.easel-2"])
    own.write_text("{", encoding="utf-8")
    faulty = run("schema")
    assert faulty.code == 2
    assert faulty.out == ""
    assert "error[WS290]" in faulty.err

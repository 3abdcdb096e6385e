"""`wanspec models` and `wanspec schema`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_the_list_names_every_model_with_its_kind(run: Call) -> None:
    listed = run("models", "--json").json["models"]
    by_id = {one["id"]: one for one in listed}
    assert by_id["local/concat"] == {
        "id": "local/concat",
        "provider": "local",
        "kind": "video",
        "title": by_id["local/concat"]["title"],
    }
    told = run("models")
    assert told.code == 0
    assert all(one["id"] in told.out for one in listed)


def test_every_model_can_be_shown_and_has_a_schema(run: Call) -> None:
    for one in run("models", "--json").json["models"]:
        shown = run("models", "show", one["id"])
        assert shown.code == 0, shown.err
        assert one["id"] in shown.out
        assert run("models", "show", one["id"], "--json").json["id"] == one["id"]
        schema = run("schema", one["id"])
        assert json.loads(schema.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert Path(run("schema", one["id"], "--path").out.strip()).is_file()


@pytest.mark.parametrize("arguments", [["models", "show", "local/concta"], ["schema", "local/concta"]])
def test_an_unknown_model_is_told_with_what_was_meant(run: Call, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "no model is called `local/concta`" in done.err
    assert "did you mean `local/concat`?" in done.err

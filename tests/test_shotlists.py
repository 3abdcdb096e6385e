"""The corpus: every folder of `shotlists/` is a project, and what `check` says of it is written beside it.

`bad/CODE/NAME/` must be told of with that code; `good/NAME/` not at all.  `WANSPEC_RENEW=1` writes the golden files
anew; read the difference like code.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wanspec.cli.main import main

CORPUS = Path(__file__).parent / "shotlists"
GOOD = sorted(path.parent for path in CORPUS.glob("good/*/wanspec.yaml"))
BAD = sorted(path.parent for path in CORPUS.glob("bad/*/*/wanspec.yaml"))


@pytest.fixture
def run_check(capsys, monkeypatch):
    """`wanspec check` in this process: its exit code, and what it printed on both streams."""
    monkeypatch.setenv("NO_COLOR", "1")

    def check(folder: Path, *options: str) -> tuple[int, str, str]:
        code = main(["check", str(folder), *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err.replace(str(CORPUS), "…")

    return check


def test_the_corpus_is_found():
    assert len(GOOD) >= 5
    assert len(BAD) >= 40


@pytest.mark.parametrize("folder", GOOD, ids=lambda path: path.name)
def test_a_good_list_is_told_nothing(folder, run_check):
    code, _, errors = run_check(folder)
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("folder", BAD, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_bad_list_is_told_what_is_wrong_and_changes_nothing(folder, run_check):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, _, errors = run_check(folder)
    _, machine, _ = run_check(folder, "--json")
    found = json.loads(machine)["diagnostics"]
    assert folder.parent.name in {one["code"] for one in found}
    assert code == (2 if any(one["severity"] == "error" for one in found) else 0)
    assert all(one["line"] >= 1 and one["column"] >= 1 and one["file"] for one in found)
    golden = folder / "expected.txt"
    if os.environ.get("WANSPEC_RENEW"):
        golden.write_text(errors, encoding="utf-8")
    assert errors == golden.read_text(encoding="utf-8")
    before.setdefault(golden, golden.read_bytes())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before | {
        golden: golden.read_bytes()
    }

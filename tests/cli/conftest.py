"""A small project on disk, and the commands run on it in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wanspec.cli.main import main

# Everything in it is local, so that it renders for real, free and in a moment.
LOCAL = """\
wanspec: 1
name: film
vars: {side: 64}
shots:
  - id: plate
    model: local/resize
    source: assets/plate.png
    width: "{{ side }}"
    height: 48
    fit: stretch
    tags: [act1]
  - id: mirrored
    model: local/flip
    source: "{{ ref('plate') }}"
    axis: horizontal
  - id: corner
    model: local/crop
    source: assets/plate.png
    x: 0
    y: 0
    width: 16
    height: 16
"""

PAID = """\
wanspec: 1
name: film
defaults: {image: {model: runware/wan2.7-image, width: 768, height: 768}}
shots:
  - id: pier
    prompt: A pier in fog
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> Done:
        capsys.readouterr()
        code = main([str(one) for one in arguments])
        shown = capsys.readouterr()
        return Done(code, shown.out, shown.err)

    return call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a local project in it."""
    from PIL import Image

    for name in ("WANSPEC_STORE", "WANSPEC_ALLOW_OUTSIDE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "film"
    (root / "assets").mkdir(parents=True)
    picture = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    picture.save(root / "assets" / "plate.png")
    (root / "wanspec.yaml").write_text(LOCAL, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def paid(project: Path) -> Path:
    """The same folder with a project whose one item costs money."""
    (project / "wanspec.yaml").write_text(PAID, encoding="utf-8")
    return project


def edit(root: Path, before: str, after: str) -> None:
    path = root / "wanspec.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(name="edit")
def edit_of(project: Path) -> Callable[[str, str], None]:
    """Replaces a piece of the shot list."""
    return lambda before, after: edit(project, before, after)

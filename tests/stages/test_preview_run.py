"""A shot list to real pictures, through every stage, with media in each form that a field takes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from wanspec.domain.runs import Run
from wanspec.pipeline import Given, plan, prepare, render
from wanspec.stages.execute import RenderOptions
from wanspec.store import open_store, read_lock
from wanspec.store.media_facts import MediaFacts

SHOTS = """
wanspec: 1
name: forms
defaults: {{image: {{model: runware/wan2.7-image, width: 768, height: 768, format: png}}}}
shots:
  - id: mara
    prompt: A courier in a cobalt raincoat
    takes: 2
    pick: required
    reference_images: [assets/mara.png, "https://pictures.example.org/harbour.png", "{data}"]
  - id: close
    prompt: The same, close
    reference_images: ["{{{{ ref('mara') | crop(0, 0, 400, 400) | flip('horizontal') }}}}"]
  - id: small
    model: local/resize
    source: "{{{{ ref('close') }}}}"
    width: 64
    height: 64
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    Image.new("RGB", (300, 300), (9, 90, 200)).save(tmp_path / "assets" / "mara.png")
    data = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 90, 9)).save(data, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
    (tmp_path / "wanspec.yaml").write_text(SHOTS.format(data=uri))
    return tmp_path


def preview(root: Path, meanwhile: Callable[[], object] = lambda: None) -> Run:
    store = open_store(root, {})
    facts = MediaFacts(store.index)
    lock = read_lock(root).value
    assert lock is not None
    prepared = prepare(Given(root), lock=lock, files=facts)
    assert prepared.ok, prepared.diagnostics
    assert prepared.value is not None
    meanwhile()
    made = plan(prepared.value, store.known(), lock)
    return render(
        prepared.value,
        made,
        store,
        selected=frozenset(made.decisions),
        options=RenderOptions(preview=True),
        facts=facts,
    )


def test_a_preview_of_every_form_of_media_and_a_second_one_that_does_nothing(project: Path) -> None:
    run = preview(project)

    assert {name: (one.status, one.error) for name, one in run.outcomes.items()} == {
        "mara": ("rendered", None),
        "close": ("rendered", None),
        "small": ("rendered", None),
    }
    folder = project / "renders" / "preview"
    for name, size in (("mara.png", 768), ("mara/take-2.png", 768), ("close.png", 768), ("small.png", 64)):
        with Image.open(folder / name) as picture:
            assert picture.format == "PNG"
            assert picture.size == (size, size)
    assert not (project / "wanspec.lock").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    again = preview(project)

    assert {one.status for one in again.outcomes.values()} == {"cached"}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_picture_that_is_damaged_after_the_check_fails_its_item_and_says_which(project: Path) -> None:
    picture = project / "assets" / "mara.png"

    run = preview(project, lambda: picture.write_bytes(picture.read_bytes()[:60]))

    assert [one.status for one in run.outcomes.values()] == ["failed", "skipped", "skipped"]
    assert run.outcomes["mara"].error is not None
    assert "mara.png" in run.outcomes["mara"].error.message

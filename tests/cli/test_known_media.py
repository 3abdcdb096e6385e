"""What is known of a result is shown where people look for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from tests.odd_media import clip

Call = Callable[..., Any]


def test_why_and_the_file_beside_a_result_tell_what_it_is(project: Path, run: Call) -> None:
    assert run("render", "--json").code == 0
    beside = project / "renders" / "plate.png.json"
    written = beside.read_text()
    assert json.loads(written)["coding"] == {"pixel_format": "RGB", "alpha": False}

    shown = run("why", "plate", "--json").json["takes"]
    assert [(one["take"], one["width"], one["coding"]["pixel_format"]) for one in shown] == [(1, 64, "RGB")]
    assert "  take   image/png 64×48, RGB, " in run("why", "plate").out
    assert "coding" not in (project / "wanspec.lock").read_text()

    shutil.rmtree(project / "renders")
    assert run("render", "--json").json["summary"]["rendered"] == 0
    assert beside.read_text() == written, "also where the lock told of the take"


def test_an_adopted_file_is_known_as_well_as_a_rendered_one(project: Path, run: Call) -> None:
    from PIL import Image

    Image.new("RGBA", (20, 10), (1, 2, 3, 4)).save(project / "mine.png")
    assert run("render").code == 0
    assert run("adopt", "plate", "mine.png").code == 0
    assert run("pick", "plate", "2").code == 0
    assert json.loads((project / "renders" / "plate.png.json").read_text())["coding"]["alpha"] is True
    assert "  take 2  image/png 20×10, RGBA, " in run("why", "plate").out


def test_the_length_of_an_adopted_clip_counts_and_not_that_which_was_asked_for(tmp_path: Path, run: Call) -> None:
    (tmp_path / "wanspec.yaml").write_text("""\
wanspec: 1
name: film
defaults: {video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 5, prompt_enhance: false}}
shots:
  - {id: sea, kind: video, prompt: Waves roll in}
  - {id: end, model: local/cut, source: "{{ ref('sea') }}", start: 3}
""")
    assert run("check", tmp_path).code == 0
    hand_made = clip(tmp_path / "mine.mp4")
    with chdir(tmp_path):
        assert run("adopt", "sea", hand_made).code == 0
    done = run("check", tmp_path, "--json")
    assert done.code == 2
    assert [one["message"] for one in done.json["diagnostics"]] == ["`source` is cut from 3 s on, but ends at 1 s"]

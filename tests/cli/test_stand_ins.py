"""A preview draws something in the place of media behind addresses: it works offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(("address", "kind"), [("still.png", "image"), ("clip.mp4?x=1", "video"), ("thing", "image")])
def test_a_local_model_takes_a_stand_in_of_the_kind_that_the_address_tells(
    project: Path, run: Run, address: str, kind: str
) -> None:
    (project / "wanspec.yaml").write_text(
        "wanspec: 1\nname: film\nshots: [{id: a, model: local/resize, width: 64, height: 36, "
        f"source: 'https://example.com/{address}'}}]\n"
    )
    done = run("render", "--preview", "--offline", "--json")
    assert done.code == 0, done.err
    (take,) = done.json["items"][0]["takes"]
    assert take["media_type"].startswith(kind)

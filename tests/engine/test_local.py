"""Operations on media, as actions."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.domain.requests import Request
from wanspec.engine.local import LocalRenderer
from wanspec.engine.renderers import Produced
from wanspec.engine.verification import hold_against
from wanspec.engine.workers import Workers


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / "picture.png"
    Image.new("RGB", (64, 36), (200, 40, 40)).save(path)
    return path


def resize(picture: Path, **fields: object) -> Action:
    data = picture.read_bytes()
    native = {"source": "ref:arrival", **fields}
    return Action(
        "sha256:k",
        "small",
        1,
        "local/resize",
        Request("small", "local/resize", native, {}),  # type: ignore[arg-type]
        None,
        {},
        media={"source": Artifact(hashlib.sha256(data).hexdigest(), "image/png", len(data), 64, 36)},
        files={"source": picture},
    )


def render(action: Action, folder: Path) -> list[Produced]:
    async def work() -> list[Produced]:
        workers = Workers(1)
        try:
            return await LocalRenderer(workers).render(action, folder)
        finally:
            workers.close()

    folder.mkdir()
    return asyncio.run(work())


def test_an_operation_gives_what_was_expected_of_it(picture: Path, tmp_path: Path) -> None:
    action = resize(picture, width=32, height=32, fit="stretch")
    expected = LocalRenderer(Workers(1)).expected(action)
    assert (expected.kind, expected.width, expected.height) == ("image", 32, 32)

    [made] = render(action, tmp_path / "out")

    assert made.artifact is not None
    hold_against(made.artifact, expected)


def test_a_file_that_is_gone_is_told(picture: Path, tmp_path: Path) -> None:
    action = resize(picture, width=32, height=32)
    picture.unlink()

    with pytest.raises((MediaError, OSError)):
        render(action, tmp_path / "out")


def test_a_file_that_is_no_picture_is_told(picture: Path, tmp_path: Path) -> None:
    action = resize(picture, width=32, height=32)
    picture.write_text("not any more")

    with pytest.raises(MediaError):
        render(action, tmp_path / "out")

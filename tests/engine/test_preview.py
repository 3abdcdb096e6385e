"""The renderer that stands in for vendors: what it draws from a request, and under which key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wanspec.catalogue.catalogue import load_catalogue
from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.items import Item
from wanspec.domain.nodes import Node
from wanspec.domain.requests import MediaUse, Request
from wanspec.domain.shotlist import Shot
from wanspec.engine.preview import PreviewRenderer
from wanspec.engine.verification import Expected, hold_against
from wanspec.engine.workers import Workers

CATALOGUE = load_catalogue().value
assert CATALOGUE is not None
NODE = Node({}, "wanspec.yaml", 1, 1)


def item(model: str, kind: str) -> Item:
    return Item("arrival", Shot("arrival", NODE), 1, {}, model, NODE, kind, "Arrival", (), {})


def action(
    native: Mapping[str, Any],
    *,
    model: str = "runware/wan2.7-image",
    media: Mapping[str, tuple[Path, Artifact]] | None = None,
    seed: int | None = 5,
    **more: Any,
) -> Action:
    media = media or {}
    uses = tuple(MediaUse(path, str(file), artifact.kind) for path, (file, artifact) in media.items())
    return Action(
        key="sha256:real",
        item="arrival",
        take=1,
        model=model,
        request=Request("arrival", model, native, {}, uses, **more),
        seed=seed,
        facts={},
        media={path: artifact for path, (_, artifact) in media.items()},
        files={path: file for path, (file, _) in media.items()},
    )


@pytest.fixture
def renderer() -> PreviewRenderer:
    return for_kind("image")


def for_kind(kind: str, model: str = "runware/wan2.7-image") -> PreviewRenderer:
    assert CATALOGUE is not None
    return PreviewRenderer(Workers(1), lambda _: item(model, kind), CATALOGUE.get)


STILL = {
    "positivePrompt": "a harbour at dawn",
    "width": 1536,
    "height": 864,
    "outputFormat": "WEBP",
    "outputQuality": 80,
}
PNG = Artifact("a" * 64, "image/png", 5, 64, 36)


def test_a_still_is_drawn_as_it_was_asked_for(renderer: PreviewRenderer) -> None:
    sheet = renderer.identify(action(STILL)).facts["sheet"]

    assert isinstance(sheet, Mapping)
    assert {
        name: sheet[name] for name in ("kind", "item", "model", "prompt", "width", "height", "format", "quality")
    } == {
        "kind": "image",
        "item": "arrival",
        "model": "runware/wan2.7-image",
        "prompt": "a harbour at dawn",
        "width": 1536,
        "height": 864,
        "format": "webp",
        "quality": 80,
    }
    assert renderer.expected(action(STILL)) == Expected("image", "image/webp", 1536, 864)


def test_all_that_shows_changes_the_key_and_nothing_else(renderer: PreviewRenderer, tmp_path: Path) -> None:
    native = {**STILL, "inputs": {"referenceImages": ["ref:mara"]}}
    place = "inputs.referenceImages[0]"

    def key(native: Mapping[str, Any] = native, artifact: Artifact = PNG, file: str = "a.png", **more: Any) -> str:
        return renderer.identify(action(native, media={place: (tmp_path / file, artifact)}, **more)).key

    assert key() == key() != "sha256:real"
    assert key(file="elsewhere.png") == key()
    assert key({**native, "includeCost": True, "taskUUID": "x"}) == key()
    assert key(artifact=replace(PNG, sha256="b" * 64)) != key()
    assert key({**native, "positivePrompt": "a harbour at dusk"}) != key()
    assert key({**native, "outputQuality": 81}) != key()
    assert key(seed=6) != key()
    assert key(takes=2) == key()  # one take more draws that take alone


def test_a_palette_and_edit_regions_are_seen(renderer: PreviewRenderer, tmp_path: Path) -> None:
    native = {
        **STILL,
        "inputs": {"referenceImages": ["one", "two"]},
        "settings": {
            "colorPalette": [{"hex": "#102030", "ratio": "60%"}, {"hex": "#F0E0D0", "ratio": "40%"}],
            "editRegions": [[[1, 2, 30, 40]], []],
        },
    }
    media = {f"inputs.referenceImages[{n}]": (tmp_path / f"{n}.png", replace(PNG, sha256=f"{n}" * 64)) for n in (0, 1)}

    sheet = renderer.identify(action(native, media=media)).facts["sheet"]

    assert isinstance(sheet, Mapping)
    assert sheet["palette"] == [["#102030", 60.0], ["#F0E0D0", 40.0]]
    assert sheet["edit_regions"] == [[[1, 2, 30, 40]], []]
    assert sheet["references"] == ["sha256:" + "0" * 64, "sha256:" + "1" * 64]


def test_frames_and_sound_of_a_clip_are_seen(tmp_path: Path) -> None:
    renderer = for_kind("video", "runware/wan2.7-video")
    native = {
        "positivePrompt": "slow dolly",
        "resolution": "720p",
        "duration": 3,
        "inputs": {
            "frameImages": [{"image": "first", "frame": "first"}, {"image": "last", "frame": "last"}],
            "audio": "score",
        },
    }
    media = {
        "inputs.frameImages[0].image": (tmp_path / "first.png", Artifact("1" * 64, "image/png", 5, 640, 640)),
        "inputs.frameImages[1].image": (tmp_path / "last.png", Artifact("2" * 64, "image/png", 5, 640, 640)),
        "inputs.audio": (tmp_path / "score.wav", Artifact("3" * 64, "audio/wav", 5, duration=9.0)),
    }
    one = action(native, model="runware/wan2.7-video", media=media)

    sheet = renderer.identify(one).facts["sheet"]

    assert isinstance(sheet, Mapping)
    assert sheet["first_frame"] == "sha256:" + "1" * 64
    assert sheet["last_frame"] == "sha256:" + "2" * 64
    assert sheet["audio"] == "sha256:" + "3" * 64
    assert sheet["duration"] == 3.0
    expected = renderer.expected(one)
    assert expected.width == expected.height  # it takes its proportions from the first frame
    assert (expected.kind, expected.duration) == ("video", 3.0)


def test_a_clip_of_a_model_that_tells_no_sizes_is_as_large_as_its_picture_made_even(tmp_path: Path) -> None:
    assert CATALOGUE is not None
    known = CATALOGUE.get("runware/wan2.7-video")
    assert known is not None
    silent = replace(known, size=replace(known.size, resolution="", areas={}, pixels={}))
    renderer = PreviewRenderer(Workers(1), lambda _: item(silent.id, "video"), lambda _: silent)
    native = {"positivePrompt": "she walks", "inputs": {"frameImages": [{"image": "first.png", "frame": "first"}]}}
    picture = (tmp_path / "first.png", Artifact("1" * 64, "image/png", 5, 641, 361))
    expected = renderer.expected(action(native, model=silent.id, media={"inputs.frameImages[0].image": picture}))
    assert (expected.width, expected.height) == (640, 360)


def test_a_set_is_expected_to_have_as_many_panels(renderer: PreviewRenderer) -> None:
    assert renderer.expected(action(STILL, outputs=4)).outputs == 4


def render(renderer: PreviewRenderer, one: Action, folder: Path) -> list[bytes]:
    async def work() -> list[bytes]:
        try:
            produced = await renderer.render(one, folder)
        finally:
            renderer._workers.close()
        for file in produced:
            assert file.artifact is not None
            hold_against(file.artifact, renderer.expected(one))
        return [file.path.read_bytes() for file in produced]

    return asyncio.run(work())


def test_what_is_drawn_is_what_was_expected(tmp_path: Path) -> None:
    native = {**STILL, "width": 768, "height": 512}
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    first, second = (render(for_kind("image"), action(native, outputs=2), folder) for folder in folders)

    assert len(first) == 2
    assert first[0] != first[1]
    assert first == second


def test_a_stand_in_shows_where_the_picture_would_come_from(renderer: PreviewRenderer) -> None:
    address = "https://example.org/pictures/mara.png?token=1"
    one = renderer.stand_in("image", address)

    assert one.facts["sheet"]["title"] == "example.org"  # type: ignore[index, call-overload]
    assert one.key == renderer.stand_in("image", address).key
    assert one.key != renderer.stand_in("image", address + "2").key
    assert one.key != renderer.stand_in("video", address).key
    assert renderer.expected(renderer.stand_in("audio", address)).width is None


def test_what_a_vendor_would_choose_is_chosen_too_so_that_others_can_calculate_with_it(tmp_path: Path) -> None:
    renderer = for_kind("image")
    left_open = renderer.identify(action(STILL, seed=None, seed_path="seed"))

    async def seeds() -> list[int | None]:
        try:
            return [one.seed for one in await renderer.render(left_open, tmp_path)]
        finally:
            renderer._workers.close()

    (seed,) = asyncio.run(seeds())
    assert seed is not None
    assert 0 <= seed < 2**31

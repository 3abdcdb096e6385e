"""Odd and damaged files: each works as one expects, or `check` says at its place what is wrong with it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.odd_media import SOUND, UNSOUND, cut, still
from wanspec.domain.errors import MediaError
from wanspec.engine import chores
from wanspec.media.operations import expected, operate
from wanspec.media.preview import draw
from wanspec.media.probe import examine, verify_decodes
from wanspec.media.sheet import Sheet

Call = Callable[..., Any]

HEAD = """\
wanspec: 1
name: odd
lint: {WS401: off, WS406: off, WS414: off, WS416: off, WS417: off}
defaults:
  image: {model: runware/wan2.7-image, width: 1024, height: 1024}
  video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 2}
shots:
"""
# What a file stands in: an operation of ours, and a vendor's input.
PLACES = {
    "image": ("model: local/flip, source: {}, axis: vertical", "prompt: x, reference_images: [{}]"),
    "video": ("model: local/frame, source: {}, at: first", "kind: video, prompt: x, reference_videos: [{}]"),
    "audio": ("model: local/cut, source: {}, end: 0.5", "kind: video, prompt: x, audio: {}"),
}


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A file of the tables; each is made once."""
    folder = tmp_path_factory.mktemp("odd")

    def get(name: str) -> Path:
        path = folder / name
        return path if path.exists() else (SOUND.get(name) or UNSOUND[name])[0](path)

    return get


def project_of(root: Path, files: Mapping[str, str], odd: Callable[[str], Path]) -> Path:
    """A project with two shots for each file, `ours-N` and `theirs-N`."""
    shots = []
    for number, (name, kind) in enumerate(files.items()):
        os.link(odd(name), root / name)
        ours, theirs = (place.format(name) for place in PLACES[kind])
        shots += [f"  - {{id: ours-{number}, {ours}}}\n", f"  - {{id: theirs-{number}, {theirs}}}\n"]
    (root / "wanspec.yaml").write_text(HEAD + "".join(shots))
    return root


def test_check_says_of_every_damaged_file_what_is_wrong_at_its_place(tmp_path: Path, odd: Any, run: Call) -> None:
    project_of(tmp_path, {name: kind for name, (_, kind, _) in UNSOUND.items()}, odd)
    done = run("check", tmp_path, "--json")
    assert done.code == 2
    told = {one["shot"]: one for one in done.json["diagnostics"]}
    for number, (name, (_, _, words)) in enumerate(UNSOUND.items()):
        for shot in (f"ours-{number}", f"theirs-{number}"):
            one = told[shot]
            assert (one["code"], one["severity"]) == ("WS502", "error"), name
            assert f"`{name}`" in one["message"], name
            assert words in one["message"]
            assert one["hint"]
            assert one["line"] == 8 + 2 * number + shot.startswith("theirs")
    assert len(told) == 2 * len(UNSOUND), "and nothing else"


def test_odd_files_that_can_be_read_are_no_fault(tmp_path: Path, odd: Any, run: Call) -> None:
    project_of(tmp_path, {name: kind for name, (_, kind) in SOUND.items()}, odd)
    done = run("check", tmp_path, "--json")
    assert [(one["message"], one["shot"]) for one in done.json["diagnostics"]] == []


@pytest.mark.parametrize("name", SOUND)
def test_every_file_that_can_be_read_serves_a_preview(name: str, odd: Any, tmp_path: Path) -> None:
    path, kind = odd(name), SOUND[name][1]
    sheet = Sheet(kind="video", item="a", model="m", width=64, height=36, duration=0.2, prompt="x")
    sheets = {
        "image": (
            replace(sheet, first_frame=path, references=(path,)),
            replace(sheet, kind="image", references=(path,)),
        ),
        "video": (replace(sheet, first_clip=path, references=(path,)), replace(sheet, source_video=path)),
        "audio": (replace(sheet, audio=path),),
    }
    for number, one in enumerate(sheets[kind]):
        (tmp_path / str(number)).mkdir()
        for made in draw(one, tmp_path / str(number)):
            verify_decodes(made)


IN_IMAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("local/resize", {"source": 1, "width": 20, "height": 12, "fit": "pad"}),
    ("local/crop", {"source": 1, "x": 1, "y": 0, "width": 9, "height": 2}),
    ("local/flip", {"source": 1, "axis": "horizontal"}),
    ("local/hold", {"source": 1, "seconds": 0.1}),
    ("local/caption", {"source": 1, "words": "x"}),
    ("local/overlay", {"source": 1, "picture": 1, "width": 0.5}),
    ("local/concat", {"clips": [{"source": 1, "seconds": 0.1}], "width": 32, "height": 18}),
    ("local/contact-sheet", {"pictures": [1, 1], "width": 64}),
)
IN_CLIPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("local/frame", {"source": 1, "at": "last"}),
    ("local/cut", {"source": 1, "end": 0.1}),
    ("local/resize", {"source": 1, "width": 32, "height": 18, "fit": "fill"}),
    ("local/crop", {"source": 1, "x": 0, "y": 0, "width": 16, "height": 16}),
    ("local/flip", {"source": 1, "axis": "vertical"}),
    ("local/caption", {"source": 1, "words": "x"}),
    ("local/overlay", {"source": 1, "picture": "plain.png"}),
    ("local/concat", {"clips": [1, "plain.mp4"]}),
    ("local/mux", {"source": 1, "audio": "plain.wav"}),
    ("local/contact-sheet", {"pictures": [1], "width": 64}),
    ("local/loop", {"source": 1, "format": "gif"}),
    ("local/loop", {"source": 1, "format": "webp"}),
)
IN_SOUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("local/cut", {"source": 1, "start": 0.25}),
    ("local/mux", {"source": "plain.mp4", "audio": 1}),
    ("local/concat", {"clips": ["plain.mp4"], "audio": 1, "ducking": True, "loudness": -16}),
)
OPERATIONS = {"image": IN_IMAGES, "video": IN_CLIPS, "audio": IN_SOUND}


def placed(fields: Any, name: str, path: str = "") -> Iterator[tuple[str, str]]:
    """The places of an operation that hold files: 1 stands for the file in question."""
    if isinstance(fields, dict):
        for key, inner in fields.items():
            if key in ("source", "picture", "audio", "clips", "pictures") or path:
                yield from placed(inner, name, f"{path}.{key}".removeprefix("."))
    elif isinstance(fields, list):
        for index, inner in enumerate(fields):
            yield from placed(inner, name, f"{path}[{index}]")
    elif fields == 1 or (isinstance(fields, str) and fields in SOUND):
        yield path, name if fields == 1 else fields


# Those that are read in a way of their own; the others are as good as one of them to an operation.
ODD = sorted(SOUND.keys() - {"plain.png", "misnamed.jpg", "misnamed.mov", "plain.mp3", "plain.flac", "silent.wav"})


@pytest.mark.parametrize("name", ODD)
def test_every_operation_takes_every_file_that_can_be_read(name: str, odd: Any, tmp_path: Path) -> None:
    for number, (model, fields) in enumerate(OPERATIONS[SOUND[name][1]]):
        media = {place: odd(other) for place, other in placed(fields, name)}
        folder = tmp_path / str(number)
        folder.mkdir()
        foreseen = expected(model, fields, {place: examine(path) for place, path in media.items()})
        [made] = operate(model, fields, media, folder)
        verify_decodes(made)
        found = examine(made)
        assert (found.kind, foreseen.kind) == (foreseen.kind, found.kind), model
        assert foreseen.width in (None, found.width), model
        assert foreseen.height in (None, found.height), model
        if foreseen.duration is not None and found.duration is not None:
            assert found.duration == pytest.approx(foreseen.duration, abs=1 / (found.fps or 20) + 0.001), model


@pytest.mark.parametrize("name", UNSOUND)
def test_no_operation_makes_something_of_a_damaged_file_without_a_word(name: str, odd: Any, tmp_path: Path) -> None:
    """Where a file changes after the check: what comes out is whole, or it is said which field holds what is not."""
    for number, (model, fields) in enumerate(OPERATIONS[UNSOUND[name][1]]):
        media = {place: odd(other) for place, other in placed(fields, name)}
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            [made] = operate(model, fields, media, folder)
        except MediaError as error:
            assert "`" in error.message, model  # noqa: PT017 -- a beginning may be enough for a first frame
        else:
            verify_decodes(made)


@pytest.mark.parametrize(
    ("captions", "words"),
    [
        ("1\n00:00:01,000 --> soon\nHello\n", "`words.srt` line 2: `00:00:01,000 --> soon` is no pair of times"),
        ("1\n00:00:02,000 --> 00:00:01,000\nHello\n", "`words.srt` line 2: the caption ends before it begins"),
        ("Hello\n", "`words.srt` holds no captions"),
    ],
)
def test_captions_that_cannot_be_read_are_told_by_check(
    tmp_path: Path, odd: Any, run: Call, captions: str, words: str
) -> None:
    os.link(odd("plain.mp4"), tmp_path / "plain.mp4")
    (tmp_path / "words.srt").write_text(captions)
    (tmp_path / "wanspec.yaml").write_text(
        HEAD + "  - {id: film, model: local/concat, clips: [plain.mp4], captions: words.srt}\n"
    )
    [fault] = run("check", tmp_path, "--json").json["diagnostics"]
    assert (fault["code"], fault["path"], fault["message"]) == ("WS502", "shots[0].captions", words)


# -- what is remembered ----------------------------------------------------------------------------------------------


def test_a_file_is_looked_through_once_and_again_when_it_changes(
    tmp_path: Path, odd: Any, run: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project_of(tmp_path, {"plain.png": "image"}, odd)
    looked: list[str] = []
    look = chores.look_through
    monkeypatch.setattr(chores, "look_through", lambda path: looked.append(path.name) or look(path))
    assert run("render", root, "--preview", "-q", "-s", "ours-0").code == 0
    looked.clear()
    assert run("check", root).code == 0
    assert run("plan", root, "-s", "ours-0").code == 0
    assert looked == []

    (root / "plain.png").unlink()
    still(root / "plain.png", size=(20, 20))
    assert run("check", root).code == 0
    assert run("check", root).code == 0
    assert looked == ["plain.png"], "the first of them remembered it"

    cut(root / "plain.png")
    assert run("check", root).code == 2
    assert json.loads(run("check", root, "--json").out)["diagnostics"][0]["code"] == "WS502"


def test_check_makes_no_store_and_minds_none_that_cannot_be_written(tmp_path: Path, odd: Any, run: Call) -> None:
    root = project_of(tmp_path, {"plain.png": "image"}, odd)
    assert run("check", root).code == 0
    assert not (root / ".wanspec").exists()
    (root / ".wanspec").mkdir()
    (root / ".wanspec" / "index").write_text("a file where a folder should be")
    assert run("check", root).code == 0


# -- damage by chance ------------------------------------------------------------------------------------------------


def mutated(data: bytes, random: Random) -> bytes:
    """A few bytes of a file changed, lost or added, most often in its headers; or its end cut off."""
    at = random.randrange(min(len(data), random.choice([64, 400, 1 << 20])))
    way = random.randrange(5)
    if way == 0:
        return data[: random.randrange(len(data))]
    if way == 1:
        return data[:at] + data[at + random.choice([1, 4, 64]) :]
    if way == 2:
        return data[:at] + random.randbytes(random.choice([1, 4, 64])) + data[at:]
    changed = bytearray(data)
    for _ in range(random.choice([1, 4, 16])):
        changed[(at + random.randrange(16)) % len(data)] = random.choice([0, 255, random.randrange(256)])
    return bytes(changed)


@pytest.mark.parametrize(
    "name", ["plain.png", "camera.jpg", "moving.gif", "moving.webp", "plain.mp4", "odd.webm", "plain.wav", "plain.mp3"]
)
def test_damage_anywhere_costs_a_sentence_and_no_more(name: str, odd: Any, tmp_path: Path) -> None:
    random, kind = Random(name), SOUND[name][1]
    sheet = Sheet(kind="video", item="a", model="m", width=32, height=18, duration=0.1, prompt="x")
    for number in range(8):
        path = tmp_path / f"{number}{Path(name).suffix}"
        path.write_bytes(mutated(odd(name).read_bytes(), random))
        model, fields = random.choice(OPERATIONS[kind])
        media = {place: path if other == name else odd(other) for place, other in placed(fields, name)}
        (tmp_path / str(number)).mkdir()
        drawn = replace(sheet, **{{"image": "first_frame", "video": "first_clip", "audio": "audio"}[kind]: path})
        for work in (
            partial(chores.look_through, path),
            partial(chores.do_operation, model, fields, media, tmp_path / str(number)),
            partial(chores.draw_preview, drawn, tmp_path / str(number)),
        ):
            try:
                work()
            except MediaError as error:
                assert error.code != "media_fault", (error.message, model)  # noqa: PT017 -- much damage is concealed

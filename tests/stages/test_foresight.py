"""What is told of times, sizes and sound before anything is rendered."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from tests.odd_media import clip, sound
from wanspec.domain.diagnostics import Diagnostic
from wanspec.pipeline import prepare
from wanspec.stages.load import Given

HEAD = """\
wanspec: 1
name: film
defaults: {video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 5, prompt_enhance: false}}
shots:
  - {id: sea, kind: video, prompt: Waves roll in}
"""
Told = Callable[[str], list[Diagnostic]]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`two.mp4` and `two.wav` last two seconds, `long.wav` eight."""
    folder = tmp_path_factory.mktemp("media")
    clip(folder / "two.mp4", times=[Fraction(n, 10) for n in range(20)])
    sound(folder / "two.wav", 2)
    sound(folder / "long.wav", 8)
    sound(folder / "silent.wav", 2, level=0)
    clip(folder / "bright.mp4", pixels="yuv420p10le", curve=18)
    return folder


@pytest.fixture
def told(tmp_path: Path, media: Path) -> Told:
    def check(shots: str) -> list[Diagnostic]:
        for path in media.iterdir():
            (tmp_path / path.name).hardlink_to(path)
        (tmp_path / "wanspec.yaml").write_text(HEAD + textwrap.indent(textwrap.dedent(shots), "  "))
        return list(prepare(Given(tmp_path)).diagnostics)

    return check


SEA = "\"{{ ref('sea') }}\""


@pytest.mark.parametrize(
    ("shot", "path", "message"),
    [
        # A file's own length.
        ("model: local/frame, source: two.mp4, seconds: 99", "seconds", "the clip is 2 s long"),
        ("model: local/frame, source: two.mp4, number: 99", "number", "the clip is 2 s long"),
        ("model: local/cut, source: two.mp4, start: 3", "source", "is cut from 3 s on, but ends at 2 s"),
        ("model: local/cut, source: two.wav, start: 3", "source", "is cut from 3 s on, but ends at 2 s"),
        ("model: local/caption, source: two.mp4, words: x, start: 4", "source", "is cut from 4 s on"),
        ("model: local/concat, clips: [{source: two.mp4, start: 4}]", "clips[0].source", "but ends at 2 s"),
        (
            "model: local/concat, clips: [two.mp4, two.mp4], transition: fade, transition_seconds: 3",
            "clips[0]",
            "too short for a fade of 3 s",
        ),
        ("model: local/overlay, source: two.mp4, picture: two.mp4", "picture", "is a clip"),
        # That of a clip which is still to be made.
        (f"model: local/frame, source: {SEA}, seconds: 99", "seconds", "the clip is 5 s long"),
        (f"model: local/cut, source: {SEA}, start: 6", "source", "is cut from 6 s on, but ends at 5 s"),
        (f"model: local/concat, clips: [{{source: {SEA}, start: 7}}]", "clips[0].source", "but ends at 5 s"),
        # In filters, of both.
        ("kind: video, prompt: x, first_frame: \"{{ 'two.mp4' | frame(99) }}\"", "first_frame", "the filter `frame`"),
        (
            "kind: video, prompt: x, first_frame: \"{{ ref('sea') | frame(99) }}\"",
            "first_frame",
            "the clip is 5 s long",
        ),
        (
            "kind: video, prompt: x, first_frame: \"{{ ref('sea') | cut(1, 3) | frame(2.5) }}\"",
            "first_frame",
            "the clip is 2 s long",
        ),
    ],
)
def test_what_cannot_work_is_a_fault_at_its_field(told: Told, shot: str, path: str, message: str) -> None:
    [fault] = told(f"- {{id: x, {shot}}}")
    assert fault.is_error
    assert message in fault.message
    assert fault.at.path == f"shots[1].{path}"


@pytest.mark.parametrize(
    ("shot", "code", "path", "message"),
    [
        (
            "model: local/cut, source: two.mp4, start: 1, end: 9",
            "WS415",
            "end",
            "the cut ends at 9 s, and `source` at 2 s",
        ),
        (f"model: local/cut, source: {SEA}, start: 3, end: 9", "WS415", "end", "and `source` at 5 s"),
        (
            "model: local/concat, clips: [two.mp4, {source: two.mp4, start: 1, end: 3}]",
            "WS415",
            "clips[1].end",
            "and `clips[1].source` at 2 s",
        ),
        (
            "model: local/concat, clips: [{source: two.mp4, seconds: 3}]",
            "WS415",
            "clips[0].seconds",
            "the cut ends at 3 s",
        ),
        (
            "model: local/concat, clips: [two.mp4], captions: [{text: x, start: 4, end: 5}]",
            "WS415",
            "captions[0].start",
            "the caption begins at 4 s, and the film ends at 2 s",
        ),
        (
            "kind: video, prompt: x, first_frame: \"{{ ref('sea') | cut(3, 9) | last_frame }}\"",
            "WS415",
            "first_frame",
            "in the filter `cut`: the cut ends at 9 s",
        ),
        ("model: local/mux, source: two.mp4, audio: long.wav", "WS406", "audio", "lasts 8.0 s and the clip 2 s"),
        (f"model: local/mux, source: {SEA}, audio: long.wav", "WS406", "audio", "lasts 8.0 s and the clip 5 s"),
        ("kind: video, prompt: x, audio: long.wav", "WS406", "audio", "lasts 8.0 s and the clip 5 s"),
        (
            "kind: video, prompt: x, audio: \"{{ 'long.wav' | cut(1) }}\"",
            "WS406",
            "audio",
            "lasts 7.0 s and the clip 5 s",
        ),
        (
            "model: local/flip, source: bright.mp4, axis: vertical",
            "WS416",
            "source",
            "`source` is coded for HDR displays (HLG): its colours come out pale",
        ),
        (
            "kind: video, prompt: x, first_frame: \"{{ 'bright.mp4' | last_frame | resize(1280, 720) }}\"",
            "WS416",
            "first_frame",
            "in the filter `frame`: `source` is coded for HDR displays (HLG)",
        ),
        ("kind: video, prompt: x, audio: silent.wav", "WS416", "audio", "`audio` is silent from beginning to end"),
    ],
)
def test_what_is_probably_not_meant_is_a_lint_that_can_be_silenced(
    told: Told, tmp_path: Path, shot: str, code: str, path: str, message: str
) -> None:
    [lint] = told(f"- {{id: x, {shot}}}")
    assert (lint.code, lint.is_error) == (code, False)
    assert message in lint.message
    assert lint.hint
    assert lint.at.path == f"shots[1].{path}"

    text = (tmp_path / "wanspec.yaml").read_text()
    (tmp_path / "wanspec.yaml").write_text(text.replace("{id: x,", f"{{id: x, lint: {{{code}: off}},"))
    assert prepare(Given(tmp_path)).diagnostics == ()


@pytest.mark.parametrize(
    "shot",
    [
        "model: local/cut, source: two.mp4, start: 1, end: 2",
        "model: local/cut, source: two.mp4, end: 2.05",  # a frame ends there
        f"model: local/frame, source: {SEA}, seconds: 5",
        "model: local/concat, clips: [two.mp4], audio: long.wav",  # a bed is cut to its film: that is what it is for
        "model: local/mux, source: two.mp4, audio: two.wav",
        "model: local/mux, source: two.mp4, audio: silent.wav",
        "model: local/mux, source: bright.mp4, audio: two.wav, lint: {WS406: off}",  # its picture stays as it is
        "kind: video, prompt: x, audio: \"{{ 'long.wav' | cut(1, 6) }}\"",
    ],
)
def test_what_works_as_written_is_not_talked_about(told: Told, shot: str) -> None:
    assert told(f"- {{id: x, {shot}}}") == []

"""What the workers do with odd files."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanspec.domain.errors import MediaError
from wanspec.engine import chores


def test_whatever_a_codec_raises_costs_one_item(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def odd(*_arguments: object) -> None:
        raise ZeroDivisionError("a rate of nothing")

    monkeypatch.setattr(chores, "operate", odd)

    with pytest.raises(MediaError) as raised:
        chores.do_operation("local/cut", {}, {}, tmp_path)

    assert raised.value.message == "`local/cut` failed: ZeroDivisionError: a rate of nothing"
    assert raised.value.code == "media_fault"


def test_a_clear_word_of_an_operation_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_arguments: object) -> None:
        raise MediaError("the cut begins after the end")

    monkeypatch.setattr(chores, "operate", refuse)

    with pytest.raises(MediaError, match="the cut begins after the end"):
        chores.do_operation("local/cut", {}, {}, tmp_path)


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_medium_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)

    with pytest.raises(MediaError):
        chores.look_through(path)


def test_half_a_picture_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "a.png"
    Image.effect_noise((64, 64), 90).save(path)
    whole = chores.look_through(path)
    assert (whole.width, whole.height) == (64, 64)

    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(MediaError):
        chores.look_through(path)

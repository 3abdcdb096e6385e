"""Captions are read as people write them, and faults are told with their line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from wanspec.domain.errors import MediaError
from wanspec.media.captions import Caption, draw_words, from_list, read_captions


def read(tmp_path: Path, text: str | bytes) -> tuple[Caption, ...]:
    path = tmp_path / "words.srt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_captions(path)


def test_srt_and_vtt_are_read(tmp_path: Path) -> None:
    srt = "\ufeff1\r\n00:00:01,500 --> 00:00:02,000\r\nfirst\r\nline\r\n\r\n2\r\n" + (
        "01:00:00,000 --> 01:00:01,000\r\nlate\r\n"
    )
    assert read(tmp_path, srt) == (
        Caption("first\nline", Fraction(3, 2), Fraction(2)),
        Caption("late", Fraction(3600), Fraction(3601)),
    )
    vtt = "WEBVTT\n\nNOTE nothing\n\nintro\n00:01.000 --> 00:02.500 line:0 align:center\n<v Mara>Hi &amp; bye</v>\n"
    assert read(tmp_path, vtt) == (Caption("Hi & bye", Fraction(1), Fraction(5, 2)),)


def test_order_and_missing_blank_lines_do_not_matter(tmp_path: Path) -> None:
    text = "2\n00:00:03,000 --> 00:00:04,000\nsecond\n1\n00:00:01,000 --> 00:00:02,000\nfirst\n"
    assert [one.text for one in read(tmp_path, text)] == ["first", "second"]


def test_other_encodings_are_told_or_read(tmp_path: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nДа\n"
    assert read(tmp_path, text.encode("utf-16"))[0].text == "Да"
    with pytest.raises(MediaError, match="not UTF-8"):
        read(tmp_path, text.encode("cp1251"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no captions"),
        ("just words\n", "holds no captions"),
        ("1\n00:00:01 --> soon\nx\n", "line 2: .* is no pair of times"),
        ("1\n\n00:00:03,000 --> 00:00:01,000\nx\n", "line 3: the caption ends before it begins"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        read(tmp_path, text)


def test_a_list_is_sorted_and_checked() -> None:
    made = from_list([{"text": "b", "start": 2, "end": 2.5}, {"text": "a", "start": 0.1, "end": 1}])
    assert made == (Caption("a", Fraction(1, 10), Fraction(1)), Caption("b", Fraction(2), Fraction(5, 2)))
    with pytest.raises(MediaError, match=r"`captions\[0\]` ends before it begins"):
        from_list([{"text": "x", "start": 1, "end": 1}])
    with pytest.raises(MediaError, match=r"`captions\[1\]` is no mapping"):
        from_list([{"text": "x", "start": 0, "end": 1}, "y"])


@pytest.mark.parametrize("words", ["", "x", "long " * 200, "一" * 500, "a\n\nb", "👍"])
@pytest.mark.parametrize("size", [(320, 180), (90, 400), (32, 32)])
def test_words_always_fit_the_frame(words: str, size: tuple[int, int]) -> None:
    picture, left, top = draw_words(size, words, share=0.1)
    assert left >= 0
    assert top >= 0
    assert left + picture.width <= size[0] + 1

"""Text is drawn with glyphs that exist, broken where a reader would break it."""

from __future__ import annotations

import pytest

from wanspec.media import lettering


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("  two\n lines\t ", "two lines"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("\u202egnp\u202c", "gnp"),
        ("ok 👍🏽 done", "ok ◆ done"),
        ("👨‍👩‍👧 family", "◆ family"),
        ("🏳️‍🌈", "◆"),
        ("🇩🇪!", "◆!"),
        ("two 🚀🚀", "two ◆◆"),
        ("हिन्दी text", "◆ text"),
        ("e\u0301", "é"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("夜 → ★ ½", "夜 → ★ ½"),
    ],
)
def test_what_cannot_be_drawn_becomes_one_neutral_mark(text: str, shown: str) -> None:
    assert lettering.plain(text) == shown


@pytest.mark.parametrize(
    "text", ["Straße naïve", "夜のフェリー", "한국어", "Мара Їжак", "مرحبا", "שלום", "đường phố", "Ελλάδα"]
)
def test_scripts_are_drawn_by_a_face_that_has_them(text: str) -> None:
    assert lettering.MARK not in lettering.plain(text)
    assert "".join(piece for _, piece in lettering.runs(text)) == text
    assert lettering.width_of(text, 20) > 20


def test_a_line_of_arabic_is_one_run_so_that_its_order_is_kept() -> None:
    assert [name for name, _ in lettering.runs("تنزل مارا في Berlin 3")] == [lettering.OTHER]


def test_lines_are_no_wider_than_allowed_and_lose_nothing() -> None:
    text = "Mara steps off the night ferry and runs over the bridge into the fog"
    lines = lettering.wrap(text, 20, 200, 10)
    assert " ".join(lines) == text
    assert all(lettering.width_of(line, 20) <= 200 for line in lines)
    assert len(lines) > 2


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    lines = lettering.wrap("word " * 400, 20, 300, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert lettering.width_of(lines[-1], 20) <= 300


def test_long_words_and_chinese_are_broken_anywhere_but_before_a_full_stop() -> None:
    assert "".join(lettering.wrap("x" * 60, 20, 100, 40)) == "x" * 60
    text = "雨に濡れた石畳が光り、遠くで鐘が鳴る。" * 4
    lines = lettering.wrap(text, 20, 150, 40)
    assert "".join(lines) == text
    assert not any(line[0] in "、。" for line in lines)


def test_a_width_that_holds_no_letter_still_ends() -> None:
    assert lettering.wrap("word", 20, 1, 3)


@pytest.mark.parametrize(
    ("text", "left"),
    [("نص عربي", True), ("(35mm) نص", False), ("«مارا» walks", True), ("שלום", True), ("Mara", False), ("…12", False)],
)
def test_the_first_letter_tells_from_which_edge_a_text_is_set(text: str, left: bool) -> None:
    assert lettering.runs_left(text) is left

"""What `check --fix` writes, and what it leaves alone."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wanspec.domain.diagnostics import suggested, suggestion
from wanspec.pipeline import Given, prepare
from wanspec.stages.fix import Fixed, Read, fix, is_plainly, slips_between

HEAD = """\
wanspec: 1
name: film
defaults: {video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 5}}
"""

FixList = Callable[..., Fixed]


@pytest.fixture
def fix_list(tmp_path: Path) -> FixList:
    """Fixes a list that stands on the disk, which stays as it is; `read` counts what was read."""

    def call(text: str, *, head: str = HEAD, reads: list[Mapping[str, str]] | None = None) -> Fixed:
        whole = head + textwrap.dedent(text)
        (tmp_path / "wanspec.yaml").write_bytes(whole.encode())

        def read(texts: Mapping[str, str]) -> Read:
            if reads is not None:
                reads.append(texts)
            checked = prepare(Given(tmp_path, texts=texts))
            return Read(checked.diagnostics, checked.value.requests if checked.value is not None else {})

        fixed = fix({"wanspec.yaml": whole}, read)
        assert (tmp_path / "wanspec.yaml").read_bytes() == whole.encode()
        after = fixed.texts.get("wanspec.yaml", whole)
        assert not fix({"wanspec.yaml": after}, lambda texts: read({"wanspec.yaml": after, **texts})).edits
        return fixed

    return call


def body(fixed: Fixed) -> str:
    """The list after the head, as it was fixed."""
    return fixed.texts["wanspec.yaml"].removeprefix(HEAD)


def test_a_misspelt_field_is_respelt_and_nothing_else_moves(fix_list: FixList) -> None:
    before = """\
    shots:
      # the first
      - id:   one     # odd   spacing
        kind: video
        'prmpt':   "Fog,   and a pier"   # stays

        prompt_enhance: false
        durtion: 3
    """
    fixed = fix_list(before)
    expected = textwrap.dedent(before).replace("'prmpt'", "'prompt'").replace("durtion", "duration")
    assert body(fixed) == expected
    assert [one.says for one in fixed.edits] == ["`prmpt` is `prompt` now", "`durtion` is `duration` now"]
    assert {one.code for one in fixed.edits} == {"WS101"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vras: {a: Fog}\nshots: [{id: one, kind: video, prompt: '{{ a }}', prompt_enhance: true}]\n", "vars:"),
        ("profils: {p: {vars: {}}}\nshots: []\n", "profiles:"),
        ("profiles: {p: {bugdet: {usd: 1}}}\nshots: []\n", "budget:"),
        ("providers: {reapi: {in_fligth: 3}}\nshots: []\n", "in_flight:"),
        ("shots: [{Id: one, id: two, Kind: video, prompt: A pier, prompt_enhance: true}]\n", "Id: one, id: two, kind:"),
        ("shots: [{id: one, Kind: video, prompt: A pier, prompt_enhance: true}]\n", "kind:"),
    ],
)
def test_fields_are_respelt_wherever_they_stand(fix_list: FixList, before: str, after: str) -> None:
    fixed = fix_list(before)
    assert after in body(fixed)
    assert len(fixed.edits) == 1


@pytest.mark.parametrize(
    "shot",
    [
        "{id: one, kind: video, prompt: A pier, prompt_enhance: true, wdth_height: 3}",  # near nothing
        "{id: one, kind: video, prompt: A pier, prompt_enhance: true, positivePrompt: Fog}",  # a vendor's own name
        "{id: one, kind: video, prompt: A pier, prompt_enhance: true, fisrt_frmae_of: x}",  # too many slips
        "{id: one, kind: video, prompt: A pier, prompt_enhance: true, promt: Fog}",  # the right name is there already
        "{id: one, kind: video, prompt: A pier, prompt_enhance: true, tag: act1}",  # its value would be the next fault
        "{id: one, model: runware/wan2.7-vidoe, prompt: A pier}",  # a model is no field
    ],
)
def test_what_has_no_one_safe_answer_is_left(fix_list: FixList, shot: str) -> None:
    fixed = fix_list(f"shots: [{shot}]\n")
    assert fixed.texts == {}
    assert fixed.edits == ()


def test_of_many_edits_a_bad_one_is_dropped_and_the_others_stay(fix_list: FixList) -> None:
    names = ["durtion: 3", "tittle: x", "tag: act1", "Kind: video", "promtp: A pier", "seeed: 4"]
    reads: list[Mapping[str, str]] = []
    fixed = fix_list(f"shots: [{{id: one, prompt_enhance: true, {', '.join(names)}}}]\n", reads=reads)
    right = ["duration: 3", "title: x", "tag: act1", "kind: video", "prompt: A pier", "seed: 4"]
    assert body(fixed) == f"shots: [{{id: one, prompt_enhance: true, {', '.join(right)}}}]\n"
    assert len(reads) < 20


def test_rewriting_that_nobody_chose_is_written_out_beside_the_prompt(fix_list: FixList) -> None:
    before = """\
    shots:
      - id: plain
        kind: video
        prompt: Fog over the pier   # a comment
        # about the length
        duration: 3
      - {id: flow, kind: video, prompt: "Fog, and a bell", duration: 4}
      - id: folded
        kind: video
        prompt: >-
          Fog comes in
          over the pier


        # about the length
        duration: 5
      - prompt: First in its entry
        id: dash
        kind: video
      - id: group
        kind: video
        prompt: Of both
        shots:
          - {id: a, duration: 6}
          - {id: b, duration: 7}
      - id: native
        kind: video
        params: {positivePrompt: In the vendor's words}
      - id: kept
        kind: video
        prompt: |+
          Its empty lines count

      - id: last
        kind: video
        prompt: No line end"""
    fixed = fix_list(before)
    lines = textwrap.dedent(before).split("\n")
    added = [line for line in body(fixed).split("\n") if line.strip() == "prompt_enhance: true"]
    assert len(added) == 7
    rest = [line for line in body(fixed).split("\n") if line.strip() != "prompt_enhance: true"]
    assert rest == [line.replace('a bell"', 'a bell", prompt_enhance: true') for line in lines]
    assert body(fixed).endswith("    prompt: No line end\n    prompt_enhance: true")
    assert "  # a comment\n    prompt_enhance: true\n    # about the length\n" in body(fixed)
    assert "    over the pier\n    prompt_enhance: true\n\n\n" in body(fixed)
    assert "count\n\n    prompt_enhance: true\n  - id: last" in body(fixed)
    assert {one.code for one in fixed.edits} == {"WS401"}


def test_no_request_is_another_after_a_lint_was_answered(fix_list: FixList, tmp_path: Path) -> None:
    fixed = fix_list("shots: [{id: one, kind: video, prompt: A pier}]\n")
    before = prepare(Given(tmp_path)).value
    after = prepare(Given(tmp_path, texts=fixed.texts))
    assert before is not None
    assert after.value is not None
    assert after.diagnostics == ()
    assert after.value.requests["one"].hashed == before.requests["one"].hashed


def test_a_prompt_for_two_models_is_left_where_one_of_them_cannot(fix_list: FixList) -> None:
    fixed = fix_list(
        """\
        shots:
          - id: both
            for_each: {model: [runware/wan2.7-video, runware/wan2.7-image]}
            model: "{{ model }}"
            prompt: A pier
            width: 1280
            height: 720
            key: "{{ index }}"
        """
    )
    assert fixed.edits == ()


def test_what_is_silenced_unused_or_behind_an_alias_is_left(fix_list: FixList) -> None:
    quiet = "lint: {WS401: off}\nvars: {unused: 1, p: &p A pier}\nshots: [{id: one, kind: video, prompt: A pier}]\n"
    assert fix_list(quiet).edits == ()
    alias = "vars: {p: &p A pier}\nlint: {WS408: off}\nshots: [{id: one, kind: video, prompt: *p}]\n"
    assert fix_list(alias).edits == ()


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_stay_what_they_are(fix_list: FixList, newline: str) -> None:
    text = (HEAD + "shots:\n  - id: one\n    kind: video\n    promt: Fog\n    duration: 3\n").replace("\n", newline)
    fixed = fix_list(text, head="")
    expected = text.replace("promt: Fog", f"prompt: Fog{newline}    prompt_enhance: true")
    assert fixed.texts["wanspec.yaml"] == expected


def test_errors_are_answered_before_lints_and_both_in_one_go(fix_list: FixList) -> None:
    fixed = fix_list("shots: [{id: one, kind: video, prmpt: A pier}]\n")
    assert [one.code for one in fixed.edits] == ["WS101", "WS401"]
    assert body(fixed) == "shots: [{id: one, kind: video, prompt: A pier, prompt_enhance: true}]\n"


def test_a_file_that_is_not_given_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "wanspec.yaml").write_text(HEAD + "shots: [{id: one, kind: video, prmpt: A pier}]\n", encoding="utf-8")

    def read(texts: Mapping[str, str]) -> Read:
        return Read(prepare(Given(tmp_path, texts=texts)).diagnostics, {})

    assert fix({}, read) == Fixed({})


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("width", "width", 0),
        ("widht", "width", 1),
        ("wdth", "width", 1),
        ("widdth", "width", 1),
        ("wisth", "width", 1),
        ("hiegth", "height", 2),
        ("", "ab", 2),
        ("a", "abcd", 3),
    ],
)
def test_slips_of_the_finger_are_counted(one: str, other: str, slips: int) -> None:
    assert slips_between(one, other) == slips_between(other, one) == slips


def test_a_name_is_plain_only_when_no_other_is_as_near() -> None:
    assert is_plainly("widht", "width")
    assert is_plainly("Width", "width")
    assert is_plainly("refrence_image", "reference_images")
    assert not is_plainly("reference_i", "reference_images")
    assert not is_plainly("ot", "at")
    assert not is_plainly("WS40l", "WS401")
    assert not is_plainly("ast_frame", "first_frame")


def test_the_name_in_a_hint_is_found_again() -> None:
    assert suggested(suggestion("widht", ["width", "height"])) == "width"
    assert suggested("a vendor's own fields stand under `params:`") == ""
    assert suggested("did you mean `a` or `b`?") == ""
    assert suggested("") == ""

"""Mistakes that people make, and what they are told to type instead."""

from __future__ import annotations

import pytest

from tests.language.conftest import See


@pytest.mark.parametrize(
    ("shots", "code", "hint"),
    [
        ("[{id: a, prompt: x, when: yes}]", "WS310", "write `when: true`"),
        ("[{id: a, prompt: x, when: 'Off'}]", "WS310", "write `when: false`"),
        ("[{id: a, prompt: x, when: 1}]", "WS310", "compare with something: `{{ city.code != 'rio' }}`"),
        ("[{id: a, prompt: x, lint: {WS201: off}}]", "WS101", "`wanspec explain WS201`"),
        ("[{id: a, prompt: x, lint: {WS441: off}}]", "WS101", "did you mean `WS41"),
        ("[{id: a, prompt: x, tags: [[b]]}]", "WS102", "write each tag as an entry of its own"),
        ("[{id: a, prompt: x}, {id: b, prompt: \"{{ ref('a') }}\"}]", "WS316", "name what you need of it"),
        (
            "[{id: a, prompt: x}, {id: b, prompt: \"{{ ref('a') | flip('horizontal') }}\"}]",
            "WS316",
            "name what you need of it",
        ),
        ("[{id: a, vars: {n: 1984}, prompt: '{{ n }}'}]", "WS202", "`| string` behind the expression makes it text"),
        ("[{id: a, vars: {n: {age: 5}}, prompt: '{{ n }}'}]", "WS202", "name one of its entries: `.age`"),
        ("[{id: a, vars: {n: [x]}, prompt: '{{ n }}'}]", "WS202", "`| join(', ')` behind"),
        ("[{id: a, prompt: '{% if 1 %}x'}]", "WS301", "add `{% endif %}`"),
        ("[{id: a, prompt: '{% for n in [1] %}x'}]", "WS301", "add `{% endfor %}`"),
        ("[{id: a, prompt: '{{ data.cities }}'}]", "WS302", "nothing of the kind is defined in this list"),
        (
            "[{id: a, for_each: {c: [x, y], s: [1, 2]}, prompt: '{{ c }}{{ s }}'},"
            " {id: b, for_each: {c: [x]}, prompt: '{{ c }}', reference_images: [\"{{ ref('a') }}\"]}]",
            "WS304",
            "say which: name its variables (`s=…`); candidates: `a/x/1`, `a/x/2`",
        ),
    ],
)
def test_the_hint_says_what_to_type(see: See, shots: str, code: str, hint: str) -> None:
    fault = see(f"shots: {shots}").the_fault()
    assert fault.code == code
    assert hint in fault.hint


def test_a_variable_of_the_command_line_that_nothing_uses_is_told(see: See) -> None:
    shots = "vars: {hero: Mara, look: soft}\nshots: [{id: a, prompt: '{{ hero }} {{ look }}'}]"
    seen = see(shots, vars=(("heroo", "Jo"), ("hero", "Jo")))
    assert [(one.code, one.message, one.hint) for one in seen.diagnostics] == [
        ("WS408", "the variable `heroo` of `--var` is used nowhere", "did you mean `hero`?")
    ]
    assert see("shots: [{id: a, prompt: '{{ mood }}'}]", vars=(("mood", "calm"),)).lints == []


def test_a_group_whose_shots_are_none_is_told_and_stops_nothing(see: See) -> None:
    seen = see("shots:\n  - {tags: [a], shots: x}\n  - {shots: {a: 1}}\n  - {id: b, prompt: '{{ zero }}'}")
    assert seen.codes[:2] == ["WS102", "WS102"]
    assert "WS302" in seen.codes


@pytest.mark.parametrize(
    "shot",
    [
        'kind: video, prompt: x, first_frame: "{{ zz }}", last_frame: "{{ ref(\'i\') }}"',
        'prompt: x, reference_images: ["{{ zz }}", "{{ ref(\'i\') }}"]',
        "prompt: x, width: '{{ zz }}'",
        "prompt: x, params: {settings: {thinking: '{{ zz }}'}}",
        "prompt_file: '{{ zz }}'",
        "model: local/cut, source: '{{ zz }}', start: 1",
        "model: local/resize, kind: video, source: '{{ zz }}', width: 64, height: 64",
        "model: local/concat, clips: [{source: '{{ zz }}', seconds: 2}, {source: \"{{ ref('i') }}\", seconds: 2}]",
    ],
)
def test_a_value_that_is_faulty_is_one_fault_and_no_second_one_of_what_hangs_on_it(see: See, shot: str) -> None:
    below = "{id: below, model: local/resize, source: \"{{ ref('t') }}\", width: \"{{ ref('t').width }}\", height: 64}"
    assert see(f"shots: [{{id: i, prompt: x}}, {{id: t, {shot}}}, {below}]").codes == ["WS302"]

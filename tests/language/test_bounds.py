"""Rule 13 and what a stranger's list may try: loops, floods, values that are no text, results in one another's way."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("field", ["seed", "width"])
def test_what_a_later_item_says_of_itself_is_no_cycle(see, field):
    asking = f"{{id: a, prompt: x, {field}: '{{{{ ref(\"b\").{field} }}}}'}}"
    seen = see(f"shots: [{asking}, {{id: b, prompt: y, {field}: '{{{{ 1024 * 1 }}}}'}}]")
    assert seen.codes == [], seen.told()
    assert seen.native("a")[field] == seen.native("b")[field] == 1024


def test_a_cycle_of_values_is_told_once(see):
    seen = see(
        "shots: [{id: a, prompt: x, seed: '{{ ref(\"b\").seed }}'}, {id: b, prompt: x, seed: '{{ ref(\"a\").seed }}'}]"
    )
    fault = seen.the_fault()
    assert fault.code == "WS307"
    assert "`a.seed` → `b.seed`" in fault.message


def test_variables_that_need_each_other_are_a_fault_although_nobody_asks_for_them(see):
    seen = see("vars: {a: '{{ b }}', b: '{{ a }}', c: '{{ nothing }}'}\nshots: []")
    assert (seen.the_fault().code, seen.the_fault().at.path) == ("WS307", "vars.a")


def test_lists_that_make_no_items_do_not_take_for_ever(see):
    numbers = "'{{ range(100000) | list }}'"
    seen = see(f"shots: [{{id: a, prompt: x, for_each: {{m: {numbers}, n: {numbers}, o: []}}}}]")
    assert seen.codes == ["WS313"]


def test_takes_are_bounded_and_counted_in_whole_numbers(see):
    assert see("shots: [{id: a, prompt: x, takes: '{{ 4 / 2 }}'}]").items["a"].takes == 2
    assert see("shots: [{id: a, prompt: x, takes: 100000000}]").codes == ["WS102"]
    assert see("shots: [{id: a, prompt: x, takes: '{{ 10 ** 8 }}'}]").codes == ["WS314"]


def test_a_product_of_no_lists_is_one_item_and_an_empty_row_is_none(see):
    assert see("shots: [{id: a, prompt: x, for_each: {}}]").ids == ["a"]
    assert see("shots: [{id: a, prompt: x, for_each: [{}]}]").codes == ["WS311"]


def test_all_data_at_once_are_no_text(see):
    seen = see("data: {rows: rows.json}\nshots: [{id: a, prompt: '{{ data }} x'}]", files={"rows.json": "[1]"})
    assert seen.codes == ["WS303"]
    assert " at 0x" not in seen.told()


def test_mappings_can_be_gone_through(see):
    loop = "{% for k, v in m.items() %}{{ k }}{{ v }}{% endfor %} {{ m.get('z', 5) }} {{ n.items }}"
    seen = see(f'vars: {{m: {{a: 1}}, n: {{items: 2}}}}\nshots: [{{id: a, prompt: "{loop}"}}]')
    assert seen.prompt("a") == "a1 5 2"


@pytest.mark.parametrize("value", ["none", "[1, 2]", "{'a': 1}"])
def test_a_slug_is_made_of_text_and_numbers_alone(see, value):
    assert see(f'shots: [{{id: a, prompt: "x {{{{ {value} | slug }}}}"}}]').codes == ["WS303"]


def test_a_slug_of_a_number_is_written_as_in_keys(see):
    assert see('shots: [{id: a, prompt: "x {{ 1.0 | slug }} {{ true | slug }}"}]').prompt("a") == "x 1 true"


@pytest.mark.parametrize("name", ["project.title", "shot.description"])
def test_what_project_and_shot_do_not_have_is_said_so(see, name):
    fault = see(f'shots: [{{id: a, prompt: "x {{{{ {name} }}}}"}}]').the_fault()
    assert fault.code == "WS302"
    assert fault.hint.startswith("there is ")


@pytest.mark.parametrize("key", ["x.jpg/y", "x.jpg.json/y"])
def test_no_result_lies_in_a_folder_that_is_the_file_of_another(see, key):
    seen = see(f"shots: [{{id: a, for_each: {{k: [x, {key}]}}, key: '{{{{ k }}}}', prompt: 'p {{{{ k }}}}'}}]")
    assert (seen.the_fault().code, seen.the_fault().item) == ("WS503", f"a/{key}")


def test_a_dot_in_a_key_is_in_nobodys_way(see):
    seen = see("shots: [{id: a, for_each: {k: [x, x.y/z, x.jpg]}, key: '{{ k }}', prompt: 'p {{ k }}'}]")
    assert seen.codes == []


@pytest.mark.parametrize("text", ["", "http://example.com/a.png", "https://example.com/a.png#sha256=zz"])
def test_a_text_that_can_be_no_medium_is_told_once(see, text):
    seen = see(f"shots: [{{id: a, prompt: x, reference_images: ['{text}']}}]")
    assert (seen.the_fault().code, seen.the_fault().at.path) == ("WS202", "shots[0].reference_images[0]")


def test_the_kind_beside_a_model_that_keeps_the_medium_agrees_with_the_source(see):
    flipped = "{id: f, model: local/flip, axis: vertical, kind: KIND, source: \"{{ ref('s') }}\"}"
    shots = f"shots: [{{id: s, prompt: x}}, {flipped}]"
    assert see(shots.replace("KIND", "image")).codes == []
    assert see(shots.replace("KIND", "video")).codes == ["WS206"]


def test_an_inherited_field_that_several_models_leave_out_is_told_once(see):
    shots = "shots: [{duration: 3, shots: [{id: a, prompt: x}, {id: b, model: runware/wan2.7-image-pro, prompt: x}]}]"
    seen = see(shots)
    assert seen.lints.count("WS402") == 1


def test_a_field_in_capitals_is_known_again(see):
    assert see("shots: [{id: a, prompt: x, Width: 3}]").the_fault().hint == "did you mean `width`?"


def test_what_a_broken_data_file_would_hold_is_not_missed_a_second_time(see):
    seen = see("data: {rows: nowhere.csv}\nshots: [{id: a, prompt: x, for_each: '{{ data.rows }}'}]")
    assert seen.codes == ["WS002"]
    assert seen.lints == []

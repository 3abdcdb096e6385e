"""Rules 3, 5 and 9: templates, names, for_each, when, key, variables."""

from __future__ import annotations

import pytest

from wanspec.domain.seeds import seed_of


def test_a_single_expression_keeps_its_type(see):
    seen = see("""
        vars: {w: 1280, list: [assets/a.png]}
        shots: [{id: a, prompt: "{{ w }} wide", width: "{{ w }}"}]
        """)
    assert seen.native("a")["width"] == 1280
    assert seen.prompt("a") == "1280 wide"


def test_an_undefined_name_is_told_at_the_field_with_a_suggestion(see):
    fault = see("vars: {hero: Mara}\nshots: [{id: a, prompt: '{{ her }} runs'}]").the_fault()
    assert (fault.code, fault.at.path, fault.at.line) == ("WS302", "shots[0].prompt", 8)
    assert "hero" in fault.hint


def test_a_fault_in_an_included_template_is_at_its_own_line(see):
    seen = see(
        """
        shots: [{id: a, prompt_file: p.j2}]
        """,
        files={"prompts/p.j2": "one\n{% include 'q.j2' %}\n", "prompts/q.j2": "two\nthree {{ nobody }}\n"},
    )
    fault = seen.the_fault()
    assert (fault.at.file, fault.at.line) == ("prompts/q.j2", 2)


def test_vars_use_each_other(see):
    seen = see("""
        vars: {a: "{{ b }}!", b: "{{ c }}?", c: x}
        shots: [{id: s, prompt: "{{ a }}"}]
        """)
    assert seen.prompt("s") == "x?!"


def test_a_cycle_of_vars_is_told_once(see):
    seen = see("""
        vars: {a: "{{ b }}", b: "{{ a }}"}
        shots: [{id: s, prompt: "{{ a }}"}, {id: t, prompt: "{{ b }}"}]
        """)
    assert set(seen.codes) == {"WS307"}


def test_a_projects_vars_see_no_items(see):
    assert see("vars: {a: \"{{ ref('s') }}\"}\nshots: [{id: s, prompt: '{{ a }}'}]").codes == ["WS302"]


def test_a_shots_vars_see_for_each_and_each_other(see):
    seen = see("""
        shots:
          - id: s
            for_each: {city: [Oslo]}
            vars: {line: "{{ city }} by {{ time }}", time: night}
            prompt: "{{ line }}"
        """)
    assert seen.prompt("s/oslo") == "Oslo by night"


def test_a_variable_is_evaluated_only_where_it_is_used(see):
    assert see("shots: [{id: s, vars: {bad: '{{ nobody }}'}, prompt: x}]").codes == []


def test_products_take_the_first_name_slowest_and_later_lists_see_earlier_names(see):
    seen = see("""
        shots:
          - id: s
            for_each: {a: [x, y], b: "{{ [a ~ '1', a ~ '2'] }}"}
            prompt: "{{ a }}{{ b }}"
        """)
    assert seen.ids == ["s/x/x1", "s/x/x2", "s/y/y1", "s/y/y2"]


def test_a_mapping_stands_for_its_keys(see):
    seen = see("""
        vars: {looks: {warm: amber, cold: blue}}
        shots:
          - id: s
            for_each: {look: "{{ looks }}"}
            prompt: "{{ looks[look] }}"
        """)
    assert seen.ids == ["s/warm", "s/cold"]
    assert seen.prompt("s/cold") == "blue"


def test_rows_become_variables_and_are_levelled(see):
    seen = see("""
        shots:
          - id: s
            for_each: [{id: a, x: 1}, {id: b}]
            prompt: "{{ id }} {{ x is none }}"
        """)
    assert [seen.prompt(i) for i in ("s/a", "s/b")] == ["a false", "b true"]


def test_rows_from_a_csv(see):
    seen = see(
        """
        data: {cities: data/cities.csv}
        shots:
          - id: s
            for_each: "{{ data.cities }}"
            prompt: "{{ name }} {{ zip }} {{ height + 1 }} {{ note is none }}"
        """,
        files={"data/cities.csv": "code,name,zip,height,note\nosl,Oslo,007,5,\n"},
    )
    assert seen.prompt("s/osl") == "Oslo 007 6 true"


def test_when_drops_items_before_their_fields_are_evaluated(see):
    seen = see("""
        shots:
          - id: s
            for_each: {n: [1, 2, 3]}
            when: "{{ n != 2 }}"
            prompt: "{{ index }}{{ 1 / (n - 2) }}"
        """)
    assert seen.ids == ["s/1", "s/3"]
    assert str(seen.prompt("s/3")).startswith("3")


@pytest.mark.parametrize("when", ["yes", "1", '"{{ 1 }}"', '"{{ [] }}"'])
def test_when_is_true_or_false(see, when):
    assert see(f"shots: [{{id: s, when: {when}, prompt: x}}]").codes in (["WS310"], ["WS102"])


def test_a_ref_to_a_dropped_item_is_an_error(see):
    fault = see("""
        shots:
          - {id: a, when: false, prompt: x}
          - {id: b, kind: video, prompt: x, first_frame: "{{ ref('a') }}"}
        """).the_fault()
    assert fault.code == "WS304"
    assert "dropped" in fault.message


def test_keys(see):
    seen = see("""
        shots:
          - id: s
            for_each: {city: [{code: osl, name: Oslo}], angle: [Low Angle]}
            prompt: x
          - id: t
            for_each: {city: [{code: osl, name: Oslo}], n: [3]}
            key: "{{ city.name }}/{{ n }}"
            prompt: x
        """)
    assert seen.ids == ["s/osl/low-angle", "t/oslo/3"]


def test_two_items_with_one_id(see):
    fault = see("shots: [{id: s, for_each: {a: [X, x]}, prompt: y}]").the_fault()
    assert fault.code == "WS312"


def test_a_key_that_leaves_nothing(see):
    assert see("shots: [{id: s, for_each: {a: ['!!!']}, prompt: y}]").codes == ["WS311"]
    assert see("shots: [{id: s, for_each: {a: [[1]]}, prompt: y}]").codes == ["WS311"]


def test_a_null_in_a_list_is_dropped(see):
    assert see("shots: [{id: s, for_each: {a: [x, null, y]}, prompt: y}]").ids == ["s/x", "s/y"]


def test_previous_is_the_item_before_that_when_keeps(see):
    seen = see("""
        shots:
          - {id: opening, prompt: x}
          - id: s
            kind: video
            for_each: {n: [1, 2, 3]}
            when: "{{ n != 2 }}"
            prompt: x
            first_frame: "{{ previous | last_frame if previous else ref('opening') }}"
        """)
    assert seen.items["s/1"].needs == ("opening",)
    assert seen.items["s/3"].needs == ("s/1",)


@pytest.mark.parametrize("field", ["when", "key"])
def test_when_and_key_see_neither_previous_nor_item(see, field):
    for name in ("previous", "item"):
        assert see(f"shots: [{{id: s, for_each: {{n: [1]}}, {field}: '{{{{ {name} }}}}', prompt: x}}]").codes == [
            "WS302"
        ]


def test_without_for_each_index_is_one_and_previous_none(see):
    assert see("shots: [{id: s, prompt: '{{ index }} {{ previous is none }}'}]").prompt("s") == "1 true"


def test_item_shot_and_project_are_texts_with_more(see):
    seen = see("""
        description: A film
        shots:
          - id: s
            title: The {{ n }}
            tags: [t]
            for_each: {n: [1]}
            prompt: >-
              {{ item }} {{ shot }} {{ shot.title }} {{ shot.tags | join }}
              {{ project }}: {{ project.description }}
        """)
    assert seen.prompt("s/1") == "s/1 s The 1 t test: A film"


def test_names_are_visible_in_imported_macros_too(see):
    seen = see(
        """
        vars: {hero: Mara}
        shots: [{id: s, for_each: {n: [7]}, prompt_file: p.j2}]
        """,
        files={
            "prompts/p.j2": "{% import 'm.j2' as m %}{{ m.line() }}",
            "prompts/m.j2": "{% macro line() %}{{ hero }} {{ n }} {{ item }}{% endmacro %}",
        },
    )
    assert seen.prompt("s/7") == "Mara 7 s/7"


def test_seed_is_a_stable_function_of_text(see):
    seen = see("shots: [{id: s, prompt: x, seed: \"{{ seed('lantern') }}\"}]")
    assert seen.request("s").seed == seed_of("lantern")


def test_reserved_names_are_refused(see):
    assert see("vars: {item: x}\nshots: []").codes == ["WS106"]
    assert see("shots: [{id: s, for_each: {index: [1]}, prompt: x}]").codes == ["WS106"]


def test_a_reserved_column_is_reached_through_its_row(see):
    seen = see("""
        shots: [{id: s, for_each: {r: [{id: a, shot: wide}]}, prompt: "{{ r.shot }} {{ shot }}"}]
        """)
    assert seen.prompt("s/a") == "wide s"


def test_precedence_of_variables(see):
    yaml = """
        vars: {a: list, b: list, c: list, d: list, e: list, f: list}
        profiles: {p: {vars: {b: profile, c: profile, d: profile}}}
        shots:
          - id: g
            vars: {e: group, f: group}
            shots:
              - id: s
                vars: {f: shot}
                prompt: "{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ f }}"
        """
    seen = see(yaml, profile="p", files={"v.yaml": "c: file\nd: file\n"}, vars=(("d", "line"), ("e", "line")))
    assert seen.prompt("s") == "list profile profile line group shot"


def test_a_var_on_the_command_line_is_no_template_and_keeps_odd_numbers(see):
    yaml = "vars: {a: x, n: 1}\nshots: [{id: s, prompt: '{{ a }} {{ n + 1 }}'}]"
    seen = see(yaml, vars=(("a", "{{ nobody }}"), ("n", "5")))
    assert seen.prompt("s") == "{{ nobody }} 6"
    seen = see("vars: {a: x}\nshots: [{id: s, prompt: '{{ a }}|'}]", vars=(("a", "007"),))
    assert seen.prompt("s") == "007|"


def test_too_many_items(see):
    assert see("shots: [{id: s, for_each: {n: [1, 2, 3]}, prompt: x}]", max_items=2).codes == ["WS313"]


def test_scalars_have_the_types_that_json_knows(see):
    seen = see("""
        vars: {ratio: 16:9, no: no, oct: 007, day: 2024-01-01}
        shots: [{id: s, prompt: "{{ ratio }} {{ no }} {{ oct }} {{ day }}"}]
        """)
    assert seen.prompt("s") == "16:9 no 7 2024-01-01"


def test_anchors_and_merge_keys(see):
    seen = see("""
        shots:
          - &base {id: a, prompt: x, quality: 50}
          - {<<: *base, id: b, prompt: y}
        """)
    assert seen.native("b")["outputQuality"] == 50


def test_null_inside_text_is_told(see):
    assert see("shots: [{id: s, prompt: 'a {{ none }} b'}]").codes == ["WS303"]


def test_a_prompt_of_too_many_characters_after_expansion(see):
    fault = see("vars: {long: x}\nshots: [{id: s, prompt: '{{ long * 3001 }}'}]").the_fault()
    assert fault.code == "WS202"
    assert "3001" in fault.message
    assert fault.at.path == "shots[0].prompt"

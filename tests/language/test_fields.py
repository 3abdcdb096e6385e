"""Rule 1: portable and native fields, kinds, sizes, defaults, groups, suffixes."""

from __future__ import annotations


def test_without_kind_and_model_an_item_is_an_image(see):
    assert see("shots: [{id: a, prompt: x}]").items["a"].kind == "image"


def test_kind_chooses_the_default_model_of_that_kind(see):
    seen = see("shots: [{id: a, kind: video, prompt: x}]")
    assert seen.items["a"].model == "runware/wan2.7-video"


def test_a_model_decides_the_kind(see):
    assert see("shots: [{id: a, model: motion, prompt: x}]").items["a"].kind == "video"


def test_kind_beside_a_model_of_another_kind_is_an_error_on_one_shot(see):
    fault = see("shots: [{id: a, kind: image, model: motion, prompt: x}]").the_fault()
    assert (fault.code, fault.at.path) == ("WS206", "shots[0].kind")


def test_an_inherited_kind_is_ignored_beside_a_model(see):
    seen = see("""
        shots:
          - id: g
            kind: image
            shots: [{id: a, model: motion, prompt: x}]
        """)
    assert seen.items["a"].kind == "video"
    assert seen.codes == []


def test_a_layer_that_goes_one_way_drops_the_other_way(see):
    seen = see("shots: [{id: a, prompt: x, aspect_ratio: 1:1, resolution: 1K}]")
    assert (seen.native("a")["width"], seen.native("a")["height"]) == (1024, 1024)


def test_a_layer_keeps_what_it_inherits_of_the_same_way(see):
    seen = see("shots: [{id: a, prompt: x, width: 1280}]")
    assert (seen.native("a")["width"], seen.native("a")["height"]) == (1280, 864)


def test_both_ways_on_one_shot_are_an_error(see):
    fault = see("shots: [{id: a, prompt: x, width: 1024, resolution: 1K}]").the_fault()
    assert fault.at.path in ("shots[0].width", "shots[0].resolution")


def test_a_templated_null_does_not_go_either_way(see):
    seen = see("""
        shots:
          - id: a
            prompt: x
            for_each: {ratio: [a, b]}
            aspect_ratio: "{{ '1:1' if ratio == 'b' else none }}"
        """)
    assert [seen.native(f"a/{k}")["width"] == seen.native(f"a/{k}")["height"] for k in "ab"] == [False, True]


def test_null_drops_an_inherited_default(see):
    head = """
        wanspec: 1
        name: t
        defaults: {image: {model: runware/wan2.7-image, width: 1024, height: 1024, format: png}}
        shots: [{id: a, prompt: x, format: null}, {id: b, prompt: x, format: "{{ none }}"}, {id: c, prompt: x}]
        """
    seen = see(head, head=False)
    assert ["outputFormat" in seen.native(k) for k in "abc"] == [False, False, True]


def test_prompt_beside_prompt_file_is_an_error_and_the_nearer_layer_wins(see):
    files = {"prompts/p.j2": "from the file\n"}
    assert see("shots: [{id: a, prompt: x, prompt_file: p.j2}]", files=files).codes == ["WS108"]
    seen = see("shots: [{id: g, prompt: x, shots: [{id: a, prompt_file: p.j2}]}]", files=files)
    assert seen.prompt("a") == "from the file"
    seen = see("shots: [{id: g, prompt_file: p.j2, shots: [{id: a, prompt: x}]}]", files=files)
    assert seen.prompt("a") == "x"


def test_one_native_field_through_both_is_an_error(see):
    fault = see("shots: [{id: a, prompt: x, params: {width: 1024}, width: 1024, height: 1024}]").the_fault()
    assert fault.code == "WS204"


def test_a_shots_native_field_wins_over_an_inherited_portable_one(see):
    seen = see("shots: [{id: a, prompt: x, params: {width: 1024, height: 1024}}]")
    assert seen.codes == []
    assert (seen.native("a")["width"], seen.native("a")["height"]) == (1024, 1024)


def test_params_alone_will_do(see):
    seen = see("shots: [{id: a, params: {positivePrompt: x, width: 1024, height: 1024, seed: 3}}]")
    assert seen.codes == []
    assert seen.request("a").seed == 3


def test_constants_given_in_params_must_agree(see):
    assert see("shots: [{id: a, prompt: x, params: {taskType: imageInference}}]").codes == []
    assert see("shots: [{id: a, prompt: x, params: {taskType: videoInference}}]").codes == ["WS202"]


def test_a_task_id_is_checked_for_its_form_and_not_used(see):
    good = "0b1d6c5e-3f0e-4a55-9a51-1c2f6a0f9b11"
    seen = see(f"shots: [{{id: a, prompt: x, params: {{taskUUID: {good}}}}}]")
    assert seen.codes == []
    assert "taskUUID" not in seen.native("a")
    assert see("shots: [{id: a, prompt: x, params: {taskUUID: hello}}]").codes == ["WS202"]


def test_a_field_that_the_model_cannot_honour_names_those_that_can(see):
    fault = see("shots: [{id: a, prompt: x, negative_prompt: rain}]").the_fault()
    assert fault.code == "WS203"
    assert fault.at.path == "shots[0].negative_prompt"
    assert "wan-2.7-image" in fault.hint


def test_the_same_in_a_default_is_left_out_and_told_once(see):
    seen = see(
        """
        wanspec: 1
        name: t
        defaults: {image: {model: runware/wan2.7-image, width: 1024, height: 1024, negative_prompt: rain}}
        shots: [{id: a, prompt: x}, {id: b, prompt: y}]
        """,
        head=False,
    )
    assert seen.codes == []
    assert seen.lints.count("WS402") == 1


def test_a_field_of_no_vendor_says_so(see):
    fault = see("shots: [{id: a, prompt: x, voice: anna}]").the_fault()
    assert fault.code == "WS203"
    assert "no image model" in fault.hint


def test_defaults_go_by_kind_then_model_then_alias(see):
    seen = see(
        """
        wanspec: 1
        name: t
        models: {still: runware/wan2.7-image, other: runware/wan2.7-image}
        defaults:
          image: {model: still, width: 1024, height: 1024, quality: 50, format: png}
          runware/wan2.7-image: {quality: 60, width: 1280}
          other: {quality: 70}
        shots: [{id: a, prompt: x}, {id: b, prompt: x, model: other}]
        """,
        head=False,
    )
    assert (seen.native("a")["outputQuality"], seen.native("a")["width"]) == (60, 1280)
    assert seen.native("b")["outputQuality"] == 70


def test_a_profiles_defaults_are_merged_entry_by_entry(see):
    yaml = """
        wanspec: 1
        name: t
        defaults:
          image: {model: runware/wan2.7-image, width: 1024, height: 1024, quality: 50}
          runware/wan2.7-image: {format: png}
        profiles:
          big: {defaults: {image: {width: 2048, format: webp, quality: 90}}}
        shots: [{id: a, prompt: x}]
        """
    native = see(yaml, head=False, profile="big").native("a")
    # The model's entry stands above the profile's for the kind.
    assert (native["width"], native["outputQuality"], native["outputFormat"]) == (2048, 90, "PNG")


def test_a_profile_that_goes_the_other_way_drops_the_size(see):
    yaml = """
        wanspec: 1
        name: t
        defaults: {image: {model: runware/wan2.7-image, width: 1024, height: 1024}}
        profiles: {wide: {defaults: {image: {aspect_ratio: 16:9, resolution: 1K}}}}
        shots: [{id: a, prompt: x}]
        """
    native = see(yaml, head=False, profile="wide").native("a")
    assert (native["width"], native["height"]) == (1360, 768)


def test_params_merge_at_every_depth(see):
    seen = see("""
        shots:
          - id: g
            params: {settings: {thinking: false}, includeCost: true}
            shots:
              - id: a
                prompt: x
                params: {settings: {sequential: true}}
              - id: b
                prompt: x
                params: {settings: {thinking: null}}
        """)
    assert seen.native("a")["settings"] == {"thinking": False, "sequential": True}
    assert "thinking" not in seen.native("b").get("settings", {})


def test_groups_give_defaults_tags_and_ids_as_tags(see):
    seen = see("""
        shots:
          - id: act
            tags: [one]
            quality: 50
            shots:
              - id: inner
                tags: [two]
                shots:
                  - {id: a, prompt: x, tags: [three]}
        """)
    assert set(seen.items["a"].tags) == {"act", "one", "inner", "two", "three"}
    assert seen.ids == ["a"]
    assert seen.native("a")["outputQuality"] == 50


def test_a_group_may_hold_for_each_which_its_shots_inherit(see):
    seen = see("""
        shots:
          - for_each: {n: [1, 2]}
            shots: [{id: a, prompt: "{{ n }}"}, {id: b, prompt: x, for_each: {m: [z]}}]
        """)
    assert seen.ids == ["a/1", "a/2", "b/z"]


def test_a_group_id_shares_the_names_of_shots(see):
    assert see("shots: [{id: a, shots: [{id: b, prompt: x}]}, {id: a, prompt: x}]").codes == ["WS105"]


def test_prompt_suffix_puts_a_space_unless_it_begins_with_punctuation(see):
    seen = see("""
        shots:
          - {id: a, prompt: "A cat  \\n", prompt_suffix: on film}
          - {id: b, prompt: A cat, prompt_suffix: ", on film"}
          - {id: c, prompt: 猫, prompt_suffix: "。"}
          - id: g
            prompt_suffix: far
            shots: [{id: d, prompt: A cat, prompt_suffix: near}]
        """)
    assert [seen.prompt(k) for k in "abcd"] == ["A cat on film", "A cat, on film", "猫。", "A cat near"]


def test_without_a_prompt_the_suffix_is_not_used(see):
    seen = see("shots: [{id: a, prompt_suffix: x, params: {positivePrompt: y}}]")
    assert seen.prompt("a") == "y"


def test_a_duration_is_never_rounded(see):
    for value in ("2.5", '"8s"'):
        fault = see(f"shots: [{{id: a, kind: video, prompt: x, duration: {value}}}]").the_fault()
        assert fault.at.path == "shots[0].duration"
        assert fault.hint


def test_a_width_of_777_says_what_is_near(see):
    fault = see("shots: [{id: a, prompt: x, width: 777}]").the_fault()
    assert (fault.at.path, fault.at.line) == ("shots[0].width", 7)
    assert "784" in fault.message + fault.hint


def test_a_faulty_default_is_told_once_at_its_own_place(see):
    seen = see(
        """
        wanspec: 1
        name: t
        defaults:
          image: {model: runware/wan2.7-image, width: 777, height: 1024}
        shots: [{id: a, prompt: x}, {id: b, prompt: y}]
        """,
        head=False,
    )
    fault = seen.the_fault()
    assert (fault.at.path, fault.count) == ("defaults.image.width", 2)


def test_a_fault_of_many_items_is_told_once_with_its_count(see):
    fault = see("""
        shots:
          - id: a
            for_each: {n: [1, 2, 3]}
            prompt: x
            width: "{{ 770 + n }}"
        """).the_fault()
    assert (fault.count, fault.at.path) == (3, "shots[0].width")


def test_a_local_models_fields_stand_on_the_shot(see):
    seen = see("""
        shots:
          - {id: a, kind: video, prompt: x}
          - {id: f, model: local/frame, source: "{{ ref('a') }}", at: last}
        """)
    assert seen.codes == []
    assert seen.items["f"].kind == "image"
    assert seen.native("f")["at"] == "last"


def test_defaults_by_kind_do_not_reach_local_models(see):
    seen = see("""
        shots:
          - id: g
            width: 1024
            quality: 80
            shots:
              - {id: a, kind: video, prompt: x, width: 1280}
              - {id: c, model: local/concat, clips: ["{{ ref('a') }}"]}
        """)
    assert seen.codes == []
    assert "width" not in seen.native("c")
    assert "quality" not in seen.native("c")


def test_takes_beside_a_local_model_is_an_error(see):
    seen = see("""
        shots:
          - {id: a, kind: video, prompt: x}
          - {id: f, model: local/frame, source: "{{ ref('a') }}", at: last, takes: 2}
        """)
    assert len(seen.codes) == 1


def test_takes_beside_image_set_is_an_error(see):
    assert len(see("shots: [{id: a, prompt: x, takes: 2, image_set: 3}]").codes) == 1


def test_an_unknown_model_is_suggested(see):
    fault = see("shots: [{id: a, prompt: x, model: runware/wan2.7-imgae}]").the_fault()
    assert fault.code == "WS201"
    assert "runware/wan2.7-image" in fault.hint
    assert fault.at.path == "shots[0].model"


def test_a_shot_without_any_model_says_how_to_give_one(see):
    fault = see("wanspec: 1\nname: t\nshots: [{id: a, prompt: x}]\n", head=False).the_fault()
    assert fault.code == "WS205"


def test_a_fault_of_a_value_shows_where_the_value_came_from(see):
    fault = see("vars: {w: 777}\nshots: [{id: a, prompt: x, width: '{{ w }}'}]").the_fault()
    assert fault.at.path == "shots[0].width"
    assert [(place.line, label) for place, label in fault.also] == [(7, "the value comes from `w`")]
    fault = see("""
        shots:
          - id: a
            for_each: {w: [777]}
            prompt: x
            params: {settings: {thinking: "{{ w }}"}}
        """).the_fault()
    assert fault.at.path == "shots[0].params.settings.thinking"
    assert "for_each" in fault.also[0][0].path

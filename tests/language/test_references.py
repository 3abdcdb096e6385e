"""Rule 4: which items are meant; attributes, filters, cycles, places."""

from __future__ import annotations

import pytest

from wanspec.domain.items import Derived, Reference

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf00000002000101e221bc330000000049454e44ae426082"
)
STILLS = """
shots:
  - {id: plate, for_each: {city: [osl, rio], angle: [low, high]}, prompt: "{{ city }} {{ angle }}"}
"""


def clip(extra: str) -> str:
    return STILLS + f"  - {{id: clip, kind: video, prompt: x, {extra}}}\n"


def test_a_ref_is_matched_on_shared_variables(see):
    seen = see(clip("for_each: {city: [osl, rio], angle: [high]}, first_frame: \"{{ ref('plate') }}\""))
    assert seen.items["clip/rio/high"].needs == ("plate/rio/high",)


def test_keywords_say_the_rest_and_win(see):
    seen = see(clip("for_each: {city: [osl]}, first_frame: \"{{ ref('plate', angle='low', city='rio') }}\""))
    assert seen.items["clip/osl"].needs == ("plate/rio/low",)


def test_several_matches_list_the_candidates(see):
    fault = see(clip("for_each: {city: [osl]}, first_frame: \"{{ ref('plate') }}\"")).the_fault()
    assert fault.code == "WS304"
    assert "`plate/osl/low`" in fault.hint
    assert "`plate/osl/high`" in fault.hint


def test_no_match_lists_the_candidates(see):
    fault = see(clip("first_frame: \"{{ ref('plate', city='nyc', angle='low') }}\"")).the_fault()
    assert fault.code == "WS304"
    assert "plate/osl/low" in fault.hint


def test_an_unknown_shot_is_suggested(see):
    fault = see(clip("first_frame: \"{{ ref('plat') }}\"")).the_fault()
    assert fault.code == "WS305"
    assert "`plate`" in fault.hint


def test_an_unknown_keyword_is_an_error(see):
    assert see(clip("first_frame: \"{{ ref('plate', town='osl') }}\"")).codes == ["WS306"]


def test_a_column_of_a_row_is_a_keyword(see):
    seen = see("""
        vars: {places: [{id: q, name: Quay}, {id: p, name: Pier}]}
        shots:
          - {id: plate, for_each: {place: "{{ places }}"}, prompt: "{{ place.name }}"}
          - id: clip
            kind: video
            for_each: {scene: [{id: s1, at: p}, {id: s2, at: q}]}
            prompt: x
            first_frame: "{{ ref('plate', id=scene.at) }}"
        """)
    assert seen.items["clip/s1"].needs == ("plate/p",)


def test_rows_match_where_one_list_has_all_columns_of_the_other(see):
    seen = see("""
        shots:
          - {id: plate, for_each: [{id: a, x: 1}, {id: b, x: 2}], prompt: "{{ id }}"}
          - {id: more, for_each: [{id: a}, {id: b}], kind: video, prompt: x, first_frame: "{{ ref('plate') }}"}
        """)
    assert seen.items["more/b"].needs == ("plate/b",)
    seen = see("""
        shots:
          - {id: plate, for_each: [{id: a, x: 1}], prompt: "{{ id }}"}
          - {id: more, for_each: [{id: q, y: 1}], kind: video, prompt: x, first_frame: "{{ ref('plate') }}"}
        """)
    assert seen.items["more/q"].needs == ("plate/a",)


def test_refs_gives_all_in_story_order(see):
    seen = see(STILLS + "  - {id: sheet, model: local/contact-sheet, pictures: \"{{ refs('plate', city='rio') }}\"}\n")
    assert seen.items["sheet"].needs == ("plate/rio/low", "plate/rio/high")


def test_refs_takes_a_list_of_values_in_its_order(see):
    yaml = (
        STILLS + "  - {id: sheet, model: local/contact-sheet, pictures: \"{{ refs('plate', city=['rio', 'osl']) }}\"}\n"
    )
    pictures = see(yaml).items["sheet"].fields["pictures"].value
    assert [one.item for one in pictures] == ["plate/rio/low", "plate/rio/high", "plate/osl/low", "plate/osl/high"]
    fault = see(yaml.replace("'rio', 'osl'", "'rio', 'nyc'")).the_fault()
    assert fault.code == "WS304"


def test_refs_by_selector_leaves_the_shot_itself_out(see):
    seen = see("""
        shots:
          - {id: a, tags: [t], prompt: x}
          - {id: b, tags: [t], kind: video, prompt: y}
          - {id: c, tags: [t], model: local/concat, clips: "{{ refs('tag:t,kind:video') }}"}
          - {id: d, model: local/contact-sheet, pictures: "{{ refs('a b') }}"}
          - {id: e, model: local/contact-sheet, pictures: "{{ refs('*') }}"}
        """)
    assert seen.items["c"].needs == ("b",)
    assert seen.items["d"].needs == ("a", "b")
    assert seen.items["e"].needs == ("a", "b", "c", "d")


def test_a_tag_that_matches_nothing_is_an_empty_list(see):
    seen = see("shots: [{id: s, prompt: \"{{ refs('tag:none') | length }} {{ refs('file:x*') | length }}\"}]")
    assert seen.prompt("s") == "0 0"


@pytest.mark.parametrize("text", ["state:new", "colour:red", "nobody", "plate/osl/low", "tag:"])
def test_what_refs_cannot_select(see, text):
    seen = see(STILLS + f"  - {{id: s, model: local/contact-sheet, pictures: \"{{{{ refs('{text}') }}}}\"}}\n")
    assert seen.faults[0].code == "WS305"


def test_a_group_is_selected_by_its_tag(see):
    seen = see("""
        shots:
          - id: act
            shots: [{id: a, prompt: x}, {id: b, prompt: y}]
          - {id: sheet, model: local/contact-sheet, pictures: "{{ refs('tag:act') }}"}
        """)
    assert seen.items["sheet"].needs == ("a", "b")


def test_a_cycle_of_items_shows_the_loop_with_lines(see):
    fault = see("""
        shots:
          - {id: a, prompt: x, reference_images: ["{{ ref('b') }}"]}
          - {id: b, prompt: x, reference_images: ["{{ ref('a') }}"]}
        """).the_fault()
    assert fault.code == "WS307"
    assert "`a` → `b` → `a`" in fault.message
    assert [place.line for place, _ in fault.also] == [10]


def test_a_cycle_of_values_is_told(see):
    seen = see("""
        shots:
          - {id: a, prompt: x, width: "{{ ref('b').width }}"}
          - {id: b, prompt: x, width: "{{ ref('a').width }}"}
        """)
    assert set(seen.codes) == {"WS307"}


def test_attributes_of_a_reference(see):
    seen = see("""
        shots:
          - {id: a, prompt: x, seed: 7, takes: 2, width: 1280, height: 768}
          - id: b
            prompt: "{{ ref('a').seed }} {{ ref('a', take=2).seed }} {{ ref('a').takes | length }}"
            width: "{{ ref('a').width }}"
            height: "{{ ref('a').height }}"
          - {id: c, kind: video, prompt: x, duration: "{{ ref('d').duration + 1 }}"}
          - {id: d, kind: video, prompt: x, duration: 3}
        """)
    assert seen.prompt("b") == "7 8 2"
    assert (seen.native("b")["width"], seen.native("b")["height"]) == (1280, 768)
    assert seen.native("c")["duration"] == 4
    assert seen.items["b"].needs == ("a",)
    assert seen.items["c"].needs == ("d",)


def test_a_value_known_only_after_a_render_leaves_key_and_price_unknown(see):
    seen = see("""
        shots:
          - {id: cut, model: local/cut, source: "{{ ref('long') }}", end: 2.2}
          - {id: long, kind: video, prompt: x}
          - {id: next, kind: video, prompt: x, duration: "{{ ref('cut').duration | round | int }}"}
        """)
    assert seen.codes == []
    assert seen.request("next").unknown == ("duration",)
    assert seen.request("next").price.usd is None
    assert seen.items["next"].needs == ("cut",)


def test_the_price_stays_known_where_it_does_not_hang_on_the_value(see):
    seen = see("""
        shots:
          - {id: cut, model: local/cut, source: "{{ ref('long') }}", end: 2.2}
          - {id: long, kind: video, prompt: x}
          - {id: next, kind: video, duration: 5, prompt: "lasts {{ ref('cut').duration }}"}
        """)
    assert seen.request("next").price.usd is not None


def test_filters_become_local_actions(see):
    seen = see("""
        shots:
          - {id: a, kind: video, prompt: x}
          - {id: b, kind: video, prompt: x, first_frame: "{{ ref('a') | cut(0, 2) | last_frame }}"}
        """)
    assert seen.items["b"].fields["first_frame"].value == Derived(
        "local/frame",
        (("at", "last"), ("source", Derived("local/cut", (("end", 2), ("source", Reference("a")), ("start", 0))))),
    )


def test_a_filter_on_a_list_is_applied_to_each(see):
    seen = see("""
        shots:
          - {id: a, prompt: x}
          - {id: b, prompt: y}
          - {id: c, model: local/concat, clips: "{{ [ref('a'), ref('b')] | hold(1) }}"}
        """)
    assert [one.model for one in seen.items["c"].fields["clips"].value] == ["local/hold", "local/hold"]


@pytest.mark.parametrize("text", ["ref('a') | last_frame", "ref('b') | hold(2)", "3 | last_frame"])
def test_a_filter_on_the_wrong_kind_is_an_error_of_check(see, text):
    seen = see(f"""
        shots:
          - {{id: a, prompt: x}}
          - {{id: b, kind: video, prompt: x}}
          - {{id: c, kind: video, prompt: x, first_frame: "{{{{ {text} }}}}"}}
        """)
    assert seen.codes == ["WS308"]


def test_a_filters_arguments_are_checked(see):
    seen = see("""
        shots:
          - {id: a, prompt: x}
          - {id: b, prompt: x, reference_images: ["{{ ref('a') | crop(-1, 0, 10, 10) }}"]}
        """)
    assert seen.codes == ["WS202"]
    assert seen.faults[0].at.path == "shots[1].reference_images[0]"


def test_a_reference_is_no_text(see):
    seen = see("shots: [{id: a, prompt: x}, {id: b, prompt: \"like {{ ref('a') }}\"}]")
    assert seen.codes == ["WS316"]


def test_a_clip_in_a_place_for_a_still_is_told(see):
    seen = see("""
        shots:
          - {id: a, kind: video, prompt: x}
          - {id: b, kind: video, prompt: x, first_frame: "{{ ref('a') }}"}
        """)
    assert seen.codes == ["WS502"]
    assert "last_frame" in seen.faults[0].hint


def test_place_counts_among_the_reference_images(see):
    seen = see(
        """
        shots:
          - {id: a, prompt: x}
          - id: b
            reference_images: [assets/m.png, "{{ ref('a') }}"]
            prompt: "image {{ place(ref('a')) }} and image {{ place('assets/m.png') }}"
        """,
        files={"assets/m.png": PNG},
    )
    assert seen.prompt("b") == "image 2 and image 1"
    assert see("shots: [{id: a, prompt: x}, {id: b, prompt: \"{{ place(ref('a')) }}\"}]").codes == ["WS304"]


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("assets/none.png", None, "WS501"),
        ("assets/a.txt", "hello", "WS502"),
        ("assets/a.png", "", "WS502"),
        ("../secret.png", None, "WS501"),
        ("/etc/passwd", None, "WS501"),
        ("assets", None, "WS501"),
    ],
)
def test_media_files_that_cannot_be(see, path, content, code):
    files = {"assets/keep.txt": "x"} | ({path: content} if content is not None else {})
    seen = see(f"shots: [{{id: a, prompt: x, reference_images: ['{path}']}}]", files=files)
    assert seen.codes == [code]
    assert seen.faults[0].at.path == "shots[0].reference_images[0]"


def test_urls_data_uris_and_a_vendors_handles_are_media(see):
    seen = see("""
        shots:
          - id: a
            prompt: x
            reference_images:
              - https://example.com/a.png
              - "data:image/png;base64,iVBORw0KGgo="
              - aac49721-1964-481a-ae78-8a4e29b91402
        """)
    assert seen.codes == []


def test_other_items_of_the_same_shot_may_be_named(see):
    seen = see("""
        shots:
          - id: s
            for_each: {n: [1, 2]}
            prompt: x
            reference_images: "{{ [ref('s', n=1)] if n == 2 else [] }}"
        """)
    assert seen.items["s/2"].needs == ("s/1",)


def test_a_keyword_beside_a_selector_that_selects_nothing_asks_nothing(see):
    seen = see("shots: [{id: a, prompt: x, reference_images: \"{{ refs('tag:later', city='osl') }}\"}]")
    assert seen.codes == []
    assert "inputs" not in seen.native("a")


def test_an_operation_that_cannot_work_is_told_before_anything_is_paid_for(see):
    seen = see("""
        shots:
          - {id: a, kind: video, prompt: x, duration: 3}
          - {id: cut, model: local/cut, source: "{{ ref('a') }}", start: 8}
          - {id: still, prompt: y, reference_images: ["{{ ref('a') | cut(0, 1) | frame(9) }}"]}
          - {id: crop, model: local/crop, source: "{{ ref('still') }}", x: 0, y: 0, width: 5000, height: 10}
          - {id: fine, model: local/cut, source: "{{ ref('a') }}", start: 1, end: 2}
        """)
    assert seen.codes == ["WS504"] * 3, seen.told()
    assert [one.item for one in seen.faults] == ["cut", "still", "crop"]

"""Faults of requests, in the user's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import model_called, requests_of
from wanspec.catalogue import validation
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import blocked, steps, without
from wanspec.catalogue.portable import complete, to_native
from wanspec.catalogue.validation import request_faults, request_warnings
from wanspec.domain.items import Derived, Reference, Unknown

REQUESTS = sorted((Path(__file__).parent / "requests").glob("*.json"))
STILL = {"positivePrompt": "a red kite", "width": 1024, "height": 1024}
CLIP = {"positivePrompt": "a red kite", "width": 1280, "height": 720}
PALETTE = [
    {"hex": "#112233", "ratio": "40%"},
    {"hex": "#445566", "ratio": "35.5%"},
    {"hex": "#778899", "ratio": "24.5%"},
]
SHIPPED = load_catalogue().value
assert SHIPPED is not None


def told(model: Model, native: dict[str, Any], origin: dict[str, str] | None = None) -> list[str]:
    return [
        f"{one.field} {one.message}" + (f" ({one.hint})" if one.hint else "")
        for one in request_faults(model, native, origin)
    ]


@pytest.mark.parametrize("file", REQUESTS, ids=lambda file: file.stem)
def test_the_vendors_own_examples_are_good_as_they_stand(catalogue: Catalogue, file: Path) -> None:
    example = json.loads(file.read_text(encoding="utf-8"))
    assert told(model_called(catalogue, example["model"]), example["request"]) == []


@pytest.mark.parametrize("file", REQUESTS, ids=lambda file: file.stem)
def test_an_example_written_as_params_is_the_request_that_is_sent(catalogue: Catalogue, file: Path) -> None:
    example = json.loads(file.read_text(encoding="utf-8"))
    model = model_called(catalogue, example["model"])
    mapped = to_native(model, {}, own=frozenset({"params"}), params=example["request"])
    assert mapped.faults == ()
    expected = {**model.constants, **example["request"]}
    expected.pop(model.task_id, None)
    assert _as_given(model, complete(model, mapped.native), example["request"]) == expected


def test_a_width_of_777_names_its_neighbours(still: Model) -> None:
    assert told(still, {**STILL, "width": 777}) == ["params.width must be a multiple of 16: 768 or 784 are near"]


def test_a_neighbour_outside_the_range_is_not_offered(still: Model) -> None:
    assert told(still, {**STILL, "width": 2040}) == ["params.width must be a multiple of 16: 2032 or 2048 are near"]
    # Below 768 it is too small first of all; one place has one fault.
    assert told(still, {**STILL, "width": 3}) == ["params.width must be at least 768"]


def test_prompts_are_counted_in_characters(still: Model) -> None:
    assert told(still, {**STILL, "positivePrompt": "é" * 3000}) == []
    assert told(still, {**STILL, "positivePrompt": "😀" * 3000}) == []
    assert told(still, {**STILL, "positivePrompt": "x" * 3001}) == [
        "params.positivePrompt has 3001 characters, at most 3000"
    ]


def test_several_faults_come_at_once_in_the_order_of_the_model(still: Model) -> None:
    assert told(still, {"width": 1024, "seed": -1, "outputFormat": "png", "widht": 3, "height": "1024px"}) == [
        "prompt is missing (write `prompt:`, or `positivePrompt:` under `params`)",
        "params.height must be a whole number (write 1024)",
        "params.seed must be at least 0",
        "params.outputFormat must be one of `JPG`, `PNG`, `WEBP` (did you mean `PNG`?)",
        "params.widht is not a field of `runware/wan2.7-image` (did you mean `width`?)",
    ]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"width": 1024.5}, "params.width must be a whole number (1024 or 1025)"),
        ({"width": True}, "params.width must be a whole number"),
        ({"width": "1024"}, "params.width must be a whole number (write 1024 without quotes)"),
        ({"positivePrompt": 3}, 'params.positivePrompt must be text (write "3" in quotes)'),
        ({"settings": {"thinking": "yes"}}, "params.settings.thinking must be true or false (write true)"),
        ({"settings": []}, "params.settings must be a mapping"),
        (
            {"thinking": True},
            "params.thinking is not a field of `runware/wan2.7-image` (write it as `settings.thinking`)",
        ),
        (
            {"settings": {"thinkin": True}},
            "params.settings.thinkin is not a field of `runware/wan2.7-image` in `settings` (did you mean `thinking`?)",
        ),
        (
            {"palette": []},
            "params.palette is not a field of `runware/wan2.7-image` "
            "(`palette` stands on the shot itself, not under `params`)",
        ),
        ({"model": "wan"}, "params.model must be `alibaba:wan@2.7-image`: it is wanspec's to fill in (leave it out)"),
        ({"taskUUID": "7"}, "params.taskUUID must be a UUID of version 4 (leave it out: every action gets its own)"),
        ({"ttl": 59}, "params.ttl must be at least 60"),
        ({"numberResults": 21}, "params.numberResults must be at most 20"),
        (
            {"outputType": "dataURI", "ttl": 60},
            "params.ttl has no effect on a result that is not a link (leave out `params.ttl` or `params.outputType`)",
        ),
        ({"webhookURL": "ftp://x"}, "params.webhookURL must be an http or https address"),
        ({"settings": {"colorPalette": PALETTE[:2]}}, "params.settings.colorPalette has 2 entries, at least 3"),
        (
            {"settings": {"colorPalette": [*PALETTE[:2], {"hex": "#778899", "ratio": "24%"}]}},
            "params.settings.colorPalette has shares that sum to 99.5 %, not to 100 %",
        ),
        (
            {"settings": {"colorPalette": [*PALETTE[:2], {"hex": "778899", "ratio": "24.5%"}]}},
            "params.settings.colorPalette[2].hex must be a colour like `#1E2A39`",
        ),
        (
            {"settings": {"colorPalette": [*PALETTE[:2], {"hex": "#778899", "ratio": 24.5}]}},
            'params.settings.colorPalette[2].ratio must be text (write "24.5" in quotes)',
        ),
        (
            {"settings": {"colorPalette": PALETTE, "sequential": True}},
            "params.settings.colorPalette cannot stand beside `params.settings.sequential` "
            "(a set of images takes no palette here)",
        ),
        (
            {"settings": {"editRegions": [[]]}},
            "params.settings.editRegions has no effect without `reference_images` (give `reference_images`)",
        ),
        (
            {"settings": {"editRegions": [[]]}, "inputs": {"referenceImages": ["a.png", "b.png"]}},
            "params.settings.editRegions has 1 entry, but `params.inputs.referenceImages` has 2 entries "
            "(write one entry for each, `[]` for one that has nothing)",
        ),
        (
            {"settings": {"editRegions": [[[1, 2, 3, 4]] * 3]}, "inputs": {"referenceImages": ["a.png"]}},
            "params.settings.editRegions[0] may hold two boxes at most for one image",
        ),
        (
            {"settings": {"editRegions": [[[9, 2, 3, 4]]]}, "inputs": {"referenceImages": ["a.png"]}},
            "params.settings.editRegions[0][0] must run from left to right: x1 9 is not less than x2 3",
        ),
        (
            {"settings": {"editRegions": [[[1, 4, 3, 4]]]}, "inputs": {"referenceImages": ["a.png"]}},
            "params.settings.editRegions[0][0] must run from top to bottom: y1 4 is not less than y2 4",
        ),
        (
            {"settings": {"editRegions": [[[1, 2, 3]]]}, "inputs": {"referenceImages": ["a.png"]}},
            "params.settings.editRegions[0][0] must be four whole numbers: x1, y1, x2, y2",
        ),
        ({"inputs": {"referenceImages": ["a.png"] * 10}}, "params.inputs.referenceImages has 10 entries, at most 9"),
        (
            {"inputs": {"referenceImages": ["ftp://x/a.png"]}},
            "params.inputs.referenceImages[0] has an address that is not fetched: `ftp` "
            "(use https, or a file of the project)",
        ),
        (
            {"inputs": {"referenceImages": [3]}},
            "params.inputs.referenceImages[0] must be a picture: a reference, a path, an https address or a data URI",
        ),
        (
            {"advancedFeatures": {"watermark": {"text": "ok", "image": "a.png"}}},
            "params.advancedFeatures.watermark needs either `text` or `image`",
        ),
    ],
)
def test_one_fault_of_a_still(still: Model, extra: dict[str, Any], expected: str) -> None:
    assert told(still, {**STILL, **extra}) == [expected]


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        (
            {"positivePrompt": "x"},
            [
                "width is missing (write `width` and `height`, or `aspect_ratio`)",
                "height is missing (write `width` and `height`, or `aspect_ratio`)",
            ],
        ),
        ({**CLIP, "duration": 2.5}, ["params.duration must be a whole number (2 or 3)"]),
        ({**CLIP, "duration": "8s"}, ["params.duration must be a whole number (write 8)"]),
        ({**CLIP, "duration": 16}, ["params.duration must be at most 15"]),
        (
            {**CLIP, "width": 1104, "height": 832},
            [
                "params.width 1104 and `params.height` 832 are no size that this model makes "
                "(1088x832 is near; the sizes are 1280x720, 720x1280, 960x960, 1088x832, 832x1088, 1920x1080, "
                "1080x1920, 1440x1440, 1632x1248, 1248x1632)"
            ],
        ),
        (
            {"positivePrompt": "x", "width": 1280, "inputs": {"frameImages": ["a.png"]}},
            ["params.width needs `height` beside it"],
        ),
        (
            {**CLIP, "duration": 11, "inputs": {"referenceVideos": ["a.mp4"]}},
            ["params.duration must be at most 10 beside `params.inputs.referenceVideos`"],
        ),
        (
            {"inputs": {"frameImages": ["a.png"], "referenceImages": ["b.png"]}},
            [
                "params.inputs.referenceImages cannot stand beside `params.inputs.frameImages` "
                "(a clip is made from frames or from references)"
            ],
        ),
        (
            {**CLIP, "settings": {"shotType": "multi"}},
            [
                "params.settings.shotType has no effect without `reference_images` or `reference_videos` "
                "(describe the shots in the prompt, or give a reference)"
            ],
        ),
        (
            {"inputs": {"frameImages": [{"image": "a.png", "frame": "last"}]}},
            ["params.inputs.frameImages needs a first frame beside it"],
        ),
        (
            {"inputs": {"frameImages": [{"image": "a.png", "frame": -1}, {"image": "b.png", "frame": "last"}]}},
            ["params.inputs.frameImages needs a first frame beside it"],
        ),
        (
            {"inputs": {"frameImages": [{"image": "a.png", "frame": 0}, {"image": "b.png", "frame": "first"}]}},
            ["params.inputs.frameImages names two first frames"],
        ),
        (
            {"inputs": {"frameImages": [{"image": "a.png", "frame": "second"}]}},
            ["params.inputs.frameImages[0].frame must be one of `first`, `last`, `0`, `-1`"],
        ),
        (
            {"inputs": {"frameImages": [{"frame": "first"}]}},
            ["params.inputs.frameImages[0].image is missing (add `image`)"],
        ),
        (
            {**CLIP, "inputs": {"referenceImages": ["a.png"] * 4, "referenceVideos": ["b.mp4"] * 2}},
            [
                "params.inputs.referenceVideos has 6 entries together with `params.inputs.referenceImages`, at most 5",
            ],
        ),
        (
            {**CLIP, "inputs": {"audio": ["a.wav"]}},
            ["params.inputs.audio must be sound: a reference, a path, an https address or a data URI"],
        ),
        ({**CLIP, "negativePrompt": "x" * 501}, ["params.negativePrompt has 501 characters, at most 500"]),
        ({**CLIP, "deliveryMethod": "sync"}, ["params.deliveryMethod must be `async`"]),
    ],
)
def test_faults_of_a_clip(motion: Model, native: dict[str, Any], expected: list[str]) -> None:
    assert told(motion, native) == expected


@pytest.mark.parametrize(
    ("name", "native", "expected"),
    [
        (
            "runware/wan2.7-image-pro",
            {**STILL, "width": 4096, "inputs": {"referenceImages": ["a.png"]}},
            [
                "params.width must be at most 2048 beside `params.inputs.referenceImages` "
                "(only a picture made from words alone can be larger)"
            ],
        ),
        (
            "aihubmax/wan-2.7-image",
            {"prompt": "x", "image_urls": ["a.png"], "num_outputs": 5},
            ["params.num_outputs must be at most 4 beside `params.image_urls`"],
        ),
        (
            "aihubmax/wan-2.7-image",
            {"prompt": "x", "enable_prompt_expansion": True},
            [
                "params.enable_prompt_expansion has no effect without `reference_images` "
                "(the vendor rewrites prompts only when it edits)"
            ],
        ),
        (
            "aihubmax/wan-2.7-image",
            {"prompt": "x" * 2001, "image_size": "square_hq"},
            [
                "params.prompt has 2001 characters, at most 2000",
                "params.image_size must be one of `square_hd`, `square`, `portrait_4_3`, `portrait_16_9`, "
                "`landscape_4_3`, `landscape_16_9` (did you mean `square_hd`?)",
            ],
        ),
        (
            "aihubmax/wan-2.7-image",
            {"prompt": "x", "image_size": {"width": 4096, "height": 768}},
            ["params.image_size.width must be at most 2048"],
        ),
        ("aihubmax/wan-2.7-image", {"prompt": "x", "image_size": 3}, ["params.image_size must be text or a mapping"]),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "enable_sequential": True, "num_images": 2},
            ["params.num_images has no effect in a set (give `num_images_set`)"],
        ),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "num_images_set": 2},
            ["params.num_images_set has no effect outside a set (add `enable_sequential: true`, or give `num_images`)"],
        ),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "resolution": "4K", "model_variant": "wan2.7-image"},
            [
                "params.resolution cannot be `4K` here "
                "(only the Pro variant makes larger pictures, from words alone and not in a set)"
            ],
        ),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "custom_width": 1024},
            ["params.custom_width has no effect without `use_custom_size: true`"],
        ),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "color_palette": "red", "bbox_list": "[[[1,2,3,4]],[]]", "image": ["a.png"]},
            [
                "params.color_palette must hold JSON in a text",
                "params.bbox_list has 2 entries, but `params.image` has 1 entry "
                "(write one entry for each, `[]` for one that has nothing)",
            ],
        ),
        (
            "empiriolabs/wan2-7-image",
            {"prompt": "x", "color_palette": '[{"hex":"#112233","ratio":"60%"},{"hex":"#445566","ratio":"40%"}]'},
            ["params.color_palette has 2 entries, at least 3"],
        ),
        ("reapi/wan2.7-image", {"n": 1}, ["prompt is missing (write `prompt:`)"]),
        (
            "reapi/wan2.7-image",
            {"prompt": "x", "n": 5},
            ["params.n must be at most 4 outside a group (a group of up to 12 needs `params.enable_sequential`)"],
        ),
        ("reapi/wan2.7-image", {"prompt": "x", "resolution": "4k"}, ["params.resolution must be 1K or 2K"]),
        (
            "reapi/wan2.7-image-pro",
            {"prompt": "x", "resolution": "4k", "enable_sequential": True},
            [
                "params.resolution must be at most 2K here "
                "(only pictures from words alone and outside a group can be that large)"
            ],
        ),
        (
            "reapi/wan2.7-image-pro",
            {"image_urls": ["a.png"], "size": "4096x4096"},
            ["params.size gives 16777216 pixels in all, at most 4194304 are taken"],
        ),
        (
            "reapi/wan2.7-image-pro",
            {"prompt": "x", "size": "4096x256"},
            ["params.size gives a picture with sides that differ by more than 8 times"],
        ),
        (
            "reapi/wan2.7-image",
            {"prompt": "x", "size": "5:4"},
            [
                "params.size must be 1K or 2K, one of the ratios 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3, "
                "or pixels like `1024x1024`"
            ],
        ),
        ("local/frame", {"source": "a.mp4"}, ["local/frame needs `seconds`, `at` or `number` (`at: first`, say)"]),
        (
            "local/frame",
            {"source": "a.mp4", "at": "first", "seconds": 2},
            ["seconds cannot stand beside `at` (keep one of them)"],
        ),
        ("local/cut", {"source": "a.mp4", "start": 2, "end": 2}, ["end must be more than `start`, which is 2"]),
        (
            "local/concat",
            {"clips": ["a.mp4", {"sorce": "b.mp4"}], "width": 777},
            [
                "clips[1].source is missing (add `source`)",
                "clips[1].sorce is not a field of `local/concat` in `clips[1]` (did you mean `source`?)",
                "width must be a multiple of 2: 776 or 778 are near",
            ],
        ),
        ("local/concat", {"clips": []}, ["clips is empty"]),
        ("local/hold", {"source": "a.png", "seconds": 0}, ["seconds must be more than 0"]),
        ("local/flip", {"source": "a.png"}, ["axis is missing (write `axis:`)"]),
        (
            "local/crop",
            {"source": "a.png", "x": -1, "y": 0, "width": 0, "height": 10},
            ["x must be at least 0", "width must be at least 1"],
        ),
        (
            "local/caption",
            {"source": "a.png", "words": "", "color": "#12"},
            ["words is empty", "color must be a colour: a name like `white`, or `#1E2A39`"],
        ),
        (
            "local/overlay",
            {"source": "a.png", "picture": "b.png", "at": [1]},
            ["at has 1 entry, at least 2"],
        ),
        ("local/mux", {"source": "a.mp4"}, ["audio is missing (write `audio:`)"]),
        (
            "local/loop",
            {"source": "a.mp4", "format": "gift"},
            ["format must be one of `gif`, `webp` (did you mean `gif`?)"],
        ),
        (
            "local/contact-sheet",
            {"pictures": "a.png"},
            ["pictures must be a list (write it as `[…]`, or as entries that begin with `-`)"],
        ),
        ("local/resize", {"source": "a.png", "fit": "pad", "width": 10}, ["height is missing (write `height:`)"]),
    ],
)
def test_faults_of_other_models(catalogue: Catalogue, name: str, native: dict[str, Any], expected: list[str]) -> None:
    assert told(model_called(catalogue, name), native) == expected


def test_names_are_those_that_the_user_wrote(motion: Model) -> None:
    origin = {
        "inputs.frameImages[0]": "first_frame",
        "inputs.frameImages[0].image": "first_frame",
        "inputs.referenceImages": "reference_images",
    }
    native = {"inputs": {"frameImages": [{"image": 3, "frame": "first"}], "referenceImages": ["b.png"]}}
    assert told(motion, native, origin) == [
        "first_frame must be a picture: a reference, a path, an https address or a data URI",
        "reference_images cannot stand beside `first_frame` (a clip is made from frames or from references)",
    ]


def test_a_fault_in_a_palette_is_told_at_its_entry(still: Model) -> None:
    native = {**STILL, "settings": {"colorPalette": [*PALETTE[:2], {"hex": "blue", "ratio": "24.5%"}]}}
    fault = request_faults(still, native, {"settings.colorPalette": "palette"})[0]
    assert (fault.field, fault.path) == ("palette[2].hex", ("settings", "colorPalette", 2, "hex"))


def test_values_that_wait_are_not_judged_nor_what_hangs_on_them(motion: Model) -> None:
    waits = Unknown(("voice",))
    assert told(motion, {**CLIP, "duration": waits, "inputs": {"referenceVideos": [Reference("a")]}}) == []
    assert told(motion, {**CLIP, "width": waits}) == []
    assert told(motion, {**CLIP, "width": waits, "seed": -1}) == ["params.seed must be at least 0"]


def test_media_are_references_results_of_filters_paths_and_addresses(motion: Model) -> None:
    images = [
        Reference("a"),
        Derived("local/frame", (("at", "last"), ("source", Reference("b")))),
        "assets/a.png",
        "http://127.0.0.1:8000/a.png",
        "aac49721-1964-481a-ae78-8a4e29b91402",
    ]
    assert told(motion, {**CLIP, "inputs": {"referenceImages": images}}) == []


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"width": float("inf")}, "params.width is no number"),
        ({"settings": {"thinking": float("nan")}}, "params.settings.thinking is no number"),
        ({"seed": 10**400}, "params.seed is a larger number than JSON can hold: 9007199254740991 at most"),
        ({"positivePrompt": "half \ud83d"}, "params.positivePrompt holds half of a character: a lone surrogate"),
        (
            {"settings": {"colorPalette": [*PALETTE[:2], {"hex": "\ud83d", "ratio": "24.5%"}]}},
            "params.settings.colorPalette[2].hex holds half of a character: a lone surrogate",
        ),
    ],
)
def test_what_no_json_can_hold_is_a_fault(still: Model, extra: dict[str, Any], expected: str) -> None:
    for _ in range(2):
        assert told(still, {**STILL, **extra}) == [expected]


def test_a_frame_number_beyond_json_is_a_fault(catalogue: Catalogue) -> None:
    native = {"source": "a.mp4", "number": 10**20}
    assert told(model_called(catalogue, "local/frame"), native) == [
        "number is a larger number than JSON can hold: 9007199254740991 at most"
    ]


def test_warnings_do_not_make_a_request_bad(catalogue: Catalogue, motion: Model) -> None:
    long = {**CLIP, "duration": 12, "inputs": {"referenceImages": ["a.png"]}}
    assert told(motion, long) == []
    assert [one.rule for one in request_warnings(motion, long)] == ["long-with-references"]
    framed = {**CLIP, "inputs": {"frameImages": ["a.png"]}}
    assert [(one.rule, one.field) for one in request_warnings(motion, framed)] == [("size-with-frames", "params.width")]
    assert request_warnings(motion, CLIP) == ()
    costly = request_warnings(model_called(catalogue, "empiriolabs/wan2-7-image"), {"prompt": "x"})
    assert [one.rule for one in costly] == ["dearer-default"]
    group = {"prompt": "x", "enable_sequential": True, "color_palette": PALETTE, "thinking_mode": True}
    ignored = request_warnings(model_called(catalogue, "reapi/wan2.7-image"), group)
    assert [one.rule for one in ignored] == ["ignored-palette-in-a-group", "ignored-thinking"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), name=st.sampled_from(SHIPPED.ids()))
def test_the_short_way_finds_what_the_long_way_finds(data: st.DataObject, name: str) -> None:
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    native = data.draw(requests_of(model, faulty=True))
    slow = [(one.path, one.message) for one in validation._findings(model, native)]
    for _ in range(2):  # the second time the shape is known
        assert [one.path for one in request_faults(model, native)] == [path for path, _ in slow]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), name=st.sampled_from([one for one in SHIPPED.ids() if not one.startswith("local/")]))
def test_any_good_native_request_is_returned_unchanged(data: st.DataObject, name: str) -> None:
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    native = data.draw(requests_of(model, faulty=False))
    mapped = to_native(model, {}, own=frozenset({"params"}), params=native)
    if request_faults(model, native):
        return
    expected = _without_empty_lists({**model.constants, **native})
    expected.pop(model.task_id, None)
    assert mapped.faults == ()
    assert _as_given(model, complete(model, mapped.native), native) == expected


def _as_given(model: Model, sent: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A request without what wanspec sends by itself."""
    added = [one.path for one in model.certain] + ([model.rewrite.path] if model.rewrite else [])
    for path in dict.fromkeys(added):
        if not blocked(given, steps(path)):
            without(sent, steps(path))
    return sent


def _without_empty_lists(native: dict[str, Any]) -> dict[str, Any]:
    """An empty list is as if not written (rule 1 of the language)."""
    return {
        name: _without_empty_lists(value) if isinstance(value, dict) else value
        for name, value in native.items()
        if value != []
    }

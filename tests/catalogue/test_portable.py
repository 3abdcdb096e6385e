"""Portable fields and native ones, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.identity import accepted_default_free
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import origin_of
from wanspec.catalogue.portable import Mapped, complete, to_native, to_portable
from wanspec.catalogue.validation import request_faults
from wanspec.domain.items import Derived, Reference, Unknown

PALETTE = [{"hex": "#112233", "ratio": 40}, {"hex": "#445566", "ratio": 35.5}, {"hex": "#778899", "ratio": 24.5}]
STILL, PRO, CLIP = "runware/wan2.7-image", "runware/wan2.7-image-pro", "runware/wan2.7-video"
AIHUB, EMPIRIO, REAPI = "aihubmax/wan-2.7-image", "empiriolabs/wan2-7-image", "reapi/wan2.7-image"
VENDORS = (STILL, PRO, AIHUB, "aihubmax/wan-2.7-image-pro", EMPIRIO, REAPI, "reapi/wan2.7-image-pro")
SHIPPED = load_catalogue().value
assert SHIPPED is not None


@pytest.fixture
def mapped(catalogue: Catalogue) -> Any:
    """Maps fields for a model; all of them stand on the shot unless `own` says otherwise."""

    def of(
        name: str,
        fields: dict[str, Any],
        *,
        own: set[str] | None = None,
        params: dict[str, Any] | None = None,
        own_params: dict[str, Any] | None = None,
    ) -> Mapped:
        chosen = set(fields) | {"params"} if own is None else own
        return to_native(
            model_called(catalogue, name),
            fields,
            own=frozenset(chosen),
            params=params or {},
            own_params=own_params,
            peers=catalogue.of_kind,
        )

    return of


def told(result: Mapped) -> list[str]:
    return [f"{one.field} {one.message}" + (f" ({one.hint})" if one.hint else "") for one in result.faults]


# -- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "native"),
    [
        (STILL, {"prompt": "a kite"}, {"positivePrompt": "a kite"}),
        (STILL, {"seed": 7, "quality": 80}, {"seed": 7, "outputQuality": 80}),
        (STILL, {"seed": "random"}, {}),
        (STILL, {"format": "webp"}, {"outputFormat": "WEBP"}),
        (STILL, {"thinking": False}, {"settings": {"thinking": False}}),
        (STILL, {"safety": "fast"}, {"safety": {"checkContent": True}}),
        (STILL, {"safety": "off"}, {"safety": {"checkContent": False}}),
        (STILL, {"watermark": False}, {}),
        (STILL, {"image_set": 4}, {"numberResults": 4, "settings": {"sequential": True}}),
        (
            STILL,
            {"palette": PALETTE},
            {
                "settings": {
                    "colorPalette": [
                        {"hex": "#112233", "ratio": "40.00%"},
                        {"hex": "#445566", "ratio": "35.50%"},
                        {"hex": "#778899", "ratio": "24.50%"},
                    ]
                }
            },
        ),
        (
            STILL,
            {"reference_images": ["a.png"], "edit_regions": [[[1, 2, 3, 4]]]},
            {"inputs": {"referenceImages": ["a.png"]}, "settings": {"editRegions": [[[1, 2, 3, 4]]]}},
        ),
        (STILL, {"prompt": None, "reference_images": [], "takes": 3}, {}),
        (
            AIHUB,
            {"negative_prompt": "grain", "safety": "off"},
            {"negative_prompt": "grain", "enable_safety_checker": False},
        ),
        (
            AIHUB,
            {"reference_images": ["a.png"], "prompt_enhance": True},
            {"image_urls": ["a.png"], "enable_prompt_expansion": True},
        ),
        (EMPIRIO, {"image_set": 4}, {"num_images_set": 4, "enable_sequential": True}),
        (EMPIRIO, {"safety": "fast", "watermark": True}, {"watermark": True}),
        (
            EMPIRIO,
            {"palette": PALETTE, "reference_images": ["a.png"], "edit_regions": [[[1, 2, 3, 4]]]},
            {
                "image": ["a.png"],
                "color_palette": '[{"hex":"#112233","ratio":"40.00%"},{"hex":"#445566","ratio":"35.50%"},'
                '{"hex":"#778899","ratio":"24.50%"}]',
                "bbox_list": "[[[1,2,3,4]]]",
            },
        ),
        (REAPI, {"image_set": 12}, {"n": 12, "enable_sequential": True}),
        (REAPI, {"thinking": False, "format": "png"}, {"thinking_mode": False}),
    ],
)
def test_stills(mapped: Any, name: str, fields: dict[str, Any], native: dict[str, Any]) -> None:
    result = mapped(name, fields)
    assert told(result) == []
    assert result.native == native


def test_a_clip_of_frames(mapped: Any) -> None:
    fields = {
        "prompt": "she runs",
        "width": 1280,
        "height": 720,
        "duration": 8,
        "first_frame": "a.png",
        "last_frame": "b.png",
    }
    result = mapped(CLIP, fields)
    assert told(result) == []
    assert result.native == {
        "positivePrompt": "she runs",
        "duration": 8,
        "inputs": {"frameImages": [{"image": "a.png", "frame": "first"}, {"image": "b.png", "frame": "last"}]},
        "resolution": "720p",
        "settings": {"promptEnhancer": True},
    }
    assert result.unchosen == ("settings.promptEnhancer",)
    assert origin_of(result.origin, ("inputs", "frameImages", 1, "image")) == ("last_frame", ())
    assert origin_of(result.origin, ("resolution",)) == ("width", ())


def test_the_order_of_fields_says_nothing_about_frames(mapped: Any) -> None:
    one = mapped(CLIP, {"last_frame": "b.png", "first_frame": "a.png"})
    assert one.native["inputs"]["frameImages"][0] == {"image": "a.png", "frame": "first"}


@pytest.mark.parametrize(
    ("fields", "native"),
    [
        ({"resolution": "720p"}, {"width": 1280, "height": 720}),
        ({"resolution": "1080P", "aspect_ratio": "3:4"}, {"width": 1248, "height": 1632}),
        ({"aspect_ratio": "1:1"}, {"width": 1440, "height": 1440}),
        ({"width": 960, "height": 960}, {"width": 960, "height": 960}),
        ({"native_audio": False}, {"settings": {"audio": False}}),
        ({"audio": "a.wav", "negative_prompt": "x"}, {"inputs": {"audio": "a.wav"}, "negativePrompt": "x"}),
        ({"safety": "full"}, {"safety": {"checkContent": True, "mode": "full"}}),
        ({"format": "mov", "quality": 50}, {"outputFormat": "MOV", "outputQuality": 50}),
        (
            {"reference_images": ["a.png"], "reference_videos": ["b.mp4"], "shot_type": "multi"},
            {"inputs": {"referenceImages": ["a.png"], "referenceVideos": ["b.mp4"]}, "settings": {"shotType": "multi"}},
        ),
        (
            {"first_frame": "a.png", "resolution": "720p"},
            {"inputs": {"frameImages": [{"image": "a.png", "frame": "first"}]}, "resolution": "720p"},
        ),
    ],
)
def test_clips(mapped: Any, fields: dict[str, Any], native: dict[str, Any]) -> None:
    result = mapped(CLIP, {**fields, "prompt_enhance": False})
    assert told(result) == []
    assert result.native == {**native, "settings": {**native.get("settings", {}), "promptEnhancer": False}}
    assert result.unchosen == ()


def test_media_pass_through_as_they_are(mapped: Any) -> None:
    frame = Derived("local/frame", (("at", "last"), ("source", Reference("clip"))))
    result = mapped(CLIP, {"first_frame": frame, "audio": Reference("score")})
    assert result.native["inputs"]["frameImages"][0]["image"] is frame
    assert result.native["inputs"]["audio"] == Reference("score")


# -- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "native"),
    [
        (STILL, {"aspect_ratio": "16:9"}, {"width": 2048, "height": 1152}),
        (STILL, {"aspect_ratio": "9:16", "resolution": "1K"}, {"width": 768, "height": 1360}),
        (STILL, {"resolution": "1k"}, {"width": 1024, "height": 1024}),
        (STILL, {"aspect_ratio": "8:10", "resolution": "2K"}, {"width": 1632, "height": 2048}),
        (PRO, {"aspect_ratio": "3:2", "resolution": "4K"}, {"width": 4096, "height": 2736}),
        (AIHUB, {"width": 1024, "height": 768}, {"image_size": {"width": 1024, "height": 768}}),
        (AIHUB, {"aspect_ratio": "3:4"}, {"image_size": "portrait_4_3"}),
        (AIHUB, {"aspect_ratio": "3:2"}, {"image_size": {"width": 1248, "height": 832}}),
        (
            EMPIRIO,
            {"width": 1000, "height": 800},
            {"use_custom_size": True, "custom_width": 1000, "custom_height": 800},
        ),
        (EMPIRIO, {"aspect_ratio": "4:5", "resolution": "1K"}, {"aspect_ratio": "4:5", "resolution": "1K"}),
        (EMPIRIO, {"resolution": "4K"}, {"resolution": "4K"}),
        (REAPI, {"width": 1024, "height": 768}, {"size": "1024x768"}),
        (REAPI, {"aspect_ratio": "2:3", "resolution": "1K"}, {"size": "2:3", "resolution": "1K"}),
        (REAPI, {"aspect_ratio": "2:3"}, {"size": "2:3", "resolution": "2K"}),
        (REAPI, {"aspect_ratio": "4:5"}, {"size": "1632x2048"}),
        (REAPI, {"resolution": "1K"}, {"resolution": "1K"}),
    ],
)
def test_sizes_in_each_vendors_form(mapped: Any, name: str, fields: dict[str, Any], native: dict[str, Any]) -> None:
    result = mapped(name, fields)
    assert told(result) == []
    assert result.native == native


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        (
            STILL,
            {"prompt": "x", "aspect_ratio": "16:9", "resolution": "4K"},
            "resolution is `4K`, not one of `1K`, `2K` "
            "(taken by `empiriolabs/wan2-7-image`, `reapi/wan2.7-image-pro` and `runware/wan2.7-image-pro`)",
        ),
        (
            STILL,
            {"aspect_ratio": "7:4"},
            "aspect_ratio is `7:4`, not one of `1:1`, `5:4`, `4:3`, `3:2`, `16:9`, `4:5`, `3:4`, `2:3`, `9:16` "
            "(`16:9` is the nearest)",
        ),
        (STILL, {"aspect_ratio": 1.78}, "aspect_ratio must be text (like `16:9`)"),
        (STILL, {"aspect_ratio": "16/9"}, "aspect_ratio must be a ratio like `16:9`"),
        (
            AIHUB,
            {"prompt": "x", "aspect_ratio": "16:9", "resolution": "2K"},
            "resolution is not taken by `aihubmax/wan-2.7-image` (taken by `empiriolabs/wan2-7-image`, "
            "`reapi/wan2.7-image`, `reapi/wan2.7-image-pro`, `runware/wan2.7-image` and `runware/wan2.7-image-pro`)",
        ),
        (REAPI, {"width": 1024}, "width needs `height` beside it (write `height:` too)"),
    ],
)
def test_sizes_that_a_model_does_not_make(mapped: Any, name: str, fields: dict[str, Any], expected: str) -> None:
    assert told(mapped(name, fields)) == [expected]


def test_a_faulty_size_is_one_fault(catalogue: Catalogue, mapped: Any) -> None:
    result = mapped(STILL, {"prompt": "x", "aspect_ratio": "7:4"})
    assert request_faults(model_called(catalogue, STILL), result.native, result.origin) == ()


def test_a_size_that_no_pair_has_is_told_by_the_schema(catalogue: Catalogue, mapped: Any) -> None:
    result = mapped(CLIP, {"first_frame": "a.png", "width": 1104, "height": 832})
    faults = request_faults(model_called(catalogue, CLIP), result.native, result.origin)
    assert [one.field for one in faults] == ["width"]
    assert "1088x832 is near" in faults[0].hint


def test_sizes_that_wait_stay_where_they_stand(mapped: Any) -> None:
    waits = Unknown(("plate",))
    assert mapped(STILL, {"width": waits, "height": 1024}).native == {"width": waits, "height": 1024}
    assert mapped(STILL, {"aspect_ratio": waits}).native == {"width": waits, "height": waits}
    assert mapped(REAPI, {"width": waits, "height": 1024}).native == {"size": waits}
    assert mapped(CLIP, {"width": waits, "height": 720, "first_frame": "a.png"}).native["resolution"] is waits
    assert mapped(EMPIRIO, {"palette": [{"hex": "#112233", "ratio": waits}]}).native == {"color_palette": waits}


# -- what cannot be honoured -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        (
            STILL,
            {"negative_prompt": "x"},
            "negative_prompt is not taken by `runware/wan2.7-image` (taken by `aihubmax/wan-2.7-image`, "
            "`aihubmax/wan-2.7-image-pro`, `reapi/wan2.7-image` and `reapi/wan2.7-image-pro`)",
        ),
        (
            AIHUB,
            {"palette": [{"hex": "#112233", "ratio": 50}]},
            "palette is not taken by `aihubmax/wan-2.7-image` (taken by `empiriolabs/wan2-7-image`, "
            "`reapi/wan2.7-image`, `reapi/wan2.7-image-pro`, `runware/wan2.7-image` and `runware/wan2.7-image-pro`)",
        ),
        (
            STILL,
            {"duration": 3},
            "duration is not taken by `runware/wan2.7-image` (no image model in the catalogue takes it)",
        ),
        (
            STILL,
            {"watermark": True},
            "watermark can only be `false` with `runware/wan2.7-image` (taken by `empiriolabs/wan2-7-image`, "
            "`reapi/wan2.7-image` and `reapi/wan2.7-image-pro`; "
            "a mark of your own goes to `params.advancedFeatures.watermark`)",
        ),
        (STILL, {"format": "jpeg"}, "format must be one of `jpg`, `png` or `webp` (did you mean `jpg`?)"),
        (STILL, {"safety": "full"}, "safety must be one of `off` or `fast`"),
        (STILL, {"safety": False}, "safety must be one of `off` or `fast` (did you mean `off`?)"),
        (
            STILL,
            {"edit_regions": [[[1, 2, 3, 4]]]},
            "edit_regions has no effect without `reference_images` in a request to `runware/wan2.7-image` "
            "(give `reference_images`; no image model in the catalogue takes it in such a request)",
        ),
        (
            STILL,
            {"image_set": 4, "palette": PALETTE},
            "palette cannot stand beside `image_set` in a request to `runware/wan2.7-image` "
            "(no image model in the catalogue takes it in such a request)",
        ),
        (
            EMPIRIO,
            {"image_set": 4, "palette": PALETTE},
            "palette cannot stand beside `image_set` in a request to `empiriolabs/wan2-7-image` "
            "(no image model in the catalogue takes it in such a request)",
        ),
        (STILL, {"image_set": 13}, "image_set must be at most 12"),
        (STILL, {"image_set": 2.5}, "image_set must be a whole number"),
        (
            REAPI,
            {"safety": "off"},
            "safety can only be `fast` with `reapi/wan2.7-image` (taken by `aihubmax/wan-2.7-image`, "
            "`aihubmax/wan-2.7-image-pro`, `runware/wan2.7-image` and `runware/wan2.7-image-pro`; "
            "the vendor's own check is always on)",
        ),
        (
            CLIP,
            {"first_clip": "a.mp4"},
            "first_clip is not taken by `runware/wan2.7-video` (taken by `aihubmax/wan-2.7-image-to-video`, "
            "`evolink/wan2.7-image-to-video`, `reapi/wan2.7-video` and `reapi/wan2.7-video-official`)",
        ),
        (
            CLIP,
            {"first_frame": "a.png", "reference_images": ["b.png"]},
            "reference_images cannot stand beside `first_frame` in a request to `runware/wan2.7-video` "
            "(taken by `evolink/wan2.7-reference-video` and `reapi/wan2.7-video-official`)",
        ),
        (
            CLIP,
            {"first_frame": "a.png", "aspect_ratio": "16:9"},
            "aspect_ratio cannot be chosen beside `first_frame` "
            "(no video model in the catalogue takes it in such a request)",
        ),
        (
            CLIP,
            {"shot_type": "multi"},
            "shot_type has no effect without `reference_images` or `reference_videos` in a request to "
            "`runware/wan2.7-video` "
            "(give `reference_images` or `reference_videos`; taken by `aihubmax/wan-2.7-reference-to-video`)",
        ),
        (STILL, {"palette": [{"hex": "#112233", "ratio": 50}]}, "palette has ratios that sum to 50, not to 100"),
        (STILL, {"palette": [{"hex": "#112233", "ratio": "50%"}]}, "palette must be a number (write 50)"),
        (
            STILL,
            {"palette": [{"hex": "#112233"}]},
            "palette has no `ratio` (write its share in percent, like `ratio: 34`)",
        ),
        (CLIP, {"clips": ["a.mp4"]}, "clips is not taken by `runware/wan2.7-video` (taken by `local/concat`)"),
        (
            "local/frame",
            {"source": "a.mp4", "prompt": "x"},
            "prompt is no field of `local/frame` (taken by `aihubmax/wan-2.7-image`, `aihubmax/wan-2.7-image-pro`, "
            "`empiriolabs/wan2-7-image`, `reapi/wan2.7-image`, `reapi/wan2.7-image-pro`, `runware/wan2.7-image` and "
            "`runware/wan2.7-image-pro`; it takes `at`, `number`, `seconds` and `source`)",
        ),
        ("local/cut", {"source": "a.mp4", "strat": 1}, "strat is no field of `local/cut` (did you mean `start`?)"),
    ],
)
def test_what_the_shot_asks_and_cannot_have(mapped: Any, name: str, fields: dict[str, Any], expected: str) -> None:
    assert told(mapped(name, fields)) == [expected]


def test_the_place_within_a_value_is_told(mapped: Any) -> None:
    (fault,) = mapped(STILL, {"palette": [PALETTE[0], {"hex": "#112233", "ratio": "60"}]}).faults
    assert fault.path == (1, "ratio")


def test_the_same_inherited_is_left_out(mapped: Any) -> None:
    result = mapped(STILL, {"prompt": "x", "negative_prompt": "y", "watermark": True, "duration": 5}, own={"prompt"})
    assert told(result) == []
    assert result.native == {"positivePrompt": "x"}
    assert result.ignored == {
        "negative_prompt": "is not taken by `runware/wan2.7-image`",
        "watermark": "can only be `false` with `runware/wan2.7-image`",
        "duration": "is not taken by `runware/wan2.7-image`",
    }


@pytest.mark.parametrize(
    ("own", "kept", "gone"),
    [
        ({"first_frame"}, "frameImages", "reference_images"),
        ({"reference_images"}, "referenceImages", "first_frame"),
    ],
)
def test_of_two_that_exclude_each_other_the_shots_own_stays(mapped: Any, own: set[str], kept: str, gone: str) -> None:
    result = mapped(CLIP, {"first_frame": "a.png", "reference_images": ["b.png"], "shot_type": "multi"}, own=own)
    assert told(result) == []
    assert list(result.native["inputs"]) == [kept]
    assert gone in result.ignored


def test_an_inherited_shape_shapes_what_is_inherited_with_it(mapped: Any) -> None:
    result = mapped(STILL, {"image_set": 3, "palette": PALETTE, "edit_regions": [[]]}, own=set())
    assert result.native == {"numberResults": 3, "settings": {"sequential": True}}
    assert set(result.ignored) == {"palette", "edit_regions"}


def test_an_inherited_ratio_is_left_out_where_a_frame_says_it(mapped: Any) -> None:
    result = mapped(CLIP, {"first_frame": "a.png", "aspect_ratio": "4:3", "resolution": "720p"}, own={"first_frame"})
    assert result.native["resolution"] == "720p"
    assert "width" not in result.native
    assert list(result.ignored) == ["aspect_ratio"]


# -- params ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "params", "path"),
    [
        (STILL, {"prompt": "x"}, {"positivePrompt": "y"}, "positivePrompt"),
        (STILL, {"width": 1024, "height": 1024}, {"width": 1040}, "width"),
        (STILL, {"format": "png"}, {"outputFormat": "PNG"}, "outputFormat"),
        (STILL, {"image_set": 2}, {"numberResults": 2}, "numberResults"),
        (AIHUB, {"width": 1024, "height": 768}, {"image_size": "square"}, "image_size"),
        (CLIP, {"first_frame": "a.png"}, {"inputs": {"frameImages": ["b.png"]}}, "inputs.frameImages"),
    ],
)
def test_one_native_field_set_twice_on_a_shot(
    mapped: Any, name: str, fields: dict[str, Any], params: dict[str, Any], path: str
) -> None:
    field = next(iter(fields))
    expected = f"{field} and `params.{path}` set the same field of `{name}` (keep one of them)"
    assert expected in told(mapped(name, fields, params=params))


def test_a_shots_native_field_wins_over_an_inherited_portable_one(mapped: Any) -> None:
    fields = {"width": 1024, "height": 1024, "thinking": True, "palette": PALETTE}
    params = {"width": 1040, "settings": {"thinking": False}}
    result = mapped(STILL, fields, own={"params"}, params=params)
    assert told(result) == []
    assert (result.native["width"], result.native["height"]) == (1040, 1024)
    assert result.native["settings"]["thinking"] is False
    assert len(result.native["settings"]["colorPalette"]) == 3


def test_a_shots_portable_field_wins_over_an_inherited_native_one(mapped: Any) -> None:
    params = {"width": 1040, "settings": {"thinking": False, "sequential": False}}
    result = mapped(STILL, {"width": 1024, "height": 1024, "thinking": True}, params=params, own_params={})
    assert told(result) == []
    assert result.native == {"width": 1024, "height": 1024, "settings": {"thinking": True, "sequential": False}}


def test_a_native_size_displaces_the_whole_inherited_one_where_the_vendor_has_two_ways(mapped: Any) -> None:
    inherited = {"width": 1024, "height": 768}
    assert mapped(EMPIRIO, inherited, own={"params"}, params={"aspect_ratio": "1:1"}).native == {"aspect_ratio": "1:1"}
    assert mapped(REAPI, inherited, own={"params"}, params={"resolution": "1K"}).native == {"resolution": "1K"}


def test_null_and_an_empty_list_in_params_are_as_if_not_written(mapped: Any) -> None:
    result = mapped(REAPI, {}, params={"seed": None, "image_urls": [], "bbox_list": [[]], "prompt": "x"})
    assert result.native == {"bbox_list": [[]], "prompt": "x"}


def test_params_are_not_changed_in_place(mapped: Any) -> None:
    params = {"settings": {"thinking": True}}
    mapped(STILL, {"palette": PALETTE}, params=params)
    assert params == {"settings": {"thinking": True}}


def test_constants_are_filled_in_and_a_task_id_is_dropped(still: Model) -> None:
    native = {"positivePrompt": "x", "taskUUID": "135b1aef-72c7-41ff-86b5-8948386dcb33"}
    assert complete(still, native) == {
        "taskType": "imageInference",
        "model": "alibaba:wan@2.7-image",
        "positivePrompt": "x",
    }


def test_a_whole_number_is_sent_without_a_point(motion: Model) -> None:
    whole = complete(motion, {"duration": 5.0, "settings": {"audio": True}, "width": 1280})
    assert type(whole["duration"]) is int
    assert whole["duration"] == 5


# -- local -----------------------------------------------------------------------------------------------------------


def test_a_local_models_fields_are_the_shots_own(mapped: Any) -> None:
    fields = {"clips": [Reference("a"), {"source": "b.mp4", "start": 1}], "keep_audio": False, "seed": 3, "prompt": "x"}
    result = mapped("local/concat", fields, own={"clips", "keep_audio"})
    assert told(result) == []
    assert result.native == {"clips": [Reference("a"), {"source": "b.mp4", "start": 1}], "keep_audio": False}
    assert result.ignored == {}


def test_a_local_model_takes_no_params(mapped: Any) -> None:
    result = mapped("local/flip", {"source": "a.png", "axis": "vertical"}, params={"axis": "vertical"})
    assert told(result) == [
        "params is no field of `local/flip` (write its fields on the shot itself: `axis` and `source`)"
    ]


# -- back ------------------------------------------------------------------------------------------------------------


def test_a_request_in_portable_terms(catalogue: Catalogue, mapped: Any) -> None:
    fields = {
        "prompt": "she runs",
        "duration": 8,
        "first_frame": Reference("a"),
        "last_frame": "b.png",
        "resolution": "720p",
        "format": "webm",
        "prompt_enhance": False,
    }
    back = to_portable(model_called(catalogue, CLIP), mapped(CLIP, fields).native)
    assert {name: back[name] for name in fields} == fields
    assert (back["quality"], back["native_audio"]) == (95, True)
    assert "width" not in back  # the frame says it


def test_frames_are_found_in_every_spelling(motion: Model) -> None:
    bare = to_portable(motion, {"inputs": {"frameImages": ["a.png", {"image": "b.png", "frame": -1}]}})
    assert (bare["first_frame"], bare["last_frame"]) == ("a.png", "b.png")
    two = to_portable(motion, {"inputs": {"frameImages": [{"image": "a.png"}, "b.png"]}})
    assert (two["first_frame"], two["last_frame"]) == ("a.png", "b.png")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fields=st.fixed_dictionaries(
        {"prompt": st.text(min_size=1, max_size=30)},
        optional={
            "seed": st.integers(0, 2147483647),
            "thinking": st.booleans(),
            "reference_images": st.lists(st.sampled_from(["a.png", Reference("x")]), min_size=1, max_size=4),
            "palette": st.just(PALETTE),
            "aspect_ratio": st.sampled_from(["1:1", "16:9", "2:3", "4:5"]),
        },
    ),
    name=st.sampled_from(VENDORS),
)
def test_the_portable_and_the_native_form_of_a_request_have_one_identity(fields: dict[str, Any], name: str) -> None:
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    kept = {one: value for one, value in fields.items() if model.takes(one)}
    portable = to_native(model, kept, own=frozenset(kept), params={})
    native = to_native(model, {}, own=frozenset({"params"}), params=portable.native)
    assert portable.faults == native.faults == ()
    assert accepted_default_free(model, portable.native) == accepted_default_free(model, native.native)
    back = to_portable(model, portable.native)
    assert {one: back.get(one) for one in kept if one != "aspect_ratio"} == {
        one: value for one, value in kept.items() if one != "aspect_ratio"
    }

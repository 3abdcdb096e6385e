"""The video models of the vendors that have several ways into a clip: which fields they take, which requests not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.identity import accepted_default_free
from wanspec.catalogue.media import media_uses
from wanspec.catalogue.portable import complete, to_native, to_portable
from wanspec.catalogue.prices import price
from wanspec.catalogue.sizes import output_size, size_source
from wanspec.catalogue.validation import request_faults, request_warnings
from wanspec.domain.items import Derived, Reference

WORDS, FRAMES = "aihubmax/wan-2.7-text-to-video", "aihubmax/wan-2.7-image-to-video"
PEOPLE, EDIT = "aihubmax/wan-2.7-reference-to-video", "aihubmax/wan-2.7-video-edit"
ANY, OFFICIAL = "reapi/wan2.7-video", "reapi/wan2.7-video-official"
EV_WORDS, EV_FRAMES = "evolink/wan2.7-text-to-video", "evolink/wan2.7-image-to-video"
EV_PEOPLE, EV_EDIT = "evolink/wan2.7-reference-video", "evolink/wan2.7-video-edit"
ALL = (WORDS, FRAMES, PEOPLE, EDIT, ANY, OFFICIAL, EV_WORDS, EV_FRAMES, EV_PEOPLE, EV_EDIT)
SHIPPED = load_catalogue().value
assert SHIPPED is not None


def sent(name: str, fields: dict[str, Any], *, own: set[str] | None = None) -> dict[str, Any]:
    """The native request without constants; every field stands on the shot unless `own` says otherwise."""
    assert SHIPPED is not None
    mapped = to_native(model_called(SHIPPED, name), fields, own=frozenset(fields if own is None else own), params={})
    assert mapped.faults == ()
    return mapped.native


def told(name: str, fields: dict[str, Any], params: dict[str, Any] | None = None) -> list[str]:
    """All that is wrong with a shot."""
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    own = frozenset(fields) | ({"params"} if params else set())
    mapped = to_native(model, fields, own=own, params=params or {}, peers=SHIPPED.of_kind)
    found = [f"{one.field} {one.message}" for one in mapped.faults]
    return found or [f"{one.field} {one.message}" for one in request_faults(model, mapped.native, mapped.origin)]


# -- what becomes of portable fields ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "native"),
    [
        (WORDS, {"prompt": "x"}, {"prompt": "x", "enable_prompt_expansion": True}),
        (
            WORDS,
            {"prompt": "x", "prompt_enhance": False, "audio": "a.wav", "negative_prompt": "n", "duration": 15},
            {
                "prompt": "x",
                "enable_prompt_expansion": False,
                "audio_url": "a.wav",
                "negative_prompt": "n",
                "duration": 15,
            },
        ),
        (
            WORDS,
            {"width": 1104, "height": 832},
            {"aspect_ratio": "4:3", "resolution": "720p", "enable_prompt_expansion": True},
        ),
        (
            WORDS,
            {"aspect_ratio": "9:16"},
            {"aspect_ratio": "9:16", "resolution": "1080p", "enable_prompt_expansion": True},
        ),
        (WORDS, {"resolution": "720P"}, {"resolution": "720p", "enable_prompt_expansion": True}),
        (
            WORDS,
            {"safety": "off", "watermark": False, "format": "mp4", "native_audio": True},
            {"enable_safety_checker": False, "enable_prompt_expansion": True},
        ),
        (
            FRAMES,
            {"first_frame": "a.png", "width": 1280, "height": 720},
            {
                "image_urls": ["a.png"],
                "resolution": "720p",
                "generation_type": "image-to-video",
                "enable_prompt_expansion": True,
            },
        ),
        (
            FRAMES,
            {"last_frame": "b.png", "first_frame": "a.png", "audio": "a.wav"},
            {
                "image_urls": ["a.png", "b.png"],
                "audio_url": "a.wav",
                "generation_type": "first-last-frame",
                "enable_prompt_expansion": True,
            },
        ),
        (
            FRAMES,
            {"first_clip": "a.mp4"},
            {"video_url": "a.mp4", "generation_type": "video-continuation", "enable_prompt_expansion": True},
        ),
        (
            PEOPLE,
            {"prompt": "x", "reference_images": ["a.png"], "reference_videos": ["b.mp4"], "shot_type": "multi"},
            {
                "prompt": "x",
                "reference_image_urls": ["a.png"],
                "reference_video_urls": ["b.mp4"],
                "multi_shots": True,
                "resolution": "1080p",
            },
        ),
        (
            EDIT,
            {"prompt": "x", "source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": True},
            {
                "prompt": "x",
                "video_url": "a.mp4",
                "reference_image_url": "b.png",
                "audio_setting": "origin",
            },
        ),
        (
            ANY,
            {"prompt": "x", "resolution": "720p", "aspect_ratio": "1:1", "watermark": True},
            {"prompt": "x", "size": "1:1", "resolution": "720P", "watermark": True, "prompt_extend": True},
        ),
        (
            ANY,
            {"first_frame": "a.png", "last_frame": "b.png", "audio": "a.wav", "width": 1920, "height": 1080},
            {
                "image_with_roles": [
                    {"url": "a.png", "role": "first_frame"},
                    {"url": "b.png", "role": "last_frame"},
                ],
                "audio_url": "a.wav",
                "resolution": "1080P",
                "prompt_extend": True,
            },
        ),
        (
            ANY,
            {"first_clip": "a.mp4", "last_frame": "b.png"},
            {
                "video_urls": ["a.mp4"],
                "image_with_roles": [{"url": "b.png", "role": "last_frame"}],
                "prompt_extend": True,
            },
        ),
        (
            ANY,
            {
                "prompt": "x",
                "reference_images": ["a.png"],
                "reference_videos": ["b.mp4"],
                "reference_voices": ["c.mp3"],
            },
            {
                "prompt": "x",
                "reference_image_urls": ["a.png"],
                "reference_video_urls": ["b.mp4"],
                "reference_voice_urls": ["c.mp3"],
                "prompt_extend": True,
            },
        ),
        # The same field of a shot has another home where a clip is edited; and an edit keeps the length of its clip.
        (
            ANY,
            {"source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": False},
            {
                "video_url": "a.mp4",
                "image_urls": ["b.png"],
                "audio_setting": "auto",
                "duration": 0,
                "prompt_extend": True,
            },
        ),
        (
            OFFICIAL,
            {"prompt": "x", "audio": "a.wav", "aspect_ratio": "3:4"},
            {
                "prompt": "x",
                "audio_url": "a.wav",
                "ratio": "3:4",
                "resolution": "1080P",
                "duration": 5,
                "prompt_extend": True,
            },
        ),
        (
            OFFICIAL,
            {"audio": "a.wav", "first_frame": "a.png", "last_frame": "b.png", "duration": 8, "resolution": "720p"},
            {
                "media": [
                    {"type": "first_frame", "url": "a.png"},
                    {"type": "last_frame", "url": "b.png"},
                    {"type": "driving_audio", "url": "a.wav"},
                ],
                "resolution": "720P",
                "duration": 8,
                "prompt_extend": True,
            },
        ),
        (
            OFFICIAL,
            {
                "prompt": "x",
                "reference_voices": ["v1.mp3", "v2.mp3"],
                "reference_videos": ["c.mp4"],
                "reference_images": ["a.png", "b.png"],
                "first_frame": "f.png",
            },
            {
                "prompt": "x",
                "media": [
                    {"type": "first_frame", "url": "f.png"},
                    {"type": "reference_image", "url": "a.png", "reference_voice": "v1.mp3"},
                    {"type": "reference_image", "url": "b.png", "reference_voice": "v2.mp3"},
                    {"type": "reference_video", "url": "c.mp4"},
                ],
                "resolution": "1080P",
                "duration": 5,
                "prompt_extend": True,
            },
        ),
        (
            OFFICIAL,
            {"source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": True},
            {
                "media": [{"type": "reference_image", "url": "b.png"}, {"type": "video", "url": "a.mp4"}],
                "audio_setting": "origin",
                "resolution": "1080P",
                "duration": 0,
                "prompt_extend": True,
            },
        ),
        (
            EV_WORDS,
            {"prompt": "x", "audio": "a.wav", "width": 1248, "height": 1648},
            {
                "prompt": "x",
                "audio_urls": ["a.wav"],
                "aspect_ratio": "3:4",
                "quality": "1080p",
                "prompt_extend": False,
            },
        ),
        (
            EV_FRAMES,
            {"first_frame": "a.png", "last_frame": "b.png", "audio": "a.wav", "prompt_enhance": True},
            {
                "image_start": "a.png",
                "image_end": "b.png",
                "audio_urls": ["a.wav"],
                "quality": "720p",
                "prompt_extend": True,
            },
        ),
        (
            EV_FRAMES,
            {"first_clip": "a.mp4", "last_frame": "b.png", "resolution": "1080p"},
            {"video_urls": ["a.mp4"], "image_end": "b.png", "quality": "1080p", "prompt_extend": False},
        ),
        (
            EV_PEOPLE,
            {"prompt": "x", "reference_images": ["a.png"], "reference_voices": ["v.mp3"], "first_frame": "f.png"},
            {
                "prompt": "x",
                "image_urls": ["a.png"],
                "audio_urls": ["v.mp3"],
                "image_start": "f.png",
                "quality": "720p",
                "prompt_extend": False,
            },
        ),
        (
            EV_EDIT,
            {"source_video": "a.mp4", "reference_images": ["b.png", "c.png"], "keep_audio": True},
            {
                "video_urls": ["a.mp4"],
                "image_urls": ["b.png", "c.png"],
                "keep_original_sound": True,
                "quality": "720p",
                "prompt_extend": False,
            },
        ),
    ],
)
def test_what_is_sent(name: str, fields: dict[str, Any], native: dict[str, Any]) -> None:
    assert sent(name, fields) == native


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        (FRAMES, {"first_frame": "a.png"}),
        (FRAMES, {"first_frame": Reference("a"), "last_frame": "b.png"}),
        (FRAMES, {"first_clip": "a.mp4"}),
        (PEOPLE, {"reference_images": ["a.png", "b.png"], "shot_type": "single"}),
        (EDIT, {"source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": True}),
        (ANY, {"first_clip": "a.mp4", "last_frame": "b.png"}),
        (ANY, {"source_video": "a.mp4", "reference_images": ["b.png"]}),
        (ANY, {"reference_videos": ["a.mp4"], "reference_voices": ["b.mp3"]}),
        (OFFICIAL, {"first_frame": "a.png", "last_frame": "b.png", "audio": "c.wav"}),
        (OFFICIAL, {"audio": "c.wav"}),
        (OFFICIAL, {"reference_images": ["a.png", Reference("b")], "reference_voices": ["c.mp3"]}),
        (OFFICIAL, {"source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": False}),
        (EV_WORDS, {"audio": "a.wav"}),
        (EV_FRAMES, {"first_clip": "a.mp4", "last_frame": "b.png"}),
        (EV_PEOPLE, {"first_frame": "a.png", "reference_videos": ["b.mp4"], "reference_voices": ["c.mp3"]}),
        (EV_EDIT, {"source_video": "a.mp4", "reference_images": ["b.png"], "keep_audio": True}),
    ],
)
def test_a_request_says_again_what_it_was_made_of(catalogue: Catalogue, name: str, fields: dict[str, Any]) -> None:
    back = to_portable(model_called(catalogue, name), sent(name, fields))
    media = {one for one in back if one.endswith(("frame", "clip", "video", "audio", "images", "videos", "voices"))}
    said = {one: back[one] for one in media if one not in ("native_audio", "keep_audio")}
    assert said == {one: value for one, value in fields.items() if one not in ("shot_type", "keep_audio")}
    for one in ("shot_type", "keep_audio"):
        assert one not in fields or back[one] == fields[one]


def test_a_request_written_in_native_words_is_filled_in_alike() -> None:
    assert SHIPPED is not None
    params = {"image_urls": ["a.png", "b.png"]}
    mapped = to_native(model_called(SHIPPED, FRAMES), {}, own=frozenset({"params"}), params=params)
    assert complete(model_called(SHIPPED, FRAMES), mapped.native) == {
        "model": "wan-2.7-image-to-video",
        "image_urls": ["a.png", "b.png"],
        "generation_type": "first-last-frame",
        "enable_prompt_expansion": True,
    }
    assert mapped.unchosen == ("enable_prompt_expansion",)


# -- what is refused -------------------------------------------------------------------------------------------------

FRAME, CLIP = {"first_frame": "a.png"}, {"first_clip": "a.mp4"}


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        (WORDS, {}, "prompt is missing"),
        (WORDS, {"prompt": "x" * 5001}, "prompt has 5001 characters, at most 5000"),
        (WORDS, {"prompt": "x", "negative_prompt": "n" * 501}, "negative_prompt has 501 characters, at most 500"),
        (WORDS, {"prompt": "x", "duration": 1}, "duration must be at least 2"),
        (WORDS, {"prompt": "x", "duration": 16}, "duration must be at most 15"),
        (WORDS, {"prompt": "x", "watermark": True}, f"watermark can only be `false` with `{WORDS}`"),
        (WORDS, {"prompt": "x", "native_audio": False}, f"native_audio can only be `true` with `{WORDS}`"),
        (WORDS, {"prompt": "x", "shot_type": "multi"}, f"shot_type is not taken by `{WORDS}`"),
        (WORDS, {"prompt": "x", "first_frame": "a.png"}, f"first_frame is not taken by `{WORDS}`"),
        (
            WORDS,
            {"prompt": "x", "width": 1088, "height": 832},
            "width is no size that this model makes with this `height`",
        ),
        (
            WORDS,
            {"prompt": "x", "aspect_ratio": "21:9"},
            "aspect_ratio is `21:9`, not one of `16:9`, `9:16`, `1:1`, `4:3`, `3:4`",
        ),
        (FRAMES, {"prompt": "x"}, "first_frame is missing"),
        (FRAMES, {"last_frame": "a.png"}, f"last_frame has no effect without `first_frame` in a request to `{FRAMES}`"),
        (FRAMES, {**FRAME, **CLIP}, f"first_clip cannot stand beside `first_frame` in a request to `{FRAMES}`"),
        (FRAMES, {**FRAME, "aspect_ratio": "16:9"}, f"aspect_ratio is not taken by `{FRAMES}`"),
        (PEOPLE, {"prompt": "x"}, "reference_images is missing"),
        (PEOPLE, {"prompt": "x", "reference_images": ["a.png"], "duration": 11}, "duration must be at most 10"),
        (
            PEOPLE,
            {"prompt": "x", "reference_images": ["a.png"] * 3, "reference_videos": ["a.mp4"] * 3},
            "reference_videos has 6 entries together with `reference_images`, at most 5",
        ),
        (
            PEOPLE,
            {"prompt": "x", "reference_images": ["a"], "prompt_enhance": True},
            f"prompt_enhance is not taken by `{PEOPLE}`",
        ),
        (EDIT, {"source_video": "a.mp4"}, "prompt is missing"),
        (EDIT, {"prompt": "x"}, "source_video is missing"),
        (EDIT, {"prompt": "x", "source_video": "a.mp4", "duration": 1}, "duration must be 0 or 2 to 10"),
        (
            EDIT,
            {"prompt": "x", "source_video": "a.mp4", "negative_prompt": "n"},
            f"negative_prompt is not taken by `{EDIT}`",
        ),
        (
            EDIT,
            {"prompt": "x", "source_video": "a.mp4", "reference_images": ["a.png", "b.png"]},
            "reference_images has 2 entries, at most 1",
        ),
        (ANY, {}, "prompt is missing"),
        (ANY, {"reference_images": ["a.png"]}, "prompt is missing"),
        (
            ANY,
            {"last_frame": "a.png"},
            f"last_frame has no effect without `first_frame` or `first_clip` in a request to `{ANY}`",
        ),
        (ANY, {**FRAME, **CLIP}, f"first_clip cannot stand beside `first_frame` in a request to `{ANY}`"),
        (ANY, {**CLIP, "audio": "a.wav"}, f"audio cannot stand beside `first_clip` in a request to `{ANY}`"),
        (ANY, {**FRAME, "aspect_ratio": "16:9"}, "aspect_ratio cannot be chosen beside `first_frame`"),
        (
            ANY,
            {**FRAME, "reference_images": ["b.png"]},
            f"reference_images cannot stand beside `first_frame` in a request to `{ANY}`",
        ),
        (ANY, {"prompt": "x", "duration": 0}, "duration must be at least 2: only an edited clip has a length to keep"),
        (ANY, {"prompt": "x", "duration": 1}, "duration must be 0 or 2 to 15"),
        (
            ANY,
            {"prompt": "x", "reference_videos": ["a.mp4"], "duration": 11},
            "duration must be at most 10 beside `reference_videos`",
        ),
        (ANY, {"source_video": "a.mp4", "duration": 11}, "duration must be at most 10 beside `source_video`"),
        (
            ANY,
            {"prompt": "x", "keep_audio": True},
            f"keep_audio has no effect without `source_video` in a request to `{ANY}`",
        ),
        (
            ANY,
            {"prompt": "x", "reference_voices": ["a.mp3"]},
            f"reference_voices has no effect without `reference_images` or `reference_videos` in a request to `{ANY}`",
        ),
        (
            ANY,
            {"prompt": "x", "reference_images": ["a.png"] * 6},
            "reference_images has 6 entries, at most 5",
        ),
        (
            ANY,
            {"source_video": "a.mp4", "reference_images": ["a.png"] * 5},
            "reference_images has 5 entries, at most 4",
        ),
        (ANY, {"prompt": "x", "safety": "fast"}, f"safety is not taken by `{ANY}`"),
        (
            OFFICIAL,
            {"prompt": "x", "duration": 0},
            "duration must be at least 2: only an edited clip has a length to keep",
        ),
        (
            OFFICIAL,
            {**CLIP, "reference_images": ["a.png"]},
            f"reference_images cannot stand beside `first_clip` in a request to `{OFFICIAL}`",
        ),
        (
            OFFICIAL,
            {"source_video": "a.mp4", **FRAME},
            f"source_video cannot stand beside `first_frame` in a request to `{OFFICIAL}`",
        ),
        (
            OFFICIAL,
            {"prompt": "x", "reference_images": ["a.png"], "reference_voices": ["a.mp3", "b.mp3"]},
            "reference_voices has 2 entries for 1 entry that they belong to",
        ),
        (OFFICIAL, {"prompt": "x", "reference_images": "a.png"}, "reference_images must be a list"),
        (
            OFFICIAL,
            {"prompt": "x", "reference_images": ["a.png", 3]},
            "reference_images[1] must be a picture: a reference, a path, an https address or a data URI",
        ),
        (
            OFFICIAL,
            {"prompt": "x", "reference_videos": ["a.mp4"], "duration": 12},
            "duration must be at most 10 beside reference videos",
        ),
        (EV_WORDS, {"prompt": "x", "seed": 0}, "seed must be at least 1"),
        (EV_FRAMES, {"prompt": "x"}, "first_frame is missing"),
        (
            EV_FRAMES,
            {**CLIP, "audio": "a.wav"},
            f"audio cannot stand beside `first_clip` in a request to `{EV_FRAMES}`",
        ),
        (EV_FRAMES, {**FRAME, "aspect_ratio": "16:9"}, f"aspect_ratio is not taken by `{EV_FRAMES}`"),
        (EV_PEOPLE, {"prompt": "x"}, "reference_images is missing"),
        (
            EV_PEOPLE,
            {"prompt": "x", "reference_videos": ["a.mp4"], "duration": 11},
            "duration must be at most 10 beside `reference_videos`",
        ),
        (
            EV_PEOPLE,
            {"prompt": "x", "reference_images": ["a.png"], **FRAME, "aspect_ratio": "16:9"},
            "aspect_ratio cannot be chosen beside `first_frame`",
        ),
        (EV_EDIT, {"prompt": "x"}, "source_video is missing"),
        (
            EV_EDIT,
            {"source_video": "a.mp4", "reference_images": ["a.png"] * 5},
            "reference_images has 5 entries, at most 4",
        ),
    ],
)
def test_what_a_shot_cannot_ask(name: str, fields: dict[str, Any], expected: str) -> None:
    assert expected in told(name, fields)


def media(*entries: str, **more: Any) -> dict[str, Any]:
    return {"prompt": "x", "media": [{"type": one, "url": "https://example.com/a"} for one in entries], **more}


URL = "https://example.com/a"


@pytest.mark.parametrize(
    ("name", "native", "expected"),
    [
        (FRAMES, {"image_urls": [URL], "video_url": URL}, "params.image_urls cannot stand beside `params.video_url`"),
        (
            FRAMES,
            {"image_urls": [URL], "generation_type": "first-last-frame"},
            "params.image_urls has one frame, `first-last-frame` takes two",
        ),
        (
            FRAMES,
            {"image_urls": [URL, URL], "generation_type": "image-to-video"},
            "params.image_urls has two frames, which `image-to-video` does not take",
        ),
        (
            FRAMES,
            {"video_url": URL, "generation_type": "image-to-video"},
            "params.video_url needs `video-continuation` as `params.generation_type`",
        ),
        (
            ANY,
            {"image_with_roles": [{"url": URL, "role": "last_frame"}]},
            "params.image_with_roles needs a first frame or a clip that goes on beside it",
        ),
        (
            ANY,
            {"image_with_roles": [{"url": URL, "role": "first_frame"}, {"url": URL, "role": "first_frame"}]},
            "params.image_with_roles names two first frames",
        ),
        (
            ANY,
            {"video_urls": [URL], "image_with_roles": [{"url": URL, "role": "first_frame"}]},
            "params.image_with_roles[0].role may only be the last frame beside `params.video_urls`",
        ),
        (ANY, {"prompt": "x", "image_urls": [URL]}, "params.image_urls has no effect without `source_video`"),
        (ANY, {"prompt": "x", "audio_setting": "auto"}, "params.audio_setting has no effect without `source_video`"),
        (
            ANY,
            {"video_url": URL, "reference_image_urls": [URL]},
            "params.reference_image_urls cannot stand beside `params.video_url`",
        ),
        (
            OFFICIAL,
            media("last_frame"),
            "params.media needs a first frame, or a clip that goes on, beside the last frame",
        ),
        (OFFICIAL, media("driving_audio"), "params.media needs a first frame beside the sound"),
        (OFFICIAL, media("first_frame", "first_frame"), "params.media names two first frames"),
        (OFFICIAL, media("first_clip", "first_frame"), "params.media[1].type cannot stand beside a clip that goes on"),
        (OFFICIAL, media("video", "first_frame"), "params.media[1].type cannot stand beside a clip that is edited"),
        (
            OFFICIAL,
            media("reference_image", "last_frame", "first_frame"),
            "params.media[1].type cannot stand beside references",
        ),
        (
            OFFICIAL,
            media("video", *["reference_image"] * 5),
            "params.media has more than four reference pictures for a clip that is edited",
        ),
        (
            OFFICIAL,
            media(*["reference_image"] * 3, *["reference_video"] * 3),
            "params.media has more than five references",
        ),
        (OFFICIAL, media("first_frame", audio_url=URL), "params.audio_url stands for clips from words alone"),
        (
            OFFICIAL,
            media("first_frame", ratio="16:9"),
            "params.ratio cannot be chosen beside a first frame or a clip that goes on",
        ),
        (
            OFFICIAL,
            media("first_frame", audio_setting="auto"),
            "params.audio_setting has no effect without a clip that is edited",
        ),
        (OFFICIAL, media("video", duration=11), "params.duration must be at most 10 for a clip that is edited"),
        (
            OFFICIAL,
            {"prompt": "x", "media": [{"type": "video", "url": URL, "reference_voice": URL}]},
            "params.media[0].reference_voice belongs to a reference picture or clip",
        ),
        (
            OFFICIAL,
            {"prompt": "x", "media": [{"type": "frame", "url": URL}]},
            "params.media[0].type must be one of `first_frame`, `last_frame`, `driving_audio`, `first_clip`, "
            "`reference_image`, `reference_video`, `video`",
        ),
        (OFFICIAL, {"media": [{"type": "reference_image", "url": URL}]}, "prompt is missing"),
        (
            EV_FRAMES,
            {"image_start": URL, "video_urls": [URL]},
            "params.image_start cannot stand beside `params.video_urls`",
        ),
        (
            EV_FRAMES,
            {"image_start": URL, "image_end": URL, "generation_mode": "first_frame"},
            "params.image_end needs `first_last_frame` as `params.generation_mode`",
        ),
        (
            EV_PEOPLE,
            {
                "prompt": "x",
                "image_urls": [URL],
                "audio_urls": [URL],
                "model_params": {"voice_bindings": {"image1": URL}},
            },
            "params.audio_urls cannot stand beside `params.model_params.voice_bindings`",
        ),
        (
            EV_PEOPLE,
            {"prompt": "x", "image_urls": [URL], "model_params": {"voice_bindings": {"image6": URL}}},
            "params.model_params.voice_bindings.image6 is not a field of `evolink/wan2.7-reference-video` in "
            "`model_params.voice_bindings`",
        ),
    ],
)
def test_what_native_words_cannot_ask(name: str, native: dict[str, Any], expected: str) -> None:
    assert expected in told(name, {}, native)


@pytest.mark.parametrize(
    ("name", "native"),
    [
        (OFFICIAL, media("first_frame", "last_frame", "driving_audio")),
        (OFFICIAL, media("first_clip", "last_frame")),
        (OFFICIAL, media("first_frame", *["reference_image"] * 5)),
        (OFFICIAL, media("video", *["reference_image"] * 4, duration=10)),
        (OFFICIAL, {"media": [{"type": "video", "url": URL}]}),
        (ANY, {"image_with_roles": [{"url": URL}, {"url": URL}]}),
        (ANY, {"video_url": URL, "image_urls": [URL] * 4, "size": "9:16", "duration": 2}),
        (FRAMES, {"video_url": URL}),
    ],
)
def test_what_native_words_can_ask(name: str, native: dict[str, Any]) -> None:
    assert told(name, {}, native) == []


def test_a_sound_beside_a_continued_clip_is_warned_of(catalogue: Catalogue) -> None:
    native = {"video_url": URL, "audio_url": URL}
    (found,) = request_warnings(
        model_called(catalogue, FRAMES), native, {"audio_url": "audio", "video_url": "first_clip"}
    )
    assert (found.field, found.message) == ("audio", "may be refused beside `first_clip`")


def test_what_is_inherited_gives_way_to_the_shape(catalogue: Catalogue) -> None:
    fields = {"first_frame": "a.png", "aspect_ratio": "16:9", "resolution": "720p", "keep_audio": True}
    for name, shape in ((ANY, "image_with_roles"), (OFFICIAL, "media"), (FRAMES, "image_urls")):
        mapped = to_native(model_called(catalogue, name), fields, own=frozenset({"first_frame"}), params={})
        assert mapped.faults == ()
        assert set(mapped.ignored) == {"aspect_ratio", "keep_audio"}
        assert shape in mapped.native
        assert str(mapped.native["resolution"]).lower() == "720p"


def test_a_field_goes_where_the_shape_that_is_left_takes_it(catalogue: Catalogue) -> None:
    """The clip to edit is left out; its reference pictures are those of a clip from references then."""
    fields = {"prompt": "x", "reference_images": ["a.png"], "last_frame": "b.png", "source_video": "d.mp4"}
    mapped = to_native(model_called(catalogue, ANY), fields, own=frozenset(), params={})
    assert mapped.native == {"prompt": "x", "reference_image_urls": ["a.png"], "prompt_extend": True}
    assert set(mapped.ignored) == {"source_video", "last_frame"}


# -- media, sizes, prices --------------------------------------------------------------------------------------------


def test_each_entry_of_a_list_says_what_kind_of_medium_it_is(catalogue: Catalogue) -> None:
    native = sent(
        OFFICIAL,
        {
            "prompt": "x",
            "first_frame": Derived("local/frame", (("at", "last"), ("source", Reference("clip")))),
            "reference_images": [Reference("a")],
            "reference_videos": ["b.mp4"],
            "reference_voices": ["c.mp3"],
        },
    )
    assert [(one.path, one.kind) for one in media_uses(model_called(catalogue, OFFICIAL), native)] == [
        ("media[0].url", "image"),
        ("media[1].reference_voice", "audio"),
        ("media[1].url", "image"),
        ("media[2].url", "video"),
    ]


@pytest.mark.parametrize(
    ("name", "fields", "source"),
    [
        (WORDS, {"prompt": "x"}, ""),
        (FRAMES, FRAME, "image_urls[0]"),
        (FRAMES, CLIP, "video_url"),
        (EDIT, {"source_video": "a.mp4"}, "video_url"),
        (EDIT, {"source_video": "a.mp4", "aspect_ratio": "1:1"}, ""),
        (ANY, {"first_frame": "a.png"}, "image_with_roles[0].url"),
        (ANY, CLIP, "video_urls[0]"),
        (ANY, {"source_video": "a.mp4"}, "video_url"),
        (OFFICIAL, {"reference_images": ["b.png"], "first_frame": "a.png", "prompt": "x"}, "media[0].url"),
        (OFFICIAL, {"reference_images": ["b.png"], "source_video": "a.mp4"}, "media[1].url"),
    ],
)
def test_whose_proportions_a_clip_takes(catalogue: Catalogue, name: str, fields: dict[str, Any], source: str) -> None:
    model = model_called(catalogue, name)
    native = sent(name, {**fields, "resolution": "720p"})
    assert size_source(model, native) == source
    if source:
        assert output_size(model, native) is None
        assert output_size(model, native, Fraction(4, 3)) == (1104, 832)
        assert output_size(model, native, Fraction(2, 1)) == (1344, 672)


@pytest.mark.parametrize(
    ("name", "fields", "usd"),
    [
        (ANY, {"prompt": "x", "duration": 5}, "0.603"),
        (ANY, {"prompt": "x", "duration": 2, "resolution": "720p"}, "0.147"),
        (ANY, {"first_clip": "a.mp4", "duration": 10}, "1.206"),
        (ANY, {"source_video": "a.mp4", "duration": 5}, "0.603"),
        (OFFICIAL, {"prompt": "x"}, "0.736"),
        (OFFICIAL, {"prompt": "x", "resolution": "720p", "duration": 10}, "0.883"),
    ],
)
def test_prices(catalogue: Catalogue, name: str, fields: dict[str, Any], usd: str) -> None:
    assert price(model_called(catalogue, name), sent(name, fields)).usd == Decimal(usd)


def test_an_edit_that_keeps_its_length_costs_what_its_clip_is_long(catalogue: Catalogue) -> None:
    model = model_called(catalogue, ANY)
    native = sent(ANY, {"source_video": "a.mp4", "resolution": "720p"})
    unknown = price(model, native)
    assert (unknown.usd, unknown.note) == (None, "depends on the length of the videos that go in")
    assert price(model, native, input_seconds=4).usd == Decimal("0.293")


def test_a_vendor_without_a_price_list_is_never_free(catalogue: Catalogue) -> None:
    for name in (WORDS, FRAMES, PEOPLE, EDIT):
        assert price(model_called(catalogue, name), {"prompt": "x"}).usd is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fields=st.fixed_dictionaries(
        {"prompt": st.text(min_size=1, max_size=30)},
        optional={
            "seed": st.integers(1, 2147483647),
            "duration": st.integers(2, 10),
            "prompt_enhance": st.booleans(),
            "first_frame": st.sampled_from(["a.png", Reference("x")]),
            "last_frame": st.just("b.png"),
            "first_clip": st.just("c.mp4"),
            "source_video": st.just("d.mp4"),
            "reference_images": st.lists(st.sampled_from(["a.png", Reference("y")]), min_size=1, max_size=1),
            "reference_videos": st.just(["e.mp4"]),
            "reference_voices": st.just(["v.mp3"]),
            "audio": st.just("f.wav"),
            "keep_audio": st.booleans(),
            "aspect_ratio": st.sampled_from(["1:1", "16:9", "3:4"]),
            "resolution": st.sampled_from(["720p", "1080p"]),
        },
    ),
    name=st.sampled_from(ALL),
)
def test_any_fields_that_are_taken_make_a_good_request_with_one_identity(fields: dict[str, Any], name: str) -> None:
    """However they are mixed: what is inherited and does not fit is left out, and the rest is accepted."""
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    mapped = to_native(model, fields, own=frozenset(), params={})
    assert mapped.faults == ()
    missing = {f"{one} is missing" for one in ("first_frame", "source_video", "reference_images")}
    found = {f"{one.field} {one.message}" for one in request_faults(model, mapped.native, mapped.origin)}
    assert found <= missing
    again = to_native(model, {}, own=frozenset({"params"}), params=mapped.native)
    assert again.faults == ()
    assert accepted_default_free(model, mapped.native) == accepted_default_free(model, again.native)

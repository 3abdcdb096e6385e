"""What of a request may enter its key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.conftest import model_called, requests_of
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.identity import accepted_default_free
from wanspec.catalogue.media import media_uses
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import steps, value_at
from wanspec.catalogue.portable import to_native
from wanspec.domain.items import Derived, Reference

STILL = {"positivePrompt": "a red kite", "width": 1024, "height": 1024}
CLIP = {"positivePrompt": "a red kite", "width": 1280, "height": 720}
SHIPPED = load_catalogue().value
assert SHIPPED is not None

DELIVERY = {
    "taskType": "imageInference",
    "taskUUID": "135b1aef-72c7-41ff-86b5-8948386dcb33",
    "model": "alibaba:wan@2.7-image",
    "outputType": "dataURI",
    "deliveryMethod": "async",
    "webhookURL": "https://example.com/hook",
    "uploadEndpoint": "https://example.com/put",
    "ttl": 3600,
    "includeCost": True,
    "safety": {"checkContent": True, "mode": "fast"},
}


@pytest.mark.parametrize("name", sorted(DELIVERY))
def test_delivery_gates_and_constants_say_nothing(still: Model, name: str) -> None:
    assert accepted_default_free(still, {**STILL, name: DELIVERY[name]}) == STILL


@pytest.mark.parametrize(
    "extra",
    [
        {"seed": 7},
        {"outputFormat": "JPG"},
        {"outputQuality": 95.0},
        {"numberResults": 1},
        {"settings": {"thinking": True, "sequential": False}},
        {"settings": {}},
        {"inputs": {"referenceImages": [Reference("a"), "b.png"]}},
        {"advancedFeatures": {"watermark": {"image": "mark.png"}}},
    ],
)
def test_defaults_the_seed_and_media_are_left_out(still: Model, extra: dict[str, Any]) -> None:
    assert accepted_default_free(still, {**STILL, **extra}) == STILL


@pytest.mark.parametrize(
    "extra",
    [
        {"outputFormat": "PNG"},
        {"outputQuality": 94},
        {"numberResults": 2},
        {"settings": {"thinking": False}},
        {"settings": {"editRegions": [[]]}},
        {"settings": {"editRegions": [[[1, 2, 3, 4]], []]}},
        {"advancedFeatures": {"watermark": {"text": "ours"}}},
    ],
)
def test_everything_else_stays(still: Model, extra: dict[str, Any]) -> None:
    assert accepted_default_free(still, {**STILL, **extra}) == {**STILL, **extra}


def test_what_is_left_out_of_a_mapping_leaves_the_rest(motion: Model) -> None:
    native = {
        **CLIP,
        "resolution": "1080p",
        "settings": {"audio": True, "promptEnhancer": True, "shotType": "multi"},
        "inputs": {"audio": "a.wav", "referenceVideos": ["b.mp4"]},
    }
    assert accepted_default_free(motion, native) == {**CLIP, "settings": {"promptEnhancer": True, "shotType": "multi"}}


def test_prompt_rewriting_stays_at_its_default(motion: Model) -> None:
    mapped = to_native(motion, {"prompt": "x", "first_frame": "a.png"}, own=frozenset(), params={})
    assert accepted_default_free(motion, mapped.native)["settings"] == {"promptEnhancer": True}


def test_entries_of_a_mixed_list_keep_their_places(motion: Model) -> None:
    frames = ["a.png", {"image": Derived("local/frame", ()), "frame": "last"}]
    assert accepted_default_free(motion, {"inputs": {"frameImages": frames}}) == {
        "inputs": {"frameImages": [None, {"frame": "last"}]}
    }


def test_texts_that_mean_the_same_are_one(catalogue: Catalogue, still: Model) -> None:
    def palette(*ratios: str) -> list[dict[str, str]]:
        return [{"hex": "#112233", "ratio": one} for one in ratios]

    def identity(model: Model, native: dict[str, Any]) -> dict[str, Any]:
        return accepted_default_free(model, native)

    whole = identity(still, {"settings": {"colorPalette": palette("34%", "33%", "33.0%")}})
    assert whole == identity(still, {"settings": {"colorPalette": palette("34.00%", "33.00%", "33.00%")}})
    assert whole != identity(still, {"settings": {"colorPalette": palette("34.01%", "32.99%", "33%")}})
    reapi = model_called(catalogue, "reapi/wan2.7-image")
    assert identity(reapi, {"resolution": "2k"}) == {}
    assert identity(reapi, {"resolution": "1k"}) == identity(reapi, {"resolution": "1K"})
    empirio = model_called(catalogue, "empiriolabs/wan2-7-image")
    loose = identity(empirio, {"bbox_list": "[ [[1, 2, 3, 4]] ]"})
    assert loose == identity(empirio, {"bbox_list": "[[[1,2,3,4]]]"})
    assert loose != identity(empirio, {"bbox_list": "[[[1,2,3,5]]]"})


@pytest.mark.parametrize("vendor", ["aihubmax/wan-2.7-image", "empiriolabs/wan2-7-image"])
def test_other_vendors_delivery(catalogue: Catalogue, vendor: str) -> None:
    extra = (
        {"enable_safety_checker": True}
        if vendor.startswith("aihubmax")
        else {"response_format": "b64_json", "sync": True}
    )
    model = model_called(catalogue, vendor)
    assert accepted_default_free(model, {"prompt": "x", **extra}) == {"prompt": "x"}


def test_local_models_have_defaults_too(catalogue: Catalogue) -> None:
    concat = model_called(catalogue, "local/concat")
    native = {"clips": [Reference("a"), "b.mp4"], "transition": "cut", "keep_audio": True, "audio": "s.wav", "fps": 24}
    assert accepted_default_free(concat, native) == {"fps": 24}
    overlay = model_called(catalogue, "local/overlay")
    assert accepted_default_free(overlay, {"source": "a", "picture": "b", "at": "bottom-right", "opacity": 1.0}) == {}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), name=st.sampled_from(SHIPPED.ids()))
def test_what_stays_is_part_of_the_request_and_holds_no_media(data: st.DataObject, name: str) -> None:
    assert SHIPPED is not None
    model = model_called(SHIPPED, name)
    native = data.draw(requests_of(model, faulty=False))
    kept = accepted_default_free(model, native)
    # Doing it twice does no more, and every medium is gone.
    assert accepted_default_free(model, kept) == kept
    assert not [use for use in media_uses(model, kept) if not isinstance(use.medium, type(None))]
    for field in (*model.constants, model.task_id, *(one for one in model.delivery)):
        if field:
            assert not value_at(kept, steps(field))

"""A model for readers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.description import describe, takes
from wanspec.domain.json import canonical


def rows(catalogue: Catalogue, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    fields: Any = describe(model_called(catalogue, name))["fields"]
    return {(one["field"], one["native"]): one for one in fields}


def test_both_vocabularies_stand_side_by_side(catalogue: Catalogue) -> None:
    found = rows(catalogue, "runware/wan2.7-image")
    assert found["prompt", "positivePrompt"]["takes"] == "text, 3000 characters at most"
    assert found["prompt", "positivePrompt"]["required"] is True
    assert found["palette", "settings.colorPalette"]["takes"] == "3 to 10 of `{hex, ratio}`, ratios in percent"
    assert found["format", "outputFormat"]["takes"] == "jpg, png, webp"
    assert found["width", "width"]["takes"] == "768 to 2048, in steps of 16"
    assert found["aspect_ratio", "width, height"]["takes"].startswith("1:1, 5:4, 4:3")
    assert found["reference_images", "inputs.referenceImages"]["takes"] == "1 to 9 pictures"
    assert found["", "ttl"]["note"] == "delivery only: not part of the key"
    assert found["", "taskType"]["note"] == "filled in by wanspec"
    assert found["watermark", ""]["takes"] == "false"


@pytest.mark.parametrize("model_id", load_catalogue().value.ids())  # type: ignore[union-attr]
def test_every_native_field_is_told(catalogue: Catalogue, model_id: str) -> None:
    model = model_called(catalogue, model_id)
    described = describe(model)
    fields: Any = described["fields"]
    told = {part for one in fields for part in one["native"].split(", ")}
    for name in model.schema["properties"]:
        assert any(one == name or one.startswith((f"{name}.", f"{name}[")) for one in told), name
    for name in model.portable:
        assert any(one["field"] == name for one in fields), name
    assert canonical(described)


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("runware/wan2.7-video", "$0.1 (720p), $0.15 (1080p) per second of the result and of the clips that go in"),
        ("empiriolabs/wan2-7-image", "$0.075 (wan2.7-image-pro), $0.03 (wan2.7-image) per image"),
        ("aihubmax/wan-2.7-image", "the vendor tells its prices only at `/api/pricing`"),
        ("local/loop", "free"),
    ],
)
def test_prices_in_words(catalogue: Catalogue, name: str, price: str) -> None:
    assert describe(model_called(catalogue, name))["price"] == price


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "boolean"}, "true, false"),
        ({"type": "integer", "minimum": 1}, "1 or more"),
        ({"type": "number", "maximum": 2}, "2 or less"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "more than 0, 1 at most"),
        ({"type": "array", "minItems": 2, "maxItems": 2}, "a list of 2"),
        ({"type": "array", "maxItems": 2}, "a list of 2 at most"),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "object"}]}, "a, b or a mapping"),
        ({"const": True}, "true"),
        ({}, ""),
    ],
)
def test_ranges_in_words(schema: dict[str, Any], text: str) -> None:
    assert takes(schema) == text

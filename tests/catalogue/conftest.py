"""The catalogue as it ships, and requests drawn at random from a model's schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st

from wanspec.catalogue.catalogue import Catalogue, load_catalogue
from wanspec.catalogue.model import Model
from wanspec.domain.items import Derived, Reference

MEDIA = st.sampled_from(
    [
        Reference("still"),
        Reference("still", 2),
        Derived("local/frame", (("at", "last"), ("source", Reference("clip")))),
        "assets/mara.png",
        "https://example.com/a.png",
        "data:image/png;base64,AAAA",
    ]
)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    checked = load_catalogue()
    assert checked.ok
    assert checked.value is not None
    return checked.value


@pytest.fixture(scope="session")
def still(catalogue: Catalogue) -> Model:
    return model_called(catalogue, "runware/wan2.7-image")


@pytest.fixture(scope="session")
def motion(catalogue: Catalogue) -> Model:
    return model_called(catalogue, "runware/wan2.7-video")


def model_called(catalogue: Catalogue, name: str) -> Model:
    found = catalogue.get(name)
    assert found is not None, name
    return found


def requests_of(model: Model, *, faulty: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Requests of a model's fields; with `faulty` some values are out of range, of another type, or unknown."""
    media = {place.place for place in model.media}

    def of(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> st.SearchStrategy[Any]:
        good = _good(schema, path)
        if faulty and path and path[-1] != 0 and path not in media:
            bad = st.sampled_from([True, None, "x", "", 0, -1, 1.5, 777, 10**6, [], {}, "x" * 600, [1], {"a": 1}])
            return st.integers(0, 9).flatmap(lambda n: bad if n == 0 else good)
        return good

    def _good(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> st.SearchStrategy[Any]:
        if path in media and schema.get("type") == "string":
            return MEDIA
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema and "type" not in schema:
                return st.one_of(*(of(one, path) for one in schema[word]))
        kind = schema.get("type")
        if kind == "boolean":
            return st.booleans()
        if kind == "integer":
            step = schema.get("multipleOf", 1)
            low, high = schema.get("minimum", 0), schema.get("maximum", 4096)
            return st.integers(math.ceil(low / step), high // step).map(lambda n: n * step)
        if kind == "number":
            return st.floats(schema.get("minimum", 0.5), schema.get("maximum", 50), allow_nan=False)
        if kind == "string":
            if "pattern" in schema:
                return st.from_regex(schema["pattern"].replace("$", r"\Z"), fullmatch=False)
            return st.text(min_size=schema.get("minLength", 0), max_size=20)
        if kind == "array":
            high = min(schema.get("maxItems", 4), schema.get("minItems", 0) + 2)
            return st.lists(of(schema.get("items", {}), (*path, 0)), min_size=schema.get("minItems", 0), max_size=high)
        if kind == "object":
            return mapping(schema, path)
        return st.text(max_size=3)

    def mapping(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> st.SearchStrategy[dict[str, Any]]:
        fields = {name: of(part, (*path, name)) for name, part in schema.get("properties", {}).items()}
        needed = {name: fields.pop(name) for name in schema.get("required", ()) if name in fields}
        if faulty:
            fields["widht"] = st.just(1)
        return st.fixed_dictionaries(needed, optional=fields)

    return mapping(model.schema, ())

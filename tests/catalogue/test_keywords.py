"""The keywords that JSON Schema lacks."""

from __future__ import annotations

from typing import Any

import pytest
from referencing.exceptions import Unresolvable

from wanspec.catalogue.keywords import meta_faults, validator_of


def messages(schema: dict[str, Any], instance: Any) -> list[str]:
    return [error.message for error in validator_of(schema).iter_errors(instance)]


SUM = {"x-sum": {"of": "ratio", "total": "100", "tolerance": "0.01"}}
PAIR = {"x-pairs": {"of": ["a", "b"], "allowed": [[1, 2], [30, 40]]}}
LENGTH = {"x-same-length": [{"list": "boxes", "as": "images", "flat": True, "unless_empty": True}]}


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        (SUM, [{"ratio": "60%"}, {"ratio": "39.99%"}], []),
        (SUM, [{"ratio": "60%"}, {"ratio": "39.98%"}], ["has shares that sum to 99.98 %, not to 100 %"]),
        (SUM, [{"ratio": "60%"}, {"ratio": 40}], []),  # the bad entry is a fault of its own
        (SUM, "60%", []),
        (PAIR, {"a": 1, "b": 2}, []),
        (PAIR, {"a": 1.0, "b": 2.0}, []),
        (PAIR, {"a": 30, "b": 41}, ["30 and {b} 41 are no size that this model makes"]),
        (PAIR, {"a": 30}, []),
        (LENGTH, {"images": [1], "boxes": [[]]}, []),
        (LENGTH, {"images": [1], "boxes": "[[1,2,3,4],[1,2,3,4]]"}, []),
        (LENGTH, {"images": [1, 2], "boxes": "[[1,2,3,4]]"}, ["has 1 entry, but {images} has 2 entries"]),
        (LENGTH, {"boxes": [[]]}, ["has no effect without {images}"]),
        (LENGTH, {"boxes": []}, []),
        (LENGTH, {"boxes": "not json"}, []),
        ({"x-box": True}, [1, 2, 3, 4], []),
        ({"x-box": True}, [3, 2, 3, 4], ["must run from left to right: x1 3 is not less than x2 3"]),
        ({"x-box": True}, [1, 2, 3], []),
        ({"x-box": True}, [True, 2, 3, 4], []),
        ({"x-pixels": {"minimum": 100}}, "9x9", ["gives 81 pixels in all, at least 100 are needed"]),
        (
            {"x-pixels": {"maximum": 100}},
            {"width": 20, "height": 20},
            ["gives 400 pixels in all, at most 100 are taken"],
        ),
        ({"x-pixels": {"aspect": 2}}, "30x10", ["gives a picture with sides that differ by more than 2 times"]),
        ({"x-pixels": {"aspect": 2}}, "2K", []),
        ({"x-pixels": {"aspect": 2}}, {"width": "a"}, []),
        ({"x-ordered": [["start", "end"]]}, {"start": 1, "end": 1}, ["must be more than {start}, which is 1"]),
        ({"x-ordered": [["start", "end"]]}, {"start": 1}, []),
        ({"x-json": {"type": "array"}}, "[1]", []),
        ({"x-json": {"type": "array"}}, "{}", ["{} is not of type 'array'"]),
        ({"x-json": {}}, "[" * 5000, ["must hold JSON in a text"]),
        ({"x-total-items": [{"lists": ["a", "b"], "maximum": 2}]}, {"a": [1], "b": [1]}, []),
        (
            {"x-total-items": [{"lists": ["a", "b"], "maximum": 2}]},
            {"a": [1, 2], "b": [1]},
            ["has 3 entries together with {a}, at most 2"],
        ),
        ({"x-total-items": [{"lists": ["a", "b"], "maximum": 2}]}, {"a": [1, 2, 3]}, ["has 3 entries, at most 2"]),
    ],
)
def test_keywords(schema: dict[str, Any], instance: Any, expected: list[str]) -> None:
    assert messages(schema, instance) == expected


def test_a_schema_that_is_none_is_told() -> None:
    assert meta_faults({"type": "object"}) == []
    assert meta_faults({"properties": {"a": {"minimum": "1"}}}) == [
        ("properties.a.minimum", "must be of type number"),
    ]


def test_nothing_is_fetched_for_a_schema() -> None:
    with pytest.raises(Unresolvable):
        messages({"$ref": "https://example.com/schema.json"}, {})

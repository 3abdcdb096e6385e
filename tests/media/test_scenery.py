"""Scenes that words put together."""

from __future__ import annotations

from random import Random

import pytest

from wanspec.media.colours import colours
from wanspec.media.scenery import paint, scene_of


@pytest.mark.parametrize("place", ["on a pier by the sea", "in a street", "in a kitchen", "in a forest", "on a dune"])
@pytest.mark.parametrize("figure", ["Portrait of a woman", "A woman far away, wide shot", "A woman"])
def test_a_person_of_any_size_stands_in_any_place(place: str, figure: str) -> None:
    words = f"{figure} {place}"
    for seed in range(4):
        random = Random(seed)
        scene = scene_of(words, random)
        assert paint((320, 180), scene, colours((), words, random), random).size == (320, 180)

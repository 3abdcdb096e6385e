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


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("steps off the ferry, watched from a lit window", "water"),
        ("a window onto the sea", "room"),
        ("a lighthouse, no sea in sight", "water"),
        ("a tower in the forest", "city"),
    ],
)
def test_the_first_place_that_a_prompt_names_is_the_scene(prompt: str, name: str) -> None:
    assert scene_of(prompt, Random(1)).name == name


def test_a_wide_shot_a_full_figure_and_a_close_one_differ_in_size() -> None:
    sizes = [
        scene_of(prompt, Random(1)).figure
        for prompt in (
            "a fjord",
            "wide, she waits",
            "she waits",
            "full-length portrait of her",
            "close portrait of her",
        )
    ]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 0
    assert sizes[-2] < 1 < sizes[-1], "all of her is seen, and only the upper half"

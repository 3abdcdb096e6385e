"""The camera's move is read from the prompt, and begins and ends where it should."""

from __future__ import annotations

import pytest

from wanspec.media.camera import DRIFT, move_of


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Slow dolly towards Mara as the ramp lowers", "push in"),
        ("the camera pushes in on the lantern", "push in"),
        ("zooming in", "push in"),
        ("pull back to reveal the harbour", "pull out"),
        ("she dollies out of the room", "pull out"),
        ("the camera pans slowly to the left", "pan left"),
        ("slow pan right", "pan right"),
        ("pans across the skyline", "pan right"),
        ("crane up over the roofs", "tilt up"),
        ("tilt down to her hands", "tilt down"),
        ("orbiting shot", "orbit"),
        ("continuous handheld shot", "handheld"),
        ("Static wide shot", "static"),
        ("locked-off camera, then a pan left", "static"),
        ("镜头缓缓推近", "push in"),
        ("固定镜头", "static"),
        ("a frying pan on the stove", DRIFT.name),
        ("she tilts her head up", DRIFT.name),
        ("static on the radio", DRIFT.name),
        ("", DRIFT.name),
    ],
)
def test_the_first_move_named_is_taken(prompt: str, name: str) -> None:
    assert move_of(prompt).name == name


@pytest.mark.parametrize(
    "prompt",
    ["push in", "pull out", "pan left", "pan right", "tilt up", "tilt down", "orbits", "handheld", "static shot", ""],
)
def test_every_move_is_at_rest_where_it_meets_a_given_picture(prompt: str) -> None:
    move = move_of(prompt)
    assert move.at(0) == (0, 0, 1)
    near = move.at(0.01)
    assert max(abs(near[0]), abs(near[1]), abs(near[2] - 1)) < 0.01, "it starts without a jerk"


def test_the_room_that_a_move_needs_is_told() -> None:
    assert move_of("pan left").reach(0, 1) == pytest.approx((0.26, 0))
    assert move_of("push in").reach(0, 1) == (0, 0)
    across, down = move_of("push in").reach(-1, 0)
    assert across == down == pytest.approx(0.15)


def test_a_hand_holds_the_camera_on_another_way_too() -> None:
    move = move_of("handheld, then it pans right with her")
    assert (move.name, move.right) == ("pan right, handheld", move_of("pans right").right)
    assert move.shake == move_of("handheld").shake > 0
    assert move_of("static shot, no handheld camera").name == "static"

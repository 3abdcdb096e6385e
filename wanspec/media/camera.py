"""The camera's move in a preview, read from the prompt where it names one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

View = tuple[float, float, float]  # how far right and down, in shares of the frame, and how much closer


@dataclass(frozen=True, slots=True)
class Move:
    """Where the camera is at the end of a clip that it begins at (0, 0, 1)."""

    name: str
    right: float = 0.0
    down: float = 0.0
    closer: float = 1.0  # 1.25: things look a quarter larger
    shake: float = 0.0
    bow: float = 0.0  # an orbit comes closer on its way and goes back

    def at(self, time: float) -> View:
        """The view at a time from -1 to 1: 0 is the picture as it is given, 1 the end of the move.

        Negative times are where the camera was on its way to the picture that a clip ends on.
        """
        eased = math.copysign(_ease(abs(time)), time)
        closer = self.closer**eased * (1 + self.bow * math.sin(math.pi * abs(time)))
        # A hand's tremble is nothing at both ends, where the picture is the given one.
        tremble = self.shake * math.sin(math.pi * abs(time))
        return (
            self.right * eased + tremble * (math.sin(time * 31) + 0.6 * math.sin(time * 53 + 1)),
            self.down * eased + tremble * (math.sin(time * 37 + 2) + 0.5 * math.sin(time * 61)),
            closer,
        )

    def reach(self, first: float, last: float) -> tuple[float, float]:
        """How far beyond the picture's edges it sees between two times: shares of width and height."""
        across = down = 0.0
        for step in range(65):
            right, below, closer = self.at(first + (last - first) * step / 64)
            half = 0.5 / closer - 0.5
            across, down = max(across, abs(right) + half), max(down, abs(below) + half)
        return across, down


STATIC = Move("static")
DRIFT = Move("slow drift", right=0.015, closer=1.07)

# The first one named in the prompt is taken.  Chinese terms are those that Chinese prompt guides use.
_MOVES: tuple[tuple[str, Move], ...] = (
    (
        r"push(?:es|ing)?[ -]?in|doll(?:y|ies)(?:ing)? (?:in|towards?|forward|closer)|zoom(?:s|ing)?[ -]in|moves? (?:in|closer)|推近|推进|推镜",
        Move("push in", closer=1.30),
    ),
    (
        r"pull(?:s|ing)?[ -]?(?:out|back|away)|doll(?:y|ies)(?:ing)? (?:out|back|away)|zoom(?:s|ing)?[ -]out|拉远|拉镜|后拉",
        Move("pull out", closer=1 / 1.28),
    ),
    (r"pan(?:s|ning)?(?: \w+){0,2} left|(?:truck|track|slide)(?:s|ing)? left|左摇|向左", Move("pan left", right=-0.26)),
    (
        r"pan(?:s|ning)?(?: \w+){0,2} right|(?:truck|track|slide)(?:s|ing)? right|右摇|向右",
        Move("pan right", right=0.26),
    ),
    (
        r"tilt(?:s|ing)?(?: \w+){0,2} down|(?:crane|boom|pedestal)(?:s|ing)? down|下摇|俯摇",
        Move("tilt down", down=0.26),
    ),
    (r"tilt(?:s|ing)?(?: \w+){0,2} up|(?:crane|boom|pedestal)(?:s|ing)? up|上摇|仰摇", Move("tilt up", down=-0.26)),
    (
        r"orbit(?:s|ing)?|arc(?:s|ing)? (?:shot|around)|circl(?:es|ing) around|环绕",
        Move("orbit", right=0.20, closer=1.06, bow=0.10),
    ),
    (r"tracking shot|tracks?|follow(?:s|ing)?|steadicam|跟拍|跟随", Move("tracking", right=0.14, closer=1.05)),
    (r"hand[ -]?held|shaky|手持", Move("handheld", right=0.02, closer=1.06, shake=0.006)),
    (r"pan(?:s|ning)?", Move("pan right", right=0.26)),
    (r"tilt(?:s|ing)?", Move("tilt up", down=-0.26)),
    (r"doll(?:y|ies)|zoom(?:s|ing)?", Move("push in", closer=1.30)),
    (
        r"static|locked[ -]?(?:off|down)|fixed (?:camera|shot|frame)|still camera|tripod|no camera move(?:ment)?|固定镜头|静止镜头",
        STATIC,
    ),
)
_PATTERNS = tuple((re.compile(rf"(?<![a-z])(?:{words})(?![a-z])", re.IGNORECASE), move) for words, move in _MOVES)


def move_of(prompt: str) -> Move:
    """The move that the prompt names first, else a slow drift."""
    found = [
        (match.start(), order, move)
        for order, (pattern, move) in enumerate(_PATTERNS)
        if (match := pattern.search(prompt))
    ]
    return min(found, key=lambda one: one[:2])[2] if found else DRIFT


def _ease(time: float) -> float:
    """Starts and stops gently: no viewer takes a jerk for a cut."""
    return time * time * (3 - 2 * time)

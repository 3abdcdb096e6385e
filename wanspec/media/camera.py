"""The camera's move in a preview, read from the prompt where it names one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

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
HANDHELD = Move("handheld", right=0.02, closer=1.06, shake=0.006)
DRIFT = Move("slow drift", right=0.015, closer=1.07)

_DOLLY, _PAN, _TILT, _TRACK, _CRANE = (
    rf"(?:{verb})" for verb in (
        r"doll(?:y|ies)(?:ing)?", r"pan(?:s|ning)?", r"tilt(?:s|ing)?", r"(?:truck|track|slide)(?:s|ing)?",
        r"(?:crane|boom|pedestal)(?:s|ing)?",
    )
)  # fmt: skip
# A pan is also for frying, and a boy.
_PANS = r"(?:pans|panning|(?:slow|camera|smooth|whip|long|quick|gentle) pan|pan (?:across|over|along|to))"
# "pans slowly left", "tilts the camera down"; a head that is tilted up is no camera.
_TO = r"(?: (?:slowly|gently|quickly|smoothly|softly|the camera|the view|to the|towards the)){0,2} "

# The first one named in the prompt is taken.  Chinese terms are those that Chinese prompt guides use.
_MOVES: tuple[tuple[Move, tuple[str, ...]], ...] = (
    (
        Move("push in", closer=1.30),
        (
            r"push(?:es|ing)?[ -]?in", rf"{_DOLLY} (?:in|towards?|forward|closer)", r"zoom(?:s|ing)?[ -]in",
            r"camera moves? (?:in|closer|forward)", "推近", "推进", "推镜", _DOLLY, r"(?:slow|camera) zooms?",
            r"zoom(?:s|ing)? on(?:to)?",
        ),
    ),
    (
        Move("pull out", closer=1 / 1.28),
        (
            r"pull(?:s|ing)?[ -]?(?:out|back|away)", rf"{_DOLLY} (?:out|back|away)", r"zoom(?:s|ing)?[ -]out",
            "拉远", "拉镜", "后拉",
        ),
    ),
    (Move("pan left", right=-0.26), (rf"{_PAN}{_TO}left", rf"{_TRACK} left", "左摇", "镜头向左")),
    (Move("pan right", right=0.26), (rf"{_PAN}{_TO}right", rf"{_TRACK} right", "右摇", "镜头向右", _PANS)),
    (Move("tilt down", down=0.26), (rf"{_TILT}{_TO}down", rf"{_CRANE} down", "下摇", "俯摇")),
    (Move("tilt up", down=-0.26), (rf"{_TILT}{_TO}up", rf"{_CRANE} up", "上摇", "仰摇", r"camera tilts?")),
    (
        Move("orbit", right=0.20, closer=1.06, bow=0.10),
        (r"orbit(?:s|ing)?", r"arc(?:s|ing)? (?:shot|around)", r"circl(?:es|ing) around", "环绕"),
    ),
    (
        Move("tracking", right=0.14, closer=1.05),
        ("tracking shot", r"camera (?:tracks|follows)", "steadicam", "跟拍", "跟随"),
    ),
    (HANDHELD, (r"hand[ -]?held", "shaky", "手持")),
    (
        STATIC,
        (
            r"static (?:wide |close |camera |long )?(?:shot|camera|frame|take|composition|view)",
            r"(?:camera|shot|frame) (?:is |stays |remains |holds )?(?:static|still)",
            r"locked[ -]?(?:off|down)", r"fixed (?:camera|shot|frame)", "still camera", "tripod",
            r"no camera move(?:ment)?", "固定镜头", "静止镜头",
        ),
    ),
)  # fmt: skip
# At one place the longer wording wins: "pans left" is no "pans".
_PATTERNS = tuple(
    (re.compile(rf"(?<![a-z]){wording}(?![a-z])", re.IGNORECASE), move)
    for move, wordings in _MOVES
    for wording in wordings
)


# The longest name that a move can have.
LONGEST = max((f"{move.name}, {HANDHELD.name}" for move, _ in _MOVES if move not in (HANDHELD, STATIC)), key=len)


def move_of(prompt: str) -> Move:
    """The move that the prompt names first, else a slow drift.  A hand may hold the camera on any way."""
    places = sorted(
        (match.start(), -len(match[0]), order)
        for order, (pattern, _) in enumerate(_PATTERNS)
        if (match := pattern.search(prompt))
    )
    named = [_PATTERNS[order][1] for _, _, order in places]
    ways = [move for move in named if move is not HANDHELD]
    if not ways:
        return HANDHELD if named else DRIFT
    if HANDHELD not in named or ways[0] is STATIC:
        return ways[0]
    return replace(ways[0], name=f"{ways[0].name}, handheld", shake=HANDHELD.shake)


def _ease(time: float) -> float:
    """Starts and stops gently: no viewer takes a jerk for a cut."""
    return time * time * (3 - 2 * time)

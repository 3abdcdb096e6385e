"""Whether a file is what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError

# Sound comes in blocks of about a fiftieth of a second, which is what a file's end is rounded to.
_SOUND_BLOCK_S = 0.05
_SLOWEST_FPS = 24.0  # of a clip whose rate is not told
# Sides are whole sixteens, and vendors go by the side or by the area: their sizes of one shape and class differ so
# much, and those of another class by more.
_SHAPE = Fraction(1, 20)
_CLASS = 2.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a result beforehand; None where anything goes.  Pixels and seconds."""

    kind: str | None = None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    differs: float = 0.0  # share of a side by which these may be missed
    ratio: Fraction | None = None  # width by height, where no more is known
    area: int | None = None  # pixels in all, roughly, where no more is known
    duration: float | None = None
    outputs: int = 1  # at least one, at most so many


def hold_against(artifact: Artifact, expected: Expected) -> None:
    """Raises MediaError when an artifact is not what was expected.

    A clip may be one frame longer or shorter than asked: its length is a whole number of frames.
    """
    if expected.kind is not None and artifact.kind != expected.kind:
        raise _wrong(f"{artifact.media_type} came, {_WORDS.get(expected.kind, expected.kind)} was asked for")
    if expected.media_type is not None and artifact.media_type != expected.media_type:
        raise _wrong(f"{artifact.media_type} came, {expected.media_type} was asked for")
    for side, came, asked in (
        ("wide", artifact.width, expected.width),
        ("high", artifact.height, expected.height),
    ):
        if asked is not None and came is not None and abs(came - asked) > asked * expected.differs:
            raise _wrong(f"it is {came} pixels {side}, {asked} were asked for")
    if artifact.width and artifact.height:
        _hold_shape_against(artifact.width, artifact.height, expected)
    if expected.duration is not None and artifact.duration is not None:
        slack = _SOUND_BLOCK_S if artifact.kind == "audio" else 1 / (artifact.fps or _SLOWEST_FPS)
        # A thousandth for times that a container rounds.
        if abs(artifact.duration - expected.duration) > slack + 0.001:
            raise _wrong(f"it lasts {artifact.duration:.3f} s, {expected.duration:.3f} s were asked for")


def _hold_shape_against(width: int, height: int, expected: Expected) -> None:
    if expected.ratio is not None and abs(Fraction(width, height) / expected.ratio - 1) > _SHAPE:
        asked = expected.ratio.limit_denominator(100)
        raise _wrong(
            f"it is {width} by {height} pixels, a shape of {asked.numerator}:{asked.denominator} was asked for"
        )
    if expected.area is not None and not 1 / _CLASS < width * height / expected.area < _CLASS:
        words = f"about {expected.area / 1e6:.1f} million pixels were asked for"
        raise _wrong(f"it has {width * height / 1e6:.1f} million, {words}")


_WORDS = {"image": "a still", "video": "a clip", "audio": "a sound"}


def _wrong(message: str) -> MediaError:
    return MediaError(message, code="not_as_asked")

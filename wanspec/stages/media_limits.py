"""What a vendor publishes of the media that it takes, held against what is known of one."""

from __future__ import annotations

from collections.abc import Iterator

from wanspec.domain.artifacts import EXTENSIONS, Artifact
from wanspec.domain.requests import MediaLimits
from wanspec.media.operations.expectation import Known

_SLACK_S = 0.1  # a clip that was asked for in whole seconds is a few frames longer or shorter


def breaches(limits: MediaLimits, medium: Known) -> Iterator[tuple[str, str]]:
    """For each limit that is not kept: what the medium is, and what is taken.  What is not known breaks none."""
    if isinstance(medium, Artifact):
        yield from _of_bytes(limits, medium)
    width, height = medium.width, medium.height
    if (
        limits.sides
        and width
        and height
        and not limits.sides[0] <= min(width, height) <= max(width, height) <= limits.sides[1]
    ):
        yield f"{width}×{height}", f"{limits.sides[0]} to {limits.sides[1]} pixels a side"
    elif limits.aspect and width and height and max(width, height) > limits.aspect * min(width, height):
        yield f"{width}×{height}", f"proportions up to {limits.aspect:g}:1"
    seconds = medium.duration if medium.kind != "image" else None
    if limits.seconds and seconds is not None:
        least, most = limits.seconds
        if not least - _SLACK_S <= seconds <= most + _SLACK_S:
            yield f"{seconds:.4g} s long", f"{least:g} to {most:g} s"


def _of_bytes(limits: MediaLimits, medium: Artifact) -> Iterator[tuple[str, str]]:
    if limits.types and medium.media_type not in limits.types:
        yield f"{_called(medium.media_type)}", " or ".join(map(_called, limits.types))
    elif medium.kind == "image" and medium.duration:
        yield "an animation", "stills"
    if not limits.alpha and medium.coding is not None and medium.coding.alpha:
        yield "transparent", "none that is"
    if limits.bytes is not None and medium.bytes > limits.bytes:
        yield f"{medium.bytes / 1e6:.1f} MB", f"at most {limits.bytes / 1e6:g} MB"


def _called(media_type: str) -> str:
    return EXTENSIONS.get(media_type, media_type.rpartition("/")[2]).upper()

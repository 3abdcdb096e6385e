"""What holds for the Wan models behind every vendor: sizes where a request names only a class, and limits of media.

Sizes are Alibaba's own rule: a class is an area, the proportions share it, both sides are whole multiples of 16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

from wanspec.emulator.inputs import Held, Inputs, Place
from wanspec.emulator.troubles import Trouble

AREAS: Mapping[str, int] = {"1K": 1024**2, "2K": 2048**2, "4K": 4096**2, "720p": 1280 * 720, "1080p": 1920 * 1080}

# Alibaba's table; it is not the area rule.
VIDEO_PIXELS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "720p": {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)},
    "1080p": {
        "16:9": (1920, 1080),
        "9:16": (1080, 1920),
        "1:1": (1440, 1440),
        "4:3": (1648, 1248),
        "3:4": (1248, 1648),
    },
}

MEBI = 1024**2
_BYTES = {"image": 20 * MEBI, "video": 100 * MEBI, "audio": 15 * MEBI}
_SIDES = {"image": (240, 8000), "video": (240, 4096)}
# Where a vendor's module does not say what a medium is for: the widest of the ranges.
_SECONDS = {"video": (1.0, 30.0), "audio": (1.0, 30.0)}
# What a medium is for -> seconds.
SECONDS: Mapping[str, tuple[float, float]] = {
    "first_clip": (2.0, 10.0),
    "source": (2.0, 10.0),
    "reference_video": (1.0, 30.0),
    "audio": (2.0, 30.0),
    "voice": (1.0, 10.0),
}
_TYPES = {
    "image": ("image/jpeg", "image/png", "image/bmp", "image/webp"),
    "video": ("video/mp4", "video/quicktime"),
    "audio": ("audio/wav", "audio/mpeg"),
}
_SLACK_S = 0.2  # containers round


def ratio_of(text: str) -> Fraction:
    """Of `16:9`."""
    width, _, height = text.partition(":")
    return Fraction(int(width), int(height))


def by_area(gear: str, ratio: Fraction) -> tuple[int, int]:
    area = AREAS[gear]
    return isqrt(int(area * ratio)) // 16 * 16, isqrt(int(area / ratio)) // 16 * 16


def video_size(
    gear: str, ratio: str | Fraction, pixels: Mapping[str, Mapping[str, tuple[int, int]]] = VIDEO_PIXELS
) -> tuple[int, int]:
    """Of a clip: listed proportions as in the table, others by area.  `pixels`: a vendor's own table."""
    listed = pixels[gear]
    if isinstance(ratio, str):
        return listed.get(ratio) or by_area(gear, ratio_of(ratio))
    return next((size for name, size in listed.items() if ratio_of(name) == ratio), None) or by_area(gear, ratio)


def places(native: Mapping[str, Any], fields: Mapping[str, str], forms: Sequence[str]) -> list[Place]:
    """The media in fields of these names: a text, or a list of texts.  `fields`: name -> kind."""
    found = []
    for name, kind in fields.items():
        value = native.get(name)
        if isinstance(value, str):
            found.append(Place(name, value, kind, tuple(forms)))
        elif isinstance(value, list):
            found += [
                Place(f"{name}[{index}]", one, kind, tuple(forms))
                for index, one in enumerate(value)
                if isinstance(one, str)
            ]
    return found


def listed(inputs: Inputs, name: str) -> list[Held]:
    """What stands in a list, in its order."""
    found: list[Held] = []
    while (held := inputs.get(f"{name}[{len(found)}]")) is not None:
        found.append(held)
    return found


def within_limits(inputs: Inputs, lasts: Callable[[str], tuple[float, float] | None] = lambda _: None) -> None:
    """Raises Trouble for a medium that the models do not take.

    `lasts` gives the least and most seconds of what stands at a native path, None where its kind alone says it.
    """
    for held in inputs.values():
        kind = held.place.kind
        what = _fault(held, kind, lasts(held.place.path))
        if what:
            raise Trouble("bad_media", f"The {kind} {what}.", field=held.place.path)


def _fault(held: Held, kind: str, seconds: tuple[float, float] | None) -> str:
    if held.bytes > _BYTES[kind]:
        return f"is larger than {_BYTES[kind] // MEBI} MB"
    if held.media_type and held.media_type not in _TYPES[kind]:
        return f"has a format that is not supported: {held.media_type}"
    if kind in _SIDES and held.width and held.height:
        least, most = _SIDES[kind]
        if min(held.width, held.height) < least or max(held.width, held.height) > most:
            return f"must have {least} to {most} pixels a side, not {held.width}x{held.height}"
        if max(held.width, held.height) > 8 * min(held.width, held.height):
            return "must have proportions between 1:8 and 8:1"
    if kind in _SECONDS and held.duration is not None:
        least_s, most_s = seconds or _SECONDS[kind]
        if not least_s - _SLACK_S <= held.duration <= most_s + _SLACK_S:
            return f"must last {least_s:g} to {most_s:g} s, not {held.duration:g} s"
    return ""


def palette(value: object) -> tuple[tuple[str, float], ...]:
    """`[{hex, ratio: "34%"}]` as colours with their shares."""
    entries = value if isinstance(value, list) else []
    return tuple((str(one["hex"]), float(str(one["ratio"]).rstrip("% "))) for one in entries)


def regions(value: object) -> tuple[tuple[tuple[int, int, int, int], ...], ...]:
    """For each picture its boxes."""
    pictures = value if isinstance(value, list) else []
    return tuple(tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in boxes) for boxes in pictures)

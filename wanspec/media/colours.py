"""The colours of a preview: the request's palette, or one read from the mood of its prompt and its seed."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from wanspec.media.words import has_word

if TYPE_CHECKING:
    from PIL.Image import Image

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Colours:
    """What a scene is painted with."""

    zenith: Rgb  # the sky above
    horizon: Rgb  # and where it meets the ground
    light: Rgb  # the sun, the moon, lit windows
    layers: tuple[Rgb, ...]  # from the farthest to the nearest
    accent: Rgb  # the most colourful one: bars, marks
    swatches: tuple[tuple[Rgb, float], ...]  # with their shares, which sum to 1


# Words that set a mood: hue of the sky, hue of the ground, saturation, brightness at zenith and horizon.
_MOODS: tuple[tuple[str, tuple[float, float, float, float, float]], ...] = (
    ("neon cyberpunk nightclub disco 霓虹", (0.74, 0.86, 0.75, 0.16, 0.55)),
    (
        "night midnight moon moonlit nocturnal stars starry lantern lanterns heist 夜 月 星空",
        (0.62, 0.60, 0.52, 0.17, 0.50),
    ),
    ("sunset dusk golden evening ember campfire fire flames 黄昏 日落 夕阳 夕日 火", (0.70, 0.055, 0.62, 0.34, 0.96)),
    ("dawn sunrise morning blossom 黎明 日出 清晨 朝", (0.58, 0.03, 0.38, 0.62, 0.98)),
    ("fog foggy mist misty haze snow snowy winter ice frost 雾 霧 雪 冬", (0.57, 0.56, 0.14, 0.62, 0.93)),
    ("rain rainy storm stormy thunder 雨 风暴", (0.58, 0.56, 0.26, 0.30, 0.66)),
    ("grey gray overcast cloudy drizzle 阴天 灰", (0.57, 0.55, 0.12, 0.46, 0.80)),
    ("desert sand dune dunes savanna canyon 沙漠", (0.56, 0.085, 0.52, 0.66, 0.95)),
    ("forest jungle garden woods meadow trees moss grass 森 林 花园", (0.50, 0.26, 0.40, 0.55, 0.90)),
    (
        "sea ocean harbour harbor lake river ferry ship boat beach underwater island 海 港 湖 河 船",
        (0.58, 0.50, 0.52, 0.50, 0.90),
    ),
)


def colours(palette: Sequence[tuple[str, float]], prompt: str, random: Random) -> Colours:
    """`palette` is the request's, as (hex, share); shares may be per cent or fractions."""
    given = [(_rgb(hex_), share) for hex_, share in palette]
    return _from_palette(given) if given else _from_mood(prompt, random)


def colours_of(picture: Image) -> Colours:
    """Those that a given picture is made of, by how much of it they cover."""
    from PIL.Image import Resampling

    few = picture.convert("RGB").resize((48, 27), Resampling.BOX).quantize(6)
    values = few.getpalette() or []
    found = [
        ((values[3 * index], values[3 * index + 1], values[3 * index + 2]), float(count))
        for index, count in enumerate(few.histogram()[: len(values) // 3])
        if count
    ]
    return _from_palette(sorted(found, key=lambda one: -one[1]))


def _from_palette(given: list[tuple[Rgb, float]]) -> Colours:
    total = sum(share for _, share in given) or 1.0
    swatches = tuple((colour, share / total) for colour, share in given)
    by_light = sorted((colour for colour, _ in given), key=luminance)
    darkest, lightest = by_light[0], by_light[-1]
    leading = max(swatches, key=lambda one: one[1])[0]
    zenith = mix(leading, darkest, 0.25)
    # Near things are dark and far ones pale whatever the palette, or the picture has no depth.
    near = mix(darkest, (0, 0, 0), 0.25)
    far = mix(mix(by_light[len(by_light) // 2], lightest, 0.35), leading, 0.3)
    return Colours(
        zenith=zenith,
        horizon=mix(lightest, leading, 0.25),
        light=mix(lightest, (255, 255, 255), 0.35),
        layers=_ramp(far, mix(by_light[(len(by_light) - 1) // 2], darkest, 0.3), near),
        accent=max((colour for colour, _ in given), key=_colourfulness),
        swatches=swatches,
    )


def _from_mood(prompt: str, random: Random) -> Colours:
    mood = next((values for words, values in _MOODS if has_word(prompt, words)), None)
    drift = random.uniform(-0.035, 0.035)
    if mood is None:
        sky = random.random()
        mood = (sky, sky + random.choice((0.04, -0.06, 0.42, 0.5, 0.58)), random.uniform(0.3, 0.55), 0.42, 0.92)
    sky, ground, saturation, high, low = mood
    low = min(1.0, low + random.uniform(-0.04, 0.04))
    zenith = _hsv(sky + drift, saturation, high)
    horizon = _hsv(ground + drift, saturation * 0.62, low)
    light = _hsv(ground + drift * 2, saturation * 0.3, min(1.0, low + 0.25))
    far = mix(_hsv(sky + drift, saturation * 0.6, (high + low) * 0.46), horizon, 0.35)
    middle = _hsv(sky + drift * 2, saturation * 0.9, high * 0.62 + 0.06)
    near = _hsv(sky + drift * 3 + 0.02, min(1.0, saturation + 0.1), 0.07 + high * 0.10)
    accent = _hsv(ground + 0.5 + drift if abs(ground - sky) < 0.1 else ground + drift, 0.72, 0.95)
    layers = _ramp(far, middle, near)
    swatches = ((zenith, 0.3), (horizon, 0.25), (layers[1], 0.2), (layers[-1], 0.15), (accent, 0.1))
    return Colours(zenith, horizon, light, layers, accent, swatches)


def _ramp(far: Rgb, middle: Rgb, near: Rgb) -> tuple[Rgb, ...]:
    return (far, mix(far, middle, 0.5), middle, mix(middle, near, 0.55), near)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`share` of the other colour in the first."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def luminance(colour: Rgb) -> float:
    """0 to 255, as the eye weighs the channels (BT.709)."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def _colourfulness(colour: Rgb) -> float:
    _, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    return saturation * (0.3 + value)


def _hsv(hue: float, saturation: float, value: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, max(0.0, min(1.0, saturation)), max(0.0, min(1.0, value)))
    return round(red * 255), round(green * 255), round(blue * 255)


def _rgb(text: str) -> Rgb:
    """A palette's colour; one that is no colour (the request was checked before) counts as grey."""
    digits = text.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(c * 2 for c in digits)
    try:
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    except ValueError:
        return 128, 128, 128

"""Money, digests, sizes and values of fields in a few characters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from wanspec.domain.artifacts import Artifact, Coding
from wanspec.domain.json import Json
from wanspec.domain.money import dollars
from wanspec.report.escaping import shortened, visible


def usd(amount: Decimal | None) -> str:
    """`$0.35`, or that the price is not known."""
    return "price unknown" if amount is None else dollars(amount)


def number(amount: Decimal | None) -> Json:
    """Money as JSON has it."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of what is known."""
    return sum((one for one in amounts if one is not None), Decimal(0))


def count(amount: int, noun: str, many: str = "") -> str:
    """`1 item`, `3 items`."""
    return f"{amount} {noun if amount == 1 else many or noun + 's'}"


def seconds(amount: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `1 h 04 min`."""
    if amount < 10:
        return f"{amount:.1f} s"
    whole = round(amount)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(amount: int) -> str:
    """`312 bytes`, `4.2 kB`, `18 MB`: in thousands, as disks are sold and vendors limit."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if amount >= factor:
            return f"{amount / factor:.{1 if amount < 10 * factor else 0}f} {unit}"
    return f"{amount} bytes"


def medium(artifact: Artifact) -> str:
    """What a medium is, in one line: `video/mp4 1280×720, 5 s, 30 fps, h264 yuv420p BT.709, aac 48 kHz stereo`."""
    coding = artifact.coding or Coding()
    told = [artifact.media_type]
    if artifact.width and artifact.height:
        told[0] += f" {artifact.width}×{artifact.height}"
    if artifact.duration is not None:
        told.append(f"{artifact.duration:.6g} s")
    if artifact.fps is not None:
        told.append(f"{artifact.fps:.5g} fps" + (" on average" if coding.variable_rate else ""))
    curve = coding.colour_transfer if coding.is_hdr else None
    told.append(_words(coding.video_codec, coding.pixel_format, coding.colour_matrix, curve))
    channels = {1: "mono", 2: "stereo"}.get(coding.channels or 0, f"{coding.channels} channels")
    rate = f"{coding.sample_rate / 1000:g} kHz" if coding.sample_rate else None
    told.append(_words(coding.audio_codec, rate, channels if coding.channels else None))
    if coding.is_silent:
        told.append("silence")
    elif coding.loudness_lufs is not None:
        told.append(f"{coding.loudness_lufs:g} LUFS")
    if artifact.has_audio is False:
        told.append("no sound")
    told.append(size(artifact.bytes))
    return ", ".join(one for one in told if one)


def _words(*words: str | None) -> str:
    return " ".join(word for word in words if word)


def short(value: Json, limit: int = 64) -> str:
    """One line for a field's value: text in quotes, digests by their first eight digits."""
    if value is None:
        return "not set"
    if isinstance(value, str):
        if value.startswith("sha256:"):
            return value[:15] + "…" if len(value) > 15 else visible(value)
        return '"' + shortened(visible(value), limit) + '"'
    return shortened(visible(json.dumps(value, ensure_ascii=False, default=str)), limit)


def change(before: Json, after: Json, limit: int = 64) -> tuple[str, str]:
    """Two values, cut down to where they differ when they are long texts."""
    digests = isinstance(before, str) and isinstance(after, str) and before[:7] == after[:7] == "sha256:"
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > limit and not digests:
        return _around_the_difference(before, after, limit)
    return short(before, limit), short(after, limit)


def _around_the_difference(before: str, after: str, limit: int) -> tuple[str, str]:
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    # Words are kept whole: the eye compares words.
    start = max(0, before.rfind(" ", 0, start) + 1)
    context = max(0, start - 24)
    context = before.find(" ", context, start) + 1 if context and before.find(" ", context, start) >= 0 else context

    def shown(text: str) -> str:
        head = "…" if context else ""
        return f'"{head}{shortened(visible(text[context:]), limit)}"'

    return shown(before), shown(after)

"""A preview of sound: the guide track alone, in the asked format."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.media import sound
from wanspec.media.clips import nearest
from wanspec.media.limits import MAX_SECONDS
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from av import AudioFrame

_CODERS = {"wav": "pcm_s16le", "mp3": "libmp3lame", "m4a": "aac", "ogg": "libopus", "flac": "flac"}
_MUXERS = {"m4a": "mp4"}


def draw_sound(sheet: Sheet, folder: Path) -> Path:
    """`1.EXT` in the folder, as long as asked.  Raises MediaError."""
    form = (sheet.format or "wav").lower()
    if form not in _CODERS:
        raise MediaError(f"sound cannot be written as `{sheet.format}`", hint="use wav, mp3, m4a, ogg or flac")
    if not 0 < sheet.duration <= MAX_SECONDS:
        raise MediaError(f"a track of {sheet.duration:g} s cannot be made")
    samples = nearest(Fraction(sheet.duration).limit_denominator(100_000) * sound.RATE)
    path = folder / f"1.{form}"
    write_sound(path, form, sound.frames_of(sound.guide(sheet.drawn_seed), samples))
    return path


def write_sound(path: Path, form: str, frames: Iterable[AudioFrame]) -> None:
    """Codes a run of sound into a file of its own."""
    import av

    from wanspec.media.film import BITEXACT

    with av.open(str(path), "w", format=_MUXERS.get(form, form)) as container:
        container.flags |= BITEXACT
        stream: Any = container.add_stream(_CODERS[form], rate=sound.RATE, layout="stereo")
        if form in ("mp3", "m4a", "ogg"):
            stream.bit_rate = 128_000
        heard = 0
        for frame in frames:
            frame.pts, frame.time_base = heard, Fraction(1, sound.RATE)
            heard += frame.samples
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

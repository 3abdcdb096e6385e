"""`local/mux`: another sound under a clip, whose picture stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import clips, mixing, sound
from wanspec.media.film import copy_picture
from wanspec.media.operations.expectation import Expected, Sources, flag, known, must_be, number
from wanspec.media.operations.remake import form_of, kind_of


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """The picture is copied, not coded again; the sound is cut to it, or followed by silence."""
    source, audio = media["source"], media["audio"]
    if kind_of(source) != "video":
        raise MediaError(f"`{source.name}` is no clip: sound is put under a clip")
    clip = clips.read_clip(source)
    samples = clips.nearest(clip.seconds * sound.RATE)
    gain = 10 ** (number(fields, "audio_gain", 0) / 20)
    track = sound.pieces(sound.decode(audio), samples)
    if flag(fields, "keep_audio", False) and clip.has_audio:
        if gain != 1:
            track = mixing.through(track, samples, f"volume={gain:.6f}:precision=float")
        track = mixing.limited(mixing.summed(track, sound.decode(source), samples), samples, 1.0)
    elif gain != 1:
        track = mixing.limited(track, samples, gain)
    path = folder / f"1.{form_of(source)}"
    copy_picture(path, [(source, Fraction(0))], sound.frames_of(track, samples))
    return [path]


def foresee(_model: str, _fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "video", why="sound is put under a clip")
    audio = known(sources, "audio")
    if audio.kind == "image":
        raise MediaError("`audio` is a still: it has no sound")
    if audio.kind == "video" and audio.has_audio is False:
        raise MediaError("`audio` is a clip without sound")
    return Expected("video", source.width, source.height, source.duration, source.fps, has_audio=True)

"""`local/mux`: another sound under a clip, whose picture stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import beneath, clips, mixing, sound, steady
from wanspec.media.film import Reel, copy_picture, write_film
from wanspec.media.operations.expectation import Expected, Sources, flag, known, must_be, number
from wanspec.media.operations.remake import even, form_of, kind_of, size_foreseen

# What each container may hold so that players and browsers show it.
_CODINGS = {".mp4": ("h264", "hevc", "av1"), ".mov": ("h264", "hevc"), ".webm": ("vp8", "vp9", "av1")}


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """The picture is copied, where its coding suits the container; the sound is cut to it, or followed by silence."""
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
    if clip.codec in _CODINGS[path.suffix] and not clip.rotation:
        copy_picture(path, [(source, Fraction(0))], sound.frames_of(track, samples), comment=beneath.comment_of(source))
    else:
        size = even((clip.width, clip.height), path.suffix[1:])
        frames = steady.run(source, size, clip.fps, clip.frames, shape="fill")
        write_film(path, Reel(*size, clip.fps, path.suffix[1:]), frames, sound.frames_of(track, samples))
    return [path]


def foresee(_model: str, _fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "video", why="sound is put under a clip")
    audio = known(sources, "audio")
    if audio.kind == "image":
        raise MediaError("`audio` is a still: it has no sound")
    if audio.kind == "video" and audio.has_audio is False:
        raise MediaError("`audio` is a clip without sound")
    width, height = size_foreseen(source)
    if (width, height) != (source.width, source.height):
        width = height = None  # a picture that is copied keeps an odd size, one that is coded again does not
    return Expected("video", width, height, source.duration, source.fps, has_audio=True)

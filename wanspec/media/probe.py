"""What a file is, by its content: the facts that a plan and a check may rely on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.artifacts import Artifact, Coding
from wanspec.domain.errors import MediaError
from wanspec.media import clips, pictures
from wanspec.media.details import Heard, coding_of, coding_of_still, listened
from wanspec.media.limits import MAX_SECONDS
from wanspec.media.sniffing import sniff

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["examine", "measure", "probe", "sniff", "verify_decodes"]


def probe(path: Path) -> Artifact:
    """Digest, type, size, length, rate, sound and coding of a file; its name and extension mean nothing.

    Sizes are as a player shows them.  An animation has a duration and a rate too.  Only the header (of a clip also one
    frame) is decoded: `examine` looks at the rest, and listens.
    Raises MediaError that says in words what is wrong: empty, cut short, a web page, too large.
    """
    media_type = pictures.media_type_of(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    kind = media_type.split("/", 1)[0]
    if kind == "image":
        with pictures.opened(path) as image:
            width, height = pictures.size_of(image)
            coding = coding_of_still(image)
            duration, fps = _animation(image, path.name)
        return Artifact(digest, media_type, size, width, height, duration, fps, coding=coding)
    if kind == "video":
        with clips.opened(path) as container:
            if clips.moves(container):
                clip = clips.facts(container, path)
                return Artifact(
                    digest,
                    media_type,
                    size,
                    clip.width,
                    clip.height,
                    _short(clip.seconds),
                    _short(clip.fps),
                    clip.has_audio,
                    coding_of(container, clip),
                )
            if not container.streams.audio:
                raise MediaError(f"`{path.name}` holds neither picture nor sound")
        media_type = {"video/webm": "audio/webm", "video/x-matroska": "audio/x-matroska"}.get(media_type, "audio/mp4")
    seconds, coding = _sound(path)
    return Artifact(digest, media_type, size, duration=_short(seconds), has_audio=True, coding=coding)


def sound_seconds(path: Path) -> Fraction:
    """How long a sound file plays.  Raises MediaError when there is nothing to hear."""
    return _sound(path)[0]


def _sound(path: Path) -> tuple[Fraction, Coding]:
    with clips.opened(path) as container:
        stream = clips.sound_of(container, path)
        if stream.duration and stream.time_base:
            seconds = Fraction(stream.duration * stream.time_base)
        else:
            seconds = Fraction(container.duration or 0, 1_000_000)
        coding = coding_of(container, None)
        heard = next((frame.samples for frame in container.decode(stream)), 0)
    if seconds <= 0 and heard:
        seconds = _counted(path)
    if seconds <= 0 or not heard:
        raise MediaError(f"`{path.name}` holds no sound: its length is zero")
    if seconds > MAX_SECONDS:
        raise MediaError(f"`{path.name}` is too long: {float(seconds):.0f} s")
    return seconds, coding


def _counted(path: Path) -> Fraction:
    """The length of a file whose header does not tell it, such as bare AAC."""
    with clips.opened(path) as container:
        total = Fraction(0)
        for frame in container.decode(container.streams.audio[0]):
            total += Fraction(frame.samples, frame.sample_rate)
            if total > MAX_SECONDS:
                break
        return total


def _animation(image: Image.Image, name: str) -> tuple[float | None, float | None]:
    """Length and mean rate of a GIF or WEBP with more than one picture."""
    from PIL import Image

    if image.format not in ("GIF", "WEBP"):
        return None, None
    total, index = 0.0, 0
    try:
        count = int(getattr(image, "n_frames", 1))
        if count < 2:
            return None, None
        # WEBP tells a picture's time only once it is decoded, so a long animation is judged by its beginning.
        looked_at = max(2, min(count, 600, 1_000_000_000 // (image.width * image.height)))
        for index in range(looked_at):
            image.seek(index)
            if image.format == "WEBP":
                image.load()
            total += float(image.info.get("duration") or 100)
    except (*pictures.COMPLAINTS, Image.DecompressionBombError) as error:
        raise MediaError(f"the animation `{name}` is damaged behind picture {index}") from error
    return (round(total / 1000 * count / looked_at, 6), round(looked_at * 1000 / total, 6)) if total else (None, None)


def _short(value: Fraction) -> float:
    """As a float that is written in few digits."""
    return round(float(value), 6)


def verify_decodes(path: Path) -> None:
    """Raises MediaError unless the medium is whole, as far as `examine` looks."""
    examine(path)


def examine(path: Path) -> Artifact:
    """The facts of `probe`, and how loud it is, of a medium that was found whole.

    A still is decoded fully.  Of a clip all packets are read and its first and last pictures decoded: the picture must
    reach to within a second (a twentieth in short ones) of the length that it claims, and so must the sound of a sound
    file.  Sound is decoded to its end where that is a matter of a second or two.
    Raises MediaError that says what is wrong.
    """
    artifact = probe(path)
    if artifact.kind == "image":
        pictures.check_whole(path)
        return artifact
    if artifact.kind == "video":
        _check_picture(path)
    elif artifact.media_type == "audio/wav":
        _check_wave(path)
    return _with_loudness(artifact, path)


def measure(path: Path) -> Artifact:
    """The facts of `probe`, and how loud it is, of a medium that was made here.  Raises MediaError."""
    return _with_loudness(probe(path), path)


def _with_loudness(artifact: Artifact, path: Path) -> Artifact:
    heard = _listened(path, artifact) if artifact.has_audio and artifact.duration else None
    if heard is None or artifact.coding is None:
        return artifact
    coding = replace(artifact.coding, loudness_lufs=heard.loudness_lufs, peak_db=heard.peak_db)
    return replace(artifact, coding=coding)


# Up to here sound is decoded whole, 300 times as fast as it plays; a longer one is a film's, and rarely half there.
LISTENED_S = 600.0
# Pictures decoded at the end of a clip, in pixels: a recording may have one key frame an hour.
DECODED_PIXELS = 1_500_000_000


def _check_picture(path: Path) -> None:
    clip = clips.read_clip(path)
    slack = max(3 / clip.fps, min(Fraction(1), clip.seconds / 20))
    ended = _reached(path, "video")
    if ended is None or clip.seconds - ended <= slack:
        # All packets are there, or tell no times: what can be seen decides.
        ended = _seen(path, clip.seconds - 1) or _seen(path, Fraction(0))
    if ended is None or clip.seconds - ended > slack:
        reached = 0.0 if ended is None else float(ended)
        raise MediaError(
            f"`{path.name}` is cut short: its picture ends at {reached:.2f} s of {float(clip.seconds):.2f} s"
        )


def _reached(path: Path, kind: str) -> Fraction | None:
    """Seconds from the beginning of a track to its end, by its packets alone; None where those tell no times."""
    starts, ends = [], []
    with clips.opened(path) as container:
        stream = clips.picture_of(container, path) if kind == "video" else clips.sound_of(container, path)
        for packet in container.demux(stream):
            at = packet.dts if packet.pts is None else packet.pts
            if at is not None and packet.size:
                starts.append(at)
                ends.append(at + (packet.duration or 0))
        base = Fraction(stream.time_base or 0)
    return (max(ends) - min(starts)) * base if ends else None


def _seen(path: Path, start: Fraction) -> Fraction | None:
    """When the last picture from `start` on ends, in seconds; None where none can be decoded.

    A run of more pictures than are decoded here counts as reaching the end: its packets were all read.
    """
    clip = clips.read_clip(path)
    ended, pixels = None, 0
    for at, frame in clips.decoded(path, max(Fraction(0), start)):
        ended = at + 1 / clip.fps
        pixels += frame.width * frame.height
        if pixels > DECODED_PIXELS:
            return clip.seconds
    return ended


def _check_wave(path: Path) -> None:
    """A WAV tells how many bytes of sound follow; the decoder takes what is there for the whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, length = head[:4], int.from_bytes(head[4:], "little")
            if name == b"data":
                there = size - file.tell()
                # Programs that write into a pipe leave the largest number there is, or one just below.
                if length < 0x7FFFFFFF and there < length * 3 // 4:
                    raise MediaError(f"`{path.name}` is cut short: {there} bytes of {length} are there")
                return
            file.seek(length + length % 2, 1)


def _listened(path: Path, artifact: Artifact) -> Heard | None:
    """What is heard; None where it takes too long to listen to.  Raises MediaError for a sound that is cut short."""
    assert artifact.duration is not None
    heard, seconds = None, None
    if artifact.duration <= LISTENED_S:
        with clips.opened(path) as container:
            stream = clips.sound_of(container, path)
            heard = listened(container.decode(stream), stream)
            seconds = heard.seconds
    elif artifact.kind == "audio":
        seconds = _reached(path, "audio")
    # MP3 headers are estimates; a quarter missing is damage.  A clip's sound may well be shorter than its picture.
    if artifact.kind == "audio" and seconds is not None and seconds < Fraction(artifact.duration) * Fraction(3, 4):
        raise MediaError(
            f"`{path.name}` is cut short: {float(seconds):.2f} s of {artifact.duration:.2f} s can be played"
        )
    return heard

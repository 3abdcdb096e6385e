"""What a file is, by its content: the facts that a plan and a check may rely on."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.media import clips, pictures
from wanspec.media.limits import MAX_SECONDS
from wanspec.media.sniffing import sniff

if TYPE_CHECKING:
    from av.container import InputContainer
    from PIL.Image import Image

__all__ = ["probe", "sniff", "verify_decodes"]


def probe(path: Path) -> Artifact:
    """Digest, type, size, length, rate and sound of a file; its name and extension mean nothing.

    Sizes are as a player shows them.  An animation has a duration and a rate too.  Only the header (of a clip also one
    frame) is decoded: `verify_decodes` looks at the rest.
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
            duration, fps = _animation(image)
        return Artifact(digest, media_type, size, width, height, duration, fps)
    if kind == "video":
        with clips.opened(path) as container:
            # Containers that are used for both are clips only when they hold a picture that moves.
            if container.streams.video and not _is_cover(container):
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
                )
            if not container.streams.audio:
                raise MediaError(f"`{path.name}` holds neither picture nor sound")
        media_type = {"video/webm": "audio/webm", "video/x-matroska": "audio/x-matroska"}.get(media_type, "audio/mp4")
    return Artifact(digest, media_type, size, duration=_short(sound_seconds(path)), has_audio=True)


def _is_cover(container: InputContainer) -> bool:
    """Whether the only picture is a record sleeve in a sound file."""
    import av.stream

    return all(bool(stream.disposition & av.stream.Disposition.attached_pic) for stream in container.streams.video)


def sound_seconds(path: Path) -> Fraction:
    """How long a sound file plays.  Raises MediaError when there is nothing to hear."""
    with clips.opened(path) as container:
        stream = clips.sound_of(container, path)
        if stream.duration and stream.time_base:
            seconds = Fraction(stream.duration * stream.time_base)
        else:
            seconds = Fraction(container.duration or 0, 1_000_000)
        heard = next((frame.samples for frame in container.decode(stream)), 0)
    if seconds <= 0 and heard:
        seconds = _counted(path)
    if seconds <= 0 or not heard:
        raise MediaError(f"`{path.name}` holds no sound: its length is zero")
    if seconds > MAX_SECONDS:
        raise MediaError(f"`{path.name}` is too long: {float(seconds):.0f} s")
    return seconds


def _counted(path: Path) -> Fraction:
    """The length of a file whose header does not tell it, such as bare AAC."""
    with clips.opened(path) as container:
        total = Fraction(0)
        for frame in container.decode(container.streams.audio[0]):
            total += Fraction(frame.samples, frame.sample_rate)
            if total > MAX_SECONDS:
                break
        return total


def _animation(image: Image) -> tuple[float | None, float | None]:
    """Length and mean rate of a GIF or WEBP with more than one picture."""
    count = int(getattr(image, "n_frames", 1))
    if count < 2 or image.format not in ("GIF", "WEBP"):
        return None, None
    # WEBP tells a picture's time only once it is decoded, so a long animation is judged by its beginning.
    looked_at = max(2, min(count, 600, 1_000_000_000 // (image.width * image.height)))
    total = 0.0
    try:
        for index in range(looked_at):
            image.seek(index)
            if image.format == "WEBP":
                image.load()
            total += float(image.info.get("duration") or 100)
    except pictures.COMPLAINTS as error:
        raise MediaError(f"the animation is damaged: picture {index + 1} cannot be read") from error
    return (round(total / 1000 * count / looked_at, 6), round(looked_at * 1000 / total, 6)) if total else (None, None)


def _short(value: Fraction) -> float:
    """As a float that is written in few digits."""
    return round(float(value), 6)


def verify_decodes(path: Path) -> None:
    """Raises MediaError unless the medium is whole: a still is decoded fully, of a clip the first and last frame and
    sound, and the picture must reach to within a second (a twentieth in short ones) of the length that it claims.
    """
    media_type = pictures.media_type_of(path)
    if media_type.startswith("image/"):
        pictures.read_picture(path)
        return
    artifact = probe(path)
    if artifact.kind == "audio":
        _sound_reaches_its_end(path)
        return
    clip = clips.read_clip(path)
    ended = None
    for ended, _ in clips.decoded(path, max(Fraction(0), clip.seconds - 1)):  # noqa: B007
        pass
    if ended is None:
        for ended, _ in clips.decoded(path):  # noqa: B007
            pass
    slack = max(3 / clip.fps, min(Fraction(1), clip.seconds / 20))
    if ended is None or clip.seconds - ended - 1 / clip.fps > slack:
        reached = 0.0 if ended is None else float(ended)
        raise MediaError(
            f"`{path.name}` is cut short: its picture ends at {reached:.2f} s of {float(clip.seconds):.2f} s"
        )


def _sound_reaches_its_end(path: Path) -> None:
    seconds = sound_seconds(path)
    heard = Fraction(0)
    with clips.opened(path) as container:
        for frame in container.decode(container.streams.audio[0]):
            heard += Fraction(frame.samples, frame.sample_rate)
    # MP3 headers are estimates; a quarter missing is damage.
    if heard < seconds * Fraction(3, 4):
        raise MediaError(f"`{path.name}` is cut short: {float(heard):.2f} s of {float(seconds):.2f} s can be played")

"""Clips: opened by content, decoded upright, asked for single frames or for a steady run of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wanspec.domain.errors import MediaError
from wanspec.media.limits import MAX_FPS, MAX_SECONDS
from wanspec.media.pictures import check_size, media_type_of
from wanspec.media.sniffing import CONTAINERS

if TYPE_CHECKING:
    from av import AudioStream, VideoFrame, VideoStream
    from av.container import InputContainer
    from PIL.Image import Image

DEFAULT_FPS = Fraction(30)


@dataclass(frozen=True, slots=True)
class Clip:
    """What is told by a clip's header; sizes as it is looked at (rotation and pixel shape heeded)."""

    width: int
    height: int
    fps: Fraction
    seconds: Fraction  # of the picture; the sound may be a little longer
    has_audio: bool
    codec: str  # "h264"
    pixel_format: str  # "yuv420p"
    rotation: int  # degrees counterclockwise that a player turns it by: 0, 90, 180, 270
    pixel: Fraction  # a pixel's width over its height: 1 unless they are not square
    variable_rate: bool = False  # frames stand for different times; `fps` is their mean

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def frames(self) -> int:
        """How many frames a steady rate makes of it, at least one."""
        return max(1, nearest(self.seconds * self.fps))


def nearest(value: Fraction | float) -> int:
    """The nearest whole number, halves upwards (Python's own `round` goes to the even one)."""
    return floor(value + Fraction(1, 2))


def damaged(path: Path, error: BaseException) -> MediaError:
    """The decoder's complaint in a sentence of ours; its error numbers help nobody."""
    words = getattr(error, "strerror", None) or str(error)
    return MediaError(f"`{path.name}` is damaged or cut short", hint=f"the decoder says: {words.lower()}")


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The container, its demuxer chosen by content.  Raises MediaError, also for what is met while it is read."""
    import av

    media_type = media_type_of(path)
    demuxer = CONTAINERS.get(media_type)
    if demuxer is None:
        raise MediaError(f"`{path.name}` is no clip or sound but {media_type}")
    with path.open("rb") as file:
        # A file object, never the name: a name could be an address, and would be fetched.
        try:
            container = av.open(file, "r", format=demuxer, metadata_errors="ignore", buffer_size=1 << 17)
        except (av.FFmpegError, ValueError, EOFError) as error:
            raise damaged(path, error) from error
        with container:
            try:
                yield container
            except (av.FFmpegError, EOFError) as error:
                raise damaged(path, error) from error


def read_clip(path: Path) -> Clip:
    """The header's facts.  Raises MediaError for what is no clip, has no picture, or is out of bounds."""
    with opened(path) as container:
        return facts(container, path)


def kind_of(path: Path) -> str:
    """image, video or audio.  Raises MediaError.

    Containers that are used for both hold a clip only when they hold a picture that moves.
    """
    kind = media_type_of(path).split("/", 1)[0]
    if kind != "video":
        return kind
    with opened(path) as container:
        return "video" if moves(container) or not container.streams.audio else "audio"


def moves(container: InputContainer) -> bool:
    """Whether there is a picture that is more than a record sleeve in a sound file."""
    import av.stream

    sleeve = av.stream.Disposition.attached_pic
    return any(not stream.disposition & sleeve for stream in container.streams.video)


def picture_of(container: InputContainer, path: Path) -> VideoStream:
    """The first picture track.  Raises MediaError where there is none, or none that can be decoded here."""
    if not container.streams.video:
        raise MediaError(f"`{path.name}` has no picture")
    return _decodable(container.streams.video[0], path, "picture")


def sound_of(container: InputContainer, path: Path) -> AudioStream:
    """The first sound track, likewise."""
    if not container.streams.audio:
        raise MediaError(f"`{path.name}` has no sound")
    return _decodable(container.streams.audio[0], path, "sound")


S = TypeVar("S", "VideoStream", "AudioStream")


def _decodable(stream: S, path: Path, what: str) -> S:
    # The annotation of PyAV says otherwise, but a coding without a decoder has no context.
    if stream.codec_context is None or not stream.time_base:
        raise MediaError(
            f"the {what} of `{path.name}` is coded in a way that is not known here",
            hint="write it anew as H.264 and AAC in an MP4, say",
        )
    return stream


def facts(container: InputContainer, path: Path) -> Clip:
    """The same of an open container."""
    stream = picture_of(container, path)
    context = stream.codec_context
    check_size(context.width, context.height, path.name)
    seconds, fps = _seconds(container, stream), _rate(stream)
    unsteady = _unsteady(stream)
    if unsteady or seconds <= 0:  # a browser's recording does not tell its length
        seconds, fps = _counted(container, stream) or (seconds, fps)
    if not 0 < seconds <= MAX_SECONDS:
        raise MediaError(
            f"`{path.name}` is too long: {float(seconds):.0f} s" if seconds > 0 else f"`{path.name}` has no length"
        )
    shape = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    rotation = _rotation(container, stream, path)
    width, height = max(1, nearest(context.width * shape)), context.height
    check_size(width, height, path.name)
    if rotation in (90, 270):
        width, height = height, width
    return Clip(
        width=width,
        height=height,
        fps=fps,
        seconds=seconds,
        has_audio=any(audio.codec_context is not None for audio in container.streams.audio),
        codec=context.name,
        pixel_format=context.pix_fmt or "",
        rotation=rotation,
        pixel=shape,
        variable_rate=unsteady,
    )


def _rate(stream: Any) -> Fraction:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0 < rate <= MAX_FPS:
            return Fraction(rate.numerator, rate.denominator)
    return DEFAULT_FPS


def _unsteady(stream: Any) -> bool:
    """Whether frames stand for different times: the rate that fits all of their times is not their mean rate."""
    base, mean = stream.base_rate, stream.average_rate
    return bool(base and mean and abs(base - mean) > mean / 50)


def _counted(container: InputContainer, stream: Any) -> tuple[Fraction, Fraction] | None:
    """Length and mean rate from all packets: the header of an unsteady clip with B-frames understates its length."""
    base = Fraction(stream.time_base)
    starts, ends = [], []
    for packet in container.demux(stream):
        if packet.pts is not None:
            starts.append(packet.pts)
            ends.append(packet.pts + (packet.duration or 0))
    container.seek(0)
    if not starts or max(ends) <= min(starts):
        return None
    seconds = (max(ends) - min(starts)) * base
    rate = (len(starts) / seconds).limit_denominator(1001)
    return seconds, min(Fraction(MAX_FPS), max(Fraction(1), rate))


def _seconds(container: InputContainer, stream: Any) -> Fraction:
    if stream.duration and stream.time_base:
        return Fraction(stream.duration * stream.time_base)
    # Matroska keeps a stream's own length in a tag; the container's length is that of the longest stream.
    told = stream.metadata.get("DURATION", "")
    parts = told.split(":")
    if len(parts) == 3:
        try:
            return Fraction(int(parts[0]) * 3600 + int(parts[1]) * 60) + Fraction(parts[2])
        except ValueError:
            pass
    return Fraction(container.duration or 0, 1_000_000)


def _rotation(container: InputContainer, stream: Any, path: Path) -> int:
    """The rotation mark is carried by the frames, so the first one is decoded."""
    for frame in container.decode(stream):
        container.seek(0)
        return turn_of(frame)
    raise MediaError(f"`{path.name}` holds no frame that can be decoded")


def turn_of(frame: VideoFrame) -> int:
    """Degrees counterclockwise that a player turns the frame by: 0, 90, 180 or 270."""
    return int(round(frame.rotation / 90) * 90 % 360)


def decoded(path: Path, start: Fraction | float = 0) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Frames with their times in seconds from the clip's first frame, from the last key frame before `start` on.

    Frames are as they are stored: neither turned nor scaled.  Raises MediaError when one cannot be decoded.
    """
    with opened(path) as container:
        stream = picture_of(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        base = Fraction(stream.time_base or Fraction(1, 1000))
        origin = (stream.start_time or 0) * base
        if start > 1:
            container.seek(int((origin + Fraction(start) - Fraction(1, 2)) / base), stream=stream)
        size = (stream.codec_context.width, stream.codec_context.height)
        for frame in container.decode(stream):
            if (frame.width, frame.height) != size:
                check_size(frame.width, frame.height, path.name)
            if frame.pts is not None:
                yield frame.pts * base - origin, frame


def first_frame(path: Path) -> VideoFrame:
    for _, frame in decoded(path):
        return frame
    raise MediaError(f"`{path.name}` holds no frame that can be decoded")


def last_frame(path: Path) -> VideoFrame:
    """The true last frame: found by decoding from the last key frame to the end."""
    clip = read_clip(path)
    for back in (Fraction(1), Fraction(10), clip.seconds):
        tail = deque(decoded(path, max(Fraction(0), clip.seconds - back)), maxlen=1)
        if tail:
            return tail[0][1]
    raise MediaError(f"`{path.name}` holds no frame that can be decoded")


def frame_at(path: Path, seconds: Fraction | float) -> VideoFrame:
    """The frame nearest to a time.  Raises MediaError for a time past the end."""
    clip = read_clip(path)
    if seconds < 0 or seconds > clip.seconds:
        raise MediaError(
            f"`{path.name}` has no frame at {float(seconds):g} s: it is {float(clip.seconds):.6g} s long",
            hint="`at: last` gives the last frame",
        )
    best: tuple[Fraction, VideoFrame] | None = None
    for time, frame in decoded(path, seconds):
        if best is not None and abs(time - Fraction(seconds)) >= abs(best[0] - Fraction(seconds)):
            break
        best = (time, frame)
    if best is None:
        raise MediaError(f"`{path.name}` holds no frame that can be decoded")
    return best[1]


def frame_number(path: Path, number: int) -> VideoFrame:
    """The frame with that number, from 0, counted and not computed.  Raises MediaError past the end."""
    count = 0
    for count, (_, frame) in enumerate(decoded(path), start=1):
        if count == number + 1:
            return frame
    raise MediaError(
        f"`{path.name}` has no frame number {number}: it has {count} frames", hint="frames are numbered from 0"
    )


def shown(path: Path, frame: VideoFrame) -> Image:
    """A frame of that clip as a picture, in the size that the clip is looked at: its pixels may be no squares."""
    picture, size = upright_picture(frame), read_clip(path).size
    return picture if picture.size == size else picture.resize(size)


def upright_picture(frame: VideoFrame) -> Image:
    """A frame as an RGB picture, turned as a player would turn it; its pixels are those that are stored."""
    from PIL.Image import Transpose

    flat: Any = frame.reformat(format="rgb24", src_colorspace=matrix_of(frame), dst_colorspace="ITU709")
    picture: Image = flat.to_image()
    turn = turn_of(frame)
    if turn:
        picture = picture.transpose(
            {90: Transpose.ROTATE_90, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_270}[turn]
        )
    return picture


def matrix_of(frame: VideoFrame) -> str:
    """The colour matrix, with a player's guess where the file does not tell: BT.709 from 720 lines on."""
    told = int(frame.colorspace)
    if told in (5, 6, 4):  # BT.601 in its three dialects
        return "ITU601"
    if told == 2 and min(frame.width, frame.height) < 720:
        return "ITU601"
    return "ITU709"

"""Writing a clip: one run of frames and one of sound, interleaved, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.media.sound import RATE

if TYPE_CHECKING:
    from av import AudioFrame, VideoFrame
    from av.container import OutputContainer

# x264 and libvpx write other bytes with other thread counts, so the count is part of the recipe.
THREADS = 2
BITEXACT = 0x400  # without it WebM carries random ids and every container the muxer's version

FORMATS = ("mp4", "mov", "webm")


@dataclass(frozen=True, slots=True)
class Reel:
    """How a clip is to be written."""

    width: int
    height: int
    fps: Fraction
    format: str = "mp4"
    quality: int | None = None  # 20 to 99; None: `crf`
    draft: bool = False  # a preview: coded for speed
    sound: bool = True

    @property
    def crf(self) -> int:
        """The coder's own scale, on which less is better: 18 is hard to tell from the source, 23 is x264's default."""
        if self.quality is None:
            return 23 if self.draft else 18
        return max(10, min(45, round(18 + (90 - self.quality) * 0.3)))


def check_reel(width: int, height: int, format: str) -> None:
    """Raises MediaError for a format that is not written here, or a size that it cannot have."""
    if format not in FORMATS:
        raise MediaError(f"a clip cannot be written as `{format}`", hint="use mp4, mov or webm")
    if format != "webm" and (width % 2 or height % 2):
        raise MediaError(
            f"a clip of {width}x{height} cannot be written as {format}: H.264 takes even sizes",
            hint=f"{width + width % 2}x{height + height % 2} is near; webm takes odd sizes",
        )


def write_film(path: Path, reel: Reel, frames: Iterable[VideoFrame], sound: Iterable[AudioFrame] | None = None) -> int:
    """Codes and muxes; returns the number of frames.

    The picture leads: sound is asked for only up to the time that the picture has reached, so that neither piles up in
    memory.  Frames are yuv420p of the reel's size; their own times are ignored.  Raises MediaError.
    """
    import av

    check_reel(reel.width, reel.height, reel.format)
    webm = reel.format == "webm"
    options = {} if webm else {"movflags": "+faststart"}
    try:
        with av.open(str(path), "w", format=reel.format, options=options) as container:
            container.flags |= BITEXACT
            video = container.add_stream("libvpx-vp9" if webm else "libx264", rate=reel.fps)
            video.width, video.height, video.pix_fmt = reel.width, reel.height, "yuv420p"
            context = video.codec_context
            context.thread_count = THREADS
            context.time_base = 1 / reel.fps
            context.gop_size = max(1, round(reel.fps * 2))  # seeking to the last frame decodes two seconds at most
            # Limited range, BT.709: what players assume for HD, said outright for the other sizes.
            context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1
            context.options = _vp9(reel) if webm else _h264(reel)
            audio = None
            if sound is not None:
                audio = container.add_stream("libopus" if webm else "aac", rate=RATE, layout="stereo")
                audio.bit_rate = 96_000 if reel.draft else 192_000
            return _interleave(container, video, audio, reel, frames, sound)
    except av.FFmpegError as error:
        raise MediaError(
            f"a clip of {reel.width}x{reel.height} could not be written as {reel.format}: {error}"
        ) from error


def _interleave(
    container: OutputContainer,
    video: Any,
    audio: Any,
    reel: Reel,
    frames: Iterable[VideoFrame],
    sound: Iterable[AudioFrame] | None,
) -> int:
    pieces: Iterator[AudioFrame] = iter(sound or ())
    heard = 0  # samples
    count = 0

    def hear(until: Fraction) -> None:
        nonlocal heard
        while audio is not None and heard < until * RATE:
            piece = next(pieces, None)
            if piece is None:
                break
            piece.pts, piece.time_base = heard, Fraction(1, RATE)
            heard += piece.samples
            container.mux(audio.encode(piece))

    for frame in frames:
        frame.pts, frame.time_base, frame.duration = count, 1 / reel.fps, 1
        container.mux(video.encode(frame))
        count += 1
        hear(count / reel.fps)
    if not count:
        raise MediaError("a clip needs at least one frame")
    container.mux(video.encode())
    if audio is not None:
        container.mux(audio.encode())
    return count


def _h264(reel: Reel) -> dict[str, str]:
    return {"preset": "veryfast" if reel.draft else "fast", "crf": str(reel.crf), "flags": "+bitexact"}


def _vp9(reel: Reel) -> dict[str, str]:
    # VP9's scale is wider; 13 more looks about the same as in H.264.
    return {
        "crf": str(min(60, reel.crf + 13)),
        "b": "0",
        "deadline": "realtime",  # its `good` costs five times as much for a few per cent of size
        "cpu-used": "8" if reel.draft else "6",
        "row-mt": "1",
        "flags": "+bitexact",
    }


def copy_picture(path: Path, source: Path, sound: Iterable[AudioFrame]) -> None:
    """The source's picture, packet by packet as it is, under another sound.  The container is that of the path's name.

    Raises MediaError when the container cannot hold the source's coding.
    """
    import av

    from wanspec.media.clips import opened

    form = path.suffix.removeprefix(".")
    options = {} if form == "webm" else {"movflags": "+faststart"}
    try:
        with opened(source) as old, av.open(str(path), "w", format=form, options=options) as new:
            new.flags |= BITEXACT
            given = old.streams.video[0]
            video = new.add_stream_from_template(given)
            audio = new.add_stream("libopus" if form == "webm" else "aac", rate=RATE, layout="stereo")
            audio.bit_rate = 192_000
            pieces = iter(sound)
            heard = 0
            origin = given.start_time or 0
            for packet in old.demux(given):
                if packet.dts is None:
                    continue
                time = (packet.dts - origin) * (given.time_base or 1)
                packet.pts = None if packet.pts is None else packet.pts - origin
                packet.dts -= origin
                packet.stream = video
                new.mux(packet)
                while heard <= time * RATE and (piece := next(pieces, None)) is not None:
                    piece.pts, piece.time_base = heard, Fraction(1, RATE)
                    heard += piece.samples
                    new.mux(audio.encode(piece))
            for piece in pieces:
                piece.pts, piece.time_base = heard, Fraction(1, RATE)
                heard += piece.samples
                new.mux(audio.encode(piece))
            new.mux(audio.encode())
    except av.FFmpegError as error:
        raise MediaError(f"the picture of `{source.name}` cannot be written as {form}: {error}") from error

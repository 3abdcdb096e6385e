"""Writing a clip: one run of frames and one of sound, interleaved, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.media.clips import nearest, opened
from wanspec.media.sound import RATE

if TYPE_CHECKING:
    from av import AudioFrame, VideoFrame
    from av.container import InputContainer, OutputContainer

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
        """The coder's own scale, on which less is better: 18 is hard to tell from the source, 23 x264's own."""
        if self.quality is None:
            return 24 if self.draft else 18
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


def write_film(
    path: Path,
    reel: Reel,
    frames: Iterable[VideoFrame],
    sound: Iterable[AudioFrame] | None = None,
    *,
    comment: str = "",
) -> int:
    """Codes and muxes; returns the number of frames.  The comment is for whoever reads the container's tags.

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
            if comment:
                container.metadata["comment"] = comment
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
                if reel.draft and not webm:
                    audio.codec_context.options = {"aac_coder": "fast"}  # a third of the time of the careful one
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
    track = _Track(container, audio, sound)
    count = 0
    for frame in frames:
        frame.pts, frame.time_base, frame.duration = count, 1 / reel.fps, 1
        container.mux(video.encode(frame))
        count += 1
        track.hear(count / reel.fps)
    if not count:
        raise MediaError("a clip needs at least one frame")
    container.mux(video.encode())
    track.finish()
    return count


class _Track:
    """A run of sound on its way into a container, or nothing where there is none."""

    def __init__(self, container: OutputContainer, stream: Any, sound: Iterable[AudioFrame] | None) -> None:
        self._container = container
        self._stream = stream
        self._pieces: Iterator[AudioFrame] = iter(sound or ())
        self._heard = 0  # samples

    def hear(self, until: Fraction | None = None) -> None:
        """Codes up to a time in seconds; everything that is left when there is none."""
        while self._stream is not None and (until is None or self._heard < until * RATE):
            piece = next(self._pieces, None)
            if piece is None:
                return
            piece.pts, piece.time_base = self._heard, Fraction(1, RATE)
            self._heard += piece.samples
            self._container.mux(self._stream.encode(piece))

    def finish(self) -> None:
        if self._stream is not None:
            self.hear()
            self._container.mux(self._stream.encode())


def _h264(reel: Reel) -> dict[str, str]:
    # x264's macroblock tree, where it runs on AVX-512, gives other bytes each time for widths like 832.
    preset = "superfast" if reel.draft else "veryfast"
    return {"preset": preset, "crf": str(reel.crf), "mbtree": "0", "flags": "+bitexact"}


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


def copy_picture(
    path: Path, sources: Sequence[tuple[Path, Fraction]], sound: Iterable[AudioFrame] | None, *, comment: str = ""
) -> None:
    """The pictures of clips, packet by packet as they are, each from its second on, under another sound.

    The container is that of the path's name.  That the clips agree in their coding is for the caller to see to
    (`can_follow`).  Raises MediaError when the container cannot hold the coding.
    """
    import av

    form = path.suffix.removeprefix(".")
    options = {} if form == "webm" else {"movflags": "+faststart"}
    try:
        with opened(sources[0][0]) as first, av.open(str(path), "w", format=form, options=options) as new:
            new.flags |= BITEXACT
            if comment:
                new.metadata["comment"] = comment
            video = new.add_stream_from_template(first.streams.video[0])
            audio = None
            if sound is not None:
                audio = new.add_stream("libopus" if form == "webm" else "aac", rate=RATE, layout="stereo")
                audio.bit_rate = 192_000
            track = _Track(new, audio, sound)
            for source, begin in sources:
                with opened(source) as old:
                    _copy(old, new, video, begin, track, source)
            track.finish()
    except av.FFmpegError as error:
        raise MediaError(f"the picture of `{sources[0][0].name}` cannot be written as {form}: {error}") from error


def _copy(old: InputContainer, new: OutputContainer, video: Any, begin: Fraction, track: _Track, source: Path) -> None:
    given = old.streams.video[0]
    base = Fraction(given.time_base or Fraction(1, 1000))
    shift = nearest(begin / base) - (given.start_time or 0)
    for packet in old.demux(given):
        if packet.is_corrupt:  # half of it is there: a decoder would have noticed
            raise MediaError(f"`{source.name}` is damaged or cut short")
        if packet.dts is None:
            continue
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts += shift
        packet.stream = video
        track.hear(packet.dts * base)
        new.mux(packet)


def can_follow(one: Path, other: Path) -> bool:
    """Whether the second clip's packets can stand behind the first's: one coding, one size, one rate, to the letter."""
    with opened(one) as first, opened(other) as second:
        told = []
        for stream in (first.streams.video[0], second.streams.video[0]):
            context = stream.codec_context
            shape = (context.width, context.height, context.pix_fmt, int(context.colorspace), int(context.color_range))
            coding = (context.name, context.profile, context.extradata, stream.average_rate, stream.time_base)
            told.append((shape, coding))
        return told[0] == told[1]

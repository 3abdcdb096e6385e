"""How a medium is coded: what its header tells of picture and sound, and how loud it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from wanspec.domain.artifacts import Coding
from wanspec.domain.errors import MediaError
from wanspec.media.sound import RATE

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer
    from PIL.Image import Image

    from wanspec.media.clips import Clip

# ITU-T H.273 numbers that are met in practice; others are shown as numbers, and 2 is "not told".
_MATRICES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 0: "RGB"}
_CURVES = {1: "BT.709", 6: "BT.601", 13: "sRGB", 16: "PQ", 18: "HLG"}
_RANGES = {1: "limited", 2: "full"}
_MOST_CHANNELS = 64  # what libavfilter brings to stereo


def coding_of_still(image: Image) -> Coding:
    """From the header: nothing is decoded for it."""
    return Coding(pixel_format=image.mode, alpha=image.has_transparency_data)


def coding_of(container: InputContainer, clip: Clip | None) -> Coding:
    """Of an open clip, or of a sound file: `clip` is None there, and a sleeve in it does not count."""
    told: dict[str, Any] = {}
    if clip is not None:
        context = container.streams.video[0].codec_context
        told |= {
            "video_codec": clip.codec,
            "pixel_format": clip.pixel_format or None,
            "rotation": clip.rotation,
            "variable_rate": clip.variable_rate,
            "colour_matrix": _named(_MATRICES, int(context.colorspace)),
            "colour_transfer": _named(_CURVES, int(context.color_trc)),
            "colour_range": _RANGES.get(int(context.color_range)),
        }
    for stream in container.streams.audio[:1]:
        heard = stream.codec_context
        if heard is not None:  # PyAV says otherwise, but a coding without a decoder has none
            told |= {"audio_codec": heard.name, "channels": heard.channels, "sample_rate": heard.sample_rate}
    return Coding(**told)


def _named(names: dict[int, str], number: int) -> str | None:
    return None if number == 2 else names.get(number, str(number))


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound track that was listened to."""

    seconds: Fraction  # that could be decoded
    loudness_lufs: float
    peak_db: float


def listened(frames: Iterable[AudioFrame], stream: AudioStream) -> Heard:
    """Decodes a track to its end and measures it: three thousandths of the time that it plays.

    The peak is that of the samples: the true one between them costs four times as much.
    Raises MediaError for what cannot be measured.
    """
    import av
    import av.filter

    if not 0 < stream.codec_context.channels <= _MOST_CHANNELS:
        raise MediaError(f"a sound of {stream.codec_context.channels} channels cannot be read")
    graph = av.filter.Graph()
    source: Any = graph.add_abuffer(format="fltp", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "metadata=1:peak=sample:framelog=quiet")
    sink: Any = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    told: dict[str, str] = {}

    def read() -> None:
        nonlocal told
        while True:
            try:
                told = dict(sink.pull().metadata) or told
            except (av.BlockingIOError, av.EOFError):
                return

    # A second at once: most of the cost is in the number of frames, not in their length.
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE, frame_size=RATE)
    seconds, position = Fraction(0), 0

    def measure(frame: AudioFrame | None) -> None:
        nonlocal position
        for piece in resampler.resample(frame):
            piece.pts, piece.time_base = position, Fraction(1, RATE)
            position += piece.samples
            source.push(piece)
            read()

    for frame in frames:
        seconds += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None  # the resampler would fill gaps by its own reckoning
        measure(frame)
    if seconds:
        measure(None)
    source.push(None)
    read()
    peak = max((float(told.get(f"lavfi.r128.sample_peaks_ch{channel}", 0.0)) for channel in (0, 1)), default=0.0)
    lufs = float(told.get("lavfi.r128.I", -70.0))
    return Heard(seconds, round(lufs, 1) if math.isfinite(lufs) else -70.0, round(20 * math.log10(max(peak, 1e-6)), 1))

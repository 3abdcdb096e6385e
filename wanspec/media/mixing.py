"""Mixing: runs of raw sound through libavfilter, measured and brought to a loudness, without holding them in memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from wanspec.media.sound import CHUNK, RATE, WIDTH, audio_frame, pieces

CEILING = 0.891  # -1 dBFS: what a mix may peak at before a limiter steps in


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a run of sound is."""

    lufs: float  # integrated (EBU R 128); -70 for silence
    peak: float  # of the true peaks, 1.0 is full scale


class _Graph:
    """A filter graph over one or two runs of sound."""

    def __init__(self, inputs: int, steps: str) -> None:
        import av.filter

        self._graph = av.filter.Graph()
        self.sources: list[Any] = [
            self._graph.add_abuffer(format="flt", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))
            for _ in range(inputs)
        ]
        last = None
        for text in steps.split(","):
            name, _, arguments = text.partition("=")
            step = self._graph.add(name, arguments or None)
            if last is None:
                for index, source in enumerate(self.sources):
                    source.link_to(step, 0, index)
            else:
                last.link_to(step)
            last = step
        shape = self._graph.add("aformat", f"sample_fmts=flt:sample_rates={RATE}:channel_layouts=stereo")
        self._sink: Any = self._graph.add("abuffersink")
        assert last is not None
        last.link_to(shape)
        shape.link_to(self._sink)
        self._graph.configure()

    def push(self, index: int, pcm: bytes, position: int) -> None:
        frame = audio_frame(pcm)
        frame.pts, frame.time_base = position, Fraction(1, RATE)
        self.sources[index].push(frame)

    def close(self) -> None:
        for source in self.sources:
            source.push(None)

    def pull(self) -> Iterator[Any]:
        """All frames that are ready."""
        import av

        while True:
            try:
                yield self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def through(pcm: Iterable[bytes], samples: int, steps: str) -> Iterator[bytes]:
    """Exactly `samples` of the run, sent through libavfilter steps separated by commas."""
    return pieces(_through((pcm,), samples, steps), samples)


def summed(one: Iterable[bytes], other: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """Both together, neither made quieter."""
    return pieces(_through((one, other), samples, "amix=inputs=2:duration=longest:normalize=0"), samples)


def ducked(bed: Iterable[bytes], voice: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """The bed, stepping back by about 12 dB while the voice is heard."""
    steps = "sidechaincompress=threshold=0.02:ratio=8:attack=30:release=450:knee=4"
    return pieces(_through((bed, voice), samples, steps), samples)


def _through(runs: tuple[Iterable[bytes], ...], samples: int, steps: str) -> Iterator[bytes]:
    graph = _Graph(len(runs), steps)
    position = 0
    for chunk in zip(*(pieces(run, samples) for run in runs), strict=True):
        for index, pcm in enumerate(chunk):
            graph.push(index, pcm, position)
        position += len(chunk[0]) // WIDTH
        for frame in graph.pull():
            yield bytes(frame.planes[0])[: frame.samples * WIDTH]
    graph.close()
    for frame in graph.pull():
        yield bytes(frame.planes[0])[: frame.samples * WIDTH]


def level(pcm: Iterable[bytes], samples: int) -> Level:
    """Measured over the whole run."""
    graph = _Graph(1, "ebur128=metadata=1:peak=true")
    lufs, peak = -70.0, 0.0
    position = 0

    def read() -> None:
        nonlocal lufs, peak
        for frame in graph.pull():
            told = frame.metadata
            lufs = float(told.get("lavfi.r128.I", lufs))
            peak = max(peak, *(float(told.get(f"lavfi.r128.true_peaks_ch{channel}", 0.0)) for channel in (0, 1)))

    for chunk in pieces(pcm, samples):
        graph.push(0, chunk, position)
        position += len(chunk) // WIDTH
        read()
    graph.close()
    read()
    return Level(lufs if math.isfinite(lufs) else -70.0, peak)


def limited(pcm: Iterable[bytes], samples: int, gain: float) -> Iterator[bytes]:
    """Louder by a factor, peaks held below the ceiling; what a limiter looks ahead is made up for."""
    steps = f"volume={gain:.6f}:precision=float,alimiter=limit={CEILING}:attack=5:release=80:level=false:latency=true"
    return through(pcm, samples, steps)


def crossfaded(leaving: bytes, coming: bytes) -> bytes:
    """One run fading into another over its whole length, at constant power."""
    count = min(len(leaving), len(coming)) // WIDTH
    one, other = array("f", leaving[: count * WIDTH]), array("f", coming[: count * WIDTH])
    mixed = array("f", bytes(count * WIDTH))
    for index in range(count):
        angle = (index + 0.5) / count * math.pi / 2
        out, into = math.cos(angle), math.sin(angle)
        mixed[2 * index] = one[2 * index] * out + other[2 * index] * into
        mixed[2 * index + 1] = one[2 * index + 1] * out + other[2 * index + 1] * into
    return mixed.tobytes()


def keep(pcm: Iterable[bytes], path: Path) -> None:
    """Into a raw file: a long film's sound does not stay in memory."""
    with path.open("wb") as file:
        for chunk in pcm:
            file.write(chunk)


def kept(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK * WIDTH * 16):
            yield chunk


def decibels(factor: float) -> float:
    """Of full scale; silence is -120."""
    return 20 * math.log10(max(factor, 1e-6))

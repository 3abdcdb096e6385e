"""Sound as 48 kHz stereo: made, decoded, kept in raw files, measured and mixed."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.media import clips
from wanspec.media.limits import MAX_SECONDS

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

RATE = 48_000  # samples a second; Opus knows no other that AAC shares
WIDTH = 8  # bytes of one sample: two channels of 32-bit float
CHUNK = 1024  # samples: one AAC frame, so that the last piece may be short without a gap


def samples_of(frames: int, fps: Fraction) -> int:
    """How many samples are as long as that many frames."""
    return clips.nearest(frames / fps * RATE)


def audio_frame(pcm: bytes) -> AudioFrame:
    """Interleaved float samples as a frame."""
    import av

    frame = av.AudioFrame(format="flt", layout="stereo", samples=len(pcm) // WIDTH)
    frame.sample_rate = RATE
    frame.planes[0].update(pcm)
    return frame


def pieces(pcm: Iterable[bytes], samples: int) -> Iterator[bytes]:
    """Cut into chunks of exactly `samples` in all: the rest is left out, what is missing is silence."""
    held = bytearray()
    source = iter(pcm)
    left = samples
    while left:
        want = min(CHUNK, left) * WIDTH
        while len(held) < want:
            more = next(source, None)
            if more is None:
                held += bytes(want - len(held))
                break
            held += more
        yield bytes(held[:want])
        del held[:want]
        left -= want // WIDTH


def frames_of(pcm: Iterable[bytes], samples: int) -> Iterator[AudioFrame]:
    """The same as frames for a film."""
    return map(audio_frame, pieces(pcm, samples))


def silence() -> Iterator[bytes]:
    while True:
        yield bytes(CHUNK * WIDTH)


# A pentatonic scale: any two guide tracks that are cut together agree.
_TONES = (110, 132, 147, 165, 198, 220)
GUIDE_LEVEL = 0.02  # -34 dBFS: there, and out of the way
CLICK_LEVEL = 0.16


def guide(seed: int) -> Iterator[bytes]:
    """A quiet tone with a click at each full second, for as long as it is asked for; its pitch is chosen by the seed.

    The tone has a whole number of waves a second, so that one second is made and repeated.
    """
    second = _second(_TONES[seed % len(_TONES)])
    while True:
        yield second


@lru_cache(maxsize=len(_TONES))
def _second(tone: int) -> bytes:
    """One second of the guide track at so many waves a second."""
    one = _wave()
    mono = array("f")
    begin = 0
    while len(mono) < RATE:  # each `tone`th sample of the one long wave, going round it `tone` times
        mono += one[begin::tone]
        begin = (begin - RATE) % tone
    for n in range(RATE // 50):  # 20 ms
        mono[n] += CLICK_LEVEL * math.sin(2 * math.pi * 1200 * n / RATE) * (1 - n / (RATE // 50)) ** 2
    both = array("f", bytes(WIDTH * RATE))
    both[0::2] = both[1::2] = mono
    return both.tobytes()


@lru_cache(maxsize=1)
def _wave() -> array[float]:
    """One wave as long as a second: every tone is made of its samples."""
    step = 2 * math.pi / RATE
    return array("f", (GUIDE_LEVEL * (math.sin(step * n) + 0.4 * math.sin(2 * step * n)) for n in range(RATE)))


def decode(path: Path, start: Fraction | float = 0) -> Iterator[bytes]:
    """The file's first sound track from `start` seconds on, brought to 48 kHz stereo.

    In a clip, times count from its first frame, so that sound and picture of a cut stay together.
    Raises MediaError for a file without sound, and for damage.
    """
    import av

    with clips.opened(path) as container:
        stream = clips.sound_of(container, path)
        base = Fraction(stream.time_base or Fraction(1, RATE))
        origin = _origin(container, stream)
        if start > 5 and container.format.name.startswith(("mov", "matroska")):
            # Half a second early: a coder needs a few frames to settle.
            container.seek(int((origin + Fraction(start) - Fraction(1, 2)) / base), stream=stream)
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
        position: int | None = None  # in samples, from `start`
        heard = 0
        for frame in container.decode(stream):
            if position is None:
                at = (frame.pts or 0) * base - origin - Fraction(start)
                position = clips.nearest(at * RATE)
                if position > 0:
                    yield bytes(min(position, int(MAX_SECONDS) * RATE) * WIDTH)
            frame.pts = None  # the resampler would fill gaps by its own reckoning
            for out in resampler.resample(frame):
                pcm = bytes(out.planes[0])[: out.samples * WIDTH]
                if position < 0:
                    pcm = pcm[-position * WIDTH :]
                position += out.samples
                heard += out.samples
                if pcm:
                    yield pcm
        for out in resampler.resample(None):
            yield bytes(out.planes[0])[: out.samples * WIDTH]
        if not heard and position is None:
            raise MediaError(f"`{path.name}` has a sound track without sound")


def _origin(container: InputContainer, stream: AudioStream) -> Fraction:
    """The time from which the file's seconds count: its first frame, else its first sound."""
    lead = container.streams.video[0] if container.streams.video else stream
    if lead.start_time is None or not lead.time_base:
        return Fraction(0)
    return Fraction(lead.start_time * lead.time_base)

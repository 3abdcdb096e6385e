"""Media as they come from cameras, browsers, half-done downloads and strangers; tiny, and made on the spot."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

SIDE = (64, 48)


def still(path: Path, mode: str = "RGB", size: tuple[int, int] = SIDE, **save: Any) -> Path:
    from PIL import Image

    picture = Image.effect_noise(size, 60).convert("RGB").convert(mode)
    picture.save(path, **save)
    return path


def turned(path: Path) -> Path:
    """As phones write it: stored lying, shown standing."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return still(path, exif=exif)


def animation(path: Path) -> Path:
    from PIL import Image

    pictures = [Image.new("RGB", SIDE, (n * 60, 0, 0)) for n in range(3)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200)
    return path


def bomb(path: Path, side: int = 60_000) -> Path:
    """A kilobyte that asks for gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
    return path


def clip(
    path: Path,
    size: tuple[int, int] = SIDE,
    times: Sequence[Fraction] = tuple(Fraction(n, 10) for n in range(10)),
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    curve: int = 2,
    tone: bool = False,
    **options: str,
) -> Path:
    """A clip whose pictures stand at these seconds.  `curve`: of brightness, by ITU-T H.273; 2 is not told."""
    import av
    from PIL import Image

    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.color_trc = curve
        track: Any = container.add_stream("aac", rate=8000, layout="mono") if tone else None
        whole: Any = av.VideoFrame
        for number, at in enumerate(times):
            frame = whole.from_image(Image.effect_noise(size, 40 + number).convert("RGB")).reformat(format=pixels)
            frame.pts, frame.time_base = int(at * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            for number in range(8):
                heard: Any = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                heard.sample_rate, heard.pts = 8000, number * 1024
                heard.planes[0].update(b"\0\0\0\x3e" * 1024)
                container.mux(track.encode(heard))
            container.mux(track.encode(None))
    return path


def sound(path: Path, seconds: float = 1.0, level: int = 8000) -> Path:
    """A square wave; `.wav` is plain, other names are coded."""
    half = struct.pack("<h", level) * 10 + struct.pack("<h", -level) * 10
    data = half * round(seconds * 400)
    if path.suffix == ".wav":
        _wave(path, data)
        return path
    import av

    plain = io.BytesIO()
    _wave(plain, data)
    plain.seek(0)
    codec = {".mp3": "libmp3lame", ".flac": "flac", ".m4a": "aac", ".ogg": "libopus", ".webm": "libopus"}[path.suffix]
    with av.open(plain) as source, av.open(str(path), "w") as container:
        track: Any = container.add_stream(codec, rate=48_000 if codec == "libopus" else 8000, layout="mono")
        resampler = av.AudioResampler(track.codec_context.format, "mono", track.codec_context.sample_rate)
        for frame in _frames(source, resampler):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def _wave(target: Any, data: bytes) -> None:
    with wave.open(str(target) if isinstance(target, Path) else target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(data)


def _frames(source: Any, resampler: Any) -> Iterator[Any]:
    for frame in source.decode(audio=0):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def cut(path: Path, share: float = 0.6) -> Path:
    """The beginning of a file, as a broken download leaves it."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def uncodable(path: Path) -> Path:
    """A clip in a coding that nobody has a decoder for."""
    clip(path)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9"))
    return path


def text(words: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(words)
        return path

    return make


# Twice as many pictures in the second half: what screen recorders and phones write.
UNSTEADY = tuple(Fraction(n, 5) for n in range(5)) + tuple(1 + Fraction(n, 20) for n in range(20))

# name -> (how it is made, the kind that it is); all of these work.
SOUND = {
    "plain.png": (still, "image"),
    "camera.jpg": (turned, "image"),
    "press.jpg": (lambda path: still(path, "CMYK"), "image"),
    "clear.png": (lambda path: still(path, "RGBA"), "image"),
    "deep.png": (lambda path: still(path, "I;16"), "image"),
    "wide.png": (lambda path: still(path, size=(8000, 2)), "image"),
    "moving.gif": (animation, "image"),
    "moving.webp": (animation, "image"),
    "misnamed.jpg": (lambda path: still(path, format="PNG"), "image"),
    "odd.png": (lambda path: still(path, size=(33, 17)), "image"),
    "plain.mp4": (lambda path: clip(path, tone=True), "video"),
    "odd.webm": (lambda path: clip(path, (33, 17), codec="libvpx-vp9"), "video"),
    "unsteady.mp4": (lambda path: clip(path, times=UNSTEADY), "video"),
    "endless.webm": (lambda path: clip(path, codec="libvpx-vp9", live="1"), "video"),
    "bright.mp4": (lambda path: clip(path, pixels="yuv420p10le", curve=16), "video"),
    "one-picture.mp4": (lambda path: clip(path, times=(Fraction(0),)), "video"),
    "misnamed.mov": (lambda path: clip(path.with_suffix(".mp4")).rename(path), "video"),
    "plain.wav": (sound, "audio"),
    "plain.mp3": (sound, "audio"),
    "plain.flac": (sound, "audio"),
    "plain.m4a": (sound, "audio"),
    "voice.webm": (sound, "audio"),
    "silent.wav": (lambda path: sound(path, level=0), "audio"),
}  # fmt: skip

# name -> (how it is made, the kind that it claims to be, what is said of it)
UNSOUND = {
    "cut.png": (lambda path: cut(still(path)), "image", "is damaged or cut short"),
    "cut.jpg": (lambda path: cut(still(path)), "image", "is damaged or cut short"),
    "cut.webp": (lambda path: cut(still(path)), "image", "is damaged"),
    "cut.gif": (lambda path: cut(still(path)), "image", "is damaged or cut short"),
    "bomb.png": (bomb, "image", "is too large: 3600 megapixels"),
    "page.png": (text(b"<!DOCTYPE html><title>404</title>"), "image", "is a web page"),
    "empty.png": (text(b""), "image", "is empty"),
    "pointer.png": (text(b"version https://git-lfs.github.com/spec/v1\n"), "image", "is a Git LFS pointer"),
    "cut.mp4": (lambda path: cut(clip(path)), "video", "is damaged or cut short"),
    "cut-fast.mp4": (lambda path: cut(clip(path, movflags="faststart")), "video", "is cut short"),
    "cut.webm": (lambda path: cut(clip(path, codec="libvpx-vp9")), "video", "is cut short"),
    "unknown.mp4": (uncodable, "video", "is coded in a way that is not known here"),
    "playlist.mp4": (text(b"#EXTM3U\nhttps://example.com/a.ts\n"), "video", "is a playlist"),
    "empty.mp4": (text(b""), "video", "is empty"),
    "no-length.wav": (lambda path: sound(path, 0), "audio", "holds no sound"),
    "cut.wav": (lambda path: cut(sound(path)), "audio", "is cut short"),
    "cut.flac": (lambda path: cut(sound(path)), "audio", "is damaged or cut short"),
    "cut.m4a": (lambda path: cut(sound(path)), "audio", "is damaged or cut short"),
    "empty.wav": (text(b""), "audio", "is empty"),
}  # fmt: skip

"""Stills: read upright and within bounds, fitted to a frame, written in the asked format."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from wanspec.domain.errors import MediaError
from wanspec.media.limits import MAX_PIXELS, MAX_SIDE
from wanspec.media.sniffing import DECODERS, HEAD, looks_like, sniff

if TYPE_CHECKING:
    from PIL.Image import Image

LIMITS = f"at most {MAX_SIDE} pixels a side and {MAX_PIXELS // 1_000_000} megapixels are read"

# What Pillow's decoders raise for damaged data: each format has its own ways.
COMPLAINTS = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, AttributeError,
    MemoryError, struct.error,
)  # fmt: skip

# Names that people give to formats -> Pillow's name.
FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


def media_type_of(path: Path) -> str:
    """The type of a file by its content.  Raises MediaError that says what the file is instead."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise MediaError(f"`{path.name}` cannot be read: {error.strerror or error}") from error
    if not head:
        raise MediaError(f"`{path.name}` is empty")
    media_type = sniff(head)
    if media_type is None:
        seems = looks_like(head)
        raise MediaError(
            f"`{path.name}` is {seems}" if seems else f"`{path.name}` is no picture, clip or sound that is known here",
            hint="use PNG, JPEG, WEBP, GIF, BMP, TIFF or AVIF; MP4, MOV, WEBM, MKV or AVI; WAV, MP3, M4A, OGG or FLAC",
        )
    return media_type


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """The still with its header read and its size found acceptable; pixels are not decoded yet.

    Afterwards it is gone, also for who still has a name for it: to tell the EXIF block of a PNG, Pillow decodes it all.
    """
    with _kept(path) as image:
        try:
            yield image
        finally:
            image.close()


@contextmanager
def _kept(path: Path) -> Iterator[Image]:
    """The same, its pixels staying for the caller to pass on."""
    from PIL import Image

    media_type = media_type_of(path)
    decoder = DECODERS.get(media_type)
    if decoder is None:
        raise MediaError(f"`{path.name}` is no still but {media_type}")
    # The bound is checked below, once and with our words; Pillow's own is a warning first and an exception later.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(path, formats=[decoder])
        except Image.DecompressionBombError as error:
            pixels = re.search(r"\d+", str(error))
            size = f": {int(pixels[0]) // 1_000_000} megapixels" if pixels else ""
            raise MediaError(f"`{path.name}` is too large{size}", hint=LIMITS) from error
        except COMPLAINTS as error:
            raise MediaError(f"`{path.name}` is damaged: its header cannot be read") from error
        with image:
            check_size(*image.size, path.name)
            yield image


def check_size(width: int, height: int, name: str) -> None:
    """Raises MediaError for a picture that would not fit into memory."""
    if width < 1 or height < 1:
        raise MediaError(f"`{name}` has no size: {width}x{height}")
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaError(
            f"`{name}` is too large: {width}x{height}",
            hint=LIMITS,
        )


def size_of(image: Image) -> tuple[int, int]:
    """The size as it is looked at: a camera's rotation mark is heeded."""
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)


def _orientation(image: Image) -> int:
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # a broken EXIF block raises nearly anything, and says nothing about the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def read_picture(path: Path, *, about: tuple[int, int] | None = None) -> Image:
    """The still, upright, as RGB or (where it is transparent) RGBA; of an animation the first picture.

    `about`: the size it will be shown at; of a much larger one no more is kept than is needed for that.
    Raises MediaError.
    """
    with _kept(path) as image, _decoding(path, image, about):
        orientation = _orientation(image)
        by = _divisor(size_of(image), about) if about is not None else 1
        picture = _plain(image) if by == 1 else _shrunk(image, by)
        if picture is not image:
            image.close()  # its pixels go now, and not when somebody collects garbage
        return picture if orientation == 1 else _turned(picture, orientation)


def _plain(image: Image) -> Image:
    """As RGB or RGBA; the very same picture where it is that already, for a large one fills a quarter of a gigabyte."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA") if image.mode != "RGBA" else image
    if image.mode.startswith("I"):
        return _from_deep(image)
    return image.convert("RGB") if image.mode != "RGB" else image


def _divisor(size: tuple[int, int], about: tuple[int, int]) -> int:
    """By how much a picture can be made smaller and still have twice the pixels a side that will be seen.

    A power of two, as with a JPEG that is read at a part of its size: edges on eighth lines stay on lines.
    """
    spare = min(size[0] / about[0], size[1] / about[1]) / 2
    return next((by for by in (8, 4, 2) if by <= spare), 1)


def _shrunk(image: Image, by: int) -> Image:
    """Made plain and smaller strip by strip: neither step has a second picture of the full size."""
    from PIL import Image

    width, height = image.size
    strips = (image.crop((0, top, width, min(height, top + _STRIP))) for top in range(0, height, _STRIP))
    made: Image.Image | None = None
    for index, strip in enumerate(strips):
        small = _plain(strip).reduce(by)
        if made is None:
            made = Image.new(small.mode, (small.width, -(-height // by)))
        made.paste(small, (0, index * _STRIP // by))
    assert made is not None
    return made


_STRIP = 256  # lines


def _turned(image: Image, orientation: int) -> Image:
    """Upright, by the number that EXIF has for how a camera was held."""
    from PIL.Image import Transpose

    way = (
        Transpose.FLIP_LEFT_RIGHT, Transpose.ROTATE_180, Transpose.FLIP_TOP_BOTTOM, Transpose.TRANSPOSE,
        Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90,
    )[orientation - 2]  # fmt: skip
    return image.transpose(way)


def check_whole(path: Path) -> None:
    """Raises MediaError unless every pixel of a still is there.

    A JPEG is decoded at an eighth of its size: all of it is read, in a fraction of the time and memory.
    """
    with opened(path) as image, _decoding(path, image, (1, 1)):
        pass


@contextmanager
def _decoding(path: Path, image: Image, about: tuple[int, int] | None) -> Iterator[None]:
    """The still is decoded.  Complaints, also those about what is done with it, become a MediaError."""
    from PIL import Image

    try:
        if about is not None:
            image.draft("RGB", about)
        image.load()
        yield
    except Image.DecompressionBombError as error:
        raise MediaError(f"`{path.name}` is too large", hint=LIMITS) from error
    except COMPLAINTS as error:
        raise MediaError(f"`{path.name}` is damaged or cut short", hint=f"the decoder says: {error}") from error


def _from_deep(image: Image) -> Image:
    """Sixteen bits a sample brought to eight: Pillow's own conversion clips instead of scaling."""
    return image.convert("I").point(lambda v: v * (1 / 257)).convert("L").convert("RGB")


def on_colour(image: Image, colour: tuple[int, int, int]) -> Image:
    """Without transparency: over one colour."""
    from PIL import Image

    if image.mode != "RGBA":
        return image.convert("RGB") if image.mode != "RGB" else image
    ground = Image.new("RGB", image.size, colour)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def fitted_size(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside a box, at least one pixel a side."""
    factor = min(box[0] / size[0], box[1] / size[1])
    return max(1, min(box[0], round(size[0] * factor))), max(1, min(box[1], round(size[1] * factor)))


def fill(image: Image, size: tuple[int, int]) -> Image:
    """Scaled to cover the size, what stands out cut off on both sides alike."""
    from PIL import Image, ImageOps

    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def fit(image: Image, size: tuple[int, int]) -> Image:
    """Scaled to lie inside the size; nothing is added."""
    from PIL import Image

    inner = fitted_size(image.size, size)
    return image if image.size == inner else image.resize(inner, Image.Resampling.LANCZOS)


def pad(image: Image, size: tuple[int, int], colour: tuple[int, int, int]) -> Image:
    """Scaled to lie inside the size, centred, the rest in one colour."""
    from PIL import Image

    inner = fit(image, size)
    if inner.size == size:
        return inner
    if inner.mode == "RGBA":
        inner = on_colour(inner, colour)
    ground = Image.new("RGB", size, colour)
    ground.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return ground


def save_picture(image: Image, path: Path, *, quality: int | None = None, exif: bytes = b"") -> Path:
    """Written in the format that the file's extension names; the same picture gives the same bytes.

    `quality` is 1 to 100, for JPEG and WEBP (100 is lossless there); PNG has none.  `exif` is a block as Pillow
    makes them.  Transparency is put on white where the format has none.
    """
    kind = FORMATS[path.suffix.removeprefix(".").lower()]
    if max(image.size) > MAX_SIDE - 1 and kind == "WEBP":
        raise MediaError(f"a WEBP has at most {MAX_SIDE - 1} pixels a side, not {image.width}x{image.height}")
    if kind == "JPEG":
        on_colour(image, (255, 255, 255)).save(
            path, kind, quality=quality or 92, subsampling=0 if (quality or 92) > 90 else 2, exif=exif
        )
    elif kind == "WEBP":
        # Effort 1 costs a fifth of the default and a few per cent of size.
        image.save(path, kind, quality=quality or 92, lossless=quality == 100, method=1, exif=exif)
    else:
        _save_png(image, path, exif)
    return path


def _save_png(image: Image, path: Path, exif: bytes) -> None:
    """libavcodec's PNG coder with one filter for all lines takes half the time of Pillow's, for the same size."""
    if image.mode != "RGB":
        image.save(path, "PNG", compress_level=1, exif=exif)
        return
    from fractions import Fraction

    import av

    coder: Any = av.CodecContext.create("png", "w")
    coder.width, coder.height = image.size
    coder.pix_fmt, coder.time_base = "rgb24", Fraction(1)
    coder.thread_count = 1
    coder.options = {"compression_level": "1", "pred": "paeth"}
    frames: Any = av.VideoFrame
    data = b"".join(bytes(packet) for packet in (*coder.encode(frames.from_image(image)), *coder.encode(None)))
    if exif:
        data = data[:_AFTER_HEADER] + _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")) + data[_AFTER_HEADER:]
    path.write_bytes(data)


_AFTER_HEADER = 8 + 25  # bytes of a PNG's signature and of its first chunk


def _chunk(name: bytes, content: bytes) -> bytes:
    """A piece of a PNG: length, name, content, checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc32(name + content))


def colour_of(text: str) -> tuple[int, int, int]:
    """`#8ac`, `#88aacc`, `88aacc` or a name that CSS knows.  Raises MediaError."""
    from PIL import ImageColor

    try:
        if len(text) in (3, 6) and all(c in "0123456789abcdefABCDEF" for c in text):
            text = "#" + text
        return ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise MediaError(f"`{text}` is no colour", hint="write a name that CSS knows, or #rrggbb") from error

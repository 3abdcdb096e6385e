"""A steady run of frames: any clip, or a still, brought to one size, one rate and one pixel format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.media import clips
from wanspec.media.pictures import fitted_size

if TYPE_CHECKING:
    from av import VideoFormat, VideoFrame
    from PIL.Image import Image

TURNS = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}  # for a rotation counterclockwise


def run(
    path: Path, size: tuple[int, int], fps: Fraction, count: int, *, start: Fraction = Fraction(0), shape: str = "pad"
) -> Iterator[VideoFrame]:
    """Exactly `count` frames in yuv420p, the first of them nearest to `start` seconds.

    `shape` is what happens to another aspect ratio: `pad` puts black bars, `fill` cuts off, `stretch` distorts.
    When the clip ends earlier its last frame stays; a clip that ends much earlier than its header says is damaged,
    which raises MediaError.
    """
    prepare: Callable[[VideoFrame], VideoFrame] | None = None
    clip = clips.read_clip(path)
    source = clips.decoded(path, start)
    shown: VideoFrame | None = None  # prepared
    held: VideoFrame | None = None  # decoded, prepared only when it is shown
    upcoming = next(source, None)
    half = Fraction(1, 2) / fps
    ended = Fraction(0)
    for number in range(count):
        due = start + number / fps + half
        while upcoming is not None and (upcoming[0] < due or (held is None and shown is None)):
            ended, held = upcoming
            upcoming = next(source, None)
        if held is not None:
            if prepare is None:
                prepare = fitter(held, size, shape, clip.pixel)
            shown, held = prepare(held), None
        if shown is None:
            raise MediaError(f"`{path.name}` holds no frame that can be decoded")
        if upcoming is None and due - ended > 1 and clip.seconds - ended > 1:
            raise MediaError(
                f"`{path.name}` is cut short: its picture ends at {float(ended):.2f} s of {float(clip.seconds):.2f} s"
            )
        yield shown


def fitter(frame: VideoFrame, size: tuple[int, int], shape: str, pixel: Fraction) -> Callable[[VideoFrame], VideoFrame]:
    """A function that brings frames like this one upright to the size, in yuv420p, BT.709, limited range.

    `pixel` is a pixel's width over its height.
    """
    turn = clips.turn_of(frame)
    plain = frame.format.name == "yuv420p" and int(frame.colorspace) in (1, 2) and int(frame.color_range) != 2
    if not turn and pixel == 1 and plain and (frame.width, frame.height) == size and clips.matrix_of(frame) == "ITU709":
        same = (frame.width, frame.height, frame.format.name)
        rest: list[Callable[[VideoFrame], VideoFrame]] = []

        def as_it_is(one: VideoFrame) -> VideoFrame:
            if (one.width, one.height, one.format.name) == same:
                return one
            if not rest:
                rest.append(_Chain(size, shape, pixel))
            return rest[0](one)

        return as_it_is
    return _Chain(size, shape, pixel)


class _Chain:
    """A filter graph that is built anew when the frames change their size or format on the way."""

    def __init__(self, size: tuple[int, int], shape: str, pixel: Fraction) -> None:
        self._size = size
        self._shape = shape
        self._pixel = pixel
        self._like: tuple[object, ...] = ()
        self._source: Any = None
        self._sink: Any = None
        self._graph: Any = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        like = (frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range))
        if like != self._like:
            self._build(frame)
            self._like = like
        frame.pts = None
        self._source.push(frame)
        done: VideoFrame = self._sink.pull()
        return done

    def _build(self, frame: VideoFrame) -> None:
        turn = clips.turn_of(frame)
        self._source, self._sink, self._graph = chain(frame.width, frame.height, frame.format, self._steps(frame, turn))

    def _steps(self, frame: VideoFrame, turn: int) -> Iterator[str]:
        if turn:
            yield from TURNS[turn].split(",")
            # What is upright now must not be turned once more by whoever reads the mark.
            yield "sidedata=mode=delete:type=DISPLAYMATRIX"
        width, height = max(1, clips.nearest(frame.width * self._pixel)), frame.height
        if turn in (90, 270):
            width, height = height, width
        target, size = self._size, self._size
        if self._shape == "pad":
            size = fitted_size((width, height), target)
            size = (min(target[0], size[0] + size[0] % 2), min(target[1], size[1] + size[1] % 2))
        elif self._shape == "fill":
            factor = max(target[0] / width, target[1] / height)
            size = (max(target[0], round(width * factor)), max(target[1], round(height * factor)))
        matrix = "bt601" if clips.matrix_of(frame) == "ITU601" else "bt709"
        full = int(frame.color_range) == 2 or frame.format.name.startswith(("yuvj", "rgb", "bgr", "gbr", "pal", "gray"))
        yield (
            f"scale={size[0]}:{size[1]}:flags=bicubic:in_color_matrix={matrix}:out_color_matrix=bt709"
            f":in_range={'full' if full else 'limited'}:out_range=limited"
        )
        yield "format=yuv420p"
        if self._shape == "pad" and size != target:
            # Whole pixels of colour: the bars begin on even lines.
            left, top = (target[0] - size[0]) // 4 * 2, (target[1] - size[1]) // 4 * 2
            yield f"pad={target[0]}:{target[1]}:{left}:{top}:black"
        elif self._shape == "fill" and size != target:
            yield f"crop={target[0]}:{target[1]}:{(size[0] - target[0]) // 2}:{(size[1] - target[1]) // 2}:exact=1"
        yield "setsar=1"


def of_picture(picture: Image) -> VideoFrame:
    """A picture as a frame of a film: yuv420p, BT.709, limited range."""
    import av

    whole: Any = av.VideoFrame
    frame: VideoFrame = whole.from_image(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


def filtered(frames: Iterator[VideoFrame], size: tuple[int, int], steps: list[str]) -> Iterator[VideoFrame]:
    """Frames in yuv420p of one size, sent through libavfilter steps that give one frame for each."""
    import av

    source, sink, _graph = chain(*size, av.VideoFormat("yuv420p"), (*steps, "format=yuv420p", "setsar=1"))
    for frame in frames:
        frame.pts = None
        source.push(frame)
        yield sink.pull()


def chain(width: int, height: int, pixels: VideoFormat, steps: Iterable[str]) -> tuple[Any, Any, Any]:
    """A filter graph with one way through it: where frames are pushed, where they are pulled, and the graph.

    The graph must be kept as long as its ends are used: they do not hold it.
    """
    import av.filter

    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format=pixels, time_base=Fraction(1, 1000))
    last = source
    for text in steps:
        name, _, arguments = text.partition("=")
        step = graph.add(name, arguments or None)
        last.link_to(step)
        last = step
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    return source, sink, graph

"""`local/loop`: a clip as an endless animation for sharing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import clips, steady
from wanspec.media.clips import nearest
from wanspec.media.operations.expectation import Expected, Sources, must_be, text, whole
from wanspec.media.operations.remake import kind_of
from wanspec.media.operations.single_frame import exact

if TYPE_CHECKING:
    from av import VideoFrame

MAX_LOOP_S = 60  # every picture of an animation is kept at nearly full cost: beyond this nobody can share it


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    source = media["source"]
    if kind_of(source) != "video":
        raise MediaError(f"`{source.name}` is no clip: only a clip can loop")
    clip = clips.read_clip(source)
    size, fps = _shape(fields, clip.width, clip.height, clip.fps)
    _check_length(float(clip.seconds))
    count = max(1, nearest(clip.seconds * fps))
    form = text(fields, "format", "webp")
    path = folder / f"1.{form}"

    def frames() -> Iterator[VideoFrame]:
        return steady.run(source, size, fps, count, shape="stretch")

    if form == "gif":
        _gif(path, frames, size, fps)
    elif form == "webp":
        _webp(path, frames(), fps)
    else:
        raise MediaError(f"a loop cannot be written as `{form}`", hint="use webp or gif")
    return [path]


def _shape(fields: Mapping[str, Json], width: int, height: int, fps: Fraction) -> tuple[tuple[int, int], Fraction]:
    wide = whole(fields, "width") or width
    given = fields.get("fps")
    rate = exact(given) if given is not None else fps
    # A GIF counts time in hundredths of a second, and viewers slow down what is faster than fifty a second.
    if text(fields, "format", "webp") == "gif":
        rate = min(rate, Fraction(50))
    return (max(1, wide), max(1, round(height * wide / width))), rate


def _check_length(seconds: float | None) -> None:
    if seconds is not None and seconds > MAX_LOOP_S:
        raise MediaError(
            f"`source` is too long for a loop: {seconds:g} s", hint=f"cut it first: at most {MAX_LOOP_S} s are written"
        )


def _gif(path: Path, frames: Any, size: tuple[int, int], fps: Fraction) -> None:
    """Two passes: first the 256 colours that serve the whole clip best, then the pictures in them."""
    import av
    import av.filter

    def graph(*names: str) -> tuple[list[Any], Any, Any]:
        made = av.filter.Graph()
        yuv, bgra = av.VideoFormat("yuv420p"), av.VideoFormat("bgra")
        sources: list[Any] = [made.add_buffer(width=size[0], height=size[1], format=yuv, time_base=1 / fps)]
        last: Any = sources[0]
        if "paletteuse" in names:
            sources.append(made.add_buffer(width=16, height=16, format=bgra, time_base=1 / fps))
        for name in names:
            step = made.add(name, _GIF_STEPS[name])
            last.link_to(step, 0, 0)
            if name == "paletteuse":
                sources[1].link_to(step, 0, 1)
            last = step
        sink = made.add("buffersink")
        last.link_to(sink)
        made.configure()
        return sources, sink, made

    sources, sink, _keep = graph("palettegen")
    for index, frame in enumerate(frames()):
        frame.pts, frame.time_base = index, 1 / fps
        sources[0].push(frame)
    sources[0].push(None)
    palette = sink.pull()
    sources, sink, _keep = graph("paletteuse")
    palette.pts = 0
    sources[1].push(palette)
    sources[1].push(None)
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as container:
        container.flags |= 0x400
        stream: Any = container.add_stream("gif", rate=fps)
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "pal8"
        stream.codec_context.time_base = 1 / fps
        count = 0

        def drain() -> None:
            nonlocal count
            while True:
                try:
                    done = sink.pull()
                except (av.BlockingIOError, av.EOFError):
                    return
                done.pts, done.time_base, done.duration = count, 1 / fps, 1
                count += 1
                container.mux(stream.encode(done))

        for index, frame in enumerate(frames()):
            frame.pts, frame.time_base = index, 1 / fps
            sources[0].push(frame)
            drain()
        sources[0].push(None)
        drain()
        container.mux(stream.encode())


_GIF_STEPS = {"palettegen": "stats_mode=diff", "paletteuse": "dither=bayer:bayer_scale=3:diff_mode=rectangle"}


def _webp(path: Path, frames: Iterator[VideoFrame], fps: Fraction) -> None:
    def pictures() -> Iterator[Any]:
        for frame in frames:
            yield clips.upright_picture(frame)

    every = pictures()
    first = next(every)
    # Times are whole milliseconds; they are told one by one so that their sum is the clip's length.
    first.save(path, "WEBP", save_all=True, append_images=every, duration=_Times(fps), loop=0, quality=80, method=2)


class _Times(list[int]):
    """The milliseconds of each picture, for a list whose length nobody knows beforehand."""

    def __init__(self, fps: Fraction) -> None:
        super().__init__()
        self._fps = fps

    def __getitem__(self, index: Any) -> Any:
        return nearest((index + 1) * 1000 / self._fps) - nearest(index * 1000 / self._fps)


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "video", why="only a clip can loop")
    _check_length(source.duration)
    width, height = whole(fields, "width") or source.width, None
    if source.width and source.height and width:
        height = max(1, round(source.height * width / source.width))
    fps = fields.get("fps")
    rate = float(fps) if isinstance(fps, int | float) else source.fps
    return Expected("image", width, height, source.duration, rate)

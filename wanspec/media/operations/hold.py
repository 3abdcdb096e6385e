"""`local/hold`: a still that stands for some seconds, with or without a move over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media import beneath, planes
from wanspec.media.clips import DEFAULT_FPS, nearest
from wanspec.media.film import Reel, write_film
from wanspec.media.limits import MAX_SECONDS
from wanspec.media.operations.expectation import Expected, Sources, must_be, number, text
from wanspec.media.operations.remake import even, kind_of
from wanspec.media.operations.single_frame import exact
from wanspec.media.pictures import fill, on_colour, read_picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from wanspec.media.planes import Layer, Planes

CLOSER = 1.2  # how far a move goes in, and how much room the others have to travel


def make(_model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """An MP4 of the still's size (less a line where that is odd), silent."""
    source = media["source"]
    if kind_of(source) != "image":
        raise MediaError(f"`{source.name}` is no still: only a still can be held")
    seconds = check_seconds(fields)
    picture = on_colour(read_picture(source), (0, 0, 0))
    size = even(picture.size, "mp4")
    count = max(1, nearest(exact(seconds) * DEFAULT_FPS))
    motion = text(fields, "motion", "none")
    path = folder / "1.mp4"
    words = None if motion == "none" else beneath.words_on(source, picture)
    if words is None:
        frames = map(planes.to_frame, held(fill(picture, size), count, motion))
    else:
        # A preview's words stay where they are, and the picture moves behind them.
        over = planes.layer(words[0].convert("RGBA"), 0, words[1])
        bare = fill(on_colour(beneath.bare_picture(source), (0, 0, 0)), size)
        frames = map(planes.to_frame, _lettered(held(bare, count, motion), over))
    write_film(path, Reel(*size, DEFAULT_FPS), frames, comment=beneath.comment_of(source))
    return [path]


def check_seconds(fields: Mapping[str, Json]) -> float:
    seconds = number(fields, "seconds", 0)
    if not 0 < seconds <= MAX_SECONDS:
        raise MediaError(f"a still cannot be held for {seconds:g} s")
    return seconds


def _lettered(frames: Iterator[Planes], words: Layer) -> Iterator[Planes]:
    for frame in frames:
        planes.lay(frame, words)
        yield frame


def held(picture: Image, count: int, motion: str) -> Iterator[Planes]:
    """The still as that many frames.

    `in` starts on the whole picture, `out` ends on it; the others travel over it, the camera going where they say.
    """
    ground = planes.of_rgb(picture)
    if motion == "none":
        for _ in range(count):
            yield ground
        return
    stage = planes.Stage(ground)
    width, height = picture.size
    for index in range(count):
        time = index / (count - 1) if count > 1 else 0.0
        eased = time * time * (3 - 2 * time)
        zoom = {"in": CLOSER**eased, "out": CLOSER ** (1 - eased)}.get(motion, CLOSER)
        wide, tall = width / zoom, height / zoom
        across = {"right": eased, "left": 1 - eased}.get(motion, 0.5)
        down = {"down": eased, "up": 1 - eased}.get(motion, 0.5)
        left, top = (width - wide) * across, (height - tall) * down
        yield stage.view(left, top, wide, tall, (width, height))


def foresee(_model: str, fields: Mapping[str, Json], sources: Sources) -> Expected:
    source = must_be(sources, "source", "image", why="only a still can be held")
    rate = Fraction(DEFAULT_FPS)
    seconds = float(max(1, nearest(exact(check_seconds(fields)) * rate)) / rate)
    width, height = source.width, source.height
    if width and height:
        width, height = even((width, height), "mp4")
    return Expected("video", width, height, seconds, float(rate), has_audio=False)

"""The picture of a film: parts one after another, with transitions, fades and captions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.media import beneath, captions, pictures, planes, steady
from wanspec.media.captions import Caption
from wanspec.media.clips import Clip, nearest
from wanspec.media.film import can_follow

if TYPE_CHECKING:
    from av import VideoFrame

    from wanspec.media.planes import Layer, Planes

CAPTION_SHARE = 0.045  # of the height: what broadcasters set subtitles in
CAPTION_PLATE = 150  # of 255: words on words, as over a preview's lower third, stay legible


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of the film."""

    path: Path
    clip: Clip | None  # None: a still
    start: Fraction  # seconds of the clip; on a frame
    count: int  # frames of the film


@dataclass(frozen=True, slots=True)
class Film:
    """All that is seen, and when; counts are frames of the film."""

    parts: tuple[Part, ...]
    size: tuple[int, int]
    fps: Fraction
    transition: str  # cut, fade, dip
    transition_frames: int
    fade_in: int = 0
    fade_out: int = 0
    captions: tuple[Caption, ...] = ()

    @property
    def overlap(self) -> int:
        """Frames that two neighbours share."""
        return self.transition_frames if self.transition == "fade" and len(self.parts) > 1 else 0

    @property
    def dip(self) -> int:
        """Frames that a part takes to go to black, and to come from it."""
        return self.transition_frames // 2 if self.transition == "dip" else 0

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts) - self.overlap * (len(self.parts) - 1)

    def begins(self, index: int) -> int:
        """The film's frame on which a part begins."""
        return sum(part.count for part in self.parts[:index]) - self.overlap * index


def can_be_copied(film: Film, form: str) -> bool:
    """Whether nothing has to be coded again: whole clips of one coding, cut hard, nothing laid over."""
    if film.captions or film.fade_in or film.fade_out or film.overlap or (film.dip and len(film.parts) > 1):
        return False
    first = film.parts[0]
    codec = "vp9" if form == "webm" else "h264"
    return all(
        part.clip is not None
        and part.start == 0
        and part.count == part.clip.frames
        and part.clip.codec == codec
        and part.clip.pixel_format == "yuv420p"
        and part.clip.pixel == 1
        and not part.clip.rotation
        and (part.clip.width, part.clip.height) == film.size
        and part.clip.fps == film.fps
        and (part.path == first.path or can_follow(first.path, part.path))
        for part in film.parts
    )


def frames(film: Film) -> Iterator[VideoFrame]:
    """All frames, decoded as they are needed: two parts at most are open, and a few frames are held."""
    return _lettered(_faded(_joined(film), film), film)


def _joined(film: Film) -> Iterator[VideoFrame]:
    before: Iterator[VideoFrame] = iter(())
    last = len(film.parts) - 1
    for index, part in enumerate(film.parts):
        run = _dipped(_run(part, film), part.count, film.dip if index else 0, film.dip if index < last else 0)
        if index and film.overlap:
            for step in range(film.overlap):
                share = (step + 1) / (film.overlap + 1)
                one, other = planes.of_frame(next(before)), planes.of_frame(next(run))
                yield planes.to_frame(planes.blend(one, other, share))
        lead = film.overlap if index else 0
        tail = film.overlap if index < last else 0
        yield from islice(run, part.count - lead - tail)
        before = run


def _run(part: Part, film: Film) -> Iterator[VideoFrame]:
    if part.clip is not None:
        yield from steady.run(part.path, film.size, film.fps, part.count, start=part.start)
        return
    frame = _held(part.path, film.size)
    for _ in range(part.count):
        yield frame


def _held(path: Path, size: tuple[int, int]) -> VideoFrame:
    """A still as a frame of the film: apart, so that the picture in its own size is gone while the frame is shown."""
    picture = pictures.on_colour(pictures.read_picture(path, about=size), (0, 0, 0))
    return steady.of_picture(pictures.pad(picture, size, (0, 0, 0)))


def _dipped(run: Iterator[VideoFrame], count: int, lead: int, tail: int) -> Iterator[VideoFrame]:
    for index, frame in enumerate(run):
        share = 1.0
        if index < lead:
            share = (index + 0.5) / lead
        if index >= count - tail:
            share = min(share, (count - index - 0.5) / tail)
        yield frame if share >= 1 else _darker(frame, share)


def _faded(run: Iterator[VideoFrame], film: Film) -> Iterator[VideoFrame]:
    """From black at the beginning and to black at the end; the very first and last frames are black."""
    count = film.count
    for index, frame in enumerate(run):
        share = 1.0
        if index < film.fade_in:
            share = index / film.fade_in
        if index >= count - film.fade_out:
            share = min(share, (count - 1 - index) / film.fade_out)
        yield frame if share >= 1 else _darker(frame, share)


def _darker(frame: VideoFrame, share: float) -> VideoFrame:
    """That share of the light; black is 16 in limited range, no colour is 128."""
    whole: Planes = planes.of_frame(frame)
    bright = [round(16 + (level - 16) * share) if level > 16 else level for level in range(256)]
    colour = [round(128 + (level - 128) * share) for level in range(256)]
    return planes.to_frame(planes.Planes(whole.y.point(bright), whole.u.point(colour), whole.v.point(colour)))


def _lettered(run: Iterator[VideoFrame], film: Film) -> Iterator[VideoFrame]:
    if not film.captions:
        yield from run
        return
    spans = [
        (nearest(one.start * film.fps), max(nearest(one.start * film.fps) + 1, nearest(one.end * film.fps)), one.text)
        for one in film.captions
    ]
    # Above the words that a preview has there already.
    above = max(beneath.words_share(path) for path in {part.path for part in film.parts})
    drawn: dict[str, Layer] = {}
    for index, frame in enumerate(run):
        words = "\n".join(text for first, last, text in spans if first <= index < last)
        if not words:
            drawn.clear()
            yield frame
            continue
        if words not in drawn:
            drawn.clear()  # only what stands now is kept
            picture, x, y = captions.draw_words(film.size, words, share=CAPTION_SHARE, plate=CAPTION_PLATE, above=above)
            drawn[words] = planes.layer(picture, x, y)
        under = planes.of_frame(frame)
        planes.lay(under, drawn[words])
        yield planes.to_frame(under)

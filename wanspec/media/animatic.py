"""A preview clip: begins on the first frame, ends on the last, and moves between them as the prompt's camera does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.errors import MediaError
from wanspec.media import beneath, camera, clips, lettering, overlays, planes, sound, steady, stills
from wanspec.media.clips import nearest
from wanspec.media.colours import Colours, colours_of
from wanspec.media.film import FORMATS, Reel, check_reel, write_film
from wanspec.media.limits import MAX_FPS, MAX_SECONDS
from wanspec.media.pictures import check_size, fill, media_type_of, on_colour
from wanspec.media.shapes import plate
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from av import AudioFrame
    from PIL.Image import Image

    from wanspec.media.planes import Layer, Planes

# Words come after a moment and go one before the end: a cross-fade of half a second shows those of one clip at a time.
CLEAR_S = 0.25
FADE_S = 0.25  # how long they take to come and go


def draw_clip(sheet: Sheet, folder: Path) -> Path:
    """`1.EXT` in the folder.  Raises MediaError."""
    form = (sheet.format or "mp4").lower()
    fps = sheet.rate
    check_size(sheet.width, sheet.height, sheet.item)
    if not 0 < sheet.duration <= MAX_SECONDS or not 0 < fps <= MAX_FPS:
        raise MediaError(f"a clip of {sheet.duration:g} s at {sheet.fps:g} frames a second cannot be drawn")
    check_reel(sheet.width, sheet.height, form)
    assert form in FORMATS
    count = max(1, nearest(Fraction(sheet.duration).limit_denominator(100_000) * fps))
    reel = Reel(sheet.width, sheet.height, fps, form, sheet.quality, draft=True)
    path = folder / f"1.{form}"
    scene, paints, name = _scene(sheet, fps, count)
    # The preview of an edited clip has the words of its source in it.
    over = beneath.words_share(sheet.source_video) if sheet.source_video is not None else 0.0
    third = overlays.lower_third(sheet, paints, sheet.drawn_seed, over=over)
    layers = _layers(sheet, third, name, over=over > 0)
    frames = map(planes.to_frame, _pictures(scene, layers, _Clock(sheet, fps), fps, count, over=over > 0))
    write_film(path, reel, frames, _sound(sheet, fps, count), comment=beneath.clip_note(third.y, sheet.height))
    return path


def _sound(sheet: Sheet, fps: Fraction, count: int) -> Iterator[AudioFrame] | None:
    samples = sound.samples_of(count, fps)
    if sheet.audio is not None:
        pcm = sound.decode(sheet.audio)
    elif sheet.source_video is not None and sheet.keep_audio and clips.read_clip(sheet.source_video).has_audio:
        pcm = sound.decode(sheet.source_video)
    elif not sheet.native_audio:
        return None
    else:
        pcm = sound.guide(sheet.drawn_seed)
    return sound.frames_of(pcm, samples)


def _pictures(
    scene: Callable[[int], Planes], layers: Sequence[Layer], clock: _Clock, fps: Fraction, count: int, *, over: bool
) -> Iterator[Planes]:
    """All frames with their overlays, which do not fade where they cover others that do."""
    clear, fade = min(CLEAR_S * fps, count / 8), min(FADE_S * fps, count / 8)
    for number in range(count):
        frame = scene(number)
        # The first and the last frame stay clean: the next clip may go on from here, and words must not pile up.
        share = min(1.0, (min(number, count - 1 - number) - clear) / fade)
        if share > 0:
            share = 1.0 if over else share
            for one in layers:
                planes.lay(frame, one if share == 1 else one.faded(share))
            clock.lay(frame, number, share)
        yield frame


def _scene(sheet: Sheet, fps: Fraction, count: int) -> tuple[Callable[[int], Planes], Colours, str]:
    """A function from a frame's number to its picture; the colours; the name of what the camera does."""
    size = (sheet.width, sheet.height)
    if sheet.source_video is not None:
        frames = steady.run(sheet.source_video, size, fps, count, shape="fill")
        paints = colours_of(clips.upright_picture(clips.first_frame(sheet.source_video)))
        return (lambda _: planes.of_frame(next(frames))), paints, "edit"
    move = camera.move_of(sheet.prompt)
    first = _given(sheet.first_frame, size)
    if first is None and sheet.first_clip is not None:
        first = fill(clips.shown(sheet.first_clip, clips.last_frame(sheet.first_clip)), size)
    last = _given(sheet.last_frame, size)
    if first is not None:
        paints = colours_of(first)
        start = _Track(_widened(first, move.reach(0, 1)), size, move, 0)
    else:
        across, down = _margins(size, move.reach(0, 1))
        picture, paints = stills.ground(sheet, (size[0] + 2 * across, size[1] + 2 * down))
        start = _Track((picture, across, down), size, move, 0)
    end = _Track(_widened(last, move.reach(-1, 0)), size, move, 1) if last is not None else None

    def scene(number: int) -> Planes:
        time = number / (count - 1) if count > 1 else 0.0
        if end is None or time <= 0.3:
            return start.at(time)
        if time >= 0.7:
            return end.at(time)
        share = (time - 0.3) / 0.4
        return planes.blend(start.at(time), end.at(time), share * share * (3 - 2 * share))

    return scene, paints, move.name


def _given(path: Path | None, size: tuple[int, int]) -> Image | None:
    if path is None:
        return None
    if media_type_of(path).startswith("video/"):
        return fill(clips.shown(path, clips.first_frame(path)), size)
    return fill(on_colour(beneath.bare_picture(path, about=size), (0, 0, 0)), size)


class _Track:
    """A picture with room around it, and the camera that passes over it; at `zero` it is seen as it is."""

    def __init__(self, ground: tuple[Image, int, int], size: tuple[int, int], move: camera.Move, zero: float) -> None:
        picture, self._across, self._down = ground
        self._stage = planes.Stage(planes.of_rgb(picture))
        self._size = size
        self._move = move
        self._zero = zero

    def at(self, time: float) -> Planes:
        width, height = self._size
        right, down, closer = self._move.at(time - self._zero)
        wide, tall = width / closer, height / closer
        left = self._across + (width - wide) / 2 + right * width
        top = self._down + (height - tall) / 2 + down * height
        full_width, full_height = self._stage.size
        left, top = max(0.0, min(left, full_width - wide)), max(0.0, min(top, full_height - tall))
        return self._stage.view(left, top, wide, tall, self._size)


def _margins(size: tuple[int, int], reach: tuple[float, float]) -> tuple[int, int]:
    """Even numbers of pixels, so that the colours' half-size planes begin on whole ones."""
    return ceil(size[0] * reach[0] / 2 + 0.5) * 2 if reach[0] > 0 else 0, ceil(
        size[1] * reach[1] / 2 + 0.5
    ) * 2 if reach[1] > 0 else 0


def _widened(picture: Image, reach: tuple[float, float]) -> tuple[Image, int, int]:
    """A given picture with more around it for the camera to move into: its own mirror image, going out of focus."""
    from PIL import Image, ImageDraw, ImageFilter, ImageOps

    across, down = _margins(picture.size, reach)
    if not across and not down:
        return picture, 0, 0
    width, height = picture.size
    grown = Image.new("RGB", (width + 2 * across, height + 2 * down))
    mirrored, flipped = ImageOps.mirror(picture), ImageOps.flip(picture)
    both = ImageOps.mirror(flipped)
    for column, x in ((-1, across - width), (0, across), (1, across + width)):
        for row, y in ((-1, down - height), (0, down), (1, down + height)):
            grown.paste((both if row else mirrored) if column else (flipped if row else picture), (x, y))
    soft = grown.resize((max(1, grown.width // 10), max(1, grown.height // 10)), Image.Resampling.BILINEAR)
    soft = soft.filter(ImageFilter.GaussianBlur(2)).resize(grown.size, Image.Resampling.BICUBIC)
    # Sharp where it meets the picture, so that no frame is seen around that; soon too soft to read backwards.
    mask = Image.new("L", (max(1, grown.width // 8), max(1, grown.height // 8)), 250)
    reach_out = max(across, down) / 8 / 6
    inner = (across / 8 - reach_out, down / 8 - reach_out)
    ImageDraw.Draw(mask).rectangle((*inner, mask.width - inner[0], mask.height - inner[1]), fill=0)
    mask = mask.filter(ImageFilter.GaussianBlur(reach_out / 2)).resize(grown.size, Image.Resampling.BILINEAR)
    grown.paste(soft, (0, 0), mask)
    grown.paste(picture, (across, down))
    return grown, across, down


def _layers(sheet: Sheet, third: overlays.Overlay, name: str, *, over: bool) -> list[Layer]:
    from PIL import Image, ImageDraw

    found = [planes.layer(third.picture, third.x, third.y)]
    unit = overlays.unit_of(sheet.width, sheet.height)
    inset = round(unit * 1.2)
    if sheet.references:
        area = (round(sheet.width * 0.60), inset, sheet.width - inset, min(third.y - inset, round(sheet.height * 0.42)))
        if area[3] - area[1] >= 24:
            for card in overlays.reference_cards(sheet, area, small=True):
                found.append(planes.layer(card.picture, card.x, card.y))
    # The move that was read from the prompt, beside the clock.
    size = _Clock.letters(sheet)
    clock = _Clock.box(sheet)
    longest = max((name, camera.LONGEST) if over else (name,), key=lambda one: lettering.width_of(one, size))
    wide = round(lettering.width_of(longest, size) + size * 1.2)
    label = Image.new("RGBA", (wide, clock[3] - clock[1]))
    draw = ImageDraw.Draw(label)
    plate(label, (0, 0, wide, label.height), size * 0.4, (*overlays.PANEL, 255 if over else 200))
    lettering.write(
        draw, size * 0.6, (label.height - lettering.line_height(size)) / 2, name, size, (*overlays.INK, 255)
    )
    found.append(planes.layer(label, clock[2] + round(size * 0.4), clock[1]))
    return found


class _Clock:
    """Minutes, seconds and frames in the upper left corner."""

    def __init__(self, sheet: Sheet, fps: Fraction) -> None:
        from PIL import Image

        self._fps = max(1, nearest(fps))
        x1, y1, x2, y2 = self.box(sheet)
        ground = Image.new("RGBA", (x2 - x1, y2 - y1))
        plate(ground, (0, 0, x2 - x1, y2 - y1), self.letters(sheet) * 0.4, (*overlays.PANEL, 200))
        self._ground = planes.layer(ground, x1, y1)
        self._glyphs, tall = overlays.number_strip(self.letters(sheet))
        self._x, self._y = x1 + round(self.letters(sheet) * 0.6), y1 + (y2 - y1 - tall) // 2

    @staticmethod
    def letters(sheet: Sheet) -> int:
        return max(8, round(overlays.unit_of(sheet.width, sheet.height) * 1.15))

    @classmethod
    def box(cls, sheet: Sheet) -> tuple[int, int, int, int]:
        size = cls.letters(sheet)
        glyphs, tall = overlays.number_strip(size)
        wide = sum(glyphs[c].width for c in "00:00:00") + round(size * 1.2)
        inset = round(overlays.unit_of(sheet.width, sheet.height) * 1.2)
        return inset, inset, inset + wide, inset + tall + round(size * 0.35)

    def lay(self, frame: Planes, number: int, share: float) -> None:
        planes.lay(frame, self._ground if share == 1 else self._ground.faded(share))
        seconds, rest = divmod(number, self._fps)
        x = self._x
        fading = [round(level * share) for level in range(256)] if share < 1 else None
        for character in f"{seconds // 60:02}:{seconds % 60:02}:{rest:02}":
            glyph = self._glyphs[character]
            frame.y.paste(235, (x, self._y), glyph if fading is None else glyph.point(fading))
            x += glyph.width

"""Real media for what was asked: drawn once for equal requests, away from the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from wanspec.emulator.weather import share
from wanspec.media.sheet import Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

# Fewer frames than the 30 a second of the real models: a third of the work, the same length to the frame.
FPS = 12.0
PLAIN_FPS = 6.0
COLOURS = 12  # of plain clips
_WITH_BOXES = ("mp4", "mov")  # ISO base media files, which take a box of free space anywhere

PATIENCE_S = 0.5
THREADS = min(4, os.cpu_count() or 1)

EXTENSIONS = {"image": "png", "video": "mp4"}
MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}


class Darkroom:
    """Draws into a folder.  `plain`: one colour instead of scenery, a hundred times as fast."""

    def __init__(self, folder: Path, *, plain: bool = False) -> None:
        self.folder = folder
        self._plain = plain
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._drawn: dict[str, asyncio.Future[Path]] = {}

    async def draw(self, sheet: Sheet) -> Path:
        """The file that a sheet asks for.  Raises MediaError when it cannot be drawn."""
        key = hashlib.sha256(repr(sheet).encode()).hexdigest()[:32]
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = asyncio.ensure_future(self.run(self._draw_now, sheet, key))
        # Shielded: one who no longer waits does not stop the work of others.
        return await asyncio.shield(found)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Something slow, in a thread."""
        if len(self._threads) < THREADS:
            # Daemons: a clip may take half a minute to draw, and whoever presses Ctrl-C shall not wait for it.
            self._threads.append(threading.Thread(target=_labour, args=(self._jobs,), name="darkroom", daemon=True))
            self._threads[-1].start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(loop, done, work, arguments))
        return await done

    def _draw_now(self, sheet: Sheet, key: str) -> Path:
        form = (sheet.format or EXTENSIONS[sheet.kind]).lower()
        done = self.folder / f"{key}.{form}"
        apart = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            if self._plain and form in _WITH_BOXES:
                drawn = self._marked(sheet, apart / f"1.{form}")
            elif self._plain:
                drawn = draw_plain(sheet, apart / f"1.{form}")
            else:
                from wanspec.media.preview import draw

                (drawn,) = draw(replace(sheet, fps=FPS), apart)
            drawn.replace(done)
        finally:
            shutil.rmtree(apart, ignore_errors=True)
        return done

    def _marked(self, sheet: Sheet, path: Path) -> Path:
        """A plain clip that no other request has, by a mark in a box that no player reads.

        Where it stands on no given frame, it is one of a few that were coded once: coding a clip is most of the work on
        a large rehearsal, and one colour looks much like another.
        """
        if sheet.first_frame is None and sheet.last_frame is None:
            like = Sheet(
                kind=sheet.kind,
                item="",
                model="",
                seed=int(share(sheet.seed, sheet.prompt) * COLOURS),
                width=sheet.width,
                height=sheet.height,
                format=sheet.format,
                quality=sheet.quality,
                duration=sheet.duration,
                native_audio=sheet.native_audio,
            )
            die = self.folder / f"die-{hashlib.sha256(repr(like).encode()).hexdigest()[:32]}{path.suffix}"
            if not die.exists():
                draw_plain(like, path).replace(die)
        else:
            die = draw_plain(sheet, path)
        mark = hashlib.sha256(repr(sheet).encode()).digest()
        path.write_bytes(die.read_bytes() + (8 + len(mark)).to_bytes(4, "big") + b"free" + mark)
        return path

    def close(self) -> None:
        """Begins nothing more, and waits a moment for what is nearly done.  What takes longer is drawn for nobody."""
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        patience = time.monotonic() + PATIENCE_S
        for thread in self._threads:
            thread.join(max(0.0, patience - time.monotonic()))


@dataclass(frozen=True, slots=True)
class _Job:
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    work: Callable[..., Any]
    arguments: tuple[object, ...]


def _labour(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        result: Any = None
        failure: BaseException | None = None
        try:
            result = job.work(*job.arguments)
        except BaseException as error:  # told to whoever waits for it
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            job.loop.call_soon_threadsafe(_deliver, job.done, result, failure)


def _deliver(done: asyncio.Future[Any], result: object, failure: BaseException | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(result)
    else:
        done.set_exception(failure)


def draw_plain(sheet: Sheet, path: Path) -> Path:
    """A picture of one colour; a clip that stands on its first frame and ends on its last."""
    from PIL import Image

    from wanspec.media.pictures import save_picture

    size = (sheet.width, sheet.height)
    if sheet.kind == "image":
        if path.suffix == ".png":
            # One bit a pixel and a palette of one colour: a twentieth of the time.
            picture = Image.new("P", size)
            picture.putpalette(_colour(sheet))
            picture.save(path, "PNG", bits=1, compress_level=1)
            return path
        return save_picture(Image.new("RGB", size, _colour(sheet)), path, quality=sheet.quality)
    from wanspec.media import sound
    from wanspec.media.film import Reel, write_film
    from wanspec.media.steady import of_picture

    fps = Fraction(PLAIN_FPS)
    count = max(1, round(Fraction(sheet.duration).limit_denominator(1000) * fps))
    first = _given(sheet.first_frame, size) or Image.new("RGB", size, _colour(sheet))
    last = _given(sheet.last_frame, size) or first
    frames = [of_picture(picture) for picture in (first, last)]
    heard = sound.frames_of(sound.silence(), sound.samples_of(count, fps)) if sheet.native_audio else None
    write_film(
        path,
        Reel(sheet.width, sheet.height, fps, path.suffix[1:], sheet.quality, draft=True),
        (frames[number * 2 // max(1, count)] for number in range(count)),
        heard,
    )
    return path


def _given(file: Path | None, size: tuple[int, int]) -> Image | None:
    from wanspec.media.pictures import fill, on_colour, read_picture

    return None if file is None else fill(on_colour(read_picture(file), (0, 0, 0)), size)


def _colour(sheet: Sheet) -> tuple[int, int, int]:
    red, green, blue = (round(255 * share(sheet.seed, sheet.prompt, channel)) for channel in range(3))
    return red, green, blue

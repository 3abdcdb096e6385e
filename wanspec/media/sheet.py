"""What a preview is drawn from: one take of a request, in portable terms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from wanspec.domain.seeds import seed_of

Box = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels of its picture


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that may show in a preview.  Times in seconds, sizes in pixels; files are read, never written."""

    kind: str  # image, video or audio
    item: str
    model: str
    take: int = 1
    of_takes: int = 1
    seed: int | None = None  # None: left to the vendor; the preview then takes one from the item's name
    title: str = ""
    prompt: str = ""
    width: int = 1280
    height: int = 720
    format: str = ""  # jpg, png, webp; mp4, mov, webm; wav, mp3; "": png, mp4, wav
    quality: int | None = None
    duration: float = 5.0
    fps: float = 30.0
    palette: tuple[tuple[str, float], ...] = ()  # (hex, share); shares in per cent or fractions
    references: tuple[Path, ...] = ()  # pictures and clips, in the order of the request
    edit_regions: tuple[tuple[Box, ...], ...] = ()  # for each of the references
    first_frame: Path | None = None
    last_frame: Path | None = None
    first_clip: Path | None = None  # continued: the clip starts on its last frame
    source_video: Path | None = None  # edited: the clip plays it
    audio: Path | None = None
    native_audio: bool = True  # False: the model was told to make no sound
    keep_audio: bool = True  # of `source_video`
    image_set: int = 0  # panels; 0: a single picture

    @property
    def drawn_seed(self) -> int:
        """What all that is left to chance follows from."""
        return self.seed if self.seed is not None else seed_of(self.item) + self.take - 1

    @property
    def rate(self) -> Fraction:
        """The exact frame rate for one that was written in decimals: 23.976 is 24000/1001."""
        for whole in (24, 30, 48, 60, 120):
            if abs(self.fps - whole * 1000 / 1001) < 0.004:
                return Fraction(whole * 1000, 1001)
        return Fraction(self.fps).limit_denominator(1001)

"""The sound of a film: the parts' own, a bed under it, and the level of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.domain.artifacts import SILENCE_LUFS
from wanspec.media import mixing, sound
from wanspec.media.clips import nearest
from wanspec.media.operations.reels import Film, Part
from wanspec.media.sound import RATE, WIDTH, samples_of

if TYPE_CHECKING:
    from av import AudioFrame


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of the sound."""

    bed: Path | None  # from 0 s, cut to the film
    bed_gain: float  # as a factor
    keep_own: bool  # the clips' own sound
    ducking: bool  # the bed steps back while the clips are heard
    fade_in: float  # seconds
    fade_out: float
    loudness: float | None  # LUFS, integrated


def make(film: Film, wishes: Wishes, scratch: Path) -> Iterable[AudioFrame] | None:
    """The whole track, as long as the picture to the sample; None for a film without any sound.

    It is mixed into raw files in `scratch` before the picture is coded, because loudness is known only at the end.
    """
    samples = samples_of(film.count, film.fps)
    own = (
        scratch / "own"
        if wishes.keep_own and any(p.clip is not None and p.clip.has_audio for p in film.parts)
        else None
    )
    if own is not None:
        mixing.keep(_own(film), own)
    mix = scratch / "mix"
    if wishes.bed is not None:
        bed: Iterable[bytes] = sound.decode(wishes.bed)
        if wishes.bed_gain != 1:
            bed = mixing.through(bed, samples, f"volume={wishes.bed_gain:.6f}:precision=float")
        if own is not None:
            if wishes.ducking:
                bed = mixing.ducked(bed, mixing.kept(own), samples)
            bed = mixing.summed(mixing.kept(own), bed, samples)
        mixing.keep(sound.pieces(bed, samples), mix)
    elif own is not None:
        mix = own
    else:
        return None
    return sound.frames_of(_finished(mix, samples, wishes, mixed=mix != own or own is None), samples)


def _finished(mix: Path, samples: int, wishes: Wishes, *, mixed: bool) -> Iterator[bytes]:
    """Faded, brought to its loudness, and kept from clipping."""
    fades = _fades(samples, wishes)
    if fades:
        # Before it is measured: what a fade takes away does not count.
        faded = mix.with_name("faded")
        mixing.keep(mixing.through(mixing.kept(mix), samples, fades), faded)
        mix = faded
    if wishes.loudness is None:
        if mixed and mixing.level(mixing.kept(mix), samples).peak > 1:
            return mixing.limited(mixing.kept(mix), samples, 1.0)
        return mixing.kept(mix)
    return mixing.limited(mixing.kept(mix), samples, _gain(mix, samples, wishes.loudness))


def _gain(mix: Path, samples: int, target: float) -> float:
    """The factor that brings the limited whole to the loudness."""
    now = mixing.level(mixing.kept(mix), samples)
    if now.lufs <= SILENCE_LUFS:
        return 1.0
    gain = 10 ** ((target - now.lufs) / 20)
    if now.peak * gain > mixing.CEILING:
        # The limiter takes some of it away again: measured once more behind it, and made up for.
        after = mixing.level(mixing.limited(mixing.kept(mix), samples, gain), samples)
        gain *= 10 ** ((target - after.lufs) / 20)
    return gain


def _fades(samples: int, wishes: Wishes) -> str:
    steps = []
    if wishes.fade_in > 0:
        steps.append(f"afade=t=in:ss=0:ns={nearest(wishes.fade_in * RATE)}")
    if wishes.fade_out > 0:
        long = min(samples, nearest(wishes.fade_out * RATE))
        steps.append(f"afade=t=out:ss={samples - long}:ns={long}")
    return ",".join(steps)


def _own(film: Film) -> Iterator[bytes]:
    """The parts' sound in a row, each cut to its picture; where two parts overlap their sounds do too."""
    tail = b""
    last = len(film.parts) - 1
    for index, part in enumerate(film.parts):
        first = film.begins(index)
        begin, end = samples_of(first, film.fps), samples_of(first + part.count, film.fps)
        follows = samples_of(film.begins(index + 1), film.fps) if index < last else end
        dip = samples_of(film.dip, film.fps)
        run = _part(part, end - begin, dip if index else 0, dip if index < last else 0)
        kept = bytearray()
        position = begin
        for chunk in run:
            piece = chunk
            if tail:
                kept += piece
                if len(kept) < len(tail):
                    continue
                lead, piece = bytes(kept[: len(tail)]), bytes(kept[len(tail) :])
                yield mixing.crossfaded(tail, lead)
                position += len(tail) // WIDTH
                kept.clear()
                tail = b""
            room = max(0, follows - position) * WIDTH
            if piece[:room]:
                yield piece[:room]
            position += len(piece[:room]) // WIDTH
            kept += piece[room:]
        tail = bytes(kept)


def _part(part: Part, samples: int, lead: int, tail: int) -> Iterator[bytes]:
    heard = part.clip is not None and part.clip.has_audio
    run = sound.pieces(sound.decode(part.path, part.start) if heard else sound.silence(), samples)
    steps = []
    if lead:
        steps.append(f"afade=t=in:ss=0:ns={lead}")
    if tail:
        steps.append(f"afade=t=out:ss={samples - tail}:ns={tail}")
    return mixing.through(run, samples, ",".join(steps)) if heard and steps else run

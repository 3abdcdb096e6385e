"""Measures what is drawn and cut here beside `ffmpeg` doing the same encodes, and the memory of a long cut.

    python benchmarks/media.py [storyboard] [still] [copy] [cut] [--rounds 3] [--minutes 10]

Needs `ffmpeg`, and /dev/shm or a temporary folder with 2.2 GB.  Prints tables in Markdown.  README.md in this folder
says what is compared and what is not.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from costs import whole_cost  # beside this file
from measure import HERE, Cost, median, wanspec

T = TypeVar("T")

FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
SIZE = "1280x720"
MEMORY = Path("/dev/shm")


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([*FFMPEG, *map(str, arguments)], check=True)


def shell(lines: Sequence[Sequence[str | Path]], at_once: int) -> list[str]:
    """A command that runs these, so many at once, and fails with the first that does."""
    quoted = "\n".join(shlex.join(map(str, line)) for line in lines)
    return ["sh", "-ec", f"printf %s {shlex.quote(quoted)} | tr '\\n' '\\0' | xargs -0 -P {at_once} -I @ sh -ec @"]


def beside(rounds: int, ours: Callable[[], Cost], theirs: Callable[[], Cost]) -> tuple[Cost, Cost, float, float]:
    """Medians of both, measured in turn, and the medians of the ratios of time and of CPU, pair by pair."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    wall = statistics.median(one.wall_s / other.wall_s for one, other in pairs)
    cpu = statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)
    return median([one for one, _ in pairs]), median([other for _, other in pairs]), wall, cpu


HEAD = """\
| | wanspec | ffmpeg | ratio | CPU | CPU of ffmpeg | ratio of CPU | peak memory |
|---|---|---|---|---|---|---|---|"""


def row(title: str, found: tuple[Cost, Cost, float, float]) -> str:
    ours, theirs, wall, cpu = found
    cells = (
        title,
        f"{ours.wall_s:.2f} s",
        f"{theirs.wall_s:.2f} s",
        f"{wall:.2f}",
        f"{ours.cpu_s:.2f} s",
        f"{theirs.cpu_s:.2f} s",
        f"{cpu:.2f}",
        f"{ours.memory_mib:.0f} / {theirs.memory_mib:.0f} MiB",
    )
    return "| " + " | ".join(cells) + " |"


# -- a storyboard ------------------------------------------------------------------------------------------------------


def storyboard(folder: Path, rounds: int, select: str = "") -> str:
    """Everything drawn by `render --preview`, beside ffmpeg coding the same pictures when they lie ready.

    `select`: a part of the storyboard, for a try.
    """
    source = HERE / "storyboard"
    chosen = ["-s", select] if select else []

    def draw(project: Path) -> Cost:
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(source, project)
        return whole_cost(wanspec("render", "--preview", "-q", *chosen), project)

    draw(folder / "first")
    results = folder / "first" / "renders" / "preview"
    ready, coded = folder / "ready", folder / "coded"
    ready.mkdir()
    coded.mkdir()
    lines: list[list[str | Path]] = []
    for number, path in enumerate(sorted(results.rglob("*"))):
        raw = ready / f"{number}.raw"
        if path.suffix == ".png":
            ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", raw)
            lines.append([*FFMPEG, *ready_still(raw), coded / f"{number}.png"])
        elif path.suffix == ".mp4":
            sound = ready / f"{number}.wav"
            ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", raw, "-vn", sound)
            lines.append(
                [*FFMPEG, *ready_clip(raw, sound), *coding(24, "superfast"), "-b:a", "96k", coded / f"{number}.mp4"]
            )
    at_once = len(os.sched_getaffinity(0))
    found = beside(
        rounds, lambda: draw(folder / "again"), lambda: whole_cost(shell([*reversed(lines)], at_once), folder)
    )
    return row(select or "10 stills and 10 clips of 5 s", found)


def ready_still(raw: Path) -> list[str | Path]:
    return ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", SIZE, "-i", raw]


def ready_clip(raw: Path, sound: Path) -> list[str | Path]:
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", SIZE, "-r", "30", "-i", raw, "-i", sound]


def coding(crf: int, preset: str = "veryfast") -> list[str]:
    """As `wanspec/media/film.py` codes: the same coder, its settings and threads."""
    video = ["-c:v", "libx264", "-preset", preset, "-mbtree", "0", "-crf", str(crf), "-g", "60", "-threads", "2"]
    return [*video, "-c:a", "aac", "-aac_coder", "fast", "-movflags", "+faststart"]


# -- a still -----------------------------------------------------------------------------------------------------------

_PROMPTS = (
    "A courier in a cobalt raincoat steps off the night ferry",
    "A lighthouse alone in the sea, iron steps cut into the rock",
    "Die Brücke im Nebel, early morning, empty market stalls",
    "夜市の灯り、雨に濡れた石畳を走る少女",
    "Close portrait of an old clockmaker, warm lamp light",
)


def stills(folder: Path, rounds: int) -> list[str]:
    """Milliseconds of the clock and of CPU for one still, drawn and written, beside writing the finished picture."""
    from PIL import Image

    from wanspec.media.pictures import save_picture
    from wanspec.media.preview import draw
    from wanspec.media.sheet import Sheet

    found = []
    for form in ("png", "jpg"):
        drawn, written = [], []
        for number in range((rounds + 1) * len(_PROMPTS)):
            prompt = _PROMPTS[number % len(_PROMPTS)]
            sheet = Sheet("image", f"still/{number}", "sketch/still", seed=number, prompt=prompt, format=form)
            ours, paths = _timed(partial(draw, sheet, folder))
            with Image.open(paths[0]) as picture:
                picture.load()
                theirs, _ = _timed(partial(save_picture, picture, folder / f"again.{form}"))
            if number >= len(_PROMPTS):  # fonts and tables are loaded once
                drawn.append(ours)
                written.append(theirs)
        cpu = [statistics.median(cpu_ms for _, cpu_ms in times) for times in (drawn, written)]
        wall = [statistics.median(wall_ms for wall_ms, _ in times) for times in (drawn, written)]
        cells = (form, f"{wall[0]:.0f} ms", f"{cpu[0]:.0f} ms", f"{cpu[1]:.0f} ms", f"{cpu[0] / cpu[1]:.1f}")
        found.append("| " + " | ".join(cells) + " |")
    return found


def _timed(work: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Milliseconds of the clock and of CPU, and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return (1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)), made


# -- films -------------------------------------------------------------------------------------------------------------


def source_clip(path: Path, size: str, seconds: int, number: int) -> None:
    """A clip with something going on in it, as a vendor's would be: H.264 and AAC."""
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency={220 + 40 * number}:duration={seconds}"),
        *("-vf", f"hue=h={36 * number}", "-pix_fmt", "yuv420p", "-ac", "2", "-ar", "48000"),
        *coding(23),
        path,
    )


# Runs one operation in a process of its own: CLIPS FOLDER FIELDS
_CONCAT = """\
import json, sys
from pathlib import Path
from wanspec.media.operations import operate
clips, folder, fields = json.loads(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
folder.mkdir(exist_ok=True)
fields["clips"] = [f"clip {number}" for number in range(len(clips))]
operate("local/concat", fields, {f"clips[{number}]": Path(clip) for number, clip in enumerate(clips)}, folder)
"""


def concat(clips: Sequence[Path], folder: Path, **fields: object) -> list[str]:
    import json

    given = json.dumps([str(clip) for clip in clips])
    return [sys.executable, "-c", _CONCAT, given, str(folder), json.dumps(fields)]


def copied(folder: Path, rounds: int, size: str = SIZE, seconds: int = 5) -> str:
    """Ten clips of one coding, cut hard: nothing has to be coded again but the sound."""
    clips = [folder / f"clip-{number}.mp4" for number in range(10)]
    for number, clip in enumerate(clips):
        source_clip(clip, size, seconds, number)
    listed = folder / "list.txt"
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips), "utf-8")
    joined = [*FFMPEG, "-f", "concat", "-safe", "0", "-i", str(listed), "-c:v", "copy", "-c:a", "aac", "-b:a", "192k"]
    found = beside(
        rounds,
        lambda: whole_cost(concat(clips, folder / "film"), folder),
        lambda: whole_cost([*joined, "-movflags", "+faststart", str(folder / "joined.mp4")], folder),
    )
    return row(f"10 clips of {seconds} s, {size}, cut hard", found)


def long_cut(folder: Path, minutes: float, size: str = "1920x1080", *, yardstick: bool = True) -> str:
    """Clips with cross-fades between them: every frame is decoded and coded again."""
    count = max(2, round(minutes * 6))
    clips = [folder / f"clip-{number}.mp4" for number in range(min(count, 3))]
    for number, clip in enumerate(clips):
        source_clip(clip, size, 10, number)
    order = [clips[number % len(clips)] for number in range(count)]
    ours = whole_cost(concat(order, folder / "film", transition="fade", transition_seconds=0.5), folder)
    title = f"{count} clips of 10 s, {size}, cross-fades"
    if not yardstick:
        return f"| {title} | {ours.wall_s:.0f} s | | | {ours.cpu_s:.0f} s | | | {ours.memory_mib:.0f} MiB |"
    inputs = [part for clip in order for part in ("-i", str(clip))]
    faded = ["-filter_complex", crossfades(count), "-map", "[v]", "-map", "[a]"]
    theirs = whole_cost(
        [*FFMPEG, *inputs, *faded, *coding(18), "-b:a", "192k", str(folder / "faded.mp4")],
        folder,
    )
    return row(title, (ours, theirs, ours.wall_s / theirs.wall_s, ours.cpu_s / theirs.cpu_s))


def crossfades(count: int, seconds: int = 10, overlap: float = 0.5) -> str:
    """ffmpeg's filters for the same film."""
    steps = []
    picture, sound = "0:v", "0:a"
    for number in range(1, count):
        last = number == count - 1
        offset = number * (seconds - overlap)
        after = ("v", "a") if last else (f"v{number}", f"a{number}")
        steps.append(f"[{picture}][{number}:v]xfade=duration={overlap}:offset={offset}[{after[0]}]")
        steps.append(f"[{sound}][{number}:a]acrossfade=duration={overlap}[{after[1]}]")
        picture, sound = after
    return ";".join(steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="storyboard, still, copy, cut; all of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10, help="of the long cut")
    given = parser.parse_args()
    parts = given.parts or ["storyboard", "copy", "cut", "still"]
    version = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
    print(
        f"Python {platform.python_version()}, ffmpeg {version}, {os.cpu_count()} cores, "
        f"median of {given.rounds} pairs\n"
    )
    place = MEMORY if MEMORY.is_dir() else None
    if set(parts) & {"storyboard", "copy", "cut"}:
        print(HEAD)
    for part in ("storyboard", "copy", "cut"):
        if part not in parts:
            continue
        with tempfile.TemporaryDirectory(prefix="wanspec-benchmark-", dir=place) as folder:
            if part == "storyboard":
                print(storyboard(Path(folder), given.rounds), flush=True)
            elif part == "copy":
                print(copied(Path(folder), given.rounds), flush=True)
            else:
                print(long_cut(Path(folder), 1), flush=True)
    if "cut" in parts:
        with tempfile.TemporaryDirectory(prefix="wanspec-benchmark-", dir=place) as folder:
            print(long_cut(Path(folder), given.minutes, yardstick=False), flush=True)
    if "still" in parts:
        print("\n| still | drawn and written | CPU | CPU of writing alone | ratio of CPU |\n|---|---|---|---|---|")
        with tempfile.TemporaryDirectory(prefix="wanspec-benchmark-", dir=place) as folder:
            print("\n".join(stills(Path(folder), given.rounds)), flush=True)


if __name__ == "__main__":
    main()

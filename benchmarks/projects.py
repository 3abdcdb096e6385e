"""Writes the projects that are measured: the same stills and clips as shot lists and as a doit file.

Every clip begins on one still and ends on the next, so `count` stills make `count // 2` clips.
"""

from __future__ import annotations

import csv
from pathlib import Path

PLACES = ("a salt works", "the flooded archive", "a hill station", "the cable car", "a night market", "the dry dock")
DEEDS = ("waits for the rain", "counts the steps", "mends a kite", "reads a map aloud", "ties a boat", "runs")
HOURS = ("at first light", "at noon", "in the blue hour", "after midnight")

HEAD = """\
wanspec: 1
name: bench
vars:
  hero: Ines, a surveyor in a rust-red parka
  look: 35mm film still, soft grain
defaults:
  image: {model: runware/wan2.7-image, width: 1536, height: 864}
  video: {model: runware/wan2.7-video, width: 1280, height: 720, duration: 2, prompt_enhance: false}
"""


def words(number: int) -> str:
    """What happens in still `number`: text that differs from that of every other still."""
    place = PLACES[number % len(PLACES)]
    deed = DEEDS[number // 7 % len(DEEDS)]
    hour = HOURS[number // 3 % len(HOURS)]
    return f"{deed} near {place} {hour}, frame {number}"


def from_rows(folder: Path, count: int) -> None:
    """Two shots over two tables: `still` has a row for each picture, `clip` one for each pair of them."""
    folder.mkdir(parents=True)
    with (folder / "stills.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["code", "action"])
        table.writerows([f"s{number}", words(number)] for number in range(1, count + 1))
    with (folder / "clips.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["code", "opens", "closes", "move"])
        for number in range(1, count // 2 + 1):
            table.writerow([f"c{number}", f"s{2 * number - 1}", f"s{2 * number}", f"slow push in, part {number}"])
    (folder / "wanspec.yaml").write_text(
        HEAD
        + """\
data: {stills: stills.csv, clips: clips.csv}
shots:
  - id: still
    for_each: {frame: "{{ data.stills }}"}
    prompt: "{{ hero }} {{ frame.action }}, {{ look }}"
  - id: clip
    kind: video
    for_each: {beat: "{{ data.clips }}"}
    prompt: "{{ hero }} in motion, {{ beat.move }}"
    first_frame: "{{ ref('still', code=beat.opens) }}"
    last_frame: "{{ ref('still', code=beat.closes) }}"
""",
        "utf-8",
    )


def written_out(folder: Path, count: int, per_file: int = 500) -> None:
    """One entry for each still and each clip, as people and programs write long lists: scene after scene."""
    (folder / "shots").mkdir(parents=True)
    (folder / "wanspec.yaml").write_text(HEAD + "include: [shots/*.yaml]\n", "utf-8")
    for start in range(1, count + 1, per_file):
        lines = ["shots:"]
        for number in range(start, min(start + per_file, count + 1)):
            lines += [f"  - id: s{number}", f'    prompt: "{{{{ hero }}}} {words(number)}, {{{{ look }}}}"']
            if number % 2 == 0:
                clip = number // 2
                lines += [
                    f"  - id: c{clip}",
                    "    kind: video",
                    f'    prompt: "{{{{ hero }}}} in motion, slow push in, part {clip}"',
                    f"    first_frame: \"{{{{ ref('s{number - 1}') }}}}\"",
                    f"    last_frame: \"{{{{ ref('s{number}') }}}}\"",
                ]
        (folder / "shots" / f"scene-{start:06}.yaml").write_text("\n".join(lines) + "\n", "utf-8")


# One file for each prompt, one for each result: what doit compares by MD5.  The results are small texts, which
# favours doit; neither program reads them again when nothing changed.
DODO = '''\
"""The same graph for doit: a task for each still and clip, with its prompt and its frames as file dependencies."""
from pathlib import Path

DOIT_CONFIG = {"default_tasks": ["still", "clip"], "verbosity": 0}
COUNT = %d


def render(dependencies, targets):
    Path(targets[0]).write_text("".join(Path(name).read_text() for name in sorted(dependencies)))


def task_still():
    for number in range(1, COUNT + 1):
        yield {
            "name": str(number),
            "actions": [render],
            "file_dep": [f"prompts/s{number}.txt"],
            "targets": [f"renders/s{number}.png"],
        }


def task_clip():
    for number in range(1, COUNT // 2 + 1):
        yield {
            "name": str(number),
            "actions": [render],
            "file_dep": [
                f"prompts/c{number}.txt",
                f"renders/s{2 * number - 1}.png",
                f"renders/s{2 * number}.png",
            ],
            "targets": [f"renders/c{number}.mp4"],
        }
'''


def for_doit(folder: Path, count: int) -> None:
    (folder / "prompts").mkdir(parents=True)
    (folder / "renders").mkdir()
    (folder / "dodo.py").write_text(DODO % count, "utf-8")
    for number in range(1, count + 1):
        (folder / "prompts" / f"s{number}.txt").write_text(f"Ines {words(number)}", "utf-8")
    for number in range(1, count // 2 + 1):
        (folder / "prompts" / f"c{number}.txt").write_text(f"Ines in motion, slow push in, part {number}", "utf-8")

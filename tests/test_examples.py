"""The examples, as a stranger meets them: a copy, the command, the files it leaves."""

from __future__ import annotations

import array
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from tests.commands import ROOT, Wanspec, answer, copy_of

EXAMPLES = sorted(folder.parent.name for folder in (ROOT / "examples").glob("*/wanspec.yaml"))

# The storyboard is rendered once for all of these; on a busy machine that takes a while.
pytestmark = pytest.mark.timeout(300)


def preview(wanspec: Wanspec, project: Path) -> dict[str, Any]:
    return answer(wanspec("render", "--preview", "--json", cwd=project))


def executed(run: dict[str, Any]) -> set[str]:
    """Items of which at least one take was made by this run."""
    return {item["id"] for item in run["items"] if any(not take["cached"] for take in item["takes"])}


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), "utf-8")


def frames(clip: Path, times: Iterable[float]) -> list[Image.Image]:
    """The frames shown at these times, in seconds and rising."""
    wanted = list(times)
    found: list[Image.Image] = []
    with av.open(clip.open("rb")) as container:
        shown = None
        for frame in container.decode(video=0):
            while len(found) < len(wanted) and frame.time is not None and frame.time > wanted[len(found)] + 1e-6:
                found.append((shown or frame).to_image())
            shown = frame
        assert shown is not None
        while len(found) < len(wanted):
            found.append(shown.to_image())
    return found


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures as a share of the full range, after shrinking both: captions count little."""
    small = [picture.convert("RGB").resize((64, 36), Image.Resampling.BOX) for picture in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / (3 * 255)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_free_of_errors_and_warnings(example: str, wanspec: Wanspec, tmp_path: Path) -> None:
    project = copy_of(example, tmp_path)
    found = answer(wanspec("check", "--json", cwd=project))
    assert found["diagnostics"] == []
    assert found["items"] > 0


@pytest.mark.parametrize("example", EXAMPLES)
def test_checking_and_planning_leave_no_trace(example: str, wanspec: Wanspec, tmp_path: Path) -> None:
    project = copy_of(example, tmp_path)
    before = sorted(project.rglob("*"))
    answer(wanspec("check", "--json", cwd=project))
    answer(wanspec("plan", "--json", cwd=project))
    assert sorted(project.rglob("*")) == before


def test_the_first_shot_is_ten_lines_and_one_picture(wanspec: Wanspec, tmp_path: Path) -> None:
    project = copy_of("first-shot", tmp_path)
    assert len((project / "wanspec.yaml").read_text("utf-8").splitlines()) <= 10
    (item,) = preview(wanspec, project)["items"]
    (take,) = item["takes"]
    assert item["status"] == "rendered"
    with Image.open(project / take["path"]) as picture:
        assert picture.size == (take["width"], take["height"]) == (1280, 768)
        assert picture.format == "JPEG"


# One render serves all the tests below that only look at it; those that edit take a copy with its store.


@pytest.fixture
def rendered_copy(storyboard: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(storyboard[0], tmp_path / "storyboard"))


ITEMS = [
    "ilse",
    "plate/quay/ebb",
    "plate/causeway/ebb",
    "plate/causeway/flood",
    "plate/lighthouse/flood",
    "set-off",
    "crossing",
    "wade",
    "climb",
    "lamp",
    "trailer",
    "board",
]


def pick_of(run: dict[str, Any], project: Path, item: str) -> Path:
    (found,) = [one for one in run["items"] if one["id"] == item]
    (take,) = [one for one in found["takes"] if one["take"] == found["pick"]]
    return project / take["path"]


def test_every_item_is_rendered_in_story_order(storyboard: tuple[Path, dict[str, Any]]) -> None:
    _, run = storyboard
    assert [item["id"] for item in run["items"]] == ITEMS
    assert {item["status"] for item in run["items"]} == {"rendered"}
    assert run["summary"]["cost_usd"] == 0
    by_id = {item["id"]: item for item in run["items"]}
    assert [take["take"] for take in by_id["ilse"]["takes"]] == [1, 2, 3]
    assert len({take["sha256"] for take in by_id["ilse"]["takes"]}) == 3
    assert len({take["seed"] for take in by_id["ilse"]["takes"]}) == 3


def test_every_file_is_what_was_asked_for(storyboard: tuple[Path, dict[str, Any]]) -> None:
    project, run = storyboard
    for item in run["items"]:
        for take in item["takes"]:
            path = project / take["path"]
            assert path.is_relative_to(project / "renders" / "preview")
            assert path.stat().st_size == take["bytes"]
            if take["media_type"].startswith("image/"):
                with Image.open(path) as picture:
                    picture.load()
                    assert picture.size == (take["width"], take["height"])
                    if item["id"] != "board":
                        assert picture.size == (1536, 864)
            else:
                length = {"crossing": 3.0, "trailer": 9.0}.get(item["id"], 2.0)
                with av.open(path.open("rb")) as container:
                    video = container.streams.video[0]
                    assert (video.width, video.height) == (take["width"], take["height"]) == (1280, 720)
                    assert video.average_rate is not None
                    shown = sum(1 for _ in container.decode(video=0))
                    assert shown / Fraction(video.average_rate) == pytest.approx(length, abs=1 / 30)
                assert take["duration"] == pytest.approx(length, abs=0.05)


def test_the_film_passes_the_keyframes_in_order(storyboard: tuple[Path, dict[str, Any]]) -> None:
    """Half a second of each clip lies under a cross-fade, so clips begin at 0, 1.5, 4, 5.5 and 7 seconds."""
    project, run = storyboard
    stills = {item: Image.open(pick_of(run, project, item)) for item in ITEMS if item.startswith("plate/")}
    passed = {
        0.0: "plate/quay/ebb",
        2.1: "plate/causeway/ebb",
        3.9: "plate/causeway/flood",
        4.6: "plate/causeway/flood",
        7.6: "plate/lighthouse/flood",
    }
    film = pick_of(run, project, "trailer")
    for frame, (seconds, expected) in zip(frames(film, passed), passed.items(), strict=True):
        distances = {item: difference(frame, still) for item, still in stills.items()}
        assert min(distances, key=lambda item: distances[item]) == expected, (seconds, distances)
        assert distances[expected] < 0.2, (seconds, distances)


def test_a_clip_begins_and_ends_on_its_frames(storyboard: tuple[Path, dict[str, Any]]) -> None:
    project, run = storyboard
    first, last = frames(pick_of(run, project, "crossing"), (0, 3))
    (goes_on,) = frames(pick_of(run, project, "wade"), (0,))
    ebb, flood = (Image.open(pick_of(run, project, f"plate/causeway/{tide}")) for tide in ("ebb", "flood"))
    assert difference(first, ebb) < 0.1 < difference(first, flood)
    assert difference(last, flood) < 0.1 < difference(last, ebb)
    assert difference(goes_on, last) < 0.1


def test_the_film_has_sound_from_end_to_end(storyboard: tuple[Path, dict[str, Any]]) -> None:
    project, run = storyboard
    rate = 16_000
    samples = array.array("h")
    with av.open(pick_of(run, project, "trailer").open("rb")) as container:
        (sound,) = container.streams.audio
        mono = av.AudioResampler(format="s16", layout="mono", rate=rate)
        for frame in container.decode(sound):
            for part in mono.resample(frame):
                samples.frombytes(bytes(part.planes[0])[: part.samples * 2])
    assert len(samples) / rate == pytest.approx(9, abs=0.1)
    for second in range(8):  # the last one fades out
        loudest = max(map(abs, samples[second * rate : (second + 1) * rate]))
        assert loudest > 1000, f"silence in second {second}"
    assert max(map(abs, samples[-rate // 20 :])) < 1000


def test_the_picture_in_the_readme_is_this_film(storyboard: tuple[Path, dict[str, Any]]) -> None:
    """After a change of the example or of the drawing, save the new board as `docs/pictures/storyboard.jpg`."""
    project, run = storyboard
    with (
        Image.open(ROOT / "docs/pictures/storyboard.jpg") as shown,
        Image.open(pick_of(run, project, "board")) as board,
    ):
        assert difference(shown, board) < 0.05


def test_a_second_render_executes_nothing(wanspec: Wanspec, rendered_copy: Path) -> None:
    run = preview(wanspec, rendered_copy)
    assert executed(run) == set()
    assert {item["status"] for item in run["items"]} == {"cached"}
    assert run["summary"]["cached"] == len(ITEMS)


def test_a_render_that_has_nothing_to_do_touches_no_file(wanspec: Wanspec, tmp_path: Path) -> None:
    project = copy_of("first-shot", tmp_path)
    preview(wanspec, project)
    files = {file: file.stat().st_mtime_ns for file in (project / "renders").rglob("*") if file.is_file()}
    assert executed(preview(wanspec, project)) == set()
    assert {file: file.stat().st_mtime_ns for file in files} == files


def test_an_edited_prompt_executes_its_item_and_what_hangs_on_it(wanspec: Wanspec, rendered_copy: Path) -> None:
    edit(rendered_copy / "shots/2-clips.yaml", "knee-deep", "waist-deep")
    assert executed(preview(wanspec, rendered_copy)) == {"wade", "trailer", "board"}


def test_an_edited_macro_executes_what_is_rendered_with_it(wanspec: Wanspec, rendered_copy: Path) -> None:
    edit(rendered_copy / "prompts/light.j2", "silver", "golden")
    run = answer(wanspec("render", "--preview", "--json", "-s", "kind:image", "--exclude", "board", cwd=rendered_copy))
    assert executed(run) == {"plate/quay/ebb", "plate/causeway/ebb"}


def test_one_take_more_executes_that_take_alone(wanspec: Wanspec, rendered_copy: Path) -> None:
    """What hangs on the item gets its pick, and the pick's bytes are the same."""
    edit(rendered_copy / "shots/1-keyframes.yaml", "takes: 3", "takes: 4")
    run = preview(wanspec, rendered_copy)
    assert executed(run) == {"ilse"}
    (ilse,) = [item for item in run["items"] if item["id"] == "ilse"]
    assert [take["cached"] for take in ilse["takes"]] == [True, True, True, False]


def test_comments_titles_and_order_execute_nothing(wanspec: Wanspec, rendered_copy: Path) -> None:
    edit(rendered_copy / "shots/2-clips.yaml", "title: On foot", "title: Through the water # as she would say")
    assert executed(preview(wanspec, rendered_copy)) == set()


def test_a_mistake_is_shown_where_it_was_made_and_changes_nothing(wanspec: Wanspec, rendered_copy: Path) -> None:
    edit(rendered_copy / "prompts/light.j2", "{% if tide ==", "{% if tidd ==")
    before = {file: file.stat().st_mtime_ns for file in rendered_copy.rglob("*") if file.is_file()}
    found = answer(wanspec("render", "--preview", "--json", cwd=rendered_copy), code=2)
    (fault,) = [one for one in found["diagnostics"] if one["severity"] == "error"]
    assert (fault["file"], fault["line"]) == ("prompts/light.j2", 3)
    assert "`tidd`" in fault["message"]
    assert {file: file.stat().st_mtime_ns for file in rendered_copy.rglob("*") if file.is_file()} == before


def test_a_plan_prices_the_storyboard_without_sending_anything(wanspec: Wanspec, tmp_path: Path) -> None:
    plan = answer(wanspec("plan", "--json", cwd=copy_of("storyboard", tmp_path)))
    assert [item["id"] for item in plan["items"]] == ITEMS
    assert {item["status"] for item in plan["items"]} <= {"new", "upstream"}
    assert 0 < plan["summary"]["estimated_usd"] < 5
    assert plan["summary"]["unpriced"] == 0


def test_a_paid_render_without_a_key_is_refused_before_anything_is_sent(wanspec: Wanspec, tmp_path: Path) -> None:
    project = copy_of("storyboard", tmp_path)
    refusal = answer(wanspec("render", "--yes", "--json", cwd=project), code=3)
    assert refusal["error"]["message"]
    assert not (project / "wanspec.lock").exists()

"""The benchmarks in miniature: that they run, and that what they compare is the same work.  No times are judged."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg to compare with")


@pytest.fixture
def benchmark_named(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Scripts of the folder, as modules that find each other."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        found = getattr(sys.modules[name], "__file__", None)
        if found and Path(found).parent == FOLDER:
            del sys.modules[name]


@pytest.mark.parametrize("way", ["single", "batched"])
def test_a_render_and_the_bare_loop_make_the_same_calls(benchmark_named, tmp_path: Path, way: str) -> None:
    pair = benchmark_named("engine").pair(tmp_path / "pair", way, 5, 5)
    for calls in (pair.our_calls, pair.their_calls):
        assert (calls["submits"], calls["downloads"]) == (5, 5)
    assert pair.their_calls["asks"] >= 5
    assert pair.our_calls["asks"] >= (5 if way == "single" else 1)
    names = {path.name for path in (tmp_path / "pair" / "project" / "renders" / "still").glob("*.png")}
    assert names == {f"frame-{number}.png" for number in range(5)}
    assert len(list((tmp_path / "pair" / "bare").glob("*.png"))) == 5


def test_the_pictures_of_the_instant_vendor_are_sound_and_all_different(benchmark_named, tmp_path: Path) -> None:
    from wanspec.media.probe import probe, verify_decodes

    vendor = benchmark_named("instant_vendor")
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for path in paths:
        path.write_bytes(vendor.picture(path.stem))
        verify_decodes(path)
    found = [probe(path) for path in paths]
    assert {(one.media_type, one.width, one.height) for one in found} == {("image/png", 64, 48)}
    assert found[0].sha256 != found[1].sha256


@pytest.mark.parametrize("shape", ["storyboard", "chains", "tangle"])
def test_no_render_is_faster_than_its_bound(benchmark_named, tmp_path: Path, shape: str) -> None:
    makespan = benchmark_named("makespan")
    pieces = makespan.SHAPES[shape](Random(3), 12)
    seconds, needs = makespan.rendered_s(tmp_path, pieces, 3)
    assert any(needs.values())
    assert all(set(needs[one.id]) <= set(one.needs) for one in pieces)
    bound = max(makespan.critical_s(pieces, needs), sum(one.least_s for one in pieces) / 3)
    assert seconds >= bound
    assert makespan.scheduled_s(pieces, needs, 3, clairvoyant=True) >= bound


def test_the_same_graph_takes_the_same_virtual_time(benchmark_named, tmp_path: Path) -> None:
    makespan = benchmark_named("makespan")
    pieces = makespan.tangle(Random(5), 8)
    times = [makespan.rendered_s(tmp_path / name, pieces, 2)[0] for name in ("one", "two")]
    assert times[0] == times[1]


def test_one_item_after_the_other_takes_the_sum_of_both(benchmark_named) -> None:
    makespan = benchmark_named("makespan")
    pieces = [makespan.Piece("a", "image", (), 10.0), makespan.Piece("b", "image", ("a",), 20.0)]
    needs = {one.id: one.needs for one in pieces}
    assert makespan.critical_s(pieces, needs) == sum(one.least_s for one in pieces)
    assert makespan.scheduled_s(pieces, needs, 2, clairvoyant=True) == sum(one.asked_s for one in pieces)


def test_the_cost_of_a_command_counts_processes_that_outlive_it(benchmark_named, tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    command = ["sh", "-c", f"{sys.executable} -c '{burn}' & exit 0"]
    assert benchmark_named("costs").whole_cost(command, tmp_path).cpu_s >= 0.3


def test_the_cost_of_a_command_that_fails_is_not_told(benchmark_named, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="failed"):
        benchmark_named("costs").whole_cost(["false"], tmp_path)


@needs_ffmpeg
def test_stills_are_drawn_by_both(benchmark_named, tmp_path: Path) -> None:
    row = benchmark_named("media").storyboard(tmp_path, 1, select="frame/1")
    assert row.startswith("| frame/1 | ")
    assert len(list((tmp_path / "again" / "renders" / "preview").rglob("*.png"))) == 1
    assert len(list((tmp_path / "coded").glob("*.png"))) == 1


@needs_ffmpeg
def test_a_film_cut_hard_is_as_long_as_its_clips_for_both(benchmark_named, tmp_path: Path) -> None:
    from wanspec.media.probe import probe

    benchmark_named("media").copied(tmp_path, 1, size="64x48", seconds=1)
    for path in (tmp_path / "film" / "1.mp4", tmp_path / "joined.mp4"):
        assert probe(path).duration == pytest.approx(10, abs=0.1)


@needs_ffmpeg
def test_a_film_with_fades_is_as_long_for_both(benchmark_named, tmp_path: Path) -> None:
    from wanspec.media.probe import probe

    benchmark_named("media").long_cut(tmp_path, 0.3, size="64x48")
    for path in (tmp_path / "film" / "1.mp4", tmp_path / "faded.mp4"):
        assert probe(path).duration == pytest.approx(2 * 10 - 0.5, abs=0.1)

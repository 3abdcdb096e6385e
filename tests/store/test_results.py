"""What stands in `renders/`, and what is left alone there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError, UsageError
from wanspec.store import Store
from wanspec.store.durable import Damaged
from wanspec.store.results import Results, Wanted, result_path, take_path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, tmp_path / ".wanspec")
    store.make()
    return store


def blob(store: Store, text: str) -> str:
    path = store.work_folder() / "x"
    path.write_text(text)
    return store.blobs.add(path)


def copy_of(store: Store, path: str, text: str) -> Wanted:
    sha256 = blob(store, text)
    return Wanted(path, sha256, sha256)


SIGN = "as it was"  # the signature in tests that do not change it


def note(path: str, stamp: str) -> Wanted:
    return Wanted(path, stamp, text=lambda: {"wanspec": stamp, "item": "x", "sha256": "y", "ü": [1, None]})


def again(store: Store) -> Results:
    """As the next process sees it."""
    return store.results("renders")


def test_results_are_copies_that_can_be_edited_without_harm(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    wanted = copy_of(store, "street/low.png", "pixels")

    assert results.place("street/low", SIGN, [wanted, note("street/low.png.json", "1")]) == []

    file = tmp_path / "renders" / "street" / "low.png"
    assert file.read_text() == "pixels"
    assert file.stat().st_mode & 0o200
    file.write_text("scribbled on")
    assert store.blobs.path(wanted.sha256).read_text() == "pixels"
    assert json.loads((tmp_path / "renders/street/low.png.json").read_text())["ü"] == [1, None]


def test_what_is_in_place_is_known_by_its_stat_alone(store: Store, tmp_path: Path) -> None:
    wanted = [copy_of(store, "a.png", "pixels"), note("a.png.json", "1")]
    results = store.results("renders")
    assert not results.in_place("a", SIGN)
    results.place("a", SIGN, wanted)
    assert results.in_place("a", SIGN)
    results.remember()

    assert again(store).in_place("a", SIGN)
    assert not again(store).in_place("a", "as it is now")
    assert not again(store).in_place("b", SIGN)
    assert not store.results("renders/preview").in_place("a", SIGN)
    (tmp_path / "renders" / "a.png").write_text("other")
    assert not again(store).in_place("a", SIGN)


def test_a_placing_that_failed_is_not_taken_for_done(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    (tmp_path / "renders" / "b.png").mkdir(parents=True)

    with pytest.raises(StoreError):
        results.place("a", SIGN, [copy_of(store, "a.png", "pixels"), copy_of(store, "b.png", "pixels")])

    assert not results.in_place("a", SIGN)
    (tmp_path / "renders" / "b.png").rmdir()
    assert results.place("a", SIGN, [copy_of(store, "a.png", "pixels"), copy_of(store, "b.png", "pixels")]) == []
    assert results.in_place("a", SIGN)


def test_our_own_file_is_replaced_without_a_word(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    results.place("a", SIGN, [copy_of(store, "a.png", "first"), note("a.png.json", "1")])

    assert results.place("a", SIGN, [copy_of(store, "a.png", "second"), note("a.png.json", "2")]) == []

    assert (tmp_path / "renders" / "a.png").read_text() == "second"
    assert sorted(path.name for path in (tmp_path / "renders").iterdir()) == ["a.png", "a.png.json"]


def test_a_file_of_ours_is_known_again_although_the_index_is_lost(store: Store, tmp_path: Path) -> None:
    first = copy_of(store, "a.png", "first")
    store.results("renders").place("a", SIGN, [first, note("a.png.json", "1")])  # never remembered

    assert again(store).place("a", SIGN, [first, note("a.png.json", "1")]) == []
    assert again(store).place("a", SIGN, [copy_of(store, "a.png", "second"), note("a.png.json", "2")]) == []
    assert sorted(path.name for path in (tmp_path / "renders").iterdir()) == ["a.png", "a.png.json"]


def test_a_file_of_somebody_else_is_kept_aside_and_told(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "renders"
    folder.mkdir()
    (folder / "a.png").write_text("drawn by hand")
    (folder / "a.kept-1.png").write_text("kept before")
    (folder / "a.png.json").write_text('{"my": "notes"}')

    notices = store.results("renders").place("a", SIGN, [copy_of(store, "a.png", "pixels"), note("a.png.json", "1")])

    assert (folder / "a.png").read_text() == "pixels"
    assert (folder / "a.kept-2.png").read_text() == "drawn by hand"
    assert (folder / "a.png.kept-1.json").read_text() == '{"my": "notes"}'
    assert notices == [
        "`renders/a.png` was not written by wanspec and is kept as `renders/a.kept-2.png`",
        "`renders/a.png.json` was not written by wanspec and is kept as `renders/a.png.kept-1.json`",
    ]


def test_files_that_an_item_no_longer_has_go(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    takes = [copy_of(store, f"a/take-{n}.png", f"take {n}") for n in (1, 2)]
    results.place("a", SIGN, [*takes, copy_of(store, "a.png", "take 1")])
    results.remember()

    results = again(store)
    results.place("a", SIGN, [copy_of(store, "a.webp", "another")])
    results.remember()

    assert [path.name for path in (tmp_path / "renders").rglob("*")] == ["a.webp"]
    assert again(store).in_place("a", SIGN)


def test_a_file_that_was_edited_does_not_go(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    results.place("a", SIGN, [copy_of(store, "a.png", "pixels")])
    (tmp_path / "renders" / "a.png").write_text("retouched")

    results.place("a", SIGN, [copy_of(store, "a.webp", "another")])

    assert (tmp_path / "renders" / "a.png").read_text() == "retouched"


def test_files_of_items_that_are_gone_go(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    for item in ("a", "b/1", "b/2", "c", "d"):
        results.place(item, SIGN, [copy_of(store, f"{item}.png", item)])
    results.remember()
    (tmp_path / "renders" / "c.png").write_text("scribbled on")
    results = again(store)
    results.keep_only(["d", "never-seen"])
    results.remember()
    assert sorted(path.name for path in (tmp_path / "renders").iterdir()) == ["c.png", "d.png"]
    assert not again(store).in_place("a", SIGN)
    assert again(store).in_place("d", SIGN)


def test_what_another_item_shows_now_does_not_go(store: Store, tmp_path: Path) -> None:
    results = store.results("renders")
    results.place("a", SIGN, [copy_of(store, "a/take-1.png", "of a"), copy_of(store, "a/take-2.png", "of a too")])
    results.place("a/take-1", SIGN, [copy_of(store, "a/take-1.png", "of another")])

    results.place("a", SIGN, [copy_of(store, "a.png", "of a")])

    assert (tmp_path / "renders" / "a" / "take-1.png").read_text() == "of another"
    assert not (tmp_path / "renders" / "a" / "take-2.png").exists()


def test_two_projects_in_one_store_do_not_mix(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    left, right = Store(tmp_path / "left", shared), Store(tmp_path / "right", shared)
    for one in (left, right):
        one.root.mkdir()
        one.make()
    wanted = [copy_of(left, "a.png", "pixels")]
    results = left.results("renders")
    results.place("a", SIGN, wanted)
    results.remember()

    assert left.results("renders").in_place("a", SIGN)
    assert not right.results("renders").in_place("a", SIGN)


def test_nothing_is_written_through_a_link(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "target").write_text("mine")
    folder = tmp_path / "renders"
    folder.mkdir()
    (folder / "linked").symlink_to(outside)
    (folder / "b.png").symlink_to(outside / "target")
    (folder / "c.png").symlink_to(outside / "nowhere")
    results = store.results("renders")

    for path in ("linked/a.png", "b.png", "c.png"):
        with pytest.raises(StoreError, match="link"):
            results.place("x", SIGN, [copy_of(store, path, "pixels")])

    assert [path.name for path in outside.iterdir()] == ["target"]
    assert (outside / "target").read_text() == "mine"


def test_an_output_folder_behind_a_link_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "renders").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="link"):
        store.results("renders/preview").check_writable()
    with pytest.raises(StoreError, match="link"):
        store.results("renders").place("a", SIGN, [copy_of(store, "a.png", "pixels")])


def test_an_output_folder_that_cannot_be_one_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "renders").write_text("a file")

    with pytest.raises(UsageError, match="is a file"):
        store.results("renders/preview").check_writable()
    store.results("other").check_writable()
    assert not (tmp_path / "other").exists()


def test_a_folder_in_the_way_is_told(store: Store, tmp_path: Path) -> None:
    (tmp_path / "renders" / "a.png").mkdir(parents=True)

    with pytest.raises(StoreError, match="is a folder"):
        store.results("renders").place("a", SIGN, [copy_of(store, "a.png", "pixels")])


def test_a_damaged_blob_is_not_copied(store: Store, tmp_path: Path) -> None:
    wanted = copy_of(store, "a.png", "pixels")
    store.blobs.path(wanted.sha256).chmod(0o644)
    store.blobs.path(wanted.sha256).write_text("pixelz")
    (tmp_path / "renders").mkdir()

    with pytest.raises(Damaged):
        store.results("renders").place("a", SIGN, [wanted])

    assert list((tmp_path / "renders").iterdir()) == []
    assert not store.blobs.has(wanted.sha256)


def test_names_of_results() -> None:
    assert result_path("street/osl/low", "png") == "street/osl/low.png"
    assert take_path("street/osl/low", 2, "mp4") == "street/osl/low/take-2.mp4"
    assert result_path("版.1", "png") == "版.1.png"


def test_a_name_too_long_for_a_file_system_is_cut_and_told_apart() -> None:
    names = {result_path("版" * 100 + end, "png") for end in ("", "a", "b")}

    assert len(names) == 3
    assert all(len(name.encode()) <= 204 for name in names)


@pytest.mark.parametrize("item", ["", ".", "..", "../x", "a//b", "a/", "/a", "a\\b", "a\0"])
def test_what_is_no_id_names_no_file(item: str) -> None:
    with pytest.raises(ValueError, match="no item id"):
        result_path(item, "png")


@pytest.mark.parametrize("text", ["", SIGN, f"{SIGN}\na.png", f"{SIGN}\na.png\tx\ty\tz\t0", "\n\n\t"])
def test_damaged_memories_are_forgotten(store: Store, tmp_path: Path, text: str) -> None:
    wanted = [copy_of(store, "a.png", "pixels")]
    store.results("renders").place("a", SIGN, wanted)
    store.index.put([("result", f"{store.tag}\nrenders\na", text)])

    results = again(store)
    assert not results.in_place("a", SIGN)
    assert results.place("a", SIGN, wanted) == []
    assert hashlib.sha256((tmp_path / "renders" / "a.png").read_bytes()).hexdigest() == wanted[0].sha256

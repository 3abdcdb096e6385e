"""Texts by space and key, and what happens to a database that somebody damaged."""

from __future__ import annotations

import json
import pickle
import sqlite3
import threading
from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError
from wanspec.store.durable import Disk
from wanspec.store.index import Index


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "index", Disk())


def rows(index: Index, statement: str, *values: object) -> list[tuple[object, ...]]:
    index.close()
    with sqlite3.connect(index.folder / "cache.db") as connection:
        found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


def test_texts_come_back_by_space(index: Index) -> None:
    index.put([("action", "a", "1"), ("action", "b", "2"), ("actions", "c", "3"), ("media", "/x/ü", "4")])

    assert index.scan("action") == {"a": "1", "b": "2"}
    assert index.scan("media") == {"/x/ü": "4"}
    assert index.scan("media", "/x/") == {"/x/ü": "4"}
    assert index.scan("media", "/y/") == {}
    assert index.get("action", "b") == "2"
    assert index.get("action", "c") is None


def test_another_process_sees_what_was_put(index: Index, tmp_path: Path) -> None:
    index.put([("action", "a", "1")])

    assert Index(tmp_path / "index", Disk()).scan("action") == {"a": "1"}


def test_putting_again_replaces_and_deleting_removes(index: Index) -> None:
    index.put([("action", "a", "1")])
    index.put([("action", "a", "2"), ("action", "b", "2")])
    index.delete("action", ["b"])

    assert index.scan("action") == {"a": "2"}


def test_reading_makes_nothing(index: Index, tmp_path: Path) -> None:
    assert index.scan("action") == {}
    assert index.get("action", "a") is None
    index.delete("action", ["a"])
    index.put([])

    assert list(tmp_path.iterdir()) == []


def test_reading_leaves_the_folder_as_it_is(index: Index) -> None:
    index.put([("action", "a", "1")])
    index.close()
    before = {path.name: path.stat().st_mtime_ns for path in index.folder.iterdir()}

    assert Index(index.folder, Disk()).scan("action") == {"a": "1"}

    assert (
        {path.name: path.stat().st_mtime_ns for path in index.folder.iterdir()}
        == before
        == {"cache.db": before["cache.db"]}
    )


def test_the_folder_is_for_its_owner_alone(index: Index) -> None:
    index.put([("action", "a", "1")])

    assert index.folder.stat().st_mode & 0o777 == 0o700


def test_nothing_is_ever_evicted(index: Index) -> None:
    index.put([("action", str(n), "x" * 40_000) for n in range(100)])

    assert len(index.scan("action")) == 100
    stored = dict(rows(index, "SELECT key, value FROM Settings"))
    assert stored["eviction_policy"] == "none"
    assert stored["cull_limit"] == 0


def test_only_text_is_stored(index: Index) -> None:
    with pytest.raises(TypeError, match="values are text"):
        index.put([("action", "a", {"no": "text"})])  # type: ignore[list-item]

    assert index.scan("action") == {}


def test_a_pickled_row_is_neither_loaded_nor_served(index: Index, tmp_path: Path) -> None:
    index.put([("action", "a", "1")])
    marker = tmp_path / "was-here"

    class Here:
        def __reduce__(self):
            return (Path.touch, (marker,))

    rows(
        index,
        "INSERT INTO Cache (key, raw, store_time, mode, value) VALUES ('action:b', 1, 0, 4, ?)",
        pickle.dumps(Here()),
    )
    rows(
        index,
        "INSERT INTO Cache (key, raw, store_time, mode, value) VALUES (?, 0, 0, 1, 'x')",
        pickle.dumps(Here()),
    )

    assert index.scan("action") == {"a": "1"}
    assert index.get("action", "b") is None
    index.put([("action", "b", "2")])
    assert index.scan("action") == {"a": "1", "b": "2"}
    assert not marker.exists()


def test_a_row_that_names_a_file_makes_nobody_delete_it(index: Index, tmp_path: Path) -> None:
    index.put([("action", "a", "1")])
    precious = tmp_path / "precious"
    precious.write_text("mine")
    rows(index, "UPDATE Cache SET filename = '../precious'")

    index.put([("action", "a", "2")])
    index.delete("action", ["a"])

    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    "data", [b"", b"no database at all, but long enough to look like one", b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_database_is_told_and_counts_as_empty(index: Index, data: bytes) -> None:
    index.put([("action", "a", "1")])
    index.close()
    (index.folder / "cache.db").write_bytes(data)

    assert index.scan("action") == {}
    index.put([("action", "b", "2")])
    assert index.scan("action") == {"b": "2"}
    if data:
        assert len(index.notices) == 1
        assert "damaged" in index.notices[0]
        assert [path.read_bytes() for path in index.folder.glob("damaged-*/cache.db")] == [data]


def test_a_torn_page_in_the_middle_is_survived(index: Index) -> None:
    index.put([("action", f"{n:04}", "x" * 500) for n in range(500)])
    index.close()
    database = index.folder / "cache.db"
    data = bytearray(database.read_bytes())
    for place in range(4096 * 3, len(data) - 4096, 4096 * 5):
        data[place : place + 64] = b"\xff" * 64
    database.write_bytes(data)

    found = index.scan("action")  # whatever can be had, without a traceback
    index.put([("action", "new", "1")])

    assert all(len(text) == 500 for text in found.values())
    assert index.get("action", "new") == "1" or index.scan("action").get("new") == "1"


def test_a_folder_in_the_place_of_the_database(index: Index) -> None:
    (index.folder / "cache.db").mkdir(parents=True)

    assert index.scan("action") == {}
    with pytest.raises(StoreError) as raised:
        index.put([("action", "a", "1")])
    assert raised.value.hint


def test_a_locked_database_is_told_with_a_hint(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.put([("action", "a", "1")])
    index.close()
    from wanspec.store import text_cache

    def refuse(_folder: Path) -> object:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(text_cache, "open_cache", refuse)
    with pytest.raises(StoreError, match="locked") as raised:
        index.put([("action", "a", "2")])
    assert "WANSPEC_STORE" in raised.value.hint


def test_many_threads_may_write(index: Index) -> None:
    def write(number: int) -> None:
        for n in range(5):
            index.put([("action", f"{number}/{n}", "x")])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(index.scan("action")) == 40


def test_whoever_writes_first_writes_for_all_that_wait(index: Index) -> None:
    index.put([("action", "first", "x")])
    made: list[int] = []
    transact = index._transact

    def counted(changes: list[object]) -> None:
        made.append(len(changes))
        transact(changes)  # type: ignore[arg-type]

    index._transact = counted  # type: ignore[method-assign,assignment]
    threads = [threading.Thread(target=index.put, args=([("action", str(n), "x")],)) for n in range(5)]
    with index._guard:
        for thread in threads:
            thread.start()
        while len(index._waiting) < 5:
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join()

    assert made == [5]
    assert len(index.scan("action")) == 6


def test_half_a_character_harms_nothing_and_comes_back(index: Index) -> None:
    index.put([("action", "a", "1")])
    index.put([("action", "b\ud800", json.dumps({"request": "\ud800"}, ensure_ascii=False))])

    assert index.notices == []
    assert index.get("action", "a") == "1"
    found = index.get("action", "b\ud800")
    assert found is not None
    assert json.loads(found) == {"request": "\ud800"}

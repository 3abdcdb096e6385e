"""The store as a whole."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import StoreError
from wanspec.store import Store, open_store
from wanspec.store.index import PAST


def kept(store: Store, text: str, key: str = "sha256:k", **more: object) -> Record:
    path = store.work_folder() / "x"
    path.write_text(text)
    record = Record(key, "studio/still", (Artifact(store.blobs.add(path), "image/png", len(text)),), **more)  # type: ignore[arg-type]
    store.keep(record, preview=bool(more.get("preview")))
    return record


def test_opening_and_asking_make_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})

    assert store.known().record("sha256:k") is None
    assert store.record("sha256:k") is None
    assert store.runs.last() is None
    store.sweep()
    assert list(tmp_path.iterdir()) == []


def test_a_project_for_reading_only_has_an_empty_store(tmp_path: Path) -> None:
    assert open_store(tmp_path / "nowhere", {}).known().blobs == set()


def test_where_the_store_is(tmp_path: Path) -> None:
    assert open_store(tmp_path, {}).folder == tmp_path / ".wanspec"
    assert open_store(tmp_path, {"WANSPEC_STORE": ""}).folder == tmp_path / ".wanspec"
    assert open_store(tmp_path, {"WANSPEC_STORE": "/data/store"}).folder == Path("/data/store")
    assert open_store(tmp_path, {"WANSPEC_STORE": "shared"}).folder == tmp_path / "shared"


def test_what_was_kept_is_known(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    record = kept(store, "pixels")

    assert open_store(tmp_path, {}).known().record(record.key) == record
    assert store.record(record.key) == record
    store.blobs.path(record.artifacts[0].sha256).unlink()
    assert store.record(record.key) is None
    assert store.known().record(record.key) is None


def test_a_record_that_is_replaced_is_not_lost(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    first = kept(store, "first", time="2026-11-20T10:00:00+00:00")
    second = kept(store, "second", time="2026-11-20T11:00:00+00:00")
    store.keep(replace(second, time="later"))

    assert list(store.index.scan(PAST)) == [f"{first.key}@{first.time}"]
    assert store.blobs.all() == {first.artifacts[0].sha256, second.artifacts[0].sha256}


def test_previews_are_known_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    record = kept(store, "pixels")
    store.keep(replace(record, key="sha256:p"), preview=True)

    assert store.known().record("sha256:p") is None
    assert store.known(preview=True).record("sha256:p") is not None
    assert store.known(preview=True).record(record.key) is None


def test_git_is_told_to_leave_the_store_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    store.make()

    assert (tmp_path / ".wanspec" / ".gitignore").read_text().splitlines()[-1] == "*"
    assert (tmp_path / ".wanspec").stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_place_of_the_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / ".wanspec").symlink_to(tmp_path / "outside")

    with pytest.raises(StoreError, match="link") as raised:
        open_store(tmp_path, {}).make()

    assert "WANSPEC_STORE" in raised.value.hint
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    mine = store.work_folder()
    (mine / "half.png").write_text("half")
    host = os.uname().nodename
    gone = mine.with_name(f"{host}-4194304-abcdef")  # beyond the largest process number of Linux
    elsewhere = mine.with_name("other-host-1-abcdef")
    gone.mkdir()
    elsewhere.mkdir()

    store.sweep()

    assert mine.is_dir()
    assert elsewhere.is_dir()
    assert not gone.exists()

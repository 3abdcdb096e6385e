"""What the disk keeps through a power cut: a folder's name is made sure of before anything in it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError
from wanspec.store import durable
from wanspec.store.durable import Disk


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were synced, in order."""
    found: list[str] = []
    monkeypatch.setattr(durable, "_sync_folder", lambda path: found.append(str(path)))
    return found


def test_each_new_folder_is_made_sure_of_before_the_next_one_is_made(tmp_path: Path, synced: list[str]) -> None:
    Disk().folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert synced == [str(one) for one in (tmp_path.parent, tmp_path, tmp_path / "a", tmp_path / "a" / "b")]


def test_a_folder_that_is_there_is_made_sure_of_once(tmp_path: Path, synced: list[str]) -> None:
    (tmp_path / "a").mkdir()  # by a process that was killed right afterwards
    disk = Disk()
    disk.folder(tmp_path / "a")
    disk.folder(tmp_path / "a")
    assert synced == [str(tmp_path)]


def test_a_folder_that_somebody_took_away_is_made_again(tmp_path: Path) -> None:
    disk = Disk()
    disk.folder(tmp_path / "a")
    (tmp_path / "a").rmdir()
    disk.folder(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(StoreError) as caught:
            Disk().folder(path)
        assert caught.value.hint == "a file stands where a folder is needed; move it away"
    assert (tmp_path / "a").read_text() == "mine"

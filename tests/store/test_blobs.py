"""Artifacts by content."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError
from wanspec.store.blobs import Blobs
from wanspec.store.durable import Damaged, Disk

MARA = hashlib.sha256(b"mara").hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs", Disk())


def put(blobs: Blobs, data: bytes = b"mara") -> str:
    path = blobs.folder.parent.parent / os.urandom(4).hex()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return blobs.add(path)


def test_a_file_becomes_a_blob_under_its_digest(blobs: Blobs, tmp_path: Path) -> None:
    assert put(blobs) == MARA

    assert blobs.path(MARA) == tmp_path / "blobs" / "sha256" / MARA[:2] / MARA[2:]
    assert blobs.path(MARA).read_bytes() == b"mara"
    assert blobs.path(MARA).stat().st_mode & 0o777 == 0o444
    assert blobs.has(MARA)
    assert blobs.all() == {MARA}
    assert [path.name for path in tmp_path.iterdir()] == ["blobs"]  # the file is gone


def test_adding_the_same_bytes_twice_keeps_the_first(blobs: Blobs) -> None:
    put(blobs)
    inode = blobs.path(MARA).stat().st_ino
    put(blobs)

    assert blobs.path(MARA).stat().st_ino == inode


def test_adding_bytes_over_a_damaged_copy_mends_it(blobs: Blobs) -> None:
    put(blobs)
    damage(blobs)

    put(blobs)

    assert blobs.verify(MARA)


def damage(blobs: Blobs, data: bytes = b"mira") -> None:
    blobs.path(MARA).chmod(0o644)
    blobs.path(MARA).write_bytes(data)


@pytest.mark.parametrize("data", [b"mira", b"ma", b""])
def test_a_damaged_blob_is_put_aside_and_not_served(blobs: Blobs, tmp_path: Path, data: bytes) -> None:
    put(blobs)
    fresh = Blobs(tmp_path / "blobs", Disk())  # of a process that has not read it
    damage(fresh, data)

    with pytest.raises(Damaged):
        fresh.sound(MARA)

    assert not fresh.has(MARA)
    assert [path.read_bytes() for path in (tmp_path / "blobs" / "damaged").iterdir()] == [data]


def test_a_blob_that_is_gone_is_told_apart_from_a_damaged_one(blobs: Blobs) -> None:
    with pytest.raises(StoreError, match="is not in the store"):
        blobs.sound(MARA)
    assert not blobs.verify(MARA)


@pytest.mark.parametrize("text", ["", "../../etc/passwd", MARA.upper(), MARA[:-1], MARA + "/x"])
def test_what_is_no_digest_names_no_blob(blobs: Blobs, text: str) -> None:
    with pytest.raises(StoreError, match="is no sha256 digest"):
        blobs.path(text)


def test_no_store_is_an_empty_one(tmp_path: Path) -> None:
    assert Blobs(tmp_path / "nowhere", Disk()).all() == set()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["folder", "write", "rename"])
def test_a_full_disk_leaves_no_half_blob(tmp_path: Path, step: str) -> None:
    def full(now: str, _path: Path) -> None:
        if now == step:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    blobs = Blobs(tmp_path / "blobs", Disk(full))

    with pytest.raises(StoreError) as raised:
        put(blobs)

    assert "free some space" in raised.value.hint
    assert blobs.all() == set()

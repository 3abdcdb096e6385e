"""What project files hold, remembered while they stay as they are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from wanspec.domain.artifacts import Artifact
from wanspec.store.durable import Disk
from wanspec.store.index import MEDIA, Index
from wanspec.store.media_facts import MediaFacts


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "index", Disk())


@pytest.fixture
def mara(tmp_path: Path) -> Path:
    path = tmp_path / "mara.png"
    path.write_bytes(b"mara")
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_digest_is_that_of_the_bytes(index: Index, mara: Path) -> None:
    facts = MediaFacts(index)
    assert facts.digest(mara) == sha256(b"mara")

    mara.write_bytes(b"anna")
    os.utime(mara, ns=(1, 1))
    assert facts.digest(mara) == sha256(b"anna")


def test_nothing_is_written_before_it_is_asked_for(index: Index, mara: Path) -> None:
    MediaFacts(index).digest(mara)

    assert not index.folder.exists()


def test_a_file_is_read_once_over_runs(index: Index, mara: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = Artifact(sha256(b"mara"), "image/png", 4, 64, 36)
    facts = MediaFacts(index)
    facts.keep(mara, mara.stat(), artifact)
    facts.remember()

    monkeypatch.setattr("wanspec.store.media_facts.sha256_of", lambda _: pytest.fail("read again"))
    later = MediaFacts(index)
    assert later.digest(mara) == artifact.sha256
    assert later.artifact(mara) == artifact


def test_a_file_that_was_replaced_is_looked_at_anew(index: Index, mara: Path) -> None:
    facts = MediaFacts(index)
    facts.keep(mara, mara.stat(), Artifact(sha256(b"mara"), "image/png", 4))
    other = mara.with_name("other")
    other.write_bytes(b"anna")
    other.replace(mara)

    assert facts.artifact(mara) is None
    assert facts.digest(mara) == sha256(b"anna")


def test_bytes_in_the_shot_list_are_looked_at_once(index: Index) -> None:
    artifact = Artifact(sha256(b"mara"), "image/png", 4, 64, 36)
    facts = MediaFacts(index)
    assert facts.artifact_of_bytes(artifact.sha256) is None
    facts.keep_bytes(artifact)
    facts.remember()

    assert MediaFacts(index).artifact_of_bytes(artifact.sha256) == artifact


def test_a_missing_file_raises(index: Index, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MediaFacts(index).digest(tmp_path / "gone")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"size": "x"}'])
def test_a_damaged_row_is_a_file_not_seen(index: Index, mara: Path, text: str) -> None:
    index.put([(MEDIA, str(mara), text)])

    assert MediaFacts(index).digest(mara) == sha256(b"mara")

"""Records as text, and what counts as known."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.lock import LockedItem, LockedTake
from wanspec.store.records import Known, Snapshot, from_text, to_text

ONE = Artifact("a" * 64, "image/png", 12, 64, 36)
TWO = Artifact("b" * 64, "video/mp4", 34, 64, 36, 2.5, 30.0, True)
RECORD = Record(
    key="sha256:" + "1" * 64,
    model="studio/still",
    artifacts=(ONE, TWO),
    seeds=(7, None),
    cost_usd=Decimal("0.040"),
    time="2026-11-20T10:15:30+00:00",
    facts={"request.prompt": "日本 \u2028", "key version": 1},
    task_id="t-1",
    request_id="r-1",
)


def test_a_record_comes_back_as_it_was() -> None:
    assert from_text(to_text(RECORD)) == RECORD
    assert from_text(to_text(Record("k", "m", (ONE,)))) == Record("k", "m", (ONE,))


def test_the_text_is_one_line_of_json() -> None:
    assert json.loads(to_text(RECORD))["cost_usd"] == "0.040"
    assert "\n" not in to_text(RECORD)


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_what_is_no_record_is_none(text: str) -> None:
    assert from_text(text) is None


@pytest.mark.parametrize("name", ["key", "artifacts", "facts", "format"])
def test_a_record_without_a_part_is_none(name: str) -> None:
    value = json.loads(to_text(RECORD))
    del value[name]
    assert from_text(json.dumps(value)) is None


def test_a_newer_format_is_not_guessed_at() -> None:
    assert from_text(to_text(RECORD).replace('"format":1', '"format":2')) is None


def test_a_snapshot_skips_and_names_what_is_damaged() -> None:
    other = Record("other", "m", (ONE,))
    snapshot = Snapshot(lambda: {RECORD.key: to_text(RECORD), "torn": to_text(other)[:-5], "moved": to_text(other)})

    assert dict(snapshot) == {RECORD.key: RECORD}
    assert len(snapshot) == 1
    assert sorted(snapshot.damaged) == ["moved", "torn"]


def test_known_is_what_all_bytes_are_there_of() -> None:
    records = {RECORD.key: RECORD}

    assert Known(records, {ONE.sha256, TWO.sha256}).record(RECORD.key) == RECORD
    assert Known(records, {ONE.sha256}).record(RECORD.key) is None
    assert Known({}, {ONE.sha256}).record(RECORD.key) is None


def test_the_lock_goes_before_the_index() -> None:
    key = RECORD.key
    locked = LockedItem("still", "studio/still", (key,), {}, (LockedTake(key, TWO, 5, Decimal("0.1")),))
    records = {key: Record(key, "studio/still", (ONE,))}

    found = Known(records, {ONE.sha256, TWO.sha256}).record(key, locked)
    assert found is not None
    assert found.artifacts == (TWO,)
    assert found.seeds == (5,)

    found = Known(records, {ONE.sha256}).record(key, locked)
    assert found is not None
    assert found.artifacts == (ONE,)

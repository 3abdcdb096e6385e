"""The lock as text: the same for everybody, mergeable by git, and clear about damage."""

from __future__ import annotations

import os
import random
import subprocess
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import StoreError
from wanspec.domain.lock import Lock, LockedItem, LockedTake
from wanspec.store.claims import Claims
from wanspec.store.durable import Disk
from wanspec.store.lock import NAME, change_lock, parse, read_lock, to_text


def block(item: str, *, prompt: str = "a harbour", takes: int = 1, pick: int | None = None) -> LockedItem:
    digests = [f"{random.Random(f'{item}{prompt}{n}').getrandbits(256):064x}" for n in range(takes)]
    return LockedItem(
        id=item,
        model="studio/still",
        keys=tuple(f"sha256:{digest}" for digest in digests),
        facts={"key version": 1, "model": "m", "request.gain": -6, "request.prompt": prompt, "request.seed": 5},
        takes=tuple(
            LockedTake(f"sha256:{digest}", Artifact(digest, "image/png", 12, 64, 36), 5 + n, Decimal("0.04"))
            for n, digest in enumerate(digests)
        ),
        seed=5,
        pick=pick,
        pick_sha256=digests[pick - 1] if pick else "",
    )


def lock_of(*blocks: LockedItem) -> Lock:
    return Lock({one.id: one for one in blocks})


FULL = lock_of(
    block("street/osl/low", takes=3, pick=2),
    block("arrival", prompt='"quoted" \\ 日本\n\u2028 ends'),
    replace(
        block("clip"),
        seed=None,
        takes=(LockedTake("", Artifact("c" * 64, "video/mp4", 1, 2, 3, 4.5, 30.0, True), origin="adopted"),),
    ),
    LockedItem("empty", "studio/still", (), {}, ()),
)


def test_a_lock_comes_back_as_it_was() -> None:
    assert parse(to_text(FULL)).value == FULL
    assert parse(to_text(Lock())).value == Lock()


def test_the_text_does_not_depend_on_the_order_of_items() -> None:
    turned = Lock(dict(reversed(FULL.items.items())))
    assert to_text(turned) == to_text(FULL)


def test_blocks_stand_sorted_by_id_in_lines_of_their_own() -> None:
    text = to_text(lock_of(block("b"), block("a")))

    assert text.splitlines()[:8] == [
        "{",
        '"wanspec.lock": 1,',
        '"items": {',
        "",
        '"a": {',
        '  "model": "studio/still",',
        '  "seed": 5,',
        '  "keys": [',
    ]
    assert [line for line in text.splitlines() if line.startswith('"')][2:] == ['"a": {', '"b": {', '"": null']


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_any_names_and_facts_come_back(given_items: dict[str, str]) -> None:
    items = {
        name: LockedItem(name, "studio/still", ("k",), {"request.prompt": value, "x\n": 1.5}, ())
        for name, value in given_items.items()
        if name.encode("utf-8", "replace") == name.encode("utf-8", "surrogatepass") and "\ud800" > name[0] > ""
    }
    lock = Lock(items)
    assert parse(to_text(lock)).value == lock


# -- git -------------------------------------------------------------------------------------------------------------


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=check,
            env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
        )

    def commit(self, lock: Lock) -> None:
        (self.root / NAME).write_text(to_text(lock))
        self.git("add", NAME)
        self.git("commit", "-q", "-m", "render")

    def merge(self, base: Lock, ours: Lock, theirs: Lock) -> bool:
        self.commit(base)
        self.git("checkout", "-q", "-b", "theirs")
        self.commit(theirs)
        self.git("checkout", "-q", "main")
        self.commit(ours)
        return self.git("merge", "-q", "theirs", check=False).returncode == 0


BASE = [block(name) for name in ("a", "b", "c", "d")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([block("a", prompt="anew"), *BASE[1:]], [BASE[0], block("b", prompt="anew"), *BASE[2:]]),
        ([*BASE[:3], block("d", prompt="anew")], [*BASE[:2], block("c", takes=3, pick=2), BASE[3]]),
        ([*BASE, block("e")], [block("0"), *BASE]),
        ([*BASE, block("e")], [*BASE[:3], block("d", prompt="anew", takes=2)]),
        ([BASE[0], block("aa"), *BASE[1:]], [*BASE[:2], block("bb"), *BASE[2:]]),
        (BASE[1:], [BASE[0], block("b", prompt="anew"), *BASE[2:]]),
        ([replace(one, pick=1, pick_sha256=one.takes[0].artifact.sha256) for one in BASE[:2]] + BASE[2:], BASE[:3]),
    ],
    ids=[
        "neighbours",
        "last two",
        "both ends",
        "added beside changed",
        "added apart",
        "removed beside changed",
        "picked",
    ],
)
def test_branches_that_touched_different_items_merge(
    tmp_path: Path, ours: list[LockedItem], theirs: list[LockedItem]
) -> None:
    base, left, right = lock_of(*BASE), lock_of(*ours), lock_of(*theirs)
    expected = {
        name: value
        for name in {**left.items, **right.items}
        if (value := _merged(base.items.get(name), left.items.get(name), right.items.get(name))) is not None
    }

    assert Repository(tmp_path).merge(base, left, right)

    merged = read_lock(tmp_path)
    assert merged.diagnostics == ()
    assert merged.value == Lock(expected)
    assert (tmp_path / NAME).read_text() == to_text(Lock(expected))


def _merged(base: LockedItem | None, ours: LockedItem | None, theirs: LockedItem | None) -> LockedItem | None:
    return theirs if ours == base else ours


def test_a_conflict_is_told_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    ours, theirs = lock_of(block("a", prompt="ours")), lock_of(block("a", prompt="theirs"))
    assert not Repository(tmp_path).merge(lock_of(block("a")), ours, theirs)

    checked = read_lock(tmp_path)

    assert checked.value is None
    [one] = checked.diagnostics
    assert one.code == "WS090"
    assert (tmp_path / NAME).read_text().splitlines()[one.at.line - 1].startswith("<<<<<<< ")
    assert "render" in one.hint
    text = (tmp_path / NAME).read_text().replace("\n", "\r\n")  # as git on Windows may check it out
    assert parse(text).diagnostics == (one,)


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_items_added_at_one_place_on_both_sides_count_together(tmp_path: Path, style: str) -> None:
    repository = Repository(tmp_path)
    repository.git("config", "merge.conflictStyle", style)
    ours, theirs = lock_of(BASE[0], block("aa"), *BASE[1:]), lock_of(BASE[0], block("ab", takes=2), *BASE[1:])
    assert not repository.merge(lock_of(*BASE), ours, theirs)  # git cannot know which goes first

    checked = read_lock(tmp_path)

    assert checked.ok
    assert checked.value == Lock({**ours.items, **theirs.items})
    assert [(one.code, one.severity) for one in checked.diagnostics] == [("WS090", "warning")]
    change(tmp_path, lambda _: {})
    assert (tmp_path / NAME).read_text() == to_text(Lock({**ours.items, **theirs.items}))


# -- damage ----------------------------------------------------------------------------------------------------------


def test_no_file_is_an_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path).value == Lock()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_place_is_a_trouble_that_says_so(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(StoreError, match="is a directory") as caught:
        read_lock(tmp_path)
    assert "move it away" in caught.value.hint


WHOLE = to_text(lock_of(block("a"), block("b", pick=1)))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the lock is empty"),
        ("5", 1, "the lock is damaged: it does not begin as one"),
        (WHOLE[: WHOLE.index('"facts"')], 14, "the lock ends in the middle"),
        (WHOLE[: WHOLE.rindex("harbour")], 37, "the lock ends in the middle"),
        (WHOLE.replace('"keys": [', '"keys": [,', 1), 8, "the lock is damaged: here it is not as wanspec writes it"),
        (WHOLE.replace('"model": "studio/still"', '"model": 5', 1), 5, "`model` of `a` is not what wanspec"),
        (WHOLE.replace('"seed": 5', f'"seed": {10**30}', 1), 1, "is no number that wanspec writes"),
        (WHOLE.replace('"key version": 1', '"key version": 1e999', 1), 1, "`1e999` is no number that wanspec writes"),
        (WHOLE.replace('"key version": 1', '"key version": NaN', 1), 1, "`NaN` is no number that wanspec writes"),
        (WHOLE.replace('"keys"', '"kyes"', 1), 5, "`keys` of `a` is missing"),
        (WHOLE.replace('"cost_usd": "0.04"', '"cost_usd": "much"', 1), 5, "`cost_usd` of take 1 of `a` is not what"),
        (WHOLE.replace('"bytes": 12', '"bytes": "12"', 1), 5, "`bytes` of take 1 of `a` is not what"),
        (WHOLE.replace('"pick": {"take": 1', '"pick": {"take": true'), 23, "`take` of the pick of `b` is not what"),
        (WHOLE.replace('"sha256": "', '"sha256": "../', 1), 5, "`sha256` of take 1 of `a` is not what wanspec writes"),
    ],
)
def test_damage_is_told_in_words_of_the_lock(text: str, line: int, message: str) -> None:
    [one] = parse(text).diagnostics
    assert (one.code, one.at.line) == ("WS091", line)
    assert message in one.message
    assert "git restore" in one.hint


def test_a_lock_that_an_editor_on_windows_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert read_lock(tmp_path).value == parse(WHOLE).value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("{", 1),
        ("[]", 1),
        ('{"wanspec.lock": 1}', 1),
        ('{"wanspec.lock": "1", "items": {}}', 1),
        ('{"wanspec.lock": true, "items": {"": 1}}', 1),
        ('{"wanspec.lock": 1, "items": []}', 1),
        ('{"wanspec.lock": 1, "items": {"a": 5}}', 1),
        ('{"wanspec.lock": 1, "items": {"a": {"model": "m", "keys": "k", "facts": {}, "takes": []}}}', 1),
        ('{"wanspec.lock": 1, "items": {"a": {"model": "m", "keys": [], "facts": {}, "takes": [{}]}}}', 1),
        ('{"wanspec.lock": 1,\n"items": {\n"a": {"model": "m",, }}}', 3),
        ("[" * 100_000, 1),
    ],
)
def test_damage_is_told_with_its_line(text: str, line: int) -> None:
    checked = parse(text)

    assert checked.value is None
    [one] = checked.diagnostics
    assert (one.code, one.at.file, one.at.line) == ("WS091", NAME, line)
    assert "git" in one.hint


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'{\n"wanspec.lock": 1,\n"\xff')

    [one] = read_lock(tmp_path).diagnostics

    assert (one.code, one.at.line) == ("WS091", 3)


def test_an_item_that_stands_twice_is_told() -> None:
    text = to_text(lock_of(block("a"), block("b"))).replace('"b": {', '"a": {')

    [one] = parse(text).diagnostics

    assert one.code == "WS091"
    assert "`a` stands in the lock twice" in one.message


def test_a_lock_that_somebody_laid_out_anew_is_read() -> None:
    import json

    assert parse(json.dumps(json.loads(to_text(FULL)), indent=4)).value == FULL


def test_a_newer_format_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = to_text(FULL).replace('"wanspec.lock": 1', '"wanspec.lock": 2')
    (tmp_path / NAME).write_text(text)

    [one] = read_lock(tmp_path).diagnostics
    assert one.code == "WS092"

    with pytest.raises(StoreError):
        change(tmp_path, lambda _: {"a": block("a")})
    assert (tmp_path / NAME).read_text() == text


# -- changes ---------------------------------------------------------------------------------------------------------


def change(root: Path, what) -> Lock:
    disk = Disk()
    return change_lock(root, disk, Claims(root / "claims", disk), "lock", what)


def test_a_change_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    change(tmp_path, lambda _: {"a": block("a"), "b": block("b")})
    change(tmp_path, lambda _: {"b": block("b", prompt="anew"), "c": block("c")})
    change(tmp_path, lambda _: {"a": None, "gone": None})

    assert read_lock(tmp_path).value == lock_of(block("b", prompt="anew"), block("c"))


def test_a_change_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    change(tmp_path, lambda _: {"a": block("a")})
    before = (tmp_path / NAME).stat()

    change(tmp_path, lambda _: {"a": block("a"), "b": None})
    change(tmp_path, lambda _: {})

    after = (tmp_path / NAME).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_an_empty_change_makes_no_file(tmp_path: Path) -> None:
    change(tmp_path, lambda _: {})
    assert not (tmp_path / NAME).exists()


def test_changes_at_the_same_time_do_not_undo_each_other(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=change, args=(tmp_path, lambda _, n=n: {f"item-{n}": block(f"item-{n}")}))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = read_lock(tmp_path).value
    assert found is not None
    assert len(found.items) == 16


def test_a_full_disk_leaves_the_lock_as_it_was(tmp_path: Path) -> None:
    change(tmp_path, lambda _: {"a": block("a")})
    before = (tmp_path / NAME).read_bytes()

    def full(step: str, _path: Path) -> None:
        if step == "rename":
            raise OSError(28, "No space left on device")

    disk = Disk(full)
    with pytest.raises(StoreError):
        change_lock(tmp_path, disk, Claims(tmp_path / "claims", Disk()), "lock", lambda _: {"a": block("a", takes=2)})

    assert (tmp_path / NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [NAME]

"""What was sent to vendors and what became of it: lines that are only added, each on the disk before the next step.

The journal is read after a kill to collect what was accepted, and ever after as the ledger.  What is settled is moved
to a second file, so that planning reads only what is open.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from wanspec.domain.json import Json
from wanspec.store.durable import Disk, trouble

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

# What can be written of a submission, in the order in which it happens.
INTENT = "intent"  # it is about to be sent
ACCEPTED = "accepted"  # the vendor has it: its task id is known
OUTPUTS = "outputs"  # where the results can be fetched
DONE = "done"  # they are in the store
FAILED = "failed"  # accepted, then failed: not charged
REJECTED = "rejected"  # provably not accepted: nothing to collect, nothing to pay
UNCERTAIN = "uncertain"  # sent, and nobody can say what became of it
LOST = "lost"  # accepted, and what came of it cannot be fetched; tried again by every run
REPLACED = "replaced"  # the user had it bought again

_CLOSING = frozenset({DONE, FAILED, REJECTED, REPLACED})


@dataclass(frozen=True, slots=True)
class Output:
    """One result at a vendor: an address, or bytes that came with the answer and are in the store."""

    url: str = ""
    sha256: str = ""
    seed: int | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One request that was sent, or was about to be."""

    id: str
    when: str  # UTC, RFC 3339
    run: str
    key: str  # of the action
    item: str
    take: int
    provider: str
    model: str
    task_id: str = ""  # the vendor's, or the one made here
    client_made: bool = False  # the vendor can be asked for it though it never answered
    estimated_usd: Decimal | None = None
    forced: bool = False  # made though there was a result: forgotten unless it is known to have been sent
    accepted: str = ""  # when
    outputs: tuple[Output, ...] = ()
    outputs_time: str = ""
    state: str = INTENT
    actual_usd: Decimal | None = None
    request_id: str = ""
    code: str = ""
    message: str = ""
    replaced: bool = False
    action: Mapping[str, Json] = field(default_factory=dict)  # what it takes to collect it without the shot list

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return not self.replaced and self.state not in _CLOSING

    @property
    def is_owed(self) -> bool:
        """Whether it is known to be accepted, and not collected."""
        return self.is_open and self.state in (ACCEPTED, OUTPUTS, LOST)

    @property
    def outcome(self) -> str:
        """In the ledger's words."""
        if self.state in (ACCEPTED, OUTPUTS):
            return "in_flight"
        if self.state in (DONE, FAILED):
            return self.state
        return "failed" if self.state == LOST else "uncertain"

    @property
    def disputed(self) -> bool:
        """Whether it may have been charged without a result."""
        return self.state in (INTENT, UNCERTAIN, LOST)

    @property
    def may_be_paid(self) -> bool:
        """Whether it belongs into the ledger: what a vendor turned away at once does not."""
        return self.state != REJECTED


class Journal:
    """The submissions of one store."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.open_file = folder / "open.jsonl"
        self.closed_file = folder / "closed.jsonl"
        self._folder = folder
        self._disk = disk
        self._guard = threading.Condition()
        self._waiting: list[bytes] = []
        self._added = 0  # lines handed in
        self._written = 0  # of them those that are on the disk
        self._failed_up_to = 0  # lines up to this number were given up
        self._error: Exception | None = None
        self._writing = False
        self._lasting: tuple[int, int] | None = None  # the open file whose name is on the disk
        # What was read of the open file so far; only `_read_on` changes it.
        self._reading = threading.Lock()
        self._known: dict[str, Submission] = {}
        self._by_key: dict[str, list[str]] = {}
        self._read_up_to = 0
        self._read_of: tuple[int, int] | None = None

    # -- writing -----------------------------------------------------------------------------------------------------

    def intend(self, submission: Submission) -> None:
        """Notes that something is about to be sent.  On the disk when it returns.  Raises StoreError."""
        self._add(
            {
                "id": submission.id,
                "event": INTENT,
                "when": submission.when,
                "run": submission.run,
                "key": submission.key,
                "item": submission.item,
                "take": submission.take,
                "provider": submission.provider,
                "model": submission.model,
                "task_id": submission.task_id,
                "client_made": submission.client_made,
                "estimated_usd": _text(submission.estimated_usd),
                "forced": submission.forced,
                "action": dict(submission.action),
            }
        )

    def note(self, submission_id: str, event: str, when: str, **facts: Json) -> None:
        """Notes what became known of a submission.  On the disk when it returns.  Raises StoreError."""
        self._add({"id": submission_id, "event": event, "when": when, **facts})

    def note_outputs(self, submission_id: str, outputs: Sequence[Output], when: str) -> None:
        self.note(
            submission_id,
            OUTPUTS,
            when,
            outputs=[
                {"url": one.url, "sha256": one.sha256, "seed": one.seed, "cost_usd": _text(one.cost_usd)}
                for one in outputs
            ],
        )

    def _add(self, value: Mapping[str, Json]) -> None:
        # A line that a full disk cut off must not spoil the next one, so each brings its own beginning.
        line = b"\n" + _encode(value).encode("utf-8", "surrogatepass") + b"\n"
        with self._guard:
            self._waiting.append(line)
            self._added += 1
            mine = self._added
            while self._written < mine and self._failed_up_to < mine:
                if self._writing:
                    self._guard.wait()
                    continue
                # Whoever comes first writes for all that wait: one flush of the disk serves many.
                lines, up_to = b"".join(self._waiting), self._added
                self._waiting.clear()
                self._writing = True
                self._guard.release()
                error: BaseException | None = None
                try:
                    self._write(lines)
                except BaseException as caught:
                    error = caught
                finally:
                    self._guard.acquire()
                    self._writing = False
                    if error is None:
                        self._written = up_to
                    else:
                        self._failed_up_to = up_to
                        self._error = error if isinstance(error, Exception) else None
                    self._guard.notify_all()
                if error is not None:
                    raise error
            if self._written < mine:
                assert self._error is not None
                raise self._error

    def _write(self, data: bytes) -> None:
        self._disk.folder(self._folder, 0o700)
        with trouble(self.open_file):
            self._disk.before("journal", self.open_file)
            descriptor = self._locked()
            try:
                os.lseek(descriptor, 0, os.SEEK_END)
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._disk.before("journaled", self.open_file)

    def _locked(self) -> int:
        """The open file, opened and held against other processes until it is closed.  Its name survives a power cut.

        Whoever made the file, or put a tidy one in its place, may have been killed before its name was on the disk.  So
        the first to write into it in each process makes sure; all lines would be gone with the name.
        """
        while True:
            descriptor = os.open(self.open_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                found, mine = self.open_file.stat(), os.fstat(descriptor)
                if (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino):
                    if self._lasting != (mine.st_dev, mine.st_ino):
                        _sync_folder(self._folder)
                        self._lasting = (mine.st_dev, mine.st_ino)
                    return descriptor
            except FileNotFoundError:
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # somebody tidied up in between

    def tidy(self, at_least: int = 500) -> None:
        """Moves what is settled to the second file, once there are so many of them.  Raises StoreError."""
        if not self.open_file.is_file() or self.open_file.stat().st_size < at_least * 200:
            return
        with self._guard, trouble(self.open_file):
            while self._writing:
                self._guard.wait()
            descriptor = self._locked()
            try:
                events = _events([self.open_file.read_bytes()])
                found: dict[str, Submission] = {}
                _fold(events, found)
                settled = {one.id for one in found.values() if not one.is_open}
                if len(settled) < at_least:
                    return
                moved = b"".join(_line(one) for one in events if one["id"] in settled)
                with self.closed_file.open("ab") as file:
                    file.write(b"\n" + moved)  # after a line that a power cut tore
                    file.flush()
                    os.fsync(file.fileno())
                _sync_folder(self._folder)  # a file that was just made is gone after a power cut without it
                kept = b"".join(_line(one) for one in events if one["id"] not in settled)
                self._disk.write(self.open_file, kept)
            finally:
                os.close(descriptor)

    # -- reading -----------------------------------------------------------------------------------------------------

    def open(self) -> tuple[Submission, ...]:
        """What may still come, oldest first.  Nothing is written, nothing has to be there."""
        with self._reading:
            self._read_on()
            return tuple(one for one in self._known.values() if one.is_open)

    def all(self) -> tuple[Submission, ...]:
        """Every submission ever, oldest first."""
        found: dict[str, Submission] = {}
        _fold(_events(self._texts(self.closed_file, self.open_file)), found)
        return tuple(sorted(found.values(), key=lambda one: one.when))

    def of_key(self, key: str) -> tuple[Submission, ...]:
        """The open submissions of one action, oldest first."""
        with self._reading:
            self._read_on()
            found = [self._known[one] for one in self._by_key.get(key, ())]
            return tuple(one for one in found if one.is_open)

    def owed_besides(self, keys: Collection[str]) -> tuple[Submission, ...]:
        """What is known to be accepted for other actions than these, oldest first."""
        return tuple(one for one in self.open() if one.is_owed and one.key not in keys)

    def standing(self) -> dict[str, str]:
        """Key -> `in_flight` or `uncertain`, for what a plan has to know.

        What was perhaps never sent and can be asked for is neither: it is asked for, and sent if it never was.
        """
        found: dict[str, str] = {}
        for one in self.open():
            if one.is_owed:
                found[one.key] = "in_flight"
            elif not one.client_made or one.state == UNCERTAIN:
                found.setdefault(one.key, "uncertain")
        return found

    def lost(self) -> frozenset[str]:
        """The keys of what was paid for and cannot be fetched: bought again only when the user says so."""
        return frozenset(one.key for one in self.open() if one.state == LOST)

    def _read_on(self) -> None:
        """Reads what was added since the last time, by whichever process."""
        with trouble(self.open_file):
            try:
                file = self.open_file.open("rb")
            except (FileNotFoundError, NotADirectoryError):
                self._known, self._by_key, self._read_up_to, self._read_of = {}, {}, 0, None
                return
            with file:
                found = os.fstat(file.fileno())
                if self._read_of != (found.st_dev, found.st_ino) or found.st_size < self._read_up_to:
                    self._known, self._by_key, self._read_up_to = {}, {}, 0
                    self._read_of = (found.st_dev, found.st_ino)
                if found.st_size == self._read_up_to:
                    return
                file.seek(self._read_up_to)
                data = file.read()
        end = data.rfind(b"\n") + 1  # a line that is being written is read the next time
        before = len(self._known)
        _fold(_events([data[:end]]), self._known)
        self._read_up_to += end
        if len(self._known) > before:
            for one in list(self._known.values())[before:]:
                self._by_key.setdefault(one.key, []).append(one.id)

    @staticmethod
    def _texts(*files: Path) -> list[bytes]:
        found = []
        for file in files:
            with trouble(file), suppress(FileNotFoundError, NotADirectoryError):
                found.append(file.read_bytes())
        return found


def _events(texts: Iterable[bytes]) -> list[dict[str, Any]]:
    """The lines that are whole.

    A kill while tidying up leaves those of a submission in both files: told twice from the start, it ends the same.  A
    line that only looks like an earlier one counts: what was turned away is intended anew in the same words.
    """
    found: list[dict[str, Any]] = []
    for text in texts:
        for line in text.splitlines():
            if not line:
                continue
            try:
                value = json.loads(line)
            except ValueError:
                continue  # cut off by a full disk or a power cut
            if isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("event"), str):
                found.append(value)
    return found


def _line(event: Mapping[str, Any]) -> bytes:
    return _encode(event).encode("utf-8", "surrogatepass") + b"\n"


def _fold(events: Iterable[Mapping[str, Any]], found: dict[str, Submission]) -> None:
    """Brings the submissions up to what the events tell.  A line with something else in it than it should is left out.

    What a submission comes to is gathered first, and it is made once: a dozen copies of each would cost more than
    reading all of its lines.
    """
    gathered: dict[str, dict[str, Any]] = {}  # fields by id: all of them, or those that change
    for event in events:
        with suppress(KeyError, TypeError, ValueError, InvalidOperation):
            id = event["id"]
            if event["event"] == INTENT:
                gathered[id] = _begun(event)
            elif id in gathered:
                gathered[id].update(_told(event, _is_accepted(gathered[id], found.get(id))))
            elif id in found:
                gathered[id] = _told(event, bool(found[id].accepted))
    for id, fields in gathered.items():
        found[id] = Submission(**fields) if _is_whole(fields) else replace(found[id], **fields)


def _is_whole(fields: Mapping[str, Any]) -> bool:
    """Whether these are the fields of a submission from its intent on."""
    return "id" in fields


def _is_accepted(fields: Mapping[str, Any], before: Submission | None) -> bool:
    return bool(fields.get("accepted") or (before is not None and not _is_whole(fields) and before.accepted))


def _begun(event: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a submission that is about to be sent; those not named have nothing to say yet."""
    return {
        "id": event["id"],
        "when": event["when"],
        "run": event["run"],
        "key": event["key"],
        "item": event["item"],
        "take": int(event["take"]),
        "provider": event["provider"],
        "model": event["model"],
        "task_id": event["task_id"],
        "client_made": bool(event["client_made"]),
        "estimated_usd": _money(event["estimated_usd"]),
        "forced": bool(event["forced"]),
        "action": event["action"],
    }


def _told(event: Mapping[str, Any], is_accepted: bool) -> dict[str, Any]:
    """The fields that an event changes."""
    name, when = event["event"], str(event["when"])
    if name == REPLACED:
        return {"replaced": True}
    told: dict[str, Any] = {word: str(event[word]) for word in ("code", "message", "request_id") if event.get(word)}
    if name == ACCEPTED:
        told |= {"state": ACCEPTED, "accepted": when}
        if event.get("task_id"):
            told["task_id"] = str(event["task_id"])
    elif name == OUTPUTS:
        outputs = tuple(
            Output(one["url"], one["sha256"], one["seed"], _money(one["cost_usd"])) for one in event["outputs"]
        )
        told |= {"state": OUTPUTS, "outputs": outputs, "outputs_time": when}
        if not is_accepted:
            told["accepted"] = when
    elif name in (DONE, FAILED, REJECTED, UNCERTAIN, LOST):
        if "actual_usd" in event:
            told["actual_usd"] = _money(event["actual_usd"])
        told["state"] = name
    else:
        return {}  # of a newer version
    return told


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _sync_folder(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

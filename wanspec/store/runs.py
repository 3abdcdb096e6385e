"""What the last renders did, as JSON lines: the first tells of the run, then lists of outcomes as items finish.

A run that was killed is told as far as it came: a line that was cut off is left out.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.domain.runs import Outcome, Run, Take, Trouble
from wanspec.store.durable import Disk, trouble

KEPT = 10  # files of runs, for each project
_TOGETHER = 500  # outcomes of cached items are encoded together, which takes a fifth of the time

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def new_run_id(now: datetime) -> str:
    """A name that sorts by time and is no other run's: `20261120-101530-3f2a91`."""
    return f"{now:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"


class RunLog:
    """The file of one run while it goes on."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._waiting: list[Json] = []

    def add(self, outcome: Outcome, *, at_once: bool = True) -> None:
        """One item's outcome.  `at_once`: on its way to the disk when this returns."""
        self._waiting.append(outcome_to_json(outcome))
        if at_once or len(self._waiting) >= _TOGETHER:
            self._write()

    def _write(self) -> None:
        if self._waiting:
            self._file.write(_encode(self._waiting) + "\n")
            self._file.flush()
            self._waiting = []

    def finish(self, run: Run) -> None:
        self._write()
        # Lines stand in the order in which items finished, and some are of items that the run does not report.
        end = {"finished": True, "seconds": run.seconds, "interrupted": run.interrupted, "items": [*run.outcomes]}
        self._file.write(_encode(end) + "\n")
        self._file.close()

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()


class Runs:
    """The runs of one project."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def begin(self, project: str, run_id: str, *, preview: bool) -> RunLog:
        """Opens a new run's file, and removes those of the oldest."""
        self._disk.folder(self._folder)
        path = self._folder / f"{run_id}.jsonl"
        with trouble(path):
            self._disk.before("write", path)
            file = path.open("x", encoding="utf-8", errors="replace", newline="\n")
            file.write(_encode({"project": project, "run": run_id, "preview": preview}) + "\n")
            file.flush()
        try:
            self._disk.write(self._folder / "last", f"{run_id}\n".encode(), durable=False)
            self._forget_the_oldest(path.name)
        except BaseException:
            file.close()
            raise
        return RunLog(file)

    def _forget_the_oldest(self, mine: str) -> None:
        with suppress(PermissionError):
            runs = sorted(one for one in os.listdir(self._folder) if one.endswith(".jsonl"))  # noqa: PTH208 - names alone
            for old in runs[:-KEPT]:
                if old != mine:
                    self._disk.remove(self._folder / old)

    def last(self) -> Run | None:
        """The run that was begun last; None before the first."""
        try:
            run_id = (self._folder / "last").read_text(encoding="utf-8").strip()
            if "/" in run_id or not run_id:
                return None
            text = (self._folder / f"{run_id}.jsonl").read_bytes().decode("utf-8", "replace")
        except (OSError, UnicodeDecodeError):
            return None
        return _read(text)


def _read(text: str) -> Run | None:
    run: Run | None = None
    outcomes: dict[str, Outcome] = {}
    for line in text.splitlines():
        try:
            value = json.loads(line)
            if run is None:
                run = Run(project=value["project"], id=value["run"], interrupted=True)
            elif isinstance(value, dict):
                run = replace(run, seconds=float(value["seconds"]), interrupted=bool(value["interrupted"]))
                outcomes = {id: outcomes[id] for id in value["items"] if id in outcomes}
            else:
                for one in value:
                    outcome = outcome_from_json(one)
                    outcomes[outcome.id] = outcome
        except (ValueError, TypeError, KeyError, IndexError, InvalidOperation):
            continue  # cut off by a kill
    return None if run is None else replace(run, outcomes=outcomes)


def outcome_to_json(outcome: Outcome) -> list[Json]:
    """A list, not an object: a run with nothing to do writes one for each of its thousands of items."""
    error = outcome.error
    return [
        outcome.id,
        outcome.status,
        outcome.pick,
        str(outcome.cost_usd),
        [_take_to_json(take) for take in outcome.takes],
        None
        if error is None
        else [error.code, error.message, error.provider_code, error.request_id, error.retryable, error.hint],
        outcome.because,
        None if outcome.estimated_usd is None else str(outcome.estimated_usd),
    ]


def _take_to_json(take: Take) -> list[Json]:
    one = take.artifact
    return [
        take.take,
        take.path,
        take.seed,
        take.cached,
        take.key,
        one.sha256,
        one.media_type,
        one.bytes,
        one.width,
        one.height,
        one.duration,
        one.fps,
        one.has_audio,
    ]


def outcome_from_json(value: list[Any]) -> Outcome:
    """Raises TypeError, ValueError, IndexError or InvalidOperation for what is no outcome."""
    item, status, pick, cost, takes, error, because, estimate = value
    if type(item) is not str or type(status) is not str:
        raise TypeError("no outcome")
    return Outcome(
        item,
        status,
        pick,
        tuple(
            Take(number, path, Artifact(*artifact), seed, cached, key)
            for number, path, seed, cached, key, *artifact in takes
        ),
        Decimal(cost),
        None if error is None else Trouble(*error),
        because,
        None if estimate is None else Decimal(estimate),
    )

"""What the last renders did, as JSON lines: the first tells of the run, then one for each item as it finishes.

A run that was killed is told as far as it came: a line that was cut off is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.domain.runs import Outcome, Run, Take, Trouble
from wanspec.store.durable import Disk, trouble

KEPT = 10  # files of runs, for each project

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def new_run_id(now: datetime) -> str:
    """A name that sorts by time and is no other run's: `20261120-101530-3f2a91`."""
    return f"{now:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"


class RunLog:
    """The file of one run while it goes on."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def add(self, outcome: Outcome, *, at_once: bool = True) -> None:
        """One item's outcome.  `at_once`: on its way to the disk when this returns."""
        self._file.write(_encode(outcome_to_json(outcome)) + "\n")
        if at_once:
            self._file.flush()

    def finish(self, run: Run) -> None:
        self._file.write(_encode({"finished": True, "seconds": run.seconds, "interrupted": run.interrupted}) + "\n")
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
            file = path.open("x", encoding="utf-8", newline="\n")
            file.write(_encode({"project": project, "run": run_id, "preview": preview}) + "\n")
            file.flush()
        self._disk.write(self._folder / "last", f"{run_id}\n".encode(), durable=False)
        for old in sorted(self._folder.glob("*.jsonl"))[:-KEPT]:
            if old != path:
                self._disk.remove(old)
        return RunLog(file)

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
            elif "finished" in value:
                run = replace(run, seconds=float(value["seconds"]), interrupted=bool(value["interrupted"]))
            else:
                outcome = outcome_from_json(value)
                outcomes[outcome.id] = outcome
        except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
            continue  # cut off by a kill
    return None if run is None else replace(run, outcomes=outcomes)


def outcome_to_json(outcome: Outcome) -> dict[str, Json]:
    error = outcome.error
    return {
        "id": outcome.id,
        "status": outcome.status,
        "pick": outcome.pick,
        "cost_usd": str(outcome.cost_usd),
        "takes": [
            {
                "take": take.take,
                "path": take.path,
                "seed": take.seed,
                "cached": take.cached,
                "key": take.key,
                "artifact": take.artifact.to_json(),
            }
            for take in outcome.takes
        ],
        "error": None
        if error is None
        else {
            "code": error.code,
            "message": error.message,
            "provider_code": error.provider_code,
            "request_id": error.request_id,
            "retryable": error.retryable,
            "hint": error.hint,
        },
        "because": outcome.because,
    }


def outcome_from_json(value: Mapping[str, object]) -> Outcome:
    """Raises KeyError, TypeError, ValueError or InvalidOperation for what is no outcome."""
    takes: list[dict[str, object]] = value["takes"]  # type: ignore[assignment]
    error: dict[str, object] | None = value["error"]  # type: ignore[assignment]
    return Outcome(
        id=value["id"],  # type: ignore[arg-type]
        status=value["status"],  # type: ignore[arg-type]
        pick=value["pick"],  # type: ignore[arg-type]
        takes=tuple(
            Take(**{**take, "artifact": Artifact.from_json(take["artifact"])})  # type: ignore[arg-type]
            for take in takes
        ),
        cost_usd=Decimal(value["cost_usd"]),  # type: ignore[arg-type]
        error=None if error is None else Trouble(**error),  # type: ignore[arg-type]
        because=value["because"],  # type: ignore[arg-type]
    )

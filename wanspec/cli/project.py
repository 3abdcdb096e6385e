"""What the commands about a project begin with: find it, check it, and plan it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanspec.cli.faults import WrongShotList
from wanspec.cli.terminal import Terminal

if TYPE_CHECKING:
    from wanspec.domain.diagnostics import Checked, Diagnostic
    from wanspec.domain.items import Item
    from wanspec.domain.ledger import LedgerRow
    from wanspec.domain.lock import Lock
    from wanspec.domain.plan import Plan
    from wanspec.domain.runs import Run
    from wanspec.pipeline import Prepared
    from wanspec.store.media_facts import MediaFacts
    from wanspec.store.store import Store

_MOST = 1 << 25  # bytes of a file that are read for an excerpt

project_argument = click.argument("project", required=False, type=click.Path(path_type=Path))


@dataclass(slots=True)
class Project:
    """One project on disk, with its store opened and its lock read.  Nothing has been written."""

    root: Path
    store: Store
    lock: Lock
    prepared: Prepared
    files: MediaFacts  # what is remembered of media files
    diagnostics: tuple[Diagnostic, ...]  # lints: it has no errors

    def plan(self, *, preview: bool = False) -> Plan:
        """What a render would do.  A preview has takes of its own, and no lock."""
        from wanspec.domain.lock import Lock
        from wanspec.pipeline import plan

        known = self.store.known(preview=preview)
        if preview:
            return plan(self.prepared, known, Lock())
        return plan(self.prepared, known, self.lock, standing=self.store.journal.standing())

    def left_over(self, plan: Plan) -> tuple[LedgerRow, ...]:
        """What vendors have accepted for requests that were edited since, or are gone."""
        from wanspec.store.ledger import left_over_in

        return left_over_in(self.store, {key for one in plan.decisions.values() for key in one.keys if key is not None})

    def last_run(self) -> Run | None:
        return self.store.runs.last()

    def item(self, name: str) -> Item:
        """Raises UsageError for a name that is no item."""
        from wanspec.stages.select import item_called

        return item_called(name, self.prepared.items)


def find_root(project: Path | None) -> Path:
    """The project's folder: the one named, else the nearest at or above the current one.  Raises UsageError."""
    from wanspec.reading.project_files import find_project

    return find_project(Path.cwd()) if project is None else find_project(project, above=False)


def open_project(terminal: Terminal, project: Path | None) -> Project:
    """A project without errors.  Its lints were told.

    Raises WrongShotList after telling people what is wrong, and UsageError where there is no project.
    """
    root, checked = check_project(terminal, project)
    opened = checked.value
    if opened is None or not checked.ok:
        tell_diagnostics(terminal, root, checked.diagnostics)
        raise WrongShotList(checked.diagnostics)
    if not terminal.settings.quiet:
        tell_diagnostics(terminal, root, checked.diagnostics)
    return opened


def check_project(
    terminal: Terminal, project: Path | None, *, texts: Mapping[str, str] | None = None
) -> tuple[Path, Checked[Project]]:
    """The project with all that is wrong with it.  Nothing is printed.  Raises UsageError where there is none.

    `texts`: files by name as they would be, read instead of those on the disk.
    """
    root = find_root(project)  # before what is slow to import: this fault comes at once
    from wanspec.domain.diagnostics import Checked
    from wanspec.domain.errors import StoreError
    from wanspec.pipeline import prepare
    from wanspec.stages.load import Given
    from wanspec.store.lock import read_lock
    from wanspec.store.media_facts import MediaFacts
    from wanspec.store.store import open_store

    settings = terminal.settings
    store = open_store(root, os.environ)
    given = Given(
        project=root,
        profile=settings.profile,
        vars=tuple(settings.vars),
        vars_files=tuple(Path(os.path.abspath(one)) for one in settings.vars_files),  # noqa: PTH100 -- links stay
        max_items=settings.max_items,
        allow_outside=settings.granted(),
        texts=texts or {},
    )
    lock = read_lock(root)
    files = MediaFacts(store.index)
    prepared = prepare(given, lock=lock.value, files=files)
    if prepared.ok and files.has_news and store.folder.is_dir():
        # So that the next command need not look through the same films again.  A store is not made for that, one that
        # cannot be written is no trouble of somebody who only asks, and a wrong list changes nothing.
        with suppress(StoreError, OSError):
            files.remember()
    found = (*lock.diagnostics, *prepared.diagnostics)
    if prepared.value is None or lock.value is None:
        return root, Checked(None, found)
    return root, Checked(Project(root, store, lock.value, prepared.value, files, found), found)


def tell_diagnostics(terminal: Terminal, root: Path, diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics for people, on stderr."""
    if not diagnostics:
        return
    from wanspec.report.diagnostics import for_people

    def source(file: str) -> str | None:
        try:
            path = root / file
            if not file.startswith(("../", "/")) and not path.resolve().is_relative_to(root.resolve()):
                return None  # a link that leads out: what is there is not for everybody's log
            with path.open("rb") as opened:
                return opened.read(_MOST).decode("utf-8-sig", "replace")
        except (OSError, ValueError):
            return None

    terminal.complain(for_people(diagnostics, source, paint=terminal.paint(sys.stderr)))

"""`-s` and `--exclude`, and what they choose in a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from wanspec.cli.project import Project
    from wanspec.domain.plan import Plan

C = TypeVar("C", bound=Callable[..., Any])


def selecting_options(command: C) -> C:
    """Adds `-s` and `--exclude`."""
    command = click.option("--exclude", metavar="SEL", multiple=True, help="Take these items away from the selection.")(
        command
    )
    return click.option(
        "-s", "--select", metavar="SEL", multiple=True, help="Only these items and what they need: `street/*`, `tag:x`."
    )(command)


def selected(project: Project, plan: Plan, select: Sequence[str], exclude: Sequence[str]) -> frozenset[str]:
    """The items that the selectors name; all without them.  Raises UsageError."""
    from wanspec.stages import select as stage

    needs_run = any("status:" in text for text in (*select, *exclude))
    return stage.select(
        select,
        exclude,
        project.prepared.items,
        project.prepared.graph,
        decisions=plan.decisions,
        last_run=project.last_run() if needs_run else None,
        shots=tuple(shot.id for shot in project.prepared.shotlist.shots),
    )


def shown_items(
    project: Project, plan: Plan, select: Sequence[str], exclude: Sequence[str]
) -> tuple[frozenset[str], frozenset[str] | None]:
    """The selected items, and what a report shows of a plan: those and what they need; None for everything."""
    from wanspec.stages.select import with_needed

    chosen = selected(project, plan, select, exclude)
    if not select and not exclude:
        return chosen, None
    return chosen, with_needed(chosen, plan.decisions, project.prepared.graph)

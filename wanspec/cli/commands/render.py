"""`wanspec render`: makes what is not cached."""

from __future__ import annotations

import os
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wanspec.cli.app import example
from wanspec.cli.faults import DONE, FAILED, INTERRUPTED, WAITING
from wanspec.cli.heeding import heeded
from wanspec.cli.options import global_options
from wanspec.cli.project import project_argument
from wanspec.cli.selection import selecting_options
from wanspec.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from wanspec.cli.project import Project
    from wanspec.domain.plan import Plan
    from wanspec.domain.runs import Run
    from wanspec.stages.execute import RenderOptions


def dollars(text: str) -> Decimal:
    """An amount of money that is not negative."""
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"`{text}` is no amount of dollars")
    return amount


@click.command(
    short_help="Render what is not cached.",
    **example("wanspec render --preview", "wanspec render -s 'tag:act1' --budget 5"),
)
@project_argument
@selecting_options
@click.option("-j", "--jobs", metavar="N", type=click.IntRange(min=1), help="At most N actions at once.")
@click.option("--preview", is_flag=True, help="Draw stand-ins: free, offline, no key needed.")
@click.option("--budget", metavar="USD", type=dollars, help="Refuse to submit more than this.")
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@click.option("--force", metavar="SEL", multiple=True, help="Render these again though they are cached.")
@click.option("--fail-fast", is_flag=True, help="Begin nothing new after the first failure.")
@click.option("--retry-uncertain", is_flag=True, help="Buy again what may have been lost at a vendor.")
@click.option("--offline", is_flag=True, help="Send nothing to any vendor.")
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    preview: bool,
    budget: Decimal | None,
    yes: bool,
    force: tuple[str, ...],
    fail_fast: bool,
    retry_uncertain: bool,
    offline: bool,
) -> int:
    """Render what is not cached, and what it needs.  Before anything is paid for it is shown and asked."""
    from wanspec.cli.project import open_project
    from wanspec.cli.selection import selected, shown_items

    terminal = terminal_of(ctx)
    with heeded() as check_for_ctrl_c:
        opened = open_project(terminal, project)
        plan = opened.plan(preview=preview)
        chosen, shown = shown_items(opened, plan, select, exclude)
        forced = selected(opened, plan, force, ()) if force else frozenset()
        check_for_ctrl_c()
    if (select or exclude) and not chosen:
        terminal.note("the selection is empty")

    from wanspec.stages.execute import RenderOptions, below

    def ask() -> None:
        if preview:
            return
        limit = budget if budget is not None else opened.prepared.shotlist.budget
        deals_with = frozenset(plan.decisions) if shown is None else frozenset(shown)
        again = _again(plan, opened.store.journal.lost()) & deals_with if retry_uncertain else frozenset()
        # What hangs on an item that is made anew is bought anew when other bytes come: a budget holds for it, too.
        following = below(opened.prepared.graph, forced) & deals_with
        _ask(terminal, plan, deals_with | chosen | forced, forced | following | again, limit, yes)

    options = RenderOptions(
        preview=preview,
        jobs=jobs,
        fail_fast=fail_fast,
        force=forced,
        retry_uncertain=retry_uncertain,
        offline=offline,
        output=opened.prepared.shotlist.output,
    )
    return _run(terminal, opened, plan, chosen | forced, options, ask)


def _ask(
    terminal: Terminal,
    plan: Plan,
    shown: Collection[str],
    forced: frozenset[str],
    budget: Decimal | None,
    yes: bool,
) -> None:
    """Shows what a render would spend and asks for leave.  Raises NotSent without it."""
    from wanspec.domain.errors import NotSent
    from wanspec.domain.spending import Leave, bill, leave_to_spend
    from wanspec.report.plan import for_people

    given = bill((one for id, one in plan.decisions.items() if id in shown), forced=forced)
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if leave_to_spend(given, budget=budget, yes=yes, terminal=on_terminal) is Leave.GIVEN:
        return
    terminal.complain(for_people(plan, shown, paint=terminal.paint(sys.stderr), verbose=terminal.settings.verbose))
    sys.stderr.write("render this? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NotSent("nothing was sent", hint="`y` or `yes` would have been a yes", code="declined")


def _again(plan: Plan, lost: Collection[str]) -> frozenset[str]:
    """Items that `--retry-uncertain` may buy again: nobody knows what became of them, or it cannot be fetched."""
    from wanspec.domain.plan import Status

    return frozenset(
        id
        for id, one in plan.decisions.items()
        if one.status is Status.UNCERTAIN or any(key in lost for key in one.keys)
    )


def _run(
    terminal: Terminal,
    opened: Project,
    plan: Plan,
    chosen: frozenset[str],
    options: RenderOptions,
    ask: Callable[[], None],
) -> int:
    """Renders, tells what came of it, and returns the exit code."""
    from wanspec.cli.progress import display_for
    from wanspec.pipeline import render
    from wanspec.report.ledger import standing_for_people
    from wanspec.report.run import for_machines, for_people
    from wanspec.store.ledger import standing_in

    with display_for(terminal) as display:
        run = render(
            opened.prepared,
            plan,
            opened.store,
            selected=chosen,
            options=options,
            environment=os.environ,
            listener=display,
            facts=opened.files,
            ask=ask,
        )
    if terminal.json:
        terminal.result(for_machines(run))
    elif terminal.settings.quiet:
        terminal.complain("" if ending(run) == DONE else for_people(run, paint=terminal.paint(sys.stderr)))
    else:
        output = f"{options.output}/preview/" if options.preview else f"{options.output}/"
        terminal.say(for_people(run, paint=terminal.paint(), verbose=terminal.settings.verbose, output=output))
    if run.interrupted:
        terminal.note(standing_for_people(standing_in(opened.store), paint=terminal.paint(sys.stderr)))
    return ending(run)


def ending(run: Run) -> int:
    """The exit code that says what became of a run."""
    statuses = {one.status for one in run.outcomes.values()}
    if run.interrupted:
        return INTERRUPTED
    if statuses & {"failed", "uncertain", "skipped"}:
        return FAILED
    return WAITING if "waiting" in statuses else DONE

"""`wanspec explain`: what a diagnostic means, with a bad and a good example."""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.completing import codes
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Explain a diagnostic code.", **example("wanspec explain WS304"))
@click.argument("code", shell_complete=codes)
@global_options
@click.pass_context
def command(ctx: click.Context, code: str) -> int:
    """What the diagnostic CODE means, with a bad and a good example."""
    from wanspec.domain.codes import CODES
    from wanspec.domain.diagnostics import suggestion
    from wanspec.domain.errors import UsageError
    from wanspec.report.explain import for_machines, for_people
    from wanspec.report.explanations import explanation

    terminal = terminal_of(ctx)
    found = explanation(code.strip().strip("[]").upper())
    if found is None:
        hint = suggestion(code.upper(), CODES) or f"the codes go from `{min(CODES)}` to `{max(CODES)}`"
        raise UsageError(f"no diagnostic has the code `{code}`", hint=hint)
    if terminal.json:
        terminal.result(for_machines(found))
    terminal.say(for_people(found, paint=terminal.paint()))
    return 0

"""`wanspec doctor`: can this machine render?"""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(short_help="Say whether this machine can render.", **example("wanspec doctor"))
@global_options
@click.pass_context
def command(ctx: click.Context) -> int:
    """Python, codecs, the catalogue, the cache, and which keys are set (never their value).

    Ends with 1 only when something would stop every render; a missing key is a note.
    """
    from wanspec.cli.examination import examine
    from wanspec.report.doctor import for_machines, for_people

    terminal = terminal_of(ctx)
    findings = examine()
    if terminal.json:
        terminal.result(for_machines(findings))
    terminal.say(for_people(findings, paint=terminal.paint(), verbose=not terminal.settings.quiet))
    return 1 if any(one.stops_every_render for one in findings) else 0

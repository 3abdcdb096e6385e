"""`wanspec completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click

from wanspec.cli.app import app, example
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of

SHELLS = ("bash", "zsh", "fish")


@click.command(
    short_help="Print a shell's completion script.",
    **example('eval "$(wanspec completion bash)"', "wanspec completion fish > ~/.config/fish/completions/wanspec.fish"),
)
@click.argument("shell", type=click.Choice(SHELLS))
@global_options
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script of bash, zsh or fish."""
    from click.shell_completion import ShellComplete, get_completion_class

    terminal = terminal_of(ctx)
    found = get_completion_class(shell)
    assert found is not None
    # The base class's method: bash's own would first run a bash to ask for its version.
    script = ShellComplete.source(found(app, {}, "wanspec", "_WANSPEC_COMPLETE"))
    if terminal.json:
        terminal.result({"shell": shell, "script": script})
    terminal.say(script)
    return 0

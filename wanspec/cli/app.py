"""The commands by name.  Each is a module of `commands/`, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from wanspec.cli.options import global_options

# In the order in which a newcomer meets them.
COMMANDS = (
    "init",
    "check",
    "plan",
    "render",
    "recover",
    "status",
    "ledger",
    "why",
    "graph",
    "pick",
    "adopt",
    "models",
    "schema",
    "explain",
    "emulate",
    "doctor",
    "completion",
)


class CommandsByName(click.Group):
    """A group whose commands are modules, so that `--help` and each command import only what they need."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"wanspec.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from wanspec.domain.diagnostics import suggestion
            from wanspec.domain.errors import UsageError

            known = ", ".join(f"`{one}`" for one in COMMANDS)
            hint = suggestion(name, COMMANDS) or f"the commands are {known}"
            raise UsageError(f"no command is called `{name}`", hint=hint)
        return super().resolve_command(ctx, args)


def example(*lines: str) -> dict[str, Any]:
    """The end of a command's `--help`."""
    shown = "\n".join(f"  {line}" for line in lines)
    return {"epilog": f"\b\nExample:\n{shown}"}


@click.group(
    cls=CommandsByName,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    **example("wanspec init film", "wanspec render film --preview"),
)
@global_options
def app() -> None:
    """Shot lists in YAML become images and videos, reproducibly, and nothing is paid for twice.

    PROJECT is a folder with a wanspec.yaml, or such a file; without it, the nearest one at or above the current
    folder.
    """

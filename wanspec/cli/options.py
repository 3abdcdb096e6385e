"""The global options: accepted before and after the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from wanspec.cli.settings import settings_of
from wanspec.cli.terminal import Terminal

C = TypeVar("C", bound=Callable[..., Any])


def assignment(text: str) -> tuple[str, str]:
    """`name=value`, as its two parts."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"`{text}` is no assignment; write `--var name=value`")
    return name.strip(), value


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is None or value is False or value == ():
        return
    settings = settings_of(ctx)
    assert param.name
    if isinstance(value, tuple):
        getattr(settings, param.name).extend(value)
    else:
        setattr(settings, param.name, value)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 -- click's signature
    if value and not ctx.resilient_parsing:
        from wanspec import __version__

        _print_and_end(ctx, f"wanspec {__version__}", {"version": __version__})


def _print_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 -- click's signature
    if value and not ctx.resilient_parsing:
        _print_and_end(ctx, ctx.get_help(), {"help": ctx.get_help()})


def _print_and_end(ctx: click.Context, words: str, shown: Mapping[str, str]) -> None:
    settings = settings_of(ctx)
    settings.json = settings.is_for_programs
    terminal = Terminal(settings)
    if settings.json:
        terminal.result(shown)
    terminal.say(words)
    ctx.exit()


def global_options(command: C) -> C:
    """Adds the global options to a command or group; none of them becomes an argument of its function."""
    given: dict[str, Any] = {"expose_value": False, "callback": _remember}
    folder = click.Path(path_type=Path)
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    options = [
        click.option("--profile", metavar="NAME", help="Use a profile of the shot list.", **given),
        click.option(
            "--var", "vars", type=assignment, metavar="NAME=VALUE", multiple=True, help="Set a variable.", **given
        ),
        click.option("--vars", "vars_files", type=file, multiple=True, help="Set variables from a YAML file.", **given),
        click.option("--max-items", type=click.IntRange(min=1), help="Refuse a list of more items.", **given),
        click.option("--allow-outside", type=folder, multiple=True, help="Let the list read this folder.", **given),
        click.option("--color", type=click.Choice(["auto", "always", "never"]), help="Colours.", **given),
        click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.", **given),
        click.option("-v", "--verbose", is_flag=True, help="Say everything; fold nothing.", **given),
        click.option("--json", is_flag=True, help="One JSON object on stdout, all else on stderr.", **given),
        click.option(
            "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show it."
        ),
        click.option(
            "-h",
            "--help",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_help,
            help="Show this message and exit.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command

"""`wanspec models`: the catalogue."""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.completing import models
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.group(
    invoke_without_command=True,
    short_help="List the models; `models show MODEL` describes one.",
    subcommand_metavar="[show MODEL]",
    **example("wanspec models", "wanspec models show local/concat"),
)
@global_options
@click.pass_context
def command(ctx: click.Context) -> int:
    """List the models that there are: those of wanspec, and the project's own."""
    if ctx.invoked_subcommand is not None:
        return 0
    from wanspec.cli.catalogue import open_catalogue
    from wanspec.report.models import ListedModel, list_for_machines, list_for_people

    terminal = terminal_of(ctx)
    listed = [
        ListedModel(model.id, model.provider, model.kind, model.title)
        for model in open_catalogue(terminal).models.values()
    ]
    if terminal.json:
        terminal.result(list_for_machines(listed))
    terminal.say(list_for_people(listed, paint=terminal.paint()))
    return 0


@click.command(name="show", short_help="Describe one model.", **example("wanspec models show local/concat"))
@click.argument("model", shell_complete=models)
@global_options
@click.pass_context
def show(ctx: click.Context, model: str) -> int:
    """What MODEL takes: the portable fields and the vendor's own side by side, media, and price."""
    from wanspec.catalogue.description import describe
    from wanspec.cli.catalogue import model_called, open_catalogue
    from wanspec.report.models import for_people

    terminal = terminal_of(ctx)
    described = describe(model_called(open_catalogue(terminal), model))
    if terminal.json:
        terminal.result(described)
    terminal.say(for_people(described, paint=terminal.paint(), verbose=terminal.settings.verbose))
    return 0


command.add_command(show)

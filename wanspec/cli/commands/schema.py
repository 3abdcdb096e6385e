"""`wanspec schema`: the JSON Schema of the language, or of one model."""

from __future__ import annotations

import click

from wanspec.cli.app import example
from wanspec.cli.completing import models
from wanspec.cli.options import global_options
from wanspec.cli.terminal import Terminal, terminal_of


@click.command(
    short_help="Print a JSON Schema, for editors.",
    **example("wanspec schema --path", "wanspec schema local/concat"),
)
@click.argument("model", required=False, shell_complete=models)
@click.option("--path", is_flag=True, help="Print where the file is instead of what is in it.")
@global_options
@click.pass_context
def command(ctx: click.Context, model: str | None, path: bool) -> int:
    """The JSON Schema of the language, or of the requests of MODEL.

    In a project with models of its own, that of the language knows them too; its file does not.
    """
    import json

    from wanspec.cli.schemas import schemas_folder, shotlist_schema_path
    from wanspec.domain.errors import UsageError

    terminal = terminal_of(ctx)
    if model is None:
        found = shotlist_schema_path()
    else:
        from wanspec.cli.catalogue import model_called, open_catalogue

        found = model_called(open_catalogue(terminal), model).file
    if not found.is_file():
        raise UsageError(f"`{found}` is missing", hint=f"install wanspec again; its schemas are in {schemas_folder()}")
    if path:
        if terminal.json:
            terminal.result({"path": str(found)})
        terminal.say(str(found))
        return 0
    text = (model is None and _of_project(terminal)) or found.read_text(encoding="utf-8")
    if terminal.json:
        terminal.result(json.loads(text))
    terminal.say(text)
    return 0


def _of_project(terminal: Terminal) -> str | None:
    """The schema with the models of the project one stands in; None where it brings none."""
    from wanspec.cli.catalogue import open_catalogue, project_here

    root = project_here()
    if root is None or not (root / "schemas").is_dir():
        return None
    from wanspec.catalogue.editor_schema import schema_text

    return schema_text(open_catalogue(terminal))

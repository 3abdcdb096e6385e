"""`wanspec init`: a small project that checks, plans and previews at once."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.options import global_options
from wanspec.cli.terminal import terminal_of


@click.command(
    short_help="Make a small project to begin with.",
    **example("wanspec init lighthouse", "wanspec render lighthouse --preview"),
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".", required=False)
@global_options
@click.pass_context
def command(ctx: click.Context, folder: Path) -> int:
    """A small project that checks, plans and previews at once, in DIR or the current folder.

    Files that are there are kept as they are.
    """
    from wanspec.domain.errors import UsageError
    from wanspec.report.escaping import visible

    terminal = terminal_of(ctx)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"`{folder}` is a file", hint="name a folder, which may be a new one")
    if (folder / "wanspec.yaml").exists() or (folder / "wanspec.yaml").is_symlink():
        raise UsageError(
            f"`{folder / 'wanspec.yaml'}` is there already; nothing was changed", hint="name another folder"
        )
    name = project_name(folder)
    created: list[str] = []
    kept: list[str] = []
    for path, text in files(name).items():
        (created if _write_new(folder / path, text) else kept).append(path)
    terminal.result({"project": name, "created": created, "kept": kept}) if terminal.json else None
    where = "" if folder == Path() else f" {_quoted(folder)}"
    lines = [f"  {path}" for path in created] + [f"  {path}  (kept as it is)" for path in kept]
    if ".gitignore" in kept:
        lines.append("  your .gitignore should name .wanspec/ and renders/")
    lines += ["next:", f"  wanspec check{where}", f"  wanspec render{where} --preview"]
    terminal.say(visible(f"made the project `{name}`") + "\n" + "\n".join(map(visible, lines)))
    return 0


def files(name: str) -> dict[str, str]:
    """Every file of the new project with its text."""
    from importlib.resources import files as resources

    from wanspec.cli.schemas import shotlist_schema_path

    template = resources("wanspec.cli") / "new_project"
    shot_list = (template / "wanspec.yaml").read_text(encoding="utf-8")
    return {
        "wanspec.yaml": shot_list.replace("SCHEMA", str(shotlist_schema_path())).replace("PROJECT", name),
        "prompts/lamp.md": (template / "prompts" / "lamp.md").read_text(encoding="utf-8"),
        # Its name has no dot here: packagers and editors would take it for one of their own.
        ".gitignore": (template / "gitignore").read_text(encoding="utf-8"),
    }


def project_name(folder: Path) -> str:
    """The folder's name in the form of a project's name: `[a-z0-9][a-z0-9-]*`."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", folder.resolve().name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "film"


def _write_new(path: Path, text: str) -> bool:
    """False where something is there already, even a link to nowhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _quoted(folder: Path) -> str:
    import shlex

    return shlex.quote(str(folder))

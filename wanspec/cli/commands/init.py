"""`wanspec init`: a small project that checks, plans and previews at once."""

from __future__ import annotations

from pathlib import Path

import click

from wanspec.cli.app import example
from wanspec.cli.settings import global_options
from wanspec.cli.terminal import terminal_of

SHOT_LIST = """\
# yaml-language-server: $schema={schema}
wanspec: 1
name: {name}
description: One still, and the clip that begins on it

vars:
  keeper: Noor, a lighthouse keeper in a red wool sweater
  look: soft morning light, 35mm film still

models: {{still: runware/wan2.7-image, motion: runware/wan2.7-video}}
defaults:
  image: {{model: still, width: 1280, height: 720}}
  video: {{model: motion, width: 1280, height: 720, duration: 2, prompt_enhance: false}}

budget: {{usd: 2}}               # a run that would cost more is refused

shots:
  - id: lamp
    title: The lamp goes out
    prompt_file: lamp.md         # in prompts/

  - id: lamp-clip
    kind: video
    prompt: Slow push in as {{{{ keeper }}}} turns to the window
    first_frame: "{{{{ ref('lamp') }}}}"
"""

PROMPT = """\
{{ keeper }} climbs the last steps into the lamp room and puts out the great lamp, {{ look }}
"""

IGNORED = """\
# The store and the results; wanspec.lock is committed.
.wanspec/
renders/
"""


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
    from wanspec.cli.schemas import shotlist_schema_path

    return {
        "wanspec.yaml": SHOT_LIST.format(name=name, schema=shotlist_schema_path()),
        "prompts/lamp.md": PROMPT,
        ".gitignore": IGNORED,
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

"""From the arguments of a process to its exit code.  No user's mistake gets past here as a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from wanspec.cli.app import app
from wanspec.cli.faults import DONE, FAILED, INTERRUPTED, WRONG, WrongShotList, end_error, end_wrong, tell
from wanspec.cli.settings import Settings
from wanspec.cli.terminal import OutputLost, Terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.  Returns the exit code of cli: 0, 1, 2, 3, 4, 5 or 130."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_a_character(stream)
    settings = Settings(arguments=given)
    terminal = Terminal(settings)
    try:
        code = _run(given, settings, terminal)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has closed the pipe (`| head`): not an error, and nothing left to tell it to.
        _say_no_more()
        return FAILED
    except (OutputLost, OSError) as error:
        terminal.complain(f"error: {error if isinstance(error, OutputLost) else OutputLost(error)}")
        _say_no_more()
        return FAILED
    return code


def _run(given: list[str], settings: Settings, terminal: Terminal) -> int:
    from wanspec.domain.errors import WanspecError

    try:
        ended = app.main(given, prog_name="wanspec", standalone_mode=False, obj=settings)
        return ended if isinstance(ended, int) else DONE
    except WrongShotList as fault:
        return end_wrong(fault, terminal)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        return WRONG
    except click.ClickException as error:
        settings.json = settings.is_for_programs  # it may stand behind what could not be read
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "wanspec"
        tell(terminal, WRONG, name="usage", message=_in_our_words(error), hint=f"see `{command} --help`")
        return WRONG
    except (KeyboardInterrupt, click.Abort):
        tell(terminal, INTERRUPTED, name="interrupted", message="interrupted")
        return INTERRUPTED
    except WanspecError as error:
        settings.json = settings.is_for_programs
        return end_error(error, terminal)
    except BrokenPipeError:
        raise
    except OSError as error:
        # A disk that is full, a folder that may not be read: the system's own words and the file's name.
        if error.errno is None:
            raise
        where = f": `{error.filename}`" if error.filename else ""
        tell(terminal, FAILED, name="system", message=f"{(error.strerror or 'the system refused').lower()}{where}")
        return FAILED


def _in_our_words(error: click.ClickException) -> str:
    """Click's sentences without their capital and full stop."""
    text = error.format_message().rstrip(".")
    return text[:1].lower() + text[1:]


def _open_what_is_closed() -> None:
    """A stream that whoever started us has closed (`>&-`) takes everything and holds nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123,SIM115 -- open to the end


def _say_no_more() -> None:
    """What is still buffered goes nowhere, so that the end of the process does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _never_fail_on_a_character(stream: TextIO) -> None:
    """A terminal that cannot show `↑` shows its escape; it is no reason to stop."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")

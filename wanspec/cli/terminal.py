"""Where words go: results to stdout, everything else to stderr, and under `--json` one object alone on stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

import click

from wanspec.cli.settings import Settings, settings_of

if TYPE_CHECKING:
    from wanspec.report.paint import Paint


class OutputLost(Exception):
    """Stdout cannot be written, on a full disk for instance: what was asked for is lost."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {(error.strerror or 'the system refused').lower()}")


class Terminal:
    """The two streams with the user's wishes about them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def json(self) -> bool:
        return self.settings.json

    def say(self, text: str) -> None:
        """A result for people.  Under `--json` it makes way for the object."""
        if not self.json and text:
            _write_result(text)

    def note(self, text: str) -> None:
        """Something on the side, on stderr; left out with `-q`."""
        if not self.settings.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """What is wrong, on stderr, always.  Where nobody reads that any more, work goes on all the same."""
        if text:
            with suppress(OSError):
                _write(sys.stderr, text)

    def result(self, value: Mapping[str, Any]) -> None:
        """The one object of `--json`."""
        # Only UTF-8 can carry every prompt; elsewhere JSON's own escapes do.
        ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        # Laid out for eyes; the C encoder, which a plan of 15 000 items wants, does it on one line only.
        indent = 2 if sys.stdout.isatty() else None
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False, default=_number)
        _write_result(text)

    def paint(self, stream: TextIO | None = None) -> Paint:
        """How to colour what goes to a stream, stdout unless told."""
        from wanspec.report.paint import ansi, plain

        return ansi if self.is_coloured(stream or sys.stdout) else plain

    def is_coloured(self, stream: TextIO) -> bool:
        if self.settings.color != "auto":
            return self.settings.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_of(ctx: click.Context) -> Terminal:
    return Terminal(settings_of(ctx))


def _write_result(text: str) -> None:
    """Raises BrokenPipeError where whoever read has gone, else OutputLost."""
    try:
        _write(sys.stdout, text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error) from error


def _write(stream: TextIO, text: str) -> None:
    stream.write(text if text.endswith("\n") else text + "\n")


def _number(value: object) -> object:
    """Money is Decimal inside and a number outside."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")

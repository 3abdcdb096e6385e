"""Colours by meaning, or none."""

from __future__ import annotations

from collections.abc import Callable

# A paint takes the name of a style and a text that is already safe to print.
Paint = Callable[[str, str], str]

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "hint": "36",
    "place": "1",
    "strong": "1",
    "faint": "2",
    "new": "32",
    "changed": "33",
    "upstream": "33",
    "waiting": "35",
    "frozen": "36",
    "in_flight": "34",
    "uncertain": "1;31",
    "removed": "31",
    "good": "32",
    "bad": "31",
}


def plain(style: str, text: str) -> str:  # noqa: ARG001 -- the paint that ignores the style
    """No colours: the terminal has none, or nobody wants them."""
    return text


def ansi(style: str, text: str) -> str:
    """The text in the colours of ECMA-48 terminals; a style without a colour leaves it as it is."""
    code = _CODES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text

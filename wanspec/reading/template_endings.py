"""How rendering a template ends early: by a fault of its own, or by what the names that it uses raise."""

from __future__ import annotations

from collections.abc import Callable

# A name of a prompt file -> how messages call it, and its text; None where there is none.
ReadPrompt = Callable[[str], tuple[str, str] | None]


class TemplateSignal(Exception):
    """What names, functions, filters and attributes raise through a render: it reaches the caller unchanged."""


class TemplateFault(Exception):
    """A template that cannot be read or rendered.

    `file`, `line` and `column` are set where the fault is in a template file; `file` is empty where it is in the text
    itself, and `line` then counts within that text.  `code` is WS301 (not well formed), WS302 (no such name), WS303
    (failed while rendered), WS002 or WS020 (a template file).
    """

    def __init__(
        self, message: str, hint: str = "", *, file: str = "", line: int = 0, column: int = 0, code: str = "WS303"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.file = file
        self.line = line
        self.column = column
        self.code = code

"""What ends a command early, and the exit code and words of each ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wanspec.cli.terminal import Terminal
    from wanspec.domain.diagnostics import Diagnostic

DONE, FAILED, WRONG, REFUSED, WAITING, WORK_TO_DO, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class WrongShotList(Exception):
    """The diagnostics were already told to people; under `--json` they still make the one object."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("the shot list is wrong")
        self.diagnostics = tuple(diagnostics)


def end_wrong(fault: WrongShotList, terminal: Terminal) -> int:
    """Under `--json` the diagnostics; people have seen them."""
    if terminal.json:
        from wanspec.report.diagnostics import for_machines

        terminal.result({"diagnostics": for_machines(fault.diagnostics)})
    return WRONG


def end_error(error: Exception, terminal: Terminal) -> int:
    """Words for an error that the user can act on, and its exit code."""
    from wanspec.domain.errors import NotSent, UsageError

    code = WRONG if isinstance(error, UsageError) else REFUSED if isinstance(error, NotSent) else FAILED
    tell(
        terminal,
        code,
        name=str(getattr(error, "code", "error")),
        message=str(getattr(error, "message", error)),
        hint=str(getattr(error, "hint", "")),
    )
    return code


def tell(terminal: Terminal, code: int, *, name: str, message: str, hint: str = "") -> None:
    """An error in words on stderr, and as an object under `--json`."""
    import sys

    from wanspec.report.escaping import visible

    paint = terminal.paint(sys.stderr)
    lines = [f"{paint('error', 'error:')} {visible(message)}"]
    if hint:
        lines.append(f"  {paint('hint', 'hint:')} {visible(hint)}")
    terminal.complain("\n".join(lines))
    if terminal.json:
        shown: dict[str, Any] = {"error": {"code": name, "message": message, "hint": hint}}
        if code == WRONG:
            shown["diagnostics"] = []  # whoever reads a wrong list's diagnostics finds none, not a missing key
        terminal.result(shown)

"""What a template may meet that is no fault of Jinja's: raised inside a render, caught where the field is evaluated."""

from __future__ import annotations

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.nodes import Node
from wanspec.reading.template_endings import TemplateSignal


class NotYetKnown(TemplateSignal):
    """The value depends on renders that have not been done."""

    def __init__(self, *items: str) -> None:
        super().__init__(", ".join(items))
        self.items = items


class NameFault(TemplateSignal):
    """A reference, filter or variable that cannot be what was written; reported at the field that has the template."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class FaultAt(TemplateSignal):
    """A fault in something that the template used (a variable, another field): reported at that node, once."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class AlreadyReported(TemplateSignal):
    """Something that the template used is faulty and has been reported: nothing more to say."""


class Cycle(TemplateSignal):
    """Values that need each other; `loop` names the items or variables on the way, the first one again at the end."""

    def __init__(self, loop: list[tuple[str, Node | None]]) -> None:
        super().__init__(" → ".join(name for name, _ in loop))
        self.loop = loop

"""Diagnostics as annotations of GitHub Actions: lines that its runner reads from the log.

Their form is that of the runner's workflow commands: `::error file=…,line=…::message`, with what would end a line or
a property percent-encoded (docs.github.com, "Workflow commands for GitHub Actions").
"""

from __future__ import annotations

from collections.abc import Iterable

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.nodes import Location
from wanspec.report.diagnostics import in_order
from wanspec.report.escaping import visible
from wanspec.report.places import Shown, sentence


def workflow_commands(diagnostics: Iterable[Diagnostic], shown: Shown) -> str:
    """One line each.  The text repeats the place: of many annotations the runner shows ten and logs the rest."""
    return "\n".join(_annotation(one, shown) for one in in_order(diagnostics))


def _annotation(one: Diagnostic, shown: Shown) -> str:
    file = shown(one.at.file)
    properties = {"title": one.code}
    if file is not None:
        properties = {"file": file, "line": str(one.at.line), "col": str(one.at.column), **properties}
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [f"{_place(one.at, shown)}: {sentence(one)}"]
    lines += [f"{_place(at, shown)}: {visible(label)}" for at, label in one.also]
    if one.hint:
        lines.append(f"hint: {visible(one.hint)}")
    return f"::{'error' if one.is_error else 'warning'} {said}::{_data(chr(10).join(lines))}"


def _place(at: Location, shown: Shown) -> str:
    return f"{visible(shown(at.file) or at.file)}:{at.line}:{at.column}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")

"""Templates that stand without quotes: what was meant, and the file's text as if they had them.

YAML reads `prompt: {{ hero }} goes` as a mapping that is broken, and `prompt: {{ hero }}` as one whose name is a
mapping.  It is by far the most frequent mistake of people who know Jinja, so it gets one fault that says what to
type, and the file is read on as it was meant.  Only a text that YAML refuses comes here.
"""

from __future__ import annotations

import re

MOST = 20  # in one file; what YAML refuses after that is told as YAML sees it
MOST_CHARACTERS = 4 * 1024 * 1024  # read again for them, all together

# What comes before a value in block style: dashes, and a name with its colon.  A comment ends the value.
_VALUE = re.compile(
    r"""(?P<before>[ ]*(?:-[ ]+)*(?P<name>(?:[^\s"'#&*!|>%@`{}\[\],:-][^\s:,\[\]{}]*|"[^"]*"|'[^']*')[ ]*:[ ]+)?)
    (?P<value>\{[{%\#].*?)(?:\s+\#(?!\}).*)?\s*\Z""",
    re.VERBOSE,
)
_IN_FLOW = re.compile(r"\{\{.*?\}\}(?=\s*(?:[,\]}]|\Z))")
_LINE_ENDS = re.compile("(\r\n|\r|\n)")


class Quoting:
    """One text that is given the quotes it lacks, without moving anything that follows in the line.

    `restore`: characters that stand for others in `text`, and what they stand for.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[str] = []
        self._ends: list[str] = []
        self._stand_ins: dict[str, str] = {}
        self._count = 0
        self.restore: dict[int, str] = {}

    def _begin(self) -> None:
        parts = _LINE_ENDS.split(self._text)
        self._lines, self._ends = parts[0::2], [*parts[1::2], ""]
        spare = (code for code in range(0x100000, 0x10FFFE) if chr(code) not in self._text)
        # Two characters become a quote and one that stands for them, so that columns stay as they are.
        self._stand_ins = {meant: chr(next(spare)) for meant in ("{{", "{%", "{#", "}}", '"', "\\")}
        self.restore.update({ord(one): meant for meant, one in self._stand_ins.items()})

    @property
    def text(self) -> str:
        return "".join(line + end for line, end in zip(self._lines, self._ends, strict=True))

    def quote(self, line: int, column: int | None = None) -> tuple[int, str] | None:
        """Quotes the value of a line, or the template that begins at a column of it; both count from 0.

        Gives the column where it begins, and what to write in its place; None where there is nothing of the kind.
        """
        if self._count >= min(MOST, 1 + MOST_CHARACTERS // (len(self._text) + 1)):
            return None
        if not self._lines:
            self._begin()
        if not 0 <= line < len(self._lines):
            return None
        found = _VALUE.match(self._lines[line])
        if found is not None and column in (None, found.start("value")):
            return self._quote_value(line, found)
        in_flow = _IN_FLOW.match(self._lines[line], column) if column is not None else None
        return self._quote_in_flow(line, in_flow) if in_flow is not None else None

    def _quote_value(self, line: int, found: re.Match[str]) -> tuple[int, str]:
        start, end = found.span("value")
        written = self._lines[line]
        # A text goes on over all lines that are further in than its name, or than its dash, or, where it has a line to
        # itself, that are as far in as it is.
        dash = written.rfind("-", 0, start)
        indent = found.start("name") if found["name"] else dash if dash >= 0 else start - 1
        last = line
        for n in range(line + 1, len(self._lines)):
            text = self._lines[n].lstrip(" ")
            if text.startswith("#") or (text and len(self._lines[n]) - len(text) <= indent):
                break
            last = n if text else last
        value = found["value"]
        self._lines[line] = f'{written[:start]}"{self._stand_ins[value[:2]]}{self._plain(value[2:])}'
        if last == line:
            self._lines[line] += '"' + written[end:]
        else:
            for n in range(line + 1, last + 1):
                self._lines[n] = self._plain(self._lines[n])
            self._lines[last] = self._lines[last].rstrip() + '"'
        self._count += 1
        return start, in_quotes(value) if last == line else ""

    def _quote_in_flow(self, line: int, found: re.Match[str]) -> tuple[int, str]:
        written, value = self._lines[line], found.group()
        quoted = f'"{self._stand_ins["{{"]}{self._plain(value[2:-2])}{self._stand_ins["}}"]}"'
        self._lines[line] = written[: found.start()] + quoted + written[found.end() :]
        self._count += 1
        return found.start(), in_quotes(value)

    def _plain(self, text: str) -> str:
        """A text without what ends, or is changed, in double quotes."""
        return text.replace("\\", self._stand_ins["\\"]).replace('"', self._stand_ins['"'])


def in_quotes(text: str) -> str:
    """A text as YAML takes it in quotes."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"

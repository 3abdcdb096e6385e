"""What can be wrong in a template, in words that speak of the shot list and not of Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from jinja2.exceptions import TemplateSyntaxError, UndefinedError
from jinja2.runtime import StrictUndefined
from jinja2.utils import missing

from wanspec.domain.diagnostics import suggestion
from wanspec.reading.template_values import is_lazy, public_names


class BadTemplate(Exception):
    """A fault of a template's text, at a line of it, that is found before Jinja compiles it."""

    def __init__(self, message: str, hint: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


class MissingName(UndefinedError):
    """Something was used that is not there."""

    def __init__(self, holder: object, name: object) -> None:
        super().__init__(f"{name} is undefined")
        self.holder = holder  # jinja2's `missing` for a variable
        self.name = name


class Gap(StrictUndefined):
    """What stands for a name that is not there: it may be asked whether it is defined, and nothing else."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = None) -> None:
        super().__init__(hint, obj, name, cast(Any, lambda _: exc(hint) if exc else MissingName(obj, name)))

    def fail(self) -> None:
        self._fail_with_undefined_error()


def kind_of(value: object) -> str:
    """A value's kind in the user's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | range) or is_lazy(value):
        return "a list"
    if public_names(value) is None and callable(value):
        return "a function"
    return "this value"


_PYTHON_KINDS = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "NoneType": "null",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "generator": "a list",
    "function": "a function",
}


def tidied(message: str) -> str:
    """One of Python's messages in words that do not speak of Python."""
    message = message.splitlines()[0] if message else ""
    if "integer string conversion" in message:
        return "the number is too large"
    if (found := re.match(r"(?:\w+\.|<\w+>\.?)*(\w*)\(\) (.*)", message)) is not None:
        name, problem = found.groups()
        name = f"`{name}`" if name else "the call"
        if (lacking := re.search(r"missing \d+ required [-\w ]*arguments?: (.*)", problem)) is not None:
            return f"{name} lacks its argument " + lacking.group(1).replace("'", "`")
        if (unknown := re.search(r"unexpected keyword argument '(\w+)'", problem)) is not None:
            return f"{name} has no argument `{unknown.group(1)}`"
        if "positional argument" in problem:
            return f"{name} is given too many arguments"
        if (twice := re.search(r"multiple values for (?:keyword )?argument '(\w+)'", problem)) is not None:
            return f"{name} is given its argument `{twice.group(1)}` twice"
    found = re.match(r"unsupported operand type\(s\) for (\S+?):? .*'(\w+)' and '(\w+)'", message)
    if found is None:
        found = re.match(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'", message)
    if found is not None:
        left, right = (_PYTHON_KINDS.get(found.group(n), "this value") for n in (2, 3))
        return f"`{found.group(1).rstrip(':')}` does not work on {left} and {right}"
    message = re.sub(r"'(\w+)' object", lambda m: _PYTHON_KINDS.get(m.group(1), "this value"), message)
    message = re.sub(r"'([^']*)'", r"`\1`", message)
    return message[:1].lower() + message[1:].rstrip(".")


def missing_words(error: MissingName, known: Iterable[str]) -> tuple[str, str]:
    """Message and hint for something that is not there; `known` are the names that are."""
    name, holder = error.name, error.holder
    if holder is missing:
        hint = suggestion(str(name), known) or "define it under `vars`, or quote it if text is meant"
        return f"`{name}` is not defined", hint
    if isinstance(holder, Mapping):
        there = [str(one) for one in holder]
        few = ", ".join(f"`{one}`" for one in there[:8]) + (" …" if len(there) > 8 else "")
        return f"there is no `{name}` in the mapping", suggestion(str(name), there) or (
            f"it has {few}" if there else ""
        )
    if isinstance(name, int) and isinstance(holder, str | list | tuple | range):
        return f"there is no entry {name} among {len(holder)}", "entries count from 0"
    public = public_names(holder)
    if public:
        few = ", ".join(f"`{one}`" for one in sorted(public)[:12])
        return f"there is no `{name}` here", suggestion(str(name), public) or f"there is {few}"
    if public is not None and not public:
        return f"there is no `{name}` here", "nothing of the kind is defined in this list"
    return f"{kind_of(holder)} has no `{name}`", ""


_TAGS = "if elif else endif for endfor set endset macro endmacro include import from with endwith block endblock raw"


def syntax_words(error: TemplateSyntaxError) -> tuple[str, str]:
    """Message and hint for what Jinja's parser says."""
    message = str(error.message or "the template is not well formed")
    if (found := re.match(r"Encountered unknown tag '(\w+)'", message)) is not None:
        name = found.group(1)
        if name in _TAGS.split():
            return f"`{{% {name} %}}` stands where nothing of its kind is open", ""
        return f"no tag is called `{name}`", suggestion(name, _TAGS.split())
    if message.startswith("Unexpected end of template"):
        wanted = re.findall(r"'(\w+)'", message.partition("looking for")[2])
        ends = [word for word in wanted if word.startswith("end")]  # not `elif` and `else`, which close nothing
        shown = " or ".join(f"`{{% {word} %}}`" for word in ends[:2])
        return "a block is opened and never closed", f"add {shown}" if shown else ""
    if message.startswith(("unexpected end of template", "unexpected 'end of template'")):
        return "`{{` or `{%` is opened and never closed", "close it with `}}` or `%}`"
    message = message.replace("token 'end of print statement'", "'}}'").replace("'end of print statement'", "'}}'")
    message = message.replace("token 'end of statement block'", "'%}'").replace("'end of statement block'", "'%}'")
    hint = "a text that is meant as it stands goes between {% raw %} and {% endraw %}"
    return tidied(message.partition(". ")[0]), hint


def column_of(line: str, word: str) -> int:
    """Where in a line, from 1, a word stands; else where the line's text begins."""
    if word and (found := re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line)):
        return found.start() + 1
    return len(line) - len(line.lstrip()) + 1

"""Jinja's filters and operators that could grow without bound, with a bound."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import jinja2.filters
from jinja2.runtime import Undefined

from wanspec.reading.template_faults import Gap
from wanspec.reading.template_values import MAX_TEXT, ValueFault, printable, text_of, too_long

MAX_BITS = 4096  # of a whole number
MAX_DIGITS = 10_000  # of a width, a precision or a count inside a template
LITERAL_VALUES = 100_000  # values in a list that a template builds


def bounded_range(*args: int) -> range:
    made = range(*args)
    if len(made) > LITERAL_VALUES:
        raise ValueFault(f"a range of more than {LITERAL_VALUES:,} numbers".replace(",", " "), "loop over less")
    return made


def check_integers(operator: str, left: int, right: int) -> None:
    bits = left.bit_length() + right.bit_length() if operator == "*" else 0
    if operator == "**" and right > 0 and abs(left) > 1:
        bits = left.bit_length() * right
    if bits > MAX_BITS:
        raise ValueFault("the number grows too large")


def printf(template: str, given: Any) -> str:
    """`'%s' % x`, bounded.  Texts are filled in as they are, other values as text."""
    if any(int(digits) > MAX_DIGITS for digits in re.findall(r"\d{1,12}", template)) or "*" in template:
        raise too_long()

    def shown(value: Any) -> Any:
        if isinstance(value, Undefined):
            cast(Gap, value).fail()
        return value if isinstance(value, int | float) and not isinstance(value, bool) else text_of(value)

    values: Any
    if isinstance(given, Mapping):
        values = {name: shown(one) for name, one in given.items()}
        sizes = [len(one) for one in values.values() if isinstance(one, str)]
    else:
        values = tuple(map(shown, given if isinstance(given, tuple) else (given,)))
        sizes = [len(one) for one in values if isinstance(one, str)]
    if len(template) + template.count("%") * max(sizes, default=0) > MAX_TEXT * 4:
        raise too_long()
    if any(isinstance(one, int) and one.bit_length() > MAX_BITS for one in _values(values)):
        raise too_long()
    text = str(template % values)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueFault("`%c` is given half a character")
    return text


def _values(values: Any) -> Iterable[Any]:
    return values.values() if isinstance(values, Mapping) else values


def check_replace(text: str, old: Any, new: Any) -> None:
    found = text.count(old) if old else len(text) + 1
    if len(text) + found * len(new) > MAX_TEXT:
        raise too_long()


def replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, old_text, new_text = text_of(value), text_of(old), text_of(new)
    check_replace(text, old_text, new_text)
    return text.replace(old_text, new_text, -1 if count is None else count)


def center(value: Any, width: int = 80) -> str:
    if width > MAX_DIGITS:
        raise too_long()
    return text_of(value).center(width)


def indent(value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    text = text_of(value)
    size = width if isinstance(width, int) else len(width)
    if size > 1000 or size * (text.count("\n") + 1) > MAX_TEXT:
        raise too_long()
    return str(jinja2.filters.do_indent(text, width, first, blank))


def round_(value: Any, precision: int = 0, method: str = "common") -> Any:
    if not -15 <= precision <= 15:
        raise ValueFault("`round` takes a precision from -15 to 15")
    return jinja2.filters.do_round(value, precision, cast(Any, method))


def tojson(value: Any, indent: int | None = None) -> str:
    if isinstance(value, Undefined):
        cast(Gap, value).fail()
    if indent is not None and not 0 <= indent <= 8:
        raise ValueFault("`tojson` takes an indent from 0 to 8")
    return json.dumps(printable(value, ""), ensure_ascii=False, indent=indent)


def wordwrap(value: Any, width: int = 79, break_long_words: bool = True, wrapstring: str = "\n", **_: Any) -> str:
    import textwrap

    if width < 1 or len(wrapstring) > 100:
        raise ValueFault("`wordwrap` takes a width from 1 and a short text between the lines")
    lines = text_of(value).splitlines()
    wrapped = (
        textwrap.wrap(line, width, expand_tabs=False, replace_whitespace=False, break_long_words=break_long_words)
        for line in lines
    )
    return wrapstring.join(wrapstring.join(parts) for parts in wrapped)


def with_count(apply: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(apply)
    def run(*args: Any, **kwargs: Any) -> Any:
        for one in (*args[1:], *kwargs.values()):
            if isinstance(one, int) and not 1 <= one <= MAX_DIGITS:
                raise ValueFault(f"a count from 1 to {MAX_DIGITS} is needed")
        return list(apply(*args, **kwargs))

    return run


def on_text(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A filter on texts that refuses null, of which Jinja would make `None`."""
    takes_environment = hasattr(apply, "jinja_pass_arg")

    @functools.wraps(apply)
    def run(*args: Any, **kwargs: Any) -> Any:
        place = 1 if takes_environment else 0
        if apply is jinja2.filters.do_urlencode and not isinstance(args[place], str):
            return apply(*args, **kwargs)
        return apply(*args[:place], text_of(args[place]), *args[place + 1 :], **kwargs)

    return run

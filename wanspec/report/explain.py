"""One diagnostic code, explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wanspec.domain.json import Json
from wanspec.report.escaping import shortened, visible
from wanspec.report.explanations import Explanation
from wanspec.report.paint import Paint, plain


def for_machines(one: Explanation) -> dict[str, Json]:
    """The object of `explain --json`."""
    return {"code": one.code, "title": one.title, "text": one.text, "bad": dict(one.bad), "good": dict(one.good)}


def for_people(one: Explanation, *, paint: Paint = plain) -> str:
    lines = [f"{paint('strong', one.code)}: {one.title}"]
    if one.text:
        lines += ["", *one.text.splitlines()]
    lines += _project("wrong", one.bad, paint("bad", "wrong"))
    if one.options:
        lines.append(f"    with `{' '.join(one.options)}`")
    lines += _project("right", one.good, paint("good", "right"))
    return "\n".join(lines)


def _project(word: str, files: Mapping[str, str], shown: str) -> Iterator[str]:
    alone = list(files) == ["wanspec.yaml"]
    for place, (name, text) in enumerate(files.items()):
        if place == 0:
            yield ""
        yield (shown if place == 0 else " " * len(word)) + ("" if alone else f"  {name}")
        # What makes an example wrong may be a character that no terminal should get.
        yield from (f"    {shortened(visible(line), 120)}".rstrip() for line in text.rstrip().split("\n") if text)

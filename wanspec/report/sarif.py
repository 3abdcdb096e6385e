"""Diagnostics as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from urllib.parse import quote

from wanspec.domain.codes import CODES
from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.json import Json
from wanspec.domain.nodes import Location
from wanspec.report.diagnostics import in_order
from wanspec.report.escaping import visible
from wanspec.report.explain import for_people
from wanspec.report.explanations import Explanation, explanation
from wanspec.report.places import Shown, sentence

# Where a diagnostic is told that stands in no file, such as one of a `--var`: readers want a place for each.
_NOWHERE = Location("wanspec.yaml")


def sarif(diagnostics: Iterable[Diagnostic], shown: Shown, *, version: str) -> dict[str, Json]:
    """One run of `check` as a SARIF log.  All codes are its rules, each with its explanation."""
    indexes = {code: number for number, code in enumerate(CODES)}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "wanspec",
                        "semanticVersion": version,
                        "rules": [_rule(code, title) for code, title in CODES.items()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, indexes[one.code], shown) for one in in_order(diagnostics)],
            }
        ],
    }


def _rule(code: str, title: str) -> dict[str, Json]:
    found = explanation(code)
    assert found is not None
    return {
        "id": code,
        "shortDescription": {"text": f"{title[0].upper()}{title[1:]}."},
        "fullDescription": {"text": " ".join(found.text.split()) or title},
        "help": {"text": for_people(found), "markdown": _markdown(found)},
        "defaultConfiguration": {"level": "warning" if code.startswith("WS4") else "error"},
    }


def _markdown(one: Explanation) -> str:
    parts = [one.text]
    for word, files in (("Wrong", one.bad), ("Right", one.good)):
        parts.append(f"**{word}**")
        for name, text in files.items():
            lines = "\n".join(f"    {visible(line)}" for line in text.rstrip().split("\n"))
            parts.append(lines if list(files) == ["wanspec.yaml"] else f"`{visible(name)}`\n\n{lines}")
    return "\n\n".join(parts)


def _result(one: Diagnostic, rule: int, shown: Shown) -> dict[str, Json]:
    text = sentence(one) + (f"\nhint: {visible(one.hint)}" if one.hint else "")
    result: dict[str, Json] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": "error" if one.is_error else "warning",
        "message": {"text": text},
        "locations": [_location(one.at, shown)],
    }
    if one.also:
        result["relatedLocations"] = [
            {"id": number, **_location(at, shown), "message": {"text": visible(label)}}
            for number, (at, label) in enumerate(one.also, start=1)
        ]
    names: dict[str, Json] = {"path": one.at.path, "shot": one.shot, "item": one.item}
    result["properties"] = {**{name: value for name, value in names.items() if value}, "count": one.count}
    return result


def _location(at: Location, shown: Shown) -> dict[str, Json]:
    file = shown(at.file)
    if file is None:
        at, file = _NOWHERE, shown(_NOWHERE.file) or _NOWHERE.file
    outside = PurePath(file).is_absolute()
    artifact: dict[str, Json] = {"uri": PurePath(file).as_uri()} if outside else {"uri": quote(file)}
    if not outside:
        artifact["uriBaseId"] = "%SRCROOT%"
    region: dict[str, Json] = {"startLine": at.line, "startColumn": at.column}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}

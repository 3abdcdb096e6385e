"""Diagnostics as SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from wanspec.domain.codes import CODES
from wanspec.domain.diagnostics import Diagnostic, Severity
from wanspec.domain.nodes import Location
from wanspec.report.sarif import sarif

MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {"required": ["uri"], "properties": {"uri": {"pattern": r"^[!-~]+$"}}},
                "region": {
                    "required": ["startLine", "startColumn"],
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            },
        },
        "message": MESSAGE,
    },
}
# What section 3 of the specification asks for, and what code hosts need to show a result.
ESSENTIAL = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "semanticVersion", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "properties": {
                                                "shortDescription": MESSAGE,
                                                "fullDescription": MESSAGE,
                                                "help": MESSAGE,
                                                "defaultConfiguration": {
                                                    "properties": {"level": {"enum": ["error", "warning"]}}
                                                },
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["error", "warning"]},
                                "message": MESSAGE,
                                "locations": {"minItems": 1, "items": LOCATION},
                                "relatedLocations": {"items": LOCATION},
                            },
                        },
                    },
                },
            },
        },
    },
}


def shown(file: str) -> str | None:
    return None if file == "--var" else file if file.startswith("/") else f"film/{file}"


def log(*diagnostics: Diagnostic) -> Any:
    made = json.loads(json.dumps(sarif(diagnostics, shown, version="1.2.3"), allow_nan=False))
    assert [error.message for error in Draft202012Validator(ESSENTIAL).iter_errors(made)] == []
    (run,) = made["runs"]
    return run


def test_all_codes_are_rules_with_their_explanations() -> None:
    run = log()
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("wanspec", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == list(CODES)
    assert run["results"] == []
    by_id = {rule["id"]: rule for rule in driver["rules"]}
    assert by_id["WS401"]["defaultConfiguration"] == {"level": "warning"}
    assert by_id["WS101"]["defaultConfiguration"] == {"level": "error"}
    assert "**Right**" in by_id["WS101"]["help"]["markdown"]


def test_a_result_has_its_rule_its_place_and_its_other_places() -> None:
    one = Diagnostic(
        "WS108",
        "`height` stands beside `aspect_ratio`",
        Location("a film.yaml", 12, 5, "shots[0].height"),
        "keep one of them",
        shot="pier",
        item="pier/low",
        count=2,
        also=((Location("shots/ä.yaml", 3, 7), "`aspect_ratio` is here"),),
    )
    run = log(one)
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "WS108"
    assert result["level"] == "error"
    assert result["message"]["text"] == "`height` stands beside `aspect_ratio` (2 items)\nhint: keep one of them"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "film/a%20film.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12, "startColumn": 5},
            }
        }
    ]
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "film/shots/%C3%A4.yaml"
    assert related["message"] == {"text": "`aspect_ratio` is here"}
    assert result["properties"] == {"path": "shots[0].height", "shot": "pier", "item": "pier/low", "count": 2}


def test_lints_are_warnings_and_odd_places_are_places() -> None:
    lint = Diagnostic("WS408", "unused\x1b", Location("/else/vars.yaml", 2, 1), severity=Severity.WARNING)
    nowhere = Diagnostic("WS106", "no variable can be called `ref`", Location("--var", 1, 1))
    first, second = log(lint, nowhere)["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "film/wanspec.yaml"
    assert second["level"] == "warning"
    assert second["message"]["text"] == r"unused\x1b"
    assert second["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///else/vars.yaml"}

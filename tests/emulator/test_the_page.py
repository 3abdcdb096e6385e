"""docs/emulate.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from wanspec.domain.nodes import Node
from wanspec.emulator.vendors.declared import VENDORS
from wanspec.emulator.weather import SORTS, read_weather
from wanspec.reading.marked_yaml import read_yaml

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "emulate.md").read_text("utf-8")


def plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {name: plain(inner) for name, inner in node.value.items()}
    return [plain(inner) for inner in node.value] if isinstance(node.value, list) else node.value


def test_its_weather_is_understood() -> None:
    (text,) = re.findall(r"^```yaml weather\.yaml\n(.*?)^```$", PAGE, re.M | re.S)
    read = read_yaml(text, "weather.yaml")
    assert read.value is not None
    weather = read_weather(plain(read.value), VENDORS)
    assert [rule.fault for rule in weather.rules] == ["rate_limit", "lost_answer", "refused", "wrong_bytes"]


def test_it_names_every_fault_and_every_parameter() -> None:
    rows = {
        name: row
        for row in PAGE.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert [fault for fault in SORTS if fault not in rows] == []
    words = [(fault, name) for fault, sort in SORTS.items() for name in sort.parameters]
    assert [(fault, name) for fault, name in words if f"`{name}`" not in rows[fault]] == []


def test_it_names_every_vendor() -> None:
    assert [name for name in VENDORS if name not in PAGE.lower()] == []

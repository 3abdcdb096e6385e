"""What each diagnostic code means, as data: one TOML file a code, with files that show the fault and its cure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from wanspec.domain.codes import CODES


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code.  `bad` and `good` are small projects: file name to text; `a -> b` is a link."""

    code: str
    title: str
    text: str
    bad: Mapping[str, str]
    good: Mapping[str, str]
    options: tuple[str, ...] = ()  # of `wanspec check`, with which the bad one is met
    encoding: str = "utf-8"  # of the bad one's files


def explanation(code: str) -> Explanation | None:
    """None for a code that does not exist."""
    if code not in CODES:
        return None
    found = files(__name__) / f"{code}.toml"
    value = tomllib.loads(found.read_text(encoding="utf-8")) if found.is_file() else {}
    return Explanation(
        code,
        CODES[code],
        str(value.get("text", "")).strip(),
        value.get("bad", {}),
        value.get("good", {}),
        tuple(value.get("options", ())),
        str(value.get("encoding", "utf-8")),
    )

"""What `wanspec doctor` found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wanspec.domain.json import Json
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    message: str
    hint: str = ""
    needed: bool = True  # without it nothing renders; else it is a note

    @property
    def stops_every_render(self) -> bool:
        return self.needed and not self.ok


def for_people(findings: Sequence[Finding], *, paint: Paint = plain, verbose: bool = True) -> str:
    """A line each; only what is wrong where `verbose` is false."""
    width = max((len(one.name) for one in findings), default=0)
    lines: list[str] = []
    for one in findings:
        if one.ok and not verbose:
            continue
        mark = paint("good", "ok   ") if one.ok else paint("bad", "wrong") if one.needed else paint("faint", "note ")
        lines.append(f"{mark} {one.name:<{width}}  {visible(one.message)}")
        if one.hint and not one.ok:
            lines.append(f"      {paint('hint', 'hint:')} {visible(one.hint)}")
    return "\n".join(lines)


def for_machines(findings: Sequence[Finding]) -> dict[str, Json]:
    """The object of `doctor --json`.  `ok` is false for a note, too; `needed` tells the two apart."""
    return {
        "checks": [
            {"name": one.name, "ok": one.ok, "message": one.message, "hint": one.hint, "needed": one.needed}
            for one in findings
        ]
    }

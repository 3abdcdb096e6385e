"""The catalogue: all models in a list, or one in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wanspec.domain.json import Json
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One line of the list."""

    id: str
    provider: str
    kind: str
    title: str


def list_for_machines(models: Sequence[ListedModel]) -> dict[str, Json]:
    """The object of `models --json`."""
    return {
        "models": [{"id": one.id, "provider": one.provider, "kind": one.kind, "title": one.title} for one in models]
    }


def list_for_people(models: Sequence[ListedModel], *, paint: Paint = plain) -> str:
    width = max((len(one.id) for one in models), default=0)
    return "\n".join(f"{paint('strong', f'{one.id:<{width}}')}  {one.kind:<6}  {visible(one.title)}" for one in models)

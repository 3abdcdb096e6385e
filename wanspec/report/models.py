"""The catalogue: all models in a list, or one in full."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wanspec.domain.json import Json
from wanspec.report.escaping import visible
from wanspec.report.paint import Paint, plain
from wanspec.report.values import size


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


_HEADS = ("field", "native", "takes", "default")
_WIDEST = 44  # of a column; what a field takes may be a long list of sizes


def for_people(model: Mapping[str, Any], *, paint: Paint = plain, verbose: bool = False) -> str:
    """One described model: the two vocabularies side by side.  `verbose` adds what each field means."""
    lines = [f"{paint('strong', visible(model['id']))}  {model['kind']}  {visible(model['title'])}"]
    if model["description"]:
        lines.append(visible(model["description"]))
    lines.append(f"price: {visible(model['price'])}")
    lines += ["", *_table(model, paint, verbose)]
    if model["media"]:
        lines += ["", paint("strong", "media")]
        lines += [
            f"  {visible(one['native'])}  {one['kind'].replace('|', ' or ')}"
            + (f", sent as {', '.join(one['forms'])}" if one["forms"] else "")
            + "".join(f"; {words}" for limits in one["limits"].values() if (words := _limits(limits)))
            for one in model["media"]
        ]
    if model["sources"]:
        lines += ["", paint("strong", "written from"), *(f"  {visible(one)}" for one in model["sources"])]
    return "\n".join(lines)


def _limits(limits: Mapping[str, Any]) -> str:
    """What media have to be, in a few words: `JPEG, PNG, 240–8000 px, up to 8:1, at most 20 MB`."""
    told = [one.rpartition("/")[2].upper() for one in limits.get("types", ())]
    if limits.get("alpha") is False:
        told.append("not transparent")
    for name, unit in (("sides", "px"), ("seconds", "s")):
        if name in limits:
            told.append(f"{limits[name][0]:g}–{limits[name][1]:g} {unit}")
    if "aspect" in limits:
        told.append(f"up to {limits['aspect']:g}:1")
    if "bytes" in limits:
        told.append(f"at most {size(round(limits['bytes']))}")
    return ", ".join(told)


def _table(model: Mapping[str, Any], paint: Paint, verbose: bool) -> Iterator[str]:
    """A local model's own fields are its native ones: one column says both."""
    local = model["provider"] == "local"
    columns = [place for place in range(len(_HEADS)) if not (local and place == 1)]
    rows = [tuple(_cells(field)[place] for place in columns) for field in model["fields"]]
    heads = tuple(_HEADS[place] for place in columns)
    widths = [min(_WIDEST, max(len(row[place]) for row in [heads, *rows])) for place in range(len(heads))]
    yield paint("faint", _row(heads, widths).rstrip())
    for field, row in zip(model["fields"], rows, strict=True):
        note = f"  {paint('faint', visible(field['note']))}" if field["note"] else ""
        yield (_row(row, widths) + note).rstrip()
        if verbose and field["description"]:
            yield f"    {paint('faint', visible(field['description']))}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))


def _cells(field: Mapping[str, Any]) -> tuple[str, ...]:
    default = field["default"]
    word = "" if default is None else default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)
    needed = "required" if field["required"] else ""
    return tuple(visible(one) for one in (field["field"], field["native"], field["takes"], word or needed))

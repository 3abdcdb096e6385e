"""The graph of items as text, Mermaid, DOT or JSON; `graph_svg.py` draws it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanspec.domain.json import Json
from wanspec.report.escaping import visible


@dataclass(frozen=True, slots=True)
class Box:
    """One item as the graph shows it."""

    id: str
    shot: str
    kind: str
    model: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: boxes in story order, and for each what it needs."""

    boxes: tuple[Box, ...]
    needs: Mapping[str, tuple[str, ...]]

    def edges(self) -> Iterator[tuple[str, str]]:
        """From what is needed to what needs it, both of them drawn."""
        drawn = {box.id for box in self.boxes}
        for box in self.boxes:
            for needed in self.needs.get(box.id, ()):
                if needed in drawn:
                    yield needed, box.id


_DEEPEST = 120  # columns of indentation; a longer chain goes straight down from there


def as_json(picture: Picture) -> dict[str, Json]:
    """The object of `graph --json`."""
    return {
        "nodes": [
            {"id": box.id, "shot": box.shot, "kind": box.kind, "model": box.model, "status": box.status}
            for box in picture.boxes
        ],
        "edges": [{"from": before, "to": after} for before, after in picture.edges()],
    }


def as_text(picture: Picture) -> str:
    """A tree for each item that nothing needs, down to what it needs first; what was shown once is only named again."""
    needed = {before for before, _ in picture.edges()}
    boxes = {box.id: box for box in picture.boxes}
    lines: list[str] = []
    shown: set[str] = set()
    for root in (box.id for box in picture.boxes if box.id not in needed):
        # A stack, not recursion: a chain of continued clips may be thousands of items long.
        stack: list[tuple[str, str, str]] = [(root, "", "")]
        while stack:
            id, head, indent = stack.pop()
            below = [one for one in picture.needs.get(id, ()) if one in boxes]
            again = id in shown and bool(below)
            lines.append(f"{head}{_label(boxes[id])}{'  (see above)' if again else ''}")
            if again:
                continue
            shown.add(id)
            for place, one in reversed(list(enumerate(below))):
                last = place == len(below) - 1
                deeper = indent + ("   " if last else "│  ") if len(indent) < _DEEPEST else indent
                stack.append((one, indent + ("└─ " if last else "├─ "), deeper))
    return "\n".join(lines)


def _label(box: Box) -> str:
    return f"{visible(box.id)}  {box.kind}  {visible(box.model)}" + (f"  {box.status}" if box.status else "")


_MERMAID_SHAPES = {"image": ("[", "]"), "video": ("([", "])"), "audio": ("[/", "/]")}


def as_mermaid(picture: Picture) -> str:
    """A Mermaid flowchart.  Ids are numbered, names stand in quoted labels, so any name is safe."""
    names = _numbered(picture.boxes)
    lines = ["flowchart LR"]
    for box in picture.boxes:
        left, right = _MERMAID_SHAPES.get(box.kind, ("[", "]"))
        lines.append(f'  {names[box.id]}{left}"{_mermaid_text(box.id)}"{right}')
    lines += [f"  {names[before]} --> {names[after]}" for before, after in picture.edges()]
    return "\n".join(lines)


def _mermaid_text(text: str) -> str:
    # Mermaid reads HTML entities written with `#`; letters of every script stand for themselves.
    return "".join(one if one.isalnum() or one in " /._-" else f"#{ord(one)};" for one in visible(text))


_DOT_SHAPES = {"image": "box", "video": "box, style=rounded", "audio": "parallelogram"}


def as_dot(picture: Picture) -> str:
    """Graphviz's language."""
    lines = ["digraph wanspec {", "  rankdir=LR;", "  node [shape=box];"]
    for box in picture.boxes:
        lines.append(f"  {_dot_text(box.id)} [shape={_DOT_SHAPES.get(box.kind, 'box')}];")
    lines += [f"  {_dot_text(before)} -> {_dot_text(after)};" for before, after in picture.edges()]
    return "\n".join([*lines, "}"])


def _dot_text(text: str) -> str:
    # A JSON string is a DOT string, but for what JSON escapes with \u, which `visible` has already spelt out.
    return json.dumps(visible(text), ensure_ascii=False)


def _numbered(boxes: Iterable[Box]) -> dict[str, str]:
    return {box.id: f"n{number}" for number, box in enumerate(boxes)}


def layers(picture: Picture) -> Sequence[Sequence[str]]:
    """Items by how many steps of needs lie before them; within a layer in an order with few crossings."""
    depth: dict[str, int] = {}
    needs: dict[str, list[str]] = {box.id: [] for box in picture.boxes}
    for before, after in picture.edges():
        needs[after].append(before)
    for box in picture.boxes:
        stack = [box.id]
        while stack:
            id = stack[-1]
            open_needs = [one for one in needs[id] if one not in depth]
            if id in depth or not open_needs:
                depth.setdefault(id, 1 + max((depth[one] for one in needs[id]), default=-1))
                stack.pop()
            else:
                stack += open_needs
    rows: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for box in picture.boxes:
        rows[depth[box.id]].append(box.id)
    place = {id: float(index) for row in rows for index, id in enumerate(row)}
    for row in rows[1:]:
        # The median of what it needs: the classic way to keep lines from crossing (Eades and Wormald, 1994).
        row.sort(key=lambda id: _median([place[one] for one in needs[id]]))
        place.update((id, float(index)) for index, id in enumerate(row))
    return rows


def _median(places: Sequence[float]) -> float:
    ordered = sorted(places)
    return ordered[len(ordered) // 2] if ordered else 0.0

"""The graph as one SVG picture: layers from left to right, no script, nothing fetched."""

from __future__ import annotations

from html import escape

from wanspec.report.escaping import shortened, visible
from wanspec.report.graph import Box, Picture, layers

# Pixels.
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 200, 44, 70, 16, 20
_NAME_CELLS = 26  # what fits into a box at 13 px, in Latin letters; a wide character counts twice

_FILLS = {"image": "#e8f0fe", "video": "#fdeadf", "audio": "#e6f4ea"}
_EDGES = {"failed": "#c5221f", "uncertain": "#c5221f", "waiting": "#9334e6", "cached": "#188038", "rendered": "#188038"}


def as_svg(picture: Picture) -> str:
    """A whole SVG document."""
    rows = layers(picture)
    tallest = max(map(len, rows), default=0)
    height = 2 * _MARGIN + max(1, tallest) * (_HEIGHT + _GAP_Y) - _GAP_Y
    width = 2 * _MARGIN + max(1, len(rows)) * (_WIDTH + _GAP_X) - _GAP_X
    corner: dict[str, tuple[int, int]] = {}
    for column, row in enumerate(rows):
        # Each layer is centred, so that a funnel looks like one.
        top = (height - (len(row) * (_HEIGHT + _GAP_Y) - _GAP_Y)) // 2
        for place, id in enumerate(row):
            corner[id] = (_MARGIN + column * (_WIDTH + _GAP_X), top + place * (_HEIGHT + _GAP_Y))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" role="img" aria-label="graph of items">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for before, after in picture.edges():
        x1, y1 = corner[before][0] + _WIDTH, corner[before][1] + _HEIGHT // 2
        x2, y2 = corner[after][0], corner[after][1] + _HEIGHT // 2
        bend = (x1 + x2) // 2
        lines.append(
            f'<path d="M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}" fill="none" stroke="#80868b" stroke-width="1.5"/>'
        )
    lines += [_drawn(box, *corner[box.id]) for box in picture.boxes]
    return "\n".join([*lines, "</svg>"])


def _drawn(box: Box, x: int, y: int) -> str:
    fill = _FILLS.get(box.kind, "#f1f3f4")
    edge = _EDGES.get(box.status, "#5f6368")
    radius = 14 if box.kind == "video" else 4
    about = f"{box.model}, {box.status}" if box.status else box.model
    return (
        f"<g><title>{_text(f'{box.id}: {box.kind}, {about}')}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius}" fill="{fill}" stroke="{edge}"/>'
        f'<text x="{x + 10}" y="{y + 19}" font-size="13">{_text(_fitting(box.id))}</text>'
        f'<text x="{x + 10}" y="{y + 35}" font-size="10" fill="#5f6368">{_text(shortened(about, 34))}</text></g>'
    )


def _fitting(name: str) -> str:
    """The end of a name says more than its beginning: `street/osl/low` and `street/osl/high` differ there."""
    from rich.cells import cell_len

    shown = visible(name)
    if cell_len(shown) <= _NAME_CELLS:
        return shown
    while cell_len(shown) > _NAME_CELLS - 1:
        shown = shown[1:]
    return "…" + shown


def _text(text: str) -> str:
    return escape(visible(text), quote=True)

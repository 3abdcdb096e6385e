"""The graph in five forms."""

from __future__ import annotations

import json
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from wanspec.report.graph import Box, Picture, as_dot, as_json, as_mermaid, as_text, layers
from wanspec.report.graph_svg import as_svg

FILM = Picture(
    (
        Box("plate", "plate", "image", "acme/still"),
        Box("arrival", "arrival", "image", "acme/still", "cached"),
        Box("clip", "clip", "video", "acme/motion"),
        Box("trailer", "trailer", "video", "local/concat"),
    ),
    {"arrival": ("plate",), "clip": ("arrival", "plate"), "trailer": ("clip", "arrival")},
)
NASTY = Picture((Box('a"]; click n0 "x<script>&\x1b', "a", "image", "m"), Box("通り", "b", "video", "m")), {})


def test_text_is_a_tree_of_what_is_needed() -> None:
    assert as_text(FILM) == (
        "trailer  video  local/concat\n"
        "├─ clip  video  acme/motion\n"
        "│  ├─ arrival  image  acme/still  cached\n"
        "│  │  └─ plate  image  acme/still\n"
        "│  └─ plate  image  acme/still\n"
        "└─ arrival  image  acme/still  cached  (see above)"
    )


def test_json_edges_go_from_what_is_needed_to_what_needs_it() -> None:
    shown = json.loads(json.dumps(as_json(FILM)))
    assert shown["nodes"][1] == {
        "id": "arrival",
        "shot": "arrival",
        "kind": "image",
        "model": "acme/still",
        "status": "cached",
    }
    assert shown["edges"][0] == {"from": "plate", "to": "arrival"}
    assert len(shown["edges"]) == 5


def test_mermaid() -> None:
    assert as_mermaid(FILM) == (
        "flowchart LR\n"
        '  n0["plate"]\n'
        '  n1["arrival"]\n'
        '  n2(["clip"])\n'
        '  n3(["trailer"])\n'
        "  n0 --> n1\n"
        "  n1 --> n2\n"
        "  n0 --> n2\n"
        "  n2 --> n3\n"
        "  n1 --> n3"
    )
    assert '"]; click' not in as_mermaid(NASTY)
    assert "通り" in as_mermaid(NASTY)


def test_dot() -> None:
    assert as_dot(FILM).splitlines()[3:6] == [
        '  "plate" [shape=box];',
        '  "arrival" [shape=box];',
        '  "clip" [shape=box, style=rounded];',
    ]
    assert '  "plate" -> "arrival";' in as_dot(FILM)
    assert '"a\\"]; click n0 \\"x<script>&\\\\x1b"' in as_dot(NASTY)


@pytest.mark.parametrize("picture", [FILM, NASTY, Picture((), {})])
def test_svg_is_well_formed_and_holds_every_item(picture: Picture) -> None:
    document = ElementTree.fromstring(as_svg(picture))
    titles = [one.text or "" for one in document.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(picture.boxes)
    assert len(list(document.iter("{http://www.w3.org/2000/svg}path"))) == len(list(picture.edges()))
    assert "<script" not in as_svg(picture)


def test_layers_put_every_item_after_what_it_needs() -> None:
    assert layers(FILM) == [["plate"], ["arrival"], ["clip"], ["trailer"]]


def test_a_chain_of_thousands_of_clips_is_drawn() -> None:
    names = [f"part/{n}" for n in range(5000)]
    chain = Picture(
        tuple(Box(name, "part", "video", "m") for name in names),
        {after: (before,) for before, after in pairwise(names)},
    )
    assert len(layers(chain)) == 5000
    assert len(as_text(chain).splitlines()) == 5000
    assert max(map(len, as_text(chain).splitlines())) < 160

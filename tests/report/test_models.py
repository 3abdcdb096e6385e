"""The catalogue in words."""

from __future__ import annotations

from typing import Any

from wanspec.report.models import ListedModel, for_people, list_for_machines, list_for_people


def field(name: str, native: str, **more: Any) -> dict[str, Any]:
    rest = {"takes": "text", "default": None, "required": False, "description": "", "note": ""}
    return {"field": name, "native": native, **rest, **more}


DESCRIBED = {
    "id": "acme/still",
    "provider": "acme",
    "kind": "image",
    "title": "Stills by Acme",
    "description": "Makes stills.",
    "sources": ["https://example.com/docs"],
    "fields": [
        field("prompt", "positivePrompt", required=True, description="What it shows."),
        field("thinking", "settings.thinking", takes="true, false", default=True, note="slower"),
    ],
    "media": [
        {
            "native": "inputs[]",
            "kind": "image",
            "forms": ["url", "data"],
            "limits": {
                "image": {
                    "types": ["image/png", "image/webp"],
                    "alpha": False,
                    "sides": [240, 8000],
                    "aspect": 8,
                    "bytes": 20_000_000,
                }
            },
        },
        {"native": "voice", "kind": "audio", "forms": [], "limits": {}},
    ],
    "outputs": "numberResults",
    "price": "$0.03 per image",
}


def test_the_list() -> None:
    models = [ListedModel("acme/still", "acme", "image", "Stills"), ListedModel("b/c", "b", "video", "C\x1b")]
    assert list_for_people(models) == "acme/still  image   Stills\nb/c         video   C\\x1b"
    assert list_for_machines(models)["models"][0] == {  # type: ignore[index,call-overload]
        "id": "acme/still",
        "provider": "acme",
        "kind": "image",
        "title": "Stills",
    }


def test_one_model_shows_its_two_vocabularies_side_by_side() -> None:
    assert for_people(DESCRIBED).splitlines() == [
        "acme/still  image  Stills by Acme",
        "Makes stills.",
        "price: $0.03 per image",
        "",
        "field     native             takes        default",
        "prompt    positivePrompt     text         required",
        "thinking  settings.thinking  true, false  true      slower",
        "",
        "media",
        "  inputs[]  image, sent as url, data; PNG, WEBP, not transparent, 240–8000 px, up to 8:1, at most 20 MB",
        "  voice  audio",
        "",
        "written from",
        "  https://example.com/docs",
    ]
    assert "    What it shows." in for_people(DESCRIBED, verbose=True).splitlines()


def test_a_local_model_has_one_vocabulary() -> None:
    local = {**DESCRIBED, "id": "local/hold", "provider": "local", "media": [], "sources": []}
    assert "positivePrompt" not in for_people(local)

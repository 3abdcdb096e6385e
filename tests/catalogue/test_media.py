"""Places for media and what may stand there."""

from __future__ import annotations

import pytest

from tests.catalogue.conftest import model_called
from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.media import form_of, media_uses, medium_fault
from wanspec.catalogue.model import MediaField, Model
from wanspec.domain.items import Derived, Reference, Unknown


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("assets/mara.png", "path"),
        ("C:\\art\\mara.png", "path"),
        ("odd:name.png", "path"),
        ("https://example.com/a.png", "url"),
        ("HTTPS://example.com/a.png#sha256=00", "url"),
        ("http://127.0.0.1:8000/a.png", "url"),
        ("http://localhost/a.png", "url"),
        ("http://[::1]:9/a.png", "url"),
        ("http://localhost.example.com/a.png", ""),
        ("http://example.com/a.png", ""),
        ("s3://bucket/a.png", ""),
        ("file:///etc/passwd", ""),
        ("data:image/png;base64,AAAA", "data"),
        ("aac49721-1964-481a-ae78-8a4e29b91402", "uuid"),
        ("aac49721-1964-481a-ae78-8a4e29b9140", "path"),
        ("A" * 400, "base64"),
        ("A" * 200, "path"),
    ],
)
def test_forms(text: str, form: str) -> None:
    assert form_of(text) == form


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Reference("a"), None),
        (Derived("local/flip", ()), None),
        (Unknown(("a",)), None),
        ("a.png", None),
        ("", "is empty"),
        ("   ", "is empty"),
        (3, "must be a picture: a reference, a path, an https address or a data URI"),
        (["a.png"], "must be a picture: a reference, a path, an https address or a data URI"),
        ({"a": 1}, "must be a picture: a reference, a path, an https address or a data URI"),
        ("http://example.com/a.png", "has an address that is not fetched: `http`"),
        ("B" * 400, "holds Base64 text, which this model does not take"),
        ("a\0b", "is no path"),
        ("x-/" * 3000, "is no path"),
    ],
)
def test_what_may_stand_in_a_place(value: object, message: str | None) -> None:
    found = medium_fault(MediaField("image", "image", ("url",)), value)
    assert (found[0] if found else None) == message


def test_base64_is_fine_where_the_vendor_takes_it() -> None:
    assert medium_fault(MediaField("image", "image", ("base64",)), "B" * 400) is None


def test_every_place_of_a_request_is_found_with_its_path(motion: Model) -> None:
    native = {
        "inputs": {
            "frameImages": ["a.png", {"image": Reference("b"), "frame": "last"}],
            "referenceVideos": [Reference("c")],
            "audio": "d.wav",
        }
    }
    assert [(use.path, use.medium, use.kind) for use in media_uses(motion, native)] == [
        ("inputs.frameImages[0]", "a.png", "image"),
        ("inputs.frameImages[1].image", Reference("b"), "image"),
        ("inputs.referenceVideos[0]", Reference("c"), "video"),
        ("inputs.audio", "d.wav", "audio"),
    ]
    assert media_uses(motion, native)[3].forms == ("uuid", "url")


def test_captions_may_be_written_out(catalogue: Catalogue) -> None:
    concat = model_called(catalogue, "local/concat")
    written = {"clips": ["a.mp4", {"source": "b.mp4"}], "captions": [{"text": "hello", "start": 0, "end": 1}]}
    assert [use.path for use in media_uses(concat, written)] == ["clips[0]", "clips[1].source"]
    uses = media_uses(concat, {"clips": ["a.mp4"], "captions": "a.srt"})
    assert [(use.path, use.kind) for use in uses] == [("clips[0]", "image|video"), ("captions", "captions")]

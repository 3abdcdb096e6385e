"""A still of this machine's, on its way to a vendor that takes addresses only, and into the clip that comes back."""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.wire.buckets import S3, SECRET_KEY
from wanspec.catalogue.catalogue import load_catalogue
from wanspec.cli.main import main
from wanspec.emulator import Emulator

COLOUR = (200, 40, 90)

MODEL: dict[str, Any] = {
    "title": "A clip that begins with a picture",
    "type": "object",
    "required": ["model", "prompt", "duration"],
    "properties": {
        "model": {"const": "wan2.7-video"},
        "prompt": {"type": "string"},
        "duration": {"type": "integer", "minimum": 2, "maximum": 15},
        "resolution": {"enum": ["720P", "1080P"]},
        "image_with_roles": {"type": "array", "items": {"type": "object"}},
    },
    "x-wanspec": {
        "kind": "video",
        "constants": {"model": "wan2.7-video"},
        "portable": {
            "prompt": "prompt",
            "duration": "duration",
            "first_frame": {"to": "image_with_roles[]", "item": {"url": "{value}", "role": "first_frame"}},
        },
        "media": {"image_with_roles[].url": {"kind": "image", "forms": ["url"]}},
        "price": {"per": "second", "seconds": "duration", "usd": "0.07304"},
    },
}

SHOTS = """\
wanspec: 1
name: published
providers:
  reapi: {{poll: {{first: 0.05, max: 0.2}}, publish: "{place}"}}
shots:
  - id: opening
    prompt: the quay at dawn
    model: reapi/clip
    duration: 2
    params: {{resolution: 720P}}
    first_frame: stills/quay.png
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from PIL import Image

    for name in list(os.environ):
        if name.startswith(("WANSPEC_", "AWS_", "GOOGLE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    root = tmp_path / "film"
    (root / "schemas/reapi").mkdir(parents=True)
    (root / "schemas/reapi/clip.json").write_text(json.dumps(MODEL))
    (root / "stills").mkdir()
    Image.new("RGB", (1280, 720), COLOUR).save(root / "stills/quay.png")
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return root


@pytest.fixture
def emulator(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    catalogue = load_catalogue(project / "schemas").value
    assert catalogue is not None
    with Emulator(plain=True, latency_s=1, clock_scale=20, catalogue=lambda: catalogue) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield emulator


@pytest.fixture
def web(project: Path) -> Iterator[str]:
    """A web server that shows the project's folder `shown`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(project / "shown")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue(), err.getvalue()


def rendered(project: Path, place: str) -> tuple[int, str, str]:
    (project / "wanspec.yaml").write_text(SHOTS.format(place=place))
    return run("render", "--yes", "--json")


def first_colour(clip: Path) -> tuple[int, ...]:
    from wanspec.media import clips

    picture = clips.upright_picture(clips.first_frame(clip)).convert("RGB")
    found = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    return found


def strangeness(project: Path) -> int:
    """How far the first frame of the clip is from the still, 0 to 255."""
    found = first_colour(project / "renders/opening.mp4")
    return max(abs(came - given) for came, given in zip(found, COLOUR, strict=True))


def test_the_clip_begins_with_a_still_that_was_published_in_a_bucket(
    project: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("obstore", reason="the package of the extra `buckets`")
    with S3() as bucket:
        for name, value in bucket.environment().items():
            monkeypatch.setenv(name, value)
        code, out, err = rendered(project, "s3://films/stills")
        assert code == 0, out + err
        assert strangeness(project) < 30  # coded as a draft
        assert [call.partition(" ")[0] for call in bucket.calls] == ["PUT", "GET"]
        told = [
            out,
            err,
            *(run(*command)[1] for command in (("ledger", "--json"), ("status", "--json"), ("why", "opening"))),
        ]
    assert len(list(emulator.ledger)) == 1
    files = [path for path in project.rglob("*") if path.is_file()]
    for text in (*told, *(path.read_bytes().decode("latin-1") for path in files)):
        assert SECRET_KEY not in text
        assert "X-Amz-Signature=" not in text.replace("X-Amz-Signature=[hidden]", "")


def test_the_clip_begins_with_a_still_that_a_web_server_shows(project: Path, emulator: Emulator, web: str) -> None:
    code, out, err = rendered(project, f"file://{project}/shown+{web}")
    assert code == 0, out + err
    assert strangeness(project) < 30  # coded as a draft
    assert len(list(emulator.ledger)) == 1


def test_a_vendor_that_cannot_fetch_it_is_told_in_words(project: Path, emulator: Emulator) -> None:
    code, out, err = rendered(project, f"file://{project}/shown+http://127.0.0.1:1/nobody")
    assert code == 1, out + err
    (item,) = json.loads(out)["items"]
    assert item["status"] == "failed"
    assert "could not be downloaded" in item["error"]["message"]
    assert list(emulator.ledger) == []


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("s3://films/stills", 3, "there are no credentials for `s3://films/stills`"),
        ("s3:///stills", 2, "it names no bucket"),
        ("https://films.example", 2, "it is no place to publish at"),
        ("file:///{project}/shown+http://films.example", 2, "its address is not https"),
        ("file:///elsewhere+https://films.example", 3, "which is outside the project"),
    ],
)
@pytest.mark.usefixtures("emulator")
def test_what_cannot_be_used_is_told_before_anything_is_sent(project: Path, place: str, code: int, said: str) -> None:
    if place.startswith("s3://"):
        pytest.importorskip("obstore", reason="the package of the extra `buckets`")
    came, out, err = rendered(project, place)
    assert came == code, out + err
    assert said in out
    if code == 2:
        (fault,) = json.loads(out)["diagnostics"]
        assert (fault["code"], fault["line"], fault["path"]) == ("WS102", 4, "providers.reapi.publish")
        assert fault["hint"].startswith("write `s3://BUCKET/PREFIX`")
    assert not (project / ".wanspec/journal").exists() or not list((project / ".wanspec/journal").iterdir())

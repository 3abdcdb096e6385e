"""Media that local models read from an address: real HTTP on loopback."""

from __future__ import annotations

import hashlib
import io
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from PIL import Image

from wanspec.cli.main import main


@cache
def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 40, 160)).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def site():
    """Serves one picture; every path but `/p.png` is missing."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            found = self.path == "/p.png"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(png()) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(png())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def render(tmp_path, url: str, capsys) -> tuple[int, str]:
    (tmp_path / "wanspec.yaml").write_text(
        f"wanspec: 1\nname: t\nshots: [{{id: a, model: local/flip, source: '{url}', axis: vertical}}]\n"
    )
    code = main(["render", str(tmp_path)])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


@pytest.fixture(autouse=True)
def rehearsal(monkeypatch):
    monkeypatch.setenv("RUNWARE_BASE_URL", "http://127.0.0.1:9")


def test_a_picture_is_fetched_once_and_worked_on(site, tmp_path, capsys):
    address, asked = site
    assert render(tmp_path, f"{address}/p.png", capsys)[0] == 0
    assert render(tmp_path, f"{address}/p.png", capsys)[0] == 0
    assert asked == ["/p.png"]
    assert (tmp_path / "renders/a.png").is_file()


def test_a_pin_that_does_not_hold_is_told(site, tmp_path, capsys):
    address, _ = site
    good = hashlib.sha256(png()).hexdigest()
    code, told = render(tmp_path, f"{address}/p.png#sha256={'0' * 64}", capsys)
    assert code == 1
    assert good in told
    assert render(tmp_path, f"{address}/p.png#sha256={good}", capsys)[0] == 0


def test_what_is_not_there_fails_at_once(site, tmp_path, capsys):
    code, told = render(tmp_path, f"{site[0]}/none.png", capsys)
    assert code == 1
    assert "404" in told


def test_loopback_is_not_read_without_a_rehearsal(site, tmp_path, capsys, monkeypatch):
    address, asked = site
    monkeypatch.delenv("RUNWARE_BASE_URL")
    assert render(tmp_path, f"{address}/p.png", capsys)[0] != 0
    assert asked == []

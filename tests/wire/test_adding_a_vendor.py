"""The vendor of docs/adding-a-vendor.md, rendered with: one file and no Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.wire.studio import png

ROOT = Path(__file__).resolve().parents[2]
KEY = "brush-and-secret"


class Brushworks(BaseHTTPRequestHandler):
    """What its documentation says, and no more."""

    sold: ClassVar[list[dict[str, object]]] = []
    asked: ClassVar[int] = 0
    keys: ClassVar[set[str]] = set()
    address: ClassVar[str] = ""

    def do_POST(self) -> None:
        type(self).keys.add(self.headers.get("X-Brushworks-Key", ""))
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "bad" in body["words"]:
            self.reply(400, {"problem": {"kind": "bad-words", "text": f"no such words, {KEY}"}})
            return
        type(self).sold.append(body)
        self.reply(200, {"ticket": f"T{len(self.sold)}"})

    def do_GET(self) -> None:
        if self.path.startswith("/links/"):
            assert "X-Brushworks-Key" not in self.headers
            self.send_response(200)
            self.send_header("Content-Length", str(len(png())))
            self.end_headers()
            self.wfile.write(png())
            return
        type(self).asked += 1
        if self.asked < 2:
            self.reply(200, {"stage": "sketching"})
        else:
            self.reply(200, {"stage": "dry", "painting": {"links": [f"{self.address}/links/1"]}})

    def reply(self, status: int, tree: object) -> None:
        data = json.dumps(tree).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    Brushworks.sold, Brushworks.asked, Brushworks.keys = [], 0, set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Brushworks)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Brushworks.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield Brushworks.address
    server.shutdown()
    server.server_close()


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    text = (ROOT / "docs/adding-a-vendor.md").read_text("utf-8")
    for name, content in re.findall(r"^```(?:yaml|json) (studio/\S+)\n(.*?)^```$", text, re.M | re.S):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.replace("first: 1", "first: 0.05"), "utf-8")
    return tmp_path / "studio"


def run(studio: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wanspec", *arguments, str(studio)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_vendor_that_a_project_brings_renders(studio: Path, address: str, plain_environment: dict[str, str]) -> None:
    environment = plain_environment | {"BRUSHWORKS_API_KEY": KEY, "BRUSHWORKS_BASE_URL": address}
    done = run(studio, environment, "render", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    run_told = json.loads(done.stdout)
    assert run_told["summary"]["rendered"] == 1
    assert run_told["summary"]["cost_usd"] == 0.01
    assert (studio / "renders/bowl.png").read_bytes() == png()
    assert [one["words"] for one in Brushworks.sold] == ["A blue bowl with three lemons"]
    assert Brushworks.keys == {KEY}
    (row,) = json.loads(run(studio, environment, "ledger", "--json").stdout)["submissions"]
    assert (row["provider"], row["task_id"], row["outcome"]) == ("brushworks", "T1", "done")
    assert row["run"] == run_told["run"]
    again = run(studio, environment, "render", "--json")
    assert json.loads(again.stdout)["summary"]["cached"] == 1
    assert len(Brushworks.sold) == 1


def test_its_key_goes_nowhere_that_the_user_did_not_name(
    studio: Path, address: str, plain_environment: dict[str, str]
) -> None:
    environment = plain_environment | {"BRUSHWORKS_API_KEY": KEY}
    done = run(studio, environment, "render", "--yes", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "untrusted_provider"
    assert Brushworks.keys == set()
    assert address not in done.stderr


def test_its_refusals_are_told_in_words(studio: Path, address: str, plain_environment: dict[str, str]) -> None:
    file = studio / "wanspec.yaml"
    file.write_text(file.read_text().replace("A blue bowl", "A bad bowl"))
    environment = plain_environment | {"BRUSHWORKS_API_KEY": KEY, "BRUSHWORKS_BASE_URL": address}
    done = run(studio, environment, "render", "--yes", "--json")
    assert done.returncode == 1
    (item,) = json.loads(done.stdout)["items"]
    assert (item["status"], item["error"]["code"]) == ("failed", "refused_prompt")
    assert item["error"]["message"] == "the vendor refuses the prompt: no such words, [hidden]"
    assert item["error"]["provider_code"] == "bad-words"
    assert item["error"]["retryable"] is False

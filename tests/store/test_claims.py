"""Claims among processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wanspec.domain.errors import StoreError
from wanspec.store.claims import Claims
from wanspec.store.durable import Disk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path / "claims", Disk())


def test_one_at_a_time(claims: Claims, tmp_path: Path) -> None:
    first = claims.take("sha256:a")
    assert first is not None
    assert claims.take("sha256:a") is None
    assert claims.take("sha256:b") is not None

    first.release()
    first.release()

    with claims.take("sha256:a") as again:  # type: ignore[union-attr]
        assert again is not None
    assert list((tmp_path / "claims").glob("sha256-a")) == []


def test_waiting_ends_when_the_claim_does(claims: Claims) -> None:
    first = claims.wait("lock")
    threading.Timer(0.05, first.release).start()

    claims.wait("lock", timeout_s=10).release()


def test_waiting_for_ever_is_given_up(claims: Claims) -> None:
    with claims.wait("lock"), pytest.raises(StoreError, match="another wanspec process"):
        claims.wait("lock", timeout_s=0)


def test_the_claim_of_a_killed_process_is_void(claims: Claims, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from wanspec.store.claims import Claims; from wanspec.store.durable import Disk\n"
        "claim = Claims(Path(sys.argv[1]), Disk()).take('lock'); print('mine', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "claims")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    assert claims.take("lock") is None

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert claims.take("lock") is not None
    process.stdout.close()
    process.stdin.close()  # type: ignore[union-attr]


def test_many_threads_never_hold_it_together(claims: Claims) -> None:
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with claims.wait("lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1

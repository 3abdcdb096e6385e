"""Work in other processes, which may die of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from wanspec.domain.errors import MediaError
from wanspec.engine.workers import Workers

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import errands  # noqa: E402 - a module beside this one


def with_workers(scenario: Callable[[Workers], Awaitable[object]]) -> object:
    async def run() -> object:
        workers = Workers(2, preload=())
        try:
            async with asyncio.timeout(60):
                return await scenario(workers)
        finally:
            workers.close()

    return asyncio.run(run())


def test_work_is_done_elsewhere_and_a_worker_is_used_again() -> None:
    async def scenario(workers: Workers) -> None:
        assert await workers.run(errands.double, 21) == 42
        first = await workers.run(errands.process)
        assert first != os.getpid()
        assert await workers.run(errands.process) == first

    with_workers(scenario)


def test_what_the_work_raises_comes_back_whole() -> None:
    async def scenario(workers: Workers) -> None:
        with pytest.raises(MediaError) as raised:
            await workers.run(errands.refuse, "a.txt")
        assert (raised.value.message, raised.value.hint, raised.value.code) == (
            "`a.txt` is no picture",
            "use PNG",
            "odd",
        )

    with_workers(scenario)


def test_a_worker_that_dies_takes_only_its_own_work_along() -> None:
    async def scenario(workers: Workers) -> None:
        died, lived = await asyncio.gather(
            workers.run(errands.die), workers.run(errands.double, 4), return_exceptions=True
        )
        assert isinstance(died, MediaError)
        assert died.code == "worker_died"
        assert "memory" in died.hint
        assert lived == 8
        assert await workers.run(errands.double, 5) == 10

    with_workers(scenario)


def test_work_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    async def scenario(workers: Workers) -> None:
        marker = tmp_path / "process"
        work = asyncio.ensure_future(workers.run(errands.linger, marker))
        while not (marker.exists() and marker.read_text()):
            await asyncio.sleep(0.005)
        process = int(marker.read_text())
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        while lives(process):
            await asyncio.sleep(0.005)

    with_workers(scenario)


def lives(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "process"
    script = f"""
        import asyncio, sys
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        import errands
        from wanspec.engine.workers import Workers

        asyncio.run(Workers(1, preload=()).run(errands.linger, Path({str(marker)!r})))
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=HERE.parents[1])
    try:
        while not (marker.exists() and marker.read_text()):
            assert parent.poll() is None
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    process = int(marker.read_text())
    while lives(process):  # the test's own time limit ends this
        time.sleep(0.005)


def test_many_pieces_of_work_go_through_few_workers() -> None:
    async def scenario(workers: Workers) -> None:
        async def one(number: int) -> int:
            async with workers.slots.one():
                return await workers.run(errands.double, number)

        assert await asyncio.gather(*map(one, range(40))) == [2 * number for number in range(40)]

    with_workers(scenario)

"""What a command costs together with all processes that it starts, also those that outlive it.

    python benchmarks/costs.py COMMAND ...

Prints seconds of the clock until the command ended, seconds of CPU of all of them, and the peak of the largest one in
MiB, as JSON.  wanspec works on media in processes that are children of another process than its own: nobody who waits
for the command alone is told what they used.  Linux only.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from measure import ENVIRONMENT, Cost  # beside this file

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


def whole_cost(command: Sequence[str], folder: Path) -> Cost:
    """Runs a command that must succeed."""
    done = subprocess.run(
        [sys.executable, __file__, *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return Cost(**json.loads(done.stdout))


def _run(command: Sequence[str]) -> Cost:
    ctypes.CDLL(None, use_errno=True).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    cpu_s, memory_mib, wall_s = 0.0, 0.0, 0.0
    failed = False
    while True:
        try:
            pid, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu_s += used.ru_utime + used.ru_stime
        memory_mib = max(memory_mib, used.ru_maxrss / 1024)
        if pid == process.pid:
            wall_s = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            failed = process.returncode != 0
    if failed:
        raise SystemExit(1)
    return Cost(wall_s, cpu_s, memory_mib)


if __name__ == "__main__":
    cost = _run(sys.argv[1:])
    print(json.dumps({"wall_s": cost.wall_s, "cpu_s": cost.cpu_s, "memory_mib": cost.memory_mib}))

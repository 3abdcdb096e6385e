"""One machine: its processes, the moments at which they may be killed, and a disk that forgets what was not synced."""

from __future__ import annotations

import builtins
import errno
import io
import os
import random
import shutil
import signal
import stat
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulation.loop import Killed, ProcessLoop, Timeline

_FIRST_PROCESS = 4_000_000_000  # no real process has such a number
_MOST_STEPS = 60_000  # of one process: more is a loop without end
_REAL = {
    name: getattr(os, name)
    for name in (
        "fsync",
        "unlink",
        "rename",
        "replace",
        "mkdir",
        "rmdir",
        "write",
        "ftruncate",
        "urandom",
        "getpid",
        "kill",
        "_exit",
        "open",
        "close",
    )
}


_OPEN = io.open

# What lies in the store, in the words of the table of what was hit.
_IN_STORE = {
    "journal": "journal",
    "blobs": "blob",
    "claims": "claim",
    "tmp": "work folder",
    "runs": "run log",
    "index": "index",
    "evidence": "evidence",
}


class Stuck(AssertionError):
    """Nothing will ever happen any more, or things happen without end."""


@dataclass(frozen=True)
class Moment:
    """The `number`-th event of a kind in a process, or of all its events; events are told by `Machine.tick`."""

    number: int
    kind: str = ""  # "": of any kind

    def is_now(self, kind: str, number: int, events: int) -> bool:
        return events == self.number if not self.kind else kind == self.kind and number == self.number


@dataclass(frozen=True)
class Doom:
    """What befalls one process."""

    kill: Moment | None = None
    power: bool = False  # the kill is a power cut: all processes end, and what was not synced may be gone
    interrupt: Moment | None = None  # Ctrl-C
    again_after: int = 0  # events after which it is pressed again; 0: it is not
    full: Moment | None = None  # the disk is full from then on
    full_for: int = 0  # events


@dataclass
class Process:
    number: int
    loop: ProcessLoop
    doom: Doom
    main: Any = None
    events: int = 0
    seen: dict[str, int] = field(default_factory=dict)  # kind of event -> how many
    interrupts: int = 0  # pressed, and not noticed yet
    again_at: int = 0
    full_until: int = 0
    dead: bool = False
    files: dict[int, str] = field(default_factory=dict)  # open descriptors, and their paths

    @property
    def over(self) -> bool:
        return self.dead or self.main.done()


@dataclass
class Machine:
    """`root`: a folder on a file system of the real machine; it should be one in memory.

    Everything that the program asks the operating system for goes to the real one, but what would let chance in.  The
    disk keeps a second account: of a file what was last synced, of a folder the names when it was last synced.  After a
    power cut each difference between that and what programs saw is decided by chance.
    """

    root: Path
    random: random.Random
    timeline: Timeline = field(default_factory=Timeline)
    fifo: bool = False  # tasks take their turn in order of arrival, as asyncio does; else in any order
    trace: list[str] | None = None
    history: list[str] | None = None  # the kinds of all events, where somebody wants to know
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)  # (what befell somebody, in which event)
    processes: list[Process] = field(default_factory=list)
    current: Process | None = None
    started: int = 0
    kills: int = 0
    cuts: int = 0
    _dark: bool = False
    _files: dict[int, bytes] = field(default_factory=dict)  # inode -> what was synced
    _folders: dict[int, dict[str, tuple[int, bool]]] = field(default_factory=dict)  # inode -> name -> inode, a folder?
    tag: str = "\0"  # what a name holds that depends on where the root is; not told
    whole: tuple[Path, ...] = ()  # folders whose own library syncs, unseen from here

    def __post_init__(self) -> None:
        self._root_length = len(str(self.root)) + 1
        self._settle()

    # -- processes ---------------------------------------------------------------------------------------------------

    def start(self, main: Callable[[Process], Coroutine[Any, Any, Any]], doom: Doom | None = None) -> Process:
        loop = ProcessLoop(self.timeline)  # type: ignore[abstract]
        process = Process(_FIRST_PROCESS + self.started, loop, doom or Doom())
        self.started += 1
        self.processes.append(process)
        process.main = process.loop.create_task(main(process))
        return process

    def run(self) -> None:
        """Until every process has ended, one way or another."""
        timeline = self.timeline
        with self._installed():
            while self.processes:
                timeline.happen_now()
                ready = []
                for one in self.processes:
                    one.loop.wake()
                    if one.loop.ready:
                        ready.append(one)
                if ready:
                    self._step(ready[0] if len(ready) == 1 else self.random.choice(ready))
                    continue
                times = [when for one in self.processes if (when := one.loop.next) is not None]
                if timeline.next is not None:
                    times.append(timeline.next)
                if not times:
                    raise Stuck("every process waits, and nothing is on its way")
                timeline.now = max(timeline.now, min(times))

    def _step(self, process: Process) -> None:
        waiting = process.loop.ready
        number = 0 if self.fifo or len(waiting) == 1 else int(self.random.random() * len(waiting))
        self.timeline.now += self.random.random() * 0.002
        self.current = process
        try:
            self.tick("step")
            if process.events > _MOST_STEPS:
                raise Stuck("a process goes on without end")
            while process.interrupts:
                process.interrupts -= 1
                self._interrupt(process)
            process.loop.step(number)
        except Killed:
            pass
        finally:
            self.current = None
        if process.dead or process.main.done():
            # A power cut ends the others as well.
            for one in [one for one in self.processes if one.over]:
                self._bury(one)
                self.processes.remove(one)
        if self._dark:
            self._dark = False
            self._restore(self.root, self.root.stat().st_ino)
            self._settle()

    def _interrupt(self, process: Process) -> None:
        handler = process.loop.signals.get(signal.SIGINT)
        if handler is None:
            self.kill(process)  # what Python does with nobody there to handle it
        else:
            self.note("Ctrl-C")
            process.loop.ready.append(handler)

    def tick(self, what: str, place: str = "", about: object = "") -> None:
        """An event: a moment at which the process may end.  Raises Killed."""
        process = self.current
        if process is None:
            return
        if process.dead:
            raise Killed
        kind = f"{what} {place}" if place else what
        events = process.events = process.events + 1
        number = process.seen[kind] = process.seen.get(kind, 0) + 1
        if self.history is not None:
            self.history.append(kind)
        if self.trace is not None and what != "step":
            self.note(f"{kind} {about}")
        doom = process.doom
        if doom.full is not None and doom.full.is_now(kind, number, events):
            process.full_until = events + doom.full_for
        if doom.interrupt is not None:
            if doom.interrupt.is_now(kind, number, events):
                process.interrupts += 1
                process.again_at = events + doom.again_after
                self.hits["Ctrl-C", kind] += 1
            elif events == process.again_at:
                process.interrupts += 1
                self.hits["second Ctrl-C", kind] += 1
        if doom.kill is not None and doom.kill.is_now(kind, number, events):
            self.hits["power cut" if doom.power else "kill", kind] += 1
            self.kill(process)

    def note(self, text: str) -> None:
        if self.trace is not None:
            who = "-" if self.current is None else f"process {self.current.number - _FIRST_PROCESS}"
            events = 0 if self.current is None else self.current.events
            text = text.replace(self.tag, "this-project")
            self.trace.append(f"{self.timeline.now:10.3f} {who} {events:5d}: {text}")

    def kill(self, process: Process) -> None:
        """Ends a process, with what else its doom says.  Raises Killed."""
        self.note("power cut" if process.doom.power else "killed")
        self.kills += 1
        process.dead = True
        if process.doom.power:
            self.cuts += 1
            self._dark = True
            for one in self.processes:
                one.dead = True
        raise Killed

    def _bury(self, process: Process) -> None:
        """Lets the coroutines of a process end, without any effect on the world."""
        killed = process.dead
        process.dead = True
        process.doom = Doom()
        self.current = process
        loop = process.loop
        try:
            for _ in range(20):
                open_ones = [one for one in loop.tasks if not one.done()]
                if not open_ones:
                    break
                for one in open_ones:
                    one.cancel()
                while loop.ready:
                    try:
                        loop.step(0)
                    except Killed:
                        continue
        finally:
            self.current = None
        for one in loop.tasks:
            if one.done() and not one.cancelled():
                one.exception()  # seen
        assert all(one.done() for one in loop.tasks), "a task that cannot be ended"
        for descriptor in process.files:
            _REAL["close"](descriptor)  # with it goes the claim that was held by it
        process.files.clear()
        if killed:
            process.main = None
        loop.tasks.clear()

    # -- the disk ----------------------------------------------------------------------------------------------------

    def before(self, step: str, path: Path | str, about: object = "") -> None:
        """What `Disk` calls before it changes something.  Raises OSError on a full disk."""
        process = self.current
        if process is None:
            return
        place = self._place(path)
        self.tick(step, place, about or str(path).rpartition("/")[2])
        if process.events < process.full_until:
            self._refuse(f"{step} {place}", path)

    def _refuse(self, kind: str, path: Path | str) -> None:
        self.note("the disk is full")
        self.hits["full disk", kind] += 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def _place(self, path: Path | str) -> str:
        """What a file is to the program."""
        parts = str(path)[self._root_length :].split("/", 2)
        if parts[0] == ".wanspec":
            return _IN_STORE.get(parts[1], "store") if len(parts) > 1 else "store"
        if "wanspec.lock" in parts[0]:
            return "lock"
        return "results" if parts[0] == "renders" else parts[0]

    def _settle(self) -> None:
        """What is on the disk now is what stays."""
        self._files.clear()
        self._folders.clear()
        for folder, _, names in os.walk(self.root):
            self._note_folder(folder)
            for name in names:
                path = f"{folder}/{name}"
                self._files[os.lstat(path).st_ino] = Path(path).read_bytes()

    def _note_folder(self, folder: str) -> None:
        with os.scandir(folder) as entries:
            found = {one.name: (one.inode(), one.is_dir(follow_symlinks=False)) for one in entries}
        self._folders[os.stat(folder).st_ino] = found  # noqa: PTH116 - the fastest way counts here

    def _restore(self, folder: Path, inode: int) -> None:
        before = self._folders.get(inode, {})
        with os.scandir(folder) as entries:
            now = {one.name: (one.inode(), one.is_dir(follow_symlinks=False)) for one in entries}
        for name in sorted(before.keys() | now.keys()):
            path = folder / name
            there, synced = now.get(name), before.get(name)
            if there != synced and self.random.random() < 0.5:
                if there is not None:
                    shutil.rmtree(path) if there[1] else path.unlink()
                if synced is not None:
                    self._bring_back(path, *synced)
            elif there is not None and there[1]:
                if path not in self.whole:
                    self._restore(path, there[0])
            elif there is not None:
                self._tear(path, there[0])

    def _bring_back(self, path: Path, inode: int, is_folder: bool) -> None:
        if not is_folder:
            path.write_bytes(self._files.get(inode, b""))
            return
        path.mkdir()
        for name, (inner, inner_is_folder) in self._folders.get(inode, {}).items():
            self._bring_back(path / name, inner, inner_is_folder)

    def _tear(self, path: Path, inode: int) -> None:
        """Of what was written and not synced, some is there, some is not, and some came out as zeros."""
        seen, synced = path.read_bytes(), self._files.get(inode, b"")
        if seen == synced:
            return
        if not seen.startswith(synced):
            left = self.random.choice((seen, synced))
        else:
            cut = self.random.randint(len(synced), len(seen))
            left = seen[:cut] + (b"\0" * (len(seen) - cut) if self.random.random() < 0.3 else b"")
        path.chmod(0o600)
        path.write_bytes(left)

    # -- the operating system ----------------------------------------------------------------------------------------

    @contextmanager
    def _installed(self) -> Iterator[None]:
        """The program's calls come here first, for the length of the block."""
        chance = random.Random(self.random.random())
        asked: dict[str, Any] = {
            "fsync": self._fsync,
            "urandom": chance.randbytes,
            "getpid": lambda: self.current.number if self.current is not None else _REAL["getpid"](),
            "kill": self._signal,
            "_exit": self._leave,
            "write": self._write,
            "open": self._open,
            "close": self._close,
        }
        for name in ("unlink", "rename", "replace", "mkdir", "rmdir", "ftruncate"):
            asked[name] = self._changing(name)
        uuid4 = uuid.uuid4
        for name, function in asked.items():
            setattr(os, name, function)
        uuid.uuid4 = lambda: uuid.UUID(bytes=chance.randbytes(16), version=4)
        io.open = builtins.open = self._open_file
        try:
            yield
        finally:
            io.open = builtins.open = _OPEN
            uuid.uuid4 = uuid4
            for name in asked:
                setattr(os, name, _REAL[name])

    def _is_elsewhere(self, path: Any) -> bool:
        return isinstance(path, str | Path) and not str(path).startswith(str(self.root)) and os.path.isabs(path)  # noqa: PTH117

    def _changing(self, name: str) -> Callable[..., Any]:
        real = _REAL[name]

        def change(path: Any, *arguments: Any, **options: Any) -> Any:
            process = self.current
            if process is None or self._is_elsewhere(path):
                return real(path, *arguments, **options)
            if process.dead:
                raise FileNotFoundError(errno.ENOENT, "the process is dead", str(path))
            if isinstance(path, int):
                self.tick(name, self._place(process.files.get(path, "")))
            else:
                # By a name alone: from within a folder that is removed as a whole.
                place = self._place(path) if os.path.isabs(path) else _IN_STORE["tmp"]  # noqa: PTH117
                self.tick(name, place, str(path).rpartition("/")[2])
            return real(path, *arguments, **options)

        return change

    def _open(self, path: Any, *arguments: Any, **options: Any) -> int:
        found: int = _REAL["open"](path, *arguments, **options)
        if self.current is not None:
            self.current.files[found] = str(path)
        return found

    def _close(self, descriptor: int) -> None:
        _REAL["close"](descriptor)
        for one in self.processes:
            one.files.pop(descriptor, None)

    def _open_file(self, file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        process = self.current
        if process is not None and mode[0] in "wxa" and not self._is_elsewhere(file):
            if process.dead:
                raise OSError(errno.EIO, "the process is dead")
            self.before("create", file)
        return _OPEN(file, mode, *arguments, **options)

    def _write(self, descriptor: int, data: Any) -> int:
        process = self.current
        if process is None:
            return _REAL["write"](descriptor, data)  # type: ignore[no-any-return]
        if process.dead:
            raise OSError(errno.EIO, "the process is dead")
        place = self._place(process.files.get(descriptor, ""))
        try:
            self.tick("write", place, f"{len(data)} bytes")
            if process.events < process.full_until:
                self._refuse(f"write {place}", "")
        except (Killed, OSError):
            _REAL["write"](descriptor, bytes(data)[: self.random.randint(0, len(data))])
            raise
        return _REAL["write"](descriptor, data)  # type: ignore[no-any-return]

    def _fsync(self, descriptor: int) -> None:
        process = self.current
        if process is None or process.dead:
            return
        path = process.files.get(descriptor) or os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            self.tick("fsync folder", self._place(path))
            self._note_folder(path)
        else:
            self.tick("fsync", self._place(path))
            with _OPEN(path, "rb") as file:
                self._files[found.st_ino] = file.read()

    def _signal(self, process: int, number: int) -> None:
        if process < _FIRST_PROCESS:
            return _REAL["kill"](process, number)  # type: ignore[no-any-return]
        if not any(one.number == process and not one.over for one in self.processes):
            raise ProcessLookupError(errno.ESRCH, "no such process")
        return None

    def _leave(self, _code: int) -> None:
        if self.current is None:
            raise Killed
        self.kill(self.current)

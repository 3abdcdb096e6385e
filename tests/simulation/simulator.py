"""One simulation from one seed: a production in bad weather, its processes killed, and what must hold all the while."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.machine import Doom, Machine, Process, Stuck
from tests.simulation.production import Production, draw
from tests.simulation.vendors import Mood, Vendor, identity_of
from wanspec.domain.errors import WanspecError
from wanspec.domain.runs import Run
from wanspec.store import read_lock
from wanspec.store.index import ACTIONS
from wanspec.store.journal import REJECTED, Submission
from wanspec.store.records import from_text

ALIKE = 8  # seeds of one production, which is rendered once in fair weather to be compared with
_MOST_FAIR_RENDERS = 12


class Broken(AssertionError):
    """Something that must hold does not."""


@dataclass
class Report:
    """What one seed led to."""

    seed: int
    items: int = 0
    processes: int = 0
    kills: int = 0
    cuts: int = 0
    submits: int = 0
    charges: int = 0
    bought_again: int = 0  # by leave, after an uncertain or lost one
    fault: str = ""
    trace: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finished:
    """A finished run, as it can be compared."""

    lock: str
    results: Mapping[str, bytes]


def simulate(seed: int, *, trace: bool = False) -> Report:
    """Never raises for what breaks in the simulation: that is the report's `fault`."""
    report = Report(seed)
    with tempfile.TemporaryDirectory(prefix="wanspec-simulation-", dir=_memory()) as folder:
        try:
            with warnings.catch_warnings():
                # A task that is killed before its first step leaves a coroutine behind that nobody waited for.
                warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
                _Simulation(seed, Path(folder), report, trace).run()
        except (Broken, Stuck) as fault:
            report.fault = f"{type(fault).__name__}: {fault}"
        except Exception as error:  # a bug of the program, or of the simulation
            report.fault = "".join(traceback.format_exception(error))
    return report


def _memory() -> str | None:
    """A file system in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


class _Simulation:
    def __init__(self, seed: int, folder: Path, report: Report, trace: bool) -> None:
        self.seed = seed
        self.random = Random(f"simulation {seed}")
        self.folder = folder
        self.report = report
        self.trace = report.trace if trace else None
        self.design = seed // ALIKE
        self.entries = draw(Random(f"design {self.design}"))
        self.fifo = self.random.random() < 0.25
        self.real_index = self.random.random() < 0.04
        self.sync, self.inline = self.random.random() < 0.2, self.random.random() < 0.2
        report.items = len(self.entries)

    def run(self) -> None:
        length, expected = in_fair_weather(self.design)
        root = self.folder / "stormy"
        root.mkdir()
        machine = Machine(root, Random(f"stormy {self.seed}"), fifo=self.fifo, trace=self.trace)
        machine.whole = (root / ".wanspec" / "index",)
        vendors = vendors_of(machine, self.seed)
        for one in vendors.values():
            one.sync = self.sync
        vendors["north"].inline = self.inline
        made = Production(machine, self.entries, vendors, f"stormy {self.seed}", None if self.real_index else {})
        made.begin()
        machine.tag = made.store(plain=True).tag
        try:
            self.storm(made, length)
            self.clear_up(made)
            self.compare(made, expected)
        finally:
            self.report.kills, self.report.cuts = made.machine.kills, made.machine.cuts
            self.report.submits = sum(one.submits for one in made.vendors.values())
            self.report.charges = sum(len(one.paid) for one in made.vendors.values())

    def storm(self, made: Production, length: int) -> None:
        """Some processes in bad weather, one or two at a time."""
        worst = self.random.random()
        for vendor in made.vendors.values():
            vendor.mood = Mood(self.random.random() * 0.4 * worst, self.random.random() * 0.5 * worst)
        for _ in range(self.random.choice((1, 1, 2, 2, 3, 4))):
            together = self.random.choice((1, 1, 1, 2))
            processes = [made.machine.start(self.command(made), self.doom(length)) for _ in range(together)]
            self.report.processes += together
            made.machine.run()
            for one in processes:
                self.look_at_end(one.main)
            audit(made)
            made.machine.timeline.pass_by(self.random.choice((0.0, 5.0, 60.0, 1000.0, 6000.0, 100_000.0)))

    def command(self, made: Production) -> Callable[[Process], Coroutine[Any, Any, Any]]:
        if self.random.random() < 0.12:
            return made.recover
        return partial(made.render, jobs=self.random.choice((None, None, 1, 2)))

    def doom(self, length: int) -> Doom:
        def moment() -> int:
            return max(1, int(length * 1.3 * self.random.random()))

        match self.random.random():
            case chance if chance < 0.3:
                return Doom(kill_at=moment())
            case chance if chance < 0.6:
                return Doom(kill_at=moment(), power=True)
            case chance if chance < 0.7:
                first = moment()
                return Doom(interrupt_at=first, interrupt_again_at=first + self.random.choice((0, 3, 30)))
            case chance if chance < 0.85:
                first = moment()
                return Doom(full=range(first, first + self.random.choice((1, 20, 100_000))))
        return Doom()

    def look_at_end(self, main: asyncio.Task[Any] | None) -> None:
        """A process ends by itself, or with a trouble of the world that it tells."""
        if main is None:
            return  # it was killed
        error = main.exception()
        if error is not None and not isinstance(error, WanspecError | OSError):
            raise error

    def clear_up(self, made: Production) -> None:
        """Fair weather again: every run gets further, and what is uncertain is bought again by leave."""
        for vendor in made.vendors.values():
            vendor.mood = Mood()
        for number in range(_MOST_FAIR_RENDERS):
            again = number % 2 == 1
            before = _by_identity(made)
            process = made.machine.start(partial(made.render, again=again))
            self.report.processes += 1
            made.machine.run()
            run: Run = process.main.result()
            audit(made)
            after = _by_identity(made)
            if not again and any(after[one] > max(before[one], 1) for one in after):
                raise Broken("bought again without leave")
            bad = {one.id: one for one in run.outcomes.values() if one.status not in ("rendered", "cached")}
            if not bad:
                return
            for one in bad.values():
                told = one.status in ("uncertain", "skipped") or (one.error is not None and one.error.code != "")
                if not told:
                    raise Broken(f"`{one.id}` is {one.status}, and nobody says why")
        raise Broken(f"not finished after {_MOST_FAIR_RENDERS} renders in fair weather: {bad}")

    def compare(self, made: Production, expected: Finished) -> None:
        came = finished(made)
        if came.lock != expected.lock:
            raise Broken(f"the lock differs from that of fair weather:\n{came.lock}\n-- instead of --\n{expected.lock}")
        if came.results != expected.results:
            differ = sorted(
                name
                for name in came.results.keys() | expected.results.keys()
                if came.results.get(name) != expected.results.get(name)
            )
            raise Broken(f"results differ from those of fair weather: {differ}")
        submits = sum(one.submits for one in made.vendors.values())
        process = made.machine.start(made.render)
        made.machine.run()
        run: Run = process.main.result()
        if sum(one.submits for one in made.vendors.values()) != submits:
            raise Broken("a finished run was begun anew")
        if any(one.status != "cached" for one in run.outcomes.values()):
            raise Broken(f"not all is cached after a finished run: { {k: v.status for k, v in run.outcomes.items()} }")
        left = [one for one in made.store(plain=True).journal.open() if one.is_owed]
        if left:
            raise Broken(f"finished, and still owed: {left}")
        self.report.bought_again = sum(one.replaced for one in made.store(plain=True).journal.all())


def vendors_of(machine: Machine, seed: object) -> dict[str, Vendor]:
    return {one: Vendor(one, machine.timeline, Random(f"{one} {seed}")) for one in ("north", "south")}


@lru_cache(maxsize=ALIKE)
def in_fair_weather(design: int) -> tuple[int, Finished]:
    """A first and only render in which nothing goes wrong: how many events it had, and what it left."""
    with tempfile.TemporaryDirectory(prefix="wanspec-simulation-", dir=_memory()) as folder:
        machine = Machine(Path(folder), Random(f"fair {design}"))
        made = Production(machine, draw(Random(f"design {design}")), vendors_of(machine, design), f"fair {design}")
        made.begin()
        process = machine.start(made.render)
        machine.run()
        run: Run = process.main.result()
        bad = {one.id: one.error for one in run.outcomes.values() if one.error is not None}
        if bad or machine.kills:
            raise Broken(f"in fair weather: {bad}")
        return process.events, finished(made)


def finished(made: Production) -> Finished:
    folder = made.root / "renders"
    return Finished(
        (made.root / "wanspec.lock").read_text("utf-8"),
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            # What a power cut tore is kept aside, for people to look at; so is a temporary file of a process killed.
            if path.is_file() and ".kept-" not in path.name and not path.name.startswith(".")
        },
    )


# -- what must hold ----------------------------------------------------------------------------------------------------


def audit(made: Production) -> None:
    """Raises Broken when money or media are not as promised, at any moment in which no process runs."""
    store = made.store(plain=True)
    submissions = store.journal.all()
    _money(made, submissions)
    blobs = made.root / ".wanspec" / "blobs" / "sha256"
    there = set()
    for path in sorted(blobs.rglob("*")):
        if path.is_file() and not path.name.endswith(".tmp"):
            name = path.parent.name + path.name
            if hashlib.sha256(path.read_bytes()).hexdigest() != name:
                raise Broken(f"a blob is not what it is called: {name}")
            there.add(name)
    for key, text in store.index.scan(ACTIONS).items():
        record = from_text(text)
        if record is None or record.key != key:
            raise Broken(f"a record is damaged: {text}")
        for one in record.artifacts:
            if one.sha256 not in there:
                raise Broken(f"a record speaks of bytes that are not there: {key}")
    lock = read_lock(made.root)
    if lock.value is None or not lock.ok:
        raise Broken(f"the lock is damaged: {lock.diagnostics}")
    for item in lock.value.items.values():
        for take in item.takes:
            if take.artifact.sha256 not in there:
                raise Broken(f"the lock speaks of bytes that are not there: {item.id}")


def _money(made: Production, submissions: tuple[Submission, ...]) -> None:
    told: dict[str, list[Submission]] = {}
    for one in submissions:
        told.setdefault(_identity(one), []).append(one)
    for vendor in made.vendors.values():
        known = {one.task_id for one in submissions if one.provider == vendor.name and one.state != REJECTED}
        charged = Counter(task.identity for task in vendor.paid)
        unknown = Counter(task.identity for task in vendor.paid if task.id not in known)
        for identity, times in charged.items():
            of_it = told.get(identity, [])
            leave = sum(one.replaced for one in of_it)
            if times > 1 + leave:
                raise Broken(f"charged {times} times, with leave for {1 + leave}: {identity}")
            # One without a name has its result in the answer, or nobody knows what became of it.
            nameless = sum(not one.task_id and one.state != REJECTED for one in of_it)
            if unknown[identity] > nameless:
                raise Broken(f"accepted and forgotten: {identity}; the journal has {of_it}")


def _by_identity(made: Production) -> Counter[str]:
    return Counter(task.identity for vendor in made.vendors.values() for task in vendor.paid)


def _identity(one: Submission) -> str:
    native = dict(one.action["native"])  # type: ignore[arg-type]
    native[str(one.action["seed_path"])] = one.action["seed"]
    return identity_of(one.model, native, str)

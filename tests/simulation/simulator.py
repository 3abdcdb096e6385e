"""One simulation from one seed: a production in bad weather, its processes killed, and what must hold all the while."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.dooms import doom_of
from tests.simulation.machine import Machine, Process, Stuck
from tests.simulation.production import Production, is_large, script_of
from tests.simulation.vendors import NAMES, Mood, Vendor, identity_of
from wanspec.domain.errors import WanspecError
from wanspec.domain.runs import Run
from wanspec.store import read_lock
from wanspec.store.durable import Disk
from wanspec.store.index import ACTIONS
from wanspec.store.journal import LOST, REJECTED, Submission
from wanspec.store.records import from_text

_FAR_AHEAD_S = 90 * 86400.0
ALIKE = 16  # seeds of one production, which is rendered once in fair weather to be compared with
_MOST_FAIR_RENDERS = 12
_VERSIONS = 3  # of its shot list, as somebody edits it to and fro


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
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)  # (what befell somebody, in which event)


@dataclass(frozen=True)
class Finished:
    """A finished run, as it can be compared."""

    lock: str
    results: Mapping[str, bytes]


@dataclass(frozen=True)
class Fair:
    """A render in which nothing goes wrong."""

    events: int
    kinds: Mapping[str, int]  # of events, and how many there were of each
    finished: Finished


def simulate(seed: int, *, trace: bool = False) -> Report:
    """Never raises for what breaks in the simulation: that is the report's `fault`."""
    report = Report(seed)
    with _folder() as folder:
        try:
            _Simulation(seed, folder, report, trace).run()
        except (Broken, Stuck) as fault:
            report.fault = f"{type(fault).__name__}: {fault}"
        except Exception as error:  # a bug of the program, or of the simulation
            report.fault = "".join(traceback.format_exception(error))
    return report


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory, where there is such a file system."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="wanspec-simulation-", dir=memory) as folder:
        yield Path(folder)


class _Simulation:
    def __init__(self, seed: int, folder: Path, report: Report, trace: bool) -> None:
        self.report = report
        self.design = seed // ALIKE
        self.random = random = Random(f"simulation {seed}")
        self.fair = in_fair_weather(self.design)
        machine = Machine(folder, Random(f"stormy {seed}"), fifo=random.random() < 0.25, hits=report.hits)
        machine.trace = report.trace if trace else None
        machine.whole = (folder / ".wanspec" / "index",)
        vendors = vendors_of(machine, seed)
        for one in vendors.values():
            one.sync, one.inline = random.random() < 0.2, random.random() < 0.2
        index: dict[tuple[str, str], str] | None = None if random.random() < 0.04 else {}
        self.made = Production(machine, script_of(self.design), vendors, f"stormy {seed}", index)
        self.spoiled: set[str] = set()  # blobs that were damaged behind the program's back
        self.leave: Counter[str] = Counter()  # identity -> how often it may be bought once more because of that
        self.edited = False
        self.is_calm = False
        self.forced: Counter[str] = Counter()  # item -> the same, because of `--force`
        report.items = len(self.made.script.entries)

    def run(self) -> None:
        made = self.made
        made.begin()
        try:
            self.storm()
            self.clear_up()
            self.compare()
        finally:
            self.report.kills, self.report.cuts = made.machine.kills, made.machine.cuts
            self.report.submits = sum(one.submits for one in made.vendors.values())
            self.report.charges = sum(len(one.paid) for one in made.vendors.values())

    def storm(self) -> None:
        """Some processes in bad weather, one or two at a time, and what people do between them."""
        random, machine = self.random, self.made.machine
        worst = random.random()
        for vendor in self.made.vendors.values():
            vendor.mood = Mood(random.random() * 0.4 * worst, random.random() * 0.5 * worst)
        large = is_large(self.design)
        for _ in range(random.choice((1, 2, 3, 4) if large else (1, 1, 2))):
            together = random.choice((1, 1, 2) if large else (1, 1, 1, 1, 2))
            processes = [
                machine.start(self.command(), doom_of(random, self.fair.events, self.fair.kinds))
                for _ in range(together)
            ]
            self.report.processes += together
            if together > 1:
                self.hit("company", "beside another")
            if random.random() < 0.06:
                machine.timeline.after(random.uniform(0, 6), self.set_clock)
            machine.run()
            for one in processes:
                self.look_at_end(one.main)
            self.audit()
            machine.timeline.pass_by(random.choice((0.0, 5.0, 60.0, 1000.0, 6000.0, 100_000.0)))
            self.meddle()

    def hit(self, what: str, where: str) -> None:
        self.report.hits[what, where] += 1

    def command(self) -> Callable[[Process], Coroutine[Any, Any, Any]]:
        random, made = self.random, self.made
        script, again, force = made.script, False, frozenset[str]()
        match random.random():
            case chance if chance < 0.12:
                self.hit("recover", "beside renders")
                return made.recover
            case chance if chance < 0.30:
                self.hit("edited shot list", "between runs")
                self.edited = True
                script = script_of(self.design, random.randint(1, _VERSIONS))
            case chance if chance < 0.38:
                self.hit("--retry-uncertain", "of a run")
                again = True
            case chance if chance < 0.44:
                self.hit("--force", "of a run")
                force = frozenset({random.choice(script.entries).id})
                self.forced.update(force)
        jobs = random.choice((None, None, 1, 2))
        return partial(made.render, script=script, jobs=jobs, again=again, force=force, tidy=random.random() < 0.15)

    def meddle(self) -> None:
        """What may happen to a machine while nothing runs: its clock is set, a disk decays."""
        random, timeline = self.random, self.made.machine.timeline
        if timeline.ahead > _FAR_AHEAD_S / 2:
            timeline.ahead = 0.0
            self.hit("clock put right", "between runs")
        elif random.random() < 0.08:
            self.set_clock()
        if random.random() < 0.08:
            blobs = sorted(self.made.seen.blobs.all())
            if blobs:
                self.spoil(random.choice(blobs))

    def set_clock(self) -> None:
        """Wrongly: far ahead is plain to see once it is put right; a little is not, and no vendor minds it."""
        if not self.is_calm:
            machine = self.made.machine
            machine.timeline.ahead = self.random.choice((_FAR_AHEAD_S, self.random.uniform(-1500, 1500)))
            self.hit("clock set wrong", "within a run" if machine.processes else "between runs")

    def spoil(self, sha256: str) -> None:
        path = self.made.seen.blobs.path(sha256)
        data = path.read_bytes()
        path.unlink()
        if self.random.random() < 0.6:
            place = self.random.randrange(len(data))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            self.hit("damaged blob", "between runs")
        else:
            self.hit("deleted blob", "between runs")
        self.made.machine._settle()
        self.spoiled.add(sha256)
        # What came of it is not there any more, so it may be bought once more; unless nobody ever bought it.
        for vendor in self.made.vendors.values():
            for task in vendor.paid:
                if any(hashlib.sha256(one).hexdigest() == sha256 for one in task.results):
                    self.leave[task.identity] += 1

    def look_at_end(self, main: asyncio.Task[Any] | None) -> None:
        """A process ends by itself, or with a trouble of the world that it tells."""
        if main is None:
            return  # it was killed
        error = main.exception()
        if error is not None and not isinstance(error, WanspecError | OSError):
            raise error

    def clear_up(self) -> None:
        """Fair weather again: every run gets further, and what is uncertain is bought again by leave."""
        made = self.made
        made.machine.timeline.ahead = 0.0
        self.is_calm = True
        for vendor in made.vendors.values():
            vendor.mood = Mood()
        for number in range(_MOST_FAIR_RENDERS):
            again = number % 2 == 1
            before, leave = self.bought(), self.leave_to_buy(made.seen.journal.all())
            run = self.render(again=again)
            if not again:
                # What is uncertain stays so without leave, whatever was allowed in an earlier run.
                after = self.bought()
                if any(after[one] > max(before[one], 1 + leave[one]) for one in after):
                    raise Broken("bought again without leave")
            bad = {one.id: one for one in run.outcomes.values() if one.status not in ("rendered", "cached")}
            made.machine.timeline.pass_by(60.0 * number)
            if not bad:
                self.audit()
                self.rest = all(one.status == "cached" for one in run.outcomes.values())
                return
            for one in bad.values():
                told = one.status in ("uncertain", "skipped") or (one.error is not None and one.error.code != "")
                if not told:
                    raise Broken(f"`{one.id}` is {one.status}, and nobody says why")
        raise Broken(f"not finished after {_MOST_FAIR_RENDERS} renders in fair weather: {bad}")

    def render(self, *, again: bool = False) -> Run:
        process = self.made.machine.start(partial(self.made.render, again=again))
        self.report.processes += 1
        self.made.machine.run()
        run: Run = process.main.result()
        return run

    def compare(self) -> None:
        made, expected = self.made, self.fair.finished
        came = finished(made)
        if came.lock != expected.lock:
            raise Broken(f"the lock differs from that of fair weather:\n{came.lock}\n-- instead of --\n{expected.lock}")
        names = set(expected.results)
        if not self.edited:
            # Else a run that was killed may have left files of takes that an item has no more.
            names |= came.results.keys()
        if differ := sorted(one for one in names if came.results.get(one) != expected.results.get(one)):
            raise Broken(f"results differ from those of fair weather: {differ}")
        if not self.rest:
            # The last one rendered something; the next has nothing to do.
            submits = self.submits
            run = self.render()
            if self.submits != submits:
                raise Broken("a finished run was begun anew")
            told = {one.id: one.status for one in run.outcomes.values()}
            if any(status != "cached" for status in told.values()):
                raise Broken(f"not all is cached after a finished run: {told}")
        if any(one.is_owed for one in made.seen.journal.open()):
            self.collect_the_rest()
        self.report.bought_again = sum(one.replaced for one in made.seen.journal.all())

    def collect_the_rest(self) -> None:
        """What an edit left in flight is of no item any more; `recover` brings it home."""
        submits = self.submits
        for _ in range(2):  # what was lost at the first attempt may be asked for at the second
            self.made.machine.timeline.pass_by(300.0)
            process = self.made.machine.start(self.made.recover)
            self.report.processes += 1
            self.made.machine.run()
            process.main.result()
            self.audit()
        if self.submits != submits:
            raise Broken("recover submitted something")
        mine = {record for block in read_lock(self.made.root).value.items.values() for record in block.keys}  # type: ignore[union-attr]
        left = [one for one in self.made.seen.journal.open() if one.is_owed]
        # What was lost for good stays in the ledger, where nobody needs it any more.
        left = [one for one in left if one.state != LOST or (one.key in mine and not one.forced)]
        if left:
            raise Broken(f"finished, and still owed: {left}")

    @property
    def submits(self) -> int:
        return sum(one.submits for one in self.made.vendors.values())

    def bought(self) -> Counter[str]:
        return Counter(task.identity for vendor in self.made.vendors.values() for task in vendor.paid)

    # -- what must hold ------------------------------------------------------------------------------------------------

    def audit(self) -> None:
        """Raises Broken when money or media are not as promised, at any moment in which no process runs."""
        self.audit_money()
        audit_store(self.made, self.spoiled)

    def leave_to_buy(self, submissions: Iterable[Submission]) -> Counter[str]:
        """Identity -> how often it may be bought beyond the first time."""
        leave = Counter(self.leave)
        items: dict[str, set[str]] = {}
        for one in submissions:
            identity = identity_of_submission(one)
            leave[identity] += one.replaced
            items.setdefault(identity, set()).add(one.item)
        for identity, names in items.items():
            leave[identity] += sum(self.forced[name] for name in names)
        return leave

    def audit_money(self) -> None:
        submissions = self.made.seen.journal.all()
        leave = self.leave_to_buy(submissions)
        told: dict[str, list[Submission]] = {}
        for one in submissions:
            told.setdefault(identity_of_submission(one), []).append(one)
        for vendor in self.made.vendors.values():
            known = {one.task_id for one in submissions if one.provider == vendor.name and one.state != REJECTED}
            if unnoted := vendor.asked.difference(one.task_id for one in submissions):
                raise Broken(f"asked for, and forgotten: {sorted(unnoted)}")
            charged = Counter(task.identity for task in vendor.paid)
            unknown = Counter(task.identity for task in vendor.paid if task.id not in known)
            for identity, times in charged.items():
                if times > 1 + leave[identity]:
                    raise Broken(f"charged {times} times, with leave for {1 + leave[identity]}: {identity}")
                # One without a name has its result in the answer, or nobody knows what became of it.
                of_it = told.get(identity, [])
                nameless = sum(not one.task_id and one.state != REJECTED for one in of_it)
                if unknown[identity] > nameless:
                    raise Broken(f"accepted and forgotten: {identity}; the journal has {of_it}")


def vendors_of(machine: Machine, seed: object) -> dict[str, Vendor]:
    return {one: Vendor(one, machine.timeline, Random(f"{one} {seed}"), hits=machine.hits) for one in NAMES}


@lru_cache(maxsize=8)
def in_fair_weather(design: int) -> Fair:
    """A first and only render in which nothing goes wrong."""
    with _folder() as folder:
        machine = Machine(folder, Random(f"fair {design}"), history=[])
        made = Production(machine, script_of(design), vendors_of(machine, design), f"fair {design}")
        made.begin()
        process = machine.start(made.render)
        machine.run()
        run: Run = process.main.result()
        bad = {one.id: one.error for one in run.outcomes.values() if one.error is not None}
        if bad or machine.kills:
            raise Broken(f"in fair weather: {bad}")
        return Fair(process.events, Counter(machine.history), finished(made))


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


def audit_store(made: Production, spoiled: Collection[str]) -> None:
    """Raises Broken when bytes are not what they are called, or spoken of and not there.

    `spoiled`: those that were damaged from outside; the program may not have noticed yet.
    """
    there = made.seen.blobs.all()
    for sha256 in sorted(there.difference(spoiled)):
        if hashlib.sha256(made.seen.blobs.path(sha256).read_bytes()).hexdigest() != sha256:
            raise Broken(f"a blob is not what it is called: {sha256}")
    there.update(spoiled)
    index = made.seen.index if made.index is not None else made.store(Disk()).index
    for key, text in index.scan(ACTIONS).items():
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


def identity_of_submission(one: Submission) -> str:
    native = dict(one.action["native"])  # type: ignore[arg-type]
    native[str(one.action["seed_path"])] = one.action["seed"]
    return identity_of(one.model, native, str)

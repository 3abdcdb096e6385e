"""One action, from its key to its record: found, waited for, or made."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from wanspec.domain.actions import Action, Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError, ProviderError, StoreError, Uncertain
from wanspec.engine.clock import Clock
from wanspec.engine.renderers import Produced, Renderer, Vendor, is_vendor
from wanspec.engine.slots import Slots
from wanspec.engine.verification import hold_against
from wanspec.store import Store
from wanspec.store.claims import Claim

# How long to wait before looking again whether another process has finished the same action.
_FIRST_LOOK_S = 0.05
_LONGEST_LOOK_S = 1.0


class Halted(Exception):
    """Nothing new is begun any more."""


class _Nothing(Exception):
    """There was nothing to collect."""


@dataclass(frozen=True, slots=True)
class Performed:
    """A record, and whether this process made it just now."""

    record: Record
    made: bool


@dataclass(slots=True)
class Performer:
    """Performs actions, equal ones once: in this process and among those that share the store."""

    store: Store
    clock: Clock
    slots: Slots  # how many actions at once, over all renderers
    inspect: Callable[[Path], Awaitable[Artifact]]  # what a file is that no renderer looked at
    preview: bool = False
    fail_fast: bool = False  # the first failure halts
    asked: set[str] = field(default_factory=set)  # the keys of all that was to be performed
    _halted: bool = False
    _going_on: dict[str, asyncio.Future[Performed]] = field(default_factory=dict)

    @property
    def is_halted(self) -> bool:
        return self._halted

    def halt(self) -> None:
        """What is under way goes on; what has not begun raises Halted."""
        self._halted = True

    async def collect(self, action: Action, renderer: Vendor) -> Record | None:
        """What an earlier run sent for, put into the store; None while another process is at it, and for nothing.

        Raises what the renderer raises, and StoreError when the result could not be kept.
        """
        async with renderer.slots.one():
            claim = await asyncio.to_thread(self.store.claims.take, action.key)
            if claim is None:
                return None
            with claim:
                try:
                    return await self._make(action, renderer, only_collect=True)
                except _Nothing:
                    return None

    async def perform(
        self, action: Action, renderer: Renderer, *, urgency: float = 0.0, anew: bool = False
    ) -> Performed:
        """The record of an action that the caller did not find.  `anew`: make it whatever the store has.

        Raises what the renderer raises, Halted, and StoreError when the result could not be kept.
        """
        self.asked.add(action.key)
        going_on = self._going_on.get(action.key)
        if going_on is not None:
            found = await asyncio.shield(going_on)
            return Performed(found.record, made=False)
        mine: asyncio.Future[Performed] = asyncio.get_running_loop().create_future()
        self._going_on[action.key] = mine
        try:
            performed = await self._perform(action, renderer, urgency, anew)
        except BaseException as error:
            if isinstance(error, Exception):
                mine.set_exception(error)
                mine.exception()  # seen: nobody else may be waiting
            else:
                mine.cancel()
            raise
        else:
            mine.set_result(performed)
            return performed
        finally:
            # One that was made stays, so that an equal action later in the run is not made anew either.
            if mine.cancelled() or mine.exception() is not None:
                del self._going_on[action.key]

    async def _perform(self, action: Action, renderer: Renderer, urgency: float, anew: bool) -> Performed:
        pause_s = _FIRST_LOOK_S
        waited = False
        while True:
            # A place is held while there is work and not while another process is waited for: two processes that
            # wait for each other's claims with all places taken would wait for ever.
            async with renderer.slots.one(urgency), self.slots.one(urgency):
                if self._halted:
                    raise Halted
                claim, found = await asyncio.to_thread(self._claim, action.key, not anew or waited)
                if claim is not None:
                    with claim:
                        if found is not None:
                            return await self._collected(action, renderer, found)
                        try:
                            return Performed(await self._make(action, renderer, claim), made=True)
                        except Exception:
                            # Before the place is given to the next one.
                            self._halted = self._halted or self.fail_fast
                            raise
            waited = True
            await self.clock.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_LOOK_S)

    async def _collected(self, action: Action, renderer: Renderer, found: Record) -> Performed:
        """What the store has of an action, or what was sent for anew before a kill and is still to be had.

        Raises Uncertain when something was sent for anew and nobody can say what became of it.
        """
        if is_vendor(renderer) and await asyncio.to_thread(renderer.owes, action.key):
            try:
                return Performed(await self._make(action, renderer, only_collect=True), made=True)
            except (_Nothing, ProviderError, MediaError) as error:
                doubtful = isinstance(error, Uncertain) or getattr(error, "code", "") == "lost"
                if doubtful and renderer.buys_again(action.item):
                    return Performed(await self._make(action, renderer), made=True)
                if isinstance(error, Uncertain):
                    raise
                # The ledger has it; there is a result to go on with.
        return Performed(found, made=False)

    async def _make(
        self, action: Action, renderer: Renderer, claim: Claim | None = None, *, only_collect: bool = False
    ) -> Record:
        """Raises _Nothing when it should only collect, and there is nothing.  `claim`: released with the last step."""
        folder = await asyncio.to_thread(self._begin, action)
        try:
            if only_collect and is_vendor(renderer):
                collected = await renderer.collect(action, folder)
                if collected is None:
                    raise _Nothing
                produced = collected
            else:
                produced = await renderer.render(action, folder)
            artifacts = [one.artifact or await self.inspect(one.path) for one in produced]
            expected = renderer.expected(action)
            if not 1 <= len(artifacts) <= expected.outputs:
                raise MediaError(f"{len(artifacts)} files came, {expected.outputs} were asked for", code="not_as_asked")
            for artifact in artifacts:
                hold_against(artifact, expected)
            record = Record(
                key=action.key,
                model=action.model,
                artifacts=tuple(artifacts),
                seeds=tuple(action.seed if one.seed is None else one.seed for one in produced),
                cost_usd=_total(produced),
                time=self.clock.now().isoformat(timespec="seconds"),
                facts=action.facts,
                task_id=next((one.task_id for one in produced if one.task_id), ""),
                request_id=next((one.request_id for one in produced if one.request_id), ""),
            )
            await asyncio.to_thread(self._keep, produced, record, folder, claim)
            return record
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # What waits for the disk does so in threads, and as much as can be in one go: the way there and back costs as much
    # as most of what is done there.

    def _claim(self, key: str, look: bool) -> tuple[Claim | None, Record | None]:
        """The claim on an action, and what the store has of it, where that is wanted."""
        claim = self.store.claims.take(key)
        if claim is None or not look:
            return claim, None
        try:
            return claim, self.store.record(key, preview=self.preview)
        except BaseException:
            claim.release()
            raise

    def _begin(self, action: Action) -> Path:
        """An empty folder.  Raises StoreError when a blob that the action reads is gone or damaged."""
        for path, artifact in action.media.items():
            if action.files.get(path) == self.store.blobs.path(artifact.sha256):
                self.store.blobs.sound(artifact.sha256)
        return self.store.work_folder()

    def _keep(self, produced: list[Produced], record: Record, folder: Path, claim: Claim | None) -> None:
        """First the bytes, then the record that speaks of them: a kill in between costs the work, not the truth."""
        for one, artifact in zip(produced, record.artifacts, strict=True):
            if self.store.blobs.add(one.path) != artifact.sha256:
                raise StoreError(f"`{one.path.name}` changed while it was put into the store")
        self.store.keep(record, preview=self.preview)
        for one in produced:
            if one.kept is not None:
                one.kept()
        shutil.rmtree(folder, ignore_errors=True)
        if claim is not None:
            claim.release()


def _total(produced: list[Produced]) -> Decimal | None:
    costs = [one.cost_usd for one in produced if one.cost_usd is not None]
    return sum(costs, Decimal(0)) if costs else None

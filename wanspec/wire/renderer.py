"""The renderer for every vendor: hands actions over, follows them, brings home what comes; the journal goes before."""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import re
import shutil
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from wanspec.catalogue import provider as means
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import ABSENT, copied, put, steps, value_at
from wanspec.catalogue.portable import to_portable
from wanspec.catalogue.sizes import promised_size
from wanspec.domain.actions import Action
from wanspec.domain.errors import Busy, Failed, MediaError, ProviderError, Refused, StoreError, Uncertain, WanspecError
from wanspec.domain.json import Json
from wanspec.domain.requests import Price, Request
from wanspec.engine.events import BUSY, FETCHED, MADE, SENT, TURN, Doing
from wanspec.engine.renderers import Produced
from wanspec.engine.slots import Slots
from wanspec.engine.verification import Expected
from wanspec.store import Store
from wanspec.store import journal as events
from wanspec.store.durable import trouble
from wanspec.store.journal import Output, Submission
from wanspec.wire.answers import Fault, Found, Progress
from wanspec.wire.conversation import Accepted, Conversation, Handed, NotSentYet, TurnedAway, Unclear
from wanspec.wire.downloads import Downloads, Gone, NotAsAsked, Wanted
from wanspec.wire.inbound import Handles, Inbound, result_handle
from wanspec.wire.pace import GIVE_UP_S, Patience
from wanspec.wire.secrets import unsigned

# After Ctrl-C a submit that has left is waited for, so that its task is not lost; a second Ctrl-C does not wait.
_PARTING_S = 60.0
# How long a task may say that it is finished, and show nothing or less than was asked for.
_INCOMPLETE_S = 60.0
_INCOMPLETE_POLLS = 4
# A new task is not known everywhere at the vendor in its first moments.
_MISSING_POLLS = 3

# How long a submit of which the vendor knows nothing may still turn up.
_NEVER_AFTER_S = 600.0
# How far a clock is put back in the course of things, by whoever keeps it right.
_CLOCKS_DIFFER_S = 60.0
# Most tasks are done by then.
_YOUNG_S = 600.0
# A key that the vendor is about to forget is not relied on.
_REPEAT_MARGIN_S = 3600.0

_SAME_KEY = "`wanspec render --retry-uncertain` sends it again under the same key, which buys nothing twice"
_ASK_ELSEWHERE = "look at the vendor's site; `wanspec render --retry-uncertain` buys it again"

_VALIDATION = re.compile(r"invalid|missing|unsupported|validation|incompatible", re.IGNORECASE)

MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line allows to be bought again, and to be asked."""

    force: frozenset[str] = frozenset()  # items
    retry_uncertain: bool = False
    offline: bool = False  # what is uncertain stays so: nobody is asked

    def again(self, item: str) -> bool:
        return self.retry_uncertain or item in self.force


class _NeverSent(Exception):
    """A submission turns out not to have been accepted."""


class _NotKept(Exception):
    """Bytes that the store had are gone, or not what they were."""


@dataclass(slots=True)
class VendorRenderer:
    """Has one vendor do actions, each submitted once."""

    talk: Conversation
    store: Store
    model_of: Callable[[str], Model | None]
    inbound: Inbound
    downloads: Downloads
    handles: Handles
    wishes: Wishes = field(default_factory=Wishes)
    tell: Callable[[str], None] = lambda _text: None
    slots: Slots = field(init=False)
    run: str = ""
    lingers_s: float = math.inf  # how long an unfinished task is waited for; then it is left in flight
    _used: dict[str, tuple[str, ...]] = field(default_factory=dict)  # submission -> handles that it rests on
    _doings: dict[str, Doing] = field(default_factory=dict)  # by key

    def __post_init__(self) -> None:
        self.slots = Slots(self.talk.provider.in_flight)

    # -- what the engine asks ----------------------------------------------------------------------------------------

    def begin(self, run: str) -> None:
        self.run = run

    def identify(self, action: Action) -> Action:
        return action

    def expected(self, action: Action) -> Expected:
        return self._wanted(action).expected

    def doings(self) -> Sequence[Doing]:
        return tuple(self._doings.values())

    def buys_again(self, item: str) -> bool:
        return self.wishes.again(item)

    def owes(self, key: str) -> bool:
        return bool(self.store.journal.of_key(key))

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        async with self._place(action), self._net(action):
            replaced: list[Submission] = []
            for one in await asyncio.to_thread(self.store.journal.of_key, action.key):
                try:
                    return await self._collect(one, action, folder)
                except _NeverSent:
                    return await self._submit(action, folder, one, [])
                except (_Lost, Uncertain) as error:
                    if not self.wishes.again(action.item):
                        raise
                    if isinstance(error, Uncertain) and self._may_repeat(one):
                        return await self._submit(action, folder, one, [])
                    replaced.append(one)
            return await self._submit(action, folder, None, replaced)

    async def collect(self, action: Action, folder: Path) -> list[Produced] | None:
        async with self._place(action), self._net(action):
            error: WanspecError | None = None
            for one in await asyncio.to_thread(self.store.journal.of_key, action.key):
                try:
                    return await self._collect(one, action, folder)
                except _NeverSent:
                    # A task can take its time to be known; after a while it will not come any more.
                    if self._age_s(one.when) > _NEVER_AFTER_S:
                        await self._note(one, events.REJECTED)
                except WanspecError as other:
                    error = other
            if error is not None:
                raise error
            return None

    @asynccontextmanager
    async def _place(self, action: Action) -> AsyncIterator[None]:
        async with self.talk.pace.place():
            try:
                yield
            finally:
                self._doings.pop(action.key, None)

    @asynccontextmanager
    async def _net(self, action: Action) -> AsyncIterator[None]:
        """What nobody foresaw is the trouble of this action alone.

        The journal stays as it is: by what it knows, the next render asks, and nothing is bought twice.
        """
        try:
            yield
        except WanspecError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                with trouble(Path(error.filename or self.store.folder)):
                    raise
            raise await asyncio.to_thread(self._unforeseen, error, action) from error

    def _unforeseen(self, error: Exception, action: Action) -> ProviderError:
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"wanspec made a mistake over it: `{type(error).__name__}` in `{Path(where.filename).name}`"
        kept = self._told_in_full(error, action)
        for one in self.store.journal.of_key(action.key):
            if one.state in (events.INTENT, events.UNCERTAIN) and not one.client_made:
                unclear = self._unclear(one, why, one.request_id)
                unclear.hint = f"{unclear.hint}; {kept}"
                return unclear
        return Failed(why, hint=f"what was sent is remembered, and the next render asks for it; {kept}", code="bug")

    def _told_in_full(self, error: Exception, action: Action) -> str:
        """Writes down how it came to a mistake of ours; where, in words."""
        path = self.store.folder / "logs" / f"mistake-{action.key[:12]}.txt"
        text = "".join(traceback.format_exception(error))
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(unsigned(self.talk.access.secrets.hide(text)), "utf-8", errors="replace")
            return f"please report it, with `{self.store.folder.name}/logs/{path.name}`"
        return "please report it"

    def _at(self, action: Action, phase: str) -> None:
        self._doings[action.key] = Doing(action.item, self.talk.provider.name, phase)

    # -- handing over ------------------------------------------------------------------------------------------------

    async def _submit(
        self, action: Action, folder: Path, again: Submission | None, replaced: list[Submission]
    ) -> list[Produced]:
        """Buys an action.  `again`: a submission of which the vendor knows nothing; `replaced`: what this stands for.

        Each try is noted before it leaves, and that it was turned away before anything else happens: killed in
        between, a vendor that cannot be asked is never taken to have what it refused.
        """
        model = self._model(action)
        client_made = self.talk.provider.submit.client_made and bool(model.task_id)
        self._at(action, SENT)
        supplied = await self.inbound.supply(action, folder)
        submission = again or self._submission(action, str(uuid.uuid4()) if client_made else "")
        patience = Patience(self.talk.clock, self.talk.random)
        perhaps_there = again is not None  # whether an earlier try may have been accepted
        refreshed = False
        while True:
            native = native_of(action, model, supplied.values, self.talk.provider.submit.sends, submission.task_id)
            self._at(action, TURN)
            asked = self.talk.clock.monotonic()
            sent = await self.talk.pace.turn()
            if self.talk.pace.takes_nothing_s <= GIVE_UP_S:
                # Standing in line is no trouble, while the vendor takes something now and then.
                patience.excuse(sent - asked)
            self._at(action, SENT)
            if not perhaps_there:
                await asyncio.to_thread(self.store.journal.intend, submission)
            for one in replaced:
                await self._note(one, events.REPLACED)
            replaced = []
            self._used[submission.id] = supplied.handles
            handed, noted = await self._hand_over(submission, native, action, folder, perhaps_there)
            match handed:
                case Accepted(_, progress, _):
                    self.talk.pace.speed_up()
                    if noted.outputs:
                        return await self._fetch_known(noted, action, folder)
                    return await self._bring_home(noted, action, folder, progress, fresh=True)
                case NotSentYet(why):
                    self._at(action, BUSY)
                    wait_s = patience.next_s()
                    if wait_s is None:
                        raise Busy(
                            f"the vendor cannot be reached: {why}", hint="render again later", code="unreachable"
                        )
                    await self.talk.clock.sleep(wait_s)
                case TurnedAway(fault, after_s):
                    if fault.meaning == means.UNREACHABLE and supplied.handles and not refreshed:
                        # An upload or an old result that the vendor has dropped: by another way, once.
                        refreshed = True
                        await asyncio.to_thread(self.handles.forget, supplied.handles)
                        supplied = await self.inbound.supply(action, folder)
                        continue
                    wait_s = patience.next_s(after_s) if fault.meaning == means.BUSY else None
                    if wait_s is None:
                        raise fault.error(Busy if fault.meaning == means.BUSY else Refused)
                    self._at(action, BUSY)
                    self.talk.pace.slow_down(wait_s, sent)
                    await self.talk.clock.sleep(wait_s)
                case Unclear(why, request_id):
                    perhaps_there = True
                    self._at(action, BUSY)
                    wait_s = patience.next_s() if client_made or self._may_repeat(submission) else None
                    if wait_s is None:
                        raise self._unclear(submission, why, request_id)
                    await self.talk.clock.sleep(wait_s)

    def _may_repeat(self, one: Submission) -> bool:
        """Whether the vendor still knows a submit by its key, and would answer with the task that it may have made."""
        submit = self.talk.provider.submit
        return bool(submit.repeat_header) and self._is_within(one.when, submit.repeat_s - _REPEAT_MARGIN_S)

    def _submission(self, action: Action, task_id: str) -> Submission:
        return Submission(
            id=uuid.uuid4().hex,
            when=self._now(),
            run=self.run,
            key=action.key,
            item=action.item,
            take=action.take,
            provider=self.talk.provider.name,
            model=action.model,
            task_id=task_id,
            client_made=bool(task_id),
            estimated_usd=action.request.price.usd,
            forced=self.wishes.again(action.item),
            action=remembered(action),
        )

    async def _hand_over(
        self,
        submission: Submission,
        native: Mapping[str, Any],
        action: Action,
        folder: Path,
        perhaps_there: bool,
    ) -> tuple[Handed, Submission]:
        """Sends once, and notes what came of it.  An interruption waits for that: the request has left."""

        async def both() -> tuple[Handed, Submission]:
            kind = self._kind(action.model)
            outputs = action.request.outputs
            handed = await self.talk.hand_over(native, submission.task_id, kind, outputs, submission.id)
            if isinstance(handed, TurnedAway) and handed.fault.meaning == means.CONFLICT and perhaps_there:
                handed = Accepted(submission.task_id, Progress(means.RUNNING), handed.fault.request_id)
            noted = submission
            if isinstance(handed, Accepted):
                noted = replace(
                    submission,
                    task_id=handed.task_id,
                    request_id=handed.request_id,
                    state=events.ACCEPTED,
                    accepted=self._now(),
                )
                if handed.progress.state == means.DONE:
                    noted = await self._note_outputs(noted, handed.progress.outputs, action, folder)
                else:
                    await self._note(noted, events.ACCEPTED, task_id=noted.task_id, request_id=noted.request_id)
            elif isinstance(handed, Unclear):
                if not submission.client_made and not perhaps_there:
                    facts: dict[str, Json] = {"message": handed.why, "request_id": handed.request_id}
                    await self._note(submission, events.UNCERTAIN, **facts)
            elif not perhaps_there or (isinstance(handed, TurnedAway) and handed.fault.meaning != means.BUSY):
                why = handed.fault if isinstance(handed, TurnedAway) else Fault(means.BUSY)
                await self._note(submission, events.REJECTED, code=why.code, message=why.message)
            return handed, noted

        sending = asyncio.ensure_future(both())
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            if not sending.done():
                self.tell(f"waiting for the answer about `{action.item}`, which has been sent")
                with suppress(Exception):
                    await asyncio.wait_for(sending, _PARTING_S)
            raise

    def _unclear(self, submission: Submission, why: str, request_id: str) -> ProviderError:
        if submission.client_made:
            return Busy(
                f"no answer came, and the vendor cannot be asked: {why}",
                hint="the next render asks for it before it sends anything",
                code="no_answer",
                request_id=request_id,
            )
        return Uncertain(
            f"it was sent, and no answer says what became of it: {why}",
            hint=_SAME_KEY if self._may_repeat(submission) else _ASK_ELSEWHERE,
            request_id=request_id,
        )

    # -- bringing home -----------------------------------------------------------------------------------------------

    async def _collect(self, one: Submission, action: Action, folder: Path) -> list[Produced]:
        """What an earlier run sent for.  Raises _NeverSent, _Lost, Uncertain, and what the vendor says."""
        record = await asyncio.to_thread(self.store.record, one.key)
        if record is not None and record.task_id in (one.task_id or one.id, one.id):
            # Killed after the result was kept and before that was noted.
            with suppress(_NotKept):
                return [
                    Produced(
                        await self._copied(artifact.sha256, folder / f"kept-{number}"),
                        artifact,
                        seed,
                        record.cost_usd if number == 0 else None,
                        record.task_id,
                        record.request_id,
                        lambda: self._done(one, record.cost_usd, [], []),
                    )
                    for number, (artifact, seed) in enumerate(zip(record.artifacts, record.seeds, strict=False))
                ]
        if one.outputs:
            return await self._fetch_known(one, action, folder)
        if one.state in (events.INTENT, events.UNCERTAIN) and not one.client_made:
            if one.state == events.INTENT:
                await self._note(one, events.UNCERTAIN, message="the run ended before an answer came")
            raise self._unclear(one, one.message or "the run ended before one came", one.request_id)
        if self.wishes.offline:
            raise Uncertain(one.message or "nobody was asked what became of it", hint="render without `--offline`")
        return await self._bring_home(one, action, folder, None)

    async def _fetch_known(self, one: Submission, action: Action, folder: Path) -> list[Produced]:
        """Fetches outputs whose addresses are known; where that fails, the task is asked for new ones."""
        try:
            return await self._download(one, action, folder)
        except _Lost as lost:
            if not one.task_id:
                raise
            return await self._bring_home(one, action, folder, None, before=lost)

    async def _bring_home(
        self,
        one: Submission,
        action: Action,
        folder: Path,
        progress: Progress | None,
        *,
        fresh: bool = False,
        before: _Lost | None = None,
    ) -> list[Produced]:
        """Follows a task to its end and fetches its outputs.  `before`: why its known outputs are no use."""
        if progress is None or progress.state != means.DONE:
            progress = await self._follow(one, action, fresh=fresh, first=progress)
        for _ in range(2):
            urls = {found.url for found in progress.outputs}
            if before is not None and any(urls) and urls == {known.url for known in one.outputs}:
                raise before  # the vendor shows the same addresses as before
            one = await self._note_outputs(one, progress.outputs, action, folder)
            try:
                return await self._download(one, action, folder)
            except _Lost as lost:
                if not one.task_id:
                    raise
                before = lost
                # The addresses may be signed anew each time that the task is asked for.
                progress = await self._follow(one, action, fresh=False, first=None)
        raise before or _Lost(one, "its results cannot be fetched")

    async def _follow(self, one: Submission, action: Action, *, fresh: bool, first: Progress | None) -> Progress:
        """Asks until a task is done.  Raises Failed, _Lost, _NeverSent, Busy."""
        talk, kind, wanted = self.talk, self._kind(one.model), action.request.outputs
        self._at(action, MADE)
        if first is not None and first.state == means.FAILED:
            raise await self._failed(one, first.fault)
        interval_s = talk.provider.poll.first_s
        deadline = self._deadline(one, kind)
        # A task that has been long under way is looked at once.
        young = self._age_s(one.accepted or one.when) <= _YOUNG_S
        leaves_at = talk.clock.monotonic() + (self.lingers_s if young or math.isinf(self.lingers_s) else 0.0)
        missing = incomplete = 0
        incomplete_since = 0.0
        if fresh:
            await self._pause(interval_s)
        while True:
            progress = await talk.ask(one.task_id, kind, wanted)
            if progress.state != "missing":
                missing = 0
            else:
                progress, missing = await self._missing(one, kind, wanted, missing, progress)
            if progress.state == means.DONE:
                return progress
            if progress.state == means.FAILED:
                raise await self._failed(one, progress.fault)
            if progress.state == "unknown":
                raise Failed(
                    f"the vendor says that the task is `{progress.word}`, a word that is not known",
                    hint="it is left in flight; the next render asks again",
                    code="unknown_status",
                )
            unsure = one.state in (events.INTENT, events.UNCERTAIN)
            if unsure and progress.state == means.RUNNING and not missing:
                await self._note(one, events.ACCEPTED, task_id=one.task_id)
                one = replace(one, state=events.ACCEPTED, accepted=self._now())
            now = talk.clock.monotonic()
            if progress.partial:
                incomplete, incomplete_since = incomplete + 1, incomplete_since or now
                if incomplete >= _INCOMPLETE_POLLS and now - incomplete_since >= _INCOMPLETE_S:
                    return await self._settled(one, progress)
            else:
                incomplete, incomplete_since = 0, 0.0
            # What is missing or has nothing to show is found out within its own limit, however old the task is.
            if now >= deadline and not missing and not progress.partial:
                error = Failed(
                    f"the task shows no end after {talk.provider.time_limit_s(kind) / 60:.0f} minutes",
                    hint="it is left in flight; the next render asks again, and nothing is sent again",
                    code="stuck",
                )
                error.retryable = True
                raise error
            if now + interval_s > leaves_at:
                raise Busy("it is not done yet", hint="the next render collects it", code="running")
            await self._pause(interval_s)
            interval_s = min(interval_s * 1.5, talk.provider.poll.longest_s)

    async def _missing(
        self, one: Submission, kind: str, wanted: int, before: int, found: Progress
    ) -> tuple[Progress, int]:
        """What to think of a task that the vendor does not know."""
        kept = await self.talk.recall(one.task_id, kind, wanted)
        if kept is not None and kept.state in (means.DONE, means.FAILED):
            return kept, 0
        if before + 1 < _MISSING_POLLS and kept is None:
            return Progress(means.RUNNING), before + 1
        if kept is not None:
            return kept, before
        if one.state in (events.INTENT, events.UNCERTAIN):
            if self._is_within(one.when, self.talk.provider.results.lives_s):
                raise _NeverSent
            # So old a task would not be known any more, had it been accepted: what never was and what was forgotten
            # look the same.
            why = "it was sent too long ago, or by a wrong clock, for the vendor to know whether it came"
            await self._note(one, events.UNCERTAIN, message=why)
            raise Uncertain(why, hint=_ASK_ELSEWHERE)
        said = found.fault.message if found.fault is not None else ""
        raise await self._lost(one, "the vendor does not know the task any more" + (f": {said}" if said else ""))

    async def _settled(self, one: Submission, progress: Progress) -> Progress:
        """A task that has said for long that nothing is running, and has less than was asked for."""
        if progress.outputs:
            return replace(progress, state=means.DONE)
        if progress.fault is not None:
            raise await self._failed(one, progress.fault)
        raise await self._lost(one, "the task is finished, and shows no result")

    async def _failed(self, one: Submission, fault: Fault | None) -> Failed:
        fault = fault or Fault(means.SERVER)
        await self._note(
            one,
            events.FAILED,
            code=fault.code,
            message=fault.message,
            request_id=fault.request_id,
            actual_usd="0",
        )
        if fault.meaning == means.UNREACHABLE:
            await asyncio.to_thread(self.handles.forget, self._used.get(one.id, ()))
        error = fault.error(Failed)
        content = fault.meaning in (means.PROMPT, means.INPUT, means.OUTPUT, means.AUTH, means.BALANCE)
        error.retryable = not content and not _VALIDATION.search(fault.code)
        assert isinstance(error, Failed)
        return error

    async def _lost(self, one: Submission, why: str) -> _Lost:
        await self._note(one, events.LOST, message=why, actual_usd=_money_text(self._cost(one, None)))
        return _Lost(one, why)

    async def _download(self, one: Submission, action: Action, folder: Path) -> list[Produced]:
        """Fetches known outputs.  Raises _Lost, Busy, StoreError."""
        self._at(action, FETCHED)
        wanted = self._wanted(action)
        files: list[tuple[Path, Any, Output]] = []
        asked = action.request.outputs
        if len(one.outputs) > asked:
            # They are paid for as they are; what was asked for is kept, and the journal knows of the others.
            self.tell(
                f"the vendor made {len(one.outputs)} of `{action.item}` where {asked} "
                f"{'was' if asked == 1 else 'were'} asked for; the first {'is' if asked == 1 else 'are'} kept"
            )
        for number, output in enumerate(one.outputs[:asked], 1):
            path = folder / f"output-{number}"
            name = f"{one.id[:12]}-{number}"
            try:
                if output.sha256:
                    await self._copied(output.sha256, path)
                    artifact = await self.downloads.looked_through(path, wanted)
                else:
                    artifact = await self.downloads.fetch(output.url, path, wanted, name)
            except (Gone, NotAsAsked, MediaError, _NotKept) as error:
                raise await self._lost(one, str(error)) from error
            files.append((path, artifact, output))
        cost = self._cost(one, action)
        artifacts = [artifact.sha256 for _, artifact, _ in files]
        addresses = [output.url for _, _, output in files]
        return [
            Produced(
                path,
                artifact,
                output.seed,
                cost if number == 0 else None,
                one.task_id or one.id,
                one.request_id,
                (lambda: self._done(one, cost, artifacts, addresses)) if number == 0 else None,
            )
            for number, (path, artifact, output) in enumerate(files)
        ]

    def _done(self, one: Submission, cost: Decimal | None, artifacts: list[str], addresses: list[str]) -> None:
        """The results are in the store."""
        self.store.journal.note(one.id, events.DONE, self._now(), actual_usd=_money_text(cost))
        live = {result_handle(sha256): url for sha256, url in zip(artifacts, addresses, strict=False) if url}
        if live:
            self.handles.keep(live, self.talk.provider.results.lives_s)

    async def _note_outputs(
        self, one: Submission, found: tuple[Found, ...], action: Action, folder: Path
    ) -> Submission:
        """Where the results are, on the disk; those that came with the answer are put into the store."""
        outputs: list[Output] = []
        for number, output in enumerate(found, 1):
            sha256 = ""
            if output.inline and number <= action.request.outputs:
                sha256 = await self._keep_inline(one, output.inline, folder / f"inline-{number}", action, number)
            outputs.append(Output(output.url, sha256, output.seed, output.cost_usd))
        await asyncio.to_thread(self.store.journal.note_outputs, one.id, outputs, self._now())
        return replace(one, outputs=tuple(outputs), state=events.OUTPUTS, accepted=one.accepted or self._now())

    async def _keep_inline(self, one: Submission, text: str, path: Path, action: Action, number: int) -> str:
        try:
            data = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
            await asyncio.to_thread(path.write_bytes, data)
            await self.downloads.looked_through(path, self._wanted(action))
        except (binascii.Error, MediaError) as error:
            why = error.message if isinstance(error, MediaError) else "the answer holds no base64"
            if path.exists():
                kept = await asyncio.to_thread(self.downloads.keep_evidence, path, f"{one.id[:12]}-{number}")
                why += f"; it is kept as `{kept}`"
            raise await self._lost(one, why) from error
        return await asyncio.to_thread(self.store.blobs.add, path)

    async def _copied(self, sha256: str, path: Path) -> Path:
        """A copy of bytes that were put into the store.  Raises _NotKept where they are not there any more."""
        try:
            source = await asyncio.to_thread(self.store.blobs.sound, sha256)
        except StoreError as error:
            if error.code in ("missing", "damaged"):
                raise _NotKept(error.message) from error
            raise
        await asyncio.to_thread(shutil.copyfile, source, path)
        return path

    # -- small things ------------------------------------------------------------------------------------------------

    def _cost(self, one: Submission, action: Action | None) -> Decimal | None:
        """What the answers say, else the published rule over what came."""
        told = [output.cost_usd for output in one.outputs if output.cost_usd is not None]
        if told:
            return sum(told, Decimal(0))
        if one.estimated_usd is None or not one.outputs:
            return None
        most = action.request.outputs if action is not None else _whole(one.action.get("outputs"), len(one.outputs))
        if most <= 1 or len(one.outputs) >= most:
            return one.estimated_usd
        return one.estimated_usd * len(one.outputs) / most

    def _wanted(self, action: Action) -> Wanted:
        """What is certain of the outputs."""
        model = self._model(action)
        native = action.request.native
        told = to_portable(model, native)
        size = promised_size(model, native)
        duration = told.get("duration")
        asked = isinstance(duration, int | float) and not isinstance(duration, bool) and duration > 0
        return Wanted(
            Expected(
                kind=model.kind,
                media_type=MEDIA_TYPES.get(str(told.get("format", "")).lower()),
                width=size.width,
                height=size.height,
                differs=size.differs,
                ratio=size.ratio,
                area=size.area,
                outputs=action.request.outputs,
            ),
            float(duration) if asked and model.kind != "image" else None,  # type: ignore[arg-type]
        )

    def _model(self, action: Action) -> Model:
        model = self.model_of(action.model)
        if model is None:
            raise MediaError(f"no model is called `{action.model}` any more", code="unknown_model")
        return model

    def _kind(self, model_id: str) -> str:
        model = self.model_of(model_id)
        return model.kind if model is not None else "image"

    def _deadline(self, one: Submission, kind: str) -> float:
        """The moment, by the clock that never goes back, after which a task counts as stuck."""
        spent_s = self._age_s(one.accepted or one.when)
        return self.talk.clock.monotonic() + self.talk.provider.time_limit_s(kind) - spent_s

    def _age_s(self, when: str) -> float:
        """Seconds since a moment of the journal; 0 for one that cannot be read or lies ahead."""
        with suppress(ValueError, TypeError):
            return max(0.0, (self.talk.clock.now() - datetime.fromisoformat(when)) / timedelta(seconds=1))
        return 0.0

    def _is_within(self, when: str, seconds: float) -> bool:
        """Whether a moment of the journal is for certain no longer ago.

        Of one that lies ahead nobody knows how long ago it was: the clock was wrong then, or is now.
        """
        with suppress(ValueError, TypeError):
            ago_s = (self.talk.clock.now() - datetime.fromisoformat(when)) / timedelta(seconds=1)
            return -_CLOCKS_DIFFER_S <= ago_s <= seconds
        return False

    async def _pause(self, seconds: float) -> None:
        # Jitter only lengthens: the first and the longest interval are what the vendor asks for at least.
        await self.talk.clock.sleep(seconds * (1 + self.talk.random.uniform(0, 0.1)))

    def _now(self) -> str:
        return self.talk.clock.now().isoformat(timespec="milliseconds")

    async def _note(self, one: Submission, event: str, **facts: Json) -> None:
        await asyncio.to_thread(self._note_now, one, event, facts)

    def _note_now(self, one: Submission, event: str, facts: Mapping[str, Json]) -> None:
        self.store.journal.note(one.id, event, self._now(), **{name: value for name, value in facts.items() if value})


class _Lost(Failed):
    """Accepted, and what came of it cannot be had."""

    def __init__(self, one: Submission, why: str) -> None:
        super().__init__(
            f"it was paid for, and cannot be fetched: {why}",
            hint="`wanspec ledger --disputes` lists it; every render tries again, `--force` buys it again",
            code="lost",
            request_id=one.request_id,
        )


def native_of(
    action: Action, model: Model, values: Mapping[str, str], sends: Mapping[str, Json], task_id: str
) -> dict[str, Any]:
    """What a vendor gets for one take: media in the forms it takes, the take's seed, what the declaration adds."""
    native: dict[str, Any] = copied(action.request.native)
    for path, value in values.items():
        *way, last = steps(path)
        value_at(native, way)[last] = value
    if action.seed is not None and action.request.seed_path:
        put(native, steps(action.request.seed_path), action.seed)
    for path, sent in sends.items():
        if value_at(native, steps(path)) is ABSENT:
            put(native, steps(path), sent)
    if task_id and model.task_id:
        put(native, steps(model.task_id), task_id)
    return native


def remembered(action: Action) -> dict[str, Json]:
    """What the journal keeps of an action, so that its result can be collected without the shot list."""
    native: dict[str, Any] = copied(action.request.native)
    for use in action.request.media:
        *way, last = steps(use.path)
        artifact = action.media.get(use.path)
        value_at(native, way)[last] = f"sha256:{artifact.sha256}" if artifact else str(use.medium)[:500]
    return {
        "native": native,
        "outputs": action.request.outputs,
        "seed": action.seed,
        "seed_path": action.request.seed_path,
        "facts": dict(action.facts),
    }


def action_of(one: Submission) -> Action:
    """The action of a submission, as far as collecting needs it.  Raises KeyError or TypeError for a damaged one."""
    kept: Mapping[str, Any] = one.action
    request = Request(
        item=one.item,
        model=one.model,
        native=kept["native"],
        hashed={},
        seed_path=kept["seed_path"],
        outputs=_whole(kept["outputs"], 1),
        price=Price(one.estimated_usd),
    )
    return Action(one.key, one.item, one.take, one.model, request, kept["seed"], kept["facts"])


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _money_text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)

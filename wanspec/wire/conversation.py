"""One vendor over HTTP: handing a request over, asking how far it is, looking up what was kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import quote

from wanspec.catalogue import provider as means
from wanspec.catalogue.provider import Ask, Provider
from wanspec.domain.errors import Busy, Refused
from wanspec.engine.clock import Clock
from wanspec.wire.answers import (
    Fault,
    Progress,
    faults_in,
    first_text,
    progress_of,
    retry_after_s,
    values,
)
from wanspec.wire.http import Answer, Http, NoAnswer, NotConnected, TooLarge
from wanspec.wire.pace import Pace, Patience
from wanspec.wire.secrets import Access

# Polls that come due within this time share a call, where the vendor takes several at once.
_GATHER_S = 0.02
_NO_TASK = "\0"  # as no task is called


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor has the request."""

    task_id: str
    progress: Progress
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The vendor has not taken it, and says why."""

    fault: Fault
    after_s: float | None = None  # when it may be sent again


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have been taken."""

    why: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class NotSentYet:
    """It never left this machine."""

    why: str


Handed = Accepted | TurnedAway | Unclear | NotSentYet


class Conversation:
    """Speaks with one vendor by its declaration.  Every text that comes back has the key taken out."""

    def __init__(self, provider: Provider, access: Access, http: Http, clock: Clock, random: Random) -> None:
        self.provider = provider
        self.access = access
        self.http = http
        self.clock = clock
        self.random = random
        self.pace = Pace(provider.in_flight, provider.per_minute, clock)
        self._asked: dict[str, list[_Question]] = {}

    # -- handing over ------------------------------------------------------------------------------------------------

    async def hand_over(
        self, native: Mapping[str, Any], task_id: str, kind: str, wanted: int, repeat_key: str = ""
    ) -> Handed:
        """Sends a request once.  `repeat_key`: by which the vendor knows it again, where it can."""
        submit = self.provider.submit
        body = filled(submit.ask.body, {"{request}": native}, {})
        timeout_s = submit.timeout_s or self.provider.timeout_s
        try:
            named = {submit.repeat_header: repeat_key} if submit.repeat_header and repeat_key else {}
            fresh = not submit.client_made
            answer = await self._call(submit.ask, kind, {}, body, timeout_s, fresh=fresh, headers=named)
        except NotConnected as error:
            return NotSentYet(str(error))
        except (NoAnswer, TooLarge) as error:
            return Unclear(str(error))
        return self._handed(answer, task_id, wanted)

    def _handed(self, answer: Answer, task_id: str, wanted: int) -> Handed:
        submit = self.provider.submit
        request_id = answer.headers.get(self.provider.errors.request_id_header.lower(), "")
        try:
            tree = self._tree(answer)
        except ValueError:
            if 300 <= answer.status < 500 and answer.status != 408:
                return self._turned_away(self._fault(answer, {}), answer)
            return Unclear(f"HTTP {answer.status} without an answer that can be read", request_id)
        progress = progress_of(self.provider, tree, task_id, wanted) if answer.status < 300 else Progress(means.RUNNING)
        if progress.outputs:
            return Accepted(task_id or first_text(tree, submit.task), progress, request_id)
        found = "" if task_id or answer.status >= 300 else first_text(tree, submit.task)
        faults = faults_in(self.provider, tree, answer.status, answer.headers, task_id)
        if faults and not found:
            return self._turned_away(faults[0], answer)
        if not task_id and not found:
            return Unclear("the answer names no task", request_id)
        return Accepted(task_id or found, progress, request_id)

    def _turned_away(self, fault: Fault, answer: Answer) -> Handed:
        if fault.meaning == means.SERVER:
            said = fault.message or fault.code or f"HTTP {answer.status}"
            return Unclear(f"the vendor failed while it took the request: {said}", fault.request_id)
        return TurnedAway(fault, self._after_s(answer))

    # -- asking ------------------------------------------------------------------------------------------------------

    async def ask(self, task_id: str, kind: str, wanted: int) -> Progress:
        """How far a task is; tried again until it is known.  Raises Busy when that does not come about."""
        patience = Patience(self.clock, self.random)
        alone = False
        while True:
            found = await self._question(task_id, kind, alone=alone)
            progress = None
            if not isinstance(found, _Trouble) and found[1] != 404:
                progress = progress_of(self.provider, found[0], task_id, wanted, found[1], found[2])
                if progress.state == "trouble":
                    why = progress.fault.message or progress.fault.code if progress.fault else ""
                    found = _Trouble(why or "the answer says nothing of the task", progress.fault)
            if isinstance(found, _Trouble):
                # One task may have broken a call for many.  From now on this one asks for itself, so that the others'
                # trouble does not use up its patience.
                doubtful, alone = found.shared and not alone, alone or found.shared
                if found.fault is not None and found.fault.meaning in (means.AUTH, means.BALANCE) and not doubtful:
                    raise found.fault.error(Refused)
                wait_s = patience.next_s(found.after_s)
                if wait_s is None:
                    raise Busy(
                        f"the vendor cannot be asked: {found.why}",
                        hint="what it accepted is remembered; the next render asks again",
                        provider_code=found.fault.code if found.fault else "",
                        request_id=found.fault.request_id if found.fault else "",
                    )
                await self.clock.sleep(wait_s)
                continue
            if progress is not None:
                return progress
            tree, status, headers = found
            faults = faults_in(self.provider, tree, status, headers)
            return Progress("missing", fault=faults[0] if faults else None)

    async def recall(self, task_id: str, kind: str, wanted: int) -> Progress | None:
        """What the vendor kept of a task that it does not answer for any more; None when it knows nothing of it."""
        archive = self.provider.poll.archive
        if archive is None:
            return None
        patience = Patience(self.clock, self.random)
        while True:
            found = await self._once(archive, kind, [task_id])
            if not isinstance(found, _Trouble):
                break
            wait_s = patience.next_s(found.after_s)
            if wait_s is None:
                raise Busy(
                    f"the vendor cannot be asked: {found.why}",
                    hint="what it accepted is remembered; the next render asks again",
                )
            await self.clock.sleep(wait_s)
        tree, status, headers = found
        if status == 404 or faults_in(self.provider, tree, status, headers, task_id):
            return None
        for kept in values(tree, self.provider.poll.archive_at):
            progress = progress_of(self.provider, kept, task_id, wanted)
            if progress.state == "trouble":
                continue
            return replace(progress, partial=True) if progress.state == means.RUNNING else progress
        return None

    async def _question(self, task_id: str, kind: str, *, alone: bool) -> _Found | _Trouble:
        """The answer of a poll, which other tasks may share unless it is `alone`."""
        ask = self.provider.poll.ask
        if ask.batch == 1 or alone:
            return await self._once(ask, kind, [task_id])
        path = ask.path(kind)
        question = _Question(task_id, kind, asyncio.get_running_loop().create_future())
        waiting = self._asked.setdefault(path, [])
        waiting.append(question)
        if len(waiting) == 1:
            await self.clock.sleep(_GATHER_S)
        elif len(waiting) < ask.batch:
            return await question.answer
        if question.answer.done() or question not in self._asked.get(path, ()):
            return await question.answer
        together = self._asked.pop(path)
        try:
            found = await self._once(ask, kind, [one.task_id for one in together])
        except BaseException:
            for one in together:
                if one is not question and not one.answer.done():
                    # Whoever asked for all of them was interrupted; the others ask again.
                    one.answer.set_result(_Trouble("interrupted", after_s=0.0, perhaps_of_one=False))
            raise
        if isinstance(found, _Trouble) and found.perhaps_of_one and len(together) > 1:
            found = replace(found, shared=True)
        for one in together:
            if not one.answer.done():
                one.answer.set_result(found)
        return found

    async def _once(self, ask: Ask, kind: str, tasks: list[str]) -> _Found | _Trouble:
        words = {"{task}": tasks[0]}
        body = filled(ask.body, {}, words)
        if ask.batch > 1 and isinstance(ask.body, list):
            body = [entry for task in tasks for entry in filled(ask.body, {}, {"{task}": task})]
        try:
            answer = await self._call(ask, kind, words, body, self.provider.timeout_s)
        except NotConnected as error:
            return _Trouble(str(error), perhaps_of_one=False)
        except (NoAnswer, TooLarge) as error:
            return _Trouble(str(error))
        try:
            tree = self._tree(answer)
        except ValueError:
            if answer.status == 404:
                return {}, 404, answer.headers
            return _Trouble(f"HTTP {answer.status} without an answer that can be read", after_s=self._after_s(answer))
        faults = faults_in(self.provider, tree, answer.status, answer.headers)
        general = [one for one in faults if answer.status >= 400 and answer.status != 404]
        if general and not (answer.status < 500 and general[0].meaning == means.MISSING):
            fault = general[0]
            why = fault.message or f"HTTP {answer.status}"
            return _Trouble(why, fault, self._after_s(answer), perhaps_of_one=fault.meaning != means.BUSY)
        if answer.status < 400 and faults and not any(values(tree, self.provider.poll.entries or "status")):
            # An envelope of nothing but trouble, which may be that of the call and not of a task.
            fault = faults[0]
            if fault.meaning == means.BUSY or (fault.meaning == means.AUTH and self.provider.poll.per_output):
                why = fault.message or fault.code
                return _Trouble(why, fault, self._after_s(answer), perhaps_of_one=fault.meaning != means.BUSY)
        if len(tasks) > 1 and faults and answer.status < 400:
            unnamed = faults_in(self.provider, tree, answer.status, answer.headers, _NO_TASK)
            if unnamed:
                # It would count for each of them.
                return _Trouble(unnamed[0].message or unnamed[0].code, unnamed[0])
        if not isinstance(tree, Mapping | list):
            return _Trouble("the answer is no object")
        return tree, answer.status, answer.headers

    # -- calls -------------------------------------------------------------------------------------------------------

    async def send(self, ask: Ask, kind: str, body: Any, form: Any = None, origin: str = "") -> tuple[Any, Answer]:
        """A call that is free and may be repeated, such as an upload; its answer as JSON.

        `origin`: where it goes instead of the vendor's own.  Who stands in for the vendor stands in for that too.

        Raises Refused for a clear no, Busy when it does not come about.
        """
        patience = Patience(self.clock, self.random)
        while True:
            why, after_s, fault = "", None, None
            try:
                base = origin if self.access.base == self.provider.origin else ""
                answer = await self._call(ask, kind, {}, body, self.provider.timeout_s, form=form, base=base)
                tree = self._tree(answer)
                faults = faults_in(self.provider, tree, answer.status, answer.headers)
                if not faults:
                    return tree, answer
                fault, after_s = faults[0], self._after_s(answer)
                why = fault.message or f"HTTP {answer.status}"
                if fault.meaning not in (means.BUSY, means.SERVER):
                    raise fault.error(Refused)
            except (NotConnected, NoAnswer, TooLarge) as error:
                why = str(error)
            except ValueError:
                why = f"HTTP {answer.status} without an answer that can be read"
            wait_s = patience.next_s(after_s)
            if wait_s is None:
                raise Busy(why, provider_code=fault.code if fault else "", request_id=fault.request_id if fault else "")
            await self.clock.sleep(wait_s)

    async def _call(
        self,
        ask: Ask,
        kind: str,
        words: Mapping[str, str],
        body: Any,
        timeout_s: float,
        *,
        fresh: bool = False,
        form: Any = None,
        headers: Mapping[str, str] | None = None,
        base: str = "",
    ) -> Answer:
        path = ask.path(kind)
        for word, value in words.items():
            path = path.replace(word, quote(value, safe=""))
        query = {name: _text(value, words) for name, value in ask.query.items()}
        return await self.http.call(
            ask.method,
            (base or self.access.base) + path,
            headers={**self.access.headers, **(headers or {})},
            query=query,
            body=body,
            timeout_s=timeout_s,
            fresh=fresh,
            form=form,
        )

    def _tree(self, answer: Answer) -> Any:
        return self.access.secrets.hide_in(answer.json())

    def _fault(self, answer: Answer, tree: Mapping[str, Any]) -> Fault:
        if 300 <= answer.status < 400:
            return Fault(
                means.REFUSED, "", "it redirects elsewhere, and a request is not sent on", status=answer.status
            )
        return faults_in(self.provider, tree, answer.status, answer.headers)[0]

    def _after_s(self, answer: Answer) -> float | None:
        header = answer.headers.get("retry-after", "")
        return retry_after_s(header, self.clock.now()) if header else None


_Found = tuple[Any, int, Mapping[str, str]]  # the answer, its status and headers


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Nothing was learned; asking again may help."""

    why: str
    fault: Fault | None = None
    after_s: float | None = None
    # Asking for each task by itself is no answer to a vendor that is out of reach or has too much to do.
    perhaps_of_one: bool = True
    shared: bool = False  # the call was for several tasks, any of which may have broken it


@dataclass(slots=True)
class _Question:
    task_id: str
    kind: str
    answer: asyncio.Future[_Found | _Trouble]


def filled(template: Any, whole: Mapping[str, Any], words: Mapping[str, str]) -> Any:
    """The template with values in the place of texts that are exactly one placeholder, and words inside others."""
    if isinstance(template, str):
        return whole[template] if template in whole else _text(template, words)
    if isinstance(template, Mapping):
        return {name: filled(inner, whole, words) for name, inner in template.items()}
    if isinstance(template, list | tuple):
        return [filled(inner, whole, words) for inner in template]
    return template


def _text(template: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        template = template.replace(word, value)
    return template

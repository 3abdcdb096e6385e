"""Reading a vendor's answers by its declaration: how far a task is, where its outputs are, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

from wanspec.catalogue import provider as means
from wanspec.catalogue.provider import Provider
from wanspec.domain.errors import Busy, Failed, ProviderError, Refused
from wanspec.wire.secrets import unsigned

_STEP = re.compile(r"([^.\[\]]+)|\[\]")
_CONTENT = re.compile(r"content.?polic|moderat|nsfw|sensitive|unsafe|inappropriate|data.?inspection", re.IGNORECASE)
_SMALLEST_USD = Decimal("0.000001")
_MOST_TOLD = Decimal(10**9)  # of dollars or credits; what is more for one task is no amount
_LEAST_TOLD = Decimal("1E-12")
_SEEDS = range(-(2**63), 2**64)
_MOST = 2000  # characters of a vendor's message that are kept


def values(tree: Any, path: str) -> Iterator[Any]:
    """All that stands at a path, null left out.  `[]` goes into every entry of a list; "" is the tree itself."""
    found = [tree]
    for step in _STEP.finditer(path):
        below: list[Any] = []
        for one in found:
            if step[1] is None:
                below += one if isinstance(one, list) else ()
            elif isinstance(one, Mapping) and step[1] in one:
                below.append(one[step[1]])
        found = below
    return (one for one in found if one is not None)


def first_text(tree: Any, paths: Sequence[str]) -> str:
    """The first text or number that one of the paths leads to."""
    for path in paths:
        for one in values(tree, path):
            if isinstance(one, str) and one:
                return one
            if isinstance(one, int) and not isinstance(one, bool):
                return str(one)
    return ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a vendor says is wrong."""

    meaning: str  # a class of `wanspec.catalogue.provider`
    code: str = ""
    message: str = ""
    request_id: str = ""
    status: int = 200

    def error(self, kind: type[ProviderError]) -> ProviderError:
        """As an exception with words of ours before the vendor's."""
        word = _WORDS.get(self.meaning, "")
        said = self.message or (f"HTTP {self.status}" if self.status >= 400 else self.code) or "no reason was given"
        code = _CODES.get(self.meaning, "")
        error = kind(
            f"{word}: {said}" if word else said,
            hint=_HINTS.get(self.meaning, ""),
            code=code if kind in (Refused, Failed) else "",
            provider_code=self.code or (str(self.status) if self.status >= 400 else ""),
            request_id=self.request_id,
        )
        if self.meaning in (means.BUSY, means.SERVER, means.LATER, means.UNREACHABLE) or kind is Busy:
            error.retryable = True
        return error


_WORDS = {
    means.AUTH: "the vendor does not take the key",
    means.BALANCE: "there is no money left at the vendor",
    means.PROMPT: "the vendor refuses the prompt",
    means.INPUT: "the vendor refuses a medium that it was given",
    means.OUTPUT: "the vendor withholds what came out",
    means.CONFLICT: "the vendor knows a task of this id already",
    means.UNREACHABLE: "the vendor cannot fetch a medium",
}
_CODES = {
    means.AUTH: "auth",
    means.BALANCE: "balance",
    means.PROMPT: "refused_prompt",
    means.INPUT: "refused_input",
    means.OUTPUT: "refused_output",
    means.UNREACHABLE: "media_unreachable",
    means.CONFLICT: "conflict",
}
_HINTS = {
    means.AUTH: "look at the key and what it may do",
    means.BALANCE: "add credit at the vendor, then render again",
    means.PROMPT: "change the prompt",
    means.INPUT: "use another picture, clip or sound",
    means.OUTPUT: "change the prompt or the seed",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One output in an answer."""

    url: str = ""
    inline: str = field(default="", repr=False)  # base64, perhaps with the head of a data URI
    seed: int | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is."""

    state: str  # running, done, failed, missing, unknown, or trouble: nothing was said of the task
    outputs: tuple[Found, ...] = ()
    fault: Fault | None = None
    partial: bool = False  # nothing is running any more, though not all that was asked for is there
    word: str = ""  # the vendor's, where it is not known


def faults_in(
    provider: Provider, answer: Any, status: int, headers: Mapping[str, str], task: str = "", *, named: bool = False
) -> list[Fault]:
    """All faults of an answer, or those of one task; a task's faults include those that name none, but for `named`."""
    rules = provider.errors
    found = []
    for path in rules.at:
        for one in values(answer, path):
            if isinstance(one, str) and one:
                found.append(fault_of(provider, {"message": one}, status, headers))
            elif isinstance(one, Mapping) and one:
                about = one.get(rules.task) if rules.task else None
                if not task or about == task or (about in (None, "") and not (named and rules.task)):
                    found.append(fault_of(provider, one, status, headers))
        if found:
            return found
    if status >= 400 and not found:
        found.append(fault_of(provider, answer if isinstance(answer, Mapping) else {}, status, headers))
    return found


def fault_of(provider: Provider, tree: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Fault:
    """One fault of the envelope, with its class."""
    rules = provider.errors
    code = first_text(tree, rules.code)[:200]
    message = unsigned(first_text(tree, rules.message)[:_MOST])
    request_id = first_text(tree, rules.request_id) or headers.get(rules.request_id_header.lower(), "")
    if not request_id and rules.request_id_in_message and (found := rules.request_id_in_message.search(message)):
        request_id = found[1]
    return Fault(_meaning(provider, status, code, message), code, message, request_id[:200], status)


def _meaning(provider: Provider, status: int, code: str, message: str) -> str:
    for rule in provider.errors.rules:
        if rule.fits(status, code, message):
            if rule.meaning == means.REFUSED and _CONTENT.search(f"{code} {message}"):
                break
            return rule.meaning
    if status not in (401, 402, 403, 404, 429) and status < 500 and _CONTENT.search(f"{code} {message}"):
        return _of_content(message)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return means.SERVER if status >= 500 else means.REFUSED


_BY_STATUS = {
    401: means.AUTH,
    402: means.BALANCE,
    403: means.AUTH,
    404: means.MISSING,
    408: means.SERVER,
    429: means.BUSY,
}


def _of_content(message: str) -> str:
    if re.search(r"output|generated|result", message, re.IGNORECASE):
        return means.OUTPUT
    if re.search(r"input|image|video|audio|reference|media", message, re.IGNORECASE):
        return means.INPUT
    return means.PROMPT


def progress_of(
    provider: Provider, answer: Any, task: str, wanted: int, status: int = 200, headers: Mapping[str, str] | None = None
) -> Progress:
    """How far a task is by an answer that succeeded.  `wanted`: how many outputs were asked for."""
    poll = provider.poll
    faults = faults_in(provider, answer, status, headers or {}, task)
    if not poll.per_output:
        return _of_one(provider, answer, faults, task)
    entries = list(_of_task(provider, answer, task))
    states = [_state(provider, one) for one in entries]
    outputs = tuple(out for one in entries for out in _outputs_of(provider, one))
    failed = [
        _fault_of_entry(provider, one) for one, state in zip(entries, states, strict=True) if state == means.FAILED
    ]
    own = faults_in(provider, answer, status, headers or {}, task, named=True)
    # What names no task may be about the call: a vendor that is out of order has not failed a task, nor paid it back.
    general = [one for one in faults if one not in own and one.meaning not in _ONLY_OF_A_TASK]
    failed += [one for one in faults if one not in general]
    if general and not entries:
        return Progress("trouble", fault=general[0])
    unknown = next((state for state in states if state.startswith("?")), "")
    if unknown:
        return Progress("unknown", outputs, word=unknown[1:])
    if any(fault.meaning == means.MISSING for fault in failed) and not outputs:
        return Progress("missing", fault=failed[0])
    fault = failed[0] if failed else None
    settled = len(outputs) + len(failed)
    if settled >= wanted:
        return Progress(means.DONE if outputs else means.FAILED, outputs, fault)
    return Progress(means.RUNNING, outputs, fault, partial=bool(settled) and means.RUNNING not in states)


def _of_one(provider: Provider, answer: Any, faults: list[Fault], task: str) -> Progress:
    poll = provider.poll
    outputs = outputs_in(provider, answer)
    word = next((str(one) for one in values(answer, poll.status)), "") if poll.status else ""
    state = _word(provider, word) if word else ""
    about = first_text(answer, provider.submit.task)
    silent = bool(poll.status) and not word and (not task or about != task)
    if not outputs and (state == means.FAILED or faults) and (silent or (task and about and about != task)):
        # An error without a word about the task, or about another one: it is not known to have failed.
        fault = faults[0] if faults else Fault(means.SERVER, word)
        return Progress("missing" if fault.meaning == means.MISSING else "trouble", fault=fault)
    over = any(any(values(answer, path)) for path in poll.finished)
    if state in ("", means.RUNNING) and over:
        state = means.FAILED if faults and not outputs else means.DONE
    if not state:
        state = means.DONE if outputs else means.FAILED if faults else means.RUNNING
    if state.startswith("?"):
        return Progress("unknown", outputs, word=state[1:])
    if state == means.FAILED:
        return Progress(means.FAILED, (), faults[0] if faults else Fault(means.SERVER, word))
    if state == means.DONE:
        return Progress(means.DONE if outputs else means.RUNNING, outputs, partial=not outputs)
    return Progress(means.RUNNING, ())


# Refusals for content, and a task that is not known, are about a task even where they do not name it.
_ONLY_OF_A_TASK = frozenset({means.PROMPT, means.INPUT, means.OUTPUT, means.MISSING, means.CONFLICT})


def _word(provider: Provider, word: str) -> str:
    found = provider.poll.words.get(word) or provider.poll.words.get(word.lower())
    return found or provider.poll.otherwise or f"?{word}"


def _state(provider: Provider, entry: Any) -> str:
    word = next((str(one) for one in values(entry, provider.poll.status)), "")
    if word:
        return _word(provider, word)
    return means.DONE if _outputs_of(provider, entry) else means.RUNNING


def _of_task(provider: Provider, answer: Any, task: str) -> Iterator[Any]:
    name = provider.poll.task
    for path in (provider.poll.entries, *provider.results.entries):
        found = [one for one in values(answer, path) if isinstance(one, Mapping)]
        found = [one for one in found if not name or not task or one.get(name, task) == task]
        if found:
            yield from found
            return


def _fault_of_entry(provider: Provider, entry: Mapping[str, Any]) -> Fault:
    return next(iter(faults_in(provider, entry, 200, {})), Fault(means.SERVER, ""))


def outputs_in(provider: Provider, answer: Any) -> tuple[Found, ...]:
    """All outputs of an answer that is about one task."""
    for path in provider.results.entries:
        found = tuple(out for one in values(answer, path) for out in _outputs_of(provider, one))
        if found:
            return _with_credits(provider, answer, found)
    return ()


def _with_credits(provider: Provider, answer: Any, outputs: tuple[Found, ...]) -> tuple[Found, ...]:
    """The outputs with what their task cost, where the answer tells it in the vendor's credits; the first bears it."""
    rules = provider.results
    credits = _money(next(values(answer, rules.credits), None)) if rules.credits else None
    if credits is None:
        return outputs
    usd = (credits / rules.credits_per_usd).quantize(_SMALLEST_USD)
    return (replace(outputs[0], cost_usd=usd), *(replace(one, cost_usd=Decimal(0)) for one in outputs[1:]))


def _outputs_of(provider: Provider, entry: Any) -> tuple[Found, ...]:
    rules = provider.results
    url = next((one for path in rules.url for one in values(entry, path) if isinstance(one, str) and one), "")
    inline = next((one for path in rules.inline for one in values(entry, path) if isinstance(one, str) and one), "")
    if not url and not inline:
        return ()
    seed = next(values(entry, rules.seed), None) if rules.seed else None
    cost = next(values(entry, rules.cost_usd), None) if rules.cost_usd else None
    return (Found(url, "" if url else inline, seed if type(seed) is int and seed in _SEEDS else None, _money(cost)),)


def _money(value: Any) -> Decimal | None:
    """An amount that a vendor tells; None for what cannot be one, which counts as not told."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= _MOST_TOLD:
        return None
    if amount < _LEAST_TOLD:
        return Decimal(0) if not amount else None
    return +amount  # to the 28 digits that are reckoned with


def retry_after_s(header: str, now: datetime) -> float | None:
    """Seconds to wait before the next attempt, never negative; None when the header says nothing that can be read.

    Whole seconds, or an HTTP date (RFC 9110, section 10.2.3); fractions are taken too.
    """
    text = header.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return max(0.0, (when - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None

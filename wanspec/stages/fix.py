"""Fixing: what has one safe answer is written into the shot list, and nothing else of it is touched.

Two things have one:

- a misspelt field, when one name is near and no other (WS101): the name is replaced;
- prompt rewriting that nobody chose (WS401): the value that holds is written beside the prompt, so no key changes.

What is unused (WS408, WS410) is not removed: a `--var`, a profile or tomorrow's shot may mean it.  A model's name is
not corrected either: models cost money, and differ in more than their names.

An edit is kept when the list, read again with it, has fewer faults.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wanspec.domain.codes import CODES
from wanspec.domain.diagnostics import Diagnostic, suggested
from wanspec.domain.fields import (
    BUDGET_FIELDS,
    KINDS,
    POLL_FIELDS,
    PROFILE_FIELDS,
    PROVIDER_FIELDS,
    ROOT_FIELDS,
    SHOT_FIELDS,
)
from wanspec.domain.nodes import Location
from wanspec.domain.requests import Request
from wanspec.reading.spans import Entry, Spans, spans

FIXABLE = frozenset({"WS101", "WS401"})
_LINE_END = re.compile("\r\n|\r|\n")
MOST_ROUNDS = 8  # a fix may uncover what another fixes; lists do not need as many

_FIELDS = (
    frozenset({*KINDS, *CODES})
    | BUDGET_FIELDS
    | POLL_FIELDS
    | PROFILE_FIELDS
    | PROVIDER_FIELDS
    | ROOT_FIELDS
    | SHOT_FIELDS
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of a file that becomes another."""

    code: str  # of the diagnostic that it answers
    at: Location  # of that diagnostic, in the text that was edited
    start: int  # characters of the file, from 0
    end: int
    text: str
    says: str  # what was done, as a message says it


@dataclass(frozen=True, slots=True)
class Read:
    """What a shot list is when it is read: its diagnostics, and the requests that it makes, by item."""

    diagnostics: tuple[Diagnostic, ...]
    requests: Mapping[str, Request]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(one for one in self.diagnostics if one.is_error)


# Reads the list with some of its files as they would be.
Reader = Callable[[Mapping[str, str]], Read]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Files as they are to be written, by name, with what was changed, in the order of the changes."""

    texts: Mapping[str, str]
    edits: tuple[Edit, ...] = ()


def fix(texts: Mapping[str, str], read: Reader) -> Fixed:
    """All that has one safe answer.  `texts` are the files that may be changed, without byte order marks."""
    return _Fixing(dict(texts), read).fixed()


class _Fixing:
    def __init__(self, texts: dict[str, str], read: Reader) -> None:
        self.texts = texts
        self.read = read
        self.changed: dict[str, str] = {}
        self.edits: list[Edit] = []

    def fixed(self) -> Fixed:
        now = self.read({})
        for _ in range(MOST_ROUNDS):
            # Errors first: most lints are told only of a list without any.
            for propose in (_misspelt, _rewriting):
                now, kept = self._round(now, propose)
                if kept:
                    break
            else:
                break
        return Fixed(self.changed, tuple(self.edits))

    def _round(self, now: Read, propose: Callable[[Diagnostic, str, Spans], Edit | None]) -> tuple[Read, bool]:
        """One kind of edits, all that are kept of them."""
        proposed: dict[tuple[str, int], Edit] = {}  # by where they begin: two at one place would be one too many
        known: dict[str, Spans | None] = {}
        for one in now.diagnostics:
            file = one.at.file
            if file not in self.texts or one.code not in FIXABLE:
                continue
            if file not in known:
                known[file] = spans(self._text(file))
            found = known[file]
            edit = propose(one, self._text(file), found) if found is not None else None
            if edit is not None:
                proposed.setdefault((file, edit.start), edit)
        kept: list[Edit] = []
        after = self._settle(now, kept, list(proposed.values()))
        if kept:
            self.changed.update(self._with(kept))
            self.edits += kept
        return after, bool(kept)

    def _settle(self, now: Read, kept: list[Edit], more: Sequence[Edit]) -> Read:
        """Keeps all of `more` together if that is sound, else looks at its halves; a single one is kept or dropped."""
        if not more:
            return now
        after = self.read({**self.changed, **self._with([*kept, *more])})
        if _is_better(now, after, more):
            kept += more
            return after
        if len(more) == 1:
            return now
        half = len(more) // 2
        return self._settle(self._settle(now, kept, more[:half]), kept, more[half:])

    def _with(self, edits: Iterable[Edit]) -> dict[str, str]:
        """The files that edits change, with them."""
        pieces: dict[str, list[str]] = {}
        reached: dict[str, int] = {}
        for edit in sorted(edits, key=lambda one: one.start):
            file = edit.at.file
            pieces.setdefault(file, []).extend((self._text(file)[reached.get(file, 0) : edit.start], edit.text))
            reached[file] = edit.end
        return {file: "".join((*parts, self._text(file)[reached[file] :])) for file, parts in pieces.items()}

    def _text(self, file: str) -> str:
        return self.changed.get(file, self.texts[file])


def _is_better(before: Read, after: Read, edits: Sequence[Edit]) -> bool:
    """Whether each edit has done its work: as many faults are gone as there are edits.

    Of several together, none may hide behind another: then no fault has come, either.  One alone may uncover another
    fault that was there all along, if it leaves fewer.
    """
    if all(edit.code == "WS401" for edit in edits):
        # A lint's answer says what holds anyway: no request is another.
        return (
            not _come(before.diagnostics, after.diagnostics)
            and len(after.diagnostics) <= len(before.diagnostics) - len(edits)
            and {id: one.hashed for id, one in before.requests.items()}
            == {id: one.hashed for id, one in after.requests.items()}
        )
    fewer = len(after.errors) <= len(before.errors) - len(edits)
    return fewer and (len(edits) == 1 or not _come(before.errors, after.errors))


def _come(before: Iterable[Diagnostic], after: Iterable[Diagnostic]) -> bool:
    """Whether there is one that was not there.  Lines and columns may have moved, what is said and of what has not."""

    def known(given: Iterable[Diagnostic]) -> Counter[tuple[str, ...]]:
        return Counter((one.code, one.message, one.at.file, one.at.path) for one in given)

    return bool(known(after) - known(before))


# -- what has one safe answer ----------------------------------------------------------------------------------------


def _misspelt(one: Diagnostic, text: str, found: Spans) -> Edit | None:
    entry = found.by_name.get((one.at.line, one.at.column))
    meant = suggested(one.hint)
    if one.code != "WS101" or entry is None or not meant:
        return None
    written = text[entry.name.start : entry.name.end]
    quote = written[0] if written[:1] in ("'", '"') and written[-1:] == written[:1] and len(written) > 1 else ""
    name = written[len(quote) : len(written) - len(quote)]
    if not re.fullmatch(r"[A-Za-z0-9_/.-]+", name) or not is_plainly(name, meant):
        return None
    says = f"`{name}` is `{meant}` now"
    return Edit(one.code, one.at, entry.name.start, entry.name.end, f"{quote}{meant}{quote}", says)


def is_plainly(written: str, meant: str) -> bool:
    """Whether a name is another misspelt: one slip away, two in a long one, and no other field is as near."""
    allowed = 0 if len(meant) < 3 else 1 if len(meant) < 8 else 2
    slips = slips_between(written.lower(), meant)
    others = _FIELDS - {meant}
    return slips <= allowed and all(slips_between(written.lower(), other) > slips for other in others)


def slips_between(one: str, other: str) -> int:
    """Letters left out, added, changed or swapped with their neighbour, at least (optimal string alignment)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        row = [i]
        for j, right in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        before_last, last = last, row
    return last[-1]


def _rewriting(one: Diagnostic, text: str, found: Spans) -> Edit | None:
    place = (one.at.line, one.at.column)
    entry = found.by_value.get(place) or found.by_mapping.get(place)
    if one.code != "WS401" or entry is None or not entry.is_scalar:
        return None
    field = "prompt_enhance: true"
    at, added = _beside(text, entry, field)
    return Edit(one.code, one.at, at, at, added, f"`{field}` says what holds")


def _beside(text: str, entry: Entry, field: str) -> tuple[int, str]:
    """Where one more field goes behind an entry, and what is written there."""
    end = entry.value.end
    if entry.in_flow:
        return end, f", {field}"
    value = text[entry.value.start : end]
    indent = " " * entry.column
    first = _LINE_END.search(text)
    newline = first[0] if first else "\n"
    if re.match(r"[|>][0-9]*\+", value) and text[:end].endswith(("\n", "\r")):
        return end, f"{indent}{field}{newline}"  # the empty lines behind it are part of it
    behind = entry.value.start + len(value.rstrip())
    stop = _LINE_END.search(text, behind)
    return (stop.start() if stop else len(text)), f"{newline}{indent}{field}"

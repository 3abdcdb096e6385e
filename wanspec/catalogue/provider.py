"""A provider as the catalogue knows it: how one vendor is spoken to, as frozen values read from one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from wanspec.domain.json import Json
from wanspec.domain.requests import MediaUse

# What a fault of the vendor means for us; the classes of `errors.rules`.
AUTH = "auth"  # the key is wrong or lacks a right
BALANCE = "balance"  # no money left there
PROMPT = "prompt"  # the content of the prompt is refused
INPUT = "input"  # that of a medium that went in
OUTPUT = "output"  # that of what came out
REFUSED = "refused"  # the request is wrong and would be refused again
LATER = "later"  # refused now, worth another render
BUSY = "busy"  # nothing was accepted: the same request may be sent again soon
SERVER = "server"  # the vendor's own trouble: what became of a submit is not known
CONFLICT = "conflict"  # a task of this client-made id is there already
MISSING = "missing"  # the vendor knows no such task
UNREACHABLE = "unreachable"  # it could not fetch a medium by the address that it was given
CLASSES = (AUTH, BALANCE, PROMPT, INPUT, OUTPUT, REFUSED, LATER, BUSY, SERVER, CONFLICT, MISSING, UNREACHABLE)

RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of HTTP call.  `{task}` in path, query and body stands for the vendor's id of the task."""

    method: str = "GET"
    paths: Mapping[str, str] = field(default_factory=dict)  # kind of output -> path; "" for every kind
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    batch: int = 1  # how many tasks' bodies, which are lists then, may share one call

    def path(self, kind: str) -> str:
        return self.paths.get(kind) or self.paths.get("", "")


@dataclass(frozen=True, slots=True)
class Submit:
    """How a request is handed over.  In `body`, `"{request}"` stands for the native request."""

    ask: Ask
    sends: Mapping[str, Json] = field(default_factory=dict)  # native path -> value, where the request has none
    task: tuple[str, ...] = ()  # where the answer may hold the task's id; none where the client makes it
    client_made: bool = False  # sending the same task again is safe: it is refused as a conflict, never run twice
    timeout_s: float | None = None  # longest silence where it is another: for vendors that answer when they are done
    # Header by which a submit is known: sent again with the same value, it is answered with the task of the first.
    repeat_header: str = ""
    repeat_s: float = 24 * 3600.0  # how long the vendor remembers it


@dataclass(frozen=True, slots=True)
class Poll:
    """How a task is asked for, and what the answers mean."""

    ask: Ask
    entries: str = ""  # the list of things that belong to tasks, "" where the answer is about one task
    task: str = ""  # field of such a thing that names its task
    status: str = ""
    words: Mapping[str, str] = field(default_factory=dict)  # the vendor's word -> running, done or failed
    otherwise: str = ""  # what any other word means; "" makes it an error
    finished: tuple[str, ...] = ()  # fields that say, when set, that nothing more will come
    per_output: bool = False  # one entry for each output, which come one by one
    first_s: float = 2.0
    longest_s: float = 15.0
    # Asked when the task is no longer known above: path of the answers that were kept.
    archive: Ask | None = None
    archive_at: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """Where outputs stand in an answer.  Paths within an entry; "" is the entry itself."""

    entries: tuple[str, ...]  # the first that finds something counts
    url: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()  # base64, with or without the head of a data URI
    seed: str = ""
    cost_usd: str = ""
    credits: str = ""  # where the answer, not the entry, holds the cost of a task in the vendor's own credits
    credits_per_usd: Decimal = Decimal(1)
    lives_s: float = 24 * 3600.0  # how long an output's address can be used


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """A fault that fits all that is given is of this class."""

    meaning: str
    status: tuple[int, ...] = ()
    code: re.Pattern[str] | None = None  # searched for
    message: re.Pattern[str] | None = None

    def fits(self, status: int, code: str, message: str) -> bool:
        return (
            (not self.status or status in self.status)
            and (self.code is None or bool(self.code.search(code)))
            and (self.message is None or bool(self.message.search(message)))
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """The envelope of faults."""

    at: tuple[str, ...] = ("error",)
    task: str = ""
    code: tuple[str, ...] = ("code",)
    message: tuple[str, ...] = ("message",)
    request_id: tuple[str, ...] = ()
    request_id_header: str = ""
    request_id_in_message: re.Pattern[str] | None = None
    rules: tuple[ErrorRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """The vendor's own place for media.

    In `body` `{data_uri}`, `{base64}`, `{file_name}` and `{uuid}` are filled in.
    """

    ask: Ask
    gives: Mapping[str, str]  # form (uuid, url) -> where it stands in the answer
    file: str = ""  # the multipart field of the file; "" where the body carries it
    origin: str = ""  # scheme and host, where they are not the provider's
    kinds: tuple[str, ...] = ("image", "video", "audio")
    lives_s: float = 24 * 3600.0
    most_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True)
class MediaWays:
    """How media reach the vendor."""

    inline_bytes: int = 20_000_000  # the largest file that goes into a request
    upload: Upload | None = None
    result_urls: bool = True  # it fetches the address of an earlier result


@dataclass(frozen=True, slots=True)
class Provider:
    """One vendor."""

    name: str
    origin: str  # scheme, host, port; what `<PROVIDER>_BASE_URL` replaces
    submit: Submit
    poll: Poll
    results: Results
    errors: Errors
    title: str = ""
    key_header: str = "Authorization"
    key_value: str = "Bearer {key}"
    headers: Mapping[str, str] = field(default_factory=dict)
    media: MediaWays = field(default_factory=MediaWays)
    in_flight: int = 4
    per_minute: float = 120.0
    timeout_s: float = 60.0
    task_s: Mapping[str, float] = field(default_factory=dict)  # kind -> how long a task may take
    publish: str = ""
    base_url: str = ""  # a shot list's, on loopback
    built_in: bool = True  # false for one that a project brings

    @property
    def variable(self) -> str:
        """What its settings in the environment begin with: `ACME_STUDIO`."""
        return re.sub(r"[^A-Z0-9]", "_", self.name.upper())

    def time_limit_s(self, kind: str) -> float:
        return self.task_s.get(kind, 1800.0)


def ways_for(provider: Provider, use: MediaUse, kind: str, size: int | None = None) -> tuple[str, ...]:
    """How a file of ours can stand in a place for media: `data`, `base64`, `upload`, `publish`; none where it cannot.

    `size`: its bytes, where they are known.
    """
    media = provider.media
    found: list[str] = []
    if size is None or size <= media.inline_bytes:
        found += [form for form in ("data", "base64") if form in use.forms]
    upload = media.upload
    fits = upload is not None and kind in upload.kinds and (size is None or size <= upload.most_bytes)
    if fits and upload is not None and any(form in use.forms for form in upload.gives):
        found.append("upload")
    if provider.publish and "url" in use.forms:
        found.append("publish")
    return tuple(found)


def laid_over(lower: Any, upper: Any) -> Any:
    """`upper` over `lower` at every depth: mappings merge, anything else is replaced."""
    if not isinstance(lower, Mapping) or not isinstance(upper, Mapping):
        return upper
    return {
        **lower,
        **{name: laid_over(lower[name], inner) if name in lower else inner for name, inner in upper.items()},
    }

"""What a vendor may refuse, by kind; each vendor words it in its own envelope."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "no_key",  # no credentials at all
    "wrong_scheme",  # credentials of another form
    "wrong_key",
    "no_balance",
    "no_route",
    "not_json",
    "missing",  # a field that must be there
    "unknown_field",
    "invalid",  # a value that is not taken
    "unknown_model",
    "bad_media",  # cannot be read, or is not what is taken there
    "gone_media",  # an upload or link that does not live any more
    "too_large",
    "busy",  # rate limit
    "broken",  # an error of the server; `status` says which
    "prompt_refused",
    "input_refused",
    "output_refused",
    "failed",  # accepted, then failed
    "unknown_task",
    "conflict",  # the client's task id was used before
]


class Trouble(Exception):
    """Something that a vendor answers instead of what was asked for."""

    def __init__(
        self,
        kind: Kind,
        message: str = "",
        *,
        field: str = "",
        status: int = 0,
        code: str = "",
        retry_after_s: float | None = None,
        retry_as_date: bool = False,
    ) -> None:
        super().__init__(message or kind)
        self.kind: Kind = kind
        self.message = message or _WORDS.get(kind, kind.replace("_", " "))
        self.field = field  # native path of what is wrong
        self.status = status  # HTTP status, 0 for the vendor's usual one
        self.code = code  # in the place of the vendor's usual one
        self.retry_after_s = retry_after_s
        self.retry_as_date = retry_as_date  # `Retry-After` as an HTTP date instead of seconds


_WORDS: dict[Kind, str] = {
    "no_key": "No API key was given.",
    "wrong_scheme": "The Authorization header must be of the form 'Bearer <key>'.",
    "wrong_key": "The API key is invalid.",
    "no_balance": "The balance is insufficient.",
    "no_route": "There is nothing at this path.",
    "not_json": "The body is not valid JSON.",
    "too_large": "The file is too large.",
    "busy": "Too many requests. Try again later.",
    "broken": "Something went wrong on our side.",
    "prompt_refused": "The prompt was rejected by content moderation.",
    "input_refused": "An input image was rejected by content moderation.",
    "output_refused": "The result was withheld by content moderation.",
    "failed": "The generation failed.",
    "unknown_task": "The task does not exist or has expired.",
    "conflict": "A task with this id exists already.",
}

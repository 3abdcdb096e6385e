"""Troubles of the world, few and distinct; the command line turns each class into one exit code."""

from __future__ import annotations


class WanspecError(Exception):
    """Something the user can act on.  `code` is a stable word for scripts, `hint` what to do next."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code


class UsageError(WanspecError):
    """The command line names what is not there, or asks for what cannot be: exit code 2."""

    code = "usage"


class NotSent(WanspecError):
    """Over budget, key missing, offline: nothing left this machine.  Exit code 3."""

    code = "refused"


class StoreError(WanspecError):
    """The disk refused, or what is on it is damaged."""

    code = "store"


class MediaError(WanspecError):
    """A picture, clip or sound cannot be read, or an operation cannot be done on it."""

    code = "media"


class ProviderError(WanspecError):
    """A vendor said no, or nothing.  Carries the vendor's own code and request id."""

    code = "provider"
    retryable = False

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", provider_code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.provider_code = provider_code
        self.request_id = request_id


class Refused(ProviderError):
    """Would be refused again; not billed."""

    code = "refused_by_provider"


class Busy(ProviderError):
    """Rate limit, outage, never connected: retried with backoff."""

    code = "busy"
    retryable = True


class Failed(ProviderError):
    """Accepted, then failed."""

    code = "failed"


class Uncertain(ProviderError):
    """Sent, and we do not know what became of it: may be billed, never sent again by itself."""

    code = "uncertain"
    retryable = True

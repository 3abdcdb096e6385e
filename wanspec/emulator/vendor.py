"""What the emulator must be told of a vendor: facts, and a handful of functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wanspec.emulator.conversation import Call, Reply
from wanspec.emulator.inputs import Inputs, Place
from wanspec.emulator.tasks import Asked
from wanspec.emulator.troubles import Trouble

if TYPE_CHECKING:
    from wanspec.emulator.desk import Desk

DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor; its module in `vendors/` fills this in."""

    name: str
    key_prefix: str
    # Answers a call whose path (below the vendor's prefix) is no file.  Raises Trouble.
    answer: Callable[[Desk, Call, str], Awaitable[Reply]]
    word: Callable[[Trouble, str], Reply]  # a trouble in the vendor's envelope; with a request id
    media: Callable[[str, Mapping[str, Any]], list[Place]]  # of a request for that kind
    asked: Callable[[str, Mapping[str, Any], Inputs], Asked]
    # Of a request for a model; None where this module knows no price.
    price: Callable[[str, Mapping[str, Any], Asked], Decimal | None]
    delivery: frozenset[str] = frozenset()  # fields that change no bytes
    link_lives_s: float = DAY_S
    upload_lives_s: float = 3 * DAY_S
    signed_links: bool = False
    gone_link_status: int = 404
    retry_after_s: float | None = None  # that a 429 names; None: none

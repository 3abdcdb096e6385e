"""Action keys: what a request and the bytes it is given are hashed to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wanspec.domain.json import Json
from wanspec.domain.requests import Request, action_facts
from wanspec.domain.seeds import seed_of_take


def take_seed(request: Request, take: int) -> int | None:
    """The seed of one take, from 1; None where the vendor chooses or takes none."""
    return None if request.seed is None else seed_of_take(request.seed, take, *request.seed_range)


def take_facts(request: Request, content: Mapping[str, str], take: int) -> dict[str, Json]:
    """The facts of one take's action.  `content`: native path -> `sha256:HEX` (or `url:…`) of what stands there."""
    seed = take_seed(request, take)
    facts = dict(
        action_facts(
            request.model,
            request.hashed,
            content,
            (request.seed_path, seed) if seed is not None and request.seed_path else None,
        )
    )
    if seed is None and take > 1:
        # Without a seed nothing else would tell a second candidate from the first.
        facts["take"] = take
    return facts


_PINNED = re.compile(r"(?P<address>[^#]*)#sha256=(?P<digest>[0-9a-fA-F]{64})")


def content_of_url(url: str) -> str:
    """What a URL stands for in a key: the digest where it is pinned, else its address."""
    pinned = _PINNED.fullmatch(url)
    return f"sha256:{pinned['digest'].lower()}" if pinned else f"url:{url}"


def without_seed(facts: Mapping[str, Json], seed_path: str) -> dict[str, Json]:
    """The facts by which an item is known again under another name."""
    return {name: value for name, value in facts.items() if name != f"request.{seed_path}"}

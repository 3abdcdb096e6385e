"""Seeds that are the same on every machine."""

from __future__ import annotations

import hashlib


def seed_of(text: str) -> int:
    """A stable 31-bit seed: the first four bytes of the text's sha256 without the sign bit."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big") & 0x7FFF_FFFF


def seed_of_take(seed: int, take: int, minimum: int, maximum: int) -> int:
    """The seed of take 1, 2, …: counted up from the first, past the maximum on from the minimum."""
    return minimum + (seed - minimum + take - 1) % (maximum - minimum + 1)

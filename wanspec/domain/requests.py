"""A request: one item's native parameters, accepted by its model's schema; what was not checked cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wanspec.domain.items import Medium
from wanspec.domain.json import Json, digest, leaves

KEY_VERSION = 1  # bumped only with a free `rekey` and a line in the changelog


@dataclass(frozen=True, slots=True)
class Price:
    """What an action costs by the vendor's published rule."""

    usd: Decimal | None  # None: unknown, never treated as nothing
    note: str = ""  # what it depends on, when unknown


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a vendor publishes that a medium may be; None or empty where it says nothing."""

    types: tuple[str, ...] = ()  # "image/png"
    alpha: bool = True  # a still may be transparent
    sides: tuple[int, int] | None = None  # pixels of each side, from and to
    aspect: float | None = None  # how many times one side may be as long as the other
    seconds: tuple[float, float] | None = None  # from and to
    bytes: int | None = None  # at most

    def to_json(self) -> dict[str, Json]:
        """Only what it says."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in self.__slots__
            if (value := getattr(self, name)) not in (None, ()) and value is not True
        }


@dataclass(frozen=True, slots=True)
class MediaUse:
    """A place in a request that holds media."""

    path: str  # "inputs.referenceImages[0]"
    medium: Medium
    kind: str  # what the model takes there: image, video, audio
    forms: tuple[str, ...] = ()  # forms the vendor accepts there: uuid, url, data, base64
    limits: Mapping[str, MediaLimits] = field(default_factory=dict, compare=False)  # by the kind of medium


@dataclass(frozen=True, slots=True)
class Request:
    """The native parameters of one item, for its first take."""

    item: str
    model: str
    native: Mapping[str, Json]  # what the vendor gets; a place for media holds a readable label of it
    # The same without delivery fields, defaults, constants, seed and media: what may enter the key.
    hashed: Mapping[str, Json]
    media: tuple[MediaUse, ...] = ()
    seed: int | None = None  # of take 1; None where the vendor chooses or the model takes none
    seed_path: str = ""  # native field of the seed, where the model has one
    seed_range: tuple[int, int] = (0, 2147483647)
    takes: int = 1  # how many actions
    outputs: int = 1  # how many outputs one action may have; they are the takes where it is more than 1
    price: Price = field(default=Price(None))  # of one action
    unknown: tuple[str, ...] = ()  # native fields that wait for a render; the key is unknown until then
    derived_seed: bool = False  # no `seed:` was written
    unchosen: tuple[str, ...] = ()  # native fields of prompt rewriting that are sent although nobody chose them
    alike: int = 0  # requests of one such number differ in words, references and seed alone; 0: like no other
    names: Mapping[str, str] = field(default_factory=dict)  # native path -> the field that the user wrote for it


def action_facts(
    model: str, hashed: Mapping[str, Json], media: Mapping[str, str], seed: tuple[str, int] | None = None
) -> Iterator[tuple[str, Json]]:
    """All that can change the bytes.  Not here: delivery fields, defaults, task ids, titles, paths, dates.

    `media` is native path -> `sha256:HEX` of the bytes (or `url:…` where only the address is known).
    `seed` is native path and value of this take.
    """
    yield "key version", KEY_VERSION
    yield "model", model
    for path, value in sorted(leaves(hashed)):
        if path:
            yield f"request.{path}", value
    if seed is not None:
        yield f"request.{seed[0]}", seed[1]
    for path, content in sorted(media.items()):
        yield f"media.{path}", content


def action_key(facts: Mapping[str, Json]) -> str:
    """`sha256:HEX` of the facts: of an action's identity."""
    return digest(facts)

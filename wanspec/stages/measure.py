"""What a template may ask of a reference: seed, size and length of the item's picked take, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.portable import to_portable
from wanspec.domain.items import Derived, Reference, Unknown
from wanspec.domain.requests import Request
from wanspec.stages.keys import take_seed
from wanspec.stages.members import Member
from wanspec.stages.plan import Supply
from wanspec.stages.signals import AlreadyReported, NotYetKnown


@dataclass(slots=True)
class Measuring:
    """Answers from the request where it says so, else from what was rendered; raises NotYetKnown before that.

    The request goes first, so that a value does not change, and with it a key, once the render is there.
    """

    catalogue: Catalogue
    supplies: dict[str, Supply] = field(default_factory=dict)
    picks: Mapping[str, int] = field(default_factory=dict)  # chosen ones, as the lock has them
    request_of: Callable[[Member], Request | None] = lambda _: None

    def __call__(self, member: Member, reference: Reference, name: str) -> object:
        request = self.request_of(member)
        if request is None:
            raise AlreadyReported if member.broken else NotYetKnown(member.id)
        if name == "seed":
            return self._seed(member, reference, request)
        asked = self._asked(request, name)
        if asked is not None:
            return asked
        supply = self.supplies.get(member.id)
        artifact = supply.artifact(reference.take) if supply is not None else None
        if member.broken:
            raise AlreadyReported  # what was asked may be what is faulty
        found = getattr(artifact, name) if artifact is not None else None
        if artifact is None:
            raise NotYetKnown(member.id)
        return found

    def _seed(self, member: Member, reference: Reference, request: Request) -> object:
        supply = self.supplies.get(member.id)
        take = reference.take or (supply.pick if supply is not None and supply.takes else self.picks.get(member.id))
        if take is None and request.takes == 1:
            take = 1
        if take is None and supply is None and member.item is not None and not member.item.pick_required:
            take = 1  # the first take is the pick until somebody chooses another
        if take is None:
            raise NotYetKnown(member.id)
        seed = take_seed(request, take)
        if seed is not None:
            return seed
        if supply is not None and 1 <= take <= len(supply.seeds) and supply.takes[take - 1] is not None:
            return supply.seeds[take - 1]
        if not request.seed_path:
            return None
        raise NotYetKnown(member.id)

    def _asked(self, request: Request, name: str) -> object:
        model = self.catalogue.get(request.model)
        assert model is not None
        if model.is_local:
            value = _told_by_local(model.id, request.native, name)
        else:
            value = to_portable(model, request.native).get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _told_by_local(model: str, native: Mapping[str, Any], name: str) -> object:
    """What a local model's fields say of its result by themselves; the rest is known after the render."""
    value = native.get(name)
    if isinstance(value, Unknown | Derived | Reference):
        return None
    if model == "local/crop" and name in ("width", "height"):
        return value
    if model == "local/resize" and name in ("width", "height") and native.get("fit") in ("fill", "pad", "stretch"):
        return value
    if model == "local/hold" and name == "duration":
        return native.get("seconds")
    if model in ("local/concat", "local/contact-sheet", "local/loop") and name == "width":
        return value
    if model == "local/concat" and name == "height":
        return value
    return None

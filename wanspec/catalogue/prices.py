"""What an action costs by its vendor's published rule."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from wanspec.catalogue.media import media_uses
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import ABSENT, steps, value_at
from wanspec.catalogue.sizes import gear_of
from wanspec.domain.items import Unknown
from wanspec.domain.requests import Price

FREE = Price(Decimal(0))


def price(model: Model, native: Mapping[str, Any], *, input_seconds: Decimal | float | None = None) -> Price:
    """The price of one action in US dollars, unknown where it hangs on something not known.

    `input_seconds`: length of all videos that go in, None while it is not known; it counts only where the vendor
    charges for them.  Of a set the price is that of its most outputs; the vendor charges those it makes.
    """
    if model.is_local:
        return FREE
    rule = model.price
    if not rule.per:
        return Price(None, rule.note or "the vendor publishes no price")
    rate, note = _rate(model, native)
    if rate is None:
        return Price(None, note)
    amount = rate * (1 if rule.per == "action" else model.outputs_of(native))
    if model.outputs.count and isinstance(value_at(native, steps(model.outputs.count)), Unknown):
        return Price(None, f"depends on `{model.outputs.count}`")
    if rule.per == "second":
        length = value_at(native, steps(rule.seconds))
        length = model.default_at(steps(rule.seconds)) if length is ABSENT else length
        if isinstance(length, bool) or not isinstance(length, int | float):
            return Price(None, f"depends on `{rule.seconds}`")
        takes_video = any(use.kind == "video" for use in media_uses(model, native))
        if takes_video and input_seconds is None and (rule.input_video or not length):
            return Price(None, "depends on the length of the videos that go in")
        # No length of its own: that of the clip which is edited.
        seconds = Decimal(str(length or input_seconds or 0))
        if rule.input_video and takes_video:
            seconds += Decimal(str(input_seconds))
        amount *= seconds
    if rule.step:
        amount = (amount / rule.step).to_integral_value(ROUND_CEILING) * rule.step
    return Price(amount.normalize() + 0 if amount else Decimal(0), rule.note)


def _rate(model: Model, native: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    rule = model.price
    if not rule.by:
        return rule.usd.get(""), ""
    if rule.by == "gear":
        chosen: object = gear_of(model, native)
        asked = "the size"
    else:
        chosen = value_at(native, steps(rule.by))
        chosen = model.default_at(steps(rule.by)) if chosen is ABSENT else chosen
        asked = f"`{rule.by}`"
    found = rule.usd.get(str(chosen))
    return found, "" if found is not None else f"depends on {asked}"

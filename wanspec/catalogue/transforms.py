"""Portable values in a vendor's spelling, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

from wanspec.catalogue.paths import Path
from wanspec.domain.items import Unknown

PERCENT = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)\s*%$")


class NotTransformable(Exception):
    """A portable value that has no native form; `path` is the place within the value."""

    def __init__(self, message: str, hint: str = "", path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path


@dataclass(frozen=True, slots=True)
class Transform:
    there: Callable[[Any], Any]  # raises NotTransformable
    back: Callable[[Any], Any]  # gives its argument back where it is no native form


def palette_to_percents(value: Any) -> Any:
    """Ratios as numbers become percent texts of two decimals whose sum is exactly 100.00 %.

    Some vendors want that sum to the digit, so what rounding leaves over goes to the largest remainders.
    """
    if not isinstance(value, list | tuple):
        raise NotTransformable("must be a list of colours", 'write `- {hex: "#1E2A39", ratio: 34}` for each')
    shares: list[Decimal] = []
    for number, entry in enumerate(value):
        if isinstance(entry, Unknown):
            return entry
        if not isinstance(entry, Mapping):
            raise NotTransformable("must be a mapping with `hex` and `ratio`", path=(number,))
        ratio = entry.get("ratio")
        if isinstance(ratio, Unknown):
            return ratio
        if ratio is None:
            raise NotTransformable("has no `ratio`", "write its share in percent, like `ratio: 34`", (number,))
        if isinstance(ratio, bool) or not isinstance(ratio, int | float):
            plain = PERCENT.match(ratio) if isinstance(ratio, str) else None
            hint = f"write {plain[1]}" if plain else "write its share in percent, like 34"
            raise NotTransformable("must be a number", hint, (number, "ratio"))
        share = Decimal(str(ratio))
        if not share.is_finite() or not 0 < share <= 100:
            raise NotTransformable("must be more than 0 and at most 100", path=(number, "ratio"))
        shares.append(share)
    total = sum(shares, Decimal(0))
    if shares and abs(total - 100) > Decimal("0.01"):
        raise NotTransformable(f"has ratios that sum to {plain_number(total)}, not to 100")
    texts = [f"{share:.2f}%" for share in _hundredths(shares)]
    return [{**entry, "ratio": text} for entry, text in zip(value, texts, strict=True)]


def _hundredths(shares: list[Decimal]) -> list[Decimal]:
    cent = Decimal("0.01")
    floors = [share.quantize(cent, ROUND_FLOOR) for share in shares]
    left = int((Decimal(100) - sum(floors, Decimal(0))) / cent)
    order = sorted(range(len(shares)), key=lambda n: (floors[n] - shares[n], n))
    for n in order[: max(0, left)]:
        floors[n] += cent
    if left < 0 and floors:
        floors[max(range(len(floors)), key=floors.__getitem__)] += left * cent
    return floors


def palette_from_percents(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [{**one, "ratio": percent_of(one.get("ratio"))} if isinstance(one, Mapping) else one for one in value]


def percent_of(text: Any) -> Any:
    """`"34.50%"` as 34.5; what is no such text stays."""
    found = PERCENT.match(text) if isinstance(text, str) else None
    if not found:
        return text
    number = Decimal(found[1])
    return int(number) if number == number.to_integral_value() else float(number)


def plain_number(number: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def the_only_one(value: Any) -> Any:
    """A list's one entry, where the vendor takes no more."""
    if not isinstance(value, list | tuple):
        raise NotTransformable("must be a list", "write it as `[…]`, or as entries that begin with `-`")
    if len(value) > 1:
        raise NotTransformable(f"has {len(value)} entries, at most 1", path=(1,))
    return value[0] if value else value


def as_a_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def to_json_text(value: Any) -> Any:
    return value if isinstance(value, Unknown) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


TRANSFORMS: Mapping[str, Transform] = {
    "percents": Transform(palette_to_percents, palette_from_percents),
    "json": Transform(to_json_text, from_json_text),
    "one": Transform(the_only_one, as_a_list),
}


def same_text(way: str, value: Any) -> Any:
    """A value in the one spelling that enters keys: texts that mean the same to the vendor become equal.

    `upper`: its case says nothing; `percent`: "34%" is "34.00%"; `json`: JSON in a text, whose layout says nothing.
    """
    if not isinstance(value, str):
        return value
    if way == "upper":
        return value.upper()
    if way == "percent":
        try:
            found = PERCENT.match(value)
            return f"{Decimal(found[1]):.2f}%" if found and Decimal(found[1]) == round(Decimal(found[1]), 2) else value
        except InvalidOperation:
            return value
    try:
        return json.dumps(_percents(json.loads(value)), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (ValueError, RecursionError):
        return value


def _percents(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _percents(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_percents(inner) for inner in value]
    return same_text("percent", value)

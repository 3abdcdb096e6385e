"""Width and height, or aspect ratio and resolution, in a vendor's form, and back to pixels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from wanspec.catalogue.model import Model, SizeForm, SizeRule
from wanspec.catalogue.paths import ABSENT, blocked, is_on, located, steps, value_at, written
from wanspec.domain.diagnostics import suggestion
from wanspec.domain.items import Unknown
from wanspec.domain.json import Json

FIELDS = ("width", "height", "aspect_ratio", "resolution")

MOST_SIZES = 10_000

_PLACEHOLDER = re.compile(r"\{(width|height|aspect_ratio|resolution)\}")
_PATTERNS = {"width": r"(?P<width>\d+)", "height": r"(?P<height>\d+)", "aspect_ratio": r"(?P<aspect_ratio>\d+:\d+)"}


class NoSize(Exception):
    """A portable size that the model has no native form for."""

    def __init__(self, field: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class NativeSize:
    """What a portable size becomes."""

    native: Mapping[str, object]  # path -> value
    origin: Mapping[str, str]  # path -> the portable field that gave it; none for what was filled in


def unsupported(rule: SizeRule, given: Mapping[str, object], native: Mapping[str, Any]) -> tuple[str, ...]:
    """The portable size fields that no form takes in a request of this shape."""
    open_forms = [form for form in rule.forms if _fits_shape(form, native)]
    return tuple(name for name in given if not any(name in form.fields for form in open_forms))


def native_size(rule: SizeRule, given: Mapping[str, object], native: Mapping[str, Any]) -> NativeSize:
    """The native fields of a portable size, by the first form that takes it.  Raises NoSize."""
    if not given:
        return NativeSize({}, {})
    given = {name: _spelled(rule, name, value) for name, value in given.items()}
    refused: NoSize | None = None
    missing: NoSize | None = None
    for form in rule.forms:
        if form.only_read or not _fits_shape(form, native) or any(name not in form.fields for name in given):
            continue
        lacking = [name for name in form.given if name not in given]
        if lacking:
            first = next(iter(given))
            missing = missing or NoSize(first, f"needs `{lacking[0]}` beside it", f"write `{lacking[0]}:` too")
            continue
        try:
            return _sent(rule, form, given)
        except NoSize as error:
            refused = error  # the last form is the most general
    if refused or missing:
        raise refused or missing  # type: ignore[misc]
    names = " and ".join(f"`{name}`" for name in given)
    raise NoSize(next(iter(given)), f"cannot be honoured: this model takes no {names} together")


def _spelled(rule: SizeRule, name: str, value: object) -> object:
    """Gears in the catalogue's letters; ratios are checked for their form."""
    if isinstance(value, Unknown) or name not in ("aspect_ratio", "resolution"):
        return value
    if not isinstance(value, str):
        raise NoSize(name, "must be text", "like `16:9`" if name == "aspect_ratio" else "like `2K` or `1080p`")
    if name == "resolution":
        gears = _gears(rule)
        return next((gear for gear in gears if gear.lower() == value.strip().lower()), value)
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", value.strip()):
        raise NoSize(name, "must be a ratio like `16:9`")
    return value.strip()


def _gears(rule: SizeRule) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*rule.pixels, *rule.areas]))


def _fits_shape(form: SizeForm, native: Mapping[str, Any]) -> bool:
    if form.needs and not any(is_on(native, steps(path)) for path in form.needs):
        return False
    return not any(is_on(native, steps(path)) for path in form.excludes)


def _sent(rule: SizeRule, form: SizeForm, given: Mapping[str, object]) -> NativeSize:
    known: dict[str, object] = dict(given)
    waits = next((value for value in given.values() if isinstance(value, Unknown)), None)
    if form.lookup == "pixels":
        known = _pixels(rule, given) if waits is None else {"width": waits, "height": waits}
    elif form.lookup == "gear":
        known = _gear(rule, given) if waits is None else {"resolution": waits, "aspect_ratio": waits}
    elif rule.resolution and "resolution" in form.fields and _needs(form, "resolution"):
        known.setdefault("resolution", rule.resolution)
    for name, table in form.values.items():
        value = known.get(name)
        if isinstance(value, Unknown) or value is None:
            continue
        if value not in table:
            near = _near_ratio(str(value), table) if name == "aspect_ratio" else suggestion(str(value), table)
            raise NoSize(name, _not_among(value, table), near)
        known[name] = table[str(value)]
    native: dict[str, object] = {}
    origin: dict[str, str] = {}
    for path, template in form.send.items():
        if not isinstance(template, str) or not (names := _PLACEHOLDER.findall(template)):
            native[path] = template
            continue
        if any(name not in known for name in names):
            continue
        native[path] = _filled(template, names, known)
        source = _source(names, form, given)
        if source:
            origin[path] = source
    if not origin:
        origin = {path: next(iter(given)) for path in native}
    return NativeSize(native, origin)


def _needs(form: SizeForm, name: str) -> bool:
    return name in form.also and any(isinstance(v, str) and f"{{{name}}}" in v for v in form.send.values())


def _source(names: list[str], form: SizeForm, given: Mapping[str, object]) -> str:
    for name in names:
        if name in given:
            return name
    # Pixels looked up are the ratio's doing, or the gear's where no ratio was given.
    return next((name for name in ("aspect_ratio", "resolution", "width") if name in given), "") if form.lookup else ""


def _filled(template: str, names: list[str], known: Mapping[str, object]) -> object:
    values = [known[name] for name in names]
    if template == f"{{{names[0]}}}":
        return values[0]
    if waits := next((value for value in values if isinstance(value, Unknown)), None):
        return waits
    for name, value in zip(names, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise NoSize(name, "must be a whole number")
    return _PLACEHOLDER.sub(lambda found: str(known[found[1]]), template)


def _pixels(rule: SizeRule, given: Mapping[str, object]) -> dict[str, object]:
    gear = str(given.get("resolution", rule.resolution))
    ratio = str(given.get("aspect_ratio", rule.aspect_ratio))
    if gear not in rule.pixels:
        raise NoSize("resolution", _not_among(gear, rule.pixels), suggestion(gear, rule.pixels))
    row = rule.pixels[gear]
    reduced = ":".join(str(n) for n in _reduced(ratio))
    if reduced not in row:
        raise NoSize("aspect_ratio", _not_among(ratio, row), _near_ratio(ratio, row))
    width, height = row[reduced]
    return {"width": width, "height": height}


def _reduced(ratio: str) -> tuple[int, int]:
    part = Fraction(*map(int, ratio.split(":")))
    return part.numerator, part.denominator


def _gear(rule: SizeRule, given: Mapping[str, object]) -> dict[str, object]:
    pair = (given.get("width"), given.get("height"))
    for gear, row in rule.pixels.items():
        for ratio, pixels in row.items():
            if pixels == pair:
                return {"resolution": gear, "aspect_ratio": ratio}
    near = nearest_pair(pair, (pixels for row in rule.pixels.values() for pixels in row.values()))
    hint = f"{near[0]}x{near[1]} is near" if near else ""
    raise NoSize("width", "is no size that this model makes with this `height`", hint)


def nearest_pair(pair: tuple[object, object], known: Any) -> tuple[int, int] | None:
    """The listed size nearest to one that is not listed."""
    width, height = pair
    if not (isinstance(width, int) and isinstance(height, int)):
        return None
    return min(known, key=lambda one: abs(one[0] - width) + abs(one[1] - height), default=None)


def _near_ratio(ratio: str, known: Mapping[str, object]) -> str:
    wanted = Fraction(*map(int, ratio.split(":")))
    near = min(known, key=lambda one: abs(Fraction(*map(int, one.split(":"))) - wanted), default="")
    return f"`{near}` is the nearest" if near else ""


def _not_among(value: object, known: Mapping[str, object]) -> str:
    return f"is `{value}`, not one of " + ", ".join(f"`{one}`" for one in known)


# -- back to pixels --------------------------------------------------------------------------------------------------


def size_source(model: Model, native: Mapping[str, Any]) -> str:
    """Path of the media whose proportions the result takes, "" where the request alone says them."""
    rule = model.size
    followed = next((path for path in rule.follows if is_on(native, steps(path))), "")
    if not followed or "aspect_ratio" in _read(model, native):
        return ""
    place = located(native, steps(followed))
    found = value_at(native, place)
    if isinstance(found, list | tuple):
        index = len(found) - 1 if rule.follows_last else 0
        place, found = (*place, index), found[index]
    if isinstance(found, Mapping):
        within = tuple(0 if isinstance(step, int) else step for step in place)
        place = next(((*place, *one.place[-1:]) for one in model.media if one.place[:-1] == within), place)
    return written(place)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a request and the vendor's documents say of the size of a result; None where anything may come."""

    width: int | None = None
    height: int | None = None
    differs: float = 0.0  # share of a side by which the vendor says that results differ from the pixels asked for
    ratio: Fraction | None = None  # width by height
    area: int | None = None  # pixels in all, roughly


def promised_size(model: Model, native: Mapping[str, Any]) -> Promise:
    """What can be held against a vendor.

    That is less than `output_size` tells: a table from shape and class to pixels is this catalogue's own way of asking
    for pixels, and a vendor that is asked for the class itself goes by its own.  Nor does any vendor say how near a
    result that follows a picture comes to its proportions; what was paid for is not refused for that.
    """
    read = _read(model, native)
    if any(isinstance(value, Unknown) for value in read.values()):
        return Promise()
    width, height = read.get("width"), read.get("height")
    if width is not None or height is not None:
        return Promise() if size_source(model, native) else Promise(width, height, model.size.differs)
    ratio = None
    # Some vendors go by the picture even where a ratio stands beside it.
    if "aspect_ratio" in read and not any(is_on(native, steps(path)) for path in model.size.follows):
        ratio = Fraction(*map(int, str(read["aspect_ratio"]).split(":")))
    size = pixels_of(model.size, str(read["resolution"]), ratio or Fraction(1)) if "resolution" in read else None
    return Promise(ratio=ratio, area=size[0] * size[1] if size else None)


def output_size(model: Model, native: Mapping[str, Any], follow: Fraction | None = None) -> tuple[int, int] | None:
    """Pixels of the result as far as the vendor's documents tell them, None where they depend on media not given.

    `follow` is width by height of the media that `size_source` names.
    """
    rule = model.size
    read = _read(model, native)
    if any(isinstance(value, Unknown) for value in read.values()):
        return None
    width, height = read.get("width"), read.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    gear = str(read.get("resolution") or rule.resolution)
    if not gear or width is not None or height is not None:
        return None
    if "aspect_ratio" in read:
        ratio = Fraction(*map(int, str(read["aspect_ratio"]).split(":")))
    elif size_source(model, native):
        if follow is None:
            return None
        ratio = follow
    elif rule.aspect_ratio:
        ratio = Fraction(*map(int, rule.aspect_ratio.split(":")))
    else:
        return None
    return pixels_of(rule, gear, ratio)


def pixels_of(rule: SizeRule, gear: str, ratio: Fraction) -> tuple[int, int] | None:
    """A gear in certain proportions: as listed where they are (within 2 %), else its area with sides in whole 16s."""
    for listed, pixels in rule.pixels.get(gear, {}).items():
        if abs(Fraction(*map(int, listed.split(":"))) / ratio - 1) <= Fraction(1, 50):
            return pixels
    area = rule.areas.get(gear)
    if area is None:
        square = rule.pixels.get(gear, {}).get("1:1")
        if square is None:
            return None
        area = square[0] * square[1]
    width = isqrt(int(area * ratio)) // 16 * 16
    height = isqrt(int(area / ratio)) // 16 * 16
    return max(16, width), max(16, height)


def gear_of(model: Model, native: Mapping[str, Any]) -> str | None:
    """The size class that a request falls into, None where it waits for a render."""
    read = _read(model, native)
    if any(isinstance(value, Unknown) for value in read.values()):
        return None
    if "resolution" in read:
        return str(read["resolution"])
    width, height = read.get("width"), read.get("height")
    if isinstance(width, int) and isinstance(height, int):
        for gear, row in model.size.pixels.items():
            if (width, height) in row.values():
                return gear
        areas = {gear: max(w * h for w, h in row.values()) for gear, row in model.size.pixels.items() if row}
        fitting = [gear for gear, area in sorted(areas.items(), key=lambda pair: pair[1]) if width * height <= area]
        return fitting[0] if fitting else None
    return model.size.resolution or None


def read_size(model: Model, native: Mapping[str, Any]) -> dict[str, Json]:
    """The portable size fields that a request's native ones say."""
    return {name: value for name, value in _read(model, native).items() if not isinstance(value, Unknown)}


def _read(model: Model, native: Mapping[str, Any]) -> dict[str, Any]:
    """The portable size of a request; remembered, since a project has few sizes and many requests."""
    rule = model.size
    values = [value_at(native, steps(path)) for path in rule.paths]
    shape = [is_on(native, steps(path)) for path in rule.shapers]
    try:
        key = (*((type(value), value) for value in values), *shape)
        known: dict[str, Any] | None = model.compiled.setdefault("sizes", {}).get(key)
    except TypeError:  # a list or mapping where none should stand
        return _found(model, native)
    if known is None:
        known = _found(model, native)
        if len(model.compiled["sizes"]) < MOST_SIZES:
            model.compiled["sizes"][key] = known
    return known


def _found(model: Model, native: Mapping[str, Any]) -> dict[str, Any]:
    for form in model.size.forms:
        if not _fits_shape(form, native) and not form.excludes:
            continue
        found: dict[str, Any] = {}
        fits = True
        for path, template in form.send.items():
            value = value_at(native, steps(path))
            if not isinstance(template, str) or not _PLACEHOLDER.search(template):
                fits = fits and value == template
            elif value is not ABSENT:
                part = _matched(model.size, form, template, value)
                fits = fits and part is not None
                found.update(part or {})
        if fits and found and all(name in found for name in form.given):
            return found
    return {}


def _matched(rule: SizeRule, form: SizeForm, template: str, value: object) -> dict[str, Any] | None:
    whole = _PLACEHOLDER.fullmatch(template)
    if isinstance(value, Unknown):
        return {whole[1]: value} if whole else {}
    if whole and whole[1] in ("width", "height"):
        return {whole[1]: int(value)} if isinstance(value, int | float) and not isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if whole and whole[1] in form.values:
        back = {native.lower(): portable for portable, native in form.values[whole[1]].items()}
        return {whole[1]: back[value.lower()]} if value.lower() in back else None
    gears = "|".join(map(re.escape, _gears(rule))) or r"(?!)"
    pattern = _PLACEHOLDER.sub(
        lambda one: _PATTERNS.get(one[1], rf"(?P<resolution>(?i:{gears}))"), re.sub(r"([.*+])", r"\\\1", template)
    )
    matched = re.fullmatch(pattern, value)
    if not matched:
        return None
    found: dict[str, Any] = dict(matched.groupdict())
    for name in ("width", "height"):
        if name in found:
            found[name] = int(found[name])
    if "resolution" in found:
        found["resolution"] = next(g for g in _gears(rule) if g.lower() == found["resolution"].lower())
    return found


def displaced(rule: SizeRule, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Native size paths that stand in params already."""
    return tuple(path for path in rule.paths if blocked(params, steps(path)))

"""Reads one model file: its `x-wanspec` block becomes a Model, every key of it checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any

from wanspec.catalogue.model import (
    LOCAL,
    Certain,
    MediaField,
    Model,
    OutputsRule,
    PortableField,
    PriceRule,
    RewriteRule,
    SeedRule,
    SizeForm,
    SizeRule,
    Warn,
)
from wanspec.catalogue.paths import any_entry, steps
from wanspec.catalogue.transforms import TRANSFORMS
from wanspec.domain.diagnostics import suggestion
from wanspec.domain.json import Json
from wanspec.domain.requests import MediaLimits

KINDS = ("image", "video", "audio")
FORMS = ("uuid", "url", "data", "base64")
MEDIA_KINDS = ("image", "video", "audio", "captions")

# A model file is some tens of kilobytes; what is larger is no model file.
MAX_BYTES = 2_000_000
MAX_DEPTH = 60
MAX_NODES = 100_000  # after definitions are put in their places
_NOT_USED = ("$dynamicRef", "$dynamicAnchor", "$anchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary")

KEYWORDS = frozenset(
    {
        "x-wanspec",
        "x-message",
        "x-hint",
        "x-same",
        "x-sum",
        "x-same-length",
        "x-box",
        "x-pixels",
        "x-pairs",
        "x-ordered",
        "x-json",
        "x-total-items",
    }
)
SAME = ("upper", "percent", "json")


@dataclass(frozen=True, slots=True)
class FileFault:
    """Something wrong in a model file; `path` is the place within it, in the notation of requests."""

    path: str
    message: str
    hint: str = ""


class UnreadableModel(Exception):
    """The file holds no model at all."""

    def __init__(self, fault: FileFault, line: int = 1, column: int = 1) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.line = line
        self.column = column


def read_model(file: FilePath, model_id: str, text: str | None = None) -> tuple[Model, tuple[FileFault, ...]]:
    """The model that a file describes, with the faults of its `x-wanspec` block.

    Raises UnreadableModel when it is no JSON object, and OSError when the file cannot be read.
    """
    if text is None:
        if file.stat().st_size > MAX_BYTES:
            raise UnreadableModel(FileFault("", f"is larger than {MAX_BYTES} bytes"))
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableModel(FileFault("", "is not UTF-8 text")) from error
    try:
        schema = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise UnreadableModel(FileFault("", f"is not JSON: {error.msg.lower()}"), error.lineno, error.colno) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableModel(FileFault("", "is not JSON that can be read")) from error
    if not isinstance(schema, dict):
        raise UnreadableModel(FileFault("", "must hold a JSON object"))
    if _depth(schema) > MAX_DEPTH:
        raise UnreadableModel(FileFault("", f"is nested deeper than {MAX_DEPTH} levels"))
    reading = _Reading()
    return reading.model(schema, file, model_id), tuple(reading.faults)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def place_in(text: str, path: str) -> tuple[int, int]:
    """Line and column, from 1, of a place in a JSON text, or of the deepest one on the way that is there."""
    wanted = [str(step) for step in steps(path)]
    best, place = 0, 0
    trail: list[str | int] = []  # name or index of each container that is open
    name: str | None = None
    after_colon = False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        inside_list = bool(trail) and isinstance(trail[-1], int)
        if mark[0] == '"' and not after_colon and not inside_list and trail:
            name = json.loads(mark)
            trail[-1] = name
            reached = [str(step) for step in trail if step != ""]
            if len(reached) > best and reached == wanted[: len(reached)]:
                best, place = len(reached), token.start()
        elif mark in "{[":
            trail.append("" if mark == "{" else 0)
            after_colon = False
            continue
        elif mark in "}]":
            trail.pop()
        elif mark == "," and inside_list:
            trail[-1] = int(trail[-1]) + 1
        after_colon = mark == ":"
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _depth(value: object) -> int:
    deepest, todo = 0, [(value, 1)]
    while todo:
        here, depth = todo.pop()
        deepest = max(deepest, depth)
        if isinstance(here, dict):
            todo.extend((inner, depth + 1) for inner in here.values())
        elif isinstance(here, list):
            todo.extend((inner, depth + 1) for inner in here)
    return deepest


def _fields_of(schema: object) -> dict[Any, Any]:
    fields = schema.get("properties") if isinstance(schema, dict) else None
    return fields if isinstance(fields, dict) else {}


def _branches(schema: object, word: str) -> list[Any]:
    found = schema.get(word) if isinstance(schema, dict) else None
    return found if isinstance(found, list) else []


class _Reading:
    """One pass over one file; faults are gathered, what is faulty is left out."""

    def __init__(self) -> None:
        self.faults: list[FileFault] = []

    def fault(self, path: str, message: str, hint: str = "") -> None:
        self.faults.append(FileFault(path, message, hint))

    # -- the block ---------------------------------------------------------------------------------------------------

    def model(self, schema: dict[str, Any], file: FilePath, model_id: str) -> Model:
        self.check_schema_words(schema)
        schema = self.inlined(schema)
        is_local = model_id.startswith(f"{LOCAL}/")
        block = self.mapping(schema.get("x-wanspec"), "x-wanspec")
        if "x-wanspec" not in schema:
            self.fault("x-wanspec", "is missing", "schemas/README.md says what it holds")
        self.only(
            block,
            "x-wanspec",
            "kind sources constants task_id portable size media limits delivery gates seed outputs rewrite certain "
            "price warnings",
        )
        kinds = (*KINDS, "source") if is_local else KINDS
        kind = self.one_of(block.get("kind"), "x-wanspec.kind", kinds)
        if schema.get("type") != "object":
            self.fault("type", "must be `object`: a request is a mapping of native fields")
        known = schema.get("properties")
        if not isinstance(known, dict) or not all(isinstance(part, dict) for part in known.values()):
            self.fault("properties", "must be a mapping of native fields to their schemas")
            schema = {**schema, "properties": {}}
        self.names = schema
        portable = {
            name: rule
            for name, given in self.mapping(block.get("portable", {}), "x-wanspec.portable").items()
            if (rule := self.portable(name, given, f"x-wanspec.portable.{name}"))
        }
        constants = self.mapping(block.get("constants", {}), "x-wanspec.constants")
        for name in constants:
            self.native(name, "x-wanspec.constants")
        task_id = self.text(block.get("task_id", ""), "x-wanspec.task_id")
        if task_id:
            self.native(task_id, "x-wanspec.task_id")
        limits = {
            self.one_of(kind, "x-wanspec.limits", MEDIA_KINDS): self.limits(given, f"x-wanspec.limits.{kind}")
            for kind, given in self.mapping(block.get("limits", {}), "x-wanspec.limits").items()
        }
        return Model(
            id=model_id,
            kind=kind or "image",
            title=self.text(schema.get("title", model_id), "title"),
            description=self.text(schema.get("description", ""), "description"),
            schema=schema,
            file=file,
            sources=tuple(self.texts(block.get("sources", []), "x-wanspec.sources")),
            constants=constants,
            task_id=task_id,
            portable=portable,
            size=self.size(block.get("size", {}), "x-wanspec.size"),
            media=tuple(
                one
                for pattern, given in self.mapping(block.get("media", {}), "x-wanspec.media").items()
                if (one := self.media(pattern, given, f"x-wanspec.media.{pattern}", limits))
            ),
            delivery=self.natives(block.get("delivery", []), "x-wanspec.delivery"),
            gates=self.natives(block.get("gates", []), "x-wanspec.gates"),
            seed=self.seed(block["seed"], "x-wanspec.seed") if "seed" in block else None,
            outputs=self.outputs(block.get("outputs", {}), "x-wanspec.outputs"),
            rewrite=self.rewrite(block["rewrite"], "x-wanspec.rewrite") if "rewrite" in block else None,
            certain=tuple(
                self.certain(given, f"x-wanspec.certain[{number}]")
                for number, given in enumerate(self.sequence(block.get("certain", []), "x-wanspec.certain"))
            ),
            price=self.price(block.get("price", {}), "x-wanspec.price"),
            warnings=tuple(
                self.warn(given, f"x-wanspec.warnings[{number}]")
                for number, given in enumerate(self.sequence(block.get("warnings", []), "x-wanspec.warnings"))
            ),
        )

    def portable(self, name: str, given: object, path: str) -> PortableField | None:
        if isinstance(given, str):
            given = {"to": given}
        rule = self.mapping(given, path)
        self.only(
            rule, path, "to as choices sends item same place each into beside needs excludes minimum maximum note"
        )
        to = self.text(rule.get("to", ""), f"{path}.to")
        if to:
            self.native(to.removesuffix("[]"), f"{path}.to")
        elif "choices" not in rule:
            self.fault(path, "needs `to` or `choices`")
            return None
        if rule.get("each") and not (rule.get("item") and to.endswith("[]")):
            self.fault(f"{path}.each", "needs `item`, and a `to` that ends in `[]`")
        if "into" in rule and "[]." not in to:
            self.fault(f"{path}.into", "needs a `to` like `list[].field`")
        choices: list[tuple[Json, Mapping[str, Json]]] = []
        for number, pair in enumerate(self.sequence(rule.get("choices", []), f"{path}.choices")):
            place = f"{path}.choices[{number}]"
            if not (isinstance(pair, list) and len(pair) == 2):
                self.fault(place, "must be a pair: the portable value and a mapping of what it sends")
                continue
            sent = self.mapping(pair[1], place)
            for native in sent:
                self.native(native, place)
            choices.append((pair[0], sent))
        sends = self.mapping(rule.get("sends", {}), f"{path}.sends")
        for native in sends:
            self.native(native, f"{path}.sends")
        transforms = tuple(self.texts(rule.get("as", []), f"{path}.as"))
        for transform in transforms:
            self.one_of(transform, f"{path}.as", tuple(TRANSFORMS))
        return PortableField(
            name=name,
            to=to,
            transforms=tuple(one for one in transforms if one in TRANSFORMS),
            choices=tuple(choices),
            sends=sends,
            item=self.mapping(rule.get("item", {}), f"{path}.item"),
            same={
                key: tuple(self.sequence(values, f"{path}.same.{key}"))
                for key, values in self.mapping(rule.get("same", {}), f"{path}.same").items()
            },
            place=self.whole(rule["place"], f"{path}.place") if "place" in rule else None,
            each=self.truth(rule.get("each", False), f"{path}.each"),
            into={
                key: tuple(self.sequence(values, f"{path}.into.{key}"))
                for key, values in self.mapping(rule.get("into", {}), f"{path}.into").items()
            },
            beside=self.beside(name, rule.get("beside", {}), f"{path}.beside"),
            needs=tuple(sorted(self.natives(rule.get("needs", []), f"{path}.needs"))),
            excludes=tuple(sorted(self.natives(rule.get("excludes", []), f"{path}.excludes"))),
            minimum=self.whole(rule["minimum"], f"{path}.minimum") if "minimum" in rule else None,
            maximum=self.whole(rule["maximum"], f"{path}.maximum") if "maximum" in rule else None,
            note=self.text(rule.get("note", ""), f"{path}.note"),
        )

    def beside(self, name: str, given: object, path: str) -> tuple[tuple[str, PortableField], ...]:
        found = []
        for native, other in self.mapping(given, path).items():
            self.native(native, path)
            if isinstance(other, dict) and "beside" in other:
                self.fault(f"{path}.{native}.beside", "cannot stand within another")
            elif rule := self.portable(name, other, f"{path}.{native}"):
                found.append((native, rule))
        return tuple(found)

    def size(self, given: object, path: str) -> SizeRule:
        rule = self.mapping(given, path)
        self.only(rule, path, "forms pixels areas aspect_ratio resolution follows follows_last one_way differs")
        pixels: dict[str, dict[str, tuple[int, int]]] = {}
        for gear, ratios in self.mapping(rule.get("pixels", {}), f"{path}.pixels").items():
            row = pixels.setdefault(gear, {})
            for ratio, pair in self.mapping(ratios, f"{path}.pixels.{gear}").items():
                place = f"{path}.pixels.{gear}.{ratio}"
                if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", ratio):
                    self.fault(place, "must be named by a ratio like `16:9`")
                elif not (isinstance(pair, list) and len(pair) == 2 and all(type(n) is int and n > 0 for n in pair)):
                    self.fault(place, "must be a pair of whole numbers: width and height")
                else:
                    row[ratio] = (pair[0], pair[1])
        ratio = self.text(rule.get("aspect_ratio", ""), f"{path}.aspect_ratio")
        if ratio and not re.fullmatch(r"[1-9]\d*:[1-9]\d*", ratio):
            self.fault(f"{path}.aspect_ratio", "must be a ratio like `16:9`")
            ratio = ""
        for gear, area in self.mapping(rule.get("areas", {}), f"{path}.areas").items():
            if self.whole(area, f"{path}.areas.{gear}") < 0:
                self.fault(f"{path}.areas.{gear}", "must be a number of pixels")
        follows = tuple(self.texts(rule.get("follows", []), f"{path}.follows"))
        for one in follows:
            self.native(one, f"{path}.follows")
        differs = rule.get("differs", 0)
        if isinstance(differs, bool) or not isinstance(differs, int | float) or not 0 <= differs < 1:
            self.fault(f"{path}.differs", "must be a share of a side, like 0.02")
            differs = 0
        return SizeRule(
            forms=tuple(
                self.form(one, f"{path}.forms[{number}]")
                for number, one in enumerate(self.sequence(rule.get("forms", []), f"{path}.forms"))
            ),
            pixels=pixels,
            areas=self.mapping(rule.get("areas", {}), f"{path}.areas"),
            aspect_ratio=ratio,
            resolution=self.text(rule.get("resolution", ""), f"{path}.resolution"),
            follows=follows,
            follows_last=self.truth(rule.get("follows_last", False), f"{path}.follows_last"),
            one_way=self.truth(rule.get("one_way", False), f"{path}.one_way"),
            differs=float(differs),
        )

    def form(self, given: object, path: str) -> SizeForm:
        rule = self.mapping(given, path)
        self.only(rule, path, "given also send needs excludes values lookup only_read")
        sizes = ("width", "height", "aspect_ratio", "resolution")
        fields: dict[str, tuple[str, ...]] = {}
        for name in ("given", "also"):
            fields[name] = tuple(self.texts(rule.get(name, []), f"{path}.{name}"))
            for one in fields[name]:
                self.one_of(one, f"{path}.{name}", sizes)
        send = self.mapping(rule.get("send", {}), f"{path}.send")
        for native in send:
            self.native(native, f"{path}.send")
        if not send:
            self.fault(f"{path}.send", "is missing: what the vendor gets")
        shape = {name: tuple(self.texts(rule.get(name, []), f"{path}.{name}")) for name in ("needs", "excludes")}
        for name, natives in shape.items():
            for native in natives:
                self.native(native, f"{path}.{name}")
        return SizeForm(
            given=fields["given"],
            also=fields["also"],
            send=send,
            needs=shape["needs"],
            excludes=shape["excludes"],
            values={
                name: self.values(name, values, f"{path}.values.{name}")
                for name, values in self.mapping(rule.get("values", {}), f"{path}.values").items()
            },
            lookup=self.one_of(rule.get("lookup", ""), f"{path}.lookup", ("", "pixels", "gear")),
            only_read=self.truth(rule.get("only_read", False), f"{path}.only_read"),
        )

    def values(self, name: str, given: object, path: str) -> dict[str, str]:
        if isinstance(given, list):
            found = {one: one for one in self.texts(given, path)}
        else:
            found = {one: self.text(native, f"{path}.{one}") for one, native in self.mapping(given, path).items()}
        for one in found:
            if name == "aspect_ratio" and not re.fullmatch(r"[1-9]\d*:[1-9]\d*", one):
                self.fault(f"{path}.{one}", "must be a ratio like `16:9`")
        return found

    def media(self, pattern: str, given: object, path: str, limits: Mapping[str, MediaLimits]) -> MediaField | None:
        """`limits` hold for every place of their kind; what a place says itself goes before."""
        rule = self.mapping(given, path)
        self.only(rule, path, "kind forms limits")
        self.native(pattern.split("[", maxsplit=1)[0], path)
        kind = self.text(rule.get("kind", ""), f"{path}.kind")
        for one in kind.split("|"):
            self.one_of(one, f"{path}.kind", MEDIA_KINDS)
        forms = tuple(self.texts(rule.get("forms", []), f"{path}.forms"))
        for form in forms:
            self.one_of(form, f"{path}.forms", FORMS)
        here = {one: limits[one] for one in kind.split("|") if one in limits}
        if rule.get("limits", ...) is None:
            here = {}  # nothing is published of this place
        elif "limits" in rule:
            own = self.mapping(rule["limits"], f"{path}.limits")
            here = {one: self.limits(own, f"{path}.limits", here.get(one)) for one in kind.split("|")}
        return MediaField(pattern, kind, forms, here)

    def limits(self, given: object, path: str, general: MediaLimits | None = None) -> MediaLimits:
        """`general`: what holds for all that is not given."""
        rule = self.mapping(given, path)
        self.only(rule, path, "types alpha sides aspect seconds bytes")
        found: dict[str, Any] = {}
        if "types" in rule:
            found["types"] = tuple(self.texts(rule["types"], f"{path}.types"))
        if "alpha" in rule:
            found["alpha"] = self.truth(rule["alpha"], f"{path}.alpha")
        for name in ("sides", "seconds"):
            if name in rule:
                found[name] = self.span(rule[name], f"{path}.{name}")
        for name in ("aspect", "bytes"):
            if name in rule:
                found[name] = self.amount(rule[name], f"{path}.{name}")
        return replace(general or MediaLimits(), **found)

    def span(self, given: object, path: str) -> tuple[float, float]:
        both = [self.amount(one, path) for one in self.sequence(given, path)]
        if len(both) != 2 or both[0] > both[1]:
            self.fault(path, "must be a pair: the least and the most")
            return (0, 0)
        return both[0], both[1]

    def amount(self, given: object, path: str) -> float:
        if isinstance(given, int | float) and not isinstance(given, bool) and given > 0:
            return given
        self.fault(path, "must be a number above 0")
        return 1

    def seed(self, given: object, path: str) -> SeedRule:
        rule = self.mapping(given, path)
        self.only(rule, path, "path minimum maximum")
        where = self.text(rule.get("path", ""), f"{path}.path")
        self.native(where, f"{path}.path")
        low = self.whole(rule.get("minimum"), f"{path}.minimum")
        high = self.whole(rule.get("maximum"), f"{path}.maximum")
        if low > high:
            self.fault(path, "must have a minimum that is not above its maximum")
        return SeedRule(where, low, max(low, high))

    def outputs(self, given: object, path: str) -> OutputsRule:
        rule = self.mapping(given, path)
        self.only(rule, path, "count set")
        turned = self.mapping(rule.get("set", {}), f"{path}.set")
        self.only(turned, f"{path}.set", "flag count")
        found = {
            "count": self.text(rule.get("count", ""), f"{path}.count"),
            "set_flag": self.text(turned.get("flag", ""), f"{path}.set.flag"),
            "set_count": self.text(turned.get("count", ""), f"{path}.set.count"),
        }
        for name in filter(None, found.values()):
            self.native(name, path)
        return OutputsRule(**found)

    def rewrite(self, given: object, path: str) -> RewriteRule:
        rule = self.mapping(given, path)
        self.only(rule, path, "path default")
        where = self.text(rule.get("path", ""), f"{path}.path")
        self.native(where, f"{path}.path")
        if "default" not in rule:
            self.fault(f"{path}.default", "is missing: what holds when the field is not sent")
        return RewriteRule(where, rule.get("default"))

    def certain(self, given: object, path: str) -> Certain:
        rule = self.mapping(given, path)
        self.only(rule, path, "path value beside")
        where = self.text(rule.get("path", ""), f"{path}.path")
        self.native(where, f"{path}.path")
        beside = self.text(rule.get("beside", ""), f"{path}.beside")
        if beside:
            self.native(beside, f"{path}.beside")
        if "value" not in rule:
            self.fault(f"{path}.value", "is missing: what is sent")
        return Certain(where, rule.get("value"), beside)

    def price(self, given: object, path: str) -> PriceRule:
        rule = self.mapping(given, path)
        self.only(rule, path, "per usd by seconds input_video step note")
        per = self.one_of(rule.get("per", ""), f"{path}.per", ("", "image", "second", "action"))
        usd = rule.get("usd", {})
        if isinstance(usd, str):
            usd = {"": usd}
        rates = {
            name: amount
            for name, text in self.mapping(usd, f"{path}.usd").items()
            if (amount := self.money(text, f"{path}.usd.{name}".rstrip("."))) is not None
        }
        by = self.text(rule.get("by", ""), f"{path}.by")
        if by and by != "gear":
            self.native(by, f"{path}.by")
        if per and not rates:
            self.fault(f"{path}.usd", 'is missing: dollars as text, like "0.03"')
        if per and not by and list(rates) not in ([""], []):
            self.fault(f"{path}.by", "is missing: the native field that chooses the rate, or `gear`")
        seconds = self.text(rule.get("seconds", ""), f"{path}.seconds")
        if seconds:
            self.native(seconds, f"{path}.seconds")
        elif per == "second":
            self.fault(f"{path}.seconds", "is missing: the native field of the length")
        return PriceRule(
            per=per,
            usd=rates,
            by=by,
            seconds=seconds,
            input_video=self.truth(rule.get("input_video", False), f"{path}.input_video"),
            step=self.money(rule["step"], f"{path}.step") if "step" in rule else None,
            note=self.text(rule.get("note", ""), f"{path}.note"),
        )

    def warn(self, given: object, path: str) -> Warn:
        rule = self.mapping(given, path)
        self.only(rule, path, "rule if at message hint")
        for name in ("rule", "message"):
            if name not in rule:
                self.fault(f"{path}.{name}", "is missing")
        at = self.text(rule.get("at", ""), f"{path}.at")
        if at:
            self.native(at, f"{path}.at")
        return Warn(
            rule=self.text(rule.get("rule", ""), f"{path}.rule"),
            when=self.with_definitions(
                self.mapping(rule.get("if", {}), f"{path}.if"), self.definitions, (), f"{path}.if"
            ),
            at=at,
            message=self.text(rule.get("message", ""), f"{path}.message"),
            hint=self.text(rule.get("hint", ""), f"{path}.hint"),
        )

    # -- the schema's own words --------------------------------------------------------------------------------------

    def check_schema_words(self, schema: dict[str, Any]) -> None:
        """Extension keywords that do not exist, and references that would leave the file."""
        todo: list[tuple[Any, str]] = [(schema, "")]
        while todo:
            here, path = todo.pop()
            if isinstance(here, list):
                todo.extend((inner, f"{path}[{number}]") for number, inner in enumerate(here))
            if not isinstance(here, dict):
                continue
            for name, inner in here.items():
                place = f"{path}.{name}".removeprefix(".")
                if name.startswith("x-") and not path.endswith("properties") and name not in KEYWORDS:
                    self.fault(place, "is no keyword of model files", suggestion(name, KEYWORDS))
                if name == "x-same" and inner not in SAME:
                    self.fault(place, "must be one of " + ", ".join(f"`{one}`" for one in SAME))
                if name in _NOT_USED or (name == "$id" and path):
                    self.fault(place, "is not used in model files", "refer to `#/$defs/NAME`")
                if name == "pattern" and isinstance(inner, str):
                    self.pattern(inner, place)
                if name not in ("x-wanspec", "default", "const", "enum", "examples"):
                    todo.append((inner, place))

    def inlined(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with every `$ref` replaced by its definition: a field's schema is found where it stands."""
        definitions = schema.get("$defs")
        known = self.definitions = definitions if isinstance(definitions, dict) else {}
        self.size_left = MAX_NODES
        whole = {name: value for name, value in schema.items() if name not in ("$defs", "x-wanspec")}
        done: dict[str, Any] = self.with_definitions(whole, known, (), "")
        if "x-wanspec" in schema:
            done["x-wanspec"] = schema["x-wanspec"]
        return done

    def with_definitions(self, here: Any, known: dict[str, Any], within: tuple[str, ...], path: str) -> Any:
        self.size_left -= 1
        if self.size_left < 0:
            if self.size_left == -1:
                self.fault("$defs", f"makes more than {MAX_NODES} entries of this schema")
            return {}
        if isinstance(here, list):
            return [self.with_definitions(one, known, within, f"{path}[{n}]") for n, one in enumerate(here)]
        if not isinstance(here, dict):
            return here
        rest = {
            name: self.with_definitions(one, known, within, f"{path}.{name}".removeprefix("."))
            for name, one in here.items()
            if name != "$ref" or path.endswith("properties")
        }
        pointer = here.get("$ref")
        if pointer is None or path.endswith("properties"):
            return rest
        name = pointer.removeprefix("#/$defs/") if isinstance(pointer, str) else ""
        place = f"{path}.$ref".removeprefix(".")
        if not isinstance(pointer, str) or not pointer.startswith("#/$defs/") or name not in known:
            hint = suggestion(name, known) if name else ""
            self.fault(place, "must be `#/$defs/` and the name of a definition there", hint)
        elif name in within:
            self.fault(place, f"leads back to `{name}`: a definition may not contain itself")
        else:
            found = self.with_definitions(known[name], known, (*within, name), f"$defs.{name}")
            return {**found, **rest} if isinstance(found, dict) else found
        return rest

    def pattern(self, text: str, path: str) -> None:
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError):
            self.fault(path, "is no regular expression that can be read")
            return
        # Repetition within repetition can take ages on a short text, and a project's file is not ours to trust.
        if re.search(r"[+*}]\)+[+*{]", text) or len(text) > 2000:
            self.fault(path, "repeats a repetition, which can take ages to match")

    def native(self, name: str, path: str) -> None:
        """Faults a path that its schema does not have."""
        here: Any = self.names
        for step in any_entry(name.removesuffix("[]")):
            # An alternative may have it: a size that is a word or a mapping.
            branches = [one for word in ("anyOf", "oneOf") for one in _branches(here, word)]
            if isinstance(step, int):
                found = next((one["items"] for one in (here, *branches) if "items" in one), None)
            else:
                found = next((fields[step] for one in (here, *branches) if step in (fields := _fields_of(one))), None)
            if found is None:
                known = _fields_of(here)
                self.fault(
                    path, f"names `{name}`, which is no native field of this model", suggestion(str(step), known)
                )
                return
            here = found
        if not name:
            self.fault(path, "names no native field")

    def natives(self, given: object, path: str) -> frozenset[str]:
        names = self.texts(given, path)
        for name in names:
            self.native(name, path)
        return frozenset(names)

    # -- plain values ------------------------------------------------------------------------------------------------

    def only(self, given: Mapping[str, Any], path: str, known: str) -> None:
        for name in given:
            if name not in known.split():
                self.fault(f"{path}.{name}", "is not known here", suggestion(name, known.split()))

    def mapping(self, given: object, path: str) -> dict[str, Any]:
        if isinstance(given, dict):
            return given
        if given is not None:
            self.fault(path, "must be a mapping")
        return {}

    def sequence(self, given: object, path: str) -> list[Any]:
        if isinstance(given, list):
            return given
        self.fault(path, "must be a list")
        return []

    def texts(self, given: object, path: str) -> list[str]:
        return [self.text(one, path) for one in ([given] if isinstance(given, str) else self.sequence(given, path))]

    def text(self, given: object, path: str) -> str:
        if isinstance(given, str):
            return given
        self.fault(path, "must be text")
        return ""

    def truth(self, given: object, path: str) -> bool:
        if not isinstance(given, bool):
            self.fault(path, "must be true or false")
        return given is True

    def whole(self, given: object, path: str) -> int:
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        self.fault(path, "must be a whole number")
        return 0

    def money(self, given: object, path: str) -> Decimal | None:
        try:
            amount = Decimal(given) if isinstance(given, str) else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or amount < 0:
            self.fault(path, 'must be dollars as text, like "0.03"')
            return None
        return amount

    def one_of(self, given: object, path: str, known: Sequence[str]) -> str:
        if isinstance(given, str) and given in known:
            return given
        names = ", ".join(f"`{one}`" for one in known if one)
        self.fault(path, f"must be one of {names}", suggestion(given, known) if isinstance(given, str) else "")
        return ""

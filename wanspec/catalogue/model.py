"""A model as the catalogue knows it: frozen values read from one file of `schemas/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any

from wanspec.catalogue.paths import Path, any_entry, is_entry, is_on, steps, value_at
from wanspec.domain.json import Json
from wanspec.domain.requests import MediaLimits


@dataclass(frozen=True, slots=True)
class PortableField:
    """How one portable field becomes native ones."""

    name: str
    to: str = ""  # native path; "inputs.frameImages[]" adds an entry to a list; "" where `choices` say it all
    transforms: tuple[str, ...] = ()  # names of `transforms.py`, applied in order
    # Portable value -> native path -> value.  A value that sends nothing is what the vendor does anyway.
    choices: tuple[tuple[Json, Mapping[str, Json]], ...] = ()
    sends: Mapping[str, Json] = field(default_factory=dict)  # set beside it
    item: Mapping[str, Json] = field(default_factory=dict)  # the entry added to a list; "{value}" stands for the value
    same: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)  # spellings of the entry's other values
    place: int | None = None  # where in the list an entry that does not say is this field
    each: bool = False  # the value is a list, and each of it becomes such an entry
    # The entries that say one of these receive the values one by one: field of the entry -> what it may say.
    into: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    # Native field -> how this one is sent instead where that is set.
    beside: tuple[tuple[str, PortableField], ...] = ()
    needs: tuple[str, ...] = ()  # native fields of which one must be set
    excludes: tuple[str, ...] = ()  # native fields none of which may be set
    minimum: int | None = None  # of a whole number, before it is sent
    maximum: int | None = None
    note: str = ""  # what a user should know, for `models show`

    target: str = field(init=False)  # native path that its value stands at, "" for choices
    paths: tuple[str, ...] = field(init=False)  # every native path it may set
    marks: tuple[str, ...] = field(init=False)  # native paths that are set when its value is

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", self.to.removesuffix("[]"))
        entries = [f"{self.target}[{name}={said}]" for name, said in self.item.items() if said != "{value}"]
        object.__setattr__(self, "marks", tuple([self.target, *entries] if self.to else ()))
        found = dict.fromkeys([self.target] if self.to else [])
        for _, sent in self.choices:
            found.update(dict.fromkeys(sent))
        found.update(dict.fromkeys(self.sends))
        object.__setattr__(self, "paths", tuple(found))

    @property
    def ways(self) -> tuple[PortableField, ...]:
        """Itself, and how it is sent in requests of other shapes."""
        return (self, *(other for _, other in self.beside))

    def among(self, is_set: Callable[[str], bool]) -> PortableField:
        """How it is sent in a request in which certain native fields are set."""
        return next((other for path, other in self.beside if is_set(path)), self)

    @property
    def only_confirms(self) -> bool:
        """It never sends anything: the vendor does this one thing and no other."""
        return not self.to and all(not sent for _, sent in self.choices)

    def choice(self, value: object) -> Mapping[str, Json] | None:
        """What a value sends, None for a value that is not listed."""
        for known, sent in self.choices:
            if type(known) is type(value) and known == value:
                return sent
        return None


@dataclass(frozen=True, slots=True)
class SizeForm:
    """One way of giving a size to the vendor."""

    given: tuple[str, ...]  # portable fields that must be there
    also: tuple[str, ...]  # those that may
    send: Mapping[str, Json]  # native path -> value; "{width}" and the like stand for what is known of the size
    needs: tuple[str, ...] = ()  # native fields of which one must be set
    excludes: tuple[str, ...] = ()  # native fields none of which may be set
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # portable field -> its values -> native ones
    lookup: str = ""  # "pixels": ratio and gear -> pixels; "gear": pixels -> ratio and gear
    only_read: bool = False  # a way that the vendor takes and wanspec never writes

    fields: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.given + self.also)


@dataclass(frozen=True, slots=True)
class SizeRule:
    """How width and height, or aspect ratio and resolution, become native fields."""

    forms: tuple[SizeForm, ...] = ()
    pixels: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)  # gear -> ratio -> width, height
    areas: Mapping[str, int] = field(default_factory=dict)  # gear -> pixels in all, where a ratio is not listed
    aspect_ratio: str = ""  # what holds when only the other is given
    resolution: str = ""
    follows: tuple[str, ...] = ()  # media fields: the result takes its proportions from the first that is set
    follows_last: bool = False  # the last of that list, else the first
    one_way: bool = False  # a native size field of the shot displaces a whole inherited portable size
    differs: float = 0.0  # share of a side by which results differ from the pixels asked for, where that is documented
    paths: tuple[str, ...] = field(init=False)  # every native path that says a size
    shapers: tuple[str, ...] = field(init=False)  # native fields on whose presence a form hangs

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", tuple(dict.fromkeys(path for form in self.forms for path in form.send)))
        shapers = dict.fromkeys(path for form in self.forms for path in (*form.needs, *form.excludes))
        object.__setattr__(self, "shapers", tuple(shapers))


@dataclass(frozen=True, slots=True)
class MediaField:
    """A place for media: a path whose `[]` stands for every entry of a list, `[type=video]` for those that say so."""

    pattern: str
    kind: str  # image, video, audio, captions; several joined by "|"
    forms: tuple[str, ...] = ()  # what the vendor takes there: uuid, url, data, base64
    limits: Mapping[str, MediaLimits] = field(default_factory=dict)  # kind -> what the vendor publishes

    place: Path = field(init=False)  # with 0 for an entry, whichever

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", any_entry(self.pattern))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self.kind.split("|"))


@dataclass(frozen=True, slots=True)
class SeedRule:
    path: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class OutputsRule:
    """How many outputs one action may have."""

    count: str = ""  # native field, whose default is 1 unless its schema says otherwise
    set_flag: str = ""  # native field that turns the action into one set
    set_count: str = ""  # the field that counts then


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """The native field by which the vendor rewrites prompts, and what holds when it is not sent."""

    path: str
    default: Json


@dataclass(frozen=True, slots=True)
class Certain:
    """A native field that is sent though nobody gave it, since the vendor's own default is not certain."""

    path: str
    value: Json
    beside: str = ""  # native field that must be set


@dataclass(frozen=True, slots=True)
class PriceRule:
    """The vendor's published rule, in US dollars.  `usd` has one entry "" where nothing changes the rate."""

    per: str = ""  # image, second, action; "" is unknown
    usd: Mapping[str, Decimal] = field(default_factory=dict)
    by: str = ""  # native field whose value chooses the rate, or "gear": the size's
    seconds: str = ""  # native field of the length
    input_video: bool = False  # seconds of the videos that go in are paid too
    step: Decimal | None = None  # an action's price is rounded up to a multiple of this
    note: str = ""


@dataclass(frozen=True, slots=True)
class Warn:
    """Something that the vendor accepts and a user should know."""

    rule: str
    when: Mapping[str, Any]  # JSON Schema of the requests it concerns
    at: str
    message: str
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Model:
    """One model.  Compared by identity: it is read once and shared."""

    id: str  # "provider/name"
    kind: str  # image, video, audio; "source" for a local model that keeps the medium of its source
    title: str
    schema: Mapping[str, Any]  # JSON Schema 2020-12 of the native request
    file: FilePath
    description: str = ""
    sources: tuple[str, ...] = ()
    constants: Mapping[str, Json] = field(default_factory=dict)  # native field -> wanspec's to fill in
    task_id: str = ""  # native field of the client's task id, "" where the vendor makes it
    portable: Mapping[str, PortableField] = field(default_factory=dict)
    size: SizeRule = field(default_factory=SizeRule)
    media: tuple[MediaField, ...] = ()
    delivery: frozenset[str] = frozenset()  # native fields that do not change the bytes
    gates: frozenset[str] = frozenset()  # native fields that may block a result and never change one
    seed: SeedRule | None = None
    outputs: OutputsRule = field(default_factory=OutputsRule)
    rewrite: RewriteRule | None = None
    certain: tuple[Certain, ...] = ()  # of several for one field the first counts that fits
    price: PriceRule = field(default_factory=PriceRule)
    warnings: tuple[Warn, ...] = ()
    # Filled by the parts that work on a model: compiled validators, walks, remembered shapes.
    compiled: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def provider(self) -> str:
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]

    @property
    def is_local(self) -> bool:
        return self.provider == LOCAL

    @property
    def own_fields(self) -> frozenset[str]:
        """Fields that stand on the shot itself: those of a local model; none of a vendor's."""
        return frozenset(self.schema.get("properties", ())) if self.is_local else frozenset()

    def takes(self, name: str) -> bool:
        """Whether a portable field means something to it."""
        if self.is_local:
            return name in self.own_fields
        rule = self.portable.get(name)
        return (rule is not None and not rule.only_confirms) or any(name in form.fields for form in self.size.forms)

    def outputs_of(self, native: Mapping[str, Any]) -> int:
        """How many outputs one action may have.  A set's number is its most: the vendor may make fewer."""
        rule = self.outputs
        in_set = bool(rule.set_flag) and is_on(native, steps(rule.set_flag))
        path = steps(rule.set_count if in_set else rule.count)
        if not path:
            return 1
        value = value_at(native, path)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(1, value)
        default = self.default_at(path)
        return default if isinstance(default, int) else 1

    def schema_at(self, path: Path) -> Mapping[str, Any]:
        """The schema of a native field, in the first alternative that has it; empty when there is none."""
        return _schema_at(self.schema, path)

    def default_at(self, path: Path) -> Any:
        return self.schema_at(path).get("default")


def _schema_at(schema: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    if not path:
        return schema
    in_list = isinstance(path[0], int) or is_entry(path[0])
    inner = schema.get("items") if in_list else schema.get("properties", {}).get(path[0])
    if inner is not None:
        return _schema_at(inner, path[1:])
    branches = [branch for word in ("anyOf", "oneOf") for branch in schema.get(word, ())]
    return next((found for branch in branches if (found := _schema_at(branch, path))), {})


LOCAL = "local"

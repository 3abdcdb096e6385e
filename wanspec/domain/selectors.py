"""Selectors: which items are meant by `tag:act1,kind:video` or `2+arrival+`.

A space is a union, a comma an intersection.  A criterion is a plain name (an item, or a shot with all its items), a
glob over item ids, or `method:value`; around it stand the graph operators `+`, `2+…+1` and `@`.
What needs a plan or a run (`state:`, `status:`) and what needs the graph is decided in `stages/select.py`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase

from wanspec.domain.diagnostics import suggestion
from wanspec.domain.errors import UsageError
from wanspec.domain.items import Item

ALL = 1 << 30  # a depth without end: no graph is that deep

# What `refs` takes inside a shot list; a shot list cannot ask for what only a plan or a run knows.
REFERENCE_METHODS = ("tag", "kind", "file")
METHODS = ("tag", "kind", "model", "provider", "file", "status", "state")

KINDS = ("image", "video", "audio")
STATUSES = ("rendered", "cached", "failed", "skipped", "waiting", "uncertain")
STATES = ("new", "changed", "stale", "cached")
CHANGES = ("prompt", "params", "media", "model", "seed")  # after `state:changed.`

_SHAPE = re.compile(
    r"(?P<at>@)?(?:(?P<above>\d*)(?P<up>\+))?(?P<core>[^+@]*)(?:(?P<down>\+)(?P<below>\d*))?", re.DOTALL
)


class SelectorFault(UsageError):
    """A selector that cannot be read, or names a method or word that there is not."""

    code = "selector"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion with the graph operators around it."""

    method: str  # "" for a name or glob
    value: str
    above: int = 0  # how many steps towards what it needs: `+name` is ALL
    below: int = 0  # how many steps towards what needs it: `name+` is ALL
    at: bool = False  # `@name`: what needs it, and all that those need

    @property
    def is_glob(self) -> bool:
        return is_glob(self.value)

    @property
    def is_name(self) -> bool:
        """A plain name: one that has to exist."""
        return not self.method and not self.is_glob


def parse_selector(
    text: str, *, methods: tuple[str, ...] = METHODS, operators: bool = True
) -> tuple[tuple[Criterion, ...], ...]:
    """A union of intersections.

    With `operators=False` the graph operators are faults: in a shot list there is no graph yet.
    Raises SelectorFault.
    """
    union = tuple(
        tuple(_criterion(part, text, methods, operators) for part in word.split(",")) for word in text.split()
    )
    if not union:
        raise SelectorFault("the selector is empty", hint="name an item, a shot, a glob such as `street/*`, or `tag:…`")
    return union


def is_glob(value: str) -> bool:
    return any(mark in value for mark in "*?[")


def matches(criterion: Criterion, item: Item) -> bool:
    """Whether the criterion itself, without its graph operators, holds for an item.

    `status:` and `state:` hold for none here.  A glob is matched against the whole item id, so `*` crosses `/`.
    """
    value = criterion.value
    match criterion.method:
        case "":
            return value in (item.id, item.shot.id) or (criterion.is_glob and fnmatchcase(item.id, value))
        case "tag":
            return any(_same(value, tag) for tag in item.tags)
        case "kind":
            return _same(value, item.kind)
        case "model":
            return _same(value, item.model)
        case "provider":
            return _same(value, item.model.partition("/")[0])
        case "file":
            return _same(value.removeprefix("./"), item.shot.file)
        case _:
            return False


def _same(pattern: str, text: str) -> bool:
    return pattern == text or (is_glob(pattern) and fnmatchcase(text, pattern))


def _criterion(part: str, text: str, methods: tuple[str, ...], operators: bool) -> Criterion:
    if not part:
        raise SelectorFault(
            f"nothing stands on one side of a comma in `{text}`",
            hint="a comma is an intersection and takes no spaces: `tag:act1,kind:video`",
        )
    shape = _SHAPE.fullmatch(part)
    if shape is None or not shape["core"] or (shape["at"] and (shape["up"] or shape["down"])):
        raise SelectorFault(
            f"`{part}` cannot be read as a selector", hint="write `name`, `+name`, `name+`, `2+name+1` or `@name`"
        )
    if not operators and (shape["at"] or shape["up"] or shape["down"]):
        raise SelectorFault(
            f"`{part}` asks for the graph, which is not known here", hint=f"name `{shape['core']}` alone"
        )
    method, colon, value = shape["core"].partition(":")
    if not colon:
        method, value = "", method
    value = unicodedata.normalize("NFC", value)
    _known(method, value, part, methods)
    return Criterion(
        method,
        value,
        above=_depth(shape["up"], shape["above"]),
        below=_depth(shape["down"], shape["below"]),
        at=bool(shape["at"]),
    )


def _depth(plus: str | None, digits: str | None) -> int:
    if not plus:
        return 0
    return min(int(digits), ALL) if digits else ALL


def _known(method: str, value: str, part: str, methods: tuple[str, ...]) -> None:
    """Raises SelectorFault for a method or a word of a closed list that there is not."""
    if not method:
        if ":" in part:
            raise SelectorFault(f"`{part}` has no method before its colon", hint=_list_of(methods))
        return
    if method not in methods:
        if method in METHODS:
            raise SelectorFault(f"`{method}:` cannot be used here", hint=_list_of(methods))
        raise SelectorFault(
            f"no selector method is called `{method}:`", hint=_meant(method, methods, ":") or _list_of(methods)
        )
    if not value:
        raise SelectorFault(f"`{part}` has nothing after its colon", hint=f"write `{method}:` and what to look for")
    words: tuple[str, ...] = ()
    if method == "kind" and not is_glob(value):
        words = KINDS
    elif method == "status":
        words = STATUSES
    elif method == "state":
        words = (*STATES, *(f"changed.{change}" for change in CHANGES))
    if words and value not in words:
        raise SelectorFault(
            f"`{method}:` knows no `{value}`",
            hint=suggestion(value, words) or "one of " + ", ".join(f"`{word}`" for word in words),
        )


def _meant(name: str, known: tuple[str, ...], suffix: str) -> str:
    return suggestion(name, known).replace("`?", f"{suffix}`?")


def _list_of(methods: tuple[str, ...]) -> str:
    return "the methods are " + ", ".join(f"`{method}:`" for method in methods)

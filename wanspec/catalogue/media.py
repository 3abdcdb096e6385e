"""Places in a request that hold media, and the forms in which media are written there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wanspec.catalogue.model import MediaField, Model
from wanspec.catalogue.paths import Path, is_entry, said_by, written
from wanspec.domain.items import Derived, Reference, Unknown
from wanspec.domain.requests import MediaUse

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PIN = re.compile(r"#sha256=", re.IGNORECASE)
_PINNED = re.compile(r"[^#]*#sha256=[0-9a-fA-F]{64}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_LOOPBACK = re.compile(r"http://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:[/?#]|$)", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{256,}={0,2}\s*")
_CALLED = {"image": "a picture", "video": "a clip", "audio": "sound", "captions": "captions"}
# Longer than any path; a bare Base64 text is longer.
_LONGEST_PATH = 4096


def form_of(text: str) -> str:
    """What a text in a place for media is: url, data, uuid, base64, path, or "" for an address that is not fetched.

    An address is https; http only on loopback.  A drive letter (`C:\\…`) is a path.
    """
    head = text[:16].lower()
    if head.startswith("https://"):
        return "url"
    if head.startswith("data:"):
        return "data"
    if head.startswith("http://"):
        return "url" if _LOOPBACK.match(text) else ""
    if len(text) == 36 and UUID.fullmatch(text):
        return "uuid"
    if len(text) >= 256 and _BASE64.fullmatch(text):
        return "base64"
    return "" if _SCHEME.match(text) else "path"


def medium_fault(place: MediaField, value: object) -> tuple[str, str] | None:
    """Message and hint for a value that no medium can be made of, None where one can.

    Whether a path is there, and whether what it names is of the right kind, is found out by those who read files.
    """
    if isinstance(value, Reference | Derived | Unknown):
        return None
    if not isinstance(value, str):
        what = " or ".join(_CALLED[kind] for kind in place.kinds)
        return f"must be {what}: a reference, a path, an https address or a data URI", ""
    return text_fault(value, place.forms)


def text_fault(value: str, forms: Collection[str]) -> tuple[str, str] | None:
    """Message and hint for a text that cannot stand for a medium, whatever lies on the disk."""
    if not value.strip():
        return "is empty", "write a path, an https address or `{{ ref('…') }}`"
    form = form_of(value)
    if form == "":
        scheme = _SCHEME.match(value)
        name = scheme[1].lower() if scheme else "http"
        return f"has an address that is not fetched: `{name}`", "use https, or a file of the project"
    if form == "url" and _PIN.search(value) and not _PINNED.fullmatch(value):
        return "is pinned to what is no digest", "`#sha256=` takes the 64 hex digits of the file's sha256"
    if form == "base64" and "base64" not in forms:
        return "holds Base64 text, which this model does not take", "write it as a data URI, or as a file"
    if form == "path" and (len(value) > _LONGEST_PATH or "\0" in value or "\n" in value):
        return "is no path", ""
    return None


def media_uses(model: Model, native: Mapping[str, Any]) -> tuple[MediaUse, ...]:
    """All places of a request that hold media, in the order of the model's fields, with what the model takes there."""
    return tuple(
        MediaUse(written(path), value, place.kind, place.forms, place.limits)
        for path, value, place in media_places(model, native)
        if isinstance(value, Reference | Derived | str)
    )


def media_places(model: Model, native: Mapping[str, Any]) -> Iterator[tuple[Path, object, MediaField]]:
    """Every value that stands where a medium should, whatever it is."""
    tree: _Places | None = model.compiled.get("media")
    if tree is None:
        tree = model.compiled["media"] = _tree(model.media)
    found: list[tuple[Path, object, MediaField]] = []
    _walk(native, tree, (), found)
    return iter(found)


@dataclass(slots=True)
class _Places:
    """The places below one: fields by name, entries of a list, all or some, or a place itself."""

    fields: dict[str, _Places] = field(default_factory=dict)
    entries: _Places | None = None
    saying: dict[tuple[str, str], _Places] = field(default_factory=dict)  # entries that say so: (name, value)
    place: MediaField | None = None

    def of_entry(self, entry: object) -> Iterator[_Places]:
        if self.entries is not None:
            yield self.entries
        if isinstance(entry, Mapping):
            yield from (below for (name, value), below in self.saying.items() if entry.get(name) == value)


def _tree(places: tuple[MediaField, ...]) -> _Places:
    root = _Places()
    for place in places:
        here = root
        for part in re.findall(r"\[[^\[\]]*\]|[^.\[\]]+", place.pattern):
            if part == "[]":
                here.entries = here.entries or _Places()
                here = here.entries
            elif is_entry(part):
                here = here.saying.setdefault(said_by(part), _Places())
            else:
                here = here.fields.setdefault(part, _Places())
        here.place = place
    return root


def _walk(value: Any, here: _Places, path: Path, found: list[tuple[Path, object, MediaField]]) -> None:
    if type(value) is dict and here.fields:
        for name, below in here.fields.items():
            if name in value:
                _walk(value[name], below, (*path, name), found)
    elif (here.entries is not None or here.saying) and type(value) in (list, tuple):
        for index, inner in enumerate(value):
            for below in here.of_entry(inner):
                _walk(inner, below, (*path, index), found)
    elif here.place is not None and not (here.place.kind == "captions" and type(value) in (list, tuple)):
        # Captions may be written out; everything else that is no medium is a fault to tell.
        found.append((path, value, here.place))

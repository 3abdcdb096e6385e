"""What is known of results before anything is rendered, and what local operations would refuse or do unasked: a cut
that begins past the end, a crop outside, sound that is longer than its clip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import steps
from wanspec.catalogue.portable import to_portable
from wanspec.domain.artifacts import Artifact
from wanspec.domain.diagnostics import Diagnostic, Severity
from wanspec.domain.errors import MediaError
from wanspec.domain.items import Derived, Item, Items, Medium, Reference
from wanspec.domain.nodes import Node
from wanspec.domain.requests import Request
from wanspec.media.operations import Expected, expected
from wanspec.media.operations.expectation import Known
from wanspec.media.operations.remarks import Remark, remarks

_FIELD = re.compile(r"`([a-z_]+(?:\[\d+\](?:\.[a-z_]+)?)?)")


@dataclass(slots=True)
class Foresight:
    """Foresees results from requests and from the files that they name; nothing is rendered for it."""

    catalogue: Catalogue
    items: Items
    requests: Mapping[str, Request]
    derived_request: Callable[[Derived], Request]
    measure: Callable[[str], Artifact | None]  # a file that a request names -> what it is
    hand_made: Callable[[str], Artifact | None] = lambda _: None  # an item -> the adopted take that serves for it
    _items: dict[str, Expected] = field(default_factory=dict)
    _media: dict[Medium, Known] = field(default_factory=dict)
    _alike: dict[int, Expected] = field(default_factory=dict)  # of requests that differ in words and references only

    def faults(self) -> Iterator[Diagnostic]:
        """Every operation that is known not to work, what is to be said of others, at the fields that ask for it."""
        for item in self.items:
            request = self.requests.get(item.id)
            if request is None or request.unknown:
                continue
            for use in request.media:
                if isinstance(use.medium, Derived):
                    yield from self._in_filter(item, _node(item, request.names.get(use.path, use.path)), use.medium)
            if not request.model.startswith("local/"):
                continue
            told = self._judged(request)
            if isinstance(told, MediaError):
                found = _FIELD.search(told.message)
                yield _told(item, _node(item, found[1] if found else "source"), told)
                continue
            for one in told:
                yield from _remarked(item, _node(item, one.field), one)

    def of_medium(self, medium: Medium) -> Known:
        """What is known of what stands in a place for media; nothing where it is known not to work."""
        known = self._media.get(medium)
        if known is None:
            known = self._media[medium] = self._of_medium(medium)
        return known

    def _in_filter(self, item: Item, node: Node, derived: Derived) -> Iterator[Diagnostic]:
        request = self.derived_request(derived)
        for use in request.media:
            if isinstance(use.medium, Derived):
                yield from self._in_filter(item, node, use.medium)
        told = self._judged(request)
        where = f"in the filter `{derived.model.removeprefix('local/')}`: "
        if isinstance(told, MediaError):
            yield _told(item, node, told, where)
            return
        for one in told:
            yield from _remarked(item, node, one, where)

    def _judged(self, request: Request) -> MediaError | tuple[Remark, ...]:
        """Why an operation cannot work, else what is to be said of it."""
        sources = {use.path: self.of_medium(use.medium) for use in request.media}
        try:
            result = expected(request.model, request.native, sources)
        except MediaError as error:
            return error
        return tuple(remarks(request.model, request.native, sources, result))

    def _of_request(self, request: Request) -> Expected:
        """Raises MediaError."""
        sources = {use.path: self.of_medium(use.medium) for use in request.media}
        return expected(request.model, request.native, sources)

    def _of_medium(self, medium: Medium) -> Known:
        if isinstance(medium, str):
            return self.measure(medium) or Expected()
        if isinstance(medium, Reference):
            made = self.hand_made(medium.item) if medium.take is None else None
            return made or self._of_item(medium.item)
        try:
            return self._of_request(self.derived_request(medium))
        except MediaError:
            return Expected()  # told where it stands

    def _of_item(self, item_id: str) -> Expected:
        if item_id not in self._items:
            self._items[item_id] = self._foreseen(item_id)
        return self._items[item_id]

    def _foreseen(self, item_id: str) -> Expected:
        item, request = self.items.by_id[item_id], self.requests.get(item_id)
        model = self.catalogue.get(item.model)
        if request is None or model is None or request.unknown:
            return Expected(item.kind)
        if model.is_local:
            try:
                return self._of_request(request)
            except MediaError:
                return Expected(item.kind)
        if not request.alike:
            return _asked(model, request, item.kind)
        if request.alike not in self._alike:
            self._alike[request.alike] = _asked(model, request, item.kind)
        return self._alike[request.alike]


def _asked(model: Model, request: Request, kind: str) -> Expected:
    """What a vendor's model is asked for."""
    view = to_portable(model, request.native)
    width, height, seconds = view.get("width"), view.get("height"), view.get("duration")
    return Expected(
        kind,
        width if isinstance(width, int) else None,
        height if isinstance(height, int) else None,
        float(seconds) if kind != "image" and isinstance(seconds, int | float) else None,
    )


def _node(item: Item, name: str) -> Node:
    head, *rest = steps(name) or ("",)
    if head in item.fields:
        found: Node = item.fields[str(head)].node.find(rest)
        return found
    if item.params is not None:
        return item.params.node.find(steps(name))
    return item.shot.node


def _remarked(item: Item, node: Node, one: Remark, where: str = "") -> Iterator[Diagnostic]:
    if one.code not in item.silenced:
        message = where + one.message
        yield Diagnostic(
            one.code, message, node.at, one.hint, Severity.WARNING, item.shot.id, item.id, rule=one.message
        )


def _told(item: Item, node: Node, trouble: MediaError, where: str = "") -> Diagnostic:
    return Diagnostic(
        "WS504",
        f"{where}{trouble.message}",
        node.at,
        trouble.hint,
        shot=item.shot.id,
        item=item.id,
        rule=trouble.message,
    )

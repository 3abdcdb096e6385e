"""Resolving: an item's fields become the native request of its model, checked against the model's schema."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.identity import accepted_default_free
from wanspec.catalogue.media import media_uses, text_fault
from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import origin_of, steps
from wanspec.catalogue.portable import complete, to_native
from wanspec.catalogue.prices import price
from wanspec.catalogue.validation import request_faults
from wanspec.domain.diagnostics import Diagnostic, Severity
from wanspec.domain.errors import MediaError
from wanspec.domain.items import Derived, Field, Item, Reference, Unknown, unknowns
from wanspec.domain.nodes import Node
from wanspec.domain.requests import MediaUse, Request
from wanspec.domain.seeds import seed_of
from wanspec.reading.project_files import PathFault
from wanspec.stages.inspection import kind_of
from wanspec.stages.media_text import WrittenMedia, bytes_of, read_medium
from wanspec.stages.molds import Mold, mold_of, shape_of

# `ref('deck')` without the braces that make it more than text.
_BARE_REFERENCE = re.compile(r"refs?\('[^'\"]{1,60}'\)(?: *\| *[a-z_]{1,20})?$")


class Resolver:
    """Makes requests.  `seeds` are those that the lock remembers: item id -> derived seed."""

    def __init__(self, catalogue: Catalogue, media: WrittenMedia, seeds: Mapping[str, int], kind_of: Any) -> None:
        self._catalogue = catalogue
        self._media = media
        self.seeds = dict(seeds)
        self._kind_of = kind_of  # Reference or Derived -> image, video, audio
        self._molds: dict[Hashable, Mold | None] = {}
        self._derived: dict[Derived, tuple[Request, tuple[tuple[str, str, str], ...]]] = {}

    def resolve(self, item: Item) -> tuple[Request | None, tuple[Diagnostic, ...]]:
        """The request of one item, with its faults; None where one keeps it from being made."""
        shape = shape_of(item)
        if shape is None:
            return self._resolve(item)
        if shape in self._molds:
            mold = self._molds[shape]
            cast = self._cast(item, mold) if mold is not None else None
            if mold is not None and cast is not None:
                return cast, tuple(replace(one, item=item.id, shot=item.shot.id) for one in mold.warnings)
            return self._resolve(item)
        request, found = self._resolve(item)
        model = self._catalogue.get(item.model)
        assert model is not None
        if request is not None:
            request = replace(request, alike=len(self._molds) + 1)
            self._molds[shape] = mold_of(item, model, request, found)
        else:
            self._molds[shape] = None
        return request, found

    def _cast(self, item: Item, mold: Mold) -> Request | None:
        """The request from a mold; None where something about the item has to be told."""
        model = self._catalogue.get(item.model)
        assert model is not None
        params = item.params.value if item.params is not None else {}
        given = {"seed": item.fields["seed"].value} if "seed" in item.fields else {}
        seed, derived, faults = self._seed(item, model, given, params)  # type: ignore[arg-type]
        request = mold.cast(item, seed, derived) if not faults else None
        if request is None or not all(self._is_sound(use) for use in request.media):
            return None
        return request

    def _is_sound(self, use: MediaUse) -> bool:
        """Whether there is nothing to tell of a medium that a filter or another item gives."""
        if isinstance(use.medium, str):
            return True  # the same for all that fit the mold
        if self._kind_of(use.medium) not in use.kind.split("|"):
            return False
        if isinstance(use.medium, Reference):
            return True
        request = self.derived(use.medium)
        return not self._derived[use.medium][1] and all(
            not isinstance(inner.medium, str) and self._is_sound(inner) for inner in request.media
        )

    def _resolve(self, item: Item) -> tuple[Request | None, tuple[Diagnostic, ...]]:
        model = self._catalogue.get(item.model)
        assert model is not None, item.model
        found: list[Diagnostic] = []
        fields = dict(item.fields)
        given = {name: one.value for name, one in fields.items()}
        params = item.params.value if item.params else {}
        if not isinstance(params, Mapping):
            assert item.params is not None
            found.append(
                _at(item, "WS314", "`params` is no mapping", item.params.node, "write `params: {name: value}`")
            )
            return None, tuple(found)
        seed, derived, seed_faults = self._seed(item, model, given, params)
        found.extend(seed_faults)
        own = frozenset(name for name, one in fields.items() if one.own)
        mapped = to_native(
            model,
            given,
            own=own,
            params=params,
            own_params=_own_params(item),
            peers=self._catalogue.of_kind,
        )
        for fault in mapped.faults:
            holder = fields.get(fault.field) or item.params
            node = holder.node.find(fault.path) if holder is not None else item.shot.node
            code = _CODES.get(fault.rule, "WS202")
            found.append(_at(item, code, f"`{fault.field}` {fault.message}", node, fault.hint, rule=fault.rule))
        if not model.is_local and "WS402" not in item.silenced:
            for name, reason in mapped.ignored.items():
                if name in fields:
                    message = f"the inherited `{name}` is left out: it {reason}"
                    node = fields[name].node
                    hint = "silence this with `lint: {WS402: off}`"
                    found.append(_at(item, "WS402", message, node, hint, severity=Severity.WARNING, rule=name))
        if seed is not None and model.seed is not None:
            _put(mapped.native, model.seed.path, seed)
        for one in request_faults(model, mapped.native, mapped.origin):
            node = self._node(item, fields, mapped.origin, one.path)
            found.append(_at(item, "WS202", f"`{one.field}` {one.message}", node, one.hint, rule=one.rule))
        native = complete(model, mapped.native)
        uses = media_uses(model, native)
        found.extend(self._media_faults(item, fields, mapped.origin, uses))
        unknown = tuple(path for path, value in _leaves(native) if unknowns(value))
        request = Request(
            item=item.id,
            model=model.id,
            native=native,
            hashed=accepted_default_free(model, native),
            media=uses,
            seed=seed,
            seed_path=model.seed.path if model.seed else "",
            seed_range=(model.seed.minimum, model.seed.maximum) if model.seed else (0, 2147483647),
            takes=item.takes,
            outputs=model.outputs_of(native),
            price=price(model, native),
            unknown=unknown,
            derived_seed=derived,
            unchosen=mapped.unchosen,
            names=mapped.origin,
        )
        return request, tuple(found)

    def derived(self, derived: Derived) -> Request:
        """The request of a filter's local action."""
        if derived not in self._derived:
            model = self._catalogue.get(derived.model)
            assert model is not None, derived.model
            native: dict[str, Any] = {name: _thawed(value) for name, value in derived.fields}
            faults = tuple(("WS202", f"`{one.field}` {one.message}", one.hint) for one in request_faults(model, native))
            request = Request(
                item="",
                model=model.id,
                native=native,
                hashed=accepted_default_free(model, native),
                media=media_uses(model, native),
                price=price(model, native),
                unknown=tuple(path for path, value in _leaves(native) if isinstance(value, Unknown)),
            )
            self._derived[derived] = (request, faults)
        return self._derived[derived][0]

    # -- seeds ---------------------------------------------------------------------------------------------------

    def _seed(
        self, item: Item, model: Model, given: dict[str, object], params: Mapping[str, object]
    ) -> tuple[int | None, bool, list[Diagnostic]]:
        """The seed of take 1, and whether it is derived; takes `seed` out of the fields where it is decided here."""
        rule = model.seed
        written = given.get("seed")
        if isinstance(written, float) and written.is_integer():
            written = int(written)  # 7.0 is 7 in JSON
        if rule is None:
            if written == "random":
                given.pop("seed")
            return None, False, []
        native = _get(params, rule.path)
        if isinstance(native, int) and not isinstance(native, bool) and "seed" not in given:
            return native, False, []
        if written is None and native is None:
            seed = self.seeds.get(item.id)
            if seed is None:
                seed = rule.minimum + (seed_of(item.id) - rule.minimum) % (rule.maximum - rule.minimum + 1)
            return seed, True, []
        if written == "random":
            given.pop("seed")
            return None, False, []
        if isinstance(written, int) and not isinstance(written, bool):
            return written, False, []
        if isinstance(written, str):
            given.pop("seed")
            node = item.fields["seed"].node
            return (
                None,
                False,
                [_at(item, "WS202", f"`seed` is the text `{written}`", node, "write a whole number, or `random`")],
            )
        return None, False, []

    # -- media ---------------------------------------------------------------------------------------------------

    def _media_faults(
        self, item: Item, fields: Mapping[str, Field], origin: Mapping[str, str], uses: tuple[MediaUse, ...]
    ) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        for use in uses:
            node = self._node(item, fields, origin, steps(use.path))
            name = origin.get(use.path, node.path.rsplit(".", 1)[-1])
            wanted = tuple(use.kind.split("|"))
            if isinstance(use.medium, Reference | Derived):
                kind = self._kind_of(use.medium)
                if kind not in wanted:
                    found.append(
                        _at(
                            item,
                            "WS502",
                            f"`{_short(name)}` takes {_kinds(wanted)}, and {_called(use.medium)} is {_kinds((kind,))}",
                            node,
                            _way_between(kind, wanted),
                        )
                    )
                if isinstance(use.medium, Derived):
                    found.extend(self._derived_faults(item, node, use.medium))
            else:
                found.extend(self._text_faults(item, node, use.medium, wanted, use.forms, _short(name)))
        return found

    def _derived_faults(self, item: Item, node: Node, derived: Derived) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        request = self.derived(derived)
        label = derived.model.removeprefix("local/")
        for code, message, hint in self._derived[derived][1]:
            found.append(_at(item, code, f"in the filter `{label}`: {message}", node, hint, rule=message))
        for use in request.media:
            if isinstance(use.medium, Derived):
                found.extend(self._derived_faults(item, node, use.medium))
            elif isinstance(use.medium, str):
                found.extend(self._text_faults(item, node, use.medium, tuple(use.kind.split("|")), use.forms, label))
        return found

    def _text_faults(
        self, item: Item, node: Node, text: str, wanted: tuple[str, ...], forms: tuple[str, ...], name: str
    ) -> list[Diagnostic]:
        if text_fault(text, forms) is not None:
            return []  # told with the request's other faults
        written = read_medium(text, forms)
        if written.form == "path":
            try:
                kind = kind_of(self._media.look_at_file(text))
            except PathFault as fault:
                hint = fault.hint
                if _BARE_REFERENCE.match(text):
                    hint = f'an expression stands in braces and quotes: "{{{{ {text} }}}}"'
                return [_at(item, "WS501", fault.message, node, hint, rule=text)]
            except MediaError as error:
                hint = error.hint or "get the file again: it may have been copied or downloaded in part"
                return [_at(item, "WS502", error.message, node, hint, rule=text)]
            except OSError as error:
                return [
                    _at(
                        item,
                        "WS501",
                        f"`{text}` cannot be read: {error.strerror}",
                        node,
                        "check its permissions",
                        rule=text,
                    )
                ]
        elif written.form in ("data", "base64"):
            try:
                kind = _kind_of_data(bytes_of(written))
            except MediaError as error:
                return [_at(item, "WS502", f"`{name}`: {error.message}", node, error.hint, rule=name)]
        else:
            return []
        if kind not in wanted:
            shown = text if len(text) <= 60 else text[:60] + "…"
            return [
                _at(
                    item,
                    "WS502",
                    f"`{name}` takes {_kinds(wanted)}, and `{shown}` is {_kinds((kind,))}",
                    node,
                    _way_between(kind, wanted),
                    rule=text,
                )
            ]
        return []

    # -- places --------------------------------------------------------------------------------------------------

    @staticmethod
    def _node(item: Item, fields: Mapping[str, Field], origin: Mapping[str, str], path: tuple[str | int, ...]) -> Node:
        """The node that the user wrote for a place in the native request."""
        name, rest = origin_of(origin, path)
        if name in fields:
            return fields[name].node.find(rest)
        if item.params is not None:
            node = item.params.node.find(path)
            if node is not item.params.node:
                return node
        if item.params is not None and not path:
            return item.params.node
        return item.shot.node


def _written(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _kind_of_data(data: bytes) -> str:
    """By the first bytes alone: data that a program wrote into the list is not suspected of being cut short."""
    from wanspec.media.sniffing import sniff

    found = sniff(data)
    if found is None:
        raise MediaError(
            "is empty" if not data else "is no picture, clip or sound",
            hint="JPEG, PNG, WEBP, MP4, WEBM, MOV, WAV and MP3 are read",
        )
    return found.split("/", 1)[0]


def _at(
    item: Item,
    code: str,
    message: str,
    node: Node,
    hint: str = "",
    *,
    rule: str = "",
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    return Diagnostic(code, message, node.at, hint, severity, item.shot.id, item.id, rule=rule)


# What is wrong with a portable field; other rules are faults of its value.
_CODES = {"not-honoured": "WS203", "shape": "WS203", "twice": "WS204"}


def _own_params(item: Item) -> Mapping[str, Any]:
    """Of the item's params those that the shot itself writes."""
    own = item.shot.node.mapping.get("params")
    if own is None or item.params is None or not isinstance(item.params.value, Mapping):
        return {}
    return _like(item.params.value, own)


def _like(value: Mapping[str, Any], node: Node) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in node.mapping.items():
        if name in value:
            below = value[name]
            nested = isinstance(below, Mapping) and isinstance(inner.value, dict)
            kept[name] = _like(below, inner) if nested else below
    return kept


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [one for name, inner in value.items() for one in _leaves(inner, (*path, str(name)))]
    if isinstance(value, list | tuple):
        return [one for n, inner in enumerate(value) for one in _leaves(inner, (*path, n))]
    return [(_written(path), value)]


def _get(tree: object, path: str) -> object:
    for step in path.split("."):
        if not isinstance(tree, Mapping) or step not in tree:
            return None
        tree = tree[step]
    return tree


def _put(tree: dict[str, Any], path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        tree = tree.setdefault(step, {})
    tree[last] = value


def _thawed(value: object) -> object:
    return [_thawed(one) for one in value] if isinstance(value, tuple) else value


def _short(name: str) -> str:
    return name.removeprefix("params.")


_KINDS = {"image": "a still", "video": "a clip", "audio": "sound", "captions": "captions"}


def _kinds(kinds: tuple[str, ...]) -> str:
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _way_between(kind: str, wanted: tuple[str, ...]) -> str:
    """What makes a medium of one kind into one that is wanted, as a hint."""
    if kind == "video" and "image" in wanted:
        return "the filter `first_frame`, `last_frame` or `frame(seconds)` makes a still of a clip"
    if kind == "image" and "video" in wanted:
        return "the filter `hold(seconds)` makes a clip of a still"
    return f"name a file that is {_kinds(wanted)}"


def _called(medium: Reference | Derived) -> str:
    if isinstance(medium, Reference):
        return f"`{medium.item}`"
    return f"the result of `{medium.model.removeprefix('local/')}`"

"""Lints: what a vendor would accept and a user would regret.  Warnings; each can be silenced by its code."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.media import form_of
from wanspec.catalogue.paths import origin_of, steps, written
from wanspec.catalogue.portable import to_portable
from wanspec.catalogue.provider import ways_for
from wanspec.catalogue.providers import Providers
from wanspec.catalogue.validation import RequestFault, request_warnings
from wanspec.domain.diagnostics import Diagnostic, Severity, suggestion
from wanspec.domain.graph import Graph
from wanspec.domain.items import Derived, Item, Items, Medium, Reference
from wanspec.domain.json import digest
from wanspec.domain.nodes import Location, Node
from wanspec.domain.publishing import no_way_hint
from wanspec.domain.requests import MediaUse, Request
from wanspec.domain.shotlist import ShotList
from wanspec.media.operations.expectation import Known
from wanspec.media.operations.remarks import longer_sound, silent_sound
from wanspec.stages.media_limits import breaches
from wanspec.stages.molds import WORDS

LONG_CHAIN = 6  # continued clips in a row, after which pictures are seen to drift
ASPECT_SLACK = 0.02  # sizes are rounded to multiples of 16 and the like

# How a model file begins the names of its warnings, where they are of a family that can be silenced alone.
_FAMILIES = (("ignored", "WS411"), ("dearer", "WS412"))

_NUMBERED = re.compile(r"\b(?:image|picture|图|圖)\s*(\d{1,2})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Linted:
    """All that the lints look at."""

    shots: ShotList
    catalogue: Catalogue
    items: Items
    requests: Mapping[str, Request]
    graph: Graph
    used_variables: frozenset[str]
    used_data: frozenset[str]
    used_prompts: frozenset[str]
    prompt_files: tuple[str, ...]  # all that lie in the prompt folders
    foresee: Callable[[Medium], Known]  # what stands in a place for media -> what is known of it
    providers: Providers | None = None
    _views: dict[int, Mapping[str, object]] = field(default_factory=dict)
    _warnings: dict[int, tuple[RequestFault, ...]] = field(default_factory=dict)

    def view(self, request: Request) -> Mapping[str, object]:
        """A request in portable terms; of its words and references only their number is to be trusted."""
        found = self._views.get(request.alike) if request.alike else None
        if found is None:
            model = self.catalogue.get(request.model)
            assert model is not None
            found = self._views[request.alike] = to_portable(model, request.native)
        return found

    def warnings(self, request: Request) -> tuple[RequestFault, ...]:
        """What the model's file warns of."""
        found = self._warnings.get(request.alike) if request.alike else None
        if found is None:
            model = self.catalogue.get(request.model)
            assert model is not None
            found = self._warnings[request.alike] = request_warnings(model, request.native, request.names)
        return found


def lint(linted: Linted) -> tuple[Diagnostic, ...]:
    """Every lint that is not silenced, in the order of the list."""
    found: list[Diagnostic] = []
    for item in linted.items:
        request = linted.requests.get(item.id)
        if request is None:
            continue
        for one in _of_item(linted, item, request):
            if one.code not in item.silenced:
                found.append(replace(one, severity=Severity.WARNING, shot=item.shot.id, item=item.id))
    found.extend(
        replace(one, severity=Severity.WARNING)
        for one in (*_bought_twice(linted), *_unused(linted))
        if one.code not in linted.shots.silenced
    )
    return tuple(found)


def _of_item(linted: Linted, item: Item, request: Request) -> Iterator[Diagnostic]:
    model = linted.catalogue.get(item.model)
    assert model is not None
    if model.is_local:
        return
    for warning in linted.warnings(request):
        node = _node(item, request, written(warning.path))
        code = next((code for word, code in _FAMILIES if warning.rule.startswith(word)), "WS413")
        yield Diagnostic(code, f"`{warning.field}` {warning.message}", node.at, warning.hint, rule=warning.rule)
    if model.rewrite is not None and model.rewrite.default is True and model.rewrite.path in request.unchosen:
        yield Diagnostic(
            "WS401",
            "the vendor rewrites this prompt: its default, which nobody chose",
            _node(item, request, "prompt").at,
            "write `prompt_enhance: false` to render the prompt as it stands, or `true` to keep the rewriting",
        )
    view = linted.view(request)
    yield from _aspects(linted, item, view)
    yield from _numbers_in_prompt(item, request, view)
    yield from _sound(linted, item, request, view)
    yield from _outside_limits(linted, item, request)
    yield from _long_chain(linted, item, request)
    yield from _without_a_way(linted, item, request)


def _node(item: Item, request: Request, native: str) -> Node:
    """What the user wrote for a native field, or the nearest thing to it."""
    name, rest = origin_of(request.names, steps(native))
    field = item.fields.get(name)
    if field is not None:
        found: Node = field.node.find(rest)
        return found
    if native == "prompt" and "prompt" in item.fields:
        return item.fields["prompt"].node
    if item.params is not None:
        node: Node = item.params.node.find(steps(native))
        if node is not item.params.node:
            return node
    return item.fields["prompt"].node if "prompt" in item.fields else item.shot.node


def _aspects(linted: Linted, item: Item, view: Mapping[str, object]) -> Iterator[Diagnostic]:
    """A still of other proportions than the clip that starts on it gets cropped or distorted by the vendor."""
    width, height = view.get("width"), view.get("height")
    if item.kind != "video" or not isinstance(width, int) or not isinstance(height, int):
        return
    for name in ("first_frame", "last_frame"):
        field = item.fields.get(name)
        if field is None or not isinstance(field.value, Reference):
            continue
        other = linted.requests.get(field.value.item)
        model = linted.catalogue.get(other.model) if other is not None else None
        if other is None or model is None or model.is_local:
            continue
        still = linted.view(other)
        w, h = still.get("width"), still.get("height")
        if isinstance(w, int) and isinstance(h, int) and abs((w / h) / (width / height) - 1) > ASPECT_SLACK:
            yield Diagnostic(
                "WS403",
                f"`{name}` is {w}×{h}, the clip is {width}×{height}: other proportions",
                field.node.at,
                "give both one aspect ratio, or `resize` the still",
                rule=name,
            )


def _without_a_way(linted: Linted, item: Item, request: Request) -> Iterator[Diagnostic]:
    """A file of ours that its vendor takes by address only: a render would be refused."""
    name = item.model.partition("/")[0]
    provider = linted.providers.get(name) if linted.providers is not None and request.media else None
    if provider is None:
        return
    for use in request.media:
        if _is_our_file(linted, use) and not any(ways_for(provider, use, kind) for kind in use.kind.split("|")):
            what = f"`{use.medium}`" if isinstance(use.medium, str) else "what is made here"
            shown = what if len(what) <= 80 else what[:80] + "…`"
            yield Diagnostic(
                "WS414",
                f"{shown} has no way to `{name}`, which takes it by address only",
                _node(item, request, use.path).at,
                no_way_hint(name),
                rule=use.path,
            )


def _is_our_file(linted: Linted, use: MediaUse) -> bool:
    """Whether the bytes lie here alone: a vendor's result has an address while it is fresh."""
    if isinstance(use.medium, Reference):
        other = linted.requests.get(use.medium.item)
        return other is not None and other.model.startswith("local/")
    return isinstance(use.medium, Derived) or form_of(use.medium) not in ("url", "uuid")


def _numbers_in_prompt(item: Item, request: Request, view: Mapping[str, object]) -> Iterator[Diagnostic]:
    prompt = item.fields["prompt"].value if "prompt" in item.fields else view.get("prompt")
    images = view.get("reference_images")
    if not isinstance(prompt, str) or not isinstance(images, list | tuple) or not images:
        return
    for number in map(int, _NUMBERED.findall(prompt)):
        if number > len(images):
            noun = "one reference image" if len(images) == 1 else f"{len(images)} reference images"
            yield Diagnostic(
                "WS404",
                f"the prompt speaks of image {number}, and there is {noun}"
                if len(images) == 1
                else f"the prompt speaks of image {number}, and there are {noun}",
                _node(item, request, "prompt").at,
                "`image {{ place(ref('…')) }}` counts for you",
                rule="number",
            )
            return


def _sound(linted: Linted, item: Item, request: Request, view: Mapping[str, object]) -> Iterator[Diagnostic]:
    """Sound that drives a clip, and is longer than it or not there at all."""
    length = view.get("duration")
    for use in request.media:
        if use.kind != "audio" or item.kind != "video":
            continue
        sound, node = linted.foresee(use.medium), _node(item, request, use.path)
        name = request.names.get(use.path, use.path)
        for one in (
            *longer_sound(name, sound, float(length) if isinstance(length, int | float) else None),
            *silent_sound(name, sound),
        ):
            yield Diagnostic(one.code, one.message, node.at, one.hint, rule=use.path)


def _outside_limits(linted: Linted, item: Item, request: Request) -> Iterator[Diagnostic]:
    """Media of which the vendor says that it does not take them: told before it refuses, or bills for what it made."""
    for use in request.media:
        medium = linted.foresee(use.medium) if use.limits else None
        limits = use.limits.get(medium.kind or "") if medium is not None else None
        if medium is None or limits is None:
            continue
        found = list(breaches(limits, medium))
        if not found:
            continue
        what = f"`{use.medium}`" if isinstance(use.medium, str) and len(use.medium) <= 80 else "the medium"
        yield Diagnostic(
            "WS417",
            f"{what} is " + "; ".join(f"{one}: the vendor takes {taken}" for one, taken in found),
            _node(item, request, use.path).at,
            _WAYS.get(medium.kind or "", ""),
            rule=use.path,
        )


_WAYS = {
    "image": "the filters `resize` and `crop` make a PNG of another size",
    "video": "the filters `cut`, `resize` and `crop` make another clip of it",
    "audio": "the filter `cut` makes a WAV of a part",
}


def _long_chain(linted: Linted, item: Item, request: Request) -> Iterator[Diagnostic]:
    length = 0
    here: Item | None = item
    while here is not None and length <= LONG_CHAIN + 1:
        before = _continues(linted, here)
        if before is None:
            break
        length += 1
        here = linted.items.by_id.get(before)
    if length == LONG_CHAIN + 1:
        yield Diagnostic(
            "WS407",
            f"more than {LONG_CHAIN} clips each continue the one before: pictures drift along such a chain",
            _node(item, request, "first_frame").at,
            "start again from a keyframe now and then",
        )


def _continues(linted: Linted, item: Item) -> str | None:
    """The clip whose end an item starts on."""
    for name in ("first_frame", "first_clip"):
        field = item.fields.get(name)
        if field is None:
            continue
        value = field.value
        if isinstance(value, Derived) and value.model == "local/frame":
            value = dict(value.fields).get("source")
        if isinstance(value, Reference):
            other = linted.items.by_id.get(value.item)
            if other is not None and other.kind == "video":
                return other.id
    return None


def _bought_twice(linted: Linted) -> Iterator[Diagnostic]:
    """Requests that differ in nothing but a seed that nobody wrote: two candidates of one picture, under two names."""
    seen: dict[Hashable, Item] = {}
    for item in linted.items:
        request = linted.requests.get(item.id)
        model = linted.catalogue.get(item.model)
        if request is None or model is None or model.is_local or request.unknown or "WS405" in item.silenced:
            continue
        words = tuple(str(one.value) for name, one in item.fields.items() if name in WORDS)
        kind = request.alike or digest(request.hashed)
        media = tuple(use.medium for use in request.media)
        same = (kind, words, media, None if request.derived_seed else request.seed)
        other = seen.setdefault(same, item)
        if other is not item:
            yield Diagnostic(
                "WS405",
                f"`{item.id}` asks for the same as `{other.id}`",
                item.fields["prompt"].node.at if "prompt" in item.fields else item.shot.node.at,
                "`takes: 2` on one of them gives two candidates; or let one refer to the other",
                shot=item.shot.id,
                item=item.id,
                also=((other.shot.node.at, "the other one"),) if other.shot is not item.shot else (),
            )


def _unused(linted: Linted) -> Iterator[Diagnostic]:
    for name, node in linted.shots.vars.items():
        if name in linted.used_variables:
            continue
        if name in linted.shots.undeclared_vars:
            hint = suggestion(name, linted.shots.vars.keys() - {name}) or "leave it out"
            yield Diagnostic("WS408", f"the variable `{name}` of `--var` is used nowhere", node.at, hint, rule=name)
        elif name not in linted.shots.literal_vars and node.file:
            yield Diagnostic("WS408", f"the variable `{name}` is used nowhere", node.key_at, "remove it", rule=name)
    made = {item.shot.id for item in linted.items}
    for shot in linted.shots.shots:
        if shot.id not in made:
            yield Diagnostic(
                "WS409",
                f"shot `{shot.id}` makes no items",
                shot.node.at,
                "its `for_each` is empty, or its `when` drops all",
                shot=shot.id,
            )
    for name, file in linted.shots.data_files.items():
        if name not in linted.used_data:
            node = linted.shots.node.find(("data", name))
            yield Diagnostic(
                "WS410", f"the data `{name}` from `{file}` is used nowhere", node.key_at, "remove it", rule=name
            )
    for file in sorted(set(linted.prompt_files) - linted.used_prompts):
        yield Diagnostic(
            "WS410", f"the template `{file}` is used nowhere", Location(file), "remove it, or include it", rule=file
        )

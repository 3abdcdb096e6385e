"""The filters on references: each becomes a local action of its own (rule 3 of the language)."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable

from wanspec.domain.items import Derived
from wanspec.stages.names import KeyFault, slug, text_of
from wanspec.stages.references import DerivedView, ReferenceView, unwrapped
from wanspec.stages.signals import NameFault
from wanspec.stages.words import in_words

CLIP = frozenset({"video"})
STILL = frozenset({"image"})
PICTURE = frozenset({"image", "video"})
TIMED = frozenset({"video", "audio"})


def kind_of(value: object) -> str | None:
    """image, video or audio; None for what is no medium, or a path whose name does not say."""
    if isinstance(value, ReferenceView | DerivedView):
        return value.kind_of()
    if isinstance(value, str):
        if value.startswith("data:"):
            return value[5:].split("/", 1)[0]
        guessed = mimetypes.guess_type(value.split("#", 1)[0].split("?", 1)[0])[0] or ""
        kind = guessed.split("/", 1)[0]
        return kind if kind in ("image", "video", "audio") else None
    return None


def _derive(
    name: str, model: str, source: object, takes: frozenset[str], gives: str | None, **fields: object
) -> object:
    """The view of a local action on a source, or on each of a list."""
    if isinstance(source, list | tuple):
        return [_derive(name, model, one, takes, gives, **fields) for one in source]
    if source is None:
        raise NameFault("WS308", f"`{name}` was given null", "give it a reference, a path or a URL")
    if not isinstance(source, ReferenceView | DerivedView | str):
        raise NameFault("WS308", f"`{name}` was given {in_words(source)}", "give it a reference, a path or a URL")
    kind = kind_of(source)
    if kind is not None and kind not in takes:
        wanted = " or ".join(_WORDS[k] for k in sorted(takes))
        raise NameFault(
            "WS308",
            f"`{name}` takes {wanted}, and {_called(source)} is {_WORDS[kind]}",
            "a still is used as it is; `hold(seconds)` makes a clip of one" if kind == "image" else "",
        )
    given = {"source": source, **{n: v for n, v in fields.items() if v is not None}}
    plain = tuple(sorted((n, _frozen(unwrapped(v))) for n, v in given.items()))
    return DerivedView(Derived(model, plain), gives or kind or "image")


_WORDS = {"image": "a still", "video": "a clip", "audio": "a sound"}


def _called(source: object) -> str:
    if isinstance(source, ReferenceView):
        return f"`{source.reference.item}`"
    if isinstance(source, DerivedView):
        return f"the result of `{source.derived.model.removeprefix('local/')}`"
    return f"`{source}`"


def _frozen(value: object) -> object:
    """Lists as tuples, so that a Derived can be compared and hashed."""
    if isinstance(value, list):
        return tuple(_frozen(one) for one in value)
    if isinstance(value, dict):
        return tuple(sorted((name, _frozen(one)) for name, one in value.items()))
    return value


def first_frame(source: object) -> object:
    return _derive("first_frame", "local/frame", source, CLIP, "image", at="first")


def last_frame(source: object) -> object:
    return _derive("last_frame", "local/frame", source, CLIP, "image", at="last")


def frame(source: object, seconds: object) -> object:
    return _derive("frame", "local/frame", source, CLIP, "image", seconds=seconds)


def cut(source: object, start: object = None, end: object = None) -> object:
    return _derive("cut", "local/cut", source, TIMED, None, start=start, end=end)


def hold(source: object, seconds: object, motion: object = None) -> object:
    return _derive("hold", "local/hold", source, STILL, "video", seconds=seconds, motion=motion)


def resize(
    source: object, width: object = None, height: object = None, fit: object = None, color: object = None
) -> object:
    return _derive("resize", "local/resize", source, PICTURE, None, width=width, height=height, fit=fit, color=color)


def crop(source: object, x: object, y: object, width: object, height: object) -> object:
    return _derive("crop", "local/crop", source, PICTURE, None, x=x, y=y, width=width, height=height)


def flip(source: object, axis: object) -> object:
    return _derive("flip", "local/flip", source, PICTURE, None, axis=axis)


def caption(
    source: object,
    words: object,
    at: object = None,
    size: object = None,
    color: object = None,
    start: object = None,
    end: object = None,
) -> object:
    return _derive(
        "caption",
        "local/caption",
        source,
        PICTURE,
        None,
        words=words,
        at=at,
        size=size,
        color=color,
        start=start,
        end=end,
    )


def overlay(source: object, picture: object, at: object = None, width: object = None, opacity: object = None) -> object:
    return _derive(
        "overlay", "local/overlay", source, PICTURE, None, picture=picture, at=at, width=width, opacity=opacity
    )


def _slug(text: object) -> str:
    try:
        return slug(text_of(text if not isinstance(text, ReferenceView | DerivedView) else str(text)))
    except KeyFault as fault:
        raise NameFault("WS303", f"`slug` was given {in_words(text)}: {fault}", "give it text") from None


FILTERS: dict[str, Callable[..., object]] = {
    "first_frame": first_frame,
    "last_frame": last_frame,
    "frame": frame,
    "cut": cut,
    "hold": hold,
    "resize": resize,
    "crop": crop,
    "flip": flip,
    "caption": caption,
    "overlay": overlay,
    "slug": _slug,
}

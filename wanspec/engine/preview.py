"""The renderer that stands in for every vendor's model under `--preview`: drawn here, free and offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from wanspec.catalogue.model import Model
from wanspec.catalogue.paths import copied, steps
from wanspec.catalogue.portable import to_portable
from wanspec.catalogue.sizes import output_size, size_source
from wanspec.domain.actions import Action
from wanspec.domain.items import Item
from wanspec.domain.json import Json, digest
from wanspec.domain.requests import Request
from wanspec.engine.renderers import Produced
from wanspec.engine.verification import Expected
from wanspec.engine.workers import Workers
from wanspec.media.sheet import Sheet

STAND_IN = "preview/stand-in"  # the model of what is drawn in the place of media behind a URL

_MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
}
_MARK = "media:"  # before a native path, where the portable view would show a label


class PreviewRenderer:
    """Draws a sheet for each action.

    `item_of` and `model_of` answer for the ids that an action holds.
    """

    def __init__(
        self, workers: Workers, item_of: Callable[[str], Item], model_of: Callable[[str], Model | None]
    ) -> None:
        self._workers = workers
        self._item_of = item_of
        self._model_of = model_of
        self._identity = ""
        self.slots = workers.slots

    def identify(self, action: Action) -> Action:
        """The same action under a preview's key: what is drawn, and by which renderer."""
        if not self._identity:
            from wanspec.media.preview import identity

            self._identity = identity()
        sheet = asdict(self._sheet(action))
        digests = {str(action.files[path]): f"sha256:{artifact.sha256}" for path, artifact in action.media.items()}
        drawn = {name: value for name, value in _json(sheet, digests).items() if value not in (None, "", ())}
        facts: dict[str, Json] = {"preview": self._identity, "sheet": drawn}
        return Action(
            key=digest(facts),
            item=action.item,
            take=action.take,
            model=action.model,
            request=action.request,
            seed=action.seed,
            facts=facts,
            media=action.media,
            files=action.files,
        )

    def expected(self, action: Action) -> Expected:
        sheet = self._sheet(action)
        pixels = (None, None) if sheet.kind == "audio" else (sheet.width, sheet.height)
        return Expected(
            kind=sheet.kind,
            media_type=_MEDIA_TYPES.get(sheet.format.lower()),
            width=pixels[0],
            height=pixels[1],
            duration=None if sheet.kind == "image" else sheet.duration,
            outputs=max(1, sheet.image_set),
        )

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        from wanspec.engine.chores import draw_preview

        files = await self._workers.run(draw_preview, self._sheet(action), folder)
        return [Produced(path, artifact, _seed_used(action)) for path, artifact in files]

    def stand_in(self, kind: str, address: str) -> Action:
        """A picture, clip or sound in the place of one that is behind a URL, with its address on it."""
        native: dict[str, Json] = {"kind": kind, "address": address}
        request = Request(item="", model=STAND_IN, native=native, hashed=native)
        return self.identify(Action("", "", 1, STAND_IN, request, None, {}))

    def _sheet(self, action: Action) -> Sheet:
        request = action.request
        if action.model == STAND_IN:
            address = str(request.native["address"])
            return Sheet(
                kind=str(request.native["kind"]),
                item="",
                model="stands in for",
                title=address.partition("://")[2].partition("/")[0] or address[:40],
                prompt=address,
                width=1280,
                height=720,
                duration=5.0,
            )
        model = self._model_of(action.model)
        assert model is not None, action.model
        item = self._item_of(action.item)
        native = _marked(request)
        seen = to_portable(model, native)
        width, height = self._size(action, model, native, seen, item.kind)

        def file(name: str) -> Path | None:
            found = _files(seen.get(name), action.files)
            return found[0] if found else None

        return Sheet(
            kind=item.kind,
            item=item.id,
            model=item.model,
            take=action.take,
            # Neither the title nor how many takes there are: a preview is the same when they change, as a render is.
            seed=action.seed,
            prompt=str(seen.get("prompt") or seen.get("text") or ""),
            width=width,
            height=height,
            format=str(seen.get("format") or "").lower(),
            quality=seen.get("quality") if isinstance(seen.get("quality"), int) else None,
            duration=float(seen.get("duration") or self._length(action, seen) or 5.0),
            palette=_palette(seen.get("palette")),
            references=_files([seen.get("reference_images") or [], seen.get("reference_videos") or []], action.files),
            edit_regions=_regions(seen.get("edit_regions")),
            first_frame=file("first_frame"),
            last_frame=file("last_frame"),
            first_clip=file("first_clip"),
            source_video=file("source_video"),
            audio=file("audio"),
            native_audio=seen.get("native_audio") is not False,
            keep_audio=seen.get("keep_audio") is not False,
            image_set=request.outputs if request.outputs > 1 else 0,
        )

    @staticmethod
    def _size(
        action: Action, model: Model, native: Mapping[str, Any], seen: Mapping[str, Any], kind: str
    ) -> tuple[int, int]:
        """Pixels of the result: as asked, else as the media that it takes its proportions from, else a usual size."""
        width, height = seen.get("width"), seen.get("height")
        if isinstance(width, int) and isinstance(height, int):
            return width, height
        source = action.media.get(size_source(model, native))
        if source is not None and source.width and source.height:
            told = output_size(model, native, Fraction(source.width, source.height))
            # H.264 has even sizes only.
            odd = (source.width % 2, source.height % 2) if kind == "video" else (0, 0)
            return told or (max(2, source.width - odd[0]), max(2, source.height - odd[1]))
        return (1280, 720) if kind == "video" else (1024, 1024)

    @staticmethod
    def _length(action: Action, seen: Mapping[str, Any]) -> float | None:
        """Seconds of the clip that is edited, for a request that does not say how long."""
        for name in ("source_video", "audio"):
            for path, artifact in action.media.items():
                if seen.get(name) == _MARK + path and artifact.duration:
                    return artifact.duration
        return None


def _seed_used(action: Action) -> int | None:
    """The seed that a result is said to have: what a vendor left to choose would tell, other shots calculate with."""
    if action.seed is not None or not action.request.seed_path:
        return action.seed
    return int(action.key.removeprefix("sha256:")[:8], 16) & 0x7FFFFFFF


def _marked(request: Request) -> Any:
    """The native parameters with each place for media holding its own path."""
    native = copied(request.native)
    for use in request.media:
        here = native
        *way, last = steps(use.path)
        for step in way:
            here = here[step]
        here[last] = _MARK + use.path
    return native


def _files(value: object, files: Mapping[str, Path]) -> tuple[Path, ...]:
    """All files whose marks stand in a portable value, in its order."""
    if isinstance(value, str):
        found = files.get(value.removeprefix(_MARK)) if value.startswith(_MARK) else None
        return (found,) if found is not None else ()
    if isinstance(value, Mapping):
        return tuple(path for inner in value.values() for path in _files(inner, files))
    if isinstance(value, Sequence):
        return tuple(path for inner in value for path in _files(inner, files))
    return ()


def _palette(value: object) -> tuple[tuple[str, float], ...]:
    """`[{hex, ratio}]`, the ratio a number or a text with a per cent sign; colours alone share evenly."""
    found: list[tuple[str, float]] = []
    for entry in value if isinstance(value, Sequence) and not isinstance(value, str) else ():
        if isinstance(entry, Mapping):
            ratio = entry.get("ratio", 1)
            found.append((str(entry.get("hex", "")), float(str(ratio).rstrip("% ") or 0)))
        else:
            found.append((str(entry), 1.0))
    return tuple(found)


def _regions(value: object) -> tuple[tuple[tuple[int, int, int, int], ...], ...]:
    """For each reference its boxes, each four whole numbers."""
    pictures = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in boxes or ()) for boxes in pictures)


def _json(value: Any, digests: Mapping[str, str]) -> Any:
    """A sheet as JSON, with what a file holds in the place of where it is."""
    if isinstance(value, Path):
        return digests[str(value)]
    if isinstance(value, Mapping):
        return {name: _json(inner, digests) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner, digests) for inner in value]
    return value

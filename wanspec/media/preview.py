"""The preview renderer: stands in for any model, free and offline, and draws what its request asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wanspec.domain.errors import MediaError
from wanspec.media.sheet import Sheet

PREVIEW_VERSION = 2  # bumped with every change that a picture shows


def identity() -> str:
    """What the bytes of a preview depend on besides its sheet: this renderer and the coders it runs on."""
    import av
    import PIL

    libraries = ",".join(
        f"{name}={'.'.join(map(str, version))}" for name, version in sorted(av.library_versions.items())
    )
    return f"preview {PREVIEW_VERSION}; pillow {PIL.__version__}; av {av.__version__}; {libraries}"


def draw(sheet: Sheet, folder: Path) -> list[Path]:
    """Files `1.EXT` (`1.EXT` to `N.EXT` for an image set) of exactly the asked format, size and duration.

    The same sheet and the same files behind it give the same bytes.  Raises MediaError for a reference that cannot be
    read and for a size or format that cannot be written.
    """
    try:
        return _draw(sheet, folder)
    except MediaError as error:
        # In the store a file's name is its digest; the field that it stands in says more.
        message = error.message
        for field, path in _files(sheet):
            message = message.replace(f"`{path.name}`", f"`{field}`")
        raise MediaError(message, hint=error.hint, code=error.code) from error


def _files(sheet: Sheet) -> Iterator[tuple[str, Path]]:
    for field in ("first_frame", "last_frame", "first_clip", "source_video", "audio"):
        path = getattr(sheet, field)
        if path is not None:
            yield field, path
    for index, path in enumerate(sheet.references):
        yield f"references[{index}]", path


def _draw(sheet: Sheet, folder: Path) -> list[Path]:
    if sheet.kind == "image":
        from wanspec.media.stills import draw_stills

        return draw_stills(sheet, folder)
    if sheet.kind == "video":
        from wanspec.media.animatic import draw_clip

        return [draw_clip(sheet, folder)]
    if sheet.kind == "audio":
        from wanspec.media.guide_track import draw_sound

        return [draw_sound(sheet, folder)]
    raise MediaError(f"a preview of `{sheet.kind}` cannot be drawn")

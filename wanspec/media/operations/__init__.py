"""The `local/…` models: operations on media that need no vendor.

`operate` runs one, `expected` tells beforehand what will come of it.  Each operation is a module with two functions
of the same shape, `make` and `foresee`; the table below says which models it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.domain.json import Json
from wanspec.media.operations.expectation import Expected

__all__ = ["MODELS", "OPERATIONS_VERSION", "Expected", "expected", "operate"]

# Bumped when an operation makes other bytes of the same fields; results that were made before stay valid.
OPERATIONS_VERSION = 1

# model -> the module that does it, imported when it is first asked for
_MODULES = {
    "local/frame": "single_frame",
    "local/cut": "cut",
    "local/hold": "hold",
    "local/resize": "geometry",
    "local/crop": "geometry",
    "local/flip": "geometry",
    "local/caption": "lettered",
    "local/overlay": "lettered",
    "local/concat": "concat",
    "local/mux": "mux",
    "local/contact-sheet": "contact_sheet",
    "local/loop": "loop",
}
MODELS = tuple(_MODULES)


def operate(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> list[Path]:
    """Runs one operation; the results lie in `folder`, named `1.EXT`.

    `fields` are the model's validated fields; places that hold media hold labels there, and their files are in
    `media`, by field path: `source`, `clips[2]`, `clips[0].source`, `audio`, `picture`, `pictures[1]`, `captions`.
    Raises MediaError.
    """
    try:
        made: list[Path] = _module(model).make(model, fields, media, folder)
    except MediaError as error:
        raise named(error, media) from error
    return made


def expected(model: str, fields: Mapping[str, Json], sources: Mapping[str, Artifact | Expected]) -> Expected:
    """What can be told of the result without running it; None where it is not known.

    `sources` holds, by the same field paths, what is known of each medium.
    Raises MediaError for what can never work: the wrong kind of medium, a crop outside, a cut after the end.
    """
    foreseen: Expected = _module(model).foresee(model, fields, sources)
    return foreseen


def named(error: MediaError, media: Mapping[str, Path]) -> MediaError:
    """The same error with the user's field in the place of a file's name, which in the store is a digest."""
    message = error.message
    for field, path in sorted(media.items(), reverse=True):
        message = message.replace(f"`{path.name}`", f"`{field}`")
    return MediaError(message, hint=error.hint, code=error.code)


def _module(model: str) -> ModuleType:
    name = _MODULES.get(model)
    if name is None:
        raise MediaError(f"there is no operation `{model}`", hint="known are " + ", ".join(MODELS))
    return import_module(f"wanspec.media.operations.{name}")

"""What the worker processes do: functions of files, each with all that it needs in its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError, WanspecError
from wanspec.domain.json import Json
from wanspec.media.operations import operate
from wanspec.media.preview import draw
from wanspec.media.probe import examine, measure, probe
from wanspec.media.sheet import Sheet

Files = list[tuple[Path, Artifact]]


def draw_preview(sheet: Sheet, folder: Path) -> Files:
    """The stand-ins that a sheet asks for, and what they turned out to be."""
    with _told("the preview"):
        return [(path, probe(path)) for path in draw(sheet, folder)]


def do_operation(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> Files:
    """A local model's results, and what they turned out to be.  Raises MediaError when it cannot be done."""
    with _told(f"`{model}`"):
        return [(path, measure(path)) for path in operate(model, fields, media, folder)]


def look_through(path: Path) -> Artifact:
    """What a file from elsewhere holds, and how loud it is; decoded too, so that a half one is not taken for whole.

    Raises MediaError for what is no medium, or damaged.
    """
    with _told(f"reading `{path.name}`"):
        return examine(path)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Codecs raise a hundred kinds of exceptions over odd files; each costs one item and not the run.

    The pool hands the traceback of the worker along, as the cause.
    """
    try:
        yield
    except (WanspecError, OSError):
        raise
    except Exception as error:
        raise MediaError(
            f"{what} failed: {type(error).__name__}: {error}",
            hint="the file may be odd, or this is a fault of wanspec worth reporting",
            code="media_fault",
        ) from error

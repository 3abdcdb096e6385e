"""What the worker processes do: functions of files, each with all that it needs in its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.json import Json
from wanspec.media.operations import operate
from wanspec.media.preview import draw
from wanspec.media.probe import probe, verify_decodes
from wanspec.media.sheet import Sheet

Files = list[tuple[Path, Artifact]]


def draw_preview(sheet: Sheet, folder: Path) -> Files:
    """The stand-ins that a sheet asks for, and what they turned out to be."""
    return [(path, probe(path)) for path in draw(sheet, folder)]


def do_operation(model: str, fields: Mapping[str, Json], media: Mapping[str, Path], folder: Path) -> Files:
    """A local model's results, and what they turned out to be.  Raises MediaError when it cannot be done."""
    return [(path, probe(path)) for path in operate(model, fields, media, folder)]


def look_at(path: Path) -> Artifact:
    """What a file holds, as far as its head and its streams say.  Raises MediaError for what is no medium."""
    return probe(path)


def look_through(path: Path) -> Artifact:
    """The same for a file that came from elsewhere: decoded, so that a half one is not taken for whole."""
    artifact = probe(path)
    verify_decodes(path)
    return artifact

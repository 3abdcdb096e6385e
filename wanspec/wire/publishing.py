"""The place that `publish:` names: a folder that a web server shows, or a bucket."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import NotSent, StoreError
from wanspec.domain.publishing import FORMS_HINT, OUTSIDE_HINT, Bucket, ShownFolder, read_place
from wanspec.wire.publisher import Publisher, file_name
from wanspec.wire.secrets import is_loopback


def publisher_of(target: str, allowed: tuple[Path, ...], environment: Mapping[str, str]) -> Publisher:
    """The place that `publish:` names.  Connects nowhere.

    `allowed`: folders that a shot list may write to.  Raises NotSent for what is no place, for a folder elsewhere, and
    where the credentials of a bucket are missing.
    """
    try:
        place = read_place(target)
    except ValueError as fault:
        raise NotSent(f"`publish: {target}` cannot be used: {fault}", hint=FORMS_HINT, code="publish") from None
    if isinstance(place, Bucket):
        from wanspec.wire.buckets import open_bucket

        return open_bucket(place, environment)
    return _shown_folder(place, allowed)


def _shown_folder(place: ShownFolder, allowed: tuple[Path, ...]) -> Publisher:
    folder = Path(place.folder).resolve()
    if not any(folder.is_relative_to(one.resolve()) for one in allowed):
        raise NotSent(
            f"`publish` names `{folder}`, which is outside the project",
            hint=OUTSIDE_HINT,
            code="publish",
        )
    return _Folder(folder, place.address)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that a web server shows."""

    folder: Path
    shown_at: str

    @property
    def on_loopback(self) -> bool:
        return is_loopback(urlsplit(self.shown_at).hostname or "")

    async def put(self, path: Path, artifact: Artifact) -> None:
        await asyncio.to_thread(self._copy, path, self.folder / file_name(artifact))

    async def address(self, artifact: Artifact, lives_s: float) -> str:  # noqa: ARG002 -- it lives as the file does
        return f"{self.shown_at}/{quote(file_name(artifact))}"

    def _copy(self, source: Path, target: Path) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if target.is_symlink():
                raise StoreError(f"`{target}` is a link, and nothing is written through one")
            if not target.is_file() or target.stat().st_size != source.stat().st_size:
                # Two renders may bring the same file at once: each its own, and the last one stays.
                temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
                shutil.copyfile(source, temporary)
                temporary.replace(target)
        except OSError as error:
            raise StoreError(f"`{target}`: {error.strerror or error}") from error

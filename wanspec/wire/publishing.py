"""A bucket or folder of the user's own, from which a vendor fetches what it takes by address only."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import NotSent, StoreError

LIVES_S = 12 * 3600.0

_FOLDER = re.compile(r"file://(?P<folder>/[^+]*)\+(?P<address>https://[^?#\s]+|http://127\.[0-9.]+(?::\d+)?[^?#\s]*)")


class Publisher(Protocol):
    """Puts a file where a vendor can fetch it."""

    async def publish(self, path: Path, artifact: Artifact) -> str:
        """The address.  Raises StoreError when the place refuses."""


def publisher_of(target: str, allowed: tuple[Path, ...]) -> Publisher:
    """The place that `publish:` names: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, or `file:///FOLDER+https://ADDRESS`.

    `allowed`: folders that a shot list may write to.  Raises NotSent for what is none of these.
    """
    if target.startswith(("s3://", "gs://")):
        try:
            import obstore.store
        except ImportError:
            raise NotSent(
                f"`publish: {target}` needs the package `obstore`", hint="pip install obstore", code="publish"
            ) from None
        return _Bucket(obstore.store.from_url(target.rstrip("/")))
    found = _FOLDER.fullmatch(target)
    if found is None:
        raise NotSent(
            f"`publish: {target}` is no place to publish at",
            hint="write `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `file:///FOLDER+https://ADDRESS`",
            code="publish",
        )
    folder = Path(found["folder"]).resolve()
    if not any(folder.is_relative_to(one.resolve()) for one in allowed):
        raise NotSent(
            f"`publish` names `{folder}`, which is outside the project",
            hint="name it under `allow_outside`, and agree with `--allow-outside`",
            code="publish",
        )
    return _Folder(folder, found["address"].rstrip("/"))


def _name(artifact: Artifact) -> str:
    return f"{artifact.sha256}.{artifact.extension}"


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that a web server shows."""

    folder: Path
    address: str

    async def publish(self, path: Path, artifact: Artifact) -> str:
        await asyncio.to_thread(self._copy, path, self.folder / _name(artifact))
        return f"{self.address}/{quote(_name(artifact))}"

    def _copy(self, source: Path, target: Path) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if target.is_symlink():
                raise StoreError(f"`{target}` is a link, and nothing is written through one")
            if not target.is_file() or target.stat().st_size != source.stat().st_size:
                temporary = target.with_name(f".{target.name}.tmp")
                shutil.copyfile(source, temporary)
                temporary.replace(target)
        except OSError as error:
            raise StoreError(f"`{target}`: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class _Bucket:
    """An object store; the address is signed and lives for some hours."""

    store: Any

    async def publish(self, path: Path, artifact: Artifact) -> str:
        import obstore

        try:
            await obstore.put_async(self.store, _name(artifact), path)
            return str(await obstore.sign_async(self.store, "GET", _name(artifact), timedelta(seconds=LIVES_S)))
        except Exception as error:  # obstore has a class for each store's troubles, under no common name
            raise StoreError(f"`{path.name}` could not be published: {error}") from error

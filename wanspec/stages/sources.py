"""The media of a request: for each place what stands there, and where its bytes are."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.domain.items import Derived, Reference
from wanspec.domain.requests import MediaUse, Request, action_key
from wanspec.engine.workers import Workers
from wanspec.reading.project_files import PathFault
from wanspec.stages.filters import kind_of
from wanspec.stages.keys import content_of_url, take_facts, take_seed
from wanspec.stages.media_text import Written, bytes_of, read_medium
from wanspec.store import Store
from wanspec.store.media_facts import MediaFacts


class WaitsForPick(Exception):
    """A reference to an item of which nobody has picked a take yet."""

    def __init__(self, item: str) -> None:
        super().__init__(item)
        self.item = item


@dataclass(frozen=True, slots=True)
class Source:
    """What stands in one place for media."""

    content: str  # as it enters the key: `sha256:HEX`, `url:…` or `uuid:…`
    artifact: Artifact | None = None  # None: we have no bytes of it
    file: Path | None = None


@dataclass(slots=True)
class Sources:
    """Finds what stands in places for media; each thing once in a run."""

    store: Store
    workers: Workers
    facts: MediaFacts
    locate: Callable[[str], Path]  # a path as written -> the file; raises PathFault
    derive: Callable[[Derived], Request]
    taken: Callable[[Reference], Artifact]  # the take that a reference means; raises WaitsForPick
    perform: Callable[[Action], Awaitable[Artifact]]  # a local action's or a stand-in's only result
    stand_in: Callable[[str, str], Action] | None = None  # (kind, address) -> a picture in its place; None: not drawn
    fetch: Callable[[str, Path], Awaitable[None]] | None = None  # writes what is behind an address; raises MediaError
    _found: dict[object, asyncio.Task[Source]] = field(default_factory=dict)

    async def of(self, request: Request) -> Mapping[str, Source]:
        """By native path.  Raises MediaError for what cannot be read, WaitsForPick, and what `perform` raises."""
        here = request.model.startswith("local/")  # what works on files, not on addresses
        return {use.path: await self._find(use, as_file=here) for use in request.media}

    def cancel(self) -> None:
        """Gives up what is still being looked at or made."""
        for task in self._found.values():
            task.cancel()

    async def _find(self, use: MediaUse, *, as_file: bool) -> Source:
        medium = use.medium
        if isinstance(medium, Reference):
            artifact = self.taken(medium)
            return Source(f"sha256:{artifact.sha256}", artifact, self.store.blobs.path(artifact.sha256))
        key: object = medium if isinstance(medium, Derived) else (medium, use.kind, as_file)
        if key not in self._found:
            # A task of its own: two items may wait for it, and one of them may be cancelled.
            work = self._derived(medium) if isinstance(medium, Derived) else self._written(medium, use, as_file)
            self._found[key] = asyncio.ensure_future(work)
        return await asyncio.shield(self._found[key])

    async def _derived(self, derived: Derived) -> Source:
        request = self.derive(derived)
        artifact = await self.perform(action_of(request, await self.of(request), item="", take=1))
        return Source(f"sha256:{artifact.sha256}", artifact, self.store.blobs.path(artifact.sha256))

    async def _written(self, text: str, use: MediaUse, as_file: bool) -> Source:
        written = read_medium(text, use.forms)
        if written.form == "path":
            return await self._file(text, use.kind)
        if written.form in ("url", "uuid"):
            content = content_of_url(text) if written.form == "url" else f"uuid:{text.lower()}"
            if self.stand_in is None and as_file and written.form == "url":
                return await self._remote(text, content)
            if self.stand_in is None:
                return Source(content)
            artifact = await self.perform(self.stand_in(_stood_in_for(use.kind, text), text))
            return Source(content, artifact, self.store.blobs.path(artifact.sha256))
        return await self._data(written)

    async def _file(self, text: str, kind: str) -> Source:
        try:
            path = self.locate(text)
            artifact = self.facts.artifact(path)
            if artifact is None:
                before = path.stat()
                artifact = await self._look_at(path, kind)
                self.facts.keep(path, before, artifact)
        except PathFault as fault:
            raise MediaError(fault.message, hint=fault.hint, code="missing") from fault
        except OSError as error:
            raise MediaError(f"`{text}`: {error.strerror}", code="missing") from error
        return Source(f"sha256:{artifact.sha256}", artifact, path)

    async def _look_at(self, path: Path, kind: str) -> Artifact:
        if kind == "captions":
            data = await asyncio.to_thread(path.read_bytes)
            return Artifact(hashlib.sha256(data).hexdigest(), "text/plain", len(data))
        from wanspec.engine.chores import look_through

        async with self.workers.slots.one():
            return await self.workers.run(look_through, path)

    async def _data(self, written: Written) -> Source:
        """A data URI's bytes go into the store: whoever works on media reads files."""
        data = bytes_of(written)
        sha256 = hashlib.sha256(data).hexdigest()
        artifact = self.facts.artifact_of_bytes(sha256)
        if artifact is None or not self.store.blobs.has(sha256):
            artifact = await self._stored(lambda path: asyncio.to_thread(path.write_bytes, data))
        return Source(f"sha256:{sha256}", artifact, self.store.blobs.path(sha256))

    async def _remote(self, url: str, content: str) -> Source:
        """What is behind an address, brought into the store."""
        if self.fetch is None:
            raise MediaError(f"`{url}` has to be fetched, and this is offline", code="offline")
        fetch = self.fetch
        artifact = await self._stored(lambda path: fetch(url, path))
        return Source(content, artifact, self.store.blobs.path(artifact.sha256))

    async def _stored(self, write: Callable[[Path], Awaitable[object]]) -> Artifact:
        """A file that `write` makes, looked through and put into the store."""
        from wanspec.engine.chores import look_through

        folder = await asyncio.to_thread(self.store.work_folder)
        path = folder / "data"
        try:
            await write(path)
            async with self.workers.slots.one():
                artifact = await self.workers.run(look_through, path)
            await asyncio.to_thread(self.store.blobs.add, path)
        finally:
            path.unlink(missing_ok=True)
            folder.rmdir()
        self.facts.keep_bytes(artifact)
        return artifact


def _stood_in_for(kinds: str, address: str) -> str:
    """The kind of medium that an address is taken to hold: what its ending says, where that is taken there."""
    taken = kinds.split("|")
    told = kind_of(address)
    return told if told in taken else taken[0]


def action_of(request: Request, sources: Mapping[str, Source], *, item: str, take: int) -> Action:
    """One take's action, with its key."""
    facts = take_facts(request, {path: source.content for path, source in sources.items()}, take)
    return Action(
        key=action_key(facts),
        item=item,
        take=take,
        model=request.model,
        request=request,
        seed=take_seed(request, take),
        facts=facts,
        media={path: source.artifact for path, source in sources.items() if source.artifact is not None},
        files={path: source.file for path, source in sources.items() if source.file is not None},
    )

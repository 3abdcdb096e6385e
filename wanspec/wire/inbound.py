"""Media on their way to a vendor: each place of a request gets its medium in a form that the vendor takes there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wanspec.catalogue.provider import Provider, ways_for
from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import Busy, MediaError, NotSent, Refused
from wanspec.domain.publishing import no_way_hint
from wanspec.domain.requests import MediaUse
from wanspec.engine.clock import Clock
from wanspec.store import Store
from wanspec.store.index import HANDLES
from wanspec.wire.addresses import Forbidden
from wanspec.wire.answers import first_text
from wanspec.wire.conversation import Conversation, filled
from wanspec.wire.http import Answer, NoAnswer, NotConnected, TooLarge
from wanspec.wire.publisher import STAYS_S, Publisher

# How long an address of a published file is good for at least: a task may wait in a vendor's queue.
_ADDRESS_S = 12 * 3600.0
# A handle that ends soon may end while the task waits in the vendor's queue.
_MARGIN_S = 600.0
_MOST_PINNED_BYTES = 512 * 1024 * 1024
_PIN = re.compile(r"#sha256=([0-9a-fA-F]{64})$")


@dataclass(frozen=True, slots=True)
class Supplied:
    """What stands in the places of one request."""

    values: Mapping[str, str]  # native path -> what the vendor gets
    handles: tuple[str, ...] = ()  # those used that may have ended without notice


@dataclass(slots=True)
class Handles:
    """Where vendors can fetch bytes that we have: uploads and results that still live, kept between runs."""

    store: Store
    clock: Clock
    _dead: set[str] = field(default_factory=set)

    def find(self, name: str) -> str | None:
        """The handle of that name, None where it has ended or will soon."""
        if name in self._dead:
            return None
        text = self.store.index.get(HANDLES, name)
        if text is None:
            return None
        try:
            value = json.loads(text)
            until = datetime.fromisoformat(value["until"])
            handle = value["handle"]
        except (ValueError, KeyError, TypeError):
            return None
        soon = self.clock.now() + timedelta(seconds=_MARGIN_S)
        return handle if isinstance(handle, str) and until > soon else None

    def keep(self, handles: Mapping[str, str], lives_s: float) -> None:
        until = (self.clock.now() + timedelta(seconds=lives_s)).isoformat(timespec="seconds")
        self._dead.difference_update(handles)
        self.store.index.put(
            [(HANDLES, name, json.dumps({"handle": handle, "until": until})) for name, handle in handles.items()]
        )

    def forget(self, names: tuple[str, ...]) -> None:
        """The vendor says that it is gone."""
        self._dead.update(names)
        self.store.index.delete(HANDLES, names)


def result_handle(sha256: str) -> str:
    """The name of the address at which a vendor shows a result."""
    return f"result:{sha256}"


class Inbound:
    """Brings media to one vendor; equal bytes once."""

    def __init__(self, talk: Conversation, handles: Handles, publisher: Publisher | NotSent | None) -> None:
        """`publisher`: or why there is none that can be used."""
        self._talk = talk
        self._handles = handles
        self._publisher = publisher
        self._bringing: dict[str, asyncio.Task[str]] = {}

    @property
    def _provider(self) -> Provider:
        return self._talk.provider

    async def supply(self, action: Action, folder: Path) -> Supplied:
        """The values for all places of an action's request.

        Raises Refused where there is no way, MediaError for what cannot be read, Busy when an upload does not succeed.
        """
        found: dict[str, str] = {}
        handles: list[str] = []
        for number, use in enumerate(action.request.media):
            value, handle = await self._one(action, use, folder / f"pinned-{number}")
            found[use.path] = value
            if handle:
                handles.append(handle)
        return Supplied(found, tuple(handles))

    async def _one(self, action: Action, use: MediaUse, scratch: Path) -> tuple[str, str]:
        """The value for one place, and the handle that it rests on."""
        path, artifact = action.files.get(use.path), action.media.get(use.path)
        if path is not None and artifact is not None:
            return await self._file(use, path, artifact)
        text = use.medium if isinstance(use.medium, str) else ""
        pin = _PIN.search(text)
        if pin is not None:
            await self._check_pin(text[: pin.start()], pin[1].lower(), scratch)
        address = text[: pin.start()] if pin is not None else text
        if address.lower().startswith("http://") and not self._talk.access.on_loopback:
            raise Refused(f"`{address}` is on this machine, and the vendor is not", code="media")
        if not address:
            raise Refused(f"nothing is known of the medium at `{use.path}`", code="media")
        return address, ""

    async def _file(self, use: MediaUse, path: Path, artifact: Artifact) -> tuple[str, str]:
        ways = ways_for(self._provider, use, artifact.kind, artifact.bytes)
        if "data" in ways or "base64" in ways:
            data = await asyncio.to_thread(_checked_bytes, path, artifact)
            text = base64.b64encode(data).decode("ascii")
            return (f"data:{artifact.media_type};base64,{text}" if "data" in ways else text), ""
        if "upload" in ways:
            return await self._upload(use, path, artifact)
        if "url" in use.forms and self._provider.media.result_urls:
            name = result_handle(artifact.sha256)
            address = await asyncio.to_thread(self._handles.find, name)
            if address is not None and (self._talk.access.on_loopback or address.startswith("https://")):
                return address, name
        if "publish" in ways and self._publisher is not None:
            if isinstance(self._publisher, NotSent):
                raise Refused(self._publisher.message, hint=self._publisher.hint, code=self._publisher.code)
            return await self._published(self._publisher, path, artifact)
        raise no_way(self._provider, use, artifact.kind)

    async def _published(self, publisher: Publisher, path: Path, artifact: Artifact) -> tuple[str, str]:
        """Remembered is that the file is there, never an address: whoever has a signed one can read the file."""
        name = f"published:{self._provider.publish}:{artifact.sha256}"

        async def put() -> str:
            await _unchanged(path, artifact, lambda: publisher.put(path, artifact))
            await asyncio.to_thread(self._handles.keep, {name: "there"}, STAYS_S)
            return "there"

        await self._once(name, put)
        task_s = max(self._provider.task_s.values(), default=0.0)
        return await publisher.address(artifact, max(_ADDRESS_S, 2 * task_s)), name

    async def _once(self, name: str, bring: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """The handle of that name, brought about by the first who asks for it."""
        known = await asyncio.to_thread(self._handles.find, name)
        if known is not None:
            return known
        if name not in self._bringing:
            # A task of its own: two requests may wait for it, and one of them may be interrupted.
            self._bringing[name] = asyncio.ensure_future(bring())
        try:
            return await asyncio.shield(self._bringing[name])
        finally:
            if name in self._bringing and self._bringing[name].done():
                del self._bringing[name]

    async def _upload(self, use: MediaUse, path: Path, artifact: Artifact) -> tuple[str, str]:
        upload = self._provider.media.upload
        assert upload is not None
        form = next(form for form in upload.gives if form in use.forms)
        name = f"{form}:{self._provider.name}:{artifact.sha256}"
        return await self._once(name, lambda: self._send_up(form, path, artifact)), name

    async def _send_up(self, form: str, path: Path, artifact: Artifact) -> str:
        upload = self._provider.media.upload
        assert upload is not None
        file_name = f"{artifact.sha256[:16]}.{artifact.extension}"
        file: tuple[str, Path, str] | None = None
        words = {"{file_name}": file_name, "{uuid}": str(uuid.uuid4())}
        whole: dict[str, Any] = {}
        if upload.file:
            await asyncio.to_thread(_checked_bytes, path, artifact)
            file = (upload.file, path, artifact.media_type)
        else:
            text = base64.b64encode(await asyncio.to_thread(_checked_bytes, path, artifact)).decode("ascii")
            whole = {"{base64}": text, "{data_uri}": f"data:{artifact.media_type};base64,{text}"}
        body = filled(upload.ask.body, whole, words)
        tree, _ = await self._talk.send(upload.ask, artifact.kind, body, file, upload.origin)
        found = {one: first_text(tree, (place,)) for one, place in upload.gives.items()}
        if not found[form]:
            raise Refused("the vendor took the upload and gave no handle of it", code="upload")
        names = {f"{one}:{self._provider.name}:{artifact.sha256}": handle for one, handle in found.items() if handle}
        await asyncio.to_thread(self._handles.keep, names, upload.lives_s)
        return found[form]

    async def _check_pin(self, url: str, sha256: str, scratch: Path) -> None:
        """Raises MediaError when the address does not serve the bytes that the shot list names."""
        try:
            fetched = await self._talk.http.fetch(
                url,
                scratch,
                loopback=self._talk.access.on_loopback,
                most_bytes=_MOST_PINNED_BYTES,
                timeout_s=self._provider.timeout_s,
            )
        except (Forbidden, TooLarge) as error:
            raise MediaError(f"`{url}` is not fetched: {error}", code="media") from error
        except (NotConnected, NoAnswer) as error:
            raise Busy(f"`{url}` cannot be fetched, and its digest has to be checked: {error}") from error
        finally:
            scratch.unlink(missing_ok=True)
        if isinstance(fetched, Answer):
            raise MediaError(f"`{url}` answers with HTTP {fetched.status}", code="media")
        if fetched.sha256 != sha256:
            raise MediaError(
                f"`{url}` serves other bytes than those that are pinned",
                hint=f"its digest is now sha256={fetched.sha256}",
                code="pin",
            )


def no_way(provider: Provider, use: MediaUse, kind: str) -> Refused:
    """What to say where a file of ours cannot reach a vendor."""
    return Refused(
        f"`{provider.name}` takes {_CALLED.get(kind, kind)} at `{use.path}` by address only, and there is none",
        hint=no_way_hint(provider.name),
        code="no_way",
    )


_CALLED = {"image": "a still", "video": "a clip", "audio": "sound"}


def _checked_bytes(path: Path, artifact: Artifact) -> bytes:
    """The file's bytes, which are those that the key was made of."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"`{path.name}`: {error.strerror}", code="missing") from error
    if hashlib.sha256(data).hexdigest() != artifact.sha256:
        raise _changed(path)
    return data


async def _unchanged(path: Path, artifact: Artifact, work: Callable[[], Awaitable[None]]) -> None:
    """Does work that reads a file, which may be large, and makes sure that its bytes were those of the key."""
    try:
        before = await asyncio.to_thread(_looked_at, path)
        if before[0] != artifact.sha256:
            raise _changed(path)
        await work()
        after = await asyncio.to_thread(_looked_at, path, digest=False)
    except OSError as error:
        raise MediaError(f"`{path.name}`: {error.strerror}", code="missing") from error
    if before[1:] != after[1:]:
        raise _changed(path)


def _looked_at(path: Path, *, digest: bool = True) -> tuple[str, int, int, int]:
    """Digest, size, time and place of a file."""
    sha256 = ""
    if digest:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    stat = path.stat()
    return sha256, stat.st_size, stat.st_mtime_ns, stat.st_ino


def _changed(path: Path) -> MediaError:
    return MediaError(f"`{path.name}` changed while it was read", hint="render again", code="changed")

"""The renderer for `local/…` models: operations on media, done in worker processes."""

from __future__ import annotations

from pathlib import Path

from wanspec.domain.actions import Action
from wanspec.domain.errors import MediaError
from wanspec.engine.renderers import Produced
from wanspec.engine.verification import Expected
from wanspec.engine.workers import Workers


class LocalRenderer:
    """Does what the local models say."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.slots = workers.slots

    def identify(self, action: Action) -> Action:
        return action

    def expected(self, action: Action) -> Expected:
        from wanspec.media.operations import expected

        told = expected(action.model, action.request.native, action.media)
        return Expected(kind=told.kind, width=told.width, height=told.height, duration=told.duration)

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        from wanspec.engine.chores import do_operation

        before = {path: path.stat() for path in set(action.files.values())}
        files = await self._workers.run(
            do_operation, action.model, dict(action.request.native), dict(action.files), folder
        )
        for path, stat in before.items():
            now = path.stat()
            if (now.st_size, now.st_mtime_ns, now.st_ino) != (stat.st_size, stat.st_mtime_ns, stat.st_ino):
                raise MediaError(f"`{path}` changed while it was read", hint="render again", code="changed")
        return [Produced(path, artifact, action.seed) for path, artifact in files]

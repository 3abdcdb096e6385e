"""Fetching what a vendor made: streamed, bounded, looked through before it counts, and again when it is not whole."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import Busy, MediaError
from wanspec.engine.verification import Expected, hold_against
from wanspec.wire.addresses import Forbidden, shown
from wanspec.wire.answers import retry_after_s
from wanspec.wire.conversation import Conversation
from wanspec.wire.http import Answer, NoAnswer, NotConnected, TooLarge
from wanspec.wire.pace import Patience

MOST_BYTES = {"image": 256 * 1024 * 1024, "audio": 512 * 1024 * 1024, "video": 4 * 1024 * 1024 * 1024}
LONGEST_S = 900.0  # of one download, however steadily it drips
_TRIES = 3  # downloads of bytes that are not what was asked for
_AGAIN_S = 1.0
# Vendors' clips are a few frames longer or shorter than asked; a wrong one is a second off or more.
_SLACK_S = 0.45
_MOST_TEXT = 1 << 20  # bytes of a text that are kept as evidence
_HEAD = 1 << 12  # bytes among which every picture, clip and sound has a zero

Inspect = Callable[[Path], Awaitable[Artifact]]


class Gone(Exception):
    """The address does not lead to the result any more."""


class NotAsAsked(Exception):
    """What came is not what was asked for, however often; the text says what, and where the last of it is kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What can be told of an output before it is there."""

    expected: Expected
    duration_s: float | None = None


def check(artifact: Artifact, wanted: Wanted) -> None:
    """Raises MediaError when an output is not what was asked for."""
    hold_against(artifact, wanted.expected)
    asked, came = wanted.duration_s, artifact.duration
    if asked and came is not None and abs(came - asked) > _SLACK_S:
        raise MediaError(f"it lasts {came:.2f} s, {asked:g} s were asked for", code="not_as_asked")


class Downloads:
    """Downloads one vendor's outputs."""

    def __init__(self, talk: Conversation, inspect: Inspect, evidence: Path) -> None:
        self._talk = talk
        self._inspect = inspect
        self._evidence = evidence

    async def fetch(self, url: str, path: Path, wanted: Wanted, name: str) -> Artifact:
        """Writes an output to `path`; what it is.  `name`: of the evidence, where it is not what was asked for.

        Raises Gone, NotAsAsked, and Busy when the network stays broken.
        """
        patience = Patience(self._talk.clock, self._talk.random)
        bad = 0
        while True:
            after_s: float | None = None
            came = False
            try:
                async with asyncio.timeout(LONGEST_S):
                    fetched = await self._talk.http.fetch(
                        url,
                        path,
                        loopback=self._talk.access.on_loopback,
                        most_bytes=MOST_BYTES.get(wanted.expected.kind or "", MOST_BYTES["video"]),
                        timeout_s=self._talk.provider.timeout_s,
                    )
                if not isinstance(fetched, Answer):
                    artifact = await self.looked_through(path, wanted)
                    if artifact.sha256 != fetched.sha256:
                        raise MediaError("it changed on the disk while it was looked at")
                    return artifact
                why = f"HTTP {fetched.status}"
                if fetched.status < 500 and fetched.status not in (408, 425, 429):
                    raise Gone(f"its address answers with {why}")
                after_s = retry_after_s(fetched.headers.get("retry-after", ""), self._talk.clock.now())
            except MediaError as error:
                why, came = error.message, True
                bad += 1
                if bad >= _TRIES:
                    kept = await asyncio.to_thread(self.keep_evidence, path, name)
                    raise NotAsAsked(f"{why}; it is kept as `{kept}`") from error
            except (Forbidden, TooLarge) as error:
                raise NotAsAsked(f"`{shown(url)}` is not fetched: {error}") from error
            except TimeoutError:
                why = f"it took longer than {LONGEST_S:.0f} s"
            except (NotConnected, NoAnswer) as error:
                why = str(error)
            wait_s = patience.next_s(after_s)
            if wait_s is None and came:
                wait_s = _AGAIN_S  # however long it took to look at: wrong bytes are counted, and not timed
            if wait_s is None:
                raise Busy(
                    f"the result cannot be downloaded: {why}",
                    hint="it is remembered; the next render fetches it",
                    code="download",
                )
            await self._talk.clock.sleep(wait_s)

    async def looked_through(self, path: Path, wanted: Wanted) -> Artifact:
        """What a file is.  Raises MediaError when it is not whole or not what was asked for."""
        artifact = await self._inspect(path)
        check(artifact, wanted)
        return artifact

    def keep_evidence(self, path: Path, name: str) -> str:
        """Puts a bad file aside, in the place of an earlier one of that name; its path for people."""
        target = self._evidence / name
        with suppress(OSError):
            self._evidence.mkdir(parents=True, exist_ok=True)
            text = self._without_secrets(path)
            if text is None:
                shutil.move(path, target)
            else:
                target.write_bytes(text)
                path.unlink()
        return f"{self._evidence.parent.name}/{self._evidence.name}/{name}"

    def _without_secrets(self, path: Path) -> bytes | None:
        """The beginning of a text, such as an error page, which may repeat the key; None for anything else."""
        secrets = self._talk.access.secrets
        longest = max((len(one) for one in secrets.texts), default=0)
        with path.open("rb") as file:
            data = file.read(_MOST_TEXT + longest)  # a key that lies across the end is whole in it
        if b"\0" in data[:_HEAD]:
            return None
        return secrets.hide(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")[:_MOST_TEXT]

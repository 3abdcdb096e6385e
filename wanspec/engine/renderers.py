"""What a renderer is: something that makes the files of an action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeGuard

from wanspec.domain.actions import Action
from wanspec.domain.artifacts import Artifact
from wanspec.engine.events import Doing
from wanspec.engine.slots import Slots
from wanspec.engine.verification import Expected


@dataclass(frozen=True, slots=True)
class Produced:
    """One file that a renderer made, in the folder it was given."""

    path: Path
    artifact: Artifact | None = None  # what it is; None: nobody has looked yet
    seed: int | None = None  # what the vendor says it used
    cost_usd: Decimal | None = None
    task_id: str = ""
    request_id: str = ""
    kept: Callable[[], None] | None = None  # called once the file and its record are in the store


class Renderer(Protocol):
    """Makes the files of actions.  The engine has looked into the index, holds the claim, and keeps the result."""

    slots: Slots  # how many it does at once

    def identify(self, action: Action) -> Action:
        """The action with the key and the facts under which this renderer's results are remembered."""

    def expected(self, action: Action) -> Expected:
        """What can be told of the results beforehand; they are held against it."""

    async def render(self, action: Action, folder: Path) -> list[Produced]:
        """Makes the files in an empty folder.

        Raises MediaError or ProviderError when it cannot be done; then nothing in the folder is kept.
        """


class Vendor(Renderer, Protocol):
    """A renderer elsewhere, which is paid and may still owe what an earlier run sent for."""

    def begin(self, run: str) -> None:
        """What is sent from now on is sent by this run."""

    def doings(self) -> Sequence[Doing]:
        """What it is at, an entry for each action that has a place at the vendor."""

    def owes(self, key: str) -> bool:
        """Whether something was sent for this action that has not been collected."""

    def buys_again(self, item: str) -> bool:
        """Whether the user wants what may be paid already to be bought once more."""

    async def collect(self, action: Action, folder: Path) -> list[Produced] | None:
        """What an earlier run sent for; submits nothing.  None when it turns out that nothing was ever accepted.

        Raises as `render` does.
        """


def is_vendor(renderer: Renderer | None) -> TypeGuard[Vendor]:
    """Whether it may owe something.

    Asked for every item of a plan: `isinstance` would look at each member of a protocol, for 50 microseconds.
    """
    return hasattr(renderer, "owes")

"""What was accepted and charged: the vendors' side of the books."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from wanspec.domain.json import Json

SHOWN = 200  # characters of a prompt


@dataclass(frozen=True, slots=True)
class Charge:
    """One accepted submission."""

    number: int  # from 1, over all vendors
    time: float  # Unix seconds of the emulator's clock
    provider: str
    task_id: str
    model: str  # the vendor's name
    kind: str
    digest: str  # of the request with its media by content, without ids and delivery
    usd: Decimal  # as charged
    prompt: str = ""  # its beginning, for people to know it by
    state: str = "running"  # done, failed
    refunded: bool = False
    outputs: int = 0  # that were made
    duplicate_of: str = ""  # an earlier task for the same request whose money was kept

    @property
    def net_usd(self) -> Decimal:
        return Decimal(0) if self.refunded else self.usd

    def to_json(self) -> dict[str, Json]:
        return {
            "number": self.number,
            "time": round(self.time, 3),
            "provider": self.provider,
            "task_id": self.task_id,
            "model": self.model,
            "kind": self.kind,
            "digest": self.digest,
            "prompt": self.prompt,
            "usd": float(self.usd),
            "state": self.state,
            "refunded": self.refunded,
            "outputs": self.outputs,
            "duplicate_of": self.duplicate_of or None,
        }


class Ledger:
    """Charges in the order in which they were made.  May be read from any thread."""

    def __init__(self) -> None:
        self._charges: list[Charge] = []
        self._by_digest: dict[tuple[str, str], list[int]] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Charge]:
        with self._lock:
            return iter(tuple(self._charges))

    def __len__(self) -> int:
        return len(self._charges)

    def charge(
        self,
        *,
        time: float,
        provider: str,
        task_id: str,
        model: str,
        kind: str,
        digest: str,
        usd: Decimal,
        prompt: str = "",
    ) -> int:
        """Writes one down and returns its number."""
        with self._lock:
            number = len(self._charges) + 1
            before = self._by_digest.setdefault((provider, digest), [])
            kept = next((self._charges[one - 1] for one in before if not self._charges[one - 1].refunded), None)
            before.append(number)
            self._charges.append(
                Charge(
                    number,
                    time,
                    provider,
                    task_id,
                    model,
                    kind,
                    digest,
                    usd,
                    prompt[:SHOWN],
                    duplicate_of=kept.task_id if kept else "",
                )
            )
            return number

    def settle(self, number: int, state: str, *, refunded: bool, outputs: int, usd: Decimal | None = None) -> None:
        """What became of it.  `usd`: what it cost in the end where that is less than was charged first."""
        with self._lock:
            charge = self._charges[number - 1]
            self._charges[number - 1] = replace(
                charge, state=state, refunded=refunded, outputs=outputs, usd=charge.usd if usd is None else usd
            )

    @property
    def duplicates(self) -> tuple[Charge, ...]:
        """Those bought although the same was bought before."""
        return tuple(charge for charge in self if charge.duplicate_of and not charge.refunded)

    @property
    def total_usd(self) -> Decimal:
        return sum((charge.net_usd for charge in self), Decimal(0))

    def to_json(self) -> dict[str, Json]:
        charges = tuple(self)
        return {
            "charges": [charge.to_json() for charge in charges],
            "total_usd": float(sum((charge.net_usd for charge in charges), Decimal(0))),
            "duplicates": [charge.task_id for charge in self.duplicates],
        }

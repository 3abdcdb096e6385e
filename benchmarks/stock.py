"""Makes a project look as after a paid render: every take in the store, the index and the lock.

Rendering 15 000 items for real would take hours and measure the codecs.  What is put into the store are a few bytes
for each take; neither planning nor a render that has nothing to do opens them.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from wanspec.domain.actions import Record
from wanspec.domain.artifacts import Artifact
from wanspec.domain.lock import LockedItem, LockedTake
from wanspec.domain.plan import Decision
from wanspec.pipeline import plan, prepare
from wanspec.stages.load import Given
from wanspec.store.index import ACTIONS
from wanspec.store.lock import read_lock
from wanspec.store.records import to_text
from wanspec.store.store import Store, open_store


def stock(project: Path) -> int:
    """Fills the store until a plan has nothing left to render.  The number of takes that were put there."""
    store = open_store(project, os.environ)
    checked = prepare(Given(project))
    if checked.value is None or not checked.ok:
        raise SystemExit(f"{project}: {checked.diagnostics[:3]}")
    total = 0
    while True:  # each round makes known what the next items are made from
        lock = read_lock(project).value
        assert lock is not None
        decisions = plan(checked.value, store.known(), lock).decisions.values()
        ready = [one for one in decisions if one.missing and None not in one.keys]
        if not ready:
            store.close()
            return total
        blocks = {one.item.id: _render(store, one) for one in ready}
        store.change_lock(lambda _, blocks=blocks: blocks)
        total += sum(len(block.takes) for block in blocks.values())


def _render(store: Store, decision: Decision) -> LockedItem:
    """Puts the takes of one item into the store."""
    takes = []
    rows = []
    for number, key in enumerate(decision.keys):
        assert key is not None
        content = f"take {number + 1} of {decision.item.id}".encode()
        digest = hashlib.sha256(content).hexdigest()
        path = store.blobs.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        still = decision.item.kind == "image"
        artifact = Artifact(
            sha256=digest,
            media_type="image/jpeg" if still else "video/mp4",
            bytes=len(content),
            width=1536 if still else 1280,
            height=864 if still else 720,
            duration=None if still else 2.0,
        )
        record = Record(key, decision.item.model, (artifact,), (decision.request.seed,), facts=decision.facts)
        rows.append((ACTIONS, key, to_text(record)))
        takes.append(LockedTake(key, artifact, decision.request.seed))
    store.index.put(rows)
    return LockedItem(
        id=decision.item.id,
        model=decision.item.model,
        keys=tuple(key for key in decision.keys if key is not None),
        facts=decision.facts,
        takes=tuple(takes),
        seed=decision.request.seed if decision.request.derived_seed else None,
    )


if __name__ == "__main__":
    print(stock(Path(sys.argv[1])), "takes")

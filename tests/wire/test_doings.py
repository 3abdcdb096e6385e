"""What a vendor's renderer says that it is at."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.wire.studio import Studio, VendorInMemory, look
from wanspec.engine.performing import Performer
from wanspec.engine.slots import Slots


@pytest.mark.parametrize(
    ("weather", "phases"),
    [
        ([], {"sent", "made", "fetched"}),
        (["busy"], {"sent", "busy", "made", "fetched"}),
        (["never connected"], {"sent", "busy", "made", "fetched"}),
        (["refused"], {"sent"}),
    ],
)
def test_each_phase_of_an_action_is_seen_and_none_stays(tmp_path: Path, weather: list[str], phases: set[str]) -> None:
    studio = Studio(tmp_path, VendorInMemory("acme", weather=list(weather)))
    store = studio.store()
    renderer = studio.vendors(store)["acme"]
    seen: set[tuple[str, str, str]] = set()

    def watch(_: object = None) -> None:
        seen.update((one.item, one.provider, one.phase) for one in renderer.doings())

    studio.vendor.step = watch
    sleep = studio.clock.sleep

    async def watched(seconds: float) -> None:
        watch()
        await sleep(seconds)

    studio.clock.sleep = watched  # type: ignore[method-assign]

    async def run() -> None:
        performer = Performer(store, studio.clock, Slots(None), look)
        actions = [studio.action(), studio.action("another")]
        await asyncio.gather(*(performer.perform(one, renderer) for one in actions), return_exceptions=True)

    asyncio.run(run())
    store.close()
    assert {(item, provider) for item, provider, _ in seen} == {("arrival", "acme")}
    assert {phase for _, _, phase in seen} >= phases
    assert renderer.doings() == ()

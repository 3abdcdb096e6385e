"""Telling every few seconds what a run is at, for whoever shows nothing by itself while it waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wanspec.engine.clock import Clock
from wanspec.engine.events import Event, Pulse
from wanspec.engine.renderers import Renderer, is_vendor

EVERY_S = 5.0


async def beat(clock: Clock, renderers: Mapping[str, Renderer], listener: Callable[[Event], None]) -> None:
    """Goes on until it is cancelled.  `renderers` are by provider."""
    vendors = {name: one for name, one in renderers.items() if is_vendor(one)}
    while True:
        await clock.sleep(EVERY_S)
        doings = tuple(one for vendor in vendors.values() for one in vendor.doings())
        listener(Pulse(doings, frozenset(vendors)))

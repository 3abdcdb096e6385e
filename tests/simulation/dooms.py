"""What befalls a process: chosen so that rare moments are met as often as common ones."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.simulation.hits import place_of
from tests.simulation.machine import Doom, Moment


def doom_of(random: Random, events: int, kinds: Mapping[str, int]) -> Doom:
    """`events`: those of a whole render in fair weather; `kinds`: how many of each kind there were."""

    def moment() -> Moment:
        if random.random() < 0.25:
            return Moment(max(1, int(events * 1.3 * random.random())))
        # Most events are steps between two others, and one where the process ends is as good as the next.
        place = random.choice(sorted({place_of(kind) for kind in kinds}))
        kind = random.choice([one for one in sorted(kinds) if place_of(one) == place])
        return Moment(random.randint(1, kinds[kind]), kind)

    match random.random():
        case chance if chance < 0.35:
            return Doom(kill=moment())
        case chance if chance < 0.68:
            return Doom(kill=moment(), power=True)
        case chance if chance < 0.79:
            return Doom(interrupt=moment(), again_after=random.choice((0, 1, 4, 20)))
        case chance if chance < 0.95:
            return Doom(full=moment(), full_for=random.choice((1, 10, 40, 100_000)))
    return Doom()

"""Clock lines: no connection's clock falls behind a grid time because the connection is silent."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from schemas.units import NS_PER_S, floor_ns
from sources.live.lane import Lane
from sources.live.timing import Timing


async def keep_clocks(
    lanes: Sequence[Lane[Any]],
    now_ns: Callable[[], int],
    timing: Timing,
    tell: Callable[[str], None],
) -> None:
    """After each grid time write a clock line wherever the last line is older; for ever.

    Also tells when a queue has become full: nothing else looks at every lane.
    """
    late_ns, grid_ns = timing.clock_late_ns, timing.grid_ns
    overflows = [0] * len(lanes)
    while True:
        passed_ns = floor_ns(now_ns() - late_ns, grid_ns)
        for at, lane in enumerate(lanes):
            if lane.last_ns < passed_ns:
                lane.control("clock")
            if lane.counters.overflows > overflows[at]:
                overflows[at] = lane.counters.overflows
                tell(f"{lane.name}: the flow is too slow, newer frames are dropped")
        await asyncio.sleep((passed_ns + grid_ns + late_ns - now_ns()) / NS_PER_S)

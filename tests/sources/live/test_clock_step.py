"""Somebody sets the machine's clock while a market is heard over real sockets: it goes on at once.

"At once": the next line has the new time, or the old one going on, if it was set back.
"""

import asyncio
import time
from pathlib import Path

import pytest

from schemas.units import NS_PER_S
from sources.live.clock import DisciplinedClock
from tests.sources.live.faulty import until
from tests.sources.live.heard import GRID, Heard, heard
from tests.sources.live.market import Market
from tests.sources.talk import indexed

STEP_NS = 30 * NS_PER_S


class Wall:
    """Wall time that can be set."""

    def __init__(self) -> None:
        self.step_ns = 0

    def __call__(self) -> int:
        return time.time_ns() + self.step_ns


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("step_ns", [STEP_NS, -STEP_NS])
def test_a_step_of_wall_time(tmp_path: Path, step_ns: int, silent: bool) -> None:
    wall = Wall()
    steps: list[float] = []
    clock = DisciplinedClock(wall_ns=wall, on_step=steps.append)
    passed_ns = max(step_ns, 0)  # what the step alone adds to the stamps

    async def scenario() -> tuple[Heard, int, int]:
        market = Market()
        await market.open()
        async with heard(tmp_path, market, now_ns=clock.now_ns) as one:
            (socket,) = market.sockets
            if silent:
                market.halt(deaf=False)
                await one.beyond(market.number - 1)
            last_ns = clock.now_ns()
            wall.step_ns = step_ns
            lines = one.spool.lines  # and one that is about to be written
            await until(lambda: one.spool.lines > lines + 3)
            if silent:
                assert one.lane.last_ns >= last_ns + passed_ns + GRID
                market.halted.clear()
                market.beside(market.trade(socket))
            await one.beyond(market.number)
            await one.beyond(market.number + 100, 30.0)
        return one, last_ns, lines + 1

    one, last_ns, line = asyncio.run(scenario())
    assert one.accounted() == []  # every tick and every trade, and nothing to be marked
    assert [line["reason"] for line in one.said("close")] == ["stop"]
    assert steps == [pytest.approx(step_ns / 1e9, abs=1.0)]
    assert one.counters.attempts == 1
    stamps = indexed(one.data).received_ns
    assert (stamps[1:] >= stamps[:-1]).all()
    assert stamps[line] >= last_ns + passed_ns

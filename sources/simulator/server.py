"""The simulated venues on loopback: one port each, one clock for all.

The world runs in market time; the wall clock only says how far it may go by now (`speed` ms of
market per ms of wall). When the machine is too slow, market time falls behind, and nothing that
happens in it changes.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final

from sources.simulator.connections import Port
from sources.simulator.outage import Outages
from sources.simulator.venues.hub import Venue
from sources.simulator.world.world import World

HOST: Final = "127.0.0.1"
TURN_S: Final = 0.005
SLICE_MS: Final = 100.0  # of market time, between two looks at the sockets


class Server:
    """Serves venues of a world. `failing` says whether they fail (the scenario `outage`)."""

    def __init__(
        self, world: World, venues: Sequence[Venue], *, seed: int, speed: float, failing: bool
    ) -> None:
        self.world = world
        self.ports = [Port(venue, seed) for venue in venues]
        self._outages = Outages(seed if failing else None, [venue.name for venue in venues])
        self._speed = speed
        self.behind_s = 0.0  # the most wall time by which the market was late

    async def start(self, first_port: int, offsets: Sequence[int]) -> dict[str, int]:
        """Listen; ports by venue. Raises OSError. 0: any free ports."""
        for port, offset in zip(self.ports, offsets, strict=True):
            await port.start(HOST, first_port + offset if first_port else 0)
        return {port.venue.name: port.port for port in self.ports}

    async def run(self, minutes: float, stop: asyncio.Event) -> None:
        """Let the market go on for so many minutes of its time (0: until `stop`)."""
        until_ms = minutes * 60_000.0 or float("inf")
        began_s = monotonic()
        from_ms = self.world.now_ms
        while not stop.is_set() and self.world.now_ms < until_ms:
            due_ms = min(until_ms, from_ms + (monotonic() - began_s) * 1000.0 * self._speed)
            next_ms = min(due_ms, self.world.now_ms + SLICE_MS)
            self.world.run(next_ms)
            self._fail()
            self.behind_s = max(self.behind_s, (due_ms - next_ms) / 1000.0 / self._speed)
            await asyncio.sleep(0.0 if next_ms < due_ms else TURN_S)

    async def stop(self) -> None:
        """Close everything."""
        for port in self.ports:
            await port.stop()

    def _fail(self) -> None:
        for port in self.ports:
            failure = self._outages.now(port.venue.name, self.world.now_ms)
            if failure != port.failure:
                port.fail(failure)
                if failure == "cut":
                    port.cut()

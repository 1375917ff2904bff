"""A market heard through everything that is real: sockets in their thread, spool, lane, source.

Its trades are numbered, so that what is missing, doubled or not marked can be counted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from schemas.control import Clock, Gap
from schemas.units import floor_ns
from sources.connection import Connection
from sources.lines import CONTROL
from sources.live.clock import DisciplinedClock
from sources.live.feeding import Feeding, Gate
from sources.live.lane import Lane
from sources.live.owner import SocketOwner
from sources.live.reread import reread
from sources.live.source import LiveConnection, LiveSource
from sources.live.spool import Position, Spool
from sources.live.timing import Timing
from tests.sources.live.alive import HEADER, Pair
from tests.sources.live.faulty import AGAIN_S, QUICK, ToyFeed, plan, until
from tests.sources.live.market import Market
from tests.sources.talk import (
    MS,
    USDM,
    answer,
    chunks,
    depth,
    indexed,
    joined,
    session,
    text,
    trade,
)

BTC = f"{USDM}:BTCUSDT"
GRID = QUICK.grid_ns


def _connection() -> Connection:
    known = session(USDM, BTCUSDT=1)
    return Connection("c", known, grid_ns=GRID, hole_ns=60_000 * MS, foreign=False)


@cache
def _prepare() -> None:
    """Compile what the first lines would wait for, before there are sockets that cannot wait."""
    lines = indexed(text(answer(2), depth(1, 2, 0), depth(3, 3, 2), trade(1)))
    assert _connection().take(lines)


class Heard:
    """One connection to a market and everything that came of it, in order."""

    def __init__(
        self,
        folder: Path,
        market: Market,
        *,
        scheme: str = "ws",
        timing: Timing = QUICK,
        now_ns: Callable[[], int] | None = None,
        rest_url: str | None = None,
        most_frames: int = 50_000,
        most_bytes: int = 64 << 20,
        **feed: Any,
    ) -> None:
        _prepare()
        now_ns = now_ns or DisciplinedClock().now_ns
        self.told: list[str] = []
        self.items: list[Pair] = []
        self.last = 0  # number of the latest trade that came out
        self.spool = Spool(folder, "c", header=HEADER)
        self.lane: Lane[Position] = Lane(
            "c",
            append=self.spool.append,
            now_ns=now_ns,
            most_frames=most_frames,
            most_bytes=most_bytes,
        )
        self.counters = self.lane.counters
        self.owner = SocketOwner(
            ToyFeed(**feed),
            [plan(f"{scheme}://127.0.0.1:{market.port}/", "A", name="c")],
            {"c": self.lane},
            now_ns=now_ns,
            timing=timing,
            tell=self.told.append,
            rest_url=rest_url,
        )
        feeding = Feeding(self.spool, self.lane, self.owner, Gate(self.owner))
        self._stopping = False
        source = LiveSource({"c": LiveConnection(feeding, _connection())}, lambda: self._stopping)
        self._part = source.build_part("in", "c", None)

    # -- while it runs -------------------------------------------------------------------------

    def take(self) -> None:
        """What the flow does again and again."""
        for key, items in self._part.next_batch():
            self.items += [(key, item) for item in items]
            for chunk in chunks(items, "trade"):
                self.last = int(chunk.columns["id"][-1])

    async def beyond(self, number: int, within_s: float = AGAIN_S) -> None:
        """Until a later trade than that has come out."""

        def came() -> bool:
            self.take()
            return self.last > number

        await until(came, within_s)

    async def tries(self, more: int) -> None:
        """Until it has tried to connect so many times more."""
        before = self.counters.attempts
        await until(lambda: self.counters.attempts >= before + more)

    # -- afterwards ----------------------------------------------------------------------------

    async def end(self) -> None:
        """Stop, and take what there still is."""
        self.owner.stop()
        await until(lambda: self.owner.ended)
        self._stopping = True
        try:
            while True:
                self.take()
        except StopIteration:
            self.spool.close()

    @property
    def data(self) -> bytes:
        """Every line of the spool."""
        return b"".join(reread(self.spool.folder, 0))

    def said(self, word: str) -> list[dict[str, Any]]:
        """Control lines of one kind, in order."""
        lines = indexed(self.data)
        found = [
            msgspec.json.decode(lines.payload(k)[1:])
            for k in range(len(lines))
            if lines.kind[k] == CONTROL
        ]
        return [line for line in found if line["k"] == word]

    def accounted(self) -> list[str]:
        """No tick missing, no row missing or doubled, every hole marked; why, before the last row.

        A row is (line, number of the trade).
        """
        data = self.data
        lines, plain = indexed(data), _connection()
        at_once = [*plain.open(int(lines.received_ns[0])), *plain.take(lines)]
        assert joined(self.items) == joined(at_once)  # a replay says the same
        rows = [
            row
            for chunk in chunks((item for _, item in self.items), "trade")
            for row in zip(chunk.line.tolist(), chunk.columns["id"].tolist(), strict=True)
        ]
        assert rows == _trades(data)
        ours = [item for key, item in self.items if key == BTC]
        grids = [item.grid_ns for item in ours if isinstance(item, Clock)]
        begin, end = (floor_ns(int(at), GRID) for at in lines.received_ns[[0, -1]])
        assert grids == list(range(begin, end + 1, GRID))
        assert not [item for item in ours if isinstance(item, Clock) and item.jump]
        gaps = [item for item in ours if isinstance(item, Gap)]
        for (line, number), (next_line, next_number) in pairwise(rows):
            marked = any(line < gap.line < next_line for gap in gaps)
            assert next_number == number + 1 or (marked and next_number > number)
        return list(dict.fromkeys(gap.reason for gap in gaps if gap.line < rows[-1][0]))


def _trades(data: bytes) -> list[tuple[int, int]]:
    """(line, number) of every trade in the spool, read with nothing of ours."""
    found = []
    for number, line in enumerate(data.splitlines(), start=1):
        payload = line.partition(b" ")[2]
        if payload.startswith(b'{"e":"trade"') and payload.endswith(b"}"):
            found.append((number, msgspec.json.decode(payload)["t"]))
    return found


@asynccontextmanager
async def heard(folder: Path, market: Market, **more: Any) -> AsyncIterator[Heard]:
    """Listen to a market, from its hundredth trade until the body has ended; both end with it."""
    made = Heard(folder, market, **more)
    try:
        await made.beyond(100, 30.0)
        yield made
    finally:
        await asyncio.wait_for(made.end(), 10.0)
        await market.close()

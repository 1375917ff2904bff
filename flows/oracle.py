"""Prices of one oracle off chains → its rows: after news of it, and every ten seconds.

chunks, clocks of one feed ─▶ the last price before each grid time ─▶ row, with its age
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from bytewax.operators import StatefulBatchLogic

from schemas.chain_row import OracleRow
from schemas.chunk import Chunk
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.instrument import Instrument
from schemas.quality import Quality
from schemas.tables import Rows, rows_item
from schemas.units import NS_PER_S
from sources.registry import ORACLES

VERSION = 1
KIND = "oracle"  # of chunks
STALE_S = 60.0  # a feed speaks several times a second while its market is open
EVERY_NS = 10 * NS_PER_S  # rows of what has not changed
Said = tuple[int, float, float, int]  # published (ns), price, half width, slot


class OracleLogic(StatefulBatchLogic[Any, Rows, tuple[Any, ...]]):
    """The step of one feed. stale_ns: age past which its price no longer describes the market."""

    def __init__(self, stale_ns: int, resumed: tuple[Any, ...] | None) -> None:
        self.stale_ns = stale_ns
        self.instrument: Instrument | None = None
        self.waiting: deque[Chunk] = deque()
        self.last: Said | None = None
        self.told: Said | None = None  # what the last row was about
        if resumed is not None:
            version, self.instrument, waiting, self.last, self.told = resumed
            if version != VERSION:
                message = f"step of an oracle has version {version}, this program reads {VERSION}"
                raise BrokenInvariant(message)
            self.waiting = deque(Chunk.unpack(chunk) for chunk in waiting)

    def on_batch(self, values: list[list[Any]]) -> tuple[list[Rows], bool]:
        """Take bundles in order; give what the clocks allow."""
        out: list[Rows] = []
        for item in (item for bundle in values for item in bundle):
            if isinstance(item, Seen):
                self.instrument = item.instrument
            elif isinstance(item, Chunk):
                if item.kind == KIND:
                    self.waiting.append(item)
            elif isinstance(item, Clock):
                out += self._grid(item.grid_ns)
            elif not isinstance(item, Gap | End):  # a price that was said stays said
                message = f"an oracle has no {type(item).__name__}"
                raise BrokenInvariant(message)
        return out, False

    def on_eof(self) -> tuple[list[Rows], bool]:
        """What waits for its grid time waits for the next run."""
        return [], False

    def _grid(self, grid_ns: int) -> list[Rows]:
        while self.waiting:
            chunk = self.waiting[0]
            end = int(np.searchsorted(chunk.received_ns, grid_ns))
            if end:
                c = {name: column.item(end - 1) for name, column in chunk.columns.items()}
                self.last = c["venue_ns"], c["px"], c["conf"], c["id"]
            if end < len(chunk):
                self.waiting[0] = chunk.part(end, len(chunk))
                break
            self.waiting.popleft()
        if self.last is None or self.instrument is None:
            return []
        if self.last == self.told and grid_ns % EVERY_NS:
            return []
        self.told = self.last
        return [rows_item(self._row(grid_ns, self.instrument, self.last))]

    def _row(self, grid_ns: int, instrument: Instrument, said: Said) -> OracleRow:
        published_ns, px, half_width, slot = said
        stale = grid_ns - published_ns > self.stale_ns
        return OracleRow(
            ts=grid_ns,
            provider=instrument.venue,
            chain="",
            feed=instrument.symbol,
            asset=instrument.asset,
            quote=instrument.quote,
            px=px,
            primary_px=None,
            pending_px=None,
            market_px=None,
            confidence=half_width,
            age_s=(grid_ns - published_ns) / NS_PER_S,  # < 0: its clock is ahead of ours
            staleness=(grid_ns - published_ns) / self.stale_ns,
            round_id=slot if slot >= 0 else None,
            deviation_ratio=None,
            due_blocks=None,
            next_block_probability=None,
            marks_accounts=None,
            quality=Quality.stale if stale else Quality.ok,
            flags=("stale",) if stale else (),
        )

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, as immutable values and bytes."""
        waiting = tuple(chunk.pack() for chunk in self.waiting)
        return VERSION, self.instrument, waiting, self.last, self.told


def oracle_logic(
    stale_s: float = STALE_S,
) -> Callable[[tuple[Any, ...] | None], OracleLogic]:
    """A builder for `op.stateful_batch`."""
    return lambda resumed: OracleLogic(round(stale_s * NS_PER_S), resumed)


def is_oracle(bundle: tuple[str, list[Any]]) -> bool:
    """Whether a bundle is of an oracle off chains: its feeds have no book and no trades."""
    return bundle[0].partition(":")[0] in ORACLES

"""What is timed: each stage does everything the one before it does, and more.

Decompression is outside every timing: the recording is in memory. All stages read the same
bytes in chunks of the default size.
"""

from collections.abc import Callable, Mapping
from gc import collect
from io import BytesIO
from time import perf_counter
from typing import Any

import orjson
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from msgspec import Struct

from flows.market import MarketLogic, fold
from flows.replay import execute, replay_source
from flows.stretches import merge
from flows.waiting import Piece
from flows.wiring import Wiring
from schemas.chunk import Chunk
from schemas.control import Clock, Gap, Seen
from schemas.settings import Settings
from schemas.units import NS_PER_S
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store
from sources.lines import FRAME
from sources.listing import Listing
from sources.recording import Recording

Stage = Callable[[], None]


class Inputs(Struct):
    """The recordings in memory."""

    settings: Settings
    wiring: Wiring
    data: dict[str, bytes]  # by connection

    def frames(self) -> list[bytes]:
        """Every frame's bytes, as `orjson.loads` takes them."""
        out: list[bytes] = []
        for name, data in self.data.items():
            for lines in Recording(name, name, BytesIO(data)).blocks(1):
                out += [lines.payload(i) for i in range(len(lines)) if lines.kind[i] == FRAME]
        return out

    def opener(self, listing: Listing) -> Recording:
        """A recording that reads from memory."""
        return Recording(listing.connection, listing.path, BytesIO(self.data[listing.connection]))


class _Discarded(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        pass


class Discard(DynamicSink[Any]):
    """Takes rows and drops them."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Discarded:
        """One per worker."""
        return _Discarded()


def loads_stage(frames: list[bytes]) -> Stage:
    """`orjson.loads` over the same frames: the unit of cost."""

    def stage() -> None:
        for frame in frames:
            orjson.loads(frame)

    return stage


def decode_stage(inputs: Inputs) -> Stage:
    """Bytes to chunks: stamps, scanner, continuity, grid cuts."""

    def stage() -> None:
        for _ in _batches(inputs):
            pass

    return stage


class _BookOnly(MarketLogic):
    """The market step without ticks: folds books and tickers at each clock."""

    def _grid_item(self, grid_ns: int, ready: list[Piece], out: list[Any]) -> None:
        ready = [p for p in ready if isinstance(p[1], Gap) or p[1].kind in ("book", "top")]
        if ready and self.market is not None:
            fold(self.market, merge(ready))


def book_stage(inputs: Inputs) -> Stage:
    """Decode, then fold every level and ticker into the full-depth book, with its self-check."""
    return _folding(inputs, _BookOnly)


def tick_stage(inputs: Inputs) -> Stage:
    """Decode, book, fills and marks, then ticks and depth curves."""
    return _folding(inputs, MarketLogic)


def _folding(inputs: Inputs, logic: type[MarketLogic]) -> Stage:
    stale = round(inputs.settings.stale.book_s * NS_PER_S)

    def stage() -> None:
        by_key: dict[str, MarketLogic] = {}
        for items in _batches(inputs):
            mine: dict[str, list[Any]] = {}
            for key, item in items:
                if isinstance(item, Chunk | Clock | Gap | Seen):
                    mine.setdefault(key, []).append(item)
            for key, values in mine.items():
                if key not in by_key:
                    by_key[key] = logic(inputs.wiring.connections_of, stale, None)
                by_key[key].on_batch(values)

    return stage


def _batches(inputs: Inputs) -> Any:
    source = replay_source(inputs.settings, inputs.wiring, opener=inputs.opener)
    part = source.build_part("bench", "replay", None)
    while True:
        try:
            yield part.items()
        except StopIteration:
            return


def flow_stage(inputs: Inputs) -> Stage:
    """The whole dataflow, its rows dropped."""

    def stage() -> None:
        source = replay_source(inputs.settings, inputs.wiring, opener=inputs.opener)
        execute(inputs.settings, inputs.wiring, source, Discard())

    return stage


def store_stage(inputs: Inputs, store: Store, runs: Any) -> Stage:
    """The whole dataflow into the store: every row acknowledged."""

    def stage() -> None:
        source = replay_source(inputs.settings, inputs.wiring, opener=inputs.opener)
        sink = ClickHouseSink(store, next(runs))
        execute(inputs.settings, inputs.wiring, source, sink)
        if sink.written.error is not None:
            raise sink.written.error

    return stage


def timed_rounds(
    stages: Mapping[str, Stage],
    rounds: int,
    told: Callable[[str], None],
    settle: Callable[[], None] = lambda: None,
) -> dict[str, list[float]]:
    """Seconds of every stage in every round, stages in turn, after one warm-up round.

    `settle` waits for what a stage has left to be done: merges of the rows it has stored would
    be paid by the stages after it.
    """
    seconds: dict[str, list[float]] = {name: [] for name in stages}
    for number in range(rounds + 1):
        for name, stage in stages.items():
            told(f"round {number}/{rounds}: {name}" if number else f"warm-up: {name}")
            collect()
            settle()
            started = perf_counter()
            stage()
            if number:
                seconds[name].append(perf_counter() - started)
    return seconds

"""The rival of `seawall bench`: what a competent engineer writes quickly with the same libraries.

Bytewax with one item per frame, msgspec typed decoding, dict books, deque estimators, and row
inserts of 1,000 rows per table by clickhouse-connect. It writes the same rows as we do. Only
what costs nothing to avoid is avoided (batched reading, one decoder per stream, no state copies).
"""

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from schemas.instrument import infer
from schemas.run import RejectedRow
from schemas.volatility import Regime
from tests.bench.straightforward_input import Decoder, LinesSource
from tests.bench.straightforward_market import Market
from tests.bench.straightforward_store import RowSink, plain_ddl
from tests.reference.regime_stream import MarketStream, RegimeParameters, RegimeStream
from tests.reference.volatility_stream import VolatilityStream


class Symbol:
    """Market state and estimators of one symbol."""

    def __init__(self, name: str, venue: str, grid_ns: int, settings: RegimeParameters) -> None:
        instrument = infer(venue, name, "spot" if venue == "binance-spot" else "perpetual", 2)
        self.market = Market(instrument)
        self.volatility = VolatilityStream(grid_ns)
        self.regime = RegimeStream(settings, instrument.asset)

    def __deepcopy__(self, memo: object) -> "Symbol":
        # Bytewax copies states at every epoch, also without recovery; nobody wants this copy.
        return self

    def rows(self, at: int) -> list[Any]:
        """All rows of a grid time."""
        rows: list[Any] = list(self.market.tick(at))
        if rows:
            tick = rows[0]
            rows.append(self.volatility.update(tick))
            regime = self.regime.update(tick)
            if regime is not None:
                rows.append(regime)
        return rows


class Join:
    """Regime rows of the members, joined by time."""

    def __init__(self, settings: RegimeParameters, members: Sequence[str]) -> None:
        self.market, self.members = MarketStream(settings, members), members
        self.at, self.rows = 0, dict[str, Regime]()

    def update(self, row: Regime) -> list[Regime]:
        """The market's row once every member has a row of this time, or a later one begins."""
        done = self._close() if row.ts > self.at else []
        self.at = row.ts
        self.rows[row.scope] = row
        return [*done, *self._close()] if len(self.rows) == len(self.members) else done

    def _close(self) -> list[Regime]:
        rows, self.rows = self.rows, {}
        joined = self.market.update(self.at, rows) if rows else None
        return [] if joined is None else [joined]


def flow(
    lines: Sequence[bytes],
    grid_ns: int,
    sink: RowSink,
    *,
    venue: str,
    settings: RegimeParameters,
    members: Sequence[str],
) -> Dataflow:
    """The dataflow: decode, fold by symbol, join the members, store."""

    def fold(symbol: Symbol | None, item: Any) -> tuple[Symbol | None, Iterable[Any]]:
        if type(item) is int:
            return symbol, symbol.rows(item)
        if type(item) is tuple:
            received, name, event = item
            if symbol is None:
                symbol = Symbol(name, venue, grid_ns, settings)
            symbol.market.on_event(received, event)
            return symbol, ()
        if type(item) is RejectedRow:
            return None, (item,)
        symbol.market.lose()
        return symbol, ()

    def join(state: Join | None, row: Regime) -> tuple[Join, Iterable[Regime]]:
        state = state or Join(settings, members)
        return state, state.update(row)

    dataflow = Dataflow("straightforward")
    numbered = op.input("lines", dataflow, LinesSource(lines))
    events = op.flat_map("decode", numbered, Decoder(venue, grid_ns))
    folded = op.stateful_flat_map("fold", events, fold)
    rows = op.map("row", folded, lambda keyed: keyed[1])
    regimes = op.filter("regimes", rows, lambda row: type(row) is Regime and row.scope in members)
    joined = op.stateful_flat_map("join", op.key_on("market", regimes, lambda _: "market"), join)
    market = op.map("market_row", joined, lambda keyed: keyed[1])
    op.output("store", op.merge("all", rows, market), sink)
    return dataflow


def read_all(recording: Path | str | Sequence[bytes]) -> Sequence[bytes]:
    """The lines of a recording, decompressed; lines already in memory pass through."""
    if isinstance(recording, (str, Path)):
        return gzip.decompress(Path(recording).read_bytes()).splitlines()
    return recording


def run(
    recording: Path | str | Sequence[bytes],
    grid_ns: int,
    store_client: Any,
    run_name: str,
    *,
    venue: str = "binance-usdm",
    members: Sequence[str] = ("binance-usdm:BTCUSDT",),
    settings: RegimeParameters | None = None,
    database: str = "seawall",
    ddl: Sequence[str] | None = None,
) -> dict[str, int]:
    """Replay a recording into the store; returns the rows written by table.

    `ddl`: statements that create the tables, run first; None creates plain ones, an empty
    sequence expects them to exist. Give lines to leave reading and decompression out of a timing.
    """
    for statement in plain_ddl(database) if ddl is None else ddl:
        store_client.command(statement)
    sink = RowSink(store_client, run_name, database)
    lines = read_all(recording)
    parameters = settings or RegimeParameters()
    run_main(flow(lines, grid_ns, sink, venue=venue, settings=parameters, members=members))
    return sink.counts

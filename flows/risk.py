"""The whole dataflow: recordings in; ticks, volatility, regimes, triggers out.

lines ─▶ by instrument: market ─┬─▶ volatility ─▶ market regime ─┐
  │  └─▶ rejected, progress     ├─▶ ticks, curves, liquidations ─┼─▶ rules ─▶ store
  └───▶ by chain: chain ◀─ticks─┴────────▶ fees, pools, oracles ─┘
"""

from collections.abc import Callable, Collection
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.outputs import FixedPartitionedSink

from flows.chain import chain_logic, is_chain
from flows.events import event_rows, is_events
from flows.market import market_logic
from flows.oracle import is_oracle, oracle_logic
from flows.settings import grid_ns
from flows.triggers import triggers
from flows.volatility import Step, market_regime_logic, volatility_logic
from flows.wiring import Wiring
from schemas.control import End, Gap
from schemas.market import GridItem
from schemas.settings import Settings
from schemas.tables import Rows, rows_item
from schemas.units import NS_PER_S

NAME = "seawall"  # recovery data belong to this name


def flow(
    settings: Settings | None = None,
    wiring: Wiring | None = None,
    source: FixedPartitionedSource[Any, Any] | None = None,
    sink: FixedPartitionedSink[list[Rows], Any] | None = None,
    health: FixedPartitionedSource[Rows, Any] | None = None,
    watch: Callable[[list[Rows]], None] | None = None,
    mismatched: Callable[[Gap], None] | None = None,
) -> Dataflow:
    """Wire the pipeline. Without arguments everything comes from the settings file (see README).

    A live run adds `health`, rows about its connections, `watch`, which sees all rows, and
    `mismatched`, which hears of books that failed their self-check and asks for new ones.
    Building it with arguments does no I/O.
    """
    if settings is None or wiring is None or source is None or sink is None:
        from flows.standalone import prepared

        settings, wiring, source, sink = prepared()
    grid = grid_ns(settings)
    stale_book_ns = round(settings.stale.book_s * NS_PER_S)

    dataflow = Dataflow(NAME)
    lines = op.input("lines", dataflow, source)
    split = op.branch("events", lines, is_events)
    events = op.flat_map_batch("event_rows", split.trues, event_rows(wiring))

    parted = op.branch("chains", split.falses, is_chain)
    priced = op.branch("oracles", parted.falses, is_oracle)
    oracle = op.stateful_batch("oracle", priced.trues, oracle_logic())
    oracle_rows = op.key_rm("oracle_rows", oracle)
    market = op.stateful_batch(
        "market",
        priced.falses,
        market_logic(wiring.connections_of, stale_book_ns, frozenset(wiring.connections)),
    )
    market_rows = op.flat_map_batch("market_rows", market, _rows_of_market(mismatched))
    grid_items = op.flat_map_batch("grid_items", market, _grid_items)
    volatility = op.stateful_batch(
        "volatility",
        grid_items,
        volatility_logic(settings.regime, settings.volatility.forecast_half_life_s, grid),
    )
    volatility_rows = op.flat_map_batch("volatility_rows", volatility, _rows_only)
    steps = op.flat_map_batch("regime_steps", volatility, _steps_of(wiring.members))
    market_regime = op.stateful_batch(
        "market_regime", steps, market_regime_logic(wiring.members, settings.regime)
    )
    market_regime_rows = op.key_rm("market_regime_rows", market_regime)

    beside = tuple(name for name in wiring.members if name in wiring.connections_of)
    ticks = op.flat_map_batch("chain_ticks", market, _ticks_for(wiring.chains, beside))
    chain = op.stateful_batch(
        "chain",
        op.merge("chains_and_ticks", parted.trues, ticks),
        chain_logic(wiring.chains, beside),
    )
    chain_rows = op.key_rm("chain_rows", chain)

    rows = op.merge(
        "rows", events, market_rows, volatility_rows, market_regime_rows, chain_rows, oracle_rows
    )
    triggered = triggers("triggers", rows, settings.rule, settings.run)
    about = () if health is None else (op.input("health", dataflow, health),)
    stored = op.merge("all_rows", rows, triggered, *about)
    op.output("store", op.flat_map_batch("to_store", stored, _to_store(watch)), sink)
    return dataflow


def _rows_of_market(
    mismatched: Callable[[Gap], None] | None,
) -> Callable[[list[tuple[str, Any]]], list[Rows]]:
    def rows_of_market(items: list[tuple[str, Any]]) -> list[Rows]:
        out: list[Rows] = []
        for _, item in items:
            if isinstance(item, Rows):
                out.append(item)
            elif isinstance(item, GridItem) and item.tick is not None:
                out.append(rows_item(item.tick))
                if item.curve is not None and item.ts % NS_PER_S == 0:
                    out.append(rows_item(item.curve))
            elif isinstance(item, Gap) and mismatched is not None:
                mismatched(item)
        return out

    return rows_of_market


def _grid_items(items: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [entry for entry in items if isinstance(entry[1], GridItem | End)]


def _rows_only(items: list[tuple[str, Any]]) -> list[Rows]:
    return [item for _, item in items if isinstance(item, Rows)]


def _steps_of(members: tuple[str, ...]) -> Any:
    wanted = frozenset(members)

    def steps(items: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return [
            ("market", item)
            for key, item in items
            if key in wanted and isinstance(item, Step | End)
        ]

    return steps


def _ticks_for(
    chains: Collection[str], members: tuple[str, ...]
) -> Callable[[list[tuple[str, Any]]], list[tuple[str, list[Any]]]]:
    """What instruments of the market say, for every chain; the key itself comes first."""
    wanted = frozenset(members)

    def ticks(items: list[tuple[str, Any]]) -> list[tuple[str, list[Any]]]:
        found = [x for key, x in items if key in wanted and isinstance(x, GridItem | End)]
        return [(key, [key, *found]) for key in chains] if found else []

    return ticks


def _to_store(
    watch: Callable[[list[Rows]], None] | None,
) -> Callable[[list[Rows]], list[tuple[str, list[Rows]]]]:
    def to_store(items: list[Rows]) -> list[tuple[str, list[Rows]]]:
        if watch is not None:
            watch(items)
        return [("store", items)] if items else []  # together: the engine pays for each it carries

    return to_store

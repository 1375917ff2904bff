"""The whole flow over files into lists of rows, without a store.

What a store relies on is checked on the way: within (table, scope) marks strictly rise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import cluster_main

from flows.risk import flow
from flows.settings import grid_ns
from flows.wiring import refine_with, wire
from schemas.column import Row
from schemas.market import DepthCurve, Tick
from schemas.settings import FlowSettings, GridSettings, Settings, SourceSettings
from schemas.tables import Rows
from schemas.units import NS_PER_S
from sources.connection import Connection
from sources.replay import ReplaySettings, ReplaySource
from tests.reference.ticks import reference_rows
from tests.shared import shared_file

USDM_2023 = "data/captures/binance-usdm__btcusdt-2023-04-04.gz"
USDM_2024 = "data/captures/binance-usdm__btcusdt-2024-08-08.gz"
SPOT_2023 = "data/captures/binance-spot__btcusdt-2023-04-05.gz"
RECORDINGS = (USDM_2024, USDM_2023, SPOT_2023)


class _List(StatefulSinkPartition[list[Rows], None]):
    def __init__(self, items: list[Rows]) -> None:
        self.items = items

    def write_batch(self, items: list[list[Rows]]) -> None:
        for bundle in items:
            self.items += bundle

    def snapshot(self) -> None:
        return None


class _ListSink(FixedPartitionedSink[list[Rows], None]):
    def __init__(self) -> None:
        self.items: list[Rows] = []

    def list_parts(self) -> list[str]:
        return ["list"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _List:
        return _List(self.items)


@dataclass
class Collected:
    """Rows by table in order of (scope, mark), and the connections as the replay left them."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)

    def of(self, table: str, scope: str | None = None) -> list[Any]:
        """Rows of a table, of one scope or in order of (ts, scope)."""
        rows: list[Any] = self.rows.get(table, [])
        name = "scope" if table == "regimes" else "instrument"
        if scope is not None:
            return [row for row in rows if getattr(row, name) == scope]
        return sorted(rows, key=lambda row: (row.ts, getattr(row, name)))


def collected(
    files: Sequence[Path],
    *,
    chunk_frames: int = 2048,
    workers: int = 1,
    epoch_s: float = 5.0,
    grid: str = "250ms",
    ends: bool = False,
    **sections: Any,
) -> Collected:
    """Run the flow over `files`; `sections` are further parts of the settings."""
    settings = Settings(
        source=[SourceSettings(files=[str(file) for file in files])],
        flow=FlowSettings(chunk_frames=chunk_frames, workers=workers, epoch_s=epoch_s),
        grid=GridSettings(interval=grid),
        **sections,
    )
    wiring = wire(settings)
    source = ReplaySource(
        wiring.listings,
        ReplaySettings(
            grid_ns=grid_ns(settings),
            hole_ns=round(settings.stale.hole_s * NS_PER_S),
            chunk_frames=chunk_frames,
            ends=ends,
            refine=refine_with(settings.instrument),
            stop=Event(),
        ),
    )
    sink = _ListSink()
    cluster_main(
        flow(settings, wiring, source, sink),
        [],
        0,
        epoch_interval=timedelta(seconds=epoch_s),
        worker_count_per_proc=workers,
    )
    return Collected(_by_table(sink.items), source.connections)


def _by_table(items: list[Rows]) -> dict[str, list[Row]]:
    last: dict[tuple[str, tuple[str, ...]], int] = {}
    for item in items:
        key = item.table, item.scope
        assert item.mark > last.get(key, -1), f"{key} at {item.mark} after {last[key]}"
        last[key] = item.mark
    rows: dict[str, list[Row]] = {}
    for item in sorted(items, key=lambda item: (item.table, item.scope, item.mark)):
        rows.setdefault(item.table, []).extend(item.rows)
    return rows


@cache
def reference(name: str, grid: int) -> tuple[list[Tick], list[DepthCurve]]:
    """Ticks and curves of a shared recording, independently made."""
    return reference_rows(shared_file(name), grid)

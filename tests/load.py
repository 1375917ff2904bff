"""`make load`: a flood of frames over sockets through the whole pipeline, and how late it gets.

    python -m tests.load [--rate 50000] [--minutes 10] [--instruments 200] [--connections 8]

`seawall simulate --flood` sends frames that were encoded beforehand, on the last core; this process
is what `seawall run` is. Lateness is measured where ticks leave their operator, where their rows
leave the dataflow for the store, and where the store has acknowledged them. Memory is the resident
set, its slope the fitted line over the second half. Whatever was lost, missed or stored late makes
the exit code 1.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from array import array
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from rich.console import Console

from flows.live import run
from flows.market import BundledMarketLogic, MarketItem
from flows.page.state import Shown
from flows.settings import load
from flows.simulated import simulated_venues
from schemas.market import GridItem
from schemas.tables import Rows
from schemas.units import NS_PER_MS
from sinks.store import Store
from sinks.writer import FLUSH_S
from sources.binance_feed import BinanceFeed

TICK_MS: Final = 20.0  # after its grid time a tick has left its operator (p99)
STORED_MS: Final = 1000.0 * FLUSH_S + 250.0  # and is stored (p99)
STREAMS: Final = 3  # topics of an instrument: book, top, trade
EVERY_S: Final = 5.0
WARM_S: Final = 15.0  # connecting, first snapshots, compiling what is left
_TICKS: Final = """
SELECT count(), sum(spanned - found), countIf(last < {end:DateTime64(6)}), sum(unwell) FROM (
  SELECT
    count() AS found,
    max(ts) AS last,
    dateDiff('millisecond', min(ts), max(ts)) / 250 + 1 AS spanned,
    countIf(quality NOT IN ('ok', 'warming')
            AND ts < {end:DateTime64(6)} - INTERVAL 2 SECOND) AS unwell
  FROM ticks WHERE run = 'main' GROUP BY instrument
)
"""  # how many tick, ticks missing within, instruments that stopped before the end, bad books
SETTINGS: Final = """
[grid]
interval = "250ms"

[live]
page = ""
"""


class Lateness:
    """Ticks on their way: ms after their grid time, made, out of the flow, in the store."""

    def __init__(self) -> None:
        self.begun_ns = time.time_ns()
        self.made_ms = array("f")  # small, so that measuring takes no memory worth speaking of
        self.left_ms = array("f")
        self.stored_ms = array("f")

    @property
    def warm(self) -> bool:
        return time.time_ns() - self.begun_ns > WARM_S * 1e9

    def made(self, items: list[Any]) -> None:
        """What the market operator gives now."""
        if self.warm:
            now_ns = time.time_ns()
            self.made_ms.extend(
                (now_ns - x.ts) / NS_PER_MS for x in items if isinstance(x, GridItem) and x.tick
            )

    def left(self, items: list[Rows]) -> None:
        """Rows that leave the flow now."""
        if self.warm:
            now_ns = time.time_ns()
            self.left_ms.extend((now_ns - x.mark) / NS_PER_MS for x in items if x.table == "ticks")

    def stored(self, table: str, batch: Any) -> None:
        """A batch that the store has acknowledged now."""
        if table == "ticks" and self.warm:
            ts_us = batch.column("ts").cast("int64").to_numpy()
            self.stored_ms.extend(((time.time_ns() // 1000 - ts_us) / 1000.0).tolist())


class Use(Thread):
    """Processor and memory of this process, every few seconds."""

    def __init__(self, tell: Any) -> None:
        super().__init__(daemon=True)
        self.over = Event()
        self.tell = tell
        self.samples: list[tuple[float, float, float]] = []  # seconds, CPU seconds, MB

    def run(self) -> None:
        begun = time.monotonic()
        while not self.over.wait(EVERY_S):
            used = resource.getrusage(resource.RUSAGE_SELF)
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            memory_mb = pages * resource.getpagesize() / 1e6
            at = time.monotonic() - begun
            self.samples.append((at, used.ru_utime + used.ru_stime, memory_mb))
            self.tell(at, memory_mb)

    def summary(self) -> tuple[float, float, float]:
        """Share of one core, MB at the end, MB per minute over the second half."""
        half = np.array(self.samples[len(self.samples) // 2 :])
        cores = (half[-1, 1] - half[0, 1]) / (half[-1, 0] - half[0, 0])
        slope = float(np.polyfit(half[:, 0] / 60.0, half[:, 2], 1)[0])
        return float(cores), float(half[-1, 2]), slope


def main() -> int:
    """Run it; 0 when every limit held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--instruments", type=int, default=200)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="seawall-load-", dir="/dev/shm"))
    try:
        return measured(given, folder)
    finally:
        shutil.rmtree(folder)


def measured(given: argparse.Namespace, folder: Path) -> int:
    """Flood one run and print what happened."""
    console = Console(stderr=True)
    lateness = Lateness()
    on_batch, take, insert = BundledMarketLogic.on_batch, Shown.take, Store.insert

    def made(self: BundledMarketLogic, values: list[list[Any]]) -> tuple[list[MarketItem], bool]:
        out = on_batch(self, values)
        lateness.made(out[0])
        return out

    def taken(self: Shown, items: list[Rows]) -> None:
        lateness.left(items)
        take(self, items)

    def inserted(self: Store, table: Any, batch: Any, *more: Any) -> None:
        insert(self, table, batch, *more)
        lateness.stored(table.name, batch)

    def tell(at: float, memory_mb: float) -> None:
        recent = lateness.made_ms[-4 * given.instruments * int(EVERY_S) :]
        p99 = f"{np.percentile(recent, 99):7.1f}" if recent else "      –"
        console.print(f"{at:6.0f} s  {memory_mb:6.0f} MB  tick p99 {p99} ms", highlight=False)

    use = Use(tell)
    each = -(-given.instruments // given.connections)
    longer = f"{given.minutes + 5:g}"  # so that it ends even if this is killed
    flood = ("--flood", str(given.rate), "--instruments", str(given.instruments), "--port", "0",
             "--minutes", longer)  # fmt: skip
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # for the child; see below
    everywhere = set(range(os.cpu_count() or 1))
    with simulated_venues(*flood) as venues:
        os.sched_setaffinity(0, everywhere)
        config = folder / "load.toml"
        spool = f'spool = "{folder / "spool"}"\nsegment_mb = 64\nkeep_hours = 0.02\n'
        config.write_text(f"{SETTINGS}{spool}{venues}", encoding="utf-8")
        settings = load(config, {}, {"store.url": f"chdb://{folder / 'store'}"})
        with (
            patch.object(BundledMarketLogic, "on_batch", made),
            patch.object(Shown, "take", taken),
            patch.object(Store, "insert", inserted),
            patch.object(BinanceFeed, "topics_per_connection", STREAMS * each),
        ):
            use.start()
            run(settings, Console(file=(folder / "said.txt").open("w")), minutes=given.minutes)
            use.over.set()
    return shown(given, folder, lateness, use)


def shown(given: argparse.Namespace, folder: Path, lateness: Lateness, use: Use) -> int:
    """Print the figures; 0 when every limit held."""
    with Store.open(f"chdb://{folder / 'store'}", create=False) as store:
        counts = store.counts("main")
        feeds = store.query(
            "SELECT count(DISTINCT source), sum(messages), min(ts), max(ts), sum(overflow_frames), "
            "sum(rejected), sum(reconnects), max(queue_frames) FROM feed_health WHERE run = 'main'"
        ).rows[0]
        end = store.query("SELECT max(ts) FROM ticks WHERE run = 'main'").rows[0][0]
        instruments, missing, behind, unwell = store.query(
            _TICKS, {"end": end.strftime("%Y-%m-%d %H:%M:%S.%f")}
        ).rows[0]
    connections, frames, first, last, dropped, rejected, reconnects, queue = feeds
    seconds = (last - first).total_seconds() + EVERY_S
    cores, memory_mb, slope = use.summary()
    made, left, stored = (
        np.percentile(x, (50, 99, 100))
        for x in (lateness.made_ms, lateness.left_ms, lateness.stored_ms)
    )
    told = {
        "connections": f"{connections}, instruments {instruments}",
        "frames": f"{frames:,} in {seconds:.0f} s: {frames / seconds:,.0f} per s",
        "ticks": f"{counts['ticks']:,} stored, {missing:.0f} missing, {unwell} without a good book",
        "ticks are made": f"p50 {made[0]:.1f} ms, p99 {made[1]:.1f} ms, most {made[2]:.1f} ms",
        "out of the flow": f"p50 {left[0]:.1f} ms, p99 {left[1]:.1f} ms, most {left[2]:.1f} ms",
        "stored": f"p50 {stored[0]:.0f} ms, p99 {stored[1]:.0f} ms (flush {FLUSH_S} s)",
        "lost": f"{dropped} dropped, {rejected} rejected, {reconnects} reconnects",
        "queue": f"{queue} frames at most when looked at",
        "processor": f"{100 * cores:.0f} % of one core",
        "memory": f"{memory_mb:.0f} MB, {slope:+.1f} MB per minute in the second half",
    }
    for what, figures in told.items():
        print(f"{what:17s} {figures}")
    held = {
        f"{given.rate:,} frames per s": frames / seconds > 0.98 * given.rate,
        f"tick p99 under {TICK_MS:g} ms": made[1] <= TICK_MS,
        f"stored p99 under {STORED_MS:g} ms": stored[1] <= STORED_MS,
        "nothing lost": dropped == rejected == reconnects == missing == behind == unwell == 0,
        f"{given.instruments} instruments": instruments == given.instruments,
        f"{given.connections} connections": connections >= given.connections,
    }
    for what, good in held.items():
        print(f"{'held' if good else 'NOT HELD':9s} {what}")
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

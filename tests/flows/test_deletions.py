"""Deleting any one depth frame of a recording: what is lost, and what is said about it.

A hundred deletions in turn through the connection and the market step, a few through the whole
flow. With SEAWALL_CAMPAIGN=1 (`make campaign`) every one of the 6,547 frames is deleted once.
"""

import json
import os
import random
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from schemas.control import Gap
from schemas.instrument import Instrument
from schemas.market import Tick
from schemas.quality import Quality
from schemas.run import InstrumentRow
from schemas.tables import Rows
from schemas.units import NS_PER_MS
from sources.lines import Lines
from tests.blank_row import blank_row
from tests.compare import assert_rows_equal
from tests.flows.collected import USDM_2024, Collected, collected
from tests.flows.excerpt import first_lines, is_depth, raw_lines, stamp_of, write_lines
from tests.flows.market_items import (
    deleted,
    grid_items,
    indexed,
    keyed_items,
    listed,
    market_of,
    step,
)
from tests.shared import shared_file

S = 1_000_000_000
GRID = S // 4
USDM = "binance-usdm"
NAME = "binance-usdm:BTCUSDT"
EVERY = bool(os.environ.get("SEAWALL_CAMPAIGN"))


NOTHING = blank_row(Tick, venue=USDM, instrument=NAME, asset="BTC")


class Frame(Struct):
    """A depth frame: where it stands, when it came, when it comes to apply."""

    index: int
    received_ns: int
    applied_ns: int
    venue_ns: int
    last_id: int


class Recorded(Struct):
    """The book stream of the recording alone, and what becomes of it undisturbed."""

    lines: Lines
    instruments: list[Instrument]
    dropped: list[Frame]  # older than the snapshot
    applied: list[Frame]
    ticks: list[Tick]
    wishes: int


@cache
def recorded() -> Recorded:
    lines = [line for line in raw_lines(shared_file(USDM_2024)) if is_depth(line)]
    snapshot = next(line for line in lines if b" @http" in line)
    known = json.loads(snapshot[snapshot.index(b"{") :])["lastUpdateId"]
    dropped, applied = [], []
    for index, line in enumerate(lines):
        if line is not snapshot:
            data = json.loads(line.partition(b" ")[2])["data"]
            at = stamp_of(line)
            applies = max(at, stamp_of(snapshot))
            frame = Frame(index, at, applies, data["E"] * NS_PER_MS, data["u"])
            (dropped if frame.last_id < known else applied).append(frame)
    whole = indexed(lines)
    instruments = listed(whole, USDM)
    wishes, gaps, ticks = through(whole, instruments)
    assert gaps == []
    return Recorded(whole, instruments, dropped, applied, ticks, wishes)


def through(lines: Lines, instruments: list[Instrument]) -> tuple[int, list[Gap], list[Tick]]:
    """Wishes, gaps and ticks of some lines."""
    connection, items = keyed_items(lines, USDM, GRID, instruments)
    out = step(market_of(NAME), items)
    gaps = [item for _, item in items if isinstance(item, Gap)]
    assert not [item for item in out if isinstance(item, Gap)]
    instruments = [item for item in out if isinstance(item, Rows)]
    assert [type(row) for item in instruments for row in item.rows] == [InstrumentRow]
    ticks = [item.tick for item in grid_items(out) if item.tick is not None]
    return len(connection.wishes), gaps, ticks


def without(index: int) -> tuple[int, list[Gap], list[Tick]]:
    """The same with one line deleted."""
    return through(deleted(recorded().lines, index), recorded().instruments)


def lost_tick(ts: int, last: Frame, flags: tuple[str, ...]) -> Tick:
    """What is left to say once the book is lost after `last`."""
    return replace(
        NOTHING,
        ts=ts,
        book_age_ms=(ts - last.applied_ns) / NS_PER_MS,
        latency_ms=(last.applied_ns - last.venue_ns) / NS_PER_MS,
        quality=Quality.gap,
        flags=flags,
    )


def check_deletion(number: int) -> None:
    """Delete the applied frame `number`, neither the first nor the last."""
    whole = recorded()
    before, frame, after = whole.applied[number - 1 : number + 2]
    wishes, gaps, ticks = without(frame.index)
    assert wishes == 2  # at the start, and after the loss
    assert gaps == [Gap(NAME, "recording", after.applied_ns, after.index, "sequence")]
    assert [tick.ts for tick in ticks] == [tick.ts for tick in whole.ticks]
    told = after.applied_ns // GRID * GRID + GRID
    for ours, undisturbed in zip(ticks, whole.ticks, strict=True):
        if undisturbed.ts <= frame.applied_ns:
            assert ours == undisturbed
        elif undisturbed.ts < told:
            assert (ours.book_seq, ours.quality) == (before.last_id, Quality.ok)
        else:
            flags = ("gap",) if undisturbed.ts == told else ()
            assert ours == lost_tick(undisturbed.ts, before, flags)


def test_there_are_6547_frames_to_delete() -> None:
    assert (len(recorded().applied), len(recorded().dropped)) == (6547, 4)
    assert recorded().wishes == 1


def test_deleting_a_frame_loses_the_book_to_the_end() -> None:
    inner = range(1, 6546)
    chosen = inner if EVERY else sorted({1, 2, 6545, *random.Random(17).sample(inner, 97)})
    for number in chosen:
        check_deletion(number)


def test_deleting_a_frame_older_than_the_snapshot_changes_nothing() -> None:
    whole = recorded()
    for frame in whole.dropped:
        assert without(frame.index) == (1, [], whole.ticks)


def test_deleting_the_first_applied_frame_leaves_the_book_unsynchronised() -> None:
    whole = recorded()
    wishes, gaps, ticks = without(whole.applied[0].index)
    assert (wishes, gaps, ticks) == (2, [], [])  # a stream of depth alone has then said nothing


def test_deleting_the_last_frame_cannot_be_seen() -> None:
    whole = recorded()
    last = whole.applied[-1]
    wishes, gaps, ticks = without(last.index)
    assert (wishes, gaps) == (1, [])
    assert ticks == [tick for tick in whole.ticks if tick.ts <= whole.applied[-2].received_ns]


@pytest.fixture(scope="module")
def minute() -> list[bytes]:
    return first_lines(raw_lines(shared_file(USDM_2024)))


@pytest.fixture(scope="module")
def sound(minute: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Collected:
    return run(minute, tmp_path_factory.mktemp("sound"))


def run(lines: list[bytes], folder: Path) -> Collected:
    return collected([write_lines(lines, folder / "binance-usdm__minute.gz")])


def frame_at(lines: list[bytes], frame: Frame) -> int:
    return next(
        i for i, line in enumerate(lines) if is_depth(line) and stamp_of(line) == frame.received_ns
    )


def test_whole_flow_without_an_old_frame(
    minute: list[bytes], sound: Collected, tmp_path: Path
) -> None:
    for frame in recorded().dropped:
        at = frame_at(minute, frame)
        rows = run([*minute[:at], *minute[at + 1 :]], tmp_path / str(at)).rows
        assert {k: v for k, v in rows.items() if k != "runs"} == {
            k: v for k, v in sound.rows.items() if k != "runs"
        }


def test_whole_flow_without_the_first_applied_frame(
    minute: list[bytes], sound: Collected, tmp_path: Path
) -> None:
    at = frame_at(minute, recorded().applied[0])
    missing = run([*minute[:at], *minute[at + 1 :]], tmp_path)
    (connection,) = missing.connections.values()
    assert [wish.reason for wish in connection.wishes] == ["sequence", "sequence"]
    assert connection.counts["gaps"] == 0
    expected = [bookless(tick, Quality.warming, ("unsynchronised",)) for tick in sound.of("ticks")]
    assert_rows_equal([known(tick) for tick in missing.of("ticks")], expected)
    assert missing.of("depth_curves") == []
    volatility = missing.of("volatility")
    assert {(row.price, row.ewma_vol_5m, row.quality) for row in volatility} == {
        (None, None, Quality.warming)
    }
    assert len(volatility) == len(sound.of("volatility"))


def test_whole_flow_without_a_frame_in_the_middle(
    minute: list[bytes], sound: Collected, tmp_path: Path
) -> None:
    before, frame, after = recorded().applied[599:602]
    at = frame_at(minute, frame)
    missing = run([*minute[:at], *minute[at + 1 :]], tmp_path)
    told = after.received_ns // GRID * GRID + GRID
    for ours, undisturbed in zip(missing.of("ticks"), sound.of("ticks"), strict=True):
        if undisturbed.ts <= frame.received_ns:
            assert ours == undisturbed
        elif undisturbed.ts >= told:
            flags = ("gap",) if undisturbed.ts == told else ()
            assert known(ours) == bookless(undisturbed, Quality.gap, flags)
    volatility = [row for row in missing.of("volatility") if row.ts >= told]
    assert {(row.price, row.quality) for row in volatility} == {(None, Quality.gap)}
    curves = [row for row in sound.of("depth_curves") if row.ts <= before.received_ns]
    assert missing.of("depth_curves")[: len(curves)] == curves
    assert [row.ts for row in missing.of("depth_curves") if row.ts >= told] == []


TOLD_BY_BOOKS = ("book_age_ms", "latency_ms")
OF_OTHERS = ("top_", "buy_usd", "sell_usd", "buy_count", "sell_count", "last_", "mark_", "index_")
OF_OTHERS += ("funding_", "basis", "oi_", "trade_age", "top_age", "mark_age")
NAMES = ("ts", "venue", "instrument", "asset")


def bookless(tick: Tick, quality: Quality, flags: tuple[str, ...]) -> Tick:
    """What tickers, fills and marks said, with nothing known of the book."""
    rest = {
        name: getattr(tick, name)
        for name in Tick.__struct_fields__
        if name in NAMES or name.startswith(OF_OTHERS)
    }
    return blank_row(Tick, **rest, quality=quality, flags=flags)


def known(tick: Tick) -> Tick:
    """A tick without what the time of the last depth frame decides."""
    return replace(tick, **dict.fromkeys(TOLD_BY_BOOKS))

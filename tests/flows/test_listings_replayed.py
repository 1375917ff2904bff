"""Spools in which instruments come, go and change: rows are those of the lines, nothing else."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from flows.live_inputs import header_of
from schemas.settings import RegimeSettings
from sources.instrument_lines import entry_of
from sources.live.spool import Spool
from tests.flows.collected import Collected, collected
from tests.flows.live_made import BTC, ETH, USDM
from tests.sources.talk import GRID, MS, START, answer, depth, trade

PUBLIC, MARKET = "binance-usdm-public", "binance-usdm-market"
BOTH = (MARKET, PUBLIC)
MEMBERS = [BTC.name]
FINER = replace(ETH, price_decimals=3)
LISTED, CHANGED, DELISTED, BACK, END = 1_010, 2_520, 3_030, 5_040, 6_500  # ms


def told(*listed: Any, delisted: tuple[str, ...] = ()) -> str:
    said = {"listed": [entry_of(i, BOTH) for i in listed], "delisted": delisted}
    return "!" + msgspec.json.encode({"k": "instruments", **said}).decode()


class Book:
    """Frames of one symbol's book, in sequence."""

    def __init__(self, symbol: str, px: str) -> None:
        self.symbol, self.px, self.last = symbol, px, 100

    def whole(self) -> list[str]:
        self.last += 10
        high = f"{float(self.px) * 1.001:.2f}"
        first = depth(self.last - 5, self.last, self.last - 6, [], symbol=self.symbol)
        asks = ((high, "8"),)
        return [first, answer(self.last - 2, ((self.px, "7"),), asks, symbol=self.symbol)]

    def next(self, size: int, px: str | None = None) -> str:
        before, self.last = self.last, self.last + 3
        bids = [(px or self.px, str(1 + size % 5))]
        return depth(before + 1, self.last, before, bids, symbol=self.symbol)


def spoken() -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(ms, line) of both connections. The lines of a change stand 4 ms apart."""
    btc, eth = Book("BTCUSDT", "30000.0"), Book("ETHUSDT", "2000.00")
    public: list[tuple[int, str]] = [(0, '!{"k":"open"}')]
    market: list[tuple[int, str]] = [(3, '!{"k":"open"}')]
    public += [(5, line) for line in btc.whole()]
    public += [(LISTED, told(ETH)), *((LISTED + 9, line) for line in eth.whole())]
    public += [(CHANGED, told(FINER)), *((CHANGED + 30, line) for line in eth.whole())]
    public += [(DELISTED, told(delisted=("ETHUSDT",)))]
    public += [(BACK, told(FINER)), *((BACK + 9, line) for line in eth.whole())]
    for at, said in ((LISTED, told(ETH)), (CHANGED, told(FINER)), (BACK, told(FINER)),
                     (DELISTED, told(delisted=("ETHUSDT",)))):  # fmt: skip
        market.append((at + 4, said))
    out: list[tuple[int, str]] = []
    for ms in range(20, END, 17):
        public.append((ms, "btc"))
        if LISTED + 9 < ms < CHANGED or CHANGED + 30 < ms < DELISTED + 40 or ms > BACK + 9:
            public.append((ms, "eth"))
        market.append((ms + 6, trade(ms, "30000.5", kind="aggTrade")))
        if ms > LISTED:  # also while it is not listed
            market.append((ms + 7, trade(ms, "2000.5", kind="aggTrade", symbol="ETHUSDT")))
    btc, eth = Book("BTCUSDT", "30000.0"), Book("ETHUSDT", "2000.00")
    for at, line in sorted(public, key=lambda entry: entry[0]):
        name = next((b for b in (btc, eth) if line == b.symbol[:3].lower()), None)
        if name is not None:
            px = "2000.125" if name is eth and at > CHANGED else None
            out.append((at, name.next(at, px)))
            continue
        for one in (btc, eth):
            if f'"s":"{one.symbol}"' in line:
                one.last = msgspec.json.decode(line)["u"]
        out.append((at, line))
    return out, sorted(market, key=lambda entry: entry[0])


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listings")
    for name, lines in zip((PUBLIC, MARKET), spoken(), strict=True):
        header = header_of(USDM, [entry_of(BTC)], MEMBERS)
        with Spool(folder, name, header=header) as one:
            one.append([b"%d %s\n" % (START + at * MS, line.encode()) for at, line in lines])
    return folder


def rows(spool: Path, chunk_frames: int) -> Collected:
    return collected(
        [spool / PUBLIC, spool / MARKET],
        chunk_frames=chunk_frames,
        regime=RegimeSettings(step_s=1.0),
    )


@pytest.fixture(scope="module")
def whole(spool: Path) -> Collected:
    return rows(spool, 4096)


@pytest.mark.parametrize("chunk_frames", [1, 7, 64])
def test_rows_are_the_same_however_many_lines_are_taken(
    spool: Path, whole: Collected, chunk_frames: int
) -> None:
    assert rows(spool, chunk_frames).rows == whole.rows


def test_ticks_are_there_while_it_is_listed(whole: Collected) -> None:
    times = [(tick.ts - START) // MS for tick in whole.of("ticks", ETH.name)]
    step = GRID // MS
    grids = [*range(1250, DELISTED + step, step), *range(5250, END, step)]
    assert times == grids
    assert [(t.ts - START) // MS for t in whole.of("ticks", BTC.name)] == [
        *range(step, END, step)
    ]  # fmt: skip


def test_its_quality_says_what_happened(whole: Collected) -> None:
    ticks = {(tick.ts - START) // MS: tick for tick in whole.of("ticks", ETH.name)}
    assert ticks[1250].quality.name == "ok"
    assert "gap" in ticks[2750].flags  # another price tick …
    assert ticks[2750].quality.name == "ok"  # … and a book of it
    assert ticks[3250].quality.name == "gap"
    assert ticks[3250].bid_px is None
    assert ticks[5250].quality.name == "ok"
    assert all("unlisted" not in tick.flags for tick in ticks.values())
    finer = [tick.bid_px for at, tick in ticks.items() if 2750 <= at < 3250 or at > 5250]
    assert finer
    assert set(finer) == {2000.125}
    assert {tick.bid_px for at, tick in ticks.items() if at <= 2500} == {2000.0}


def test_its_fills_are_of_its_listed_time(whole: Collected) -> None:
    found = {(tick.ts - START) // MS: tick for tick in whole.of("ticks", ETH.name)}
    per_grid = {at: tick.sell_count for at, tick in found.items()}
    sent = [ms + 7 for ms in range(20, END, 17) if ms > LISTED]
    for at, count in per_grid.items():
        since = max(at - 250, LISTED + 4 if at < 4000 else BACK + 4)
        until = min(at, DELISTED + 4) if at < 4000 else at
        assert count == sum(since <= ms < until for ms in sent), at


def test_instruments_are_told_once_for_each_change(whole: Collected) -> None:
    found = [
        ((row.ts - START) // MS, row.instrument, row.price_decimals, row.listed, row.source)
        for row in whole.of("instruments")
    ]
    assert found == [
        (0, BTC.name, 1, True, "recording"),
        (1000, ETH.name, 2, True, "recording"),
        (2750, ETH.name, 3, True, "recording"),
    ]


def test_the_markets_members_are_those_of_the_beginning(whole: Collected) -> None:
    steps = [row for row in whole.rows.get("regimes", []) if row.scope == "market"]
    assert {row.members for row in steps} <= {1}
    assert "rejected" not in whole.rows

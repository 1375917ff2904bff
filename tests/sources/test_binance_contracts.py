"""Contracts become coins: against plain arithmetic, whatever the decoder and the batch."""

from contextlib import nullcontext
from math import isnan
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from flows.market import MarketLogic
from schemas.chunk import Chunk
from schemas.control import Gap
from schemas.errors import BrokenInvariant
from schemas.instrument import Instrument, infer
from schemas.market import GridItem
from sources.binance_contracts import Contracts, coins
from sources.connection import Connection
from sources.lines import Lines
from sources.recording import open_recording
from sources.registry import session_for
from tests.reference.binance_contracts import Row, rows_of
from tests.shared import shared_file
from tests.sources.coinm_frames import BTC, COINM, DECIMALS, ETH, USD, conversation, session
from tests.sources.talk import (
    GRID,
    MS,
    NONE,
    START,
    USDM,
    as_is,
    chunks,
    hear,
    indexed,
    no_scanner,
    parted,
    text,
    trade,
    wire,
)


def rows(items: list[Any]) -> list[Row]:
    """All sizes of some chunks as the plain version has them, sorted."""
    found: list[Row] = []
    for chunk in (item for item in items if isinstance(item, Chunk)):
        symbol = chunk.instrument.partition(":")[2]
        lines, columns = chunk.line.tolist(), {k: v.tolist() for k, v in chunk.columns.items()}
        if chunk.kind == "book":
            scale = 10 ** DECIMALS[symbol]
            found += [
                ("depth", symbol, line, side, px / scale, size)
                for line, side, px, size in zip(lines, columns["side"], columns["px_ticks"],
                                                columns["size"], strict=True)
                if px
            ]  # fmt: skip
        elif chunk.kind == "top":
            names = ("bid_px", "bid_sz", "ask_px", "ask_sz")
            found += [("top", symbol, *row) for row in
                      zip(lines, *(columns[n] for n in names), strict=True)]  # fmt: skip
        elif chunk.kind == "mark":
            found += [("oi", symbol, line, oi) for line, oi in
                      zip(lines, columns["oi_base"], strict=True) if not isnan(oi)]  # fmt: skip
        else:
            found += [(chunk.kind, symbol, *row) for row in
                      zip(lines, columns["px"], columns["size_base"], strict=True)]  # fmt: skip
    return sorted(found)


@pytest.mark.parametrize("scanner", [True, False])
@pytest.mark.parametrize("size", [1, 7, 400])
def test_every_size_is_the_plain_one(size: int, scanner: bool) -> None:
    for seed in range(8):
        said = conversation(seed, 400)
        made = session(BTC, ETH)
        items: list[Any] = []
        with nullcontext() if scanner else no_scanner():
            for part in parted(indexed(text(*said)), size):
                items += made.lines(part, part.received_ns, NONE)
        assert not [item for item in items if isinstance(item, Gap)]
        # A first frame and its snapshot count as of the later of the two lines.
        joined = [
            (kind, symbol, {1: 2, 3: 4}.get(line, line) if kind == "depth" else line, *rest)
            for kind, symbol, line, *rest in rows_of(said, USD)
        ]
        assert rows(items) == sorted(joined)
        assert {kind for kind, *_ in joined} == {"depth", "top", "trade", "liquidation", "oi"}


def listed(venue: str, contract_size: float, *, inverse: bool) -> Instrument:
    made = infer(venue, "BTCUSDT", "perpetual", 2)
    return replace(made, contract_size=contract_size, inverse=inverse)


def recorded(lines: Lines, instrument: Instrument) -> list[Any]:
    """What the market step says of a recording, up to its last whole grid time."""
    made = session_for(instrument.venue, "c", as_is)
    made.list_instruments([instrument])
    connection = Connection("c", made, grid_ns=GRID, hole_ns=60_000 * MS, foreign=True)
    items = connection.open(int(lines.received_ns[0])) + connection.take(lines)
    market = MarketLogic({instrument.name: ("c",)}, 10_000 * MS, None)
    return market.on_batch([item for key, item in items if key == instrument.name])[0]


def test_a_recording_read_as_contracts_is_the_same_market_in_other_sizes() -> None:
    """USD-M's frames as if they were COIN-M's: every size is 100 USD × itself / price.

    The book goes on proving itself against tickers, so both come to the very same sizes.
    """
    recording = open_recording(shared_file("data/captures/binance-usdm__btcusdt-2024-08-08.gz"))
    lines = next(recording.blocks(1)).part(0, 6000)
    recording.close()
    coins_of, contracts_of = (
        recorded(lines, listed(venue, size, inverse=inverse))
        for venue, size, inverse in ((USDM, 1.0, False), (COINM, 100.0, True))
    )
    assert not [item for item in contracts_of if isinstance(item, Gap)]
    ticks = [(one.tick, other.tick) for one, other in zip(
        *([i for i in items if isinstance(i, GridItem)] for items in (coins_of, contracts_of)),
        strict=True)]  # fmt: skip
    known = [(one, other) for one, other in ticks if one is not None and one.bid_px is not None]
    assert len(known) > 20
    for one, other in known:
        assert other is not None
        assert (other.bid_px, other.ask_px) == (one.bid_px, one.ask_px)
        assert other.bid_sz == one.bid_sz * 100.0 / one.bid_px
        assert other.ask_sz == one.ask_sz * 100.0 / one.ask_px
        assert other.bid_depth_usd_5bp == pytest.approx(
            one.bid_depth_usd_5bp / one.bid_px * 100.0, rel=1e-3
        )


def test_a_size_without_a_price_is_none_and_a_contract_is_never_guessed() -> None:
    three = np.array([5.0, 7.0, 0.0])
    got = coins(three, np.array([100.0, 10.0, 100.0]), np.array([50_000.0, 0.0, 3.0]))
    assert got.tolist() == [0.01, 0.0, 0.0]
    made = session(BTC)
    made.known.contracts = Contracts()  # what no path of the code does
    made.known.contracts.know(0, 0.0)
    with pytest.raises(BrokenInvariant, match="got past the check"):
        made.lines(indexed(text(trade(1, symbol=BTC))), np.array([START]), NONE)


def test_marks_are_forgotten_with_the_stream() -> None:
    mark = wire({"e": "markPriceUpdate", "E": 1, "s": BTC, "p": "50000", "i": "50000", "r": "",
                 "T": 0, "st": 2})  # fmt: skip
    interest = '@https://h/openInterest {"openInterest":"500","symbol":"BTCUSD_PERP","time":7}'
    made = session(BTC)
    (first,) = chunks(hear(made, text(interest, mark, interest)), "mark")
    assert first.columns["oi_base"].tolist()[1:] == [1.0]
    assert made.counts["open interest before a mark"] == 1
    made.lose(START, 4, "reconnect")
    assert chunks(hear(made, text(interest), first_line=5), "mark") == []
    assert made.counts["open interest before a mark"] == 2

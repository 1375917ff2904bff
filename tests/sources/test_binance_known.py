"""What a session knows of its symbols: contracts above all, which are told or refused."""

from math import isnan
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.control import Reason, Rejected, Seen, Wish
from schemas.instrument import Instrument, infer
from sources.registry import session_for
from tests.sources.coinm_frames import (
    BTC,
    COINM,
    DEPTH_URL,
    ETH,
    LISTING_URL,
    conversation,
    instrument,
    listing,
    session,
)
from tests.sources.talk import (
    MS,
    NONE,
    SPOT,
    START,
    USDM,
    as_is,
    chunks,
    depth,
    hear,
    indexed,
    others,
    parted,
    said_wherever_cut,
    shown,
    text,
    ticker,
    trade,
    wire,
)

FORCED = wire({"e": "forceOrder", "E": 9, "o": {"s": BTC, "S": "BUY", "ap": "50000", "z": "10"}})
MARK = wire({"e": "markPriceUpdate", "E": 1, "s": BTC, "p": "50000", "i": "50000", "r": "0.0001",
             "T": 3, "st": 2})  # fmt: skip
INTEREST = f'@https://h/openInterest {{"openInterest":"500","symbol":"{BTC}","time":7}}'
ANSWER = f'@{DEPTH_URL.format(BTC)} {{"lastUpdateId":9,"bids":[["49999.0","3"]],"asks":[]}}'
SIZED = (depth(11, 20, 9, symbol=BTC), ticker(1, symbol=BTC), trade(1, symbol=BTC), FORCED,
         INTEREST, ANSWER)  # fmt: skip
DETAIL = f"how much a contract of {BTC} is, is not known"


def unknown() -> Instrument:
    """As a symbol alone is understood."""
    return replace(infer(COINM, BTC, "perpetual", None), inverse=True, contract_size=0.0)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_sizes_in_unknown_contracts_are_refused_and_the_listing_is_wished_for_once(
    size: int,
) -> None:
    made = session_for(COINM, "c", as_is)
    items: list[Any] = []
    for part in parted(indexed(text(MARK, *SIZED, *SIZED)), size):
        items += made.lines(part, part.received_ns, NONE)
    refused = [item for item in items if isinstance(item, Rejected)]
    assert [(r.line, r.reason, r.detail) for r in refused] == [
        (line, Reason.no_metadata, DETAIL) for line in range(2, 14)
    ]
    assert [item for item in items if isinstance(item, Wish)] == [
        Wish(f"{COINM}:{BTC}", LISTING_URL, Reason.no_metadata)
    ]
    (told,) = (item for item in items if isinstance(item, Seen))
    assert told == Seen(unknown(), "c", START, 1, listed=False)
    (mark,) = chunks(items, "mark")  # a price is a price, whatever a contract is worth
    assert mark.columns["mark"].tolist() == [50_000.0]
    assert len(items) == 12 + 3


def test_the_listing_is_wished_for_again_after_a_loss() -> None:
    made = session_for(COINM, "c", as_is)
    line = text(trade(1, symbol=BTC))
    assert [type(item) for item in hear(made, line)] == [Wish, Rejected]
    assert [type(item) for item in hear(made, line)] == [Rejected]
    made.lose(START, 3, "reconnect")
    assert [type(item) for item in hear(made, line)] == [Wish, Rejected]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_listing_in_the_stream_is_learnt(size: int) -> None:
    made = session_for(COINM, "c", as_is)
    said = (trade(1, symbol=BTC), MARK, listing(BTC, ETH), trade(2, "50000.0", symbol=BTC), FORCED,
            INTEREST, trade(3, "3000.00", symbol=ETH), trade(4, "50000.0", symbol=BTC))  # fmt: skip
    items: list[Any] = []
    for part in parted(indexed(text(*said)), size):
        items += made.lines(part, part.received_ns, NONE)
    assert [(i.received_ns, i.instrument) for i in items if isinstance(i, Seen)] == [
        (START + MS, unknown()),
        (START + 3 * MS, instrument(BTC)),
        (START + 6 * MS, instrument(ETH, 2)),
    ]
    fills = {c.instrument.partition(":")[2]: [] for c in chunks(items, "trade")}
    for chunk in chunks(items, "trade"):
        rows = zip(chunk.line.tolist(), chunk.columns["size_base"].tolist(), strict=True)
        fills[chunk.instrument.partition(":")[2]] += rows
    assert fills == {
        BTC: [(4, 2 * 100 / 50_000), (8, 2 * 100 / 50_000)],
        ETH: [(7, 2 * 10 / 3_000)],
    }
    (forced,) = chunks(items, "liquidation")
    assert forced.columns["size_base"].tolist() == [10 * 100 / 50_000]
    rows = [v for chunk in chunks(items, "mark") for v in chunk.columns["oi_base"].tolist()]
    oi = [value for value in rows if not isnan(value)]
    assert oi == [500 * 100 / 50_000]


def test_settings_may_tell_what_a_contract_is_worth() -> None:
    def refine(found: Instrument) -> Instrument:
        return replace(found, contract_size=100.0, source="settings")

    items = hear(session_for(COINM, "c", refine), text(trade(1, "50000.0", symbol=BTC)))
    seen = replace(unknown(), contract_size=100.0, price_decimals=1, source="settings")
    assert others(items) == [Seen(seen, "c", START, 1, listed=False)]
    (fill,) = chunks(items, "trade")
    assert fill.columns["size_base"].tolist() == [0.004]


def test_what_is_known_beforehand_wins_over_a_listing_in_the_stream() -> None:
    made = session_for(COINM, "c", as_is)
    made.list_instruments([instrument(BTC, contract_size=1000.0), instrument(ETH, contract_size=0)])
    said = listing(BTC, ETH), trade(1, "50000.0", symbol=BTC), trade(2, "2000.00", symbol=ETH)
    items = hear(made, text(*said))
    # The scale stays as it was told; the contract that was not known is learnt.
    assert others(items) == [Seen(instrument(ETH, 2), "c", START + 2 * MS, 3, listed=True)]
    assert [c.columns["size_base"].tolist() for c in chunks(items, "trade")] == [[0.04], [0.01]]
    sizes = {name: i.contract_size for name, i in made.instruments().items()}
    assert sizes == {f"{COINM}:{BTC}": 1000.0, f"{COINM}:{ETH}": 10.0}


def test_price_decimals_of_settings_are_the_scale_of_ticks() -> None:
    def refine(found: Instrument) -> Instrument:
        return replace(found, price_decimals=3)

    answer = '@https://h/depth?symbol=BTCUSDT {"lastUpdateId":15,"bids":[],"asks":[]}'
    frame = depth(11, 20, 9, bids=[("100.5", "1")])
    items = hear(session_for(USDM, "c", refine), text(frame, answer))
    (told,) = (item for item in items if isinstance(item, Seen))
    assert told.instrument.price_decimals == 3
    assert chunks(items, "book")[0].columns["px_ticks"].tolist() == [0, 100_500]


def test_only_contracts_are_learnt_from_a_listing_in_the_stream() -> None:
    made = session_for(SPOT, "c", as_is)
    assert hear(made, text('@https://h/api/v3/exchangeInfo {"symbols":[]}')) == []
    assert +made.counts == {"unknown answer:/api/v3/exchangeInfo": 1}


def test_funding_intervals_are_rows_of_the_symbols_that_are_known() -> None:
    answer = '@https://h/fapi/v1/fundingInfo [{"symbol":"ETHUSDT","fundingIntervalHours":4}]'
    made = session_for(USDM, "c", as_is)
    items = hear(made, text(trade(1), trade(2, symbol="ETHUSDT"),
                            trade(3, symbol="BTCUSDT_260327"), answer))  # fmt: skip
    marks = {c.instrument: shown(c) for c in chunks(items, "mark")}
    none = ("NaN",)
    assert marks == {
        f"{USDM}:{symbol}": (
            f"{USDM}:{symbol}", "mark", "c", (START + 3 * MS,), (4,),
            {"venue_ns": (0,), "mark": none, "index": none, "funding_rate": none,
             "interval_h": (hours,), "next_funding_ns": (0,), "oi_base": none},
        )
        for symbol, hours in (("BTCUSDT", 8.0), ("ETHUSDT", 4.0))
    }  # fmt: skip
    assert hear(session_for(SPOT, "c", as_is), text(trade(1), answer))[0].instrument.kind == "spot"


def test_a_restored_session_goes_on_as_the_first() -> None:
    said = [MARK, trade(1, symbol=BTC), listing(BTC, ETH), INTEREST, *conversation(3, 40), INTEREST]
    data = [text(payload, start=START + k * MS) for k, payload in enumerate(said)]
    whole = said_wherever_cut(lambda: session_for(COINM, "c", as_is), data)
    assert {item[1] for item in whole if isinstance(item, tuple)} >= {"book", "trade", "mark"}


def test_a_contract_that_is_no_longer_told_is_refused_after_a_restart() -> None:
    made = session(BTC)
    assert isinstance(hear(made, text(trade(1, symbol=BTC)))[0], Chunk)
    again = session_for(COINM, "c", as_is)
    again.restore(made.snapshot())
    (wish, rejected) = hear(again, text(trade(1, symbol=BTC)))
    assert (wish.url, rejected.reason) == (LISTING_URL, Reason.no_metadata)

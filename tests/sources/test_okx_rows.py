"""Rows of every channel but the books, with units and sides, and what they refuse."""

from collections import Counter
from functools import partial
from math import isnan
from typing import Any

import pytest
from msgspec import Raw

from schemas.chunk import COLUMNS
from schemas.control import Reason
from schemas.instrument import Instrument, infer
from sources import okx_rows
from sources.wire_numbers import Refused
from tests.sources.okx_frames import INVERSE, LINEAR, MARKETS, OPTION, SPOT, TS
from tests.sources.talk import MS, wire

NS = TS * MS
HOUR_MS = 3_600_000
BY_SYMBOL = {market.symbol: market for market in MARKETS}


def look(symbol: str) -> Instrument:
    return BY_SYMBOL[symbol]


def raw(*rows: Any) -> Raw:
    return Raw(wire(rows).encode())


def plain(rows: list[okx_rows.Row]) -> list[Any]:
    """(symbol, kind, columns that are known)."""
    return [
        (symbol, kind, {
            name: value for name, value in zip(COLUMNS[kind], values, strict=True)
            if not isnan(value)
        })
        for symbol, kind, values in rows
    ]  # fmt: skip


def refusal(read: Any, *arguments: Any) -> Reason:
    with pytest.raises(Refused) as refused:
        read(*arguments)
    return refused.value.reason


# -- fills ---------------------------------------------------------------------------------------


def fill(**changes: Any) -> dict[str, Any]:
    row = {"instId": SPOT, "tradeId": "7", "px": "80", "sz": "2", "side": "buy", "ts": str(TS),
           "count": "3", "source": "0", "seqId": 9}  # fmt: skip
    return row | changes


@pytest.mark.parametrize(
    ("changes", "size", "taker"),
    [
        ({}, 2.0, 1),
        ({"side": "sell"}, 2.0, -1),
        ({"source": "1"}, 2.0, 0),
        ({"source": "1", "side": "sell"}, 2.0, 0),
        ({"sz": "0"}, 0.0, 0),
        ({"instId": LINEAR}, 1.0, 1),
        ({"instId": INVERSE}, 2.5, 1),
        ({"instId": OPTION}, 1.0, 1),
    ],
)
def test_a_fill(changes: Any, size: float, taker: int) -> None:
    (row,) = okx_rows.fills(raw(fill(**changes)), look)
    assert row == (changes.get("instId", SPOT), "trade", (NS, 7, 80.0, size, taker))


def test_fills_of_an_archive_have_no_source_and_are_ordinary() -> None:
    bare = {name: fill()[name] for name in ("instId", "tradeId", "px", "sz", "side")}
    assert okx_rows.fills(raw(bare), look) == [(SPOT, "trade", (0, 7, 80.0, 2.0, 1))]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"side": "Buy"}, Reason.missing_field),
        ({"side": ""}, Reason.missing_field),
        ({"tradeId": "x"}, Reason.bad_id),
        ({"tradeId": "-1"}, Reason.bad_id),
        ({"tradeId": str(1 << 62)}, Reason.bad_id),
        ({"px": "0"}, Reason.bad_price),
        ({"px": "1e30"}, Reason.bad_price),
        ({"px": "NaN"}, Reason.bad_price),
        ({"px": ""}, Reason.bad_price),
        ({"sz": "-2"}, Reason.bad_size),
        ({"sz": "1e18"}, Reason.bad_size),
        ({"instId": INVERSE, "sz": "1e17"}, Reason.bad_size),
        ({"ts": "yesterday"}, Reason.bad_time),
        ({"ts": "9999999999999999"}, Reason.bad_time),
        ({"px": 80}, Reason.wrong_type),
    ],
)
def test_a_refused_fill(changes: Any, reason: Reason) -> None:
    px = {"px": "0.01"} if changes.get("instId") == INVERSE else {}
    assert refusal(okx_rows.fills, raw(fill(**changes, **px)), look) is reason


# -- tops ----------------------------------------------------------------------------------------


def top(bids: Any = (("80", "2", "0", "1"),), asks: Any = (("160", "4", "0", "1"),)) -> Raw:
    return raw({"bids": bids, "asks": asks, "ts": str(TS), "seqId": 12})


@pytest.mark.parametrize(
    ("symbol", "bid_sz", "ask_sz"), [(SPOT, 2.0, 4.0), (LINEAR, 1.0, 2.0), (INVERSE, 2.5, 2.5)]
)
def test_a_top(symbol: str, bid_sz: float, ask_sz: float) -> None:
    row = (symbol, "top", (NS, -1, 80.0, bid_sz, 160.0, ask_sz))
    assert okx_rows.tops(top(), symbol, look) == [row]


def test_the_top_of_an_option_is_its_quote() -> None:
    known = {"venue_ns": NS, "bid_px": 80.0, "bid_sz": 1.0, "ask_px": 160.0, "ask_sz": 2.0}
    assert plain(okx_rows.tops(top(), OPTION, look)) == [(OPTION, "quote", known)]


def test_an_empty_side_has_no_price() -> None:
    rows = okx_rows.tops(top(asks=()), SPOT, look) + okx_rows.tops(top(bids=()), SPOT, look)
    assert plain(rows) == [
        (SPOT, "top", {"venue_ns": NS, "id": -1, "bid_px": 80.0, "bid_sz": 2.0, "ask_sz": 0.0}),
        (SPOT, "top", {"venue_ns": NS, "id": -1, "bid_sz": 0.0, "ask_px": 160.0, "ask_sz": 4.0}),
    ]


@pytest.mark.parametrize(
    ("bids", "reason"),
    [([["0", "1"]], Reason.bad_price), ([["1", "-1"]], Reason.bad_size),
     ([["1"]], Reason.missing_field), ([[1, 2]], Reason.wrong_type)],
)  # fmt: skip
def test_a_refused_top(bids: Any, reason: Reason) -> None:
    assert refusal(okx_rows.tops, top(bids), SPOT, look) is reason


# -- marks, funding, open interest, index --------------------------------------------------------


def test_marks_of_swaps_and_options() -> None:
    rows = [{"instId": s, "markPx": px, "ts": str(TS)} for s, px in ((LINEAR, "5"), (OPTION, "2"))]
    assert plain(okx_rows.marks(raw(*rows), look)) == [
        (LINEAR, "mark", {"venue_ns": NS, "mark": 5.0, "next_funding_ns": 0}),
        (OPTION, "quote", {"venue_ns": NS, "mark_px": 2.0}),
    ]
    assert refusal(okx_rows.marks, raw({"instId": SPOT, "markPx": "0"}), look) is Reason.bad_price


def funding(rate: str = "0.0003", hours: int | None = 4, **changes: str) -> Raw:
    after = {} if hours is None else {"nextFundingTime": str(TS + hours * HOUR_MS)}
    row = {"instId": LINEAR, "fundingRate": rate, "fundingTime": str(TS), "ts": str(TS - 5)}
    return raw(row | after | changes)


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (funding(), {"funding_rate": 0.0003, "interval_h": 4.0, "next_funding_ns": NS}),
        (funding("-0.01", 8), {"funding_rate": -0.01, "interval_h": 8.0, "next_funding_ns": NS}),
        (funding(hours=None), {"funding_rate": 0.0003, "next_funding_ns": NS}),
        (funding(nextFundingTime=""), {"funding_rate": 0.0003, "next_funding_ns": NS}),
        (funding(fundingTime=""), {"funding_rate": 0.0003, "next_funding_ns": 0}),
        (funding(""), {"interval_h": 4.0, "next_funding_ns": NS}),
    ],
)
def test_funding(data: Raw, known: dict[str, float]) -> None:
    expected = {"venue_ns": NS - 5 * MS} | known
    assert plain(okx_rows.fundings(data, look)) == [(LINEAR, "mark", expected)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(funding(hours=0), Reason.bad_time), (funding(hours=-8), Reason.bad_time),
     (funding(fundingTime="-1"), Reason.bad_time), (funding("nan"), Reason.bad_number),
     (funding("1e999"), Reason.bad_number), (raw({"instId": LINEAR}), Reason.missing_field)],
)  # fmt: skip
def test_refused_funding(data: Raw, reason: Reason) -> None:
    assert refusal(okx_rows.fundings, data, look) is reason


def test_open_interest_is_in_coins() -> None:
    rows = [
        {"instId": s, "oi": "900", "oiCcy": "9.5", "oiUsd": "1", "ts": str(TS)}
        for s in (INVERSE, OPTION)
    ]
    assert plain(okx_rows.open_interests(raw(*rows), look)) == [
        (INVERSE, "mark", {"venue_ns": NS, "oi_base": 9.5, "next_funding_ns": 0}),
        (OPTION, "quote", {"venue_ns": NS, "oi_base": 9.5}),
    ]
    bad = raw({"instId": INVERSE, "oiCcy": ""})
    assert refusal(okx_rows.open_interests, bad, look) is Reason.bad_size


def test_an_index() -> None:
    data = raw({"instId": "BTC-USDT", "idxPx": "98.5", "high24h": "", "ts": str(TS)})
    assert okx_rows.indices(data) == [("BTC-USDT", NS, 98.5)]
    assert plain([okx_rows.index_row(LINEAR, NS, 98.5)]) == [
        (LINEAR, "mark", {"venue_ns": NS, "index": 98.5, "next_funding_ns": 0})
    ]
    assert refusal(okx_rows.indices, raw({"instId": "A", "idxPx": "-1"})) is Reason.bad_price


# -- forced orders -------------------------------------------------------------------------------


def closed(side: str = "buy", pos: str = "short", **changes: str) -> dict[str, str]:
    row = {"bkLoss": "0", "bkPx": "80", "ccy": "", "posSide": pos, "side": side, "sz": "2",
           "ts": str(TS)}  # fmt: skip
    return row | changes


def forced(symbol: str, *details: Any) -> Raw:
    return raw({"instId": symbol, "instType": "SWAP", "uly": "x", "details": details})


@pytest.mark.parametrize(
    ("side", "pos", "position"),
    [("buy", "short", -1), ("sell", "long", 1), ("buy", "net", -1), ("sell", "net", 1),
     ("sell", "", 1)],
)  # fmt: skip
@pytest.mark.parametrize(("symbol", "size"), [(LINEAR, 1.0), (INVERSE, 2.5)])
def test_a_forced_order(side: str, pos: str, position: int, symbol: str, size: float) -> None:
    counts = Counter[str]()
    rows = okx_rows.liquidations(
        forced(symbol, closed(side, pos)), look, look, counts, thinned=True
    )
    assert rows == [(symbol, "liquidation", (NS, 80.0, size, position, 1))]
    assert +counts == {"assumed:liquidations_thinned": 1}


def test_of_contracts_that_nobody_chose_forced_orders_only_count() -> None:
    counts = Counter[str]()
    other = infer("okx", "XRP-USDT-SWAP", "perpetual", None)

    def knows(symbol: str) -> Instrument:
        return BY_SYMBOL.get(symbol, other)

    rows = [
        row
        for symbol in (other.symbol, LINEAR)
        for row in okx_rows.liquidations(
            forced(symbol, closed()), knows, look, counts, chosen=True, thinned=True
        )
    ]
    assert [symbol for symbol, _, _ in rows] == [LINEAR]
    assert +counts == {"liquidation_of_another": 1, "assumed:liquidations_thinned": 1}


def test_several_in_a_second_are_counted_and_margin_is_no_contract() -> None:
    counts = Counter[str]()
    many = closed(), closed(ts=str(TS + 999)), closed(ts=str(TS + 1000))
    rows = okx_rows.liquidations(forced(LINEAR, *many), look, look, counts, thinned=True)
    rows += okx_rows.liquidations(forced(SPOT, *many), look, look, counts, thinned=True)
    assert [values[0] for _, _, values in rows] == [NS, NS + 999 * MS, NS + 1000 * MS]
    assert +counts == {
        "liquidations_of_one_second": 1,
        "margin_liquidation": 3,
        "assumed:liquidations_thinned": 3,
    }


def test_where_all_of_them_are_published_none_is_of_a_sample() -> None:
    counts = Counter[str]()
    rows = okx_rows.liquidations(forced(LINEAR, closed()), look, look, counts, thinned=False)
    assert rows == [(LINEAR, "liquidation", (NS, 80.0, 1.0, -1, 0))]
    assert +counts == {"assumed:liquidations_thinned": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (closed("buy", "long"), Reason.wrong_type),
        (closed("sell", "short"), Reason.wrong_type),
        (closed("hold"), Reason.missing_field),
        (closed(sz="0"), Reason.bad_size),
        (closed(sz="-1"), Reason.bad_size),
        (closed(bkPx="0"), Reason.bad_price),
        (closed(ts="?"), Reason.bad_time),
    ],
)
def test_a_refused_forced_order(row: Any, reason: Reason) -> None:
    data = forced(LINEAR, closed(), row)
    read = partial(okx_rows.liquidations, thinned=True)
    assert refusal(read, data, look, look, Counter[str]()) is reason


# -- option quotes -------------------------------------------------------------------------------


@pytest.mark.parametrize("spelt", ["BS", "Bs"])
def test_an_option_quote(spelt: str) -> None:
    greeks = {"delta": "0.5", "gamma": "0.00002", "vega": "120", "theta": "-40"}
    row = {"instId": OPTION, "uly": "BTC-USD", "markVol": "0.6", "bidVol": "0", "askVol": "",
           "fwdPx": "90100", "realVol": "0.4", "ts": str(TS)}  # fmt: skip
    row |= dict.fromkeys(greeks, "9") | {f"{name}{spelt}": text for name, text in greeks.items()}
    known = {"venue_ns": NS, "mark_iv": 0.6, "underlying_px": 90100.0, "delta": 0.5,
             "gamma": 0.00002, "vega": 120.0, "theta": -40.0}  # fmt: skip
    assert plain(okx_rows.summaries(raw(row), look)) == [(OPTION, "quote", known)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"markVol": "-0.1"}, Reason.bad_number), ({"markVol": "nan"}, Reason.bad_number),
     ({"fwdPx": "0"}, Reason.bad_price), ({"deltaBS": "x"}, Reason.bad_number),
     ({"ts": "x"}, Reason.bad_time)],
)  # fmt: skip
def test_a_refused_option_quote(changes: Any, reason: Reason) -> None:
    assert refusal(okx_rows.summaries, raw({"instId": OPTION} | changes), look) is reason

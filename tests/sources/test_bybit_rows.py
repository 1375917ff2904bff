"""Fills, liquidations, marks and best prices as rows; what of them is refused."""

from math import isnan
from typing import Any

import pytest

from sources import bybit_rows as rows
from sources.wire_numbers import Refused
from tests.sources.bybit_frames import book, fill, fills, gone, liquidations, ticker
from tests.sources.talk import MS, plain

BTC, ETH = "BTCUSDT", "ETHUSDT"


def refusal(read: Any, payload: str) -> str:
    with pytest.raises(Refused) as refused:
        read(payload.encode(), BTC)
    return str(refused.value.reason)


# -- fills -----------------------------------------------------------------------------------


def test_fills() -> None:
    payload = fills(fill(1), fill(2, S="Sell", v="0.25", p="99.5", T=4)).encode()
    assert rows.fills(payload, BTC) == [
        (3 * MS, 0x000000010000400, 100.5, 2.0, 1),
        (4 * MS, 0x000000020000400, 99.5, 0.25, -1),
    ]


@pytest.mark.parametrize(
    ("changes", "taker"),
    [
        ({}, 1),
        ({"S": "Sell"}, -1),
        ({"RPI": True}, 1),
        ({"BT": True}, 0),
        ({"BT": True, "S": "Sell"}, 0),
        ({"v": "0"}, 0),
    ],
)
def test_who_took(changes: dict[str, Any], taker: int) -> None:
    (row,) = rows.fills(fills(fill(1, **changes)).encode(), BTC)
    assert row[4] == taker


def test_a_fill_without_its_block_mark_is_ordinary() -> None:
    without = {key: value for key, value in fill(1).items() if key != "BT"}
    (row,) = rows.fills(fills(without).encode(), BTC)
    assert row[4] == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20f43950-d8dd-5b31-9112-a178eb6023af", 0x20F43950D8DD5B3),
        ("FFFFFFFF-FFFF-FFFF", 0xFFFFFFFFFFFFFFF),
        ("2290000000067341890", 0x229000000006734),
        ("7", 7),
    ],
)
def test_a_fill_id_is_its_first_hex_digits(text: str, number: int) -> None:
    assert rows.fill_id(text) == number < 1 << 62


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (fill(1, p="0"), "bad_price"),
        (fill(1, p="1e30"), "bad_price"),
        (fill(1, p="Infinity"), "bad_price"),
        (fill(1, p=""), "bad_price"),
        (fill(1, p=100.5), "wrong_type"),
        (fill(1, v="-2"), "bad_size"),
        (fill(1, v="NaN"), "bad_size"),
        (fill(1, v="1e30"), "bad_size"),
        (fill(1, S="buy"), "wrong_type"),
        (fill(1, S=None), "wrong_type"),
        (fill(1, T=-1), "bad_time"),
        (fill(1, T=10**15), "bad_time"),
        (fill(1, T="3"), "wrong_type"),
        (fill(1, i=""), "bad_id"),
        (fill(1, i="-"), "bad_id"),
        (fill(1, i="0x12"), "bad_id"),
        (fill(1, i="1_2"), "bad_id"),
        (fill(1, i=12), "wrong_type"),
        (fill(1, BT="false"), "wrong_type"),
        (fill(1, s=ETH), "wrong_type"),
        ({"T": 3, "s": BTC, "S": "Buy", "v": "2", "i": "1"}, "missing_field"),
        ([], "wrong_type"),
    ],
)
def test_what_fills_are_refused(data: Any, reason: str) -> None:
    assert refusal(rows.fills, fills(fill(0), data)) == reason


# -- liquidations ----------------------------------------------------------------------------


def test_a_bought_position_was_a_long_and_none_is_left_out() -> None:
    payload = liquidations(gone(), gone(S="Sell", v="0.5", p="110.5", T=4)).encode()
    assert rows.liquidations(payload, BTC) == [
        (3 * MS, 90.5, 2.0, 1, 0),
        (4 * MS, 110.5, 0.5, -1, 0),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gone(p="0"), "bad_price"),
        (gone(p="1e30"), "bad_price"),
        (gone(p="NaN"), "bad_price"),
        (gone(v="0"), "bad_size"),
        (gone(v="-1"), "bad_size"),
        (gone(S="Long"), "wrong_type"),
        (gone(T=-1), "bad_time"),
        (gone(s=ETH), "wrong_type"),
        ({"T": 3, "s": BTC, "S": "Buy", "p": "2"}, "missing_field"),
    ],
)
def test_what_liquidations_are_refused(data: Any, reason: str) -> None:
    assert refusal(rows.liquidations, liquidations(gone(), data)) == reason


# -- marks -----------------------------------------------------------------------------------

FULL = {"markPrice": "100.25", "indexPrice": "100.5", "openInterest": "41.000",
        "singleOpenInterest": "20.501", "fundingRate": "-0.0001", "fundingIntervalHour": "4",
        "nextFundingTime": "1800000000000"}  # fmt: skip
FULL_ROW = (6 * MS, 100.25, 100.5, -0.0001, 4.0, 1_800_000_000_000 * MS, 20.501)
NOTHING = ("NaN", "NaN", "NaN", "NaN", 0, "NaN")


def marked(**changes: Any) -> Any:
    row = rows.mark(ticker(**changes).encode(), BTC)
    return row and tuple(map(plain, row))


def test_a_whole_ticker() -> None:
    assert marked(**FULL, bid1Price="100.0", bid1Size="1", lastPrice="") == FULL_ROW


@pytest.mark.parametrize(
    ("key", "text", "column", "value"),
    [
        ("markPrice", "100.25", 0, 100.25),
        ("indexPrice", "100.5", 1, 100.5),
        ("fundingRate", "0.0001", 2, 0.0001),
        ("fundingRate", "0", 2, 0.0),
        ("fundingIntervalHour", "8", 3, 8.0),
        ("nextFundingTime", "1800000000000", 4, 1_800_000_000_000 * MS),
        ("singleOpenInterest", "7.5", 5, 7.5),
        ("singleOpenInterest", "0", 5, 0.0),
        ("openInterest", "15", 5, 7.5),
    ],
)
def test_an_absent_key_is_unchanged(key: str, text: str, column: int, value: float) -> None:
    expected: list[Any] = list(NOTHING)
    expected[column] = value
    assert marked(**{key: text}) == (6 * MS, *expected)


@pytest.mark.parametrize("nothing", ["", None])
def test_empty_text_is_unchanged_too(nothing: str | None) -> None:
    rest = dict.fromkeys(FULL, nothing) | {"markPrice": "100.25"}
    assert marked(**rest) == (6 * MS, 100.25, *NOTHING[1:])


def test_a_dated_contract_has_no_funding() -> None:
    dated = FULL | {"fundingRate": "", "fundingIntervalHour": "0", "nextFundingTime": "0"}
    assert marked(**dated) == (6 * MS, 100.25, 100.5, "NaN", "NaN", 0, 20.501)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"bid1Price": "1", "bid1Size": "2", "lastPrice": "3", "volume24h": "4"},
        {"openInterestValue": "5", "singleOpenInterestValue": "2.5"},
        {"fundingRate": "", "nextFundingTime": "", "markPrice": None},
    ],
)
def test_a_ticker_that_changes_none_of_it_gives_no_row(changes: dict[str, Any]) -> None:
    assert rows.mark(ticker(**changes).encode(), BTC) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"markPrice": "0"}, "bad_price"),
        ({"markPrice": "1e30"}, "bad_price"),
        ({"indexPrice": "-1"}, "bad_price"),
        ({"indexPrice": "NaN"}, "bad_price"),
        ({"markPrice": 100.25}, "wrong_type"),
        ({"fundingRate": "NaN"}, "bad_number"),
        ({"fundingRate": "1e999"}, "bad_number"),
        ({"fundingIntervalHour": "-8"}, "bad_number"),
        ({"fundingIntervalHour": 8}, "wrong_type"),
        ({"singleOpenInterest": "-1"}, "bad_size"),
        ({"singleOpenInterest": "", "openInterest": "x"}, "bad_size"),
        ({"nextFundingTime": "-1"}, "bad_time"),
        ({"nextFundingTime": "1.5"}, "bad_time"),
        ({"nextFundingTime": "9" * 15}, "bad_time"),
        ({"nextFundingTime": "1" * 5000}, "bad_time"),
        ({"nextFundingTime": "١٢٣"}, "bad_time"),
        ({"ts": -1}, "bad_time"),
        ({"ts": "6"}, "wrong_type"),
    ],
)
def test_what_tickers_are_refused(changes: dict[str, Any], reason: str) -> None:
    assert refusal(rows.mark, ticker(**FULL | changes)) == reason


def test_a_ticker_of_another_symbol_is_refused() -> None:
    assert refusal(rows.mark, ticker(symbol=ETH, markPrice="1")) == "wrong_type"


# -- best prices -----------------------------------------------------------------------------


def best(bids: Any, asks: Any, kind: str = "snapshot", **changes: Any) -> Any:
    payload = book(9, bids, asks, kind=kind, depth=1, **changes).encode()
    row = rows.top(payload, BTC)
    return row and tuple(map(plain, row))


def test_best_prices() -> None:
    bid, ask = [("100.0", "1.5")], [("100.5", "2")]
    assert best(bid, ask) == (5 * MS, 0, 100.0, 1.5, 100.5, 2.0)
    assert best(bid, ask, cts=0) == (6 * MS, 0, 100.0, 1.5, 100.5, 2.0)
    assert best([], ask) == (5 * MS, 0, "NaN", "NaN", 100.5, 2.0)
    assert best(bid, []) == (5 * MS, 0, 100.0, 1.5, "NaN", "NaN")
    assert best(bid, ask, kind="delta") is None


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (book(9, [("1", "1"), ("2", "1")], [], kind="snapshot"), "wrong_type"),
        (book(9, [("0", "1")], [], kind="snapshot"), "bad_price"),
        (book(9, [("1", "-1")], [], kind="snapshot"), "bad_size"),
        (book(9, [], [], kind="snapshot", cts=-1), "bad_time"),
        (book(9, [], [], kind="snapshot", symbol=ETH), "wrong_type"),
    ],
)
def test_what_best_prices_are_refused(frame: str, reason: str) -> None:
    assert refusal(rows.top, frame) == reason


def test_no_time_is_nought() -> None:
    assert rows.milliseconds_ns("") == 0
    assert rows.milliseconds_ns("12") == 12 * MS
    row = rows.mark(ticker(ts=0, markPrice="1").encode(), BTC)
    assert row is not None
    assert (row[0], isnan(row[2])) == (0, True)

"""Forced orders, answers, arrays and refusals of the typed decoder."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from schemas.control import Reason
from sources.binance_columns import Slow
from sources.binance_slow import Forced, read_depth, read_frame, read_open_interest
from sources.book_sync import Held
from sources.wire_numbers import Refused
from tests.sources.talk import depth, ticker, trade, wire

MS = 1_000_000


def read(frame: Any, product: int = 1) -> tuple[Slow, list[Forced], Counter[str], list[Any]]:
    slow, forced, counts, met = Slow(), list[Forced](), Counter[str](), list[Any]()

    def symbol_of(symbol: str, price: str | None) -> tuple[int, int]:
        met.append((symbol, price))
        return 7, 1

    payload = frame if isinstance(frame, str) else wire(frame)
    read_frame(payload.encode(), 3, (50, 4), product, symbol_of, slow, forced, counts)
    return slow, forced, counts, met


ORDER = {"s": "BTCUSDT", "S": "SELL", "q": "9", "p": "99", "ap": "101.5", "l": "1", "z": "2.5",
         "T": 4}  # fmt: skip


def forced_order(**changes: Any) -> Any:
    return {"e": "forceOrder", "E": 5, "o": ORDER | changes}


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (forced_order(), Forced(3, "BTCUSDT", 4 * MS, 101.5, 2.5, 1)),
        (forced_order(S="BUY"), Forced(3, "BTCUSDT", 4 * MS, 101.5, 2.5, -1)),
        (forced_order(T=0), Forced(3, "BTCUSDT", 5 * MS, 101.5, 2.5, 1)),
        (forced_order(st=1, ps="BTCUSDT"), Forced(3, "BTCUSDT", 4 * MS, 101.5, 2.5, 1)),
        (forced_order() | {"st": 1}, Forced(3, "BTCUSDT", 4 * MS, 101.5, 2.5, 1)),
    ],
)
def test_a_forced_order(frame: Any, expected: Forced) -> None:
    _, forced, counts, met = read(frame)
    assert (forced, +counts, met) == ([expected], {}, [("BTCUSDT", None)])


@pytest.mark.parametrize(
    "frame", [forced_order(st=2), forced_order() | {"st": 2}, wire({"e": "trade", "st": 2}),
              wire({"e": "depthUpdate", "st": 2, "s": "BTCUSD_PERP"})]
)  # fmt: skip
def test_the_other_product_is_ignored(frame: Any) -> None:
    slow, forced, counts, met = read(frame)
    assert (slow, forced, counts, met) == (Slow(), [], {"other_product": 1}, [])


def test_where_there_are_no_products_the_mark_means_nothing() -> None:
    _, forced, counts, _ = read(forced_order(st=2), product=0)
    assert (len(forced), +counts) == (1, {})


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (forced_order(S="?"), Reason.missing_field),
        (forced_order(z="0"), Reason.bad_size),
        (forced_order(ap="0"), Reason.bad_price),
        (forced_order(T=-1), Reason.bad_time),
        (depth(9, 5), Reason.bad_id),
        (wire({"e": "depthUpdate", "s": "A", "U": 1, "u": 2, "b": []}), Reason.missing_field),
        (wire({"e": "depthUpdate", "s": "A", "u": 2, "b": [], "a": []}), Reason.bad_id),
        (depth(1, 2, bids=[("1.25", "1")]), Reason.price_scale),
        (depth(1, 2, bids=[("1.5", "-1")]), Reason.bad_size),
        (depth(1, 2, 1 << 62), Reason.bad_id),
        (wire({"e": "bookTicker", "s": "A", "u": 1}), Reason.missing_field),
        (wire({"e": "trade", "s": "A", "t": 1, "p": "1", "q": "1"}), Reason.missing_field),
        (wire({"e": "trade", "s": "A", "p": "1", "q": "1", "m": True}), Reason.bad_id),
        (wire({"e": "markPriceUpdate", "s": "A", "p": "0", "i": "1", "r": ""}), Reason.bad_price),
        (wire({"e": "markPriceUpdate", "s": "A", "p": "1e999", "i": "1"}), Reason.bad_number),
        (wire({"e": "markPriceUpdate", "s": "A", "p": "1", "i": "1", "T": -1}), Reason.bad_time),
    ],
)
def test_what_is_refused(frame: Any, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        read(frame)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        ({"result": None, "id": 1}, "control"),
        ({"code": 2, "msg": "Invalid request", "id": 1}, "control"),
        ({"e": "serverShutdown", "E": 1770123456789}, "unknown:serverShutdown"),
        ({"e": "24hrTicker", "s": "A", "o": "0.1"}, "unknown:24hrTicker"),
        ({"e": "trade", "s": ""}, "unknown:trade"),
    ],
)
def test_what_is_counted(frame: Any, counted: str) -> None:
    assert read(frame) == (Slow(), [], {counted: 1}, [])


def test_one_bad_event_of_an_array_does_not_take_the_others_with_it() -> None:
    slow, counts = Slow(), Counter[str]()
    bad = trade(2, "0")
    payload = f"[{trade(1)},{bad},{ticker(3)},{trade(4, kind='aggTrade')}]".encode()
    with pytest.raises(Refused) as refused:
        read_frame(payload, 0, (50, 4), 1, lambda *_: (7, 1), slow, [], counts)
    assert refused.value.reason is Reason.bad_price
    assert [ints for ints, *_ in slow.fills] == [(7, 50, 4, MS, 1, 3), (7, 50, 4, MS, 4, 4)]
    assert slow.tops == [((7, 50, 4, 0, 3), (100.0, 1.0, 200.0, 2.0))]


def test_a_depth_frame_without_levels_carries_its_ids_on() -> None:
    slow, _, _, met = read(depth(5, 9, 4, bids=[], asks=[]))
    assert slow.frames == [(3, 7, 5, 9, 4, MS)]
    assert (slow.rows, met) == ([([0], [0], [0.0])], [("BTCUSDT", None)])


def test_a_fill_of_size_zero_and_one_of_another_kind_are_no_flow() -> None:
    base = {"e": "trade", "E": 1, "s": "A", "t": 1, "p": "1", "q": "1", "m": False}
    takers = [
        read(base | change)[0].fills[0][2]
        for change in (
            {},
            {"m": True},
            {"X": "MARKET"},
            {"X": "NA"},
            {"X": "INSURANCE_FUND"},
            {"q": "0"},
        )
    ]
    assert takers == [1, -1, 1, 0, 0, 0]  # fmt: skip


def held(number: int, side: list[int], px: list[int], size: list[float], venue_ns: int = 0) -> Held:
    columns = np.array(side, np.int8), np.array(px, np.int64), np.array(size, float)
    return Held(number, number, -1, venue_ns, *(column.tobytes() for column in columns))


def test_a_snapshot() -> None:
    body = b'{"lastUpdateId":7,"E":5,"T":4,"bids":[["1.0","2"]],"asks":[["1.5","0.25"]]}'
    expected = held(7, [1, -1], [100, 150], [2.0, 0.25], 5 * MS)
    assert read_depth(body, lambda price: {"1.0": 2}[str(price)]) == expected
    empty = read_depth(b'{"lastUpdateId":7,"bids":[],"asks":[]}', lambda _: 0)
    assert empty == held(7, [0], [0], [0.0])


def test_open_interest() -> None:
    body = b'{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}'
    assert read_open_interest(body) == ("BTCUSDT", 1589437530011 * MS, 10659.509)
    with pytest.raises(Refused) as refused:
        read_open_interest(b'{"openInterest":"-1","symbol":"BTCUSDT"}')
    assert refused.value.reason is Reason.bad_size


@pytest.mark.parametrize(
    "body",
    [{"bids": [["61800.20", "2.301"], ["5000.00", "0.000"]], "asks": [["61800.30", "7"]]},
     {"bids": [["61800.2", "2"], ["5000.00", "1"]], "asks": [["61800.30", "7"]]},
     {"bids": [["618e2", "2"]], "asks": [["61800.30", "7"]]},
     {"bids": [["5", "2"]], "asks": [["6", "7"]]},
     {"bids": [["5.00", "2"]], "asks": []}],
)  # fmt: skip
def test_a_snapshot_read_by_the_kernel_or_not_is_the_same(body: dict) -> None:
    told = json.dumps({"lastUpdateId": 7, "E": 5} | body).encode()
    spaced = told.replace(b'"],', b'"] ,')  # which the kernel hands back
    scales: list[str | None] = []

    def decimals_for(price: str | None) -> int:
        scales.append(price)
        return 3

    packed = told.replace(b": ", b":").replace(b", ", b",")
    assert read_depth(packed, decimals_for) == read_depth(spaced, decimals_for)
    assert scales == [body["bids"][0][0]] * 2

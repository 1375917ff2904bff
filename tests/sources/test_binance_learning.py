"""What a session learns from frames, what it refuses, and that it goes on after a restart."""

import numpy as np
import pytest

from schemas.chunk import Chunk
from schemas.control import Reason, Rejected, Seen, Wish
from schemas.instrument import Instrument
from sources.registry import session_for
from tests.sources.talk import (
    MS,
    START,
    USDM,
    answer,
    as_is,
    chunks,
    depth,
    hear,
    indexed,
    instrument,
    others,
    said_wherever_cut,
    seen,
    session,
    text,
    ticker,
    trade,
    wire,
)

# -- what is learnt ------------------------------------------------------------------------------


def test_symbols_and_their_scale_are_learnt_once() -> None:
    mark = wire({"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1.123", "i": "1", "T": 3})
    made = session_for(USDM, "c", as_is)
    items = others(hear(made, text(mark, mark, trade(1, "100.10"), trade(2, "7"))))
    assert items == [seen(USDM, "BTCUSDT", None), seen(USDM, "BTCUSDT", 2, line=3)]
    assert made.instruments() == {"binance-usdm:BTCUSDT": instrument(USDM, "BTCUSDT", 2)}


def test_settings_refine_what_is_inferred() -> None:
    def refine(found: Instrument) -> Instrument:
        return instrument(found.venue, found.symbol.replace("1000", ""), found.price_decimals)

    (first, _) = hear(session_for(USDM, "c", refine), text(trade(1, symbol="1000PEPEUSDT")))
    assert first.instrument == instrument(USDM, "PEPEUSDT", 1)


def test_listed_instruments_are_told_by_others_and_keep_their_listing() -> None:
    made = session(BTCUSDT=None)
    (again, _) = hear(made, text(trade(1, "100.10")))
    assert again == Seen(instrument(USDM, "BTCUSDT", 2), "c", START, 1, listed=True)


@pytest.mark.parametrize("size", [1, 2, 9])
def test_the_first_sight_does_not_depend_on_the_batch(size: int) -> None:
    forced = {"e": "forceOrder", "E": 9, "o": {"s": "BTCUSDT", "S": "SELL", "ap": "5.5", "z": "2"}}
    lines = indexed(text(wire(forced), trade(1), wire(forced)))
    made = session_for(USDM, "c", as_is)
    items = []
    for begin in range(0, 3, size):
        part = lines.part(begin, begin + size)
        items += made.lines(part, part.received_ns, np.zeros(0, np.bool_))
    assert others(items) == [seen(USDM, "BTCUSDT", None), seen(USDM, "BTCUSDT", 1, line=2)]


@pytest.mark.parametrize(
    "payload",
    [depth(1, 2, bids=[("1.00000000000000000000", "1")]), depth(1, 2, bids=[("0.0000", "1")]),
     trade(1, "50000.000000000000001"), ticker(1, "1e-300"),
     answer(5, [("1e-999999", "1")])],
)  # fmt: skip
def test_a_price_that_nobody_quotes_teaches_nothing(payload: str) -> None:
    made = session_for(USDM, "c", as_is)
    items = hear(made, text(payload, depth(11, 20, 9, bids=[("100.5", "1")])))
    assert [type(item) for item in items] == [Rejected, Seen, Wish]
    assert items[1] == seen(USDM, "BTCUSDT", 1, line=2)


def test_thousands_of_lines_without_a_symbol() -> None:
    made = session_for(USDM, "c", as_is)
    assert hear(made, text(*['{"result":null}'] * 40_000)) == []
    assert made.counts["control"] == 40_000


def test_a_symbol_in_any_script_and_of_any_length() -> None:
    made = session_for(USDM, "c", as_is)
    said = [trade(k, symbol=s) for s in ("币安人生USDT", "Z" * 40, "Z" * 31) for k in range(3)]
    for _ in range(2):  # first the slow decoder, then the scanner
        found = {c.instrument.partition(":")[2]: c.columns["id"].tolist()
                 for c in chunks(hear(made, text(*said)), "trade")}  # fmt: skip
        assert found == {"币安人生USDT": [0, 1, 2], "Z" * 40: [0, 1, 2], "Z" * 31: [0, 1, 2]}


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        ("{", Reason.not_json, "Input data was truncated"),
        ("x" * 600, Reason.not_json, "JSON is malformed: invalid character (byte 0)"),
        (trade(1, "0"), Reason.bad_price, "price 0 is out of range"),
        (trade(1, symbol=""), None, ""),
        ("@http://[bad {}", Reason.wrong_type, "an answer whose URL is none: Invalid IPv6 URL"),
        ("@https://h/depth?limit=5 {}", Reason.missing_field,
         "a depth answer without a symbol in its URL"),
        ("@https://h/depth?symbol=A <html>", Reason.not_json,
         "JSON is malformed: invalid character (byte 0)"),
        ("@https://h/depth?symbol=A", Reason.not_json, "Input data was truncated"),
        ('@https://h/openInterest {"openInterest":"1","symbol":""}', Reason.missing_field,
         "a symbol is missing"),
    ],
)  # fmt: skip
def test_a_refused_line(payload: str, reason: Reason | None, detail: str) -> None:
    items = hear(session(BTCUSDT=1), text(payload), first_line=40)
    rejected = Rejected("c", 40, START, START, reason, detail, payload[:500])
    assert items == ([] if reason is None else [rejected])


def test_unknown_answers_are_counted() -> None:
    made = session(BTCUSDT=1)
    assert hear(made, text('@https://h/fapi/v1/ping?x=1 {"a":1}')) == []
    assert +made.counts == {"unknown answer:/fapi/v1/ping": 1}


def test_misplaced_lines_say_nothing_but_what_is_lost() -> None:
    forced = {"e": "forceOrder", "E": 9, "o": {"s": "BTCUSDT", "S": "SELL", "ap": "5.5", "z": "2"}}
    mark = {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1.5", "i": "1", "r": "0", "T": 3}
    open_interest = '@https://h/openInterest {"openInterest":"1","symbol":"BTCUSDT"}'
    said = [ticker(1), trade(1), wire(mark), wire(forced), open_interest, answer(5), "{", trade(2)]
    misplaced = np.array([1] * 7 + [0], np.bool_)
    items = hear(session(BTCUSDT=1), text(*said), misplaced=misplaced)
    assert [(item.kind, item.line.tolist()) for item in items] == [("trade", [8])]


# -- recovery ------------------------------------------------------------------------------------


def test_a_restored_session_goes_on_as_the_first() -> None:
    said = [depth(11, 20, 9), trade(1), ticker(1), depth(22, 30, 20), answer(15),
            trade(2, kind="aggTrade"), depth(33, 40, 30), depth(55, 60, 50), trade(3, symbol="NEW"),
            depth(66, 70, 60), answer(57), ticker(3)]  # fmt: skip
    data = [text(payload, start=START + k * MS) for k, payload in enumerate(said)]
    assert said_wherever_cut(lambda: session(ETHUSDT=2), data)


def test_what_is_listed_after_a_restart_is_known_and_not_yet_told() -> None:
    made = session(BTCUSDT=1)
    again = session(SOLUSDT=3, BTCUSDT=1, XRPUSDT=None)
    again.restore(made.snapshot())
    said = trade(1), trade(2, "1.5", symbol="SOLUSDT"), trade(3, "0.25", symbol="XRPUSDT")
    items = hear(again, text(*said))
    assert others(items) == [
        Seen(instrument(USDM, "SOLUSDT", 3), "c", START + MS, 2, listed=True),
        Seen(instrument(USDM, "XRPUSDT", 2), "c", START + 2 * MS, 3, listed=True),
    ]
    assert all(isinstance(item, Chunk | Seen) for item in items)

"""The reader: what is dispatched where, what is only counted, what it remembers."""

from typing import Any

import pytest

from schemas.control import Reason, Rejected, Wish
from sources.okx import RECENT_TRADES
from tests.sources.okx_frames import (
    INVERSE,
    LINEAR,
    MARKETS,
    OPTION,
    SPOT,
    TS,
    listed,
    merged,
    one,
    rows,
    seen,
    session,
    snapshot,
    trade,
    unlisted,
    update,
)
from tests.sources.talk import MS, START, hear, shown, text, wire

INSTRUMENTS = "@https://www.okx.com/api/v5/public/instruments?instType=SWAP"


def at(line: int) -> int:
    return START + (line - 1) * MS


def mark(symbol: str, px: str = "100") -> str:
    row = {"instId": symbol, "instType": "SWAP", "markPx": px, "ts": str(TS)}
    return rows("mark-price", row, instId=symbol)


def index(name: str, px: str) -> str:
    return rows("index-tickers", {"instId": name, "idxPx": px, "ts": str(TS)}, instId=name)


def filled(symbol: str, *fills: tuple[int, int], size: float = 2.0) -> Any:
    """The chunk of fills as `trade` sends them: (line, id)."""
    lines, ids = zip(*fills, strict=True)
    return one(symbol, "trade", *lines, venue_ns=TS * MS, id=ids, px=100.0, size_base=size, taker=1)


# -- what is only counted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        ("pong", "control"),
        ("ping", "control"),
        ({"event": "subscribe", "arg": {"channel": "books", "instId": SPOT}}, "control"),
        ({"event": "unsubscribe", "arg": {"channel": "books", "instId": SPOT}}, "control"),
        ({"event": "channel-conn-count", "channel": "books", "connCount": "2"}, "control"),
        ({"event": "error", "code": "60012", "msg": "bad"}, "error"),
        ({"event": "error", "code": 60012}, "error"),
        ({"event": "channel-conn-count-error", "channel": "books"}, "error"),
        ({"event": "notice", "code": "64008", "msg": "soon"}, "notice:64008"),
        ({"event": "festival"}, "unknown:festival"),
        ({"arg": {"channel": "tickers", "instId": SPOT}, "data": [{"last": 5}]}, "unknown:tickers"),
        ({"arg": {"channel": "books5", "instId": SPOT}, "data": [{}]}, "unknown:books5"),
        ({"surprise": 1}, "unknown:"),
        ({"arg": {"channel": "trades", "instId": SPOT}, "data": []}, None),
    ],
)
def test_what_gives_nothing(frame: Any, counted: str | None) -> None:
    made = session()
    assert hear(made, text(frame if isinstance(frame, str) else wire(frame))) == []
    assert +made.counts == ({} if counted is None else {counted: 1})


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("pong ", Reason.not_json),
        ("{", Reason.not_json),
        (trade(1)[:-9], Reason.not_json),
        (b"\xff\xfe", Reason.not_json),
        ("[" * 5000, Reason.wrong_type),
        ("[]", Reason.wrong_type),
        ('{"arg":7}', Reason.wrong_type),
        ('{"arg":{"channel":"trades"}}', Reason.missing_field),
        ('{"arg":{"channel":"trades"},"data":null}', Reason.wrong_type),
        (trade(1).replace('"2"', "2"), Reason.wrong_type),
        (trade(1, instId=""), Reason.missing_field),
        (trade(1, instId="EURO2028-WINNER-A-B"), Reason.no_metadata),
        (mark(""), Reason.missing_field),
        (rows("funding-rate", {"instId": "", "fundingRate": "1"}), Reason.missing_field),
        (rows("open-interest", {"instId": "", "oiCcy": "1"}), Reason.missing_field),
        (rows("opt-summary", {"instId": OPTION}, {"instId": ""}), Reason.missing_field),
        (mark("BTC-USDT-WHAT"), Reason.no_metadata),
        (rows("bbo-tbt", {"asks": [], "bids": []}), Reason.missing_field),
    ],
)
def test_what_is_refused_leaves_nothing_but_the_refusal(frame: str | bytes, reason: Reason) -> None:
    made = unlisted()
    (rejected,) = hear(made, text(frame))
    assert (type(rejected), rejected.reason, rejected.line) == (Rejected, reason, 1)
    assert (made.instruments(), +made.counts) == ({}, {})
    assert merged(hear(made, text("pong", trade(5)))) == [seen(SPOT, 2), filled(SPOT, (2, 5))]


def test_one_bad_row_takes_its_frame_with_it() -> None:
    """And what was good of it may come again."""
    good = {"instId": SPOT, "tradeId": "7", "px": "100", "sz": "2", "side": "buy", "ts": str(TS)}
    made = session()
    (rejected,) = hear(made, text(rows("trades", good, good | {"tradeId": "8", "px": "0"})))
    assert rejected.reason is Reason.bad_price
    assert merged(hear(made, text(rows("trades", good)))) == [filled(SPOT, (1, 7))]


# -- fills come once -----------------------------------------------------------------------------


def test_a_fill_that_comes_again_counts_once() -> None:
    made = session()
    sent = [trade(7), trade(7), trade(9), trade(8), trade(7), trade(7, instId=LINEAR)]
    items = merged(hear(made, text(*sent)))
    assert items == [filled(SPOT, (1, 7), (3, 9), (4, 8)), filled(LINEAR, (6, 7), size=1.0)]
    assert +made.counts == {"trade_again": 2}


def test_ids_that_begin_anew_are_new_and_few_are_remembered() -> None:
    made = session()
    hear(made, text(*(trade(1000 + k) for k in range(RECENT_TRADES + 1))))
    assert made.reader.trades == {SPOT: list(range(1001, 1001 + RECENT_TRADES))}
    assert merged(hear(made, text(trade(3)))) == [filled(SPOT, (1, 3))]


def test_after_a_reconnect_the_last_fill_comes_again() -> None:
    made = session()
    hear(made, text(trade(7)))
    assert made.lose(at(2), 2, "reconnect") == []
    assert merged(hear(made, text(trade(7), trade(8)))) == [filled(SPOT, (2, 8))]


# -- an index stands in the rows of the markets on it --------------------------------------------


def test_an_index_goes_to_the_swaps_and_futures_that_have_spoken() -> None:
    made = unlisted()
    future = "BTC-USDT-270326"
    sent = [index("BTC-USDT", "99"), mark(LINEAR), mark(INVERSE), mark(future), mark(SPOT),
            index("BTC-USDT", "98"), index("BTC-USD", "97")]  # fmt: skip
    items = merged(hear(made, text(*sent)))
    spoken = [LINEAR, INVERSE, future, SPOT]
    assert items[:4] == [seen(symbol, line) for line, symbol in enumerate(spoken, 2)]
    nan = "NaN"
    assert items[4:] == [
        one(INVERSE, "mark", 3, 7, venue_ns=TS * MS, mark=(100.0, nan), index=(nan, 97.0)),
        one(SPOT, "mark", 5, venue_ns=TS * MS, mark=100.0),
        one(future, "mark", 4, 6, venue_ns=TS * MS, mark=(100.0, nan), index=(nan, 98.0)),
        one(LINEAR, "mark", 2, 6, venue_ns=TS * MS, mark=(100.0, nan), index=(nan, 98.0)),
    ]
    assert +made.counts == {"index_without_market": 1}


# -- the listing ---------------------------------------------------------------------------------


def listing(*markets: dict[str, str]) -> str:
    return f"{INSTRUMENTS} {wire({'code': '0', 'msg': '', 'data': list(markets)})}"


SWAP_ROW = {"instId": LINEAR, "instType": "SWAP", "uly": SPOT, "ctVal": "0.5", "ctMult": "1",
            "ctValCcy": "BTC", "ctType": "linear", "settleCcy": "USDT", "tickSz": "0.1",
            "expTime": "", "stk": "", "optType": ""}  # fmt: skip
SPOT_ROW = {"instId": SPOT, "instType": "SPOT", "baseCcy": "BTC", "quoteCcy": "USDT",
            "tickSz": "0.01"}  # fmt: skip


def test_contracts_count_from_the_listing_on() -> None:
    made = unlisted()
    items = hear(made, text(trade(1, instId=LINEAR), listing(SWAP_ROW), trade(2, instId=LINEAR)))
    assert [type(item) for item in items[:2]] == [Wish, Rejected]
    told, fills = map(shown, items[2:])
    assert (told.instrument, told.line) == (MARKETS[1], 3)
    assert fills == filled(LINEAR, (3, 2), size=1.0)


def test_a_scale_that_rows_have_stays_when_the_listing_comes() -> None:
    made = unlisted()
    hear(made, text(snapshot(10), listing(SPOT_ROW), update(10, 11)))
    assert made.known[SPOT] == listed(SPOT, "spot", 1)
    fresh = unlisted()
    hear(fresh, text(trade(1), listing(SPOT_ROW), snapshot(10)))
    assert fresh.known[SPOT] == listed(SPOT, "spot", 2)


def test_the_listing_is_wished_for_once_a_connection_and_again_after_it() -> None:
    made = unlisted()
    url = INSTRUMENTS[1:] + f"&instId={LINEAR}"
    family = "https://www.okx.com/api/v5/public/instruments?instType=OPTION&instFamily=BTC-USD"
    other = "BTC-USD-270326-80000-P"
    sent = text(*(trade(1, instId=symbol) for symbol in (LINEAR, LINEAR, OPTION, other)))
    expected = [Wish(f"okx:{LINEAR}", url, "no_metadata"),
                Wish(f"okx:{OPTION}", family, "no_metadata")]  # fmt: skip
    for _ in range(2):
        items = hear(made, sent)
        assert [item for item in items if isinstance(item, Wish)] == expected
        assert sum(isinstance(item, Rejected) for item in items) == 4
        copy = unlisted()
        copy.restore(made.snapshot())
        assert not any(isinstance(item, Wish) for item in hear(copy, sent))
        assert made.lose(at(1), 1, "reconnect") == []


@pytest.mark.parametrize(
    ("line", "counted"),
    [
        ('@https://h/api/v5/public/time {"code":"0"}', {"unknown answer:/api/v5/public/time": 1}),
        ('@https://h/api/v5/public/mark-price {"code":"50011","msg":"limit"}', {"error": 1}),
        ('@https://h/api/v5/public/instruments {"code":"50011"}', {"error": 1}),
    ],
)
def test_answers_that_only_count(line: str, counted: dict[str, int]) -> None:
    made = session()
    assert hear(made, text(line)) == []
    assert +made.counts == counted


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("@https://[bad {}", Reason.wrong_type),
        ("@https://h/api/v5/public/instruments <html>", Reason.not_json),
        ("@https://h/api/v5/public/instruments {}", Reason.missing_field),
        ('@https://h/api/v5/public/instruments {"code":"0"}', Reason.missing_field),
        ('@https://h/api/v5/public/instruments {"code":"0","data":{}}', Reason.wrong_type),
    ],
)
def test_answers_that_are_refused(line: str, reason: Reason) -> None:
    (rejected,) = hear(session(), text(line))
    assert (type(rejected), rejected.reason) == (Rejected, reason)


def test_an_answer_is_read_like_its_channel() -> None:
    row = {"instId": LINEAR, "instType": "SWAP", "markPx": "100", "ts": str(TS)}
    body = wire({"code": "0", "data": [row], "msg": ""})
    line = f"@https://www.okx.com/api/v5/public/mark-price?instId={LINEAR} {body}"
    assert merged(hear(session(), text(line))) == merged(hear(session(), text(mark(LINEAR))))


# -- a restart -----------------------------------------------------------------------------------


def test_a_restart_between_any_two_lines_changes_nothing() -> None:
    sent = [trade(7), mark(LINEAR), index("BTC-USDT", "98"), trade(7), trade(1, instId=INVERSE),
            snapshot(10), update(10, 11), trade(7), index("BTC-USDT", "97"), trade(8)]  # fmt: skip
    whole = merged(hear(unlisted(), text(*sent)))
    nan = "NaN"
    seen_again = seen(SPOT, 6, decimals=1)
    assert [item for item in whole if not isinstance(item, Wish | Rejected)] == [
        seen(SPOT), seen(LINEAR, 2), seen_again,
        one(SPOT, "book", 6, 6, 7, venue_ns=TS * MS, first_id=10, last_id=(10, 10, 11),
            side=(1, -1, 0), px_ticks=(1000, 1015, 0), size=(2.0, 3.0, 0.0), is_snapshot=(1, 1, 0)),
        filled(SPOT, (1, 7), (10, 8)),
        one(LINEAR, "mark", 2, 3, 9, venue_ns=TS * MS, mark=(100.0, nan, nan),
            index=(nan, 98.0, 97.0)),
    ]  # fmt: skip
    assert [(type(item), item.instrument if isinstance(item, Wish) else item.line)
            for item in whole if isinstance(item, Wish | Rejected)] == [
        (Wish, f"okx:{INVERSE}"), (Rejected, 5),
    ]  # fmt: skip
    for cut in range(1, len(sent)):
        made, other = unlisted(), unlisted()
        items = hear(made, text(*sent[:cut]))
        other.restore(made.snapshot())
        items += hear(other, text(*sent[cut:], start=at(cut + 1)), first_line=cut + 1)
        assert merged(items) == whole

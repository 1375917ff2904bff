"""Every sample frame with its reviewed meaning; what the session learns, counts and refuses."""

import json
from typing import Any

import numpy as np
import pytest

from schemas.chunk import Chunk
from schemas.control import Reason, Rejected, Seen, Wish
from schemas.instrument import Instrument
from sources.registry import session_for
from tests.shared import shared_file
from tests.sources.talk import (
    MS,
    SPOT,
    START,
    USDM,
    answer,
    as_is,
    chunks,
    depth,
    hear,
    indexed,
    instrument,
    no_scanner,
    others,
    session,
    shown,
    text,
    ticker,
    trade,
    wire,
)

FAPI = "https://fapi.binance.com/fapi/v1/depth?symbol={}&limit=1000"
API = "https://api.binance.com/api/v3/depth?symbol={}&limit=5000"


def sample(path: str) -> list[str]:
    """The frames of a sample file as they stand on the wire, inbound ones only."""
    frames = json.loads(shared_file(f"frames/{path}").read_text(encoding="utf-8"))["frames"]
    return [wire(frame) for frame in frames if frame.get("_dir") != "client"]


def seen(venue: str, symbol: str, decimals: int | None, line: int = 1) -> Seen:
    known = instrument(venue, symbol, decimals)
    return Seen(known, "c", START + (line - 1) * MS, line, listed=False)


def one(venue: str, symbol: str, kind: str, line: int = 1, /, **columns: Any) -> Any:
    """A chunk of one line as `shown` gives it."""
    rows = max(len(c) if isinstance(c, tuple) else 1 for c in columns.values())
    wide = {k: c if isinstance(c, tuple) else (c,) * rows for k, c in columns.items()}
    times = (START + (line - 1) * MS,) * rows
    return (f"{venue}:{symbol}", kind, "c", times, (line,) * rows, wide)


TRADE = dict(venue_ns=1785685177439 * MS, id=7947325360, px=63113.20, size_base=0.001, taker=1)
SAMPLES: dict[str, tuple[str, int | None, Any]] = {
    "binance_usdm/trade.json": ("BTCUSDT", 2, one(USDM, "BTCUSDT", "trade", **TRADE)),
    "binance_usdm/aggTrade.json": ("BTCUSDT", 2, one(
        USDM, "BTCUSDT", "trade",
        venue_ns=1786171884624 * MS, id=3404749954, px=64990.90, size_base=0.002, taker=-1)),
    "binance_usdm/bookTicker.json": ("BNBUSDT", 8, one(
        USDM, "BNBUSDT", "top", venue_ns=1568014460893 * MS, id=400900217,
        bid_px=25.3519, bid_sz=31.21, ask_px=25.3652, ask_sz=40.66)),
    "binance_usdm/markPriceUpdate.json": ("BTCUSDT", None, one(
        USDM, "BTCUSDT", "mark", venue_ns=1786171884000 * MS, mark=64991.37858696,
        index=65016.05673913, funding_rate=0.00003936, interval_h="NaN",
        next_funding_ns=1786176000000 * MS, oi_base="NaN")),
    "binance_usdm/forceOrder.json": ("BTCUSDT", None, one(
        USDM, "BTCUSDT", "liquidation", venue_ns=1791565602120 * MS, px=82651.90,
        size_base=0.190, position_side=1, thinned=1)),
    "binance_spot/trade.json": ("BNBBTC", 3, one(
        SPOT, "BNBBTC", "trade",
        venue_ns=1672515782136 * MS, id=12345, px=0.001, size_base=100.0, taker=-1)),
    "binance_spot/aggTrade.json": ("BNBBTC", 3, one(
        SPOT, "BNBBTC", "trade",
        venue_ns=1672515782136 * MS, id=12345, px=0.001, size_base=100.0, taker=-1)),
    "binance_spot/bookTicker.json": ("BTCUSDT", 8, one(
        SPOT, "BTCUSDT", "top", venue_ns=0, id=98494969448,
        bid_px=63704.0, bid_sz=4.77471, ask_px=63704.01, ask_sz=11.33198)),
}  # fmt: skip


def venue_of(path: str) -> str:
    return path.partition("/")[0].replace("_", "-")


@pytest.mark.parametrize("path", SAMPLES)
def test_a_sample_frame(path: str) -> None:
    symbol, decimals, expected = SAMPLES[path]
    venue, (frame,) = venue_of(path), sample(path)
    made = session_for(venue, "c", as_is)
    assert list(map(shown, hear(made, text(frame)))) == [seen(venue, symbol, decimals), expected]
    assert +made.counts == {}
    known = session(venue, **{symbol: 8})
    assert list(map(shown, hear(known, text(frame)))) == [expected]
    with no_scanner():
        assert list(map(shown, hear(session(venue, **{symbol: 8}), text(frame)))) == [expected]


DEPTHS = {
    "binance_usdm/depthUpdate.json": (
        "BTCUSDT", 2, 11270657244992, 1786541223115,
        ((1, 100000, 179.935), (1, 1352170, 0.350), (1, 6392130, 0.002), (1, 6392170, 29.761),
         (-1, 6392180, 3.245), (-1, 6392470, 0.001)), 11270657256268),
    "binance_spot/depthUpdate.json": (
        "BNBBTC", 4, 157, 1672515782136, ((1, 24, 10.0), (-1, 26, 100.0)), 160),
}  # fmt: skip


@pytest.mark.parametrize("path", DEPTHS)
def test_a_sample_depth_frame(path: str) -> None:
    symbol, decimals, first, milliseconds, levels, last = DEPTHS[path]
    venue, (frame,) = venue_of(path), sample(path)
    made = session_for(venue, "c", as_is)
    url = (FAPI if venue == USDM else API).format(symbol)
    wish = Wish(f"{venue}:{symbol}", url, "sequence")
    assert hear(made, text(frame)) == [seen(venue, symbol, decimals), wish]
    snapshot = answer(first, [("1", "5")], [], symbol)
    side, px, size = zip((1, 10**decimals, 5.0), *levels, strict=True)
    many = len(levels)
    expected = one(
        venue, symbol, "book",
        venue_ns=(0, *[milliseconds * MS] * many), first_id=(first,) * (many + 1),
        last_id=(first, *[last] * many), side=side, px_ticks=px, size=size,
        is_snapshot=(1, *[0] * many),
    )  # fmt: skip
    assert list(map(shown, hear(made, text(snapshot)))) == [expected]


@pytest.mark.parametrize(
    ("path", "venue_ns"),
    [("binance_usdm/depth_rest_snapshot.json", 1589436922972 * MS),
     ("binance_spot/depth_rest_snapshot.json", 0)],
)  # fmt: skip
def test_a_sample_snapshot(path: str, venue_ns: int) -> None:
    venue, (body,) = venue_of(path), sample(path)
    made = session_for(venue, "c", as_is)
    line = f"@https://host/api/v3/depth?symbol=XRPUSDT&limit=5 {body}"
    assert hear(made, text(line)) == [seen(venue, "XRPUSDT", 8)]
    frame = depth(1027024, 1027025, 1, bids=[("4.0", "0")], symbol="XRPUSDT")
    spot_frame = frame.replace('"U":1027024', '"U":1027025')
    items = hear(made, text(frame if venue == USDM else spot_frame))
    first = 1027024 if venue == USDM else 1027025
    expected = one(
        venue, "XRPUSDT", "book", venue_ns=(venue_ns, venue_ns, MS),
        first_id=(1027024, 1027024, first), last_id=(1027024, 1027024, 1027025), side=(1, -1, 1),
        px_ticks=(400000000, 400000200, 400000000), size=(431.0, 12.0, 0.0), is_snapshot=(1, 1, 0),
    )  # fmt: skip
    assert list(map(shown, items)) == [expected]


def test_sample_open_interest() -> None:
    (body,) = sample("binance_usdm/openInterest_rest.json")
    line = f"@https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT {body}"
    expected = one(
        USDM, "BTCUSDT", "mark", venue_ns=1589437530011 * MS, mark="NaN", index="NaN",
        funding_rate="NaN", interval_h="NaN", next_funding_ns=0, oi_base=10659.509,
    )  # fmt: skip
    items = hear(session_for(USDM, "c", as_is), text(line))
    assert list(map(shown, items)) == [seen(USDM, "BTCUSDT", None), expected]


@pytest.mark.parametrize(
    ("path", "counted"),
    [("binance_usdm/subscribe_ack.json", "control"), ("binance_usdm/error.json", "control"),
     ("binance_spot/serverShutdown.json", "unknown:serverShutdown")],
)  # fmt: skip
def test_sample_frames_that_only_count(path: str, counted: str) -> None:
    made = session_for(venue_of(path), "c", as_is)
    assert hear(made, text(*sample(path))) == []
    assert +made.counts == {counted: 1}


def test_every_sample_is_reviewed() -> None:
    single = {"depth_rest_snapshot", "openInterest_rest", "subscribe_ack", "error"}
    reviewed = {*SAMPLES, *DEPTHS, "binance_spot/serverShutdown.json"}
    reviewed |= {f"binance_usdm/{name}.json" for name in single}
    reviewed |= {"binance_spot/depth_rest_snapshot.json"}
    folders = [shared_file(f"frames/{name}") for name in ("binance_usdm", "binance_spot")]
    assert {f"{d.name}/{path.name}" for d in folders for path in d.iterdir()} == reviewed


# -- products, kinds of fill ---------------------------------------------------------------------


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("product", "venue", "told"), [(1, USDM, 1), (2, USDM, 0), (2, SPOT, 1)])
def test_the_product_of_a_forced_order(inside: bool, product: int, venue: str, told: int) -> None:
    order = {"s": "BTCUSDT", "S": "SELL", "ap": "5.5", "z": "2", "T": 1}
    mark = {"st": product, "ps": "BTCUSDT"}
    frame = {"e": "forceOrder", "E": 9, "o": order | mark if inside else order}
    made = session(venue, BTCUSDT=1)
    items = hear(made, text(wire(frame if inside else frame | mark)))
    found = one(venue, "BTCUSDT", "liquidation", venue_ns=MS, px=5.5, size_base=2.0,
                position_side=1, thinned=1)  # fmt: skip
    assert list(map(shown, items)) == [found] * told
    assert made.counts["other_product"] == 1 - told


@pytest.mark.parametrize(
    "payload", [depth(1, 2, 0), ticker(1), trade(1), trade(1, kind="aggTrade")]
)
def test_the_other_product_is_ignored(payload: str) -> None:
    other = payload[:-1] + ',"st":2}'
    made = session(USDM, BTCUSDT=1)
    assert hear(made, text(other)) == []
    assert made.counts == {"other_product": 1}
    assert len(hear(session(SPOT, BTCUSDT=1), text(other))) == 1


def test_only_ordinary_market_orders_are_flow() -> None:
    said = [trade(k)[:-1] + extra for k, extra in enumerate(
        ("}", ',"X":"MARKET"}', ',"X":"INSURANCE_FUND"}', ',"X":"NA"}', ',"X":""}'))]  # fmt: skip
    (chunk,) = hear(session(BTCUSDT=1), text(*said))
    assert chunk.columns["taker"].tolist() == [-1, -1, 0, 0, 0]


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
    straight = session(ETHUSDT=2)
    whole = [shown(item) for k, line in enumerate(data) for item in hear(straight, line, k + 1)]
    for cut in range(len(said) + 1):
        first = session(ETHUSDT=2)
        before = [shown(i) for k, line in enumerate(data[:cut]) for i in hear(first, line, k + 1)]
        second = session(ETHUSDT=2)
        second.restore(first.snapshot())
        after = [
            shown(i) for k, line in enumerate(data[cut:]) for i in hear(second, line, cut + k + 1)
        ]
        assert before + after == whole
        assert second.snapshot() == straight.snapshot()
        assert second.instruments() == straight.instruments()


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

"""Every sample frame with its reviewed meaning; products and kinds of fill that do not count."""

import json
from typing import Any

import pytest

from schemas.control import Wish
from sources.registry import session_for
from tests.shared import shared_file
from tests.sources.talk import (
    MS,
    SPOT,
    START,
    USDM,
    answer,
    as_is,
    depth,
    hear,
    no_scanner,
    seen,
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


def one(venue: str, symbol: str, kind: str, line: int = 1, /, **columns: Any) -> Any:
    """A chunk of one line as `shown` gives it."""
    rows = max(len(c) if isinstance(c, tuple) else 1 for c in columns.values())
    wide = {k: c if isinstance(c, tuple) else (c,) * rows for k, c in columns.items()}
    times = (START + (line - 1) * MS,) * rows
    return (f"{venue}:{symbol}", kind, "c", times, (line,) * rows, wide)


SAMPLES: dict[str, tuple[str, int | None, Any]] = {
    "binance_usdm/trade.json": ("BTCUSDT", 2, one(
        USDM, "BTCUSDT", "trade",
        venue_ns=1785685177439 * MS, id=7947325360, px=63113.20, size_base=0.001, taker=1)),
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

"""Frames made by hand for the tests beside this one, and the shared live frames, one by one."""

import json
from typing import Any

import numpy as np
import pytest

from schemas.chunk import Chunk
from schemas.control import Gap, Seen, Wish
from schemas.instrument import Instrument
from sources.coinbase import CoinbaseAdvanced
from sources.in_band import InBand
from tests.shared import shared_file
from tests.sources.talk import MS, START, as_is, hear, shown, text, wire

BTC, ETH = "coinbase-advanced:BTC-USD", "coinbase-advanced:ETH-USD"
AT, AT_NS = "2026-08-01T00:00:00.25Z", 1_785_542_400_250_000_000
SENT, SENT_NS = "2026-08-01T00:00:00.5Z", 1_785_542_400_500_000_000


def made(**settings: Any) -> InBand:
    return InBand(CoinbaseAdvanced(**settings), "c", as_is)


def said(channel: str, number: int, *events: Any) -> str:
    return wire({"channel": channel, "timestamp": SENT, "sequence_num": number, "events": events})


def book_event(kind: str, *levels: tuple[str, str, str], product: str = "BTC-USD") -> Any:
    updates = [
        {"side": side, "event_time": AT, "price_level": px, "new_quantity": size}
        for side, px, size in levels
    ]
    return {"type": kind, "product_id": product, "updates": updates}


def book(number: int, kind: str, *levels: tuple[str, str, str], product: str = "BTC-USD") -> str:
    return said("l2_data", number, book_event(kind, *levels, product=product))


def full(number: int, product: str = "BTC-USD") -> str:
    return book(number, "snapshot", ("bid", "99.5", "2"), ("offer", "100.25", "3"), product=product)


def change(number: int, product: str = "BTC-USD", size: str = "4") -> str:
    return book(number, "update", ("bid", "99.5", size), product=product)


def trade(number: Any, side: str = "BUY", px: str = "100", size: str = "0.5",
          product: str = "BTC-USD", at: str = AT) -> Any:  # fmt: skip
    return {"trade_id": str(number), "product_id": product, "price": px, "size": size,
            "side": side, "time": at}  # fmt: skip


def trades(number: int, *found: Any, kind: str = "update") -> str:
    return said("market_trades", number, {"type": kind, "trades": found})


def best(product: str = "BTC-USD", **changes: Any) -> Any:
    usual = {"best_bid": "99.5", "best_bid_quantity": "2", "best_ask": "100.25",
             "best_ask_quantity": "3"}  # fmt: skip
    return {"type": "ticker", "product_id": product, "price": "1"} | usual | changes


def ticker(number: int, product: str = "BTC-USD", **changes: Any) -> str:
    return said("ticker", number, {"type": "update", "tickers": [best(product, **changes)]})


def beat(number: int) -> str:
    return said("heartbeats", number, {"current_time": "2026-08-01 00:00", "heartbeat_counter": 7})


def spot(symbol: str, decimals: int | None) -> Instrument:
    asset, quote = symbol.split("-")
    name = f"coinbase-advanced:{symbol}"
    return Instrument(name=name, asset=asset, quote=quote, kind="spot", price_decimals=decimals)


def seen(symbol: str, decimals: int | None, line: int = 1, *, listed: bool = False) -> Seen:
    return Seen(spot(symbol, decimals), "c", at(line), line, listed=listed)


def gap(name: str, line: int, reason: str = "sequence") -> Gap:
    return Gap(name, "c", at(line), line, reason)


def wish(name: str, reason: str = "sequence") -> Wish:
    return Wish(name, "", reason)


def at(line: int) -> int:
    return START + (line - 1) * MS


def talked(session: InBand, *payloads: str | bytes, line: int = 1) -> list[Any]:
    """What the session says to these payloads, as plain values."""
    data = text(*payloads, start=at(line))
    return [shown(item) for item in hear(session, data, line)]


def rows(items: Any) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """All rows by instrument and kind: (received_ns, line, columns …), wherever they were cut."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for item in items:
        if isinstance(item, Chunk):
            columns = item.received_ns, item.line, *item.columns.values()
            values = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
            found.setdefault((item.instrument, item.kind), []).extend(values)
    return found


# -- the shared frames -------------------------------------------------------------------------

_CHANNEL_TIMES = {
    "14:30:00.123456": 1775572200123456000,
    "14:30:01.456789": 1775572201456789000,
    "14:30:02.789012": 1775572202789012000,
    "14:30:02.8": 1775572202800000000,
}


def told(name: str) -> tuple[InBand, list[Any]]:
    """A session that has heard a shared file's frames, and its items."""
    path = shared_file(f"frames/coinbase/{name}.json")
    frames = json.loads(path.read_text(encoding="utf-8"))["frames"]
    session = made()
    ours = [frame for frame in frames if frame.get("_dir") != "client"]
    stripped = [{key: frame[key] for key in frame if key[0] != "_"} for frame in ours]
    return session, hear(session, text(*map(wire, stripped)))


def test_the_shared_snapshot() -> None:
    session, (met, chunk) = told("adv_l2_snapshot")
    assert met == seen("BTC-USD", 2)
    ids = (at(1), 1, _CHANNEL_TIMES["14:30:00.123456"], 0, 0)
    assert rows([chunk]) == {
        (BTC, "book"): [
            (*ids, 1, 6890000, 1.5, 1),
            (*ids, 1, 6889950, 0.75, 1),
            (*ids, 1, 6889900, 2.3, 1),
            (*ids, -1, 6890100, 0.5, 1),
            (*ids, -1, 6890150, 1.2, 1),
            (*ids, -1, 6890200, 0.8, 1),
        ]
    }
    assert not +session.counts


def test_the_shared_update_comes_before_any_snapshot_and_is_left_out() -> None:
    session, items = told("adv_l2_update")
    assert items == [seen("BTC-USD", None), wish(BTC, "unsynchronised")]
    assert +session.counts == {"unsynchronised": 1}


def test_the_shared_update_after_the_shared_snapshot() -> None:
    path = shared_file("frames/coinbase/adv_l2_update.json")
    update = json.loads(path.read_text(encoding="utf-8"))["frames"][0]
    session, _ = told("adv_l2_snapshot")
    items = hear(session, text(wire(update), start=at(2)), 2)
    ids = (at(2), 2, _CHANNEL_TIMES["14:30:01.456789"], 1, 1)
    expected = [(*ids, 1, 6890000, 2.0, 0), (*ids, -1, 6890100, 0.0, 0)]
    assert rows(items) == {(BTC, "book"): expected}


def test_the_shared_trades() -> None:
    session, (met, *items) = told("adv_market_trades")
    assert met == seen("BTC-USD", None)
    first, second = (_CHANNEL_TIMES[when] for when in ("14:30:02.789012", "14:30:02.8"))
    assert rows(items) == {
        (BTC, "trade"): [
            (at(1), 1, first, 995098700, 68900.5, 0.0015, -1),
            (at(1), 1, second, 995098701, 68900.0, 0.05, 1),
        ]
    }
    assert +session.counts == {"side_is_maker": 2}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("adv_heartbeats", {"control": 1}),
        ("adv_subscriptions", {"control": 1}),
        ("exchange_match", {"unknown:match": 1}),
        ("exchange_level2", {"unknown:snapshot": 1, "unknown:l2update": 1}),
    ],
)
def test_shared_frames_that_emit_nothing(name: str, counts: dict[str, int]) -> None:
    session, items = told(name)
    assert (items, +session.counts) == ([], counts)


def test_every_shared_frame_of_this_feed_has_its_test() -> None:
    folder = shared_file("frames/coinbase")
    assert sorted(path.stem for path in folder.iterdir()) == [
        "adv_heartbeats", "adv_l2_snapshot", "adv_l2_update", "adv_market_trades",
        "adv_subscriptions", "exchange_level2", "exchange_match",
    ]  # fmt: skip

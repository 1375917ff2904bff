"""Small Coinbase frames from a few numbers, a session, its items as plain values."""

from typing import Any

import numpy as np

from schemas.chunk import Chunk
from schemas.control import Gap, Seen, Wish
from schemas.instrument import Instrument
from sources.coinbase import CoinbaseAdvanced
from sources.coinbase_assumed import CoinbaseAssumed
from sources.in_band import InBand
from tests.sources.talk import MS, START, as_is, hear, shown, text, wire

BTC, ETH = "coinbase-advanced:BTC-USD", "coinbase-advanced:ETH-USD"
AT, AT_NS = "2026-08-01T00:00:00.25Z", 1_785_542_400_250_000_000
SENT, SENT_NS = "2026-08-01T00:00:00.5Z", 1_785_542_400_500_000_000


def made(**settings: Any) -> InBand:
    return InBand(CoinbaseAdvanced(CoinbaseAssumed(**settings)), "c", as_is)


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


BOTH_LOST = [gap(BTC, 3), wish(BTC), gap(ETH, 3), wish(ETH)]

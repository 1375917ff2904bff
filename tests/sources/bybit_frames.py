"""Bybit frames from a few numbers, a session that hears them, and the items they should give."""

import json
from typing import Any

from schemas.control import Gap, Rejected, Seen, Wish
from schemas.instrument import Instrument
from sources.bybit import Bybit
from sources.bybit_assumed import BybitAssumed
from sources.in_band import InBand
from tests.shared import shared_file
from tests.sources.talk import MS, START, as_is, hear, text, wire

BTC = "bybit-linear:BTCUSDT"
BIDS, ASKS = (("100.0", "1"), ("99.5", "2")), (("101.0", "3"),)
SIDES = (1, 1, -1)  # of a whole snapshot of these
TICKS, SIZES = (1000, 995, 1010), (1.0, 2.0, 3.0)


def session(*, break_is_gap: bool = True) -> InBand:
    return InBand(Bybit(BybitAssumed(break_is_gap=break_is_gap)), "c", as_is)


def say(made: InBand, *payloads: str | bytes, first_line: int = 1) -> list[Any]:
    """What the session says to these frames, 1 ms apart."""
    return hear(made, text(*payloads, start=at(first_line)), first_line)


def at(line: int) -> int:
    """When a line was received."""
    return START + (line - 1) * MS


# -- frames ----------------------------------------------------------------------------------


def book(
    u: Any,
    bids: Any = (("100.0", "1"),),
    asks: Any = (),
    *,
    kind: str = "delta",
    symbol: str = "BTCUSDT",
    depth: Any = 200,
    **changes: Any,
) -> str:
    data = {"s": symbol, "b": bids, "a": asks, "u": u, "seq": 7}
    head = {"topic": f"orderbook.{depth}.{symbol}", "type": kind, "ts": 6, "cts": 5}
    return wire(head | changes | {"data": data | changes.get("data", {})})


def whole(u: Any, **changes: Any) -> str:
    """A snapshot of BIDS and ASKS."""
    return book(u, BIDS, ASKS, kind="snapshot", **changes)


def fill(number: int, **changes: Any) -> dict[str, Any]:
    base = {"T": 3, "s": "BTCUSDT", "S": "Buy", "v": "2", "p": "100.5", "L": "PlusTick"}
    return base | {"i": f"{number:08x}-0000-4000", "BT": False, "RPI": False, "seq": 9} | changes


def fills(*data: Any, symbol: str = "BTCUSDT", ts: int = 4) -> str:
    head = {"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": ts}
    return wire(head | {"data": data})


def gone(**changes: Any) -> dict[str, Any]:
    return {"T": 3, "s": "BTCUSDT", "S": "Buy", "v": "2", "p": "90.5"} | changes


def liquidations(*data: Any, symbol: str = "BTCUSDT", ts: int = 4) -> str:
    head = {"topic": f"allLiquidation.{symbol}", "type": "snapshot", "ts": ts}
    return wire(head | {"data": data})


def ticker(*, symbol: str = "BTCUSDT", ts: Any = 6, **changes: Any) -> str:
    head = {"topic": f"tickers.{symbol}", "type": "delta", "cs": 8, "ts": ts}
    return wire(head | {"data": {"symbol": symbol} | changes})


def sample(name: str) -> list[str]:
    """The frames of a sample file that come from the venue, as they stand on the wire."""
    frames = json.loads(shared_file(f"frames/bybit/{name}.json").read_text("utf-8"))["frames"]
    bare = [{k: v for k, v in f.items() if not k.startswith("_")} for f in frames
            if f.get("_dir") != "client"]  # fmt: skip
    return [wire(frame) for frame in bare]


# -- items -----------------------------------------------------------------------------------


def btc(decimals: int | None) -> Instrument:
    return Instrument(
        name=BTC, asset="BTC", quote="USDT", kind="perpetual", price_decimals=decimals
    )


def seen(decimals: int | None, line: int = 1) -> Seen:
    return Seen(btc(decimals), "c", at(line), line, listed=False)


def gap(line: int, reason: str = "sequence") -> Gap:
    return Gap(BTC, "c", at(line), line, reason)


def wish(reason: str = "sequence") -> Wish:
    return Wish(BTC, "", reason)


def one(kind: str, lines: Any, name: str = BTC, /, **columns: Any) -> Any:
    """A chunk as `talk.shown` gives it; a single line or value stands for every row."""
    wide = {k: c for k, c in columns.items() if isinstance(c, tuple)}
    rows = len(lines) if isinstance(lines, tuple) else len(next(iter(wide.values()), (0,)))
    where = lines if isinstance(lines, tuple) else (lines,) * rows
    full = {k: c if isinstance(c, tuple) else (c,) * rows for k, c in columns.items()}
    return (name, kind, "c", tuple(map(at, where)), where, full)


def rejected(items: list[Any]) -> list[tuple[int, str]]:
    """(line, reason) of what was refused."""
    return [(i.line, str(i.reason)) for i in items if isinstance(i, Rejected)]

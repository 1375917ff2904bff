"""What a Binance line says: kind of event, symbol, first price. Plain Python."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.reference.binance_dict import Line


def kind_of(event: Mapping[str, Any]) -> str:
    """What a frame is; spot's book ticker has no `e`."""
    if "lastUpdateId" in event:
        return "snapshot"
    if "openInterest" in event:
        return "openInterest"
    plain = {"depthUpdate": "depth", "bookTicker": "top", "markPriceUpdate": "mark"}
    name = event.get("e")
    if name is None:
        return "top" if {"u", "s", "b", "B", "a", "A"} <= event.keys() else ""
    return plain.get(name, name)


def events_of(line: Line) -> list[tuple[str, dict[str, Any]]]:
    """(symbol, event) of a line; coin-margined frames (`st` 2) are none of ours."""
    found = []
    for event in line.frame if isinstance(line.frame, list) else [line.frame]:
        if not isinstance(event, dict):
            continue
        inner = event.get("o") if isinstance(event.get("o"), dict) else event
        if event.get("st", 1) == 2 or inner.get("st", 1) == 2:
            continue
        symbol = event.get("s") or inner.get("s") or event.get("symbol")
        if line.url:
            symbol = symbol or parse_qs(urlsplit(line.url).query).get("symbol", [""])[0]
        if symbol:
            found.append((symbol.upper(), event))
    return found


def first_price(event: Mapping[str, Any]) -> str | None:
    """The first price string of a book, ticker or trade event."""
    kind = kind_of(event)
    if kind in ("depth", "snapshot"):
        names = ("bids", "asks") if kind == "snapshot" else ("b", "a")
        return next((level[0] for name in names for level in event[name]), None)
    return event["b"] if kind == "top" else event["p"] if "rade" in kind else None

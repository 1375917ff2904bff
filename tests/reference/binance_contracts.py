"""Plain Python: what COIN-M frames mean in base coin. Imports nothing of ours.

From the venue's documents: a size is a number of contracts, a contract is so many USD, so a size
in coin is contracts × USD / price, at the price that stands beside it. Open interest has no price
of its own: the last mark price that has been published before it values it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = tuple[Any, ...]


def coins(contracts: str, usd: float, price: str) -> float:
    """Contracts at a price, both as the venue writes them."""
    return float(contracts) * usd / float(price)


def rows_of(payloads: Iterable[str], usd: Mapping[str, float]) -> list[Row]:
    """(kind, symbol, line, …numbers) of all sizes in some payloads, in order of lines.

    depth: side, price, size for every level; a snapshot's too. top: bid price and size, ask price
    and size. trade and liquidation: price, size. oi: open interest. usd: of one contract.
    """
    rows: list[Row] = []
    marks: dict[str, str] = {}
    for line, payload in enumerate(payloads, start=1):
        url, _, body = payload.partition(" ") if payload.startswith("@") else ("", "", payload)
        frame = json.loads(body)
        frame = frame.get("data", frame)
        query = parse_qs(urlsplit(url).query)
        symbol = frame.get("s") or frame.get("symbol") or query.get("symbol", [""])[0]
        kind = frame.get("e")
        if kind == "depthUpdate" or "lastUpdateId" in frame:
            bids, asks = ("b", "a") if kind else ("bids", "asks")
            for side, name in ((1, bids), (-1, asks)):
                rows += [
                    ("depth", symbol, line, side, float(px), coins(size, usd[symbol], px))
                    for px, size in frame[name]
                ]
        elif kind == "bookTicker":
            bid, ask = ((frame[p], coins(frame[s], usd[symbol], frame[p])) for p, s in ("bB", "aA"))
            rows.append(("top", symbol, line, float(bid[0]), bid[1], float(ask[0]), ask[1]))
        elif kind == "aggTrade":
            size = coins(frame["q"], usd[symbol], frame["p"])
            rows.append(("trade", symbol, line, float(frame["p"]), size))
        elif kind == "markPriceUpdate":
            marks[symbol] = frame["p"]
        elif kind == "forceOrder":
            order = frame["o"]
            size = coins(order["z"], usd[order["s"]], order["ap"])
            rows.append(("liquidation", order["s"], line, float(order["ap"]), size))
        elif "openInterest" in frame and symbol in marks:
            size = coins(frame["openInterest"], usd[symbol], marks[symbol])
            rows.append(("oi", symbol, line, size))
    return rows

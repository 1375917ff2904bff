"""Small Hermes frames from a few numbers, a session, its items as plain values."""

from typing import Any

import numpy as np

from schemas.chunk import Chunk
from schemas.control import Seen
from schemas.instrument import Instrument
from sources.in_band import InBand
from sources.pyth import Pyth
from sources.pyth_feed import PythFeed
from sources.pyth_listing import KEPT, URL
from tests.sources.talk import MS, START, as_is, hear, shown, text, wire

BTC, ETH, SOL = "pyth:Crypto.BTC/USD", "pyth:Crypto.ETH/USD", "pyth:Crypto.SOL/USD"
IDS = {**KEPT, "Crypto.SOL/USD": "ef" * 32, "Crypto.AAA/USD": "aa" * 32}
NOW_S = START // 1_000_000_000
NOW_NS = NOW_S * 1_000_000_000
EXPO = -8


def made(*listed: str) -> InBand:
    """A session; `listed`: symbols that it was told of beforehand."""
    session = InBand(Pyth(), "c", as_is)
    session.list_instruments([metadata(symbol) for symbol in listed])
    return session


def metadata(symbol: str, decimals: int | None = None, source: Any = "listing") -> Instrument:
    base, quote = symbol.removeprefix("Crypto.").split("/")
    return Instrument(
        name=f"pyth:{symbol}", asset=base, quote=quote, kind="index", price_decimals=decimals,
        source=source,
    )  # fmt: skip


def feed(
    price: Any, at_s: int = NOW_S, slot: int | None = 1, *, symbol: str = "Crypto.BTC/USD",
    conf: Any = 50_000_000, ema: Any = 200_000_000, before_s: int | None = None,
    expo: int = EXPO, feed_id: str | None = None,
) -> Any:  # fmt: skip
    """One feed as it stands in a frame; `price` in units of 10^expo."""
    quote = {"price": str(price), "conf": str(conf), "expo": expo, "publish_time": at_s}
    average = {"price": str(ema), "conf": "1", "expo": expo, "publish_time": at_s}
    found = {"id": feed_id or IDS[symbol], "price": quote, "ema_price": average}
    if slot is None:
        return found
    previous = at_s - 1 if before_s is None else before_s
    about = {"slot": slot, "emitter_chain": 26, "prev_publish_time": previous}
    return found | {"metadata": about}


def update(*args: Any, **changes: Any) -> str:
    return wire({"type": "price_update", "price_feed": feed(*args, **changes)})


def event(*feeds: Any, data: Any = ("504e4155...",), encoding: str = "hex") -> str:
    """A `data:` line of an SSE stream."""
    binary = {"encoding": encoding, "data": data}
    parsed = {"parsed": feeds} if feeds else {}
    return "data:" + wire({"binary": binary} | parsed)


def answer(status: str = "success", **more: str) -> str:
    return wire({"type": "response", "status": status} | more)


def listed(*symbols: str, **ids: str) -> str:
    """A listing of symbols."""
    return wire([row(symbol, IDS[symbol]) for symbol in symbols])


def row(called: str, feed_id: str, **changes: Any) -> Any:
    """One feed of a listing."""
    base, _, quote = called.partition(".")[2].partition("/")
    usual = {"asset_type": "Crypto", "base": base, "quote_currency": quote, "symbol": called}
    return {"id": feed_id, "attributes": usual | changes}


def listing_answer(*symbols: str, query: str = "") -> str:
    return f"@{URL}{query} {listed(*symbols)}"


def taught(*symbols: str, **settings: Any) -> PythFeed:
    """A feed that has read a listing."""
    found = PythFeed(**settings)
    found.page(URL, listed(*(symbols or IDS)).encode())
    return found


def seen(
    symbol: str, decimals: int | None, line: int = 1, *, listed: bool = False,
    source: Any = "inferred",
) -> Seen:  # fmt: skip
    return Seen(metadata(symbol, decimals, source), "c", at(line), line, listed=listed)


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

"""Small OKX frames from a few numbers, a session that knows four markets, plain comparisons."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from schemas.chunk import COLUMNS, Chunk
from schemas.control import Seen
from schemas.instrument import Instrument
from sources.in_band import InBand
from sources.okx import Okx
from tests.sources.talk import MS, START, as_is, one_chunk, shown, wire

SPOT, LINEAR, INVERSE = "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"
OPTION = "BTC-USD-270326-90000-C"
TS = 1_700_000_000_000


def listed(symbol: str, kind: Any, decimals: int | None, **facts: Any) -> Instrument:
    base, quote, *_ = symbol.split("-")
    known = {"asset": base, "quote": quote, "source": "listing"} | facts
    return Instrument(name=f"okx:{symbol}", kind=kind, price_decimals=decimals, **known)


MARKETS = (
    listed(SPOT, "spot", 1),
    listed(LINEAR, "perpetual", 1, contract_size=0.5),
    listed(INVERSE, "perpetual", 1, contract_size=100.0, inverse=True),
    listed(OPTION, "option", 4, contract_size=0.5, inverse=True),
)


def session(*markets: Instrument) -> InBand:
    """A session that knows these markets, by default four."""
    made = InBand(Okx(), "c", as_is)
    made.list_instruments(markets or MARKETS)
    return made


def unlisted() -> InBand:
    return InBand(Okx(), "c", as_is)


def rows(channel: str, *data: Any, action: str | None = None, **argument: str) -> str:
    frame = {"arg": {"channel": channel, **argument}, "data": list(data)}
    return wire(frame if action is None else frame | {"action": action})


def book(
    action: str,
    bids: Sequence[tuple[str, str]] = (),
    asks: Sequence[tuple[str, str]] = (),
    *,
    symbol: str = SPOT,
    ts: int = TS,
    **fields: int,
) -> str:
    """A frame of `books`; fields: seqId, prevSeqId, checksum."""
    sides = {"asks": [[*a, "0", "3"] for a in asks], "bids": [[*b, "0", "3"] for b in bids]}
    return rows("books", sides | {"ts": str(ts)} | fields, action=action, instId=symbol)


def snapshot(seq: int, bid: str = "100", ask: str = "101.5", **more: Any) -> str:
    return book("snapshot", [(bid, "2")], [(ask, "3")], seqId=seq, prevSeqId=-1, **more)


def update(prev: int, seq: int, *bids: tuple[str, str], **more: Any) -> str:
    return book("update", bids, seqId=seq, prevSeqId=prev, **more)


def trade(number: int | str, px: str = "100", sz: str = "2", side: str = "buy", **more: Any) -> str:
    row = {"instId": SPOT, "tradeId": str(number), "px": px, "sz": sz, "side": side,
           "ts": str(TS), "count": "1", "source": "0", "seqId": 5}  # fmt: skip
    row |= more
    return rows("trades", row, instId=row["instId"])


def checksum_of(bids: dict[str, str], asks: dict[str, str]) -> int:
    """The old self-check, slowly: price text → size text of both sides."""
    best_bids = sorted(bids, key=Decimal, reverse=True)[:25]
    best_asks = sorted(asks, key=Decimal)[:25]
    words: list[str] = []
    for rank in range(25):
        for side, best in ((bids, best_bids), (asks, best_asks)):
            if rank < len(best):
                words += [best[rank], side[best[rank]]]
    value = crc32(":".join(words).encode())
    return value if value < 2**31 else value - 2**32


# -- what comes out ------------------------------------------------------------------------------


def seen(symbol: str, line: int = 1, decimals: int | None = None) -> Seen:
    """First sight of a market that was not listed."""
    known = replace(Okx().infer(symbol), price_decimals=decimals)
    return Seen(known, "c", START + (line - 1) * MS, line, listed=False)


def one(symbol: str, kind: str, /, *lines: int, **columns: Any) -> Any:
    """A chunk as `shown` gives it, a row a line; a scalar stands in every row.

    What is not given is unknown: NaN, or 0 for a time.
    """
    at = lines or (1,)
    times = ("venue_ns", "next_funding_ns")
    blank = {name: 0 if name in times else "NaN" for name in COLUMNS[kind]}
    wide = {
        name: value if isinstance(value, tuple) else (value,) * len(at)
        for name, value in (blank | columns).items()
    }
    return f"okx:{symbol}", kind, "c", tuple(START + (n - 1) * MS for n in at), at, wide


def merged(items: Iterable[Any]) -> list[Any]:
    """Items with the chunks of each instrument and kind joined, whatever the batches were."""
    others: list[Any] = []
    found: dict[tuple[str, str], list[Chunk]] = {}
    for item in items:
        if isinstance(item, Chunk):
            found.setdefault((item.instrument, item.kind), []).append(item)
        else:
            others.append(item)
    return [*others, *(shown(one_chunk(found[key])) for key in sorted(found))]

"""Deribit frames from a few numbers, and what a session says as plain rows."""

from collections.abc import Iterable, Sequence
from math import isnan
from typing import Any

from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.control import Gap, Rejected, Seen, Wish
from sources.deribit import Deribit
from sources.deribit_instruments import infer
from sources.in_band import InBand
from tests.sources.talk import MS, START, as_is, hear, text, wire

PERP, OPTION, LINEAR = "BTC-PERPETUAL", "ETH-26JUN26-4000-P", "SOL_USDC-PERPETUAL"
AT = 1_780_000_000_000  # a venue stamp, ms


def fresh() -> InBand:
    """A session that knows nothing."""
    return InBand(Deribit(), "c", as_is)


def notice(channel: str, data: Any) -> str:
    params = {"channel": channel, "data": data}
    return wire({"jsonrpc": "2.0", "method": "subscription", "params": params})


def book(
    number: Any,
    previous: Any = None,
    bids: Any = (),
    asks: Any = (),
    symbol: str = PERP,
    *,
    interval: str = "100ms",
    **changes: Any,
) -> str:
    """A snapshot, or with `previous` a change. Levels are [action, price, amount]."""
    data = {"type": "snapshot" if previous is None else "change", "timestamp": AT + 1,
            "instrument_name": symbol, "change_id": number, "bids": bids, "asks": asks}  # fmt: skip
    if previous is not None:
        data["prev_change_id"] = previous
    return notice(f"book.{symbol}.{interval}", data | changes)


def grouped(
    number: Any, bids: Any = (), asks: Any = (), symbol: str = PERP, at: int = AT, depth: int = 20
) -> str:
    """A whole top N. Levels are [price, amount]."""
    data = {"timestamp": at, "instrument_name": symbol, "change_id": number, "bids": bids,
            "asks": asks}  # fmt: skip
    return notice(f"book.{symbol}.none.{depth}.100ms", data)


def fill(number: Any, symbol: str = PERP, **changes: Any) -> dict[str, Any]:
    """A row of a trades channel: 20 000 USD bought at 50 000."""
    row = {"trade_seq": number, "trade_id": f"ETH-{number}", "timestamp": AT, "price": 50000.0,
           "instrument_name": symbol, "direction": "buy", "amount": 20000.0,
           "tick_direction": 0, "index_price": 49990.5, "mark_price": 49995.25}  # fmt: skip
    return row | changes


def trades(*rows: Any, channel: str = "trades.future.BTC.100ms") -> str:
    return notice(channel, rows)


def ticker(symbol: str = PERP, head: str = "ticker", **fields: Any) -> str:
    data = {"timestamp": AT, "instrument_name": symbol, "state": "open", **fields}
    return notice(f"{head}.{symbol}.100ms" if head == "ticker" else f"{head}.{symbol}", data)


# -- what is said ------------------------------------------------------------------------------


def rows(items: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(symbol, kind, line, *values) of every row, by line; a NaN is None."""
    found = []
    for chunk in items:
        if isinstance(chunk, Chunk):
            columns = [column.tolist() for column in chunk.columns.values()]
            symbol = chunk.instrument.removeprefix("deribit:")
            assert chunk.connection == "c"
            assert chunk.received_ns.tolist() == [START + (k - 1) * MS for k in chunk.line.tolist()]
            for line, *values in zip(chunk.line.tolist(), *columns, strict=True):
                found.append((symbol, chunk.kind, line, *map(_plain, values)))
    return sorted(found, key=lambda row: row[2])


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def words(items: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Everything that is no chunk, shortly: seen, gap, wish, rejected."""
    return [_word(item) for item in items if not isinstance(item, Chunk)]


def _word(item: Any) -> tuple[Any, ...]:
    if isinstance(item, Seen):
        return "seen", item.line, item.instrument.symbol, item.instrument.price_decimals
    assert isinstance(item, Gap | Wish | Rejected)
    if isinstance(item, Rejected):
        return "rejected", item.line, item.reason.value
    name = item.instrument.removeprefix("deribit:")
    if isinstance(item, Gap):
        return "gap", item.line, name, item.reason
    return "wish", name, item.reason


def said(*payloads: str, session: InBand | None = None) -> tuple[list[Any], list[Any]]:
    """(words, rows) of these frames."""
    items = hear(session or fresh(), text(*payloads))
    return words(items), rows(items)


def seen(symbol: str, decimals: int | None, line: int = 1) -> tuple[Any, ...]:
    return "seen", line, symbol, decimals


def full_seen(symbol: str, decimals: int | None, line: int) -> Seen:
    """The whole item, from the name."""
    known = replace(infer(symbol), price_decimals=decimals)
    return Seen(known, "c", START + (line - 1) * MS, line, listed=False)


def level_rows(symbol: str, line: int, number: int, levels: Sequence[Any], fresh: int) -> list[Any]:
    """Book rows: levels are (side, ticks, size)."""
    ids = (AT + 1) * MS, number, number
    return [(symbol, "book", line, *ids, *level, fresh) for level in levels]

"""Small conversations: lines from payloads, frames from a few numbers, items as plain values."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from math import isnan
from typing import Any
from unittest.mock import patch

import numpy as np
from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.control import Clock, Seen
from schemas.instrument import Instrument, infer
from sources.binance_family import MARKETS
from sources.connection import Connection
from sources.lines import Lines, index_lines
from sources.registry import session_for

USDM, SPOT = "binance-usdm", "binance-spot"
GRID = 250_000_000
START = 1_700_000_000_000_000_000  # on the grid
MS = 1_000_000
NONE = np.zeros(0, np.bool_)
CAPTURES = (
    "data/captures/binance-spot__btcusdt-2023-04-05.gz",
    "data/captures/binance-usdm__btcusdt-2023-04-04.gz",
    "data/captures/binance-usdm__btcusdt-2024-08-08.gz",
)


def as_is(instrument: Instrument) -> Instrument:
    return instrument


def text(*payloads: str | bytes, start: int = START, step: int = MS) -> bytes:
    """Stamped lines, `step` ns apart."""
    return stamped(enumerate_ns(payloads, start, step))


def enumerate_ns(
    payloads: Iterable[str | bytes], start: int, step: int
) -> list[tuple[int, str | bytes]]:
    return [(start + k * step, payload) for k, payload in enumerate(payloads)]


def stamped(pairs: Iterable[tuple[int, str | bytes]]) -> bytes:
    raw = ((at, p.encode() if isinstance(p, str) else p) for at, p in pairs)
    return b"".join(b"%d %s\n" % pair for pair in raw)


def indexed(data: bytes, first_line: int = 1) -> Lines:
    return index_lines(np.frombuffer(data, np.uint8), first_line)


def venue_of(path: str) -> str:
    return path.rpartition("/")[2].partition("__")[0]


def instrument(venue: str, symbol: str, decimals: int | None) -> Instrument:
    return infer(venue, symbol, MARKETS[venue].kind, decimals)


def seen(venue: str, symbol: str, decimals: int | None, line: int = 1) -> Seen:
    known = instrument(venue, symbol, decimals)
    return Seen(known, "c", START + (line - 1) * MS, line, listed=False)


def session(venue: str = USDM, **decimals: int | None) -> Any:
    """A session that knows these symbols."""
    made = session_for(venue, "c", as_is)
    made.list_instruments([instrument(venue, s, d) for s, d in decimals.items()])
    return made


def hear(made: Any, data: bytes, first_line: int = 1, misplaced: Any = NONE) -> list[Any]:
    """What the session says to these lines."""
    lines = indexed(data, first_line)
    return made.lines(lines, np.maximum.accumulate(lines.received_ns), misplaced)


def connection(
    venue: str = USDM, *, foreign: bool = False, grid: int = GRID, **decimals: int | None
) -> Connection:
    """A connection named `c` that was opened at START."""
    made = Connection(
        "c", session(venue, **decimals), grid_ns=grid, hole_ns=60 * 1000 * MS, foreign=foreign
    )
    made.open(START)
    return made


# -- frames ----------------------------------------------------------------------------------


def wire(frame: Any) -> str:
    """As it stands on the wire: no white space."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def depth(
    first: int,
    last: int,
    previous: int | None = None,
    bids: Any = (("100.0", "1"),),
    asks: Any = (),
    symbol: str = "BTCUSDT",
) -> str:
    frame = {"e": "depthUpdate", "E": 1, "s": symbol, "U": first, "u": last, "b": bids, "a": asks}
    return wire(frame if previous is None else frame | {"pu": previous})


def answer(
    number: int,
    bids: Any = (("99.0", "7"),),
    asks: Any = (("101.0", "8"),),
    symbol: str = "BTCUSDT",
) -> str:
    body = wire({"lastUpdateId": number, "bids": bids, "asks": asks})
    return f"@https://host/v1/depth?limit=5&symbol={symbol} {body}"


def trade(number: int, px: str = "100.0", *, kind: str = "trade", symbol: str = "BTCUSDT") -> str:
    key = "t" if kind == "trade" else "a"
    return wire({"e": kind, "E": 1, "s": symbol, key: number, "p": px, "q": "2", "m": True})


def ticker(number: int, bid: str = "100.0", symbol: str = "BTCUSDT") -> str:
    names = {"e": "bookTicker", "u": number, "s": symbol, "b": bid, "B": "1"}
    return wire(names | {"a": "200.0", "A": "2"})


# -- items as plain values ---------------------------------------------------------------------


def plain(value: float) -> Any:
    return "NaN" if isnan(value) else value


def shown(item: Any) -> Any:
    """A chunk as nested tuples (NaN as text), any other item as it is."""
    if not isinstance(item, Chunk):
        return item
    columns = {name: tuple(map(plain, col.tolist())) for name, col in item.columns.items()}
    head = item.instrument, item.kind, item.connection
    return (*head, tuple(item.received_ns.tolist()), tuple(item.line.tolist()), columns)


def exact(item: Any) -> Any:
    """A chunk bit for bit, any other item as it is."""
    return item.pack() if isinstance(item, Chunk) else item


def chunks(items: Iterable[Any], kind: str) -> list[Chunk]:
    return [item for item in items if isinstance(item, Chunk) and item.kind == kind]


def others(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if not isinstance(item, Chunk)]


def said_wherever_cut(made: Callable[[], Any], data: Sequence[bytes]) -> list[Any]:
    """What a session says of line after line; one that is restored after any line says the same."""
    straight = made()
    said = [[shown(item) for item in hear(straight, line, k + 1)] for k, line in enumerate(data)]
    whole = list(chain.from_iterable(said))
    for cut_at in range(len(data) + 1):
        first, second = made(), made()
        before = [hear(first, line, k + 1) for k, line in enumerate(data[:cut_at])]
        second.restore(first.snapshot())
        after = [hear(second, line, cut_at + k + 1) for k, line in enumerate(data[cut_at:])]
        assert [shown(item) for items in (*before, *after) for item in items] == whole
        assert second.snapshot() == straight.snapshot()
        assert second.instruments() == straight.instruments()
    return whole


def book_rows(items: Iterable[Any]) -> list[tuple[int, int, int, int, float, int]]:
    """(line, last id, side, px_ticks, size, is_snapshot) of every book row."""
    return [
        row
        for chunk in chunks(items, "book")
        for row in zip(
            chunk.line.tolist(),
            *(chunk.columns[n].tolist() for n in ("last_id", "side", "px_ticks", "size",
                                                  "is_snapshot")),
            strict=True,
        )
    ]  # fmt: skip


def one_chunk(parts: Sequence[Chunk]) -> Chunk:
    """Chunks of one kind, joined."""
    names = parts[0].columns
    return replace(
        parts[0],
        received_ns=np.concatenate([part.received_ns for part in parts]),
        line=np.concatenate([part.line for part in parts]),
        columns={name: np.concatenate([part.columns[name] for part in parts]) for name in names},
    )


def cut(items: Sequence[Any]) -> list[Any]:
    """Items of one key, their chunks cut at the clocks of their connection.

    How far a chunk reaches depends on how many lines were taken at a time; what lies between two
    clocks does not.
    """
    rest, done = list(items), []
    while rest:
        item = rest.pop(0)
        if not isinstance(item, Chunk):
            done.append(item)
            continue
        clocks = (k for k, other in enumerate(rest)
                  if isinstance(other, Clock) and other.connection == item.connection)  # fmt: skip
        at, end = next(clocks, None), len(item)
        if at is not None:
            end = int(np.searchsorted(item.received_ns, rest[at].grid_ns))
            if end < len(item):
                rest.insert(at + 1, item.part(end, len(item)))
        if end:
            done.append(item.part(0, end) if end < len(item) else item)
    return done


def joined(out: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Per key what stands between its clocks, chunks of one kind as one; and the clocks."""
    by_key: dict[str, list[Any]] = {}
    for key, item in out:
        by_key.setdefault(key, []).append(item)
    return {key: _between(cut(items)) for key, items in by_key.items()}


def _between(items: Sequence[Any]) -> list[Any]:
    done: list[Any] = []
    since: dict[str, list[Any]] = {}
    for item in [*items, None]:
        if item is not None and not isinstance(item, Clock):
            kind = item.kind if isinstance(item, Chunk) else type(item).__name__
            since.setdefault(kind, []).append(item)
            continue
        for kind in sorted(since):
            found = since[kind]
            done.append(exact(one_chunk(found)) if isinstance(found[0], Chunk) else found)
        since = {}
        done.append(item)
    return done


def parted(lines: Lines, size: int) -> Iterator[Lines]:
    for begin in range(0, len(lines), size):
        yield lines.part(begin, min(begin + size, len(lines)))


def taken(made: Connection, lines: Lines, size: int) -> list[tuple[str, Any]]:
    """Everything the connection says when it takes `size` lines at a time."""
    return [entry for part in parted(lines, size) for entry in made.take(part)]


@contextmanager
def no_scanner() -> Iterator[None]:
    """Hand every frame to the slow decoder."""
    with patch("sources.binance_columns.scan", lambda *_: None):
        yield

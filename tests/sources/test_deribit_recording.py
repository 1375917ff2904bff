"""The recording of 2021-04-05 against an independent decoding, whatever the batches and cuts.

Ten options over 120 s, one connection: 273 tickers, ten snapshots and 177 changes, no trade.
"""

import gzip
import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Seen
from sources.lines import Lines
from tests.shared import shared_file
from tests.sources.deribit_frames import fresh
from tests.sources.talk import NONE, exact, hear, indexed, one_chunk, parted, plain

MS = 1_000_000
SIDES = (("bids", 1), ("asks", -1))
GREEKS = ("delta", "gamma", "vega", "theta")


@pytest.fixture(scope="module", name="data")
def recording() -> bytes:
    return _unpacked(str(shared_file("data/captures/deribit__options-2021-04-05.gz")))


@cache
def _unpacked(path: str) -> bytes:
    with gzip.open(path) as file:
        return file.read()


def notices(data: bytes) -> list[tuple[int, int, str, Any]]:
    """(line, received_ns, channel's head, data) by plain means; numbers with a point exact."""
    found = []
    for line, entry in enumerate(data.splitlines(), 1):
        stamp, _, frame = entry.partition(b" ")
        message = json.loads(frame, parse_float=Decimal)
        if "params" in message:
            head = message["params"]["channel"].partition(".")[0]
            found.append((line, int(stamp), head, message["params"]["data"]))
    return found


def ours(data: bytes, kind: str) -> list[tuple[Any, ...]]:
    """(line, received_ns, symbol, *values) of every row of a kind, by line."""
    found = []
    for chunk in hear(fresh(), data):
        if isinstance(chunk, Chunk) and chunk.kind == kind:
            columns = [chunk.line, chunk.received_ns, *chunk.columns.values()]
            for line, at, *values in zip(*(c.tolist() for c in columns), strict=True):
                found.append((line, at, chunk.instrument[8:], *map(plain, values)))
    return sorted(found, key=lambda row: row[0])


def test_every_level_of_every_book_frame(data: bytes) -> None:
    expected: list[tuple[Any, ...]] = []
    last: dict[str, int] = {}
    for line, at, head, book in notices(data):
        if head == "book":
            name, number, first = book["instrument_name"], book["change_id"], book["type"][0] == "s"
            assert first or book["prev_change_id"] == last[name]
            last[name] = number
            ids = line, at, name, book["timestamp"] * MS, number, number
            levels = [(side, *level) for key, side in SIDES for level in book[key]]
            for side, _, px, amount in levels:
                expected.append((*ids, side, int(px * 10_000), float(amount), int(first)))
            if not levels:
                expected.append((*ids, 0, 0, 0.0, int(first)))
    assert ours(data, "book") == expected
    assert len(expected) == 62 + 1 + 305  # of snapshots, of an empty one, of changes


def test_every_ticker(data: bytes) -> None:
    expected = []
    for line, at, head, t in notices(data):
        if head == "ticker":
            bid, ask = (side(t, name) for name in ("bid", "ask"))
            iv = float(t["mark_iv"] / 100)
            inputs = (
                float(t["underlying_price"]),
                float(t["index_price"]),
                float(t["interest_rate"]),
            )
            greeks = [float(t["greeks"][name]) for name in GREEKS]
            expected.append((
                line, at, t["instrument_name"], t["timestamp"] * MS, *bid[:2], *ask[:2],
                float(t["mark_price"]), bid[2], ask[2], iv, *inputs, *greeks,
                float(t["open_interest"]),
            ))  # fmt: skip
    assert ours(data, "quote") == expected
    assert len(expected) == 273


def side(t: Any, name: str) -> tuple[Any, ...]:
    """(price, size, iv) as a quote says them."""
    if not t[f"best_{name}_price"]:
        assert not t[f"best_{name}_amount"]
        assert not t[f"{name}_iv"]
        return "NaN", 0.0, "NaN"
    iv = t[f"{name}_iv"]
    return (float(t[f"best_{name}_price"]), float(t[f"best_{name}_amount"]),
            float(iv / 100) if iv else "NaN")  # fmt: skip


def test_sides_without_quotes_and_without_iv(data: bytes) -> None:
    rows = ours(data, "quote")
    empty = sum(row[5] == 0.0 for row in rows), sum(row[7] == 0.0 for row in rows)
    without_iv = sum(row[9] == "NaN" for row in rows), sum(row[10] == "NaN" for row in rows)
    assert (empty, without_iv) == ((24, 75), (110, 75))


def test_the_books_agree_with_every_ticker(data: bytes) -> None:
    """At the venue's own time, best prices and sizes are what each of the 273 tickers states."""
    tops: dict[str, list[tuple[int, Any]]] = {}
    books: dict[str, dict[int, dict[int, float]]] = {}
    for _, _, name, venue_ns, _, _, side, ticks, size, first in ours(data, "book"):
        if first:
            books.setdefault(name, {0: {}, 1: {}, -1: {}})
        books[name][side][ticks] = size
        tops.setdefault(name, []).append((venue_ns, best(books[name])))
    agreed = 0
    for _, _, name, venue_ns, *stated in ours(data, "quote"):
        known = [top for at, top in tops[name] if at <= venue_ns]
        assert known[-1] == tuple(stated[:4])
        agreed += 1
    assert agreed == 273


def best(book: dict[int, dict[int, float]]) -> tuple[Any, ...]:
    """(bid price, bid size, ask price, ask size), as a quote says them."""
    found: list[Any] = []
    for side in (1, -1):
        live = [side * ticks for ticks, size in book[side].items() if size]
        at = side * max(live) if live else 0
        found += [at / 10_000, book[side][at]] if live else ["NaN", 0.0]
    return tuple(found)


def test_the_last_books(data: bytes) -> None:
    sizes: dict[tuple[str, int, int], float] = {}
    for _, _, name, _, _, _, side, ticks, size, _ in ours(data, "book"):
        sizes[name, side, ticks] = size
    live = {key: size for key, size in sizes.items() if size}
    assert Counter((name, side) for name, side, _ in live) == {
        ("ETH-9APR21-1950-C", 1): 6, ("ETH-9APR21-1950-C", -1): 8,
        ("ETH-30APR21-2240-P", 1): 6, ("ETH-30APR21-2240-P", -1): 3,
        ("ETH-24SEP21-320-P", 1): 1, ("ETH-24SEP21-320-P", -1): 6,
        ("ETH-23APR21-2000-C", 1): 1,
        ("ETH-16APR21-1600-C", 1): 1, ("ETH-16APR21-1600-C", -1): 2,
        ("ETH-16APR21-1400-P", 1): 1, ("ETH-16APR21-1400-P", -1): 5,
        ("BTC-31DEC21-300000-P", 1): 1,
        ("BTC-30APR21-20000-C", 1): 1, ("BTC-30APR21-20000-C", -1): 1,
        ("BTC-25MAR22-400000-C", 1): 7, ("BTC-25MAR22-400000-C", -1): 12,
    }  # fmt: skip
    asks = {ticks: size for (name, side, ticks), size in live.items()
            if (name, side) == ("ETH-30APR21-2240-P", -1)}  # fmt: skip
    assert asks == {980: 137.0, 985: 192.0, 1570: 210.0}


def test_nothing_is_lost_left_out_or_refused(data: bytes) -> None:
    session = fresh()
    items = hear(session, data)
    assert dict(session.counts) == {"control": 1}
    assert Counter(type(item) for item in items) == {Chunk: 20, Seen: 10}
    seen = [(i.instrument.symbol, i.instrument.price_decimals) for i in items
            if isinstance(i, Seen)]  # fmt: skip
    names = [t["instrument_name"] for _, _, head, t in notices(data)]
    assert seen == [(name, 4) for name in dict.fromkeys(names)]


def by_kind(items: list[Any]) -> tuple[list[Any], dict[Any, Any]]:
    """Other items in order, and chunks joined by instrument and kind, bit for bit."""
    found: dict[Any, list[Chunk]] = {}
    for item in items:
        if isinstance(item, Chunk):
            found.setdefault((item.instrument, item.kind), []).append(item)
    joined = {key: exact(one_chunk(parts)) for key, parts in found.items()}
    return [item for item in items if not isinstance(item, Chunk)], joined


def taken(session: Any, lines: Lines, size: int) -> list[Any]:
    return [
        item for part in parted(lines, size) for item in session.lines(part, part.received_ns, NONE)
    ]


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_batches_change_nothing(data: bytes, size: int) -> None:
    whole, session = fresh(), fresh()
    expected = by_kind(hear(whole, data))
    assert by_kind(taken(session, indexed(data), size)) == expected
    assert session.snapshot() == whole.snapshot()


@pytest.mark.parametrize("cut", [0, 1, 15, 100, 333, 460])
def test_a_restart_changes_nothing(data: bytes, cut: int) -> None:
    lines = indexed(data)
    first, second = fresh(), fresh()
    items = taken(first, lines.part(0, cut), 50)
    second.restore(first.snapshot())
    items += taken(second, lines.part(cut, len(lines)), 50)
    assert by_kind(items) == by_kind(hear(fresh(), data))


@pytest.mark.parametrize("missing", [0, 3, 70, 176])
def test_each_missing_change_is_one_gap_if_another_follows(data: bytes, missing: int) -> None:
    changes = [(line, book["instrument_name"]) for line, _, head, book in notices(data)
               if head == "book" and book["type"] == "change"]  # fmt: skip
    line, name = changes[missing]
    lines = data.splitlines(keepends=True)
    items = hear(fresh(), b"".join([*lines[: line - 1], b"0 \n", *lines[line:]]))
    after = [at for at, other in changes if other == name and at > line]
    lost = [(item.instrument, item.line) for item in items if type(item).__name__ == "Gap"]
    assert lost == [(f"deribit:{name}", at) for at in after[:1]]
    kept = [row[0] for row in _lines_of(items) if row[1] == f"deribit:{name}"]
    assert not set(kept) & {line, *after}


def _lines_of(items: list[Any]) -> list[tuple[int, str]]:
    books = [item for item in items if isinstance(item, Chunk) and item.kind == "book"]
    return [(line, chunk.instrument) for chunk in books for line in chunk.line.tolist()]

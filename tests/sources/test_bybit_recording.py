"""The recording of 2026-08-09, against a plain decoding of its text by other means."""

import gzip
import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from schemas.chunk import COLUMNS, Chunk
from schemas.control import Seen
from sources.bybit_listing import infer
from tests.shared import shared_file
from tests.sources.bybit_frames import session
from tests.sources.talk import MS, exact, indexed, one_chunk, parted, plain

DECIMALS = {"BTCUSDT": 2, "ETHUSDT": 2, "SOLUSDT": 3, "DOGEUSDT": 5}
NOTHING = np.zeros(0, np.bool_)
MARK_KEYS = {"markPrice", "indexPrice", "fundingRate", "fundingIntervalHour", "nextFundingTime",
             "openInterest"}  # fmt: skip
Frame = tuple[int, int, dict[str, Any]]  # line, received_ns, what it says


@cache
def raw() -> bytes:
    return gzip.decompress(shared_file("data/captures/bybit-linear__2026-08-09.gz").read_bytes())


@cache
def frames() -> tuple[Frame, ...]:
    lines = (line.split(b" ", 1) for line in raw().splitlines())
    return tuple((k, int(at), json.loads(said)) for k, (at, said) in enumerate(lines, 1))


def of(family: str) -> list[tuple[int, int, str, dict[str, Any]]]:
    """(line, received_ns, symbol, frame) of a family of topics."""
    return [
        (line, at, said["topic"].rpartition(".")[2], said)
        for line, at, said in frames()
        if said.get("topic", "").startswith(family)
    ]


def heard(size: int, cut: int | None = None) -> tuple[list[Any], Counter[str]]:
    """What a session says to the recording, `size` lines at a time, restarted after part `cut`."""
    made, items = session(), list[Any]()
    for number, part in enumerate(parted(indexed(raw()), size)):
        items += made.lines(part, part.received_ns, NOTHING)
        if number == cut:
            state, counts = made.snapshot(), made.counts
            made = session()
            made.restore(state)
            made.counts = counts
    return items, +made.counts


def joined(items: list[Any]) -> tuple[list[Any], dict[tuple[str, str], Any]]:
    """Other items in order, and the chunks of each instrument and kind as one, bit for bit."""
    parts: dict[tuple[str, str], list[Chunk]] = {}
    for item in items:
        if isinstance(item, Chunk):
            parts.setdefault((item.instrument, item.kind), []).append(item)
    others = [item for item in items if not isinstance(item, Chunk)]
    return others, {key: exact(one_chunk(found)) for key, found in sorted(parts.items())}


def rows(kind: str) -> list[tuple[Any, ...]]:
    """(line, received_ns, symbol, *columns) of every row of a kind, in line order."""
    found = []
    for item in heard(4096)[0]:
        if isinstance(item, Chunk) and item.kind == kind:
            symbol = item.instrument.removeprefix("bybit-linear:")
            columns = [item.columns[name].tolist() for name in COLUMNS[kind]]
            for line, at, *values in zip(
                item.line.tolist(), item.received_ns.tolist(), *columns, strict=True
            ):
                found.append((line, at, symbol, *map(plain, values)))
    return sorted(found, key=lambda row: row[0])  # stable: rows of a line keep their order


def ticks(text: str, symbol: str) -> int:
    scaled = Decimal(text).scaleb(DECIMALS[symbol])
    assert scaled == int(scaled)
    return int(scaled)


def test_nothing_is_refused_lost_or_wished_for() -> None:
    items, counts = heard(4096)
    others = [item for item in items if not isinstance(item, Chunk)]
    told = [(item.instrument.symbol, item.instrument.price_decimals, item.listed)
            for item in others if isinstance(item, Seen)]  # fmt: skip
    assert len(told) == len(others)
    symbols = ("BTCUSDT", "DOGEUSDT", "ETHUSDT", "SOLUSDT")
    books = [(symbol, DECIMALS[symbol], False) for symbol in DECIMALS]
    assert told == [*((symbol, None, False) for symbol in symbols), *books]
    assert all(item.instrument.asset == infer(item.instrument.symbol).asset for item in others)
    assert counts == {"control": 17, "unknown:kline": 71, "ticker without a mark": 602}
    assert {item.kind for item in items if isinstance(item, Chunk)} == {"book", "trade", "mark"}


def test_every_level_of_every_book_frame() -> None:
    expected = []
    for line, at, symbol, said in of("orderbook"):
        data, fresh = said["data"], int(said["type"] == "snapshot")
        head = (line, at, symbol, said["cts"] * MS, data["u"], data["u"])
        for side, levels in ((1, data["b"]), (-1, data["a"])):
            expected += [(*head, side, ticks(px, symbol), float(size), fresh)
                         for px, size in levels]  # fmt: skip
        if not data["b"] and not data["a"]:
            expected.append((*head, 0, 0, 0.0, fresh))
    found = rows("book")
    assert found == expected
    assert (len(of("orderbook")), len({row[0] for row in found})) == (1598, 1598)


def test_the_books_at_the_end() -> None:
    expected: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {}
    for _, _, symbol, said in of("orderbook"):
        if said["type"] == "snapshot":
            expected[symbol] = {}, {}
        for book, levels in zip(expected[symbol], (said["data"]["b"], said["data"]["a"]),
                                strict=True):  # fmt: skip
            for px, size in levels:
                book.pop(Decimal(px), None)
                if Decimal(size):
                    book[Decimal(px)] = Decimal(size)
    built: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {}
    snapshot_of: dict[str, int] = {}
    for line, _, symbol, *_, side, px_ticks, size, fresh in rows("book"):
        if fresh and snapshot_of.get(symbol) != line:
            built[symbol], snapshot_of[symbol] = ({}, {}), line
        book = built[symbol][0 if side > 0 else 1]
        book.pop(px_ticks, None)
        if size and side:
            book[px_ticks] = size
    for symbol, sides in expected.items():
        wanted = [{ticks(str(px), symbol): float(size) for px, size in side.items()}
                  for side in sides]  # fmt: skip
        assert list(built[symbol]) == wanted
        assert all(len(side) >= 200 for side in wanted)
        assert max(wanted[0]) < min(wanted[1])
    tops = {symbol: (max(bids), min(asks)) for symbol, (bids, asks) in expected.items()}
    assert {symbol: (str(bid), str(ask)) for symbol, (bid, ask) in tops.items()} == {
        "BTCUSDT": ("65114.20", "65114.30"),
        "ETHUSDT": ("1922.54", "1922.55"),
        "SOLUSDT": ("77.260", "77.270"),
        "DOGEUSDT": ("0.07055", "0.07056"),
    }
    said_last: dict[str, dict[str, str]] = {}
    for _, _, symbol, said in of("tickers"):
        said_last.setdefault(symbol, {}).update(said["data"])
    assert tops == {symbol: (Decimal(data["bid1Price"]), Decimal(data["ask1Price"]))
                    for symbol, data in said_last.items()}  # fmt: skip


def test_every_fill() -> None:
    expected = []
    for line, at, symbol, said in of("publicTrade"):
        for data in said["data"]:
            number = int(data["i"].replace("-", "")[:15], 16)
            taker = {"Buy": 1, "Sell": -1}[data["S"]]
            expected.append((line, at, symbol, data["T"] * MS, number, float(data["p"]),
                             float(data["v"]), taker))  # fmt: skip
    found = rows("trade")
    assert found == expected
    assert (len(of("publicTrade")), len(found)) == (102, 327)
    assert len({row[4] for row in found}) == 327  # ids do not clash
    assert not any(data["BT"] for *_, said in of("publicTrade") for data in said["data"])


def test_every_mark() -> None:
    expected = []
    for line, at, symbol, said in of("tickers"):
        data = said["data"]
        keys = "markPrice", "indexPrice", "fundingRate", "fundingIntervalHour"
        row = [float(data[key]) if key in data else "NaN" for key in keys]
        next_ns = int(data.get("nextFundingTime", 0)) * MS
        single = data.get("singleOpenInterest")
        row += [next_ns, float(single) if single else "NaN"]
        assert ("openInterest" in data) == (single is not None)
        if MARK_KEYS & data.keys():
            expected.append((line, at, symbol, said["ts"] * MS, *row))
    found = rows("mark")
    assert found == expected
    assert (len(of("tickers")), len(found)) == (758, 156)
    whole = [row for row in found if "NaN" not in row]
    assert [(row[2], row[4], row[6], row[7], row[9]) for row in whole] == [
        ("BTCUSDT", 65117.44, 0.0001, 8.0, 29945.866),
        ("DOGEUSDT", 0.07055, 0.0001, 8.0, 695795471.0),
        ("ETHUSDT", 1922.43, 0.00004617, 8.0, 415045.33),
        ("SOLUSDT", 77.31, 0.00000876, 8.0, 3369027.0),
    ]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_any_number_of_lines_at_a_time_gives_the_same(size: int) -> None:
    items, counts = heard(size)
    everything, every_count = heard(4096)
    assert joined(items) == joined(everything)
    assert counts == every_count


@pytest.mark.parametrize("cut", [0, 1, 7, 20, 38])
def test_a_restart_changes_nothing(cut: int) -> None:
    items, counts = heard(64, cut)
    everything, every_count = heard(4096)
    assert joined(items) == joined(everything)
    assert counts == every_count


def test_one_frame_missing_is_one_gap_of_its_book() -> None:
    of_btc = [line for line, _, symbol, _ in of("orderbook") if symbol == "BTCUSDT"]
    missing = of_btc[100]
    lines = raw().splitlines(keepends=True)
    made = session()
    part = indexed(b"".join(lines[: missing - 1] + lines[missing:]))
    items = made.lines(part, part.received_ns, NOTHING)
    names = [
        (type(i).__name__, getattr(i, "instrument", None))
        for i in items
        if not isinstance(i, Chunk | Seen)
    ]
    assert names == [(kind, "bybit-linear:BTCUSDT") for kind in ("Gap", "Wish")]
    assert made.counts["book_break"] == 1
    left = {item.instrument: len(set(item.line.tolist())) for item in items
            if isinstance(item, Chunk) and item.kind == "book"}  # fmt: skip
    assert left == {
        "bybit-linear:BTCUSDT": 100,
        "bybit-linear:ETHUSDT": 421,
        "bybit-linear:SOLUSDT": 383,
        "bybit-linear:DOGEUSDT": 380,
    }

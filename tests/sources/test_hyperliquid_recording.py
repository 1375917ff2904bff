"""The recording of 2025-01-26, line by line against a plain decoding with json and dicts."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Seen
from sources.hyperliquid_listing import infer
from sources.lines import Lines
from tests.shared import shared_file
from tests.sources.talk import (
    MS,
    NONE,
    chunks,
    exact,
    indexed,
    one_chunk,
    others,
    parted,
    replace,
    text,
)
from tests.sources.test_hyperliquid import TALK
from tests.sources.test_hyperliquid_frames import session

CAPTURE = "data/captures/hyperliquid__btc-2025-01-26.gz"
BTC = "hyperliquid:BTC"
FIRST_LINE_OF_TRADES = 3


def data() -> bytes:
    return gzip.decompress(shared_file(CAPTURE).read_bytes())


def plainly(raw: bytes) -> list[tuple[int, int, Any]]:
    """(line, stamp, frame) of every line."""
    split = (line.split(b" ", 1) for line in raw.splitlines())
    return [(k, int(at), json.loads(frame)) for k, (at, frame) in enumerate(split, 1)]


def decoded(lines: Lines, made: Any, size: int) -> list[Any]:
    return [i for part in parted(lines, size) for i in made.lines(part, part.received_ns, NONE)]


def by_kind(items: list[Any]) -> dict[str, Any]:
    """Chunks of one kind joined, everything else in order."""
    of: dict[str, list[Chunk]] = {}
    for item in items:
        if isinstance(item, Chunk):
            of.setdefault(f"{item.instrument} {item.kind}", []).append(item)
    joined = {key: exact(one_chunk(of[key])) for key in sorted(of)}
    return joined | {"others": others(items)}


def rows_of(items: list[Any], kind: str) -> list[tuple[Any, ...]]:
    """Every row of a kind: stamp, line, then its columns in order."""
    chunk = one_chunk(chunks(items, kind))
    assert chunk.instrument == BTC
    columns = [column.tolist() for column in chunk.columns.values()]
    return list(zip(chunk.received_ns.tolist(), chunk.line.tolist(), *columns, strict=True))


def test_every_level_of_every_book() -> None:
    raw = data()
    made = session()
    items = decoded(indexed(raw), made, 4096)
    expected = []
    final: dict[int, dict[Decimal, float]] = {}
    frames = 0
    for line, at, frame in plainly(raw):
        if frame["channel"] == "l2Book":
            frames += 1
            time_ms = frame["data"]["time"]
            final = {1: {}, -1: {}}
            for side, levels in zip((1, -1), frame["data"]["levels"], strict=True):
                for one in levels:
                    px, size = Decimal(one["px"]), float(one["sz"])
                    final[side][px] = size
                    ids = time_ms * MS, time_ms, time_ms
                    expected.append((at, line, *ids, side, int(px * 10**6), size, 2))
    assert (frames, len(expected)) == (46, 46 * 40)
    ours = rows_of(items, "book")
    assert ours == expected
    # The book that stands at the end, from our rows of the last line.
    last = [row for row in ours if row[1] == ours[-1][1]]
    book = {s: {Decimal(row[6]) / 10**6: row[7] for row in last if row[5] == s} for s in (1, -1)}
    assert book == final
    assert max(book[1]) == Decimal("105050") and min(book[-1]) == Decimal("105051")
    assert made.books.last_id(BTC) == 1737918868877


def test_every_trade() -> None:
    raw = data()
    made = session()
    items = decoded(indexed(raw), made, 4096)
    expected = []
    old = without_hash = 0
    for line, at, frame in plainly(raw):
        for one in frame["data"] if frame["channel"] == "trades" else ():
            taker = {"B": 1, "A": -1}[one["side"]]
            if line == FIRST_LINE_OF_TRADES:
                assert at - one["time"] * MS > 4_000 * MS  # all repeats are 4 s old or older
                old, taker = old + 1, 0
            elif int(one["hash"], 16) == 0:
                without_hash, taker = without_hash + 1, 0
            row = one["time"] * MS, one["tid"], float(one["px"]), float(one["sz"]), taker
            expected.append((at, line, *row))
    assert (len(expected), old, without_hash) == (64, 30, 4)
    assert rows_of(items, "trade") == expected
    assert made.counts == {"assumed:old_fill_s": 30, "no_flow": 4}
    live = [row[-1] * row[-2] for row in expected if row[-1]]
    bought, sold = sum(v for v in live if v > 0), -sum(v for v in live if v < 0)
    assert (round(bought, 5), round(sold, 5)) == (0.05335, 0.60294)


def test_there_is_nothing_else() -> None:
    raw = data()
    items = by_kind(decoded(indexed(raw), session(), 4096))
    known = replace(infer("BTC"), price_decimals=6)
    first_ns = plainly(raw)[0][1]
    assert items["others"] == [Seen(known, "c", first_ns, 1, listed=False)]
    assert set(items) == {f"{BTC} book", f"{BTC} trade", "others"}


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("source", [data, lambda: text(*TALK)], ids=["recording", "talk"])
def test_the_rows_do_not_depend_on_how_many_lines_are_taken(source: Any, size: int) -> None:
    lines = indexed(source())
    whole = session()
    expected = by_kind(decoded(lines, whole, 4096))
    made = session()
    assert by_kind(decoded(lines, made, size)) == expected
    assert made.counts == whole.counts
    assert made.snapshot() == whole.snapshot()


def test_a_restart_after_any_line_changes_nothing() -> None:
    lines = indexed(data())
    expected = [exact(item) for item in decoded(lines, session(), 1)]
    made = session()
    items = []
    for part in parted(lines, 1):
        items += made.lines(part, part.received_ns, NONE)
        stored = made.snapshot()
        made = session()
        made.restore(stored)
    assert [exact(item) for item in items] == expected


def test_a_missing_a_doubled_and_a_swapped_line() -> None:
    raw = data().splitlines(keepends=True)
    # Line 2 repeats the book of line 1; without it its rows alone are missing.
    whole = decoded(indexed(b"".join(raw)), session(), 4096)
    without = decoded(indexed(b"".join(raw[:1] + raw[2:])), session(), 4096)
    kept = [row[2:] for row in rows_of(whole, "book") if row[1] != 2]
    assert [row[2:] for row in rows_of(without, "book")] == kept
    # Every line twice: books again, no fill again.
    twice = session()
    items = decoded(indexed(b"".join(line + line for line in raw)), twice, 4096)
    assert len(rows_of(items, "book")) == 2 * len(rows_of(whole, "book"))
    assert [row[2:] for row in rows_of(items, "trade")] == [r[2:] for r in rows_of(whole, "trade")]
    assert twice.counts["repeated"] == 64
    # Two books in the wrong order (payloads only): the older one is left out.
    stamp_4, frame_4 = raw[3].split(b" ", 1)
    stamp_5, frame_5 = raw[4].split(b" ", 1)
    swapped = [*raw[:3], stamp_4 + b" " + frame_5, stamp_5 + b" " + frame_4, *raw[5:]]
    other = session()
    items = decoded(indexed(b"".join(swapped)), other, 4096)
    all_lines, without_5 = ({row[1] for row in rows_of(i, "book")} for i in (whole, items))
    assert all_lines - without_5 == {5}
    assert other.counts["old:l2Book"] == 1

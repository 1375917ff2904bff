"""The recording of 2026-08-09, whole, against a plain decoding: json, decimals and a dict.

What it holds: 1,030 frames without a hole, two snapshots (46,000 and 23,334 levels), 773 updates,
160 tickers, 200 past trades and 79 new ones.
"""

import gzip
import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest

from models import book as slots
from models.market import MarketState
from schemas.chunk import Chunk
from sources.lines import Lines
from tests.flows.recorded_book import stretch
from tests.shared import shared_file
from tests.sources.coinbase_frames import BTC, ETH, gap, made, rows, spot, wish
from tests.sources.talk import NONE, chunks, indexed, one_chunk, others, parted

CAPTURE = "data/captures/coinbase-advanced__2026-08-09.gz"
SCALE = 100
COUNTS = {"past_trades": 200, "assumed:side_is_maker": 79, "control": 30, "unknown:candles": 6}


@cache
def recorded() -> list[bytes]:
    with gzip.open(shared_file(CAPTURE)) as file:
        return file.read().splitlines(keepends=True)


def time_ns(text: str) -> int:
    """An independent reading of a venue time: by numpy, which knows nanoseconds."""
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))


def ticks(text: str) -> int:
    value = Decimal(text) * SCALE
    assert value == int(value)
    return int(value)


class Plain:
    """The recording decoded without any code of ours."""

    def __init__(self, lines: list[bytes]) -> None:
        self.rows: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        self.books: dict[str, dict[tuple[int, int], float]] = {}
        for line, raw in enumerate(lines, 1):
            stamp, _, payload = raw.partition(b" ")
            frame = json.loads(payload)
            reader = {"l2_data": self.book, "ticker": self.ticker, "market_trades": self.trade}
            for event in frame["events"]:
                reader.get(frame["channel"], self.nothing)(event, frame, (int(stamp), line))

    def nothing(self, event: Any, frame: Any, at: tuple[int, int]) -> None:
        """Frames that emit nothing."""

    def add(self, product: str, kind: str, *row: Any) -> None:
        self.rows.setdefault((f"coinbase-advanced:{product}", kind), []).append(row)

    def book(self, event: Any, frame: Any, at: tuple[int, int]) -> None:
        fresh, number = int(event["type"] == "snapshot"), frame["sequence_num"]
        levels = self.books.setdefault(event["product_id"], {})
        if fresh:
            levels.clear()
        for wanted in ("bid", "offer"):
            side = 1 if wanted == "bid" else -1
            for u in event["updates"]:
                if u["side"] != wanted:
                    continue
                key, size = (side, ticks(u["price_level"])), float(u["new_quantity"])
                self.add(event["product_id"], "book", *at, time_ns(u["event_time"]),
                         number, number, *key, size, fresh)  # fmt: skip
                levels.pop(key, None)
                if size:
                    levels[key] = size

    def ticker(self, event: Any, frame: Any, at: tuple[int, int]) -> None:
        for t in event["tickers"]:
            names = ("best_bid", "best_bid_quantity", "best_ask", "best_ask_quantity")
            self.add(t["product_id"], "top", *at, time_ns(frame["timestamp"]), -1,
                     *(float(t[name]) for name in names))  # fmt: skip

    def trade(self, event: Any, frame: Any, at: tuple[int, int]) -> None:
        if event["type"] == "snapshot":
            return
        for t in reversed(event["trades"]):  # the venue writes the newest first
            self.add(
                t["product_id"],
                "trade",
                *at,
                time_ns(t["time"]),
                int(t["trade_id"]),
                float(t["price"]),
                float(t["size"]),
                {"SELL": 1, "BUY": -1}[t["side"]],
            )


@cache
def plain() -> Plain:
    return Plain(recorded())


def heard(lines: Lines, size: int, session: Any = None) -> tuple[Any, list[Any]]:
    session, items = session or made(), []
    for part in parted(lines, size):
        items += session.lines(part, np.maximum.accumulate(part.received_ns), NONE)
    return session, items


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_every_row_whatever_the_batches(size: int) -> None:
    session, items = heard(indexed(b"".join(recorded())), size)
    found = rows(items)
    assert {key: len(of) for key, of in found.items()} == {
        (BTC, "book"): 47_930, (ETH, "book"): 26_263, (BTC, "top"): 73, (ETH, "top"): 87,
        (BTC, "trade"): 47, (ETH, "trade"): 32,
    }  # fmt: skip
    assert found == plain().rows
    assert +session.counts == COUNTS
    stories = [(type(item).__name__, item.line, item.instrument) for item in others(items)]
    assert stories == [
        ("Seen", 1, spot("BTC-USD", None)), ("Seen", 2, spot("ETH-USD", None)),
        ("Seen", 14, spot("BTC-USD", 2)), ("Seen", 22, spot("ETH-USD", 2)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "product", "levels", "bid", "ask"),
    [(BTC, "BTC-USD", 46_007, 65083.66, 65083.67), (ETH, "ETH-USD", 23_328, 1919.28, 1919.38)],
)
def test_the_final_book_in_the_kernel(
    name: str, product: str, levels: int, bid: float, ask: float
) -> None:
    _, items = heard(indexed(b"".join(recorded())), 4096)
    of = [item for item in items if isinstance(item, Chunk) and item.instrument == name]
    book, top = (one_chunk(chunks(of, kind)) for kind in ("book", "top"))
    state = MarketState(spot(product, 2), listed=True, stale_book_ns=1)
    failed = state.fold_book(stretch(book, book.line), stretch(top, top.line))
    assert failed is None
    assert state.book.state[slots.CHECKED] == 0  # a ticker is nothing to compare a book with
    expected = plain().books[product]
    assert len(expected) == levels
    best = {side: max(side * px for of, px in expected if of == side) for side in (1, -1)}
    assert (best[1] / SCALE, -best[-1] / SCALE) == (bid, ask)
    assert state.book.levels[:, :, 0].tolist() == [
        [bid, expected[1, best[1]]], [ask, expected[-1, -best[-1]]],
    ]  # fmt: skip
    assert state.book.top.tolist() == list(plain().rows[name, "top"][-1][4:])


@pytest.mark.parametrize("cut", [13, 14, 500])
def test_a_restart_in_the_middle(cut: int) -> None:
    lines = indexed(b"".join(recorded()))
    first, before = heard(lines.part(0, cut), 4096)
    second = made()
    second.restore(first.snapshot())
    _, after = heard(lines.part(cut, len(lines)), 4096, second)
    assert rows([*before, *after]) == plain().rows
    assert len(others([*before, *after])) == 4


def test_a_missing_line_loses_both_books_once_and_nothing_else() -> None:
    lines = recorded()
    cut = [*lines[:500], *lines[501:]]  # an update of ETH-USD is gone
    _, items = heard(indexed(b"".join(cut)), 4096)
    stamp = int(cut[500].partition(b" ")[0])
    story = [getattr(item, "instrument", None) for item in others(items)[4:]]
    assert story == [BTC, BTC, ETH, ETH]
    assert [type(item).__name__ for item in others(items)[4:]] == ["Gap", "Wish", "Gap", "Wish"]
    assert {item.received_ns for item in others(items)[4::2]} == {stamp}
    assert others(items)[5::2] == [wish(BTC), wish(ETH)]
    assert others(items)[4].reason == gap(BTC, 1).reason
    counts = Counter(kind for (_, kind), of in rows(items).items() for row in of if row[1] > 500)
    whole = Counter(kind for (_, kind), of in plain().rows.items() for row in of if row[1] > 501)
    assert counts == {"top": whole["top"], "trade": whole["trade"]}

"""Depth frames through a session: gaps and wishes, one per loss, each symbol for itself."""

from typing import Any

import numpy as np
import pytest

from schemas.control import Gap, Reason, Rejected, Wish
from tests.sources.talk import (
    MS,
    SPOT,
    START,
    USDM,
    answer,
    book_rows,
    chunks,
    depth,
    hear,
    others,
    parted,
    session,
    shown,
    text,
)
from tests.sources.talk import indexed as index

URL = "https://fapi.binance.com/fapi/v1/depth?symbol={}&limit=1000"
SPOT_URL = "https://api.binance.com/api/v3/depth?symbol={}&limit=5000"


def gap(line: int, reason: str = "sequence", symbol: str = "BTCUSDT", venue: str = USDM) -> Gap:
    return Gap(f"{venue}:{symbol}", "c", START + (line - 1) * MS, line, reason)


def wish(reason: str = "sequence", symbol: str = "BTCUSDT") -> Wish:
    return Wish(f"{USDM}:{symbol}", URL.format(symbol), reason)


def says(*payloads: str, venue: str = USDM) -> tuple[list[Any], list[Any]]:
    """(book rows, everything else), the same whatever the batch size."""
    results = []
    for size in (1, 2, 3, 100):
        made = session(venue, BTCUSDT=1, ETHUSDT=1)
        items = []
        for part in parted(index(text(*payloads)), size):
            items += made.lines(part, part.received_ns, np.zeros(0, np.bool_))
        results.append((sorted(book_rows(items)), sorted(others(items), key=repr)))
    assert results[1:] == results[:-1]
    return results[0]


def row(line: int, last: int, px: float = 100.0) -> tuple[int, int, int, int, float, int]:
    return line, last, 1, round(px * 10), 1.0, 0


def snapshot_rows(line: int, number: int) -> list[Any]:
    return [(line, number, -1, 1010, 8.0, 1), (line, number, 1, 990, 7.0, 1)]


D1, D2, D3, D4 = depth(11, 20, 9), depth(22, 30, 20), depth(33, 40, 30), depth(44, 50, 40)


def test_one_snapshot_and_an_unbroken_chain() -> None:
    rows, rest = says(D1, answer(15), D2, D3)
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20), row(3, 30), row(4, 40)])
    assert rest == [wish()]


def test_a_whole_chunk() -> None:
    made = session(BTCUSDT=1)
    first = depth(11, 20, 9, bids=[("100.5", "1.5")], asks=[("101.0", "0")])
    items = hear(made, text(answer(15), first, depth(22, 30, 20)))
    times = (START + MS,) * 4
    assert [shown(item) for item in items] == [
        ("binance-usdm:BTCUSDT", "book", "c", times, (2,) * 4, {
            "venue_ns": (0, 0, MS, MS), "first_id": (15, 15, 11, 11), "last_id": (15, 15, 20, 20),
            "side": (1, -1, 1, -1), "px_ticks": (990, 1010, 1005, 1010),
            "size": (7.0, 8.0, 1.5, 0.0), "is_snapshot": (1, 1, 0, 0),
        }),
        ("binance-usdm:BTCUSDT", "book", "c", (START + 2 * MS,), (3,), {
            "venue_ns": (MS,), "first_id": (22,), "last_id": (30,), "side": (1,),
            "px_ticks": (1000,), "size": (1.0,), "is_snapshot": (0,),
        }),
    ]  # fmt: skip
    for chunk in chunks(items, "book"):
        assert not any(column.flags.writeable for column in chunk.columns.values())
        assert not chunk.received_ns.flags.writeable


def test_a_missing_frame() -> None:
    rows, rest = says(D1, answer(15), D3, D4, answer(35))
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20), *snapshot_rows(5, 35), row(5, 40),
                           row(5, 50)])  # fmt: skip
    assert rest == [gap(3), wish(), wish()]


def test_a_doubled_frame() -> None:
    rows, rest = says(D1, answer(15), D2, D2, D1, D3)
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20), row(3, 30), row(6, 40)])
    assert rest == [wish()]


def test_reordered_frames() -> None:
    rows, rest = says(answer(15), D1, D3, D2, D4)
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20)])
    assert rest == [gap(3), wish()]


def test_a_refused_frame_breaks_the_chain_at_the_next() -> None:
    bad = depth(22, 30, 20, bids=[("100.25", "1")])
    rows, rest = says(answer(15), D1, bad, D3)
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20)])
    detail = "price 100.25 has more than 1 decimals"
    at_ns = START + 2 * MS
    rejected = Rejected("c", 3, at_ns, at_ns, Reason.price_scale, detail, bad)
    assert rest == [gap(4), rejected, wish()]


def test_a_snapshot_too_old_and_one_too_new() -> None:
    assert says(D1, D2, answer(5)) == ([], [wish(), wish()])
    assert says(D1, D2, answer(99)) == ([], [wish()])
    rows, rest = says(D1, D2, answer(35), D3)
    assert (rows, rest) == (sorted([*snapshot_rows(4, 35), row(4, 40)]), [wish()])


def test_a_break_inside_the_held_frames() -> None:
    rows, rest = says(D1, D2, D4, answer(15))
    assert rows == sorted([*snapshot_rows(4, 15), row(4, 20), row(4, 30)])
    assert rest == [gap(4), wish(), wish()]


def test_two_snapshots() -> None:
    rows, rest = says(answer(5), answer(15), answer(12), D1, answer(99), D2)
    assert (rows, rest) == (sorted([*snapshot_rows(4, 15), row(4, 20), row(6, 30)]), [])


def test_spot_counts_densely() -> None:
    lines = depth(11, 20), answer(15), depth(21, 30), depth(32, 40)
    rows, rest = says(*lines, venue=SPOT)
    assert rows == sorted([*snapshot_rows(2, 15), row(2, 20), row(3, 30)])
    name = f"{SPOT}:BTCUSDT"
    wished = Wish(name, SPOT_URL.format("BTCUSDT"), "sequence")
    assert rest == [gap(4, venue=SPOT), wished, wished]


def test_a_gap_of_one_symbol_does_not_touch_another() -> None:
    def eth(payload: str) -> str:
        return payload.replace("BTCUSDT", "ETHUSDT")

    rows, rest = says(eth(answer(15)), answer(15), D1, eth(D1), D3, eth(D2), eth(D3), D4)
    mine = [(k, n, 1, 1000, 1.0, 0) for k, n in ((4, 20), (6, 30), (7, 40))]
    assert rows == sorted([*snapshot_rows(3, 15), row(3, 20), *snapshot_rows(4, 15), *mine])
    assert rest == [gap(5), wish()]


def test_losses_from_outside() -> None:
    made = session(BTCUSDT=1, ETHUSDT=1)
    hear(made, text(answer(15), D1, depth(1, 2, 0, symbol="ETHUSDT")))
    lost = made.lose(START, 9, "reconnect")
    assert lost == [
        Gap("binance-usdm:BTCUSDT", "c", START, 9, "reconnect"), wish("reconnect"),
        wish("reconnect", "ETHUSDT"),
    ]  # fmt: skip
    assert hear(made, text(D2)) == []  # the wish is out already
    made.restore(made.snapshot())
    assert hear(made, text(D3)) == []
    rows = book_rows(hear(made, text(answer(25))))
    assert [last for _, last, *_ in rows] == [25, 25, 30, 40]
    assert made.wished("BTCUSDT", START, 10) == [
        Gap("binance-usdm:BTCUSDT", "c", START, 10, "book_mismatch"), wish("book_mismatch"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 4])
def test_frames_whose_stamp_went_back_are_a_gap(size: int) -> None:
    made = session(BTCUSDT=1)
    hear(made, text(answer(15), D1))
    lines, misplaced = index(text(D2, D3, answer(35), D4)), np.array([0, 1, 1, 0], np.bool_)
    items = []
    for begin in range(0, 4, size):
        part = lines.part(begin, begin + size)
        items += made.lines(part, part.received_ns, misplaced[begin : begin + size])
    assert book_rows(items) == [row(1, 30)]
    assert others(items) == [gap(2, "time_back"), wish("time_back")]


def test_held_rows_are_bounded() -> None:
    levels = [("100.0", "1")] * 100
    made = session(BTCUSDT=1)
    frames = [depth(k, k, k - 1, bids=levels) for k in range(1, 200)]
    assert [type(item) for item in hear(made, text(*frames))] == [Wish]
    (sync,) = made.books.syncs.values()
    assert sum(held.rows for held in sync.held) == 5_000
    assert [held.last_id for held in sync.held] == list(range(150, 200))


def test_who_waits_for_a_snapshot() -> None:
    made = session(USDM, BTCUSDT=1, ETHUSDT=1)
    assert made.awaiting() == frozenset()
    hear(made, text(D1, depth(11, 20, 9, symbol="ETHUSDT")))
    assert made.awaiting() == {f"{USDM}:BTCUSDT", f"{USDM}:ETHUSDT"}
    hear(made, text(answer(15)), first_line=3)
    assert made.awaiting() == {f"{USDM}:ETHUSDT"}
    hear(made, text(D3), first_line=4)
    assert made.awaiting() == {f"{USDM}:BTCUSDT", f"{USDM}:ETHUSDT"}

"""The plain book against what is known of the recordings, and the synchronisation rules."""

import json
from itertools import pairwise

import pytest

from tests.reference.binance_dict import DictBook, read_lines, ticks_of
from tests.reference.binance_frames import kind_of
from tests.shared import shared_file


def replay(name: str, futures: bool, decimals: int) -> tuple[DictBook, dict[str, int]]:
    """The book after a recording; after each depth line its best must equal the book ticker's."""
    book, counts = DictBook(futures, decimals), {"depth": 0, "checked": 0, "at_snapshot": 0}
    applied: list[tuple[int, tuple]] = []
    tickers: list[tuple[int, tuple]] = []
    for line in read_lines(shared_file(f"data/captures/{name}.gz")):
        kind = kind_of(line.frame)
        if kind == "top":
            event = line.frame
            bid = (ticks_of(event["b"], decimals), float(event["B"]))
            ask = (ticks_of(event["a"], decimals), float(event["A"]))
            tickers.append((event["u"], ([bid], [ask])))
        elif kind in ("depth", "snapshot"):
            counts["depth"] += kind == "depth"
            on_line = book.on_depth if kind == "depth" else book.on_snapshot
            outcome = on_line(line.frame)
            assert not outcome.gap
            if kind == "snapshot":
                counts["at_snapshot"] = len(outcome.applied)
            if outcome.applied:
                applied.append((book.last_id, book.top(1)))
    last, place = None, 0
    for update_id, top in applied:
        while place < len(tickers) and tickers[place][0] <= update_id:
            last, place = tickers[place][1], place + 1
        if last is not None:
            assert top == last, update_id
            counts["checked"] += 1
    return book, counts


def test_futures_2024_matches_every_book_ticker() -> None:
    book, counts = replay("binance-usdm__btcusdt-2024-08-08", True, 2)
    assert counts == {"depth": 6551, "checked": 6546, "at_snapshot": 2}
    assert (book.older, book.applied) == (4, 6547)
    assert (len(book.bids.sizes), len(book.asks.sizes)) == (5018, 4578)
    for side in (book.bids, book.asks):
        assert side.prices == sorted(side.sizes)


def test_futures_2023_applies_every_frame() -> None:
    book, counts = replay("binance-usdm__btcusdt-2023-04-04", True, 2)
    assert (counts["depth"], book.applied, book.older) == (16_110, 16_110, 0)


def test_spot_without_snapshot_never_synchronises() -> None:
    book, counts = replay("binance-spot__btcusdt-2023-04-05", False, 8)
    assert (counts["depth"], len(book.waiting)) == (3929, 3929)
    assert (book.known, book.applied, book.older) == (False, 0, 0)
    chain = [(frame["U"], frame["u"]) for frame in book.waiting]
    assert all(now[0] == last[1] + 1 for last, now in pairwise(chain))


def depth(first: int, last: int, before: int | None = None, px: str = "9") -> dict:
    return {"e": "depthUpdate", "U": first, "u": last, "pu": before, "b": [[px, "1"]], "a": []}


def snapshot(last: int) -> dict:
    return {"lastUpdateId": last, "bids": [["8", "5"]], "asks": [["11", "5"]]}


def told(book: DictBook, *events: dict) -> list[tuple[bool, int, bool]]:
    """After each event: known, frames applied in its line, gap."""
    rows = []
    for event in events:
        outcome = book.on_snapshot(event) if "bids" in event else book.on_depth(event)
        rows.append((book.known, len(outcome.applied), outcome.gap))
    return rows


def test_futures_rules() -> None:
    book = DictBook(futures=True)
    rows = told(
        book,
        depth(1, 5, 0),  # older than the snapshot: dropped
        depth(6, 10, 5),
        depth(11, 14, 10),
        snapshot(10),  # 6 ≤ 10 ≤ 10: two frames apply in this line
        depth(11, 14, 10),  # a duplicate
        depth(20, 22, 14),  # U is not pu + 1, and need not be
        depth(23, 25, 21),  # pu is not 22: lost; it waits
        snapshot(20),  # older than what waits: discarded
        depth(26, 30, 25),
        snapshot(27),  # 23 … 25 is older, 26 ≤ 27 ≤ 30 matches
    )
    assert rows == [
        (False, 0, False),
        (False, 0, False),
        (False, 0, False),
        (True, 2, False),
        (True, 0, False),
        (True, 1, False),
        (False, 0, True),
        (False, 0, False),
        (False, 0, False),
        (True, 1, False),
    ]
    assert (book.older, book.applied, book.last_id) == (2, 4, 30)


def test_snapshot_ahead_of_the_stream_waits_for_its_frame() -> None:
    book = DictBook(futures=True)
    assert told(book, depth(1, 5, 0), snapshot(10), depth(6, 9, 5), depth(10, 12, 9)) == [
        (False, 0, False),
        (False, 0, False),
        (False, 0, False),
        (True, 1, False),
    ]
    assert (
        told(DictBook(futures=True), snapshot(10), depth(11, 12, 9), depth(13, 14, 12))
        == [(False, 0, False)] * 3
    )


def test_break_among_the_waiting_frames() -> None:
    book = DictBook(futures=True)
    rows = told(book, depth(6, 10, 5), depth(15, 16, 14), snapshot(8), snapshot(15))
    assert rows == [(False, 0, False), (False, 0, False), (False, 1, True), (True, 1, False)]


def test_spot_rules() -> None:
    book = DictBook(futures=False)
    rows = told(book, depth(6, 10), depth(11, 14), snapshot(10), depth(15, 15), depth(17, 18))
    assert rows == [
        (False, 0, False),
        (False, 0, False),
        (True, 1, False),  # 6 … 10 is in the snapshot; 11 ≤ 10 + 1 ≤ 14
        (True, 1, False),
        (False, 0, True),
    ]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(b"12", "Expecting"), (b"x {}", "no stamp"), (b'12 {"e":', "Expecting"), (b"", "no stamp")],
)
def test_lines_that_cannot_be_read(raw: bytes, problem: str) -> None:
    (line,) = read_lines([raw])
    assert line.problem.startswith(problem)
    assert line.frame is None


def test_wrapped_rest_and_control_lines() -> None:
    wrapped = json.dumps({"stream": "x@trade", "data": {"e": "trade"}}).encode()
    lines = list(read_lines([b"1 " + wrapped, b'2 @https://h/p?symbol=X {"a":1}', b'3 !{"k":"e"}']))
    assert [(x.received_ns, x.url, x.frame, x.control) for x in lines] == [
        (1, "", {"e": "trade"}, None),
        (2, "https://h/p?symbol=X", {"a": 1}, None),
        (3, "", None, {"k": "e"}),
    ]

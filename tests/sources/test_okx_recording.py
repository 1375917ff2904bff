"""The recording of 2022 against a decoding of its own: every level, fill, checksum and time.

It has no ids, so that the checksum is what proves it. Contract sizes: a contract of the
BTC future is 100 USD, one of the UNI swap 10 USD.
"""

import gzip
import json
from collections import Counter
from functools import cache
from typing import Any

import pytest

from schemas.chunk import COLUMNS
from schemas.control import Gap, Reason, Rejected, Seen, Wish
from sources.in_band import InBand
from sources.lines import Lines
from tests.shared import shared_file
from tests.sources.okx_frames import checksum_of, listed, merged, seen, session, unlisted
from tests.sources.talk import MS, chunks, hear, indexed, others, parted

FUTURE, SWAP, SPOT = "BTC-USD-220527", "UNI-USD-SWAP", "BTC-USDT"
USD_A_CONTRACT = {FUTURE: 100.0, SWAP: 10.0}
DECIMALS = {FUTURE: 1, SWAP: 3, SPOT: 1}
MARKETS = (
    listed(FUTURE, "future", 1, contract_size=100.0, inverse=True),
    listed(SWAP, "perpetual", 3, contract_size=10.0, inverse=True),
    listed(SPOT, "spot", 1),
)


def raw() -> bytes:
    return gzip.decompress(shared_file("data/captures/okx__2022-05-13.gz").read_bytes())


def parsed() -> list[tuple[int, int, Any]]:
    """(line, received_ns, frame)."""
    lines = enumerate(raw().splitlines(), 1)
    return [
        (number, int(line.partition(b" ")[0]), json.loads(line.partition(b" ")[2]))
        for number, line in lines
    ]


def base(symbol: str, size: str, px: str) -> float:
    if symbol == SPOT:
        return float(size)
    return float(size) * USD_A_CONTRACT[symbol] / float(px)


@cache
def expected_rows() -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """(instrument, kind) → (line, received_ns, columns…) of every row."""
    rows: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for line, received, frame in parsed():
        channel, symbol = frame["arg"]["channel"], frame["arg"]["instId"]
        for data in frame.get("data", ()):
            venue_ns = int(data["ts"]) * MS
            if channel == "trades":
                px, side = float(data["px"]), 1 if data["side"] == "buy" else -1
                size = base(symbol, data["sz"], data["px"])
                row = (line, received, venue_ns, int(data["tradeId"]), px, size, side)
                rows.setdefault((f"okx:{symbol}", "trade"), []).append(row)
            if channel == "books":
                fresh = int(frame["action"] == "snapshot")
                scale = 10 ** DECIMALS[symbol]
                for side, levels in ((1, data["bids"]), (-1, data["asks"])):
                    for px, size, _, _ in levels:
                        ticks = round(float(px) * scale)
                        level = (side, ticks, base(symbol, size, px), fresh)
                        row = (line, received, venue_ns, 0, 0, *level)
                        rows.setdefault((f"okx:{symbol}", "book"), []).append(row)
    return rows


def rows_of(items: list[Any]) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for kind in COLUMNS:
        for chunk in chunks(items, kind):
            columns = (chunk.columns[name].tolist() for name in COLUMNS[kind])
            rows = zip(chunk.line.tolist(), chunk.received_ns.tolist(), *columns, strict=True)
            found.setdefault((chunk.instrument, kind), []).extend(rows)
    return found


def test_every_row() -> None:
    made = session(*MARKETS)
    items = hear(made, raw())
    assert others(items) == []  # no gap, no wish, no refusal
    found = rows_of(items)
    assert found == expected_rows()
    assert {key: len(rows) for key, rows in found.items() if key[1] == "trade"} == {
        (f"okx:{FUTURE}", "trade"): 4, (f"okx:{SWAP}", "trade"): 1, (f"okx:{SPOT}", "trade"): 69,
    }  # fmt: skip
    assert (
        len({row[0] for (_, kind), rows in found.items() if kind == "book" for row in rows}) == 290
    )
    assert +made.counts == {"control": 18, "unknown:tickers": 28}


def test_the_archive_holds_290_checksums_and_nothing_unchecked() -> None:
    books: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    held = Counter[bool]()
    for _, _, frame in parsed():
        if frame["arg"]["channel"] == "books" and "data" in frame:
            (data,) = frame["data"]
            if frame["action"] == "snapshot":
                books[frame["arg"]["instId"]] = ({}, {})
            sides = books[frame["arg"]["instId"]]
            for side, name in zip(sides, ("bids", "asks"), strict=True):
                for px, size, _, _ in data[name]:
                    side[px] = size
                    if float(size) == 0:
                        del side[px]
            held[checksum_of(*sides) == data["checksum"]] += 1
    assert held == {True: 290}
    made = session(*MARKETS)
    hear(made, raw())
    assert made.counts["checksum_mismatch"] + made.counts["book_unchecked"] == 0
    final = made.reader.books.written
    assert {name: (len(b.bids), len(b.asks)) for name, b in final.items()} == {
        f"okx:{FUTURE}": (74, 62), f"okx:{SWAP}": (125, 118), f"okx:{SPOT}": (400, 400),
    }  # fmt: skip
    for symbol, sides in books.items():
        book = final[f"okx:{symbol}"]
        for side, mine in zip(sides, (book.bids, book.asks), strict=True):
            assert set(mine.values()) == {f"{px}:{size}" for px, size in side.items()}


def test_the_scale_without_a_listing_is_the_finest_price_of_the_snapshot() -> None:
    items = hear(unlisted(), raw())
    told = [item for item in others(items) if isinstance(item, Seen)]
    at = {line: received for line, received, _ in parsed()}
    assert [(s.instrument, s.line, s.received_ns, s.listed) for s in told] == [
        (seen(SPOT).instrument, 24, at[24], False),  # a fill at 30236: no scale
        (seen(SPOT, decimals=1).instrument, 27, at[27], False),  # 800 levels
    ]
    expected = {key: rows for key, rows in expected_rows().items() if key[0] == f"okx:{SPOT}"}
    assert rows_of(items) == expected


def test_without_a_listing_contracts_are_refused_and_it_is_wished_for_once() -> None:
    items = others(hear(unlisted(), raw()))
    url = "https://www.okx.com/api/v5/public/instruments?instType={}&instId={}"
    assert [item for item in items if isinstance(item, Wish)] == [
        Wish(f"okx:{FUTURE}", url.format("FUTURES", FUTURE), "no_metadata"),
        Wish(f"okx:{SWAP}", url.format("SWAP", SWAP), "no_metadata"),
    ]
    refused = [item for item in items if isinstance(item, Rejected)]
    assert {item.reason for item in refused} == {Reason.no_metadata}
    sized = ("books", "trades")
    assert [item.line for item in refused] == [
        line for line, _, frame in parsed()
        if "data" in frame and frame["arg"]["instId"] != SPOT and frame["arg"]["channel"] in sized
    ]  # fmt: skip
    assert len(refused) == 99 + 93 + 5


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_the_batch_does_not_matter(size: int) -> None:
    lines = indexed(raw())
    for known in ((), MARKETS):
        made = session(*known) if known else unlisted()
        items = [item for part in parted(lines, size) for item in taken(made, part)]
        whole = hear(session(*known) if known else unlisted(), raw())
        assert merged(items) == merged(whole)


def taken(made: InBand, lines: Lines) -> list[Any]:
    return made.lines(lines, lines.received_ns, lines.kind[:0] != 0)


@pytest.mark.parametrize("cut", [1, 25, 26, 100, 250, 409])
def test_a_restart_in_between(cut: int) -> None:
    lines = indexed(raw())
    before, after = session(*MARKETS), session(*MARKETS)
    items = taken(before, lines.part(0, cut))
    after.restore(before.snapshot())
    items += taken(after, lines.part(cut, len(lines)))
    assert merged(items) == merged(hear(session(*MARKETS), raw()))
    assert after.reader.books.written.keys() == {f"okx:{s}" for s in (FUTURE, SWAP, SPOT)}


@pytest.mark.parametrize("symbol", [FUTURE, SWAP, SPOT])
def test_one_wrong_digit_in_the_top_is_noticed_at_once(symbol: str) -> None:
    """The first update of a market whose best level changes, with another size in it."""
    lines = raw().splitlines()
    line, at, frame = next(
        entry for entry in parsed()
        if entry[2].get("action") == "update" and entry[2]["arg"]["instId"] == symbol
        and entry[2]["data"][0]["bids"] and float(entry[2]["data"][0]["bids"][0][1]) > 0
    )  # fmt: skip
    px, size, *_ = frame["data"][0]["bids"][0]
    old, new = f'"{px}","{size}"'.encode(), f'"{px}","{size}9"'.encode()
    assert lines[line - 1].count(old) == 1
    lines[line - 1] = lines[line - 1].replace(old, new)
    made = session(*MARKETS)
    items = hear(made, b"\n".join(lines) + b"\n")
    assert others(items) == [
        Gap(f"okx:{symbol}", "c", at, line, "book_mismatch"),
        Wish(f"okx:{symbol}", "", "book_mismatch"),
    ]
    expected = dict(expected_rows())
    key = (f"okx:{symbol}", "book")
    expected[key] = [row for row in expected[key] if row[0] < line]
    assert rows_of(items) == expected
    assert made.counts["checksum_mismatch"] == 1

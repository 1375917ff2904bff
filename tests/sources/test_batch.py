"""Rows of a batch of lines: a line counts wholly or not at all; chunks as the contract says."""

import numpy as np

from schemas.account import AccountState
from schemas.chunk import COLUMNS, Chunk
from schemas.control import Gap, Seen
from schemas.instrument import infer
from sources.batch import Batch
from tests.blank_row import blank_row

BTC, ETH = "okx:BTC-USDT", "okx:ETH-USDT"


def shown(chunk: Chunk) -> tuple[object, ...]:
    columns = {name: column.tolist() for name, column in chunk.columns.items()}
    return (chunk.instrument, chunk.kind, chunk.connection, chunk.received_ns.tolist(),
            chunk.line.tolist(), columns)  # fmt: skip


def test_rows_become_one_chunk_for_each_instrument_and_kind() -> None:
    batch = Batch("c")
    batch.at(5, 1)
    batch.row(BTC, "trade", 4, 7, 100.5, 0.25, -1)
    batch.row(ETH, "index", 4, 2000.0)
    batch.commit()
    batch.at(6, 2)
    batch.row(BTC, "trade", 5, 8, 100.0, 1.0, 1)
    batch.commit()
    chunks = [item for item in batch.take() if isinstance(item, Chunk)]
    assert [shown(chunk) for chunk in chunks] == [
        (BTC, "trade", "c", [5, 6], [1, 2],
         {"venue_ns": [4, 5], "id": [7, 8], "px": [100.5, 100.0], "size_base": [0.25, 1.0],
          "taker": [-1, 1]}),
        (ETH, "index", "c", [5], [1], {"venue_ns": [4], "px": [2000.0]}),
    ]  # fmt: skip
    for chunk in chunks:
        assert {n: c.dtype for n, c in chunk.columns.items()} == dict(COLUMNS[chunk.kind])
        assert chunk.received_ns.dtype == chunk.line.dtype == np.int64
        assert not any(c.flags.writeable for c in (chunk.line, *chunk.columns.values()))
    assert batch.take() == []


def test_levels_of_a_frame_and_of_an_empty_one() -> None:
    batch = Batch("c")
    batch.at(5, 1)
    batch.levels(BTC, (4, 6, 7), [(1000, 2.0)], [(1010, 3.0), (1011, 0.0)], snapshot=True)
    batch.levels(BTC, (5, 8, 8), [], [], snapshot=False)
    batch.levels(BTC, (6, 9, 9), [], [], snapshot=True, whole=True)
    batch.commit()
    [chunk] = batch.take()
    assert isinstance(chunk, Chunk)
    assert shown(chunk)[5] == {
        "venue_ns": [4, 4, 4, 5, 6], "first_id": [6, 6, 6, 8, 9], "last_id": [7, 7, 7, 8, 9],
        "side": [1, -1, -1, 0, 0], "px_ticks": [1000, 1010, 1011, 0, 0],
        "size": [2.0, 3.0, 0.0, 0.0, 0.0], "is_snapshot": [1, 1, 1, 0, 2],
    }  # fmt: skip


def test_a_dropped_line_says_nothing_of_the_market_but_of_the_stream() -> None:
    batch = Batch("c")
    batch.at(5, 1)
    gap = Gap(BTC, "c", 5, 1, "sequence")
    btc = infer("okx", "BTC-USDT", "spot", 1)
    batch.item(blank_row(AccountState))
    batch.item(gap)
    batch.item(Seen(btc, "c", 5, 1, listed=False))
    batch.levels(BTC, (4, 6, 7), [(1000, 2.0)], [(1010, 3.0)], snapshot=True)
    batch.levels(ETH, (4, 6, 7), [], [(1010, 3.0)], snapshot=True)
    batch.row(BTC, "trade", 4, 7, 100.5, 0.25, -1)
    assert batch.drop() == [BTC, ETH]
    assert batch.take() == [gap, Seen(btc, "c", 5, 1, listed=False)]


def test_a_seen_may_be_taken_back() -> None:
    batch = Batch("c")
    btc, eth = (infer("okx", symbol, "spot", 1) for symbol in ("BTC-USDT", "ETH-USDT"))
    for instrument in (btc, eth):
        batch.item(Seen(instrument, "c", 5, 1, listed=False))
    batch.untell("BTC-USDT")
    batch.commit()
    assert batch.take() == [Seen(eth, "c", 5, 1, listed=False)]

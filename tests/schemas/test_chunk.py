"""Chunks: parts are views, and every kind has the columns of the contract (C4)."""

import numpy as np

from schemas.chunk import COLUMNS, Chunk

KINDS = {
    "book": "venue_ns first_id last_id side px_ticks size is_snapshot",
    "top": "venue_ns id bid_px bid_sz ask_px ask_sz",
    "trade": "venue_ns id px size_base taker",
    "mark": "venue_ns mark index funding_rate interval_h next_funding_ns oi_base",
    "liquidation": "venue_ns px size_base position_side thinned",
    "quote": "venue_ns bid_px bid_sz ask_px ask_sz mark_px bid_iv ask_iv mark_iv underlying_px "
    "index_px rate delta gamma vega theta oi_base",
    "index": "venue_ns px",
    "vol_index": "venue_ns vol",
    "oracle": "venue_ns px conf ema_px id",
}


def test_columns_of_each_kind() -> None:
    assert {kind: " ".join(columns) for kind, columns in COLUMNS.items()} == KINDS


def test_a_part_is_the_same_rows_and_no_copy() -> None:
    received = np.arange(5, dtype=np.int64)
    chunk = Chunk("v:S", "trade", received, received + 10, {"px": received * 0.5})
    part = chunk.part(1, 3)
    assert (len(chunk), len(part)) == (5, 2)
    assert (part.instrument, part.kind) == ("v:S", "trade")
    assert part.received_ns.tolist() == [1, 2]
    assert part.line.tolist() == [11, 12]
    assert part.columns["px"].tolist() == [0.5, 1.0]
    assert np.shares_memory(part.received_ns, received)
    assert len(chunk.part(2, 2)) == 0

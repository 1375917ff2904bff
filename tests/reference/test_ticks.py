"""The reference's grid rules and columns on small hand-written recordings, and on the real ones."""

import json
from typing import Any

import pytest
from msgspec.structs import asdict

from schemas.quality import Quality
from tests.reference.ticks import reference_rows
from tests.shared import shared_file

S = 1_000_000_000
T = 1_700_000_000 * S  # a whole second
VENUE = "binance-usdm"
REST = "@https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"


def frame(at_s: float, **data: Any) -> bytes:
    stream = f"btcusdt@{data.get('e')}"
    body = json.dumps({"stream": stream, "data": {"s": "BTCUSDT", **data}})
    return f"{T + round(at_s * S)} {body}".encode()


def trade(at_s: float, px: str = "100", m: bool = False, **data: Any) -> bytes:
    return frame(at_s, **{"e": "trade", "p": px, "q": "2", "m": m, "X": "MARKET", **data})


def depth(at_s: float, first: int, last: int, before: int, **data: Any) -> bytes:
    values = {"e": "depthUpdate", "U": first, "u": last, "pu": before, "b": [], "a": [], **data}
    return frame(at_s, **values)


def snapshot(at_s: float, last: int, bids: list, asks: list) -> bytes:
    body = json.dumps({"lastUpdateId": last, "bids": bids, "asks": asks})
    return f"{T + round(at_s * S)} {REST} {body}".encode()


def control(at_s: float, **data: Any) -> bytes:
    return f"{T + round(at_s * S)} !{json.dumps(data)}".encode()


def ticks(lines: list[bytes], grid_s: float = 0.25, **options: Any) -> list[dict[str, Any]]:
    """Ticks as dicts, `ts` in seconds after T."""
    rows, _ = reference_rows(lines, round(grid_s * S), venue=VENUE, **options)
    return [asdict(row) | {"ts": (row.ts - T) / S} for row in rows]


def some(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in ("ts", *columns)) for row in rows]


def test_a_tick_holds_what_was_before_it_and_sums_run_from_item_to_item() -> None:
    lines = [
        trade(0.1, "100"),
        trade(0.25, "101", m=True),  # on the grid: belongs to the next tick
        trade(0.3, "102", X="INSURANCE_FUND"),  # no flow, no last price
        trade(0.9, "103"),
        trade(1.1, "104"),
    ]
    assert some(
        ticks(lines), "buy_usd", "sell_usd", "buy_count", "sell_count", "last_trade_px"
    ) == [
        (0.25, 200.0, 0.0, 1, 0, 100.0),
        (0.5, 0.0, 202.0, 0, 1, 101.0),
        (0.75, 0.0, 0.0, 0, 0, 101.0),
        (1.0, 206.0, 0.0, 1, 0, 103.0),
    ]
    assert some(ticks(lines), "trade_age_ms", "quality", "flags")[1] == (
        0.5,
        200.0,
        Quality.warming,
        ("unsynchronised",),
    )


def test_first_item_knows_nothing_and_the_last_bucket_stays_open() -> None:
    assert ticks([trade(0.0), trade(0.2)]) == []
    assert some(ticks([trade(0.0), trade(0.25)]), "buy_usd") == [(0.25, 200.0)]


BOOK = [
    depth(0.1, 1, 5, 0),
    snapshot(0.2, 5, [["100", "30"], ["99", "1"]], [["101", "10"], ["103", "1"]]),
]


def test_best_mid_and_microprice() -> None:
    """Bid 100x30, ask 101x10: weighted mid 100.75."""
    (row,) = ticks([*BOOK, trade(0.25)])
    expected = {
        "bid_px": 100.0,
        "bid_sz": 30.0,
        "ask_px": 101.0,
        "ask_sz": 10.0,
        "book_seq": 5,
        "mid_px": 100.5,
        "microprice": 100.75,
        "imbalance": 0.75,
        "spread_bp": pytest.approx(1 / 100.5 * 1e4),
        "bid_depth_usd_50bp": 3000.0,
        "bid_depth_usd_100bp": 3000.0,
        "bid_depth_usd_200bp": None,
        "ask_depth_usd_25bp": 0.0,
        "ask_depth_usd_200bp": 1010.0,
        "book_age_ms": 50.0,
        "ofi_usd": 0.0,
        "ofi_levels_usd": (0.0,) * 10,
        "quality": Quality.ok,
        "flags": ("extrapolated", "partial"),
        "asset": "BTC",
        "instrument": "binance-usdm:BTCUSDT",
    }
    assert {name: row[name] for name in expected} == expected


def test_ofi_by_level_over_two_frames() -> None:
    lines = [
        *BOOK,
        depth(0.3, 6, 6, 5, b=[["100", "34"]], a=[["103", "4"]]),
        depth(0.4, 7, 7, 6, b=[["99", "0"]], a=[["101", "0"]]),
        trade(0.6),
    ]
    first, second = ticks(lines)
    assert first["ofi_levels_usd"] == (0.0,) * 10
    # frame 6: +4 at bid 100; level 2 ask 1 → 4 at 103. Frame 7: best ask 101x10 → 103x4;
    # level 2 is gone on both sides.
    assert second["ofi_levels_usd"] == (4 * 100 + 101 * 10, -103 * 3, *[0.0] * 8)
    assert second["ofi_usd"] == 1410.0


def test_crossed_book_keeps_only_its_best_prices() -> None:
    (row,) = ticks([*BOOK, depth(0.22, 6, 6, 5, b=[["101", "1"]]), trade(0.25)])
    assert (row["bid_px"], row["ask_px"], row["quality"]) == (101.0, 101.0, Quality.degraded)
    assert row["flags"] == ("crossed",)
    for column in ("mid_px", "microprice", "spread_bp", "imbalance", "bid_depth_usd_50bp"):
        assert row[column] is None
    assert row["buy_cost_bp_10k"] is None
    assert row["ofi_usd"] == 101.0


def test_a_break_loses_the_book_until_the_next_snapshot() -> None:
    lines = [
        *BOOK,
        depth(0.3, 9, 9, 8),
        depth(0.8, 10, 10, 9),
        snapshot(1.1, 10, [["100", "1"]], [["101", "1"]]),
        trade(1.5),
    ]
    assert some(ticks(lines), "quality", "flags", "bid_px", "ofi_usd") == [
        (0.25, Quality.ok, ("extrapolated", "partial"), 100.0, 0.0),
        (0.5, Quality.gap, ("gap",), None, None),
        (0.75, Quality.gap, (), None, None),
        (1.0, Quality.gap, (), None, None),
        (1.25, Quality.ok, ("extrapolated", "partial"), 100.0, 0.0),
        (1.5, Quality.ok, ("extrapolated", "partial"), 100.0, 0.0),
    ]


def test_backward_stamps_are_ignored_and_a_book_frame_is_a_loss() -> None:
    lines = [*BOOK, trade(0.3), trade(0.29), depth(0.28, 6, 6, 5), depth(0.4, 7, 7, 6), trade(0.5)]
    assert some(ticks(lines), "buy_count", "quality", "flags")[1] == (
        0.5,
        1,
        Quality.gap,
        ("gap",),
    )


def test_a_hole_gives_one_item_with_the_loss() -> None:
    lines = [*BOOK, trade(0.3), trade(60.31), trade(60.5)]
    expected = [
        (0.25, 0, Quality.ok, ("extrapolated", "partial")),
        (60.25, 1, Quality.gap, ("gap",)),
        (60.5, 1, Quality.gap, ()),
    ]
    assert some(ticks(lines), "buy_count", "quality", "flags") == expected
    own = [control(0.05, k="recording", instruments=[{"name": "binance-usdm:BTCUSDT"}]), *lines]
    rows = some(ticks(own), "buy_count", "quality")
    assert len(rows) == 242  # a recording of ours has clock lines: silence is silence
    assert rows[42] == (10.75, 0, Quality.stale)
    assert rows[39:41] == [(10.0, 0, Quality.ok), (10.25, 0, Quality.stale)]


def test_start_and_close_lose_the_book() -> None:
    started = [*BOOK, trade(0.3), control(1.0, k="start"), trade(1.25)]
    assert some(ticks(started), "buy_count", "quality", "flags") == [
        (0.25, 0, Quality.ok, ("extrapolated", "partial")),
        (1.0, 1, Quality.gap, ("gap",)),
        (1.25, 0, Quality.gap, ()),
    ]
    closed = [*BOOK, control(0.3, k="close"), control(0.5, k="clock")]
    assert some(ticks(closed), "quality", "flags")[1] == (0.5, Quality.gap, ("gap",))


def test_marks_keep_their_last_value() -> None:
    mark = {"e": "markPriceUpdate", "E": (T + 400_000_000) // 1_000_000, "T": 5}
    oi = json.dumps({"openInterest": "10", "symbol": "BTCUSDT", "time": 0})
    lines = [
        frame(0.1, **mark, p="101.0", i="100.0", r="0.0008"),
        f"{T + S // 5} @https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT {oi}".encode(),
        frame(0.3, **mark, p="102.0", i="100.0", r=""),
        control(0.5, k="clock"),
    ]
    names = ("mark_px", "index_px", "funding_rate", "funding_rate_1h", "basis", "oi_usd")
    assert some(ticks(lines, funding_interval_h=8.0), *names, "latency_ms", "mark_age_ms") == [
        (0.25, 101.0, 100.0, 0.0008, 0.0001, pytest.approx(0.01), 1010.0, -300.0, 50.0),
        (0.5, 102.0, 100.0, 0.0008, 0.0001, pytest.approx(0.02), 1020.0, -100.0, 200.0),
    ]
    assert some(ticks(lines), "funding_rate_1h")[0] == (0.25, None)


def test_aggregates_count_only_where_there_are_no_fills() -> None:
    aggregate = trade(0.1, e="aggTrade")
    assert some(ticks([aggregate, trade(0.3, s="ETHUSDT")]), "instrument", "buy_usd") == [
        (0.25, "binance-usdm:BTCUSDT", 200.0)
    ]
    assert some(ticks([aggregate, trade(0.2), trade(0.3)]), "buy_usd") == [(0.25, 200.0)]


def test_symbols_after_the_scan_are_unlisted_and_coin_margined_ones_ignored() -> None:
    lines = [
        *[control(0.1, k="clock")] * 20_000,
        trade(0.1),
        trade(0.2, s="BTCUSD_PERP", st=2),
        trade(0.25),
    ]
    assert some(ticks(lines), "flags") == [(0.25, ("unlisted", "unsynchronised"))]


def test_depth_curve_at_whole_seconds() -> None:
    _, curves = reference_rows([*BOOK, trade(2.3)], S // 4, venue=VENUE)
    assert [(row.ts - T) / S for row in curves] == [1.0, 2.0]
    row = curves[0]
    assert row.visible_bp == row.complete_bp == pytest.approx(1.5 / 100.5 * 1e4)
    assert row.flags == ("partial",)
    assert [round(x or 0) for x in row.bid_usd[23:27]] == [0, 0, 3000, 3000]  # 49.75 bp to the best


def test_real_recordings_at_one_second() -> None:
    name = "data/captures/binance-usdm__btcusdt-2024-08-08.gz"
    rows, curves = reference_rows(shared_file(name), S)
    assert (len(rows), len(curves)) == (344, 344)
    assert {row.quality for row in rows} == {Quality.ok}
    assert sum(row.buy_count + row.sell_count for row in rows) > 21_000
    assert all(row.latency_ms is not None and row.latency_ms < -1200 for row in rows)
    spot, none = reference_rows(shared_file("data/captures/binance-spot__btcusdt-2023-04-05.gz"), S)
    assert none == []
    assert {(row.quality, row.flags) for row in spot} == {(Quality.warming, ("unsynchronised",))}
    assert all(row.bid_px is None and row.top_bid_px is not None for row in spot)

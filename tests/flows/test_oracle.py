"""An oracle off chains: the last price before each grid time, its age, when it is stale."""

from typing import Any

import numpy as np
import pytest

from flows.oracle import KIND, OracleLogic, is_oracle, oracle_logic
from schemas.chunk import COLUMNS, Chunk
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.instrument import Instrument
from schemas.quality import Quality
from sources.frozen import frozen

S = 1_000_000_000
GRID = S // 4
T = 1_700_000_000 * S
FEED = Instrument(name="pyth:Crypto.BTC/USD", asset="BTC", quote="USD", kind="index",
                  price_decimals=None)  # fmt: skip
SEEN = Seen(FEED, "c", T, 1, listed=True)


def chunk(*rows: tuple[float, float, float], kind: str = KIND) -> Chunk:
    """Rows of (received, published, price), seconds after T."""
    received = np.array([T + round(r * S) for r, _, _ in rows], np.int64)
    columns = {
        "venue_ns": [T + round(p * S) for _, p, _ in rows], "px": [px for *_, px in rows],
        "conf": [0.5] * len(rows), "ema_px": [np.nan] * len(rows), "id": range(len(rows)),
    }  # fmt: skip
    made = {n: frozen(np.array(list(columns[n]), dtype)) for n, dtype in COLUMNS[KIND].items()}
    lines = frozen(np.arange(len(rows)))
    return Chunk(FEED.name, kind, frozen(received), lines, made, "c")


def clock(seconds: float) -> Clock:
    return Clock("c", T + round(seconds * S))


def told(*items: Any) -> list[Any]:
    found, _ = oracle_logic()(None).on_batch([[SEEN, *items]])
    return [row for item in found for row in item.rows]


def brief(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [((row.ts - T) / S, row.px, round(row.age_s, 9), row.quality.name) for row in rows]


def test_a_price_is_said_once_and_then_every_ten_seconds() -> None:
    rows = told(chunk((0.1, 0.0, 100.0), (0.2, 0.1, 101.0)), clock(0.25), clock(0.5),
                chunk((0.6, 0.5, 101.0)), clock(0.75), clock(10.0), clock(10.25))  # fmt: skip
    assert brief(rows) == [
        (0.25, 101.0, 0.15, "ok"), (0.75, 101.0, 0.25, "ok"), (10.0, 101.0, 9.5, "ok"),
    ]  # fmt: skip
    first = rows[0]
    assert (first.provider, first.feed, first.asset, first.quote) == (
        "pyth", "Crypto.BTC/USD", "BTC", "USD",
    )  # fmt: skip
    assert (first.confidence, first.round_id, first.chain) == (0.5, 1, "")
    assert first.market_px is first.pending_px is first.marks_accounts is None


def test_a_chunk_may_reach_past_a_grid_time() -> None:
    rows = told(chunk((0.1, 0.1, 1.0), (0.25, 0.2, 2.0), (0.3, 0.3, 3.0)), clock(0.25), clock(0.5))
    assert brief(rows) == [(0.25, 1.0, 0.15, "ok"), (0.5, 3.0, 0.2, "ok")]


def test_a_closed_market_is_stale() -> None:
    rows = told(chunk((0.1, -3600.0, 9.0)), clock(0.25))
    assert brief(rows) == [(0.25, 9.0, 3600.25, "stale")]
    assert rows[0].flags == ("stale",)
    grown = told(chunk((0.1, 0.0, 9.0)), clock(60.0), clock(70.0))
    assert [row.quality for row in grown] == [Quality.ok, Quality.stale]


def test_a_publisher_whose_clock_is_ahead() -> None:
    (row,) = told(chunk((0.1, 2.6, 5.0)), clock(0.25))
    assert (row.age_s, row.quality) == (pytest.approx(-2.35), Quality.ok)


def test_nothing_is_said_before_a_price_and_a_gap_takes_none_back() -> None:
    assert told(clock(0.25), clock(10.0)) == []
    gap = Gap(FEED.name, "c", T, 5, "reconnect")
    assert len(told(chunk((0.1, 0.1, 5.0)), clock(0.25), gap, clock(10.0), End("c"))) == 2


def test_rows_depend_on_the_items_alone() -> None:
    items: list[Any] = [SEEN]
    for k in range(120):
        items += [chunk((k / 4 + 0.1, k / 4, 100.0 + k // 3)), clock((k + 1) / 4)]
    straight, _ = oracle_logic()(None).on_batch([items])
    logic: OracleLogic = oracle_logic()(None)
    other = []
    for item in items:
        found, _ = logic.on_batch([[item]])
        other += found
        logic = oracle_logic()(logic.snapshot())
    assert other == straight
    assert len(straight) > 40


def test_what_is_no_oracle_s() -> None:
    assert is_oracle(("pyth:Crypto.BTC/USD", []))
    assert not is_oracle(("okx:BTC-USDT", []))
    with pytest.raises(BrokenInvariant, match="an oracle has no float"):
        oracle_logic()(None).on_batch([[1.0]])
    packed = oracle_logic()(None).snapshot()
    with pytest.raises(BrokenInvariant, match="version 9"):
        OracleLogic(S, (9, *packed[1:]))

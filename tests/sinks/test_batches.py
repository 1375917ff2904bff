"""Rows → Arrow: whole values, and everything that may not be published."""

from enum import IntEnum
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from schemas.errors import NotPublishable
from schemas.market import DepthCurve, PositionSide
from schemas.quality import Quality
from schemas.tables import TABLES
from sinks.batches import record_batch
from sinks.tables import arrow_schema
from tests.sinks.samples import rejected, tick

TICKS, CURVES, REJECTED = TABLES["ticks"], TABLES["depth_curves"], TABLES["rejected"]


def curve(**given: Any) -> DepthCurve:
    row = {"ts": 1_000, "venue": "v", "instrument": "v:X", "asset": "X", "mid_px": 1.0}
    row |= {"bid_usd": (1.5, None), "ask_usd": (), "visible_bp": 1.0, "complete_bp": -2.0}
    return DepthCurve(**(row | {"quality": Quality.gap, "flags": ("gap", "Ωμέγα")} | given))


def test_a_batch_holds_every_value() -> None:
    rows = [curve(ts=1_999), curve(ts=2_000, bid_usd=(None,), ask_usd=(2, 3.0), flags=())]
    batch = record_batch(CURVES, "main", rows)
    assert batch.schema == arrow_schema(CURVES)
    assert batch.set_column(1, "ts", batch.column("ts").cast("int64")).to_pydict() == {
        "run": ["main", "main"],
        "ts": [1, 2],  # µs, rounded down
        "venue": ["v", "v"],
        "instrument": ["v:X", "v:X"],
        "asset": ["X", "X"],
        "mid_px": [1.0, 1.0],
        "bid_usd": [[1.5, None], [None]],
        "ask_usd": [[], [2.0, 3.0]],
        "visible_bp": [1.0, 1.0],
        "complete_bp": [-2.0, -2.0],
        "quality": [5, 5],
        "flags": [["gap", "Ωμέγα"], []],
    }


def test_numpy_scalars_are_numbers() -> None:
    row = tick(0, bid_px=np.float64(1.5), book_seq=np.int64(7), ask_px=2)
    batch = record_batch(TICKS, "r", [row])
    assert [batch.column(name)[0].as_py() for name in ("bid_px", "book_seq", "ask_px")] == [
        1.5,
        7,
        2.0,
    ]


class Other(IntEnum):
    ok = 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mid_px", nan),
        ("mid_px", inf),
        ("bid_px", -inf),
        ("bid_px", np.float64(nan)),
        ("bid_px", np.float32(1)),
        ("bid_px", True),
        ("bid_px", "1"),
        ("bid_px", 10**400),
        ("buy_usd", None),
        ("book_seq", 1.5),
        ("book_seq", 2**63),
        ("book_seq", True),
        ("buy_count", None),
        ("quality", 0),
        ("quality", 1),
        ("quality", None),
        ("quality", Other.ok),
        ("quality", PositionSide.long),
        ("ts", -1),
        ("ts", None),
        ("ts", 2.0),
        ("asset", None),
        ("asset", b"BTC"),
        ("asset", "\ud800"),
        ("ofi_levels_usd", None),
        ("ofi_levels_usd", [1.0]),
        ("flags", ["gap"]),
    ],
)
def test_refused_with_table_and_column(column: str, value: Any) -> None:
    bad = replace(tick(2), **{column: value})
    with pytest.raises(NotPublishable) as caught:
        record_batch(TICKS, "r", [tick(0), tick(1), bad, tick(3)])
    error = caught.value
    assert (error.table, error.column) == ("ticks", column)
    assert error.value is value
    assert str(error).startswith(f"ticks.{column}: ")


@pytest.mark.parametrize(
    ("column", "bad", "value"),
    [
        ("bid_usd", (1.0, nan), nan),
        ("bid_usd", (None, inf), inf),
        ("ask_usd", ("1",), "1"),
        ("flags", ("gap", None), None),
        ("flags", ("gap", "\ud800"), "\ud800"),
    ],
)
def test_refused_inside_a_tuple(column: str, bad: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(NotPublishable) as caught:
        record_batch(CURVES, "r", [curve(), curve(**{column: bad})])
    assert (caught.value.table, caught.value.column, caught.value.value) == (
        "depth_curves",
        column,
        value,
    )


def test_another_struct_is_refused() -> None:
    with pytest.raises(NotPublishable, match=r"ticks\.\*"):
        record_batch(TICKS, "r", [tick(0), curve()])


def test_rows_of_one_batch_are_not_mixed_up() -> None:
    rows = [rejected(line, 1000 * line, detail=str(line)) for line in range(300)]
    batch = record_batch(REJECTED, "r", rows)
    assert batch.column("line").to_pylist() == list(range(300))
    assert batch.column("detail").to_pylist() == [str(line) for line in range(300)]
    assert batch.column("stamp_ns").null_count == 300

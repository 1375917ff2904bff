"""Rows as JSON and back: every column of every table, nothing out or in that is not its type."""

import math
from enum import IntEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from schemas.column import Row
from schemas.errors import NotPublishable
from schemas.json_row import row_data, row_json, row_of
from schemas.market import Liquidation, PositionSide, Tick
from schemas.quality import Quality
from schemas.tables import TABLES
from schemas.trigger import Trigger, TriggerState
from tests.blank_row import blank_row


def test_the_whole_text_of_a_row() -> None:
    row = Liquidation(
        ts=1_700_000_000_123_456_789,
        source="é",
        line=7,
        venue="binance-usdm",
        instrument="binance-usdm:BTCUSDT",
        asset="BTC",
        venue_ts=None,
        position_side=PositionSide.short,
        px=92_000.1,
        size_base=1e-7,
        size_usd=9.20001e-3,
        flags=("thinned",),
    )
    assert row_json(row).decode() == (
        '{"ts_us":1700000000123456,"source":"é","line":7,"venue":"binance-usdm",'
        '"instrument":"binance-usdm:BTCUSDT","asset":"BTC","venue_ts_us":null,'
        '"position_side":"short","px":92000.1,"size_base":1e-7,"size_usd":0.00920001,'
        '"flags":["thinned"]}'
    )


@pytest.mark.parametrize("kind", [table.row for table in TABLES.values()])
def test_every_row_comes_back(kind: type[Row]) -> None:
    row = blank_row(kind, ts=1_700_000_000_123_456_000)
    assert row_of(msgspec.json.decode(row_json(row)), kind) == row


def _present(hint: Any) -> Any:
    if NoneType not in get_args(hint):
        return hint
    return next(kind for kind in get_args(hint) if kind is not NoneType)


COLUMNS = [
    (table, name, hint)
    for table in TABLES.values()
    for name, hint in get_type_hints(table.row).items()
]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_column_of_any_table_lets_a_non_finite_number_out(value: float) -> None:
    for table, name, hint in COLUMNS:
        many = get_origin(_present(hint)) is tuple
        row = blank_row(table.row, **{name: (0.0, value) if many else value})
        with pytest.raises(NotPublishable) as refused:
            row_json(row)
        assert (refused.value.table, refused.value.column) == (table.name, name)


def test_no_column_of_any_table_lets_a_wrong_type_out() -> None:
    for table, name, hint in COLUMNS:
        kind = _present(hint)
        wrong: list[Any] = [b"bytes", {}]
        if NoneType not in get_args(hint):
            wrong.append(None)
        if kind in (int, float):
            wrong += [True, "1"]
        if isinstance(kind, type) and issubclass(kind, IntEnum):
            wrong += [0, 1]
        if get_origin(kind) is tuple:
            wrong += [[], (b"",)]
        for value in wrong:
            with pytest.raises(NotPublishable, match=f"^{table.name}.{name}: "):
                row_data(blank_row(table.row, **{name: value}))


def test_a_whole_number_in_a_float_column_is_one() -> None:
    assert row_data(blank_row(Tick, mid_px=3))["mid_px"] == 3.0
    assert type(row_data(blank_row(Tick, mid_px=3))["mid_px"]) is float


def test_times_come_back_in_whole_microseconds() -> None:
    row = blank_row(Trigger, ts=1_700_000_000_123_456_789, since=999, expires=1_999)
    assert row_of(row_data(row), Trigger) == msgspec.structs.replace(
        row, ts=1_700_000_000_123_456_000, since=0, expires=1_000
    )


def test_unknown_fields_are_ignored_and_missing_optional_ones_are_unknown() -> None:
    text = (
        '{"ts_us":7,"id":"a5","rule":"r","scope":"market","metric":"a.b","state":"leave",'
        '"value":2,"enter_level":1.5,"leave_level":1,"since_us":3,"later":[1],"evidence":"{}",'
        '"advice":"","quality":"gap","flags":["gap"]}'
    )
    assert row_of(msgspec.json.decode(text), Trigger) == Trigger(
        ts=7_000,
        id="a5",
        rule="r",
        scope="market",
        metric="a.b",
        state=TriggerState.leave,
        value=2.0,
        enter_level=1.5,
        leave_level=1.0,
        escalate_level=None,
        since=3_000,
        evidence="{}",
        advice="",
        expires=None,
        quality=Quality.gap,
        flags=("gap",),
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"value": None}, "missing required field `value`"),
        ({"value": "2"}, "Expected `float`"),
        ({"state": "sideways"}, "state: 'sideways' is none of enter, escalate, leave"),
        ({"state": 1}, "state: 1 is none of enter, escalate, leave"),
        ({"state": ["enter"]}, "is none of enter, escalate, leave"),
        ({"ts_us": 1.5}, "Expected `int`"),
    ],
)
def test_a_row_that_is_none_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        row_of(row_data(blank_row(Trigger)) | change, Trigger)

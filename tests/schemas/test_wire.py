"""Topic messages: ids against coreutils' b2sum, whole texts, nothing that is not a number."""

import math
from enum import IntEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.column import Row
from schemas.errors import BrokenInvariant, NotPublishable
from schemas.json_row import row_data, row_json, row_of
from schemas.market import Liquidation, Tick
from schemas.quality import Quality
from schemas.tables import TABLES
from schemas.trigger import Trigger, TriggerState
from schemas.volatility import Regime, RegimeLabel
from schemas.wire import Envelope, decode, encode, envelope, message_id, topic_of
from tests.blank_row import blank_row

REGIME = Regime(
    ts=1_700_000_000_123_456_789,
    scope="market",
    venue="",
    instrument="",
    asset="",
    regime=RegimeLabel.stress,
    changed=True,
    since=1_700_000_000_000_000_999,
    p_calm=0.1,
    p_normal=1e-300,
    p_stress=0.9,
    reference_scale=None,
    filter_vol=None,
    threshold_vol=1.0,
    threshold_stress=None,
    members=3,
    quality=Quality.degraded,
    flags=("noisy", "gap"),
)
TRIGGER = Trigger(
    ts=1_700_000_000_250_000_000,
    id="a5",
    rule="market-stress",
    scope="market",
    metric="regimes.p_stress",
    state=TriggerState.enter,
    value=0.9,
    enter_level=0.8,
    leave_level=0.5,
    escalate_level=None,
    since=1_700_000_000_250_000_000,
    evidence='{"rows":[]}',
    advice="é",
    expires=None,
    quality=Quality.ok,
    flags=(),
)


@pytest.mark.parametrize(
    ("five", "hexed"),
    [  # printf '1:t,1:r,1:k,1:5,1:x,' | b2sum -l 128
        (("t", "r", "k", 5, "x"), "c72fe11401e50595370d9afb9bef162b"),
        (("t", "r", "é", -7, "x"), "801856810d392f4b37992f2204b7a8ff"),
        (
            ("seawall.triggers.v1", "main", "market", 1_700_000_000_250_000, "market-stress:enter"),
            "53b49c14930e1b9243bd6df11cef1162",
        ),
    ],
)
def test_id_is_b2sum_of_the_netstrings(five: tuple[str, str, str, int, str], hexed: str) -> None:
    assert message_id(*five) == hexed


part = st.text(st.sampled_from("1:,|a"), max_size=4)
fives = st.tuples(part, part, part, st.integers(0, 30), part)


@given(fives, fives)
def test_different_fives_have_different_ids(
    one: tuple[str, str, str, int, str], other: tuple[str, str, str, int, str]
) -> None:
    assert (message_id(*one) == message_id(*other)) == (one == other)


def test_the_whole_text_of_a_message() -> None:
    assert encode(envelope("probe", REGIME)).decode() == (
        '{"v":1,"topic":"seawall.regimes.v1","id":"11b073dcb7a7807b6318a7a19887d4a4",'
        '"run":"probe","ts_us":1700000000123456,"key":"market","quality":"degraded","data":{'
        '"ts_us":1700000000123456,"scope":"market","venue":"","instrument":"","asset":"",'
        '"regime":"stress","changed":true,"since_us":1700000000000000,"p_calm":0.1,'
        '"p_normal":1e-300,"p_stress":0.9,"reference_scale":null,"filter_vol":null,'
        '"threshold_vol":1.0,"threshold_stress":null,"members":3,"quality":"degraded",'
        '"flags":["noisy","gap"]}}'
    )


def test_the_whole_text_of_a_trigger() -> None:
    assert encode(envelope("main", TRIGGER)).decode() == (
        '{"v":1,"topic":"seawall.triggers.v1","id":"53b49c14930e1b9243bd6df11cef1162",'
        '"run":"main","ts_us":1700000000250000,"key":"market","quality":"ok","data":{'
        '"ts_us":1700000000250000,"id":"a5","rule":"market-stress","scope":"market",'
        '"metric":"regimes.p_stress","state":"enter","value":0.9,"enter_level":0.8,'
        '"leave_level":0.5,"escalate_level":null,"since_us":1700000000250000,'
        '"evidence":"{\\"rows\\":[]}","advice":"é","expires_us":null,"quality":"ok","flags":[]}}'
    )


def test_a_table_without_quality_and_one_without_ids() -> None:
    told = envelope("main", blank_row(TABLES["runs"].row, ts=5_000, source="binance"))
    assert (told.topic, told.key, told.quality) == ("seawall.runs.v1", "binance", None)
    with pytest.raises(BrokenInvariant, match="liquidations"):
        envelope("main", blank_row(Liquidation))


@pytest.mark.parametrize("kind", [table.row for table in TABLES.values()])
def test_every_row_comes_back(kind: type[Row]) -> None:
    row = blank_row(kind, ts=1_700_000_000_123_456_000)
    assert row_of(msgspec.json.decode(row_json(row)), kind) == row


def test_times_come_back_in_whole_microseconds() -> None:
    back = row_of(decode(encode(envelope("probe", REGIME))).data, Regime)
    assert back == msgspec.structs.replace(
        REGIME, ts=1_700_000_000_123_456_000, since=1_700_000_000_000_000_000
    )


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


def test_unknown_fields_are_ignored_and_missing_optional_ones_are_unknown() -> None:
    text = (
        '{"v":1,"topic":"seawall.triggers.v1","id":"00","run":"main","ts_us":1,"key":"market",'
        '"new":{"a":1},"data":{"ts_us":7,"id":"a5","rule":"r","scope":"market","metric":"a.b",'
        '"state":"leave","value":2,"enter_level":1.5,"leave_level":1,"since_us":3,"later":[1],'
        '"evidence":"{}","advice":"","quality":"gap","flags":["gap"]}}'
    )
    told = decode(text)
    assert (told.v, told.topic, told.id, told.run, told.ts_us, told.key, told.quality) == (
        1, "seawall.triggers.v1", "00", "main", 1, "market", None,
    )  # fmt: skip
    assert row_of(told.data, Trigger) == Trigger(
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
        row_of(row_data(TRIGGER) | change, Trigger)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"v":"1"}', encode(envelope("main", TRIGGER))[:-1]]
)
def test_text_that_is_no_message_is_refused(text: str | bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(text)


def test_another_version_is_refused() -> None:
    later = Envelope(v=2, topic=topic_of("ticks"), id="", run="", ts_us=0, key="", data={})
    with pytest.raises(msgspec.ValidationError, match="version 2"):
        decode(msgspec.json.encode(later))

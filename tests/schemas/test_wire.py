"""Topic messages: ids against coreutils' b2sum, whole texts, what is no message."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BrokenInvariant
from schemas.json_row import row_of
from schemas.market import Liquidation
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


def test_unknown_fields_are_ignored_and_missing_optional_ones_are_unknown() -> None:
    text = (
        '{"v":1,"topic":"seawall.triggers.v1","id":"00","run":"main","ts_us":1,"key":"market",'
        '"new":{"a":1},"data":{"ts_us":7,"later":[1]}}'
    )
    assert decode(text) == Envelope(
        v=1,
        topic="seawall.triggers.v1",
        id="00",
        run="main",
        ts_us=1,
        key="market",
        quality=None,
        data={"ts_us": 7, "later": [1]},
    )


def test_a_decoded_message_carries_its_row() -> None:
    back = row_of(decode(encode(envelope("main", TRIGGER))).data, Trigger)
    assert back == TRIGGER


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

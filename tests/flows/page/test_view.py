"""What a browser gets: whole messages, every field by hand."""

import json
from typing import Any

import orjson
import pytest

from flows.page.part import Part
from flows.page.state import Shown
from flows.page.view import message, realised_vol, stale_s
from schemas.quality import FLAGS
from schemas.trigger import TriggerState
from schemas.units import CURVE_BP
from tests.flows.page.rows import BTC, ETH, NOW, S, items, moment, regime, tick, trigger

US = NOW // 1_000


def told(shown: Shown, after: int = 0) -> Any:
    made = message(shown.changes(after), NOW + 250_000_000, "abc", full=not after)
    return json.loads(orjson.dumps(made))


def test_the_first_message_of_a_quiet_run() -> None:
    assert told(Shown("main", "read from a store")) == {
        "rev": 0,
        "full": True,
        "now_us": US + 250_000,
        "trouble": None,
        "more": False,
        "instruments": {},
        "feeds": {},
        "triggers": [],
        "page": "abc",
        "run": "main",
        "origin": "read from a store",
        "curve_bp": list(CURVE_BP),
        "price_span_s": 300,
        "flag_words": FLAGS,
    }


def test_a_moment_of_everything() -> None:
    shown = Shown("main")
    shown.take(items(*moment()))
    found = told(shown)
    sure = {"quality": "ok", "flags": []}
    assert found["instruments"] == {
        BTC: {
            "about": {
                "venue": "venue",
                "symbol": "BTC-USD",
                "asset": "BTC",
                "quote": "USD",
                "kind": "perpetual",
                "price_decimals": 1,
            },
            "tick": {
                "ts_us": US,
                "quality": "ok",
                "flags": ["partial"],
                "mid_px": 92_000.05,
                "bid_px": 92_000.0,
                "ask_px": 92_000.1,
                "spread_bp": 0.010869,
                "bid_depth_usd_10bp": 1_234_567.0,
                "bid_depth_usd_100bp": 22_000_000.0,
                "ask_depth_usd_10bp": 987_654.0,
                "ask_depth_usd_100bp": None,
                "latency_ms": -0.4,
                "book_age_ms": None,
                "stale_s": 12.0,
            },
            "curve": {
                "ts_us": US,
                **sure,
                "visible_bp": 20.0,
                "complete_bp": 10.0,
                "bid_usd": [1_000 * 2**k for k in range(40)] + [None] * 8,
                "ask_usd": [1_000 * 2**k for k in range(20)] + [None] * 28,
                "stale_s": 12.0,
            },
            "volatility": {
                "ts_us": US,
                **sure,
                "forecast_vol": 1.2345,
                "realised_vol_1m": 0.5,
                "stale_s": 12.0,
            },
            "regime": {
                "ts_us": US,
                **sure,
                "regime": "stress",
                "since_us": US - 90_000_000,
                "p_calm": 0.001,
                "p_normal": 0.2,
                "p_stress": 0.8,
                "members": 0,
                "stale_s": 130.0,
            },
            "prices": [[US, 92_000.05]],
        },
        ETH: {
            "tick": {
                "ts_us": US,
                "quality": "gap",
                "flags": [],
                **dict.fromkeys(
                    ("mid_px", "bid_px", "ask_px", "spread_bp", "latency_ms", "book_age_ms")
                ),
                **dict.fromkeys(("bid_depth_usd_10bp", "bid_depth_usd_100bp")),
                **dict.fromkeys(("ask_depth_usd_10bp", "ask_depth_usd_100bp")),
                "stale_s": 12.0,
            },
            "prices": [[US, None]],
        },
    }
    assert found["market"] == {
        "ts_us": US,
        **sure,
        "regime": "calm",
        "since_us": None,
        "p_calm": 1.0,
        "p_normal": None,
        "p_stress": 0.0,
        "members": 2,
        "stale_s": 130.0,
    }
    assert found["triggers"] == [
        {
            "ts_us": US - 30_000_000,
            **sure,
            "rule": "wide",
            "scope": BTC,
            "metric": "ticks.spread_bp",
            "state": "enter",
            "value": 12.5,
            "enter_level": 10.0,
            "leave_level": 5.0,
            "escalate_level": None,
            "since_us": US - 30_000_000,
            "advice": "Stand <b>back</b>.",
            "expires_us": US + 60_000_000,
            "names": None,
        }
    ]
    assert found["feeds"] == {
        "venue-0": {
            "ts_us": US,
            **sure,
            "source": "venue-0",
            "venue": "venue",
            "state": "running",
            "messages": 5_000,
            "bytes": 1_500_000,
            "lag_p50_ms": 3.25,
            "lag_p99_ms": 51.7,
            "gaps": 0,
            "reconnects": 0,
            "rejected": 0,
            "overflow_frames": 0,
            "queue_frames": 7,
            "clock_offset_ms": -1.0,
            "messages_per_s": 1_000.0,
            "bytes_per_s": 300_000.0,
            "gaps_1h": 2,
            "reconnects_1h": 1,
            "rejected_1h": 0,
            "overflow_frames_1h": 0,
            "stale_s": 20.0,
        }
    }


def test_a_later_message_has_what_changed_and_nothing_else() -> None:
    shown = Shown("main")
    shown.take(items(*moment()))
    shown.take(items(tick(NOW + S, 5.0, ETH)))
    found = told(shown, 1)
    assert sorted(found) == ["feeds", "full", "instruments", "more", "now_us", "rev", "trouble"]
    assert (found["rev"], found["full"], found["feeds"]) == (2, False, {})
    assert list(found["instruments"]) == [ETH]
    assert sorted(found["instruments"][ETH]) == ["prices", "tick"]
    assert found["instruments"][ETH]["prices"] == [[US + 1_000_000, 5.0]]


def test_no_trigger_any_more_is_told() -> None:
    shown = Shown("main")
    shown.take(items(trigger()))
    shown.take(items(trigger(NOW + S, TriggerState.leave)))
    assert told(shown, 1)["triggers"] == []


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("regimes.regime", {"1": "unknown", "2": "calm", "3": "normal", "4": "stress"}),
        ("regimes.p_stress", None),
        ("regimes.threshold_stress", None),
    ],
)
def test_numbers_of_an_enum_have_their_names(metric: str, names: dict[str, str] | None) -> None:
    shown = Shown("main")
    shown.take(items(trigger(metric=metric)))
    assert told(shown)["triggers"][0]["names"] == names


@pytest.mark.parametrize(
    ("kind", "step_s", "seconds"),
    [
        ("tick", None, 12.0),
        ("tick", 0.25, 10.5),
        ("tick", 60.0, 130.0),
        ("regime", None, 130.0),
        ("regime", 5.0, 20.0),
        ("feed", None, 20.0),
    ],
)
def test_a_part_is_stale_after_two_steps_and_some_patience(
    kind: str, step_s: float | None, seconds: float
) -> None:
    assert stale_s(kind, Part(regime(), 1, step_s)) == seconds


def test_realised_volatility_is_the_root_of_the_variance() -> None:
    assert (realised_vol(0.25), realised_vol(0.0), realised_vol(None)) == (0.5, 0.0, None)

"""Rows for tests of what is shown: a moment of two instruments, a market, a rule, a connection."""

from typing import Any

from msgspec.structs import replace

from schemas.column import Row
from schemas.feed_health import ConnectionState, FeedHealth
from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.run import InstrumentRow
from schemas.tables import Rows, rows_item
from schemas.trigger import Trigger, TriggerState
from schemas.units import CURVE_POINTS
from schemas.volatility import Regime, RegimeLabel, Volatility
from tests.blank_row import blank_row

S = 1_000_000_000
NOW = 1_767_614_400 * S  # 2026-01-05 12:00:00 UTC
BTC, ETH = "venue:BTC-USD", "venue:ETH-USD"


def items(*rows: Row) -> list[Rows]:
    """Each row as an item of its own."""
    return [rows_item(row) for row in rows]


def tick(ts: int = NOW, mid: float | None = 92_000.05, name: str = BTC, **given: Any) -> Tick:
    """A tick of which only the price is known, unless more is given."""
    return blank_row(Tick, ts=ts, instrument=name, venue="venue", mid_px=mid, **given)


def regime(ts: int = NOW, scope: str = BTC, **given: Any) -> Regime:
    """A step of the filter; `market` or an asset has no instrument."""
    instrument = scope if ":" in scope else ""
    return blank_row(Regime, ts=ts, scope=scope, instrument=instrument, **given)


def trigger(ts: int = NOW, state: TriggerState = TriggerState.enter, **given: Any) -> Trigger:
    """A transition of the rule `wide` on BTC."""
    named = {"rule": "wide", "scope": BTC, "metric": "ticks.spread_bp"} | given
    return blank_row(Trigger, ts=ts, state=state, id=f"{named['rule']}{state.name}{ts}", **named)


def health(ts: int = NOW, source: str = "venue-0", **given: Any) -> FeedHealth:
    """A row of a running connection."""
    state = {"state": ConnectionState.running} | given
    return blank_row(FeedHealth, ts=ts, source=source, venue="venue", **state)


def moment() -> list[Row]:
    """Everything at once, whole: BTC in stress with a rule on, and ETH of which little is known."""
    ladder = tuple(1_000.0 * 2.0**k for k in range(40))
    unseen = (None,) * (CURVE_POINTS - 40)
    about = blank_row(InstrumentRow, ts=NOW - S, instrument=BTC, venue="venue", symbol="BTC-USD")
    return [
        replace(about, quote="USD", kind="perpetual", asset="BTC", price_decimals=1),
        tick(
            bid_px=92_000.0,
            ask_px=92_000.1,
            spread_bp=0.010869,
            bid_depth_usd_10bp=1_234_567.0,
            bid_depth_usd_100bp=22_000_000.0,
            ask_depth_usd_10bp=987_654.0,
            ask_depth_usd_100bp=None,
            latency_ms=-0.4,
            flags=("partial",),
        ),
        tick(name=ETH, mid=None, quality=Quality.gap),
        blank_row(
            DepthCurve,
            ts=NOW,
            instrument=BTC,
            mid_px=92_000.05,
            bid_usd=ladder + unseen,
            ask_usd=(*ladder[:20], *(None,) * 28),
            visible_bp=20.0,
            complete_bp=10.0,
        ),
        blank_row(
            Volatility, ts=NOW, instrument=BTC, realised_variance_1m=0.25, forecast_vol=1.2345
        ),
        regime(
            regime=RegimeLabel.stress, since=NOW - 90 * S, p_calm=0.001, p_normal=0.2, p_stress=0.8
        ),
        regime(scope="market", regime=RegimeLabel.calm, p_calm=1.0, p_stress=0.0, members=2),
        trigger(
            ts=NOW - 30 * S,
            value=12.5,
            enter_level=10.0,
            leave_level=5.0,
            since=NOW - 30 * S,
            advice="Stand <b>back</b>.",
            expires=NOW + 60 * S,
        ),
        health(ts=NOW - 5 * S, messages=100, gaps=2, reconnects=1),
        health(
            messages=5_000,
            bytes=1_500_000,
            lag_p50_ms=3.25,
            lag_p99_ms=51.7,
            clock_offset_ms=-1.0,
            queue_frames=7,
        ),
    ]

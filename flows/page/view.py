"""What is shown, as the JSON message a browser gets: only what changed since its last one.

Names and values are those of topic messages (`schemas.json_row`): times in µs with `_us`, enums by
name, unknown null. Every part says after how many seconds without a newer row it is stale.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from math import sqrt
from typing import Any, Final

from flows.page.part import Feed, Part
from flows.page.state import PRICE_SPAN_S, Changes
from schemas.json_row import row_data
from schemas.quality import FLAGS
from schemas.tables import TABLES
from schemas.trigger import Trigger
from schemas.units import CURVE_BP, NS_PER_US
from sinks.tables import row_columns

_PATIENCE_S: Final = 10.0  # beyond two steps of a part
_STEP_S: Final[Mapping[str, float]] = {  # until two rows have shown it
    "tick": 1.0,
    "volatility": 1.0,
    "curve": 1.0,
    "regime": 60.0,
    "feed": 5.0,
}
_STATE: Final = ("ts_us", "quality", "flags")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "about": ("venue", "symbol", "asset", "quote", "kind", "price_decimals"),
    "tick": (
        *_STATE,
        "mid_px",
        "bid_px",
        "ask_px",
        "spread_bp",
        "bid_depth_usd_10bp",
        "bid_depth_usd_100bp",
        "ask_depth_usd_10bp",
        "ask_depth_usd_100bp",
        "latency_ms",
        "book_age_ms",
    ),
    "volatility": (*_STATE, "forecast_vol"),
    "regime": (*_STATE, "regime", "since_us", "p_calm", "p_normal", "p_stress", "members"),
    "curve": (*_STATE, "visible_bp", "complete_bp"),
    "trigger": (
        *_STATE,
        "rule",
        "scope",
        "metric",
        "state",
        "value",
        "enter_level",
        "leave_level",
        "escalate_level",
        "since_us",
        "advice",
        "expires_us",
    ),
}


def message(changes: Changes, now_ns: int, page: str, *, full: bool) -> dict[str, Any]:
    """One message. A `full` one stands by itself and names the `page` files it is for."""
    told: dict[str, Any] = {
        "rev": changes.rev,
        "full": full,
        "now_us": now_ns // NS_PER_US,
        "trouble": changes.trouble,
        "more": changes.more,
        "instruments": {
            name: {key: _part(key, part) for key, part in seen.parts.items()}
            | {"prices": [(at // NS_PER_US, px) for at, px, _ in seen.prices]}
            for name, seen in changes.instruments.items()
        },
        "feeds": {name: _feed(feed) for name, feed in changes.feeds.items()},
    }
    if changes.market is not None:
        told["market"] = _part("regime", changes.market)
    if changes.triggers is not None:
        told["triggers"] = [_trigger(row) for row in changes.triggers]
    if full:
        told |= {
            "page": page,
            "run": changes.run,
            "origin": changes.origin,
            "curve_bp": CURVE_BP,
            "price_span_s": PRICE_SPAN_S,
            "flag_words": FLAGS,
        }
    return told


def stale_s(kind: str, part: Part) -> float:
    """After how many seconds without a newer row a part no longer tells the present."""
    step_s = _STEP_S[kind] if part.step_s is None else part.step_s
    return _PATIENCE_S + 2 * step_s


def realised_vol(realised_variance: float | None) -> float | None:
    """Annual volatility (1.0 = 100 %) of an annual variance."""
    return None if realised_variance is None else sqrt(realised_variance)


def _picked(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in _COLUMNS[kind]}


def _part(kind: str, part: Part) -> dict[str, Any]:
    told = _picked(kind, row_data(part.row))
    if kind == "about":
        return told
    if kind == "volatility":
        told["realised_vol_1m"] = realised_vol(part.row.realised_variance_1m)
    if kind == "curve":
        told |= {"bid_usd": _whole(part.row.bid_usd), "ask_usd": _whole(part.row.ask_usd)}
    return told | {"stale_s": stale_s(kind, part)}


def _trigger(row: Trigger) -> dict[str, Any]:
    """With the `names` of the numbers where what the rule watches is an enum."""
    return _picked("trigger", row_data(row)) | {"names": _names(row.metric)}


@cache
def _names(metric: str) -> dict[str, str] | None:
    table, _, name = metric.partition(".")
    kind = next(column.python for column in row_columns(TABLES[table].row) if column.name == name)
    return {str(each.value): each.name for each in kind} if issubclass(kind, IntEnum) else None


def _whole(amounts: tuple[float | None, ...]) -> list[int | None]:
    return [None if usd is None else round(usd) for usd in amounts]


def _feed(feed: Feed) -> dict[str, Any]:
    return row_data(feed.part.row) | {
        "messages_per_s": feed.messages_per_s,
        "bytes_per_s": feed.bytes_per_s,
        "gaps_1h": feed.gaps_1h,
        "reconnects_1h": feed.reconnects_1h,
        "rejected_1h": feed.rejected_1h,
        "overflow_frames_1h": feed.overflow_frames_1h,
        "stale_s": stale_s("feed", feed.part),
    }

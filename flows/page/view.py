"""What is shown, as the JSON message a browser gets: only what changed since its last one.

Names and values are those of topic messages (`schemas.json_row`): times in µs with `_us`, enums by
name, unknown null. Every part says after how many seconds without a newer row it is stale.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from math import sqrt
from typing import Any, Final

from flows.page.chains import MOST_ACCOUNTS, ChainSeen, Edge
from flows.page.part import Feed, Part
from flows.page.state import PRICE_SPAN_S, Changes
from schemas.chain_row import LendingAccount
from schemas.json_row import row_data
from schemas.quality import FLAGS
from schemas.tables import TABLES
from schemas.trigger import Trigger
from schemas.units import CURVE_BP, NS_PER_S, NS_PER_US
from sinks.tables import row_columns

_PATIENCE_S: Final = 10.0  # beyond two steps of a part
_STEP_S: Final[Mapping[str, float]] = {  # until two rows have shown it
    "tick": 1.0,
    "volatility": 1.0,
    "curve": 1.0,
    "regime": 60.0,
    "feed": 5.0,
}
# Of chains by design: two rows in a hurry (a replaced block, a late log) promise no third.
_CHAIN_STALE_S: Final[Mapping[str, float]] = {
    "gas": 34.0,  # two slots of twelve seconds, and patience
    "mempool": 12.0,  # a row a second
    "pool": 30.0,  # the others: every ten seconds at least
    "oracle": 30.0,
    "edge": 30.0,
}
_WORST: Final = 5  # accounts of a market that are told one by one
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
    "gas": (*_STATE, "block", "base_fee_gwei", "next_base_fee_gwei", "congestion", "waiting"),
    "mempool": (*_STATE, "asset", "net_usd", "liquidations", "liquidation_usd"),
    "pool": (
        *_STATE,
        "asset",
        "quote",
        "protocol",
        "fee_bp",
        "px",
        "pending_px",
        "sell_cost_bp_100k",
    ),
    "oracle": (
        *_STATE,
        "provider",
        "asset",
        "quote",
        "px",
        "pending_px",
        "market_px",
        "deviation_ratio",
        "next_block_probability",
    ),
    "account": (
        "account",
        "health",
        "health_pending",
        "health_market",
        "collateral_usd",
        "debt_usd",
        "quality",
        "flags",
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
    if changes.chains:
        told["chains"] = {name: _chain(seen) for name, seen in changes.chains.items()}
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


def _chain(seen: ChainSeen) -> dict[str, Any]:
    """What is new of a chain: pools and oracles by name, the others whole when they changed."""
    told: dict[str, Any] = {
        "more": seen.more,
        "pools": {name: _chain_part("pool", part) for name, part in seen.pools.items()},
        "oracles": {name: _chain_part("oracle", part) for name, part in seen.oracles.items()},
    }
    if seen.gas is not None:
        row = seen.gas.row
        block_ns = row.ts - round(row.block_age_s * NS_PER_S)
        told["gas"] = _chain_part("gas", seen.gas) | {"block_us": block_ns // NS_PER_US}
    if seen.waiting is not None:
        told["mempool"] = [_chain_part("mempool", part) for part in seen.waiting]
    if seen.edges is not None:
        told["lending"] = {name: _edge(edge) for name, edge in seen.edges.items()}
    return told


def _chain_part(kind: str, part: Part) -> dict[str, Any]:
    return _picked(kind, row_data(part.row)) | {"stale_s": _CHAIN_STALE_S[kind]}


def _edge(edge: Edge) -> dict[str, Any]:
    """A market's accounts together, and the worst of them one by one."""
    worst = sorted(edge.rows, key=_health_then_name)
    return {
        "ts_us": edge.ts // NS_PER_US,
        "stale_s": _CHAIN_STALE_S["edge"],
        "accounts": len(edge.rows),
        "full": len(edge.rows) >= MOST_ACCOUNTS,  # there may be more
        "now": _below([row.health for row in edge.rows]),
        "pending": _below([row.health_pending for row in edge.rows]),
        "market": _below([row.health_market for row in edge.rows]),
        "worst": [_picked("account", row_data(row)) for row in worst[:_WORST]],
    }


def _health_then_name(row: LendingAccount) -> tuple[bool, float, str]:
    return row.health is None, row.health or 0.0, row.account


def _below(healths: list[float | None]) -> dict[str, Any]:
    """The worst of the healths that are known, and how many of them are below 1."""
    known = [health for health in healths if health is not None]
    return {
        "worst": min(known, default=None),
        "below": sum(health < 1.0 for health in known) if known else None,
        "known": len(known),
    }

"""What a browser gets of chains: whole messages, every field by hand."""

import json
from typing import Any

import orjson

from flows.page.state import Shown
from flows.page.view import message
from tests.flows.page.chain_moment import (
    ACCOUNTS,
    FEED,
    POOL,
    account,
    chain_moment,
    gas,
    mempool,
    pool,
)
from tests.flows.page.rows import NOW, S, items

US = NOW // 1_000
SURE = {"ts_us": US, "quality": "ok", "flags": []}


def told(shown: Shown, after: int = 0) -> Any:
    return json.loads(orjson.dumps(message(shown.changes(after), NOW, "abc", full=not after)))


def _worst(name: str, health: float) -> dict[str, Any]:
    return {
        "account": name,
        "health": health,
        "health_pending": health - 0.015,
        "health_market": None,
        "collateral_usd": 41_400.0,
        "debt_usd": 33_200.0,
        "quality": "ok",
        "flags": [],
    }


def test_a_moment_of_everything() -> None:
    shown = Shown("main")
    shown.take(items(*reversed(chain_moment())))
    bare = dict.fromkeys(("px", "pending_px", "market_px"))
    assert told(shown)["chains"] == {
        "base": {
            "more": False,
            "pools": {},
            "oracles": {},
            "gas": {
                "ts_us": US - 1_000_000,
                "quality": "ok",
                "flags": [],
                "block": 7,
                "block_us": US - 1_500_000,
                "base_fee_gwei": None,
                "next_base_fee_gwei": None,
                "congestion": None,
                "waiting": 0,
                "stale_s": 34.0,
            },
        },
        "ethereum": {
            "more": False,
            "gas": {
                "ts_us": US,
                "quality": "degraded",
                "flags": ["incomplete"],
                "block": 24_000_005,
                "block_us": US - 8_500_000,
                "base_fee_gwei": 1.8642,
                "next_base_fee_gwei": 0.01,
                "congestion": 0.4567,
                "waiting": 1_234,
                "stale_s": 34.0,
            },
            "mempool": [
                SURE
                | {
                    "asset": "BTC",
                    "net_usd": 584.0,
                    "liquidations": 0,
                    "liquidation_usd": 0.0,
                    "stale_s": 12.0,
                },
                SURE
                | {
                    "flags": ["unvalued"],
                    "asset": "ETH",
                    "net_usd": -1_234_567.0,
                    "liquidations": 2,
                    "liquidation_usd": 50_000.0,
                    "stale_s": 12.0,
                },
            ],
            "pools": {
                "evm-1:0x01": {
                    "ts_us": US,
                    "quality": "degraded",
                    "flags": ["unproved"],
                    "asset": "BTC",
                    "quote": "USDC",
                    "protocol": "uniswap-v3",
                    "fee_bp": None,
                    "px": None,
                    "pending_px": None,
                    "sell_cost_bp_100k": None,
                    "stale_s": 30.0,
                },
                POOL: SURE
                | {
                    "asset": "ETH",
                    "quote": "USDC",
                    "protocol": "uniswap-v3",
                    "fee_bp": 5.0,
                    "px": 3_153.72,
                    "pending_px": 3_100.25,
                    "sell_cost_bp_100k": 6.19,
                    "stale_s": 30.0,
                },
            },
            "oracles": {
                "chainlink:0x02": SURE
                | bare
                | {
                    "quality": "warming",
                    "provider": "chainlink",
                    "asset": "BTC",
                    "quote": "USD",
                    "deviation_ratio": None,
                    "next_block_probability": None,
                    "stale_s": 30.0,
                },
                f"chainlink:{FEED}": SURE
                | {
                    "provider": "chainlink",
                    "asset": "ETH",
                    "quote": "USD",
                    "px": 3_150.0,
                    "pending_px": 3_080.5,
                    "market_px": 3_079.25,
                    "deviation_ratio": 4.5,
                    "next_block_probability": 0.93,
                    "stale_s": 30.0,
                },
            },
            "lending": {
                "aave": {
                    "ts_us": US,
                    "stale_s": 30.0,
                    "accounts": 8,
                    "full": False,
                    "now": {"worst": 0.9996, "below": 1, "known": 8},
                    "pending": {"worst": 0.9996 - 0.015, "below": 3, "known": 8},
                    "market": {"worst": None, "below": None, "known": 0},
                    "worst": [
                        _worst(name, health)
                        for name, health in zip(
                            ACCOUNTS[:5], (0.9996, 1.002, 1.01, 1.02, 1.03), strict=True
                        )
                    ],
                }
            },
        },
    }


def test_a_later_message_has_what_changed_and_nothing_else() -> None:
    shown = Shown("main")
    shown.take(items(*chain_moment()))
    shown.take(items(pool(NOW + S, px=3.0), mempool(NOW + S), mempool(NOW + S, "BTC")))
    found = told(shown, 1)["chains"]
    assert list(found) == ["ethereum"]
    assert sorted(found["ethereum"]) == ["mempool", "more", "oracles", "pools"]
    assert found["ethereum"]["mempool"] == []
    assert found["ethereum"]["oracles"] == {}
    assert {name: one["px"] for name, one in found["ethereum"]["pools"].items()} == {POOL: 3.0}
    shown.take(items(gas(NOW + 50 * S)))
    assert told(shown, 2)["chains"]["ethereum"]["lending"] == {}
    assert "chains" not in told(shown, 3)


def test_healths_that_are_not_known_are_neither_safe_nor_unsafe() -> None:
    first, second, third = ACCOUNTS[:3]
    shown = Shown("main")
    shown.take(
        items(
            account(name=first, health=None),
            account(name=third, health=1.0, health_market=0.5),
            account(name=second, health=1.0),
        )
    )
    market = told(shown)["chains"]["ethereum"]["lending"]["aave"]
    assert [row["account"] for row in market["worst"]] == [second, third, first]
    assert [market[name] for name in ("now", "pending", "market")] == [
        {"worst": 1.0, "below": 0, "known": 2},
        {"worst": None, "below": None, "known": 0},
        {"worst": 0.5, "below": 1, "known": 1},
    ]


def test_a_market_with_as_many_accounts_as_there_may_be_says_so() -> None:
    shown = Shown("main")
    shown.take(items(*(account(name=f"0x{k:03}") for k in range(100))))
    market = told(shown)["chains"]["ethereum"]["lending"]["aave"]
    assert (market["accounts"], market["full"]) == (100, True)

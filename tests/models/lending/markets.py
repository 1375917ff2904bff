"""Aave markets for tests: a random one as the model sees it, and a small one with round numbers."""

from typing import Any

from models.lending.aave import AaveConfig, AaveMarket
from models.lending.version import V3_3, VERSIONS, Version
from schemas.chain import BlockAt
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    EModeReading,
    Event,
    ParameterChange,
    ReserveData,
    ReserveReading,
)

POOL = "0xpool"
NOW_S = 1_742_379_383
RAY = 10**27
WETH, USDC, WBTC = "0xweth", "0xusdc", "0xwbtc"


def at(time_s: int = NOW_S) -> BlockAt:
    return BlockAt(22_000_000, "0xb", time_s)


def reading(reserve: str, **fields: Any) -> ReserveReading:
    """A reserve whose tokens are named after it."""
    told = {
        "symbol": reserve[2:], "decimals": 18, "a_token": f"{reserve}-a",
        "debt_token": f"{reserve}-d", "ltv_bp": 8_000, "threshold_bp": 8_000, "bonus_bp": 10_500,
        "protocol_fee_bp": 1_000, "supply_cap": 0, "borrow_cap": 0, "debt_ceiling": 0,
        "active": True, "frozen": False, "paused": False,
    }  # fmt: skip
    return ReserveReading(reserve=reserve, **(told | fields))


def data(reserve: str, liquidity_index: int = RAY, variable_index: int = RAY) -> ReserveData:
    """Indices, no interest."""
    return ReserveData(reserve, 0, 0, 0, liquidity_index, variable_index)


def small(version: Version = V3_3, complete: bool = True) -> AaveMarket:
    """WETH at 2,000 USD, USDC at 1, WBTC at 100,000; indices 1, thresholds 80 %."""
    market = AaveMarket(AaveConfig("test", version, frozenset({POOL}), complete=complete))
    for name, decimals, usd in ((WETH, 18, 2_000), (USDC, 6, 1), (WBTC, 8, 100_000)):
        for event in (
            reading(name, decimals=decimals), data(name), AssetPrice(name, usd * 10**8)
        ):  # fmt: skip
            market.apply(at(), POOL, event)
    return market


def events_of(market: dict[str, Any]) -> list[tuple[int, Event]]:
    """A reference market as readings, each with its time."""
    events: list[tuple[int, Event]] = []
    for name, each in market["reserves"].items():
        events += [
            (NOW_S, reading(
                name, decimals=each["decimals"], ltv_bp=each["ltv"], bonus_bp=each["bonus"],
                threshold_bp=each["threshold"], protocol_fee_bp=each["fee"],
                supply_cap=each["supply_cap"], borrow_cap=each["borrow_cap"],
                debt_ceiling=each["debt_ceiling"],
            )),
            (NOW_S, AssetPrice(name, each["price"])),
            (each["updated_s"], ReserveData(
                name, each["liquidity_rate"], 0, each["variable_rate"],
                each["liquidity_index"], each["variable_index"],
            )),
        ]  # fmt: skip
    for category, each in market["emodes"].items():
        events.append((NOW_S, EModeReading(
            category, each["ltv"], each["threshold"], each["bonus"], "",
            tuple(sorted(each["collateral"])), tuple(sorted(each["borrowable"])),
        )))  # fmt: skip
        events += [
            (NOW_S, ParameterChange("emode_ltvzero", f"emode-{category}:{name}", None, "true", ""))
            for name in sorted(each["ltv_zero"])
        ]
    return events


def account_of(name: str, account: dict[str, Any]) -> AccountReading:
    """A reference account as a reading."""
    return AccountReading(
        name, tuple(account["collateral"].items()), tuple(account["debt"].items()),
        tuple(sorted(account["used"])), account["emode"],
    )  # fmt: skip


def modelled(era: str, market: dict[str, Any], accounts: dict[str, dict[str, Any]]) -> AaveMarket:
    """The model of a reference market with its accounts."""
    made = AaveMarket(AaveConfig("random", VERSIONS[era], frozenset({POOL})))
    for time_s, event in events_of(market):
        made.apply(at(time_s), POOL, event)
    for name, account in accounts.items():
        made.apply(at(), POOL, account_of(name, account))
    return made

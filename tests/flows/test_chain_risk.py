"""Oracles and accounts beside the market: whom a pending report marks, and at which prices."""

from typing import Any

from msgspec.structs import replace

from flows.chain_risk import account_rows, chain_prices, oracle_row, pending_of, pending_prices
from models.chain.state import ChainState
from schemas.chain import BlockAt, ChainItem, Head, Log, Pending, Reading, TokenMeta
from schemas.chain_call import OracleReport
from schemas.chain_contract import ChainSettings, LendingContract, OracleContract
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    FeedState,
    NewTransmission,
    ReserveData,
    ReserveReading,
)
from schemas.units import NS_PER_S

PROXY, AGGREGATOR, MARKET, WETH, USDC, USER = (
    "0x" + two * 20 for two in ("a1", "a2", "a3", "a4", "a5", "a6")
)
T, RAY = 1_700_000_000, 10**27
AT = BlockAt(100, "0xb100", T)
CHAIN = ChainSettings(
    id=1, name="ethereum",
    oracle=[OracleContract(proxy=PROXY, asset="ETH", heartbeat_s=3600, deviation=0.01)],
    lending=[LendingContract(name="aave", protocol="aave-v3", pool=MARKET, version="v3.3",
                             edge=9.0)],
)  # fmt: skip


def state(chain: ChainSettings = CHAIN, report: bool = True) -> ChainState:
    made = ChainState(chain)

    def say(said: Any, at_s: float = T + 1.0) -> None:
        made.take(ChainItem("evm-1:chain", "evm-1-1", round(at_s * NS_PER_S), 1, said))

    def reserve(address: str, symbol: str, decimals: int) -> None:
        reading = ReserveReading(address, symbol, decimals, address + "a", address + "d", 8000,
                                 8250, 10500, 1000, 0, 0, 0, True, False, False)  # fmt: skip
        data = ReserveData(address, 0, 0, 0, RAY, RAY)
        for event in (reading, data):
            say(Reading(100, AT.hash, MARKET, event))
        say(TokenMeta(address, symbol, decimals))

    say(Head(AT, "0xb99", 10**9, 1, 30_000_000))
    say(Reading(100, AT.hash, PROXY, FeedState(AGGREGATOR, 6, 8, "", 9, 2000 * 10**8, T - 600)))
    said = NewTransmission(9, 2000 * 10**8, "0xt", (2000 * 10**8,), 7, "0xd")
    say(Log(100, AT.hash, "0xt", 1, AGGREGATOR, said))
    reserve(WETH, "WETH", 18)
    reserve(USDC, "USDC", 6)
    account = AccountReading(USER, ((WETH, 10**18),), ((USDC, 1500 * 10**6),), (WETH,))
    say(Reading(100, AT.hash, MARKET, account))
    if report:
        low = tuple(v * 10**8 for v in (1700, 1710, 1720))
        call = OracleReport(AGGREGATOR, 2, False, low, low[1], "0xd", 8, None, 2)
        say(Pending("0xp", "0xs", PROXY, 1, 2, 0, 1, None, 10**10, 1, "0x", (call,)))
    made.markets[0].apply(AT, MARKET, AssetPrice(USDC, 10**8))
    made.watch({"ETH": 1800.0})
    return made


NOW = (T + 2) * NS_PER_S


def test_what_a_feed_says_will_say_and_ought_to_say() -> None:
    made = state()
    row = oracle_row(made, CHAIN.oracle[0], made.views[PROXY], NOW, {"ETH": 1800.0})
    assert row is not None
    assert (row.px, row.primary_px, row.pending_px, row.market_px) == (2000, 2000, 1710, 1800)
    assert (row.marks_accounts, row.round_id, row.age_s) == (True, 9, 600.0)
    assert row.deviation_ratio is not None
    assert round(row.deviation_ratio, 6) == 10.0
    assert row.due_blocks == 1
    assert oracle_row(ChainState(CHAIN), CHAIN.oracle[0], None, NOW, {}) is None


def test_health_now_pending_and_at_the_market() -> None:
    made = state()
    (row,) = account_rows(made, CHAIN.lending[0], made.markets[0], NOW, {"ETH": 1800.0})
    health = [round(x or 0.0, 9) for x in (row.health, row.health_pending, row.health_market)]
    assert health == [round(p * 0.825 / 1500, 9) for p in (2000, 1710, 1800)]
    assert (row.collateral_usd, row.debt_usd) == (2000.0, 1500.0)
    assert row.distance is not None
    assert round(row.distance, 9) == round(1 - 1500 / (2000 * 0.825), 9)


def test_without_reports_or_market_those_are_unknown() -> None:
    made = state(report=False)
    (row,) = account_rows(made, CHAIN.lending[0], made.markets[0], NOW, {})
    assert (row.health_pending, row.health_market) == (None, None)
    assert pending_of(made, CHAIN.oracle[0], NOW) == (None, None)


def test_a_public_report_never_marks_accounts_of_a_private_auction() -> None:
    private = replace(CHAIN.oracle[0], private_auction=True)
    made = state(replace(CHAIN, oracle=[private]))
    px, marks = pending_of(made, private, NOW)
    assert (px, marks) == (1710.0, False)
    assert pending_prices(made, NOW) == {}
    (row,) = account_rows(made, CHAIN.lending[0], made.markets[0], NOW, {})
    assert row.health_pending is None


def test_prices_of_the_chain_are_those_of_dollar_feeds() -> None:
    assert chain_prices(state()) == {"ETH": 2000.0}
    in_coin = replace(CHAIN.oracle[0], quote="BTC")
    assert chain_prices(state(replace(CHAIN, oracle=[in_coin]))) == {}

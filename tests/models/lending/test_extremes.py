"""Whatever logs say, no market fails: the largest numbers, indices of 1, times far off."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.lending.aave import AaveConfig, AaveMarket
from models.lending.comet import CometConfig, CometMarket
from models.lending.edge import near_edge
from models.lending.version import VERSIONS
from schemas.chain import BlockAt
from schemas.chain_event import (
    AbsorbDebt,
    AccountReading,
    AssetPrice,
    CollateralUse,
    CometCollateral,
    CometReading,
    CometSupply,
    DeficitCreated,
    EModeReading,
    EModeSet,
    Event,
    ParameterChange,
    ReserveData,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
)
from tests.models.lending.markets import POOL, reading

MOST = (1 << 128) - 1
ANY = st.sampled_from([0, 1, 10**18, 10**27, MOST, MOST + 1, 1 << 256, -1])
NAMES = st.sampled_from(["0xa", "0xb"])
USERS = st.sampled_from(["0xu", "0xv"])
TIMES = st.sampled_from([0, 1, 1_742_379_383, 1 << 40, 1 << 63])
SMALL = st.sampled_from([0, 1, 77, 78, 255, 256])
HELD = st.lists(st.tuples(NAMES, ANY), max_size=2).map(tuple)
TEXT = st.sampled_from(["0", "7", "9" * 30, "9" * 90, "true", "x", "", "-1", "²"])
ABOUT = st.sampled_from(["0xa", "emode-1", "emode-1:0xa", "emode-", "", "emode-²"])
PARAMETERS = st.sampled_from([
    "ltv", "liquidation_threshold", "liquidation_bonus", "paused", "emode_collateral", "isolated",
    "emode_category", "liquidation_grace_until", "a_token", "liquidation_protocol_fee", "else",
])  # fmt: skip
READINGS = st.builds(AccountReading, USERS, HELD, HELD, st.lists(NAMES).map(tuple), SMALL)
OF_POOL = st.one_of(
    st.builds(lambda name, decimals, number: reading(
        name, decimals=decimals, threshold_bp=number, bonus_bp=number, protocol_fee_bp=number
    ), NAMES, SMALL, ANY),
    st.builds(ReserveData, NAMES, ANY, ANY, ANY, ANY, ANY),
    st.builds(AssetPrice, NAMES, ANY),
    st.builds(CollateralUse, NAMES, USERS, st.booleans()),
    st.builds(EModeSet, USERS, SMALL),
    st.builds(EModeReading, SMALL, ANY, ANY, ANY, st.just(""), st.just(("0xa",)), st.just(())),
    st.builds(DeficitCreated, USERS, NAMES, ANY),
    st.builds(ParameterChange, PARAMETERS, ABOUT, st.none(), TEXT, st.just("")),
    READINGS,
)  # fmt: skip
OF_TOKENS = st.one_of(
    st.builds(ScaledMint, USERS, ANY, ANY, ANY),
    st.builds(ScaledBurn, USERS, ANY, ANY, ANY),
    st.builds(ScaledTransfer, USERS, USERS, ANY, ANY),
)
TOKENS = st.sampled_from(["0xa-a", "0xa-d", "0xb-a", "0xb-d"])
LOGS = st.one_of(st.tuples(st.just(POOL), OF_POOL), st.tuples(TOKENS, OF_TOKENS))
ASSET = st.tuples(st.just("0xb"), SMALL, ANY, ANY, ANY, ANY)
MANY = ANY.filter(lambda amount: amount >= 0)
OF_COMET = st.one_of(  # one base token, no collateral taken that was never there
    st.builds(CometReading, st.just("0xa"), SMALL, ANY, ANY, ANY, ANY, TIMES,
              st.lists(ASSET, max_size=2).map(tuple)),
    st.builds(CometSupply, USERS, ANY),
    st.builds(CometCollateral, USERS, st.just("0xb"), MANY),
    st.builds(AbsorbDebt, USERS, USERS, ANY, ANY),
    st.builds(AssetPrice, NAMES, ANY),
    st.builds(AccountReading, USERS, st.just(()), st.just(()), st.just(()), st.just(0)),
)  # fmt: skip


def look(market: AaveMarket | CometMarket, at_s: int, price: int) -> None:
    """All that can be asked; a number is a number wherever the account is known."""
    prices = {"0xa": price}
    swept = market.sweep(at_s, prices, {"0xa": 1.0})
    near_edge(market, math.inf, at_s, 5, prices, {"0xb": 0.5})
    for row, name in enumerate(market.accounts()):
        found = market.exact(name, at_s, prices)
        if found.unknown:
            assert found.health_wad is None
            assert math.isnan(swept.health[row])
        else:
            assert not math.isnan(swept.health[row])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TIMES, LOGS), max_size=30), st.sampled_from(list(VERSIONS.values())),
       TIMES, ANY)  # fmt: skip
def test_aave(logs: list[Any], version: Any, at_s: int, price: int) -> None:
    market = AaveMarket(AaveConfig("m", version, frozenset({POOL}), complete=True))
    for time_s, (address, event) in logs:
        market.apply(BlockAt(1, "0xb", time_s), address, event)
    look(market, at_s, price)
    for name in market.accounts():
        market.liquidation(name, "0xa", "0xb", at_s, prices={"0xa": price})
    again = AaveMarket(market.config)
    again.restore(market.snapshot())
    assert again.snapshot() == market.snapshot()


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(TIMES, OF_COMET), max_size=30), TIMES, ANY)
def test_comet(events: list[tuple[int, Event]], at_s: int, price: int) -> None:
    market = CometMarket(CometConfig("m", frozenset({"0xc"}), complete=True))
    for time_s, event in events:
        market.apply(BlockAt(1, "0xb", time_s), "0xc", event)
    look(market, at_s, price)
    for name in market.accounts():
        market.absorbed(name, at_s, {"0xa": price})
    again = CometMarket(market.config)
    again.restore(market.snapshot())
    assert again.snapshot() == market.snapshot()

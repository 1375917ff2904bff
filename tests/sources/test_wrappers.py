"""What stands one for one for another has its asset on every venue; the rest have their own."""

import pytest

from schemas.instrument import WRAPPERS, infer, underlying
from sources import bybit_listing, coinbase_listing, deribit_instruments, okx_contracts


def test_a_wrapper_stands_for_something_that_is_none() -> None:
    assert not WRAPPERS.keys() & set(WRAPPERS.values())
    assert (underlying("WBTC"), underlying("STETH"), underlying("BTC")) == ("BTC", "ETH", "BTC")


@pytest.mark.parametrize("staked", ["WSTETH", "CBETH", "RETH", "WBETH", "JITOSOL", "SUSDE"])
def test_what_gains_by_staking_is_not_worth_one(staked: str) -> None:
    assert underlying(staked) == staked


def test_symbols_of_venues() -> None:
    found = {
        "binance": infer("binance-spot", "WBTCUSDT", "spot", 2),
        "coinbase": coinbase_listing.infer("CBBTC-USD"),
        "bybit": bybit_listing.infer("STETHUSDT"),
        "okx": okx_contracts.infer("STETH-USDT"),
        "deribit": deribit_instruments.infer("STETH_USDC"),
    }
    assets = {name: (one.asset, one.ratio_factor) for name, one in found.items()}
    assert assets == {
        "binance": ("BTC", 1.0), "coinbase": ("BTC", 1.0), "bybit": ("ETH", 1.0),
        "okx": ("ETH", 1.0), "deribit": ("ETH", 1.0),
    }  # fmt: skip

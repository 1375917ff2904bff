"""The contracts make sense: whole lots, prices the wire can write, sizes in their order."""

from math import log10

import pytest

from schemas.instrument import infer
from sources.simulator.contract import BTC, CONTRACTS, ETH, LOTS_PER_COIN, Contract

each = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.symbol)


def test_what_is_traded():
    assert CONTRACTS == (BTC, ETH)
    assert [c.start / c.ticks_per_quote for c in CONTRACTS] == [92_000.0, 3_150.0]


@each
def test_the_symbol_says_what_it_is(contract: Contract):
    told = infer("binance-usdm", contract.symbol, "perpetual", contract.price_decimals)
    assert (told.asset, told.quote) == (contract.asset, contract.quote)
    assert contract.symbol == contract.asset + contract.quote


@each
def test_a_tick_can_be_written_on_the_wire(contract: Contract):
    assert 10**contract.price_decimals % contract.ticks_per_quote == 0


@each
def test_a_tick_is_far_below_a_basis_point(contract: Contract):
    assert log10(contract.start) > 5.0


@each
def test_sizes_are_in_order(contract: Contract):
    takers, quotes = contract.taker_size, contract.quote_size
    assert 1 / LOTS_PER_COIN < takers < quotes < contract.depth_1pct
    # One account is a little more than one forced order, and all of them far more than the book.
    account = contract.open_interest / contract.accounts
    assert 0.3 < account / contract.clip < 3.0
    assert 2.0 * contract.depth_1pct < contract.open_interest
    assert (contract.clip * LOTS_PER_COIN).is_integer()

"""Liquidations of Compound v2 in both forms; absorbing, buying and lending of v3."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Lend, Liquidation
from sources.evm.calldata.calls import calls_in
from tests.sources.evm.calldata.encoded import (
    EVERYTHING,
    SENDER,
    TO,
    VALUE,
    addresses,
    but_all,
    call,
    numbers,
)  # fmt: skip


@settings(deadline=None, max_examples=20)
@given(addresses, addresses, numbers)
def test_liquidations_of_v2(account: str, collateral: str, repay: int) -> None:
    token = call("liquidateBorrow(address,uint256,address)", account, repay, collateral)
    coin = call("liquidateBorrow(address,address)", account, collateral)
    assert calls_in(TO, token, VALUE, SENDER).calls == (
        Liquidation(TO, "compound-v2", collateral, TO, (account,), but_all(repay)),
    )
    assert calls_in(TO, coin, VALUE, SENDER).calls == (
        Liquidation(TO, "compound-v2", collateral, TO, (account,), VALUE),
    )


@settings(deadline=None, max_examples=20)
@given(addresses, st.lists(addresses, max_size=8), numbers, numbers)
def test_absorbing_and_buying(one: str, accounts: list[str], least: int, base: int) -> None:
    absorb = call("absorb(address,address[])", one, accounts)
    buy = call("buyCollateral(address,uint256,uint256,address)", one, least, base, SENDER)
    assert calls_in(TO, absorb, 0, SENDER).calls == (
        Liquidation(TO, "compound-v3", None, None, tuple(accounts), None),
    )
    assert calls_in(TO, buy, 0, SENDER).calls == (
        Liquidation(TO, "compound-v3", one, None, (), base),
    )


@settings(deadline=None, max_examples=20)
@given(addresses, addresses, addresses, st.integers(0, EVERYTHING - 1) | st.just(EVERYTHING))
def test_lending_of_v3(source: str, target: str, asset: str, amount: int) -> None:
    end = (asset, amount)
    said = {
        call("supply(address,uint256)", *end): ("supply", None),
        call("supplyTo(address,address,uint256)", target, *end): ("supply", target),
        call("supplyFrom(address,address,address,uint256)", source, target, *end):
            ("supply", target),
        call("withdraw(address,uint256)", *end): ("withdraw", None),
        call("withdrawTo(address,address,uint256)", target, *end): ("withdraw", None),
        call("withdrawFrom(address,address,address,uint256)", source, target, *end):
            ("withdraw", source),
    }  # fmt: skip
    expected = but_all(amount)
    for data, (action, whose) in said.items():
        lend = Lend(TO, "compound-v3", action, asset, expected, whose)
        assert calls_in(TO, data, 0, SENDER).calls == (lend,)

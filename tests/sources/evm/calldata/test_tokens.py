"""Moves of tokens, allowances, wrapping."""

from hypothesis import given, settings

from schemas.chain_call import TokenMove
from sources.evm.calldata.calls import calls_in
from tests.sources.evm.calldata.encoded import (
    EVERYTHING,
    SENDER,
    TO,
    VALUE,
    addresses,
    call,
    numbers,
)  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(addresses, addresses, numbers)
def test_moves(source: str, target: str, amount: int) -> None:
    said = {
        call("transfer(address,uint256)", target, amount): ("transfer", target, amount),
        call("transferFrom(address,address,uint256)", source, target, amount):
            ("transfer", target, amount),
        call("approve(address,uint256)", target, amount): ("approve", target, amount),
        call("withdraw(uint256)", amount): ("unwrap", SENDER, amount),
        call("deposit()"): ("wrap", SENDER, VALUE),
    }  # fmt: skip
    for data, (action, recipient, moved) in said.items():
        assert calls_in(TO, data, VALUE, SENDER).calls == (TokenMove(TO, action, recipient, moved),)


def test_an_allowance_without_end_is_stated_as_it_is() -> None:
    data = call("approve(address,uint256)", SENDER, EVERYTHING)
    assert calls_in(TO, data, 0, SENDER).calls == (TokenMove(TO, "approve", SENDER, EVERYTHING),)

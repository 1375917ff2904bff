"""Every call of Aave's pools that is understood, also packed into 32 bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Lend, Liquidation
from sources.evm.calldata.calls import Understood, calls_in
from tests.sources.evm.calldata.encoded import (
    EVERYTHING,
    SENDER,
    TO,
    addresses,
    but_all,
    call,
    numbers,
    shorts,
)  # fmt: skip

PERMIT = "uint256,uint8,bytes32,bytes32"
SIGNED = (9, 27, bytes(32), bytes(32))
A, B, C = ("0x" + name * 40 for name in "abc")
SHORT = 2**128 - 1


def read(data: bytes) -> Understood:
    return calls_in(TO, data, 0, SENDER)


@settings(deadline=None, max_examples=40)
@given(addresses, addresses, addresses, numbers, st.booleans())
def test_liquidations(
    collateral: str, debt: str, account: str, repay: int, as_a_token: bool
) -> None:
    signature = "liquidationCall(address,address,address,uint256,bool)"
    expected = Liquidation(TO, "aave", collateral, debt, (account,), but_all(repay), as_a_token)
    assert read(call(signature, collateral, debt, account, repay, as_a_token)) == Understood(
        (expected,), (), None
    )


@settings(deadline=None, max_examples=20)
@given(addresses, st.integers(0, EVERYTHING - 1) | st.just(EVERYTHING), addresses)
def test_lending(asset: str, amount: int, account: str) -> None:
    said = {
        call("supply(address,uint256,address,uint16)", asset, amount, account, 7):
            ("supply", account),
        call("deposit(address,uint256,address,uint16)", asset, amount, account, 7):
            ("supply", account),
        call(f"supplyWithPermit(address,uint256,address,uint16,{PERMIT})", asset, amount, account,
             7, *SIGNED): ("supply", account),
        call("withdraw(address,uint256,address)", asset, amount, account): ("withdraw", None),
        call("borrow(address,uint256,uint256,uint16,address)", asset, amount, 2, 7, account):
            ("borrow", account),
        call("repay(address,uint256,uint256,address)", asset, amount, 2, account):
            ("repay", account),
        call(f"repayWithPermit(address,uint256,uint256,address,{PERMIT})", asset, amount, 2,
             account, *SIGNED): ("repay", account),
        call("repayWithATokens(address,uint256,uint256)", asset, amount, 2): ("repay", None),
    }  # fmt: skip
    expected = but_all(amount)
    for data, (action, whose) in said.items():
        lend = Lend(TO, "aave", action, asset, expected, whose)
        assert read(data) == Understood((lend,), (), None)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16 - 1), shorts | st.just(SHORT), st.integers(0, 2**112 - 1))
def test_lending_packed(asset_id: int, amount: int, above: int) -> None:
    word = (asset_id | amount << 16 | above << 144).to_bytes(32, "big")
    said = {
        call("supply(bytes32)", word): "supply",
        call("supplyWithPermit(bytes32,bytes32,bytes32)", word, bytes(32), bytes(32)): "supply",
        call("withdraw(bytes32)", word): "withdraw",
        call("borrow(bytes32)", word): "borrow",
        call("repay(bytes32)", word): "repay",
        call("repayWithPermit(bytes32,bytes32,bytes32)", word, bytes(32), bytes(32)): "repay",
        call("repayWithATokens(bytes32)", word): "repay",
    }
    expected = None if amount == SHORT else amount
    for data, action in said.items():
        assert read(data).calls == (Lend(TO, "aave", action, None, expected, None),)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), addresses, shorts | st.just(SHORT), st.booleans(),
       st.integers(0, 2**64 - 1))  # fmt: skip
def test_liquidations_packed(
    ids: int, account: str, repay: int, as_a_token: bool, above: int
) -> None:
    first = ids | int(account, 16) << 32 | above << 192
    second = repay | as_a_token << 128 | above << 129
    words = [number.to_bytes(32, "big") for number in (first, second)]
    data = call("liquidationCall(bytes32,bytes32)", *words)
    expected = None if repay == SHORT else repay
    assert read(data).calls == (
        Liquidation(TO, "aave", None, None, (account,), expected, as_a_token),
    )


def test_all_of_a_debt() -> None:
    data = call("liquidationCall(address,address,address,uint256,bool)", A, B, C, EVERYTHING, True)
    assert read(data).calls == (Liquidation(TO, "aave", A, B, (C,), None, True),)


@pytest.mark.parametrize(
    ("signature", "values"),
    [("setUserUseReserveAsCollateral(address,bool)", (A, True)), ("setUserEMode(uint8)", (1,)),
     ("setUserUseReserveAsCollateral(bytes32)", (bytes(32),)),
     ("setUserEModeOnBehalfOf(uint8,address)", (1, A)),
     ("setUserUseReserveAsCollateralOnBehalfOf(address,bool,address)", (A, True, B)),
     ("approvePositionManager(address,bool)", (A, True))],
)  # fmt: skip
def test_known_and_without_a_word(signature: str, values: tuple[object, ...]) -> None:
    assert read(call(signature, *values)) == Understood((), (), None)

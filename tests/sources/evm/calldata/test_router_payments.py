"""What v3 routers pay, wrap and unwrap with what they hold."""

import pytest

from schemas.chain_call import TokenMove
from sources.evm.calldata.calls import Understood, calls_in
from tests.sources.evm.calldata.encoded import COIN, SENDER, TO, call

A, B, C = ("0x" + name * 40 for name in "abc")
PERMIT = "(address,uint256,uint256,uint8,bytes32,bytes32)"
SIGNED = (A, 1, 2, 27, bytes(32), bytes(32))


@pytest.mark.parametrize(
    ("signature", "values", "expected"),
    [("unwrapWETH9(uint256,address)", (5, B), TokenMove(COIN, "unwrap", B, None)),
     ("unwrapWETH9WithFee(uint256,address,uint256,address)", (5, B, 1, C),
      TokenMove(COIN, "unwrap", B, None)),
     ("unwrapWETH9(uint256)", (5,), TokenMove(COIN, "unwrap", SENDER, None)),
     ("unwrapWETH9WithFee(uint256,uint256,address)", (5, 1, C),
      TokenMove(COIN, "unwrap", SENDER, None)),
     ("wrapETH(uint256)", (5,), TokenMove(COIN, "wrap", TO, 5)),
     ("sweepToken(address,uint256,address)", (A, 5, B), TokenMove(A, "transfer", B, None)),
     ("sweepTokenWithFee(address,uint256,address,uint256,address)", (A, 5, B, 1, C),
      TokenMove(A, "transfer", B, None)),
     ("sweepToken(address,uint256)", (A, 5), TokenMove(A, "transfer", SENDER, None)),
     ("sweepTokenWithFee(address,uint256,uint256,address)", (A, 5, 1, C),
      TokenMove(A, "transfer", SENDER, None)),
     ("pull(address,uint256)", (A, 5), TokenMove(A, "transfer", TO, 5))],
)  # fmt: skip
def test_payments(signature: str, values: tuple[object, ...], expected: TokenMove) -> None:
    found = calls_in(TO, call(signature, *values), 9, SENDER)
    assert found == Understood((expected,), (), None)


@pytest.mark.parametrize(
    ("signature", "values"),
    [("refundETH()", ()), ("selfPermit" + PERMIT, SIGNED),
     ("selfPermitIfNecessary" + PERMIT, SIGNED), ("selfPermitAllowed" + PERMIT, SIGNED),
     ("selfPermitAllowedIfNecessary" + PERMIT, SIGNED)],
)  # fmt: skip
def test_what_concerns_nobody(signature: str, values: tuple[object, ...]) -> None:
    assert calls_in(TO, call(signature, *values), 9, SENDER) == Understood((), (), None)

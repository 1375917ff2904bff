"""Calls that carry calls: whose name, value and deadline the parts have."""

from typing import Any

import pytest

from schemas.chain_call import ParameterCall, TokenMove
from sources.evm.calldata.calls import Understood, calls_in
from tests.sources.evm.calldata.encoded import SENDER, TO, VALUE, call, code

A, B, C = ("0x" + name * 40 for name in "abc")
DEPOSIT = call("deposit()")  # says its caller and its value
SEND = call("transfer(address,uint256)", C, 9)
SENT = TokenMove(B, "transfer", C, 9)
CAP = "setSupplyCap(address,uint256)"
UPGRADE = "upgradeTo(address)"
TAIL = (0, 0, 0, "0x" + 40 * "0", "0x" + 40 * "0", b"signatures")


def wrap(to: str, caller: str, value: int) -> TokenMove:
    return TokenMove(to, "wrap", caller, value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(call("multicall(bytes[])", [DEPOSIT, SEND]),
      (wrap(TO, SENDER, VALUE), TokenMove(TO, "transfer", C, 9))),
     (call("forward(address,bytes)", A, DEPOSIT), (wrap(A, TO, 0),)),
     (call("ownerForward(address,bytes)", A, DEPOSIT), (wrap(A, TO, 0),)),
     (call("multiForward(address[],bytes[])", [A, B], [DEPOSIT, SEND]), (wrap(A, TO, 0), SENT)),
     (call("aggregate((address,bytes)[])", [(A, DEPOSIT), (B, SEND)]), (wrap(A, TO, 0), SENT)),
     (call("tryAggregate(bool,(address,bytes)[])", True, [(A, DEPOSIT)]), (wrap(A, TO, 0),)),
     (call("aggregate3((address,bool,bytes)[])", [(A, True, DEPOSIT), (B, False, SEND)]),
      (wrap(A, TO, 0), SENT)),
     (call("aggregate3Value((address,bool,uint256,bytes)[])", [(A, True, 6, DEPOSIT)]),
      (wrap(A, TO, 6),)),
     (call("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
           "bytes)", A, 6, DEPOSIT, 0, *TAIL), (wrap(A, TO, 6),)),
     (call("execute(address,uint256,bytes,bytes32,bytes32)", A, 6, DEPOSIT, bytes(32), bytes(32)),
      (wrap(A, TO, 6),)),
     (call("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", [A, B], [6, 0],
           [DEPOSIT, SEND], bytes(32), bytes(32)), (wrap(A, TO, 6), SENT))],
)  # fmt: skip
def test_parts(data: bytes, expected: tuple[Any, ...]) -> None:
    assert calls_in(TO, data, VALUE, SENDER) == Understood(expected, (), None)


@pytest.mark.parametrize("tail", ["", ",bool"])
def test_timelocks_name_functions_as_text_or_by_selector(tail: str) -> None:
    execute = f"executeTransaction(address,uint256,string,bytes,uint256{tail})"
    end = (7, False) if tail else (7,)
    arguments = call(CAP, A, 5)[4:]
    for name, data in ((CAP, arguments), ("", call(CAP, A, 5))):
        found = calls_in(TO, call(execute, B, 0, name, data, *end), 0, SENDER)
        assert found == Understood((ParameterCall(B, "setSupplyCap"),), (), None)
    unheard = calls_in(TO, call(execute, B, 0, "unheardOf(address)", arguments, *end), 0, SENDER)
    assert unheard == Understood((), ((B, "0x00000000"),), None)


def test_unknown_parts_are_named_with_their_contract() -> None:
    data = call("multiForward(address[],bytes[])", [A, B, C], [b"\1\2\3\4\5", SEND, b"\1\2"])
    expected = Understood((SENT,), ((A, "0x01020304"), (C, "0x0102")), None)
    assert calls_in(TO, data, 0, SENDER) == expected


@pytest.mark.parametrize(
    ("contracts", "parts"), [([A], [DEPOSIT, SEND]), ([A, B], [SEND]), ([], [SEND])]
)
def test_lists_of_different_length(contracts: list[str], parts: list[bytes]) -> None:
    data = call("multiForward(address[],bytes[])", contracts, parts)
    understood = calls_in(TO, data, 0, SENDER)
    assert understood.calls == ()
    assert understood.malformed is not None


def test_a_part_that_does_not_fit_leaves_the_others() -> None:
    data = call("multicall(bytes[])", [SEND, code(UPGRADE) + b"short", SEND])
    understood = calls_in(B, data, 0, SENDER)
    assert understood.calls == (SENT, SENT)
    assert understood.malformed is not None
    assert understood.malformed.startswith(f"{UPGRADE} to {B}: ")

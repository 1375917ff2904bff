"""Every swap of both v3 routers, the v2 swaps of the second, and their multicalls."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Swap
from sources.evm.calldata.calls import calls_in
from tests.sources.evm.calldata.encoded import (
    COIN,
    ONE,
    SENDER,
    TO,
    TWO,
    addresses,
    amounts,
    call,
    fees,
    numbers,
    packed,
    paths,
)  # fmt: skip

SINGLE = "Single((address,address,uint24,address,uint256,uint256,uint256,uint160))"
SINGLE02 = "Single((address,address,uint24,address,uint256,uint256,uint160))"
ALONG = "((bytes,address,uint256,uint256,uint256))"
ALONG02 = "((bytes,address,uint256,uint256))"
V2 = "(uint256,uint256,address[],address)"
A, B, C = ("0x" + name * 40 for name in "abc")


def only(data: bytes) -> Swap:
    understood = calls_in(TO, data, 3, SENDER)
    assert (understood.unknown, understood.malformed) == ((), None)
    (swap,) = understood.calls
    assert isinstance(swap, Swap)
    return swap


def swap(exact_in: bool, exact: int | None, limit: int, **rest: Any) -> Swap:
    sides = (exact, None) if exact_in else (None, exact)
    values = {"protocol": "uniswap-v3", "fees_e6": (), "deadline_s": None} | rest
    return Swap(
        TO, values["protocol"], values["path"], values["fees_e6"], (), *sides, limit,
        values["recipient"], values["deadline_s"],
    )  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.booleans(), st.booleans(), addresses, addresses, fees, addresses, amounts, numbers)
def test_one_hop(
    exact_in: bool, dated: bool, token_in: str, token_out: str, fee: int, to: str, exact: int,
    limit: int,
) -> None:  # fmt: skip
    name = "exactInput" if exact_in else "exactOutput"
    head = (token_in, token_out, fee, to)
    data = (
        call(name + SINGLE, (*head, 99, exact, limit, 7)) if dated
        else call(name + SINGLE02, (*head, exact, limit, 7))
    )  # fmt: skip
    expected = swap(
        exact_in, exact, limit, path=(token_in, token_out), fees_e6=(fee,), recipient=to,
        deadline_s=99 if dated else None,
    )  # fmt: skip
    assert only(data) == expected


@settings(deadline=None, max_examples=40)
@given(st.booleans(), st.booleans(), paths, addresses, amounts, numbers, st.data())
def test_along_a_path_in_the_order_of_flow(
    exact_in: bool, dated: bool, path: tuple[str, ...], to: str, exact: int, limit: int, data: Any
) -> None:
    hops = tuple(data.draw(fees) for _ in path[1:])
    written = packed(path, hops) if exact_in else packed(path[::-1], hops[::-1])
    name = "exactInput" if exact_in else "exactOutput"
    raw = (
        call(name + ALONG, (written, to, 98, exact, limit)) if dated
        else call(name + ALONG02, (written, to, exact, limit))
    )  # fmt: skip
    expected = swap(
        exact_in, exact, limit, path=path, fees_e6=hops, recipient=to,
        deadline_s=98 if dated else None,
    )  # fmt: skip
    assert only(raw) == expected


@settings(deadline=None, max_examples=30)
@given(st.booleans(), paths, addresses, amounts, numbers)
def test_v2_swaps_of_the_second_router(
    exact_in: bool, path: tuple[str, ...], to: str, exact: int, limit: int
) -> None:
    name = "swapExactTokensForTokens" if exact_in else "swapTokensForExactTokens"
    expected = swap(exact_in, exact, limit, path=path, recipient=to, protocol="uniswap-v2")
    assert only(call(name + V2, exact, limit, path, to)) == expected


@pytest.mark.parametrize(("to", "recipient"), [(ONE, SENDER), (TWO, TO), (COIN, COIN), (C, C)])
def test_recipients_of_the_second_router(to: str, recipient: str) -> None:
    found = [
        only(call("exactInput" + SINGLE02, (A, B, 500, to, 5, 1, 0))),
        only(call("exactOutput" + ALONG02, (packed((A, B), (500,)), to, 5, 1))),
        only(call("swapTokensForExactTokens" + V2, 5, 1, (A, B), to)),
    ]
    assert [each.recipient for each in found] == [recipient] * 3


@pytest.mark.parametrize(("to", "recipient"), [(ONE, ONE), (TWO, TWO), (COIN, TO), (C, C)])
def test_recipients_of_the_first_router(to: str, recipient: str) -> None:
    found = [
        only(call("exactInput" + SINGLE, (A, B, 500, to, 9, 5, 1, 0))),
        only(call("exactOutput" + ALONG, (packed((A, B), (500,)), to, 9, 5, 1))),
    ]
    assert [each.recipient for each in found] == [recipient] * 2


def test_zero_is_all_that_the_second_router_holds_and_nothing_else() -> None:
    held = [
        only(call("exactInput" + SINGLE02, (A, B, 500, C, 0, 1, 0))),
        only(call("exactInput" + ALONG02, (packed((A, B), (500,)), C, 0, 1))),
        only(call("swapExactTokensForTokens" + V2, 0, 1, (A, B), C)),
    ]
    assert [(each.amount_in, each.amount_out, each.limit) for each in held] == [(None, None, 1)] * 3
    assert only(call("exactOutput" + SINGLE02, (A, B, 500, C, 0, 1, 0))).amount_out == 0
    assert only(call("exactInput" + SINGLE, (A, B, 500, C, 9, 0, 1, 0))).amount_in == 0


def test_a_multicall_keeps_caller_and_deadline() -> None:
    part = call("exactInput" + SINGLE02, (A, B, 500, ONE, 5, 1, 0))
    inner = call("multicall(bytes[])", [part])
    expected = swap(True, 5, 1, path=(A, B), fees_e6=(500,), recipient=SENDER)
    dated = swap(True, 5, 1, path=(A, B), fees_e6=(500,), recipient=SENDER, deadline_s=77)
    assert only(inner) == expected
    assert only(call("multicall(bytes32,bytes[])", bytes(32), [part])) == expected
    assert only(call("multicall(uint256,bytes[])", 77, [part])) == dated
    assert only(call("multicall(uint256,bytes[])", 77, [inner])) == dated


@pytest.mark.parametrize("size", [0, 20, 42, 44, 65, 67])
def test_a_path_of_another_length_is_none(size: int) -> None:
    understood = calls_in(TO, call("exactInput" + ALONG02, (bytes(size), C, 5, 1)), 0, SENDER)
    assert understood.calls == ()
    assert understood.malformed is not None
    assert understood.malformed.endswith(f"a path of {size} bytes")

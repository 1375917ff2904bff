"""Plans of the Universal Router: commands, layouts, amounts that only execution decides."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Call, Swap, TokenMove
from sources.evm.calldata.calls import Understood, calls_in
from tests.sources.evm.calldata.encoded import (
    COIN,
    ONE,
    SENDER,
    TO,
    TWO,
    VALUE,
    addresses,
    amounts,
    call,
    fees,
    numbers,
    packed,
    paths,
)  # fmt: skip

EXECUTE, PLAIN = "execute(bytes,bytes[],uint256)", "execute(bytes,bytes[])"
SIGNED = "executeSigned(bytes,bytes[],bytes32,bytes32,bool,bytes32,bytes,uint256)"
FIRST, FIRST2 = (
    "0xef1c6e67703c7bd7107eed8303fbe6ec2554bf6b", "0x3fc91a3afd70395cd496c647d5a6cc9d4b2b7fad"
)  # fmt: skip
V20 = "0x66a9893cc07d91d95644aedd05d03f95e1dba8af"
V21 = ("0x4c82d1fbfe28c977cbb58d8c7ff8fcf9f70a2cca", "0x23617e59a5925b2a4bf75d73ff6711cd0b29de85")
A, B, C = ("0x" + name * 40 for name in "abc")
HELD = 2**255
TOKEN = ["address", "address", "uint256"]


def plan(steps: list[tuple[int, bytes]], to: str = TO) -> Understood:
    commands, inputs = bytes(byte for byte, _ in steps), [data for _, data in steps]
    return calls_in(to, call(EXECUTE, commands, inputs, 66), VALUE, SENDER)


def only(command: int, data: bytes, to: str = TO) -> Call:
    found = plan([(command, data)], to)
    assert (found.unknown, found.malformed, len(found.calls)) == ((), None, 1)
    return found.calls[0]


def swap_input(new: bool, to: str, exact: int, limit: int, path: Any) -> bytes:
    kind = "bytes" if isinstance(path, bytes) else "address[]"
    types, values = ["address", "uint256", "uint256", kind, "bool"], [to, exact, limit, path, True]
    return encode([*types, "uint256[]"], [*values, [1, 2, 3]]) if new else encode(types, values)


def swap(protocol: str, path: tuple[str, ...], written: tuple[int, ...], exact_in: bool,
         exact: int | None, limit: int, to: str) -> Swap:  # fmt: skip
    sides = (exact, None) if exact_in else (None, exact)
    return Swap(TO, protocol, path, written, (), *sides, limit, to, 66)


@settings(deadline=None, max_examples=60)
@given(st.booleans(), st.booleans(), addresses, amounts, numbers, paths, st.data())
def test_swaps(new: bool, exact_in: bool, to: str, exact: int, limit: int, path: tuple[str, ...],
               drawn: st.DataObject) -> None:  # fmt: skip
    written = tuple(drawn.draw(fees) for _ in path[1:])
    raw = packed(path, written) if exact_in else packed(path[::-1], written[::-1])
    v3, v2 = (0, 8) if exact_in else (1, 9)
    assert only(v3, swap_input(new, to, exact, limit, raw)) == swap(
        "uniswap-v3", path, written, exact_in, exact, limit, to
    )
    assert only(v2, swap_input(new, to, exact, limit, path)) == swap(
        "uniswap-v2", path, (), exact_in, exact, limit, to
    )


@pytest.mark.parametrize(("to", "recipient"), [(ONE, SENDER), (TWO, TO), (C, C)])
@pytest.mark.parametrize("exact", [0, HELD])
def test_what_the_router_holds(exact: int, to: str, recipient: str) -> None:
    raw = packed((A, B), (500,))
    assert only(0, swap_input(False, to, exact, 4, raw)) == swap(
        "uniswap-v3", (A, B), (500,), True, None, 4, recipient
    )
    assert only(8, swap_input(True, to, exact, 4, (A, B))) == swap(
        "uniswap-v2", (A, B), (), True, None, 4, recipient
    )
    assert only(9, swap_input(True, to, exact, 4, (A, B))) == swap(
        "uniswap-v2", (A, B), (), False, exact, 4, recipient
    )


@pytest.mark.parametrize(
    ("command", "types", "values", "expected"),
    [(0x0B, TOKEN[1:], (TWO, 5), TokenMove(COIN, "wrap", TO, 5)),
     (0x0B, TOKEN[1:], (TWO, HELD), TokenMove(COIN, "wrap", TO, None)),
     (0x0C, TOKEN[1:], (ONE, 5), TokenMove(COIN, "unwrap", SENDER, None)),
     (0x04, TOKEN, (A, ONE, 5), TokenMove(A, "transfer", SENDER, None)),
     (0x05, TOKEN, (A, C, 5), TokenMove(A, "transfer", C, 5)),
     (0x05, TOKEN, (COIN, C, HELD), TokenMove(COIN, "transfer", C, None)),
     (0x06, TOKEN, (A, C, 25), TokenMove(A, "transfer", C, None)),
     (0x02, TOKEN, (A, TWO, 5), TokenMove(A, "transfer", TO, 5))],
)  # fmt: skip
def test_payments(command: int, types: list[str], values: Any, expected: TokenMove) -> None:
    assert only(command, encode(types, values)) == expected
    assert only(command | 0x80, encode(types, values)) == expected  # may revert


def test_a_plan_within_a_plan() -> None:
    wrap = encode(TOKEN[1:], [TWO, 5])
    v3 = swap_input(False, ONE, 5, 4, packed((A, B), (500,)))
    inner = encode(["bytes", "bytes[]"], [bytes([0, 0x0B]), [v3, wrap]])
    outer = encode(["bytes", "bytes[]"], [bytes([0x21, 0x0B]), [inner, wrap]])
    wrapped = TokenMove(COIN, "wrap", TO, 5)
    swapped = swap("uniswap-v3", (A, B), (500,), True, 5, 4, SENDER)
    found = plan([(0x0B, wrap), (0x21 | 0x80, outer), (0, v3)])
    assert found == Understood((wrapped, swapped, wrapped, wrapped, swapped), (), None)


def test_three_ways_to_execute() -> None:
    data = swap_input(False, ONE, 5, 4, packed((A, B), (500,)))
    empty = bytes(32)
    for raw, deadline in (
        (call(EXECUTE, b"\0", [data], 7), 7), (call(PLAIN, b"\0", [data]), None),
        (call(SIGNED, b"\0", [data], empty, empty, True, empty, b"sig", 8), 8),
    ):  # fmt: skip
        (found,) = calls_in(TO, raw, 0, SENDER).calls
        assert isinstance(found, Swap)
        assert (found.path, found.deadline_s) == ((A, B), deadline)


def test_how_much_of_the_byte_is_the_command() -> None:
    wrap = encode(TOKEN[1:], [TWO, 5])
    for router in (FIRST, FIRST2, V20):  # six bits: 0x4b is 0x0b, 0x40 a swap of v3
        assert plan([(0x4B, wrap)], router).calls == (TokenMove(COIN, "wrap", router, 5),)
        assert plan([(0x40, wrap)], router).malformed is not None
    for router in V21:  # seven: neither
        assert plan([(0x4B, wrap), (0x40, wrap)], router) == Understood((), (), None)
    # Elsewhere: a bridge where that is what it can be, else six bits.
    assert plan([(0x4B, wrap), (0x40, wrap)]).calls == (TokenMove(COIN, "wrap", TO, 5),)


def test_the_first_routers_have_no_v4() -> None:
    data = encode(["bytes", "bytes[]"], [b"\x06", [b""]])
    assert plan([(0x10, data)], FIRST) == plan([(0x10, data)], FIRST2) == Understood((), (), None)
    assert plan([(0x10, data)], V20).malformed is not None


@pytest.mark.parametrize("command", [0x03, 0x07, 0x0A, 0x0D, 0x0E, 0x11, 0x14, 0x22, 0x3F])
def test_commands_that_say_nothing(command: int) -> None:
    assert plan([(command, b"whatever")]) == Understood((), (), None)


def test_a_part_that_does_not_fit_leaves_the_others() -> None:
    wrap = encode(TOKEN[1:], [TWO, 5])
    wrapped = TokenMove(COIN, "wrap", TO, 5)
    found = plan([(0x0B, wrap), (0, b"nonsense"), (0x0B, wrap)])
    assert found.calls == (wrapped, wrapped)
    assert found.malformed is not None
    assert found.malformed.startswith(f"{EXECUTE} to {TO}: ")
    short = calls_in(TO, call(EXECUTE, b"\0\0", [wrap], 7), 0, SENDER)
    assert (short.calls, short.malformed) == (
        (), f"{EXECUTE} to {TO}: 2 commands with 1 inputs"
    )  # fmt: skip

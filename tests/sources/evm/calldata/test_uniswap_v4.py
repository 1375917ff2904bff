"""Swaps of v4, in both layouts of their parameters."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Swap
from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Sent
from sources.evm.calldata.uniswap_v4 import swaps
from tests.sources.evm.calldata.encoded import COIN, ONE, SENDER, TO, TWO, addresses, fees, numbers

SENT = Sent(TO, 0, SENDER, 44)
KEY = "(address,address,uint24,int24,address)"
STEPS = "(address,uint24,int24,address,bytes)[]"
A, B, C, HOOKS = ("0x" + name * 40 for name in "abcd")
shorts = st.integers(1, 2**128 - 1)
hook_data = st.binary(max_size=70)
DYNAMIC_FEE = 0x800000


def one_hop(
    new: bool,
    key: Any,
    zero_for_one: bool,
    exact: int,
    limit: int,
    raw: bytes = b"",
    price: int = 0,
) -> bytes:
    between, types = ((price,), ",uint256") if new else ((), "")
    kind = f"({KEY},bool,uint128,uint128{types},bytes)"
    return encode([kind], [(key, zero_for_one, exact, limit, *between, raw)])


def along(new: bool, end: str, steps: Any, exact: int, limit: int) -> bytes:
    between, types = (((1,) * len(steps),), ",uint256[]") if new else ((), "")
    return encode([f"(address,{STEPS}{types},uint128,uint128)"],
                  [(end, steps, *between, exact, limit)])  # fmt: skip


def swap(path: tuple[str, ...], written: tuple[int, ...], came: int | None, went: int | None,
         limit: int, to: str = TO) -> Swap:  # fmt: skip
    return Swap(TO, "uniswap-v4", path, written, (), came, went, limit, to, 44)


def only(action: int, data: bytes) -> Any:
    (found,) = swaps(SENT, bytes([action]), (data,))
    return found


@settings(deadline=None, max_examples=60)
@given(st.booleans(), st.booleans(), st.booleans(), addresses, addresses, fees,
       st.integers(-(2**23), 2**23 - 1), shorts, shorts, hook_data, numbers)  # fmt: skip
def test_one_hop(
    new: bool, exact_in: bool, zero_for_one: bool, zero: str, one: str, fee: int, spacing: int,
    exact: int, limit: int, raw: bytes, price: int,
) -> None:  # fmt: skip
    data = one_hop(new, (zero, one, fee, spacing, HOOKS), zero_for_one, exact, limit, raw, price)
    path = (zero, one) if zero_for_one else (one, zero)
    sides = (exact, None) if exact_in else (None, exact)
    assert only(6 if exact_in else 8, data) == swap(path, (fee,), *sides, limit)


@settings(deadline=None, max_examples=60)
@given(st.booleans(), st.booleans(), addresses,
       st.lists(st.tuples(addresses, fees, st.just(10), st.just(HOOKS), hook_data), min_size=1,
                max_size=5), shorts, shorts)  # fmt: skip
def test_along_a_path(
    new: bool, exact_in: bool, end: str, steps: Any, exact: int, limit: int
) -> None:
    data = along(new, end, steps, exact, limit)
    tokens = tuple(step[0] for step in steps)
    path = (end, *tokens) if exact_in else (*tokens, end)
    sides = (exact, None) if exact_in else (None, exact)
    written = tuple(step[1] for step in steps)
    assert only(7 if exact_in else 9, data) == swap(path, written, *sides, limit)


@pytest.mark.parametrize("new", [False, True])
def test_zero_is_what_is_open(new: bool) -> None:
    key, steps = (A, B, 500, 10, COIN), [(B, 500, 10, COIN, b"")]
    for action, data in (
        (6, one_hop(new, key, True, 0, 9)), (7, along(new, A, steps, 0, 9)),
        (8, one_hop(new, key, True, 0, 9)),
    ):  # fmt: skip
        found = only(action, data)
        assert (found.amount_in, found.amount_out, found.limit) == (None, None, 9)


def test_a_fee_that_a_hook_decides_is_unknown() -> None:
    steps = [(B, 500, 10, COIN, b""), (C, DYNAMIC_FEE, 10, HOOKS, b"")]
    assert only(7, along(True, A, steps, 5, 4)) == swap((A, B, C), (), 5, None, 4)


@pytest.mark.parametrize(
    ("action", "taking", "recipient"),
    [(0x0F, encode(["address", "uint256"], [B, 5]), SENDER),
     (0x0E, encode(["address", "address", "uint256"], [B, ONE, 0]), SENDER),
     (0x0E, encode(["address", "address", "uint256"], [B, TWO, 0]), TO),
     (0x0E, encode(["address", "address", "uint256"], [B, C, 0]), C),
     (0x0E, encode(["address", "address", "uint256"], [A, C, 0]), TO),
     (0x0E, b"", TO), (0x10, encode(["address", "address", "uint256"], [B, C, 5]), TO)],
)  # fmt: skip
def test_who_takes_it(action: int, taking: bytes, recipient: str) -> None:
    single = one_hop(False, (A, B, 500, 10, COIN), True, 5, 4)
    settle = encode(["address", "uint256"], [A, 5])
    found = list(swaps(SENT, bytes([action, 6, 0x0C, action]), (taking, single, settle, taking)))
    assert found == [swap((A, B), (500,), 5, None, 4, recipient)]


def test_what_fits_neither_layout() -> None:
    good = one_hop(True, (A, B, 500, 10, COIN), True, 5, 4)
    shifted = good[:32] + good[64:]  # another contract's key, of another length
    found = list(swaps(SENT, bytes([6, 6, 6]), (shifted, good, b"")))
    assert [type(each) for each in found] == [Malformed, Swap, Malformed]
    with pytest.raises(Malformed):
        list(swaps(SENT, bytes([6]), ()))
    assert isinstance(only(7, along(True, A, [], 5, 4)), Malformed)

"""Every swap of the 1inch router v6."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Swap
from sources.evm.calldata.calls import calls_in
from tests.sources.evm.calldata.encoded import (
    COIN,
    SENDER,
    TO,
    VALUE,
    addresses,
    call,
    numbers,
)  # fmt: skip

SWAP = "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes)"
SENTINEL = "0x" + "ee" * 20
A, B, C, D = ("0x" + name * 40 for name in "abcd")
flags = st.integers(0, 2**96 - 1)


@pytest.mark.parametrize("pools", [1, 2, 3])
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("coin_in", [False, True])
@settings(deadline=None, max_examples=10)
@given(drawn=st.data())
def test_unoswaps(pools: int, named: bool, coin_in: bool, drawn: st.DataObject) -> None:
    name = ("ethUnoswap" if coin_in else "unoswap") + ("To" if named else "")
    name += str(pools) if pools > 1 else ""
    dexes = [drawn.draw(addresses) for _ in range(pools)]
    to, amount, least = drawn.draw(addresses), drawn.draw(numbers), drawn.draw(numbers)
    words = [int(to, 16) | drawn.draw(flags) << 160] if named else []
    words += [] if coin_in else [int(A, 16) | drawn.draw(flags) << 160, amount]
    words += [least, *(int(dex, 16) | drawn.draw(flags) << 160 for dex in dexes)]
    data = call(f"{name}({','.join(['uint256'] * len(words))})", *words)
    understood = calls_in(TO, data, VALUE, SENDER)
    assert (understood.unknown, understood.malformed) == ((), None)
    assert understood.calls == (
        Swap(
            TO, "1inch-v6", (), (), tuple(dexes), VALUE if coin_in else amount, None, least,
            to if named else SENDER, None,
        ),
    )  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(addresses, addresses, addresses, addresses, numbers, numbers, numbers, st.binary())
def test_swap(
    source: str, target: str, executor: str, to: str, amount: int, least: int, bits: int, raw: bytes
) -> None:
    data = call(SWAP, executor, (source, target, executor, to, amount, least, bits), raw)
    expected = Swap(TO, "1inch-v6", (source, target), (), (), amount, None, least, to, None)
    assert calls_in(TO, data, VALUE, SENDER).calls == (expected,)


def test_the_coin_and_nobody() -> None:
    data = call(SWAP, C, (SENTINEL, B, C, COIN, 5, 4, 0), b"")
    expected = Swap(TO, "1inch-v6", (COIN, B), (), (), 5, None, 4, SENDER, None)
    assert calls_in(TO, data, 5, SENDER).calls == (expected,)
    back = call(SWAP, C, (A, SENTINEL, C, D, 5, 4, 0), b"")
    expected = Swap(TO, "1inch-v6", (A, COIN), (), (), 5, None, 4, D, None)
    assert calls_in(TO, back, 0, SENDER).calls == (expected,)

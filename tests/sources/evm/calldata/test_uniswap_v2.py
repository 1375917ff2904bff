"""Every swap of the v2 router: sides, ends of the path, recipient, deadline."""

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
    paths,
)  # fmt: skip

LONG, SHORT = (
    "(uint256,uint256,address[],address,uint256)",
    "(uint256,address[],address,uint256)",
)
# Name: (exact in, coin in, coin out), as it reads.
FUNCTIONS = {
    "swapExactTokensForTokens": (True, False, False),
    "swapTokensForExactTokens": (False, False, False),
    "swapExactETHForTokens": (True, True, False),
    "swapTokensForExactETH": (False, False, True),
    "swapExactTokensForETH": (True, False, True),
    "swapETHForExactTokens": (False, True, False),
    "swapExactTokensForTokensSupportingFeeOnTransferTokens": (True, False, False),
    "swapExactETHForTokensSupportingFeeOnTransferTokens": (True, True, False),
    "swapExactTokensForETHSupportingFeeOnTransferTokens": (True, False, True),
}


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(FUNCTIONS)), numbers, numbers, paths, addresses, numbers)
def test_each_function(
    name: str, first: int, second: int, path: tuple[str, ...], recipient: str, deadline: int
) -> None:
    exact_in, coin_in, coin_out = FUNCTIONS[name]
    if coin_in:
        data = call(name + SHORT, first, path, recipient, deadline)
        exact, limit = (VALUE, first) if exact_in else (first, VALUE)
    else:
        data = call(name + LONG, first, second, path, recipient, deadline)
        exact, limit = first, second
    expected = list(path)
    if coin_in:
        expected[0] = COIN
    if coin_out:
        expected[-1] = COIN
    understood = calls_in(TO, data, VALUE, SENDER)
    assert (understood.unknown, understood.malformed) == ((), None)
    assert understood.calls == (
        Swap(
            TO, "uniswap-v2", tuple(expected), (), (), exact if exact_in else None,
            None if exact_in else exact, limit, recipient, deadline,
        ),
    )  # fmt: skip


@pytest.mark.parametrize("path", [(), (TO,)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_path_of_one_token_is_none(name: str, path: tuple[str, ...]) -> None:
    coin_in = FUNCTIONS[name][1]
    end = (path, SENDER, 9)
    data = call(name + SHORT, 1, *end) if coin_in else call(name + LONG, 1, 2, *end)
    understood = calls_in(TO, data, 5, SENDER)
    assert understood.calls == ()
    assert understood.malformed is not None
    assert understood.malformed.endswith(f"a path of {len(path)} tokens")

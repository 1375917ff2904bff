"""Calls and their answers in general."""

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.evm.abi import Malformed
from sources.evm.readings import Ask, Discovery, ask, counted, value
from sources.evm.readings_aave import AaveDiscovery, AaveReading
from sources.evm.readings_aave_accounts import AaveAccountDiscovery, EModeDiscovery
from sources.evm.readings_comet import CometAccountDiscovery, CometDiscovery
from sources.evm.readings_feeds import FeedDiscovery
from sources.evm.readings_pools import PairDiscovery, PoolDiscovery
from sources.evm.readings_tokens import TokenDiscovery
from tests.reference.evm_logs import answer

TOKEN = "0x" + "c0" * 20


def test_a_call() -> None:
    assert ask(TOKEN, "decimals()") == Ask(TOKEN, bytes.fromhex("313ce567"))
    assert ask(TOKEN, "getAssetInfo(uint8)", 3) == Ask(
        TOKEN, bytes.fromhex("c8c7fe6b" + "00" * 31 + "03")
    )
    assert ask(TOKEN, "getAssetsPrices(address[])", (TOKEN,)).data.hex() == (
        "9d23d9f2" + f"{32:064x}" + f"{1:064x}" + "00" * 12 + "c0" * 20
    )


def test_rounds_are_told_from_results() -> None:
    assert isinstance(PairDiscovery(TOKEN), Discovery)
    assert not isinstance(ask(TOKEN, "decimals()"), Discovery)


def test_answers_are_counted() -> None:
    asks = (ask(TOKEN, "decimals()"),)
    assert counted(asks, [b"a"]) == [b"a"]
    for results in ([], [b"a", b"b"]):
        with pytest.raises(Malformed, match=f"^{len(results)} answers to 1 calls$"):
            counted(asks, results)


def test_the_first_value_of_an_answer() -> None:
    assert value("uint8", answer(["uint8", "uint256"], [7, 1 << 255])) == 7
    assert value("int104", b"\xff" * 32) == -1
    assert value("string", answer(["string"], ["ETH / USD"])) == "ETH / USD"


@pytest.mark.parametrize(
    ("kind", "data"),
    [("uint8", b""), ("uint8", bytes(31)), ("uint8", b"\1" + bytes(31)), ("string", b""),
     ("string", bytes(32)), ("address", b"\xff" * 32), ("bool", bytes(31) + b"\2"),
     ("string", answer(["string"], ["a" * 33])[:-32]), ("uint256[]", b"\xff" * 64)],
)  # fmt: skip
def test_answers_that_do_not_fit(kind: str, data: bytes) -> None:
    """The first is what a call that failed answers, and one to no contract."""
    with pytest.raises(Malformed):
        value(kind, data)


NO_MARKET = AaveReading((), (), (), ())
DISCOVERIES: tuple[Discovery[Any], ...] = (
    TokenDiscovery(TOKEN),
    FeedDiscovery(TOKEN),
    PairDiscovery(TOKEN),
    PoolDiscovery(TOKEN, words=1),
    AaveDiscovery(TOKEN, TOKEN),
    EModeDiscovery(TOKEN, NO_MARKET, 2),
    AaveAccountDiscovery(TOKEN, NO_MARKET, TOKEN),
    CometDiscovery(TOKEN),
    CometAccountDiscovery(TOKEN, TOKEN, (TOKEN,), TOKEN),
)
WORDS = st.sampled_from([0, 1, 2, 10, 32, 64, 10**8, 1 << 64, 1 << 255, (1 << 256) - 1])
BLOBS = st.binary(max_size=200) | st.lists(
    WORDS.map(lambda word: word.to_bytes(32, "big")), min_size=1, max_size=16
).map(b"".join)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(DISCOVERIES), st.data())
def test_no_answer_breaks_a_reading(discovery: Discovery[Any], data: st.DataObject) -> None:
    """Whatever contracts answer, there are at most three rounds, and Malformed or a reading."""
    step: Any = discovery
    for _ in range(3):
        if not isinstance(step, Discovery):
            break
        asked = len(step.asks())
        assert asked
        assert pickle.loads(pickle.dumps(step)) == step
        few = data.draw(st.lists(BLOBS, min_size=min(asked, 6), max_size=6))
        try:
            step = step.take((few * asked)[:asked])
        except Malformed:
            return
    assert not isinstance(step, Discovery)

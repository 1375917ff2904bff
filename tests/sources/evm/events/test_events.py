"""All logs: the published topics, recorded and published logs, and whatever anybody may emit."""

import json
import re
from math import floor, log
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from schemas.chain_event import AnswerUpdated, LiquidationCall, NewTransmission, V2Sync, V3Swap
from schemas.errors import BrokenInvariant
from sources.evm import events
from sources.evm.abi import Malformed
from sources.evm.events import (
    TOPICS,
    aave,
    aave_configurator,
    authority,
    chainlink,
    comet,
    compound_v2,
    events_of,
    pools,
    tokens,
    topics_of,
)
from tests.reference.evm_logs import read
from tests.shared import shared_file

MODULES = (tokens, pools, chainlink, aave, aave_configurator, comet, compound_v2, authority)
FORMS = [each for module in MODULES for each in module.FORMS]
SYNC = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"

# Of the published table: what says nothing that our models need, or what the schemas have no
# words for.
NOT_SUPPORTED = {
    "NewRound(uint256,address,uint256)",
    "ConfigSet(uint32,bytes32,uint64,address[],address[],uint8,bytes,uint64,bytes)",
    "Transmitted(bytes32,uint32)",
    "PrimaryFeedUnlocked(uint32)",
    "Supply(address,address,address,uint256,uint16)",
    "Withdraw(address,address,address,uint256)",
    "Borrow(address,address,address,uint256,uint8,uint256,uint16)",
    "Repay(address,address,address,uint256,bool)",
    "FlashLoan(address,address,address,uint256,uint8,uint256,uint16)",
    "MintedToTreasury(address,uint256)",
    "IsolationModeTotalDebtUpdated(address,uint256)",
    "PositionManagerApproved(address,address)",
    "PositionManagerRevoked(address,address)",
    "BuyCollateral(address,address,uint256,uint256)",
    "Bark(bytes32,address,uint256,uint256,uint256,address,uint256)",
    "Kick(uint256,uint256,uint256,uint256,address,address,uint256)",
    "Take(uint256,uint256,uint256,uint256,uint256,uint256,address)",
    "Redo(uint256,uint256,uint256,uint256,address,address,uint256)",
    "Swap(address,uint256,uint256,uint256,uint256,address)",
    "Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)",
}


def logs_in(name: str) -> list[tuple[list[str], bytes]]:
    frames = json.loads(shared_file(f"frames/evm/{name}").read_text())["frames"]
    logs = [frame["params"]["result"] if "params" in frame else frame for frame in frames]
    return [(each["topics"], bytes.fromhex(each["data"][2:])) for each in logs]


def test_topics_are_the_published_ones() -> None:
    text = shared_file("reference/venues.md").read_text().partition("## topics\n")[2]
    published = {
        signature: topic for topic, signature in re.findall(r"^(0x[0-9a-f]{64}) (.+)$", text, re.M)
    }
    ours = {f"{each.name}({','.join(types_as_declared(each))})": each.topic for each in FORMS}
    assert len(published) == 75
    assert {signature: ours.get(signature) for signature in published} == {
        signature: None if signature in NOT_SUPPORTED else topic
        for signature, topic in published.items()
    }


def types_as_declared(each: Any) -> list[str]:
    kinds = each.indexed + each.plain
    return [kinds[place] for place in each.places]


def test_each_topic_with_its_count_is_one_form() -> None:
    assert len({(each.topic, len(each.indexed)) for each in FORMS}) == len(FORMS)
    assert {each.topic: each.name for each in FORMS} == TOPICS


def test_topics_of_groups() -> None:
    assert topics_of() == ()
    assert topics_of("tokens") == (
        "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    )
    assert [TOPICS[each] for each in topics_of("pools", "chainlink", "pools")] == [
        "Sync", "Initialize", "Swap", "Swap", "Mint", "Burn",
        "AnswerUpdated", "NewTransmission", "NewTransmission", "SecondaryRoundIdUpdated",
    ]  # fmt: skip
    groups = ("tokens", "pools", "chainlink", "aave", "comet", "compound-v2", "authority")
    assert set(topics_of(*groups)) == set(TOPICS)
    with pytest.raises(BrokenInvariant, match='did you mean "comet"'):
        topics_of("commet")


def test_a_published_liquidation() -> None:
    """USDC 5,000 repaid for 2.7 ETH; the same log again when its block is taken back."""
    one, again = logs_in("log_aave_liquidationcall_and_reorg.json")
    expected = LiquidationCall(
        collateral="0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
        debt="0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        account="0x" + "00" * 19 + "b1",
        debt_to_cover=5_000_000_000,
        collateral_seized=2_700_000_000_000_000_000,
        liquidator="0x" + "00" * 19 + "b3",
        receive_a_token=False,
    )
    assert events_of(*one) == events_of(*again) == (expected,)


def test_a_published_transmission_and_its_answer() -> None:
    transmission, answer = logs_in("logs_chainlink_newtransmission_answerupdated.json")
    assert events_of(*transmission) == (
        NewTransmission(
            round_id=42,
            answer=195361000000,
            transmitter="0x" + "00" * 19 + "f0",
            observations=(
                195310000000, 195342000000, 195355000000, 195361000000, 195380000000,
                195394000000, 195420000000,
            ),
            epoch_round=0x123407,
            config_digest="0x0001" + "ab" * 30,
        ),
    )  # fmt: skip
    assert events_of(*answer) == (AnswerUpdated(195361000000, 42, 1785143380),)


def test_a_real_swap() -> None:
    """PancakeSwap v3 on BSC, block 105495649: by hand, and by the slow reader.

    The pool's own price and tick agree: price/2^96 is √1.0001^tick.
    """
    ((topics, data),) = logs_in("log_real_1.json")
    found = read(
        "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1,"
        " uint160 price, uint128 liquidity, int24 tick, uint128 fees0, uint128 fees1)",
        topics,
        data,
    )
    expected = V3Swap(
        amount0=0x1FCD5B7DDA1AE49C,
        amount1=-0xDD8BC27211E9D,
        sqrt_price_x96=0xA8EDEAE49C411DA42257F71,
        liquidity=0x310FDCABCE7B0096DFC84,
        tick=-0xF919,
    )
    assert events_of(topics, data) == (expected,)
    state = (found["amount0"], found["amount1"], found["price"], found["liquidity"], found["tick"])
    assert state == astuple(expected)
    assert floor(2 * log(found["price"] / 2**96, 1.0001)) == found["tick"]


def test_logs_that_say_nothing() -> None:
    ((topics, data),) = logs_in("log_real_2.json")  # SetFeeProtocol of a pool
    assert events_of(topics, data) == ()
    assert events_of([], b"") == events_of([""], b"") == events_of(["0x12", "?"], b"") == ()


def test_letters_of_a_topic_may_be_large() -> None:
    assert events_of(["0x" + SYNC[2:].upper()], bytes(64)) == (V2Sync(0, 0),)


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_wrong_number_of_topics(topic: str) -> None:
    right = {len(each.indexed) for each in FORMS if each.topic == topic}
    for count in set(range(6)) - right:
        with pytest.raises(Malformed, match=f"no known form has {count + 1} topics"):
            events_of([topic, *["0x" + "00" * 32] * count], bytes(320))


@pytest.mark.parametrize("each", FORMS, ids=lambda each: f"{each.name}-{len(each.indexed)}")
def test_short_data_and_dirty_words(each: Any) -> None:
    """One byte less than its fixed parts need; every bit set where no type allows that."""
    zeros = ["0x" + "00" * 32] * len(each.indexed)
    if each.plain:
        with pytest.raises(Malformed):
            events_of([each.topic, *zeros], bytes(32 * len(each.plain) - 1))
    if {"address", "bool", "uint8", "uint112", "uint160", "uint32"} & {*each.indexed, *each.plain}:
        with pytest.raises(Malformed):
            ones = ["0x" + "ff" * 32] * len(each.indexed)
            events_of([each.topic, *ones], b"\xff" * 32 * len(each.plain))


def test_a_log_that_no_block_could_hold() -> None:
    for topic in (SYNC, chainlink.FORMS[1].topic):
        with pytest.raises(Malformed):
            events_of([topic, *["0x" + "00" * 32] * (topic != SYNC)], bytes((1 << 20) + 32))


WORDS = (
    st.integers(0, 400) | st.sampled_from([1 << 160, 1 << 255, (1 << 256) - 1]) | st.integers(0)
).map(lambda word: (word % (1 << 256)).to_bytes(32, "big"))
TEXTS = WORDS.map(lambda word: "0x" + word.hex()) | st.text(max_size=70)


@settings(deadline=None, max_examples=1500)
@given(
    first=st.sampled_from(sorted(TOPICS)) | TEXTS,
    others=st.lists(TEXTS, max_size=5) | st.just(["0x" + "00" * 31 + "01"]),
    count=st.integers(0, 5) | st.none(),
    data=st.lists(WORDS, max_size=40).map(b"".join) | st.binary(max_size=2000),
)
def test_no_log_breaks_it(first: str, others: list[str], count: int | None, data: bytes) -> None:
    """Anything is events, nothing, or Malformed; for unknown topics always nothing."""
    topics = [first, *(others if count is None else (others * 5)[:count])]
    try:
        said = events_of(topics, data)
    except Malformed:
        assert first.lower() in TOPICS
        return
    assert isinstance(said, tuple)
    assert all(isinstance(each, events.Event) for each in said)

"""All of it: published selectors, worked examples, and bytes that mean harm."""

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import Swap, TokenMove
from sources.evm.calldata import calls
from sources.evm.calldata.calls import DEEPEST, KNOWN, MOST_CALLS, Understood, calls_in
from tests.shared import shared_file
from tests.sources.evm.calldata.encoded import COIN, SENDER, TO, VALUE, addresses, call, code
from tests.sources.evm.calldata.published import PUBLISHED

SELECTORS = sorted(KNOWN)
WETH, USDC = (
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
)  # fmt: skip
MULTICALL = "multicall(bytes[])"
SEND = call("transfer(address,uint256)", SENDER, 9)
SENT = TokenMove(TO, "transfer", SENDER, 9)
CARRIERS = [
    MULTICALL, "multicall(uint256,bytes[])", "forward(address,bytes)",
    "multiForward(address[],bytes[])", "aggregate3((address,bool,bytes)[])",
    "execute(bytes,bytes[])",
]  # fmt: skip


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def size(value: Any) -> int:
    """Characters, bytes and numbers in a result, roughly what it holds in memory."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, tuple):
        return 8 + sum(map(size, value))
    fields = getattr(value, "__struct_fields__", ())
    return 16 + sum(size(getattr(value, name)) for name in fields)


def assert_bounded(data: bytes) -> Understood:
    understood = calls_in(TO, data, VALUE, SENDER)
    assert len(understood.calls) <= MOST_CALLS
    assert len(understood.unknown) <= MOST_CALLS
    assert len(understood.malformed or "") <= 500
    # A call of 68 bytes can say some 200 characters; each byte is read once per depth.
    assert size(understood) <= 2000 + 8 * (DEEPEST + 2) * len(data)
    return understood


def test_no_selector_belongs_to_two_families() -> None:
    assert len(KNOWN) == sum(len(family.KNOWN) for family in calls._FAMILIES)


def test_selectors_are_the_published_ones() -> None:
    known = {selector.hex(): each.signature for selector, each in KNOWN.items()}
    assert {selector: known[selector] for selector in PUBLISHED} == PUBLISHED
    assert len(PUBLISHED) == 98


def test_worked_examples() -> None:
    frames = json.loads(shared_file("frames/evm/calldata_examples.json").read_bytes())["frames"]
    found = {
        frame["name"]: calls_in(TO, bytes.fromhex(frame["input"][2:]), VALUE, SENDER)
        for frame in frames
    }
    wrapped = TokenMove(COIN, "wrap", TO, 10**18)
    ends = (None, 1_900_000_000, SENDER, 1785143999)

    def swap(protocol: str, token: str) -> Swap:
        return Swap(TO, protocol, (token, USDC), (500,), (), 10**18, *ends)

    v3, v4 = swap("uniswap-v3", WETH), swap("uniswap-v4", COIN)
    liquidation = found.pop("aave_liquidationCall").calls[0]
    routed = found.pop("router02_multicall_exactInputSingle").calls[0]
    assert {name: each.calls for name, each in found.items()} == {
        "universal_router_wrap_v3_exact_in_old_layout": (wrapped, v3),
        "universal_router_wrap_v3_exact_in_v2.1.1_layout": (wrapped, v3),
        "universal_router_v4_swap_single_old": (v4,),
        "universal_router_v4_swap_single_v2.1.1": (v4,),
    }
    assert repr(liquidation) == (
        f"Liquidation(to='{TO}', protocol='aave', collateral='{WETH}', debt='{USDC}', "
        "accounts=('0x00000000000000000000000000000000000000b1',), repay=None, "
        "receive_a_token=False)"
    )
    assert isinstance(routed, Swap)
    assert (routed.recipient[-4:], routed.path, routed.limit) == ("00b2", v3.path, v3.limit)
    assert {(each.unknown, each.malformed) for each in found.values()} == {((), None)}


def test_nothing_to_understand() -> None:
    nothing = Understood((), (), None)
    assert calls_in(None, bytes.fromhex("60806040"), 0, SENDER) == nothing
    assert calls_in(TO, b"", VALUE, SENDER) == nothing
    assert calls_in(TO, b"\x12", 0, SENDER) == Understood((), ((TO, "0x12"),), None)
    unheard = bytes.fromhex("12345678") + bytes(64)
    assert calls_in(TO.upper(), unheard, 0, SENDER) == Understood((), ((TO, "0x12345678"),), None)


def test_addresses_come_out_in_lower_case() -> None:
    (found,) = calls_in("0x" + 40 * "A", call("deposit()"), 1, "0x" + 40 * "B").calls
    assert found == TokenMove("0x" + 40 * "a", "wrap", "0x" + 40 * "b", 1)


@pytest.mark.parametrize("depth", [1, DEEPEST, DEEPEST + 1, 40])
def test_calls_in_calls(depth: int) -> None:
    data = SEND
    for _ in range(depth):
        data = call(MULTICALL, [data])
    understood = assert_bounded(data)
    if depth <= DEEPEST:
        assert understood == Understood((SENT,), (), None)
    else:
        assert understood == Understood((), (), "calls deeper than 8")


@pytest.mark.parametrize("count", [1000, 1025])
def test_many_calls_in_one(count: int) -> None:
    understood = assert_bounded(call(MULTICALL, [SEND] * count))
    if count == 1000:
        assert understood == Understood((SENT,) * 1000, (), None)
    else:
        assert understood.calls == ()
        assert understood.malformed is not None


def test_no_more_than_so_many_calls() -> None:
    understood = assert_bounded(call(MULTICALL, [call(MULTICALL, [SEND] * 900)] * 4))
    assert understood.malformed == f"more than {MOST_CALLS} calls"
    assert understood.calls == (SENT,) * (MOST_CALLS - 4)  # the multicalls count as well
    # Nothing at all in them, and nobody's selector: counted as well.
    empty = assert_bounded(call(MULTICALL, [call(MULTICALL, [b""] * 1000)] * 4))
    assert empty.malformed == f"more than {MOST_CALLS} calls"
    odd = assert_bounded(call(MULTICALL, [call(MULTICALL, [b"\1\2\3\4"] * 1000)] * 4))
    assert odd.unknown == ((TO, "0x01020304"),) * (MOST_CALLS - 4)


def test_offset_bombs() -> None:
    # Each level names the level below it a hundred times at the same place.
    data = SEND
    for _ in range(4):
        shared = word(len(data)) + data + bytes(-len(data) % 32)
        data = code(MULTICALL) + word(32) + word(100) + word(3200) * 100 + shared
    understood = assert_bounded(data)
    assert understood.calls == ()
    assert understood.malformed is not None
    assert understood.malformed.endswith("arguments overlap")


def test_more_than_a_transaction_can_hold() -> None:
    most = SEND + bytes((1 << 20) - len(SEND))
    assert calls_in(TO, most, 0, SENDER) == Understood((SENT,), (), None)
    assert calls_in(TO, most + b"\0", 0, SENDER) == Understood(
        (), (), "1048577 bytes are more than a transaction can hold"
    )


def test_no_more_parameter_calls_than_calls() -> None:
    part = word(68) + call("setSupplyCap(address,uint256)", TO, 5)
    unheard = bytes.fromhex("12345678") + part * 256
    understood = assert_bounded(call(MULTICALL, [unheard] * 9))
    assert len(understood.calls) == MOST_CALLS
    assert understood.malformed == f"more than {MOST_CALLS} calls"


@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: KNOWN[selector].signature)
def test_each_selector_with_nothing_and_with_zeros(selector: bytes) -> None:
    for size_ in (0, 1, 31, 32, 320, 1280):
        assert_bounded(selector + bytes(size_))
    assert_bounded(selector + b"\xff" * 1280)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SELECTORS), st.binary(max_size=400))
def test_any_bytes_after_any_selector(selector: bytes, raw: bytes) -> None:
    assert_bounded(selector + raw)


words = st.sampled_from((*range(6), 20, 31, 43, *range(32, 480, 32), 2**255, 2**256 - 1)) | (
    st.integers(0, 2**256 - 1) | addresses.map(lambda address: int(address, 16))
)


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(SELECTORS), st.lists(words, max_size=24), st.binary(max_size=8))
def test_any_words_after_any_selector(selector: bytes, numbers: list[int], raw: bytes) -> None:
    assert_bounded(selector + b"".join(map(word, numbers)) + raw)


def carried(signature: str, parts: list[bytes]) -> bytes:
    if signature.startswith("multicall(uint"):
        return call(signature, 5, parts)
    if signature.startswith("forward"):
        return call(signature, TO, parts[0])
    if signature.startswith("multiForward"):
        return call(signature, [TO] * len(parts), parts)
    if signature.startswith("aggregate3"):
        return call(signature, [(TO, True, part) for part in parts])
    if signature.startswith("execute"):
        plan = encode(["bytes", "bytes[]"], [bytes([0x10] * len(parts)), parts])
        return call(signature, b"\x21\x10", [plan, plan])
    return call(signature, parts)


nested = st.recursive(
    st.builds(lambda code, raw: code + raw, st.sampled_from(SELECTORS), st.binary(max_size=100)),
    lambda inner: st.builds(carried, st.sampled_from(CARRIERS), st.lists(inner, min_size=1)),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(nested, st.data())
def test_nested_calls_whole_cut_off_and_bent(data: bytes, drawn: st.DataObject) -> None:
    assert_bounded(data)
    assert_bounded(data[: drawn.draw(st.integers(0, len(data)))])
    at, number = drawn.draw(st.integers(0, len(data) // 32)), drawn.draw(words)
    bent = data[: 4 + 32 * at] + word(number) + data[36 + 32 * at :]
    assert_bounded(bent)

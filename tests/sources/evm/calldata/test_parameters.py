"""Calls that change a protocol, sent plainly and hidden in what carries them."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import ParameterCall
from sources.evm.calldata.calls import Understood, calls_in
from sources.evm.calldata.parameters import KNOWN, hidden
from sources.evm.calldata.sent import Sent
from tests.sources.evm.calldata.encoded import SENDER, TO, call, types

CAP, FREEZE = "setSupplyCap(address,uint256)", "setReserveFreeze(address,bool)"
A, B = ("0x" + name * 40 for name in "ab")
SENT = Sent(TO, 0, SENDER)
PLAIN: dict[str, Any] = {
    "address": A, "uint256": 7, "uint128": 7, "uint64": 7, "uint40": 7, "uint16": 7, "uint8": 7,
    "bool": True, "bytes": b"abc", "string": "abc", "bytes32": bytes(32), "address[]": [A, B],
    "uint256[]": [1, 2],
}  # fmt: skip


def plain(signature: str) -> bytes:
    return call(signature, *(PLAIN[kind] for kind in types(signature)))


SIGNATURES = sorted(known.signature for known in KNOWN.values())


@pytest.mark.parametrize("signature", SIGNATURES)
def test_each_function(signature: str) -> None:
    expected = ParameterCall(TO, signature[: signature.index("(")])
    assert calls_in(TO, plain(signature), 0, SENDER) == Understood((expected,), (), None)


@pytest.mark.parametrize("signature", [s for s in SIGNATURES if not s.endswith("()")])
def test_each_function_in_what_nobody_knows(signature: str) -> None:
    name = signature[: signature.index("(")]
    outer = call("unheardOf(uint256,bytes,bytes32)", 5, plain(signature), bytes(32))
    found = calls_in(TO, outer, 0, SENDER)
    assert found == Understood((ParameterCall(TO, name),), ((TO, "0x" + outer[:4].hex()),), None)


def test_hidden_twice_in_order_and_as_text() -> None:
    inner = call("neverHeard(bytes[])", [plain(CAP), b"", plain(FREEZE)])
    text = call("unheardOf(address,bytes,string,bytes)", A, inner, FREEZE, plain(FREEZE)[4:])
    names = ["setSupplyCap", "setReserveFreeze", "setReserveFreeze"]
    assert list(hidden(SENT, text)) == [ParameterCall(TO, name) for name in names]
    # As MultiSend packs them: operation, contract, value, length, data, without padding.
    row = b"\0" + bytes(20) + bytes(32) + len(plain(CAP)).to_bytes(32, "big") + plain(CAP)
    packed = call("unheardOf(bytes)", row * 2)
    assert list(hidden(SENT, packed)) == [ParameterCall(TO, "setSupplyCap")] * 2


@pytest.mark.parametrize(
    "data",
    [plain(CAP), bytes(32) + plain(CAP), (500).to_bytes(32, "big") + plain(CAP),
     (12).to_bytes(32, "big") + plain(CAP), plain(CAP)[4:],
     (3).to_bytes(32, "big") + plain(CAP)[:7],
     (68).to_bytes(32, "big") + plain(CAP)[:4] + b"\xff" * 64, encode(["string"], [CAP + "x"]),
     call("unheardOf(bytes)", plain("pause()")), b""],
)  # fmt: skip
def test_four_bytes_alone_are_nothing(data: bytes) -> None:
    assert list(hidden(SENT, data)) == []


def test_no_more_than_some_places_are_tried() -> None:
    part = (68).to_bytes(32, "big") + plain(CAP)
    assert list(hidden(SENT, part * 1000)) == [ParameterCall(TO, "setSupplyCap")] * 256


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=600), st.sampled_from(SIGNATURES), st.integers(0, 2**32))
def test_any_bytes(raw: bytes, signature: str, length: int) -> None:
    data = raw + length.to_bytes(32, "big") + plain(signature)[:4] + raw
    assert len(list(hidden(SENT, data * 3))) <= 256

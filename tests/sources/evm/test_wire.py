"""What a node says, field by field: numbers, absences, refusals."""

import msgspec
import pytest

from schemas.chain import BlockAt, Body, FeeHistory, Head
from schemas.control import Reason
from sources.evm import wire
from sources.evm.rpc import Frame
from sources.wire_numbers import Refused
from tests.sources.evm.node_talk import h, header


def test_heads_with_and_without_fees() -> None:
    more = {"blobGasUsed": "0x20000", "excessBlobGas": "0x0", "withdrawalsRoot": h(1), "new": 1}
    found = wire.head_of(wire.read(wire.WireBlock, msgspec.json.encode(header(7, **more))))
    assert found == Head(
        BlockAt(7, h(7), 1_700_000_084), h(6), 10**9, 15_000_000, 30_000_000, 0x20000, 0
    )
    old = header(7)
    del old["baseFeePerGas"]
    assert wire.head_of(wire.read(wire.WireBlock, msgspec.json.encode(old))).base_fee_wei is None


def test_a_body() -> None:
    block = header(7, transactions=[h(1), h(2)])
    found = wire.body_of(wire.read(wire.WireBlock, msgspec.json.encode(block)))
    assert found == Body(7, h(7), (h(1), h(2)))


def test_fees_without_rewards() -> None:
    fees = wire.WireFees("0x5", ["0x1", "0x2"], [0.25])
    assert wire.fees_of(fees, (10.0,)) == FeeHistory(5, (1, 2), (0.25,), (), ())


@pytest.mark.parametrize(
    "fees",
    [
        wire.WireFees("0x5", ["0x1"], [0.25]),
        wire.WireFees("0x5", ["0x1", "0x2"], [0.25], [["0x1", "0x2"]]),
        wire.WireFees("0x5", ["0x1", "0x2"], [0.25], [["0x1"], ["0x1"]]),
    ],
)
def test_fees_whose_lists_differ(fees: wire.WireFees) -> None:
    with pytest.raises(Refused) as refused:
        wire.fees_of(fees, (10.0,))
    assert refused.value.reason == Reason.wrong_type


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"result":"0x"}', b""),
        ('{"result":"0x0102"}', b"\x01\x02"),
        ('{"result":null}', None),
        ("{}", None),
        ('{"error":{"code":3,"message":"execution reverted: no"}}', b""),
        ('{"error":{"code":-32000,"message":"execution reverted"}}', b""),
        ('{"error":{"code":-32602,"message":"bad params"}}', b""),
        ('{"error":{"code":-32005,"message":"limit exceeded"}}', None),
    ],
)
def test_what_a_call_gave(frame: str, expected: bytes | None) -> None:
    assert wire.call_result(msgspec.json.decode(frame, type=Frame)) == expected


def test_a_result_that_is_no_hex_is_refused() -> None:
    with pytest.raises(Refused):
        wire.call_result(msgspec.json.decode('{"result":"12"}', type=Frame))


def test_numbers() -> None:
    assert (wire.number("0x0"), wire.maybe("0xff"), wire.maybe(None)) == (0, 255, None)

"""Off-chain reports: the answer that is about to be, directly sent or forwarded."""

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_call import OracleReport
from sources.evm.calldata.calls import Understood, calls_in
from tests.shared import shared_file
from tests.sources.evm.calldata.encoded import SENDER, TO, call

ONE = "transmit(bytes,bytes32[],bytes32[],bytes32)"
TWO = "(bytes32[3],bytes,bytes32[],bytes32[],bytes32)"
AGGREGATOR, FORWARDER = "0x" + 40 * "a", "0x" + 40 * "f"
words = st.binary(min_size=32, max_size=32)
answers = st.lists(st.integers(-(2**191), 2**191 - 1), min_size=1, max_size=31).map(sorted)
signatures = st.lists(words, max_size=12)


def report1(observations: Any, context: bytes = bytes(32)) -> bytes:
    return encode(["bytes32", "bytes32", "int192[]"], [context, bytes(32), observations])


def report2(observations: Any, observed_at_s: int = 5) -> bytes:
    types = ["uint32", "bytes32", "int192[]", "int192"]
    return encode(types, [observed_at_s, bytes(32), observations, -7])


def only(to: str, data: bytes) -> OracleReport:
    understood = calls_in(to, data, 0, SENDER)
    assert (understood.unknown, understood.malformed) == ((), None)
    (report,) = understood.calls
    assert isinstance(report, OracleReport)
    return report


@settings(deadline=None, max_examples=40)
@given(answers, signatures, words)
def test_the_first_protocol(observations: list[int], r: list[bytes], context: bytes) -> None:
    data = call(ONE, report1(observations, context), r, r, bytes(32))
    above = sum(each > only(AGGREGATOR, data).answer for each in observations)
    below = sum(each < only(AGGREGATOR, data).answer for each in observations)
    assert above <= (len(observations) - 1) // 2
    assert below <= len(observations) // 2
    assert only(AGGREGATOR, data) == OracleReport(
        AGGREGATOR, 1, False, tuple(observations), observations[len(observations) // 2],
        "0x" + context[11:27].hex(), int.from_bytes(context[27:], "big"), None, len(r),
    )  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(answers, signatures, words, words, st.integers(0, 2**32 - 1), st.booleans())
def test_the_second_protocol(
    observations: list[int], r: list[bytes], digest: bytes, context: bytes, at_s: int, second: bool
) -> None:
    name = "transmitSecondary" if second else "transmit"
    head = [digest, context, bytes(32)]
    data = call(name + TWO, head, report2(observations, at_s), r, r, bytes(32))
    expected = OracleReport(
        AGGREGATOR, 2, second, tuple(observations), observations[len(observations) // 2],
        "0x" + digest.hex(), int.from_bytes(context[27:], "big"), at_s, len(r),
    )  # fmt: skip
    assert only(AGGREGATOR, data) == expected
    assert only(FORWARDER, call("forward(address,bytes)", AGGREGATOR, data)) == expected
    assert only(FORWARDER, call("ownerForward(address,bytes)", AGGREGATOR, data)) == expected
    several = call("multiForward(address[],bytes[])", [AGGREGATOR, AGGREGATOR], [data, data])
    assert calls_in(FORWARDER, several, 0, SENDER) == Understood((expected, expected), (), None)


def test_the_worked_example() -> None:
    example = json.loads(
        shared_file("frames/evm/pending_chainlink_forward_transmit.json").read_bytes()
    )
    pending, expected = example["frames"][0]["params"]["result"], example["expected_decode"]
    data = bytes.fromhex(pending["input"][2:])
    assert len(data) == 1028
    assert only(pending["to"], data) == OracleReport(
        "0x00000000000000000000000000000000000000a1", 2, False,
        (195310000000, 195342000000, 195355000000, 195361000000, 195380000000, 195394000000,
         195420000000),
        195361000000, "0x0001" + 30 * "ab", 0x1234 << 8 | 7, 1785143368, 3,
    )  # fmt: skip
    assert expected["median_raw"] == 195361000000
    assert (expected["epoch"], expected["round"], expected["n_signatures"]) == (0x1234, 7, 3)


@pytest.mark.parametrize(
    ("observations", "how"),
    [([], "0 observations"), ([1] * 32, "32 observations"), ([2, 1], "observations that do not"),
     ([1, 3, 2], "observations that do not rise"), ([-1, -2], "observations that do not rise")],
)  # fmt: skip
def test_what_an_aggregator_refuses(observations: list[int], how: str) -> None:
    head = [bytes(32)] * 3
    for data in (
        call(ONE, report1(observations), [], [], bytes(32)),
        call("transmit" + TWO, head, report2(observations), [], [], bytes(32)),
    ):
        understood = calls_in(TO, data, 0, SENDER)
        assert understood.calls == ()
        assert understood.malformed is not None
        assert how in understood.malformed


def test_equal_observations_rise() -> None:
    assert only(TO, call(ONE, report1([1, 1, 2, 2]), [], [], bytes(32))).answer == 2


def test_signatures_come_in_pairs() -> None:
    data = call(ONE, report1([1]), [bytes(32)], [], bytes(32))
    understood = calls_in(TO, data, 0, SENDER)
    assert understood == Understood((), (), f"{ONE} to {TO}: 1 r and 0 s of signatures")


def test_an_observation_beyond_its_type_is_malformed() -> None:
    report = encode(["bytes32", "bytes32", "int256[]"], [bytes(32), bytes(32), [2**191]])
    understood = calls_in(TO, call(ONE, report, [], [], bytes(32)), 0, SENDER)
    assert understood.calls == ()
    assert understood.malformed is not None

"""Logs of Chainlink aggregators: answers and transmissions, OCR1 and OCR2."""

from collections.abc import Callable
from typing import Final

import pytest

from schemas.chain_event import AnswerUpdated, NewTransmission, SecondaryRound
from sources.evm.abi import Malformed
from sources.evm.events import events_of
from sources.evm.events.chainlink import FORMS
from tests.reference.evm_logs import log


def ocr1(
    round_id: int, answer: int, transmitter: str, observations: tuple[int, ...], observers: bytes,
    context: bytes,
) -> object:  # fmt: skip
    text = context.hex()
    return (
        NewTransmission(
            round_id=round_id,
            answer=answer,
            transmitter=transmitter,
            observations=observations,
            epoch_round=int(text[54:], 16),
            config_digest="0x" + text[22:54],
        ),
    )


def ocr2(
    round_id: int, answer: int, transmitter: str, at: int, observations: tuple[int, ...],
    observers: bytes, juels: int, digest: bytes, epoch_round: int,
) -> object:  # fmt: skip
    return (
        NewTransmission(
            round_id=round_id,
            answer=answer,
            transmitter=transmitter,
            observations=observations,
            epoch_round=epoch_round,
            config_digest="0x" + digest.hex(),
        ),
    )


OCR1 = (
    "NewTransmission(uint32 indexed round_id, int192 answer, address transmitter,"
    " int192[] observations, bytes observers, bytes32 context)"
)
OCR2 = (
    "NewTransmission(uint32 indexed round_id, int192 answer, address transmitter, uint32 at,"
    " int192[] observations, bytes observers, int192 juels, bytes32 digest, uint40 epoch_round)"
)
CASES: Final[dict[str, Callable[..., object]]] = {
    OCR1: ocr1,
    OCR2: ocr2,
    "AnswerUpdated(int256 indexed current, uint256 indexed round_id, uint256 updated_at)": (
        lambda current, round_id, updated_at: (
            AnswerUpdated(answer=current, round_id=round_id, updated_at_s=updated_at),
        )
    ),
    "SecondaryRoundIdUpdated(uint32 indexed round_id)": (
        lambda round_id: (SecondaryRound(round_id=round_id),)
    ),
}


def test_the_context_of_ocr1() -> None:
    """Padding 11 bytes, digest 16, epoch 4, round 1: epoch 0x1234 and round 7 are 0x123407."""
    context = bytes(11) + bytes(range(1, 17)) + bytes.fromhex("0000123407")
    values = {"round_id": 5, "answer": -3, "transmitter": "0x" + "c0" * 20}
    values |= {"observations": (-4, -3, 8), "observers": b"\2\0\1", "context": context}
    expected = NewTransmission(
        round_id=5,
        answer=-3,
        transmitter="0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
        observations=(-4, -3, 8),
        epoch_round=0x123407,
        config_digest="0x0102030405060708090a0b0c0d0e0f10",
    )
    assert events_of(*log(OCR1, values)) == (expected,)


def test_an_answer_below_zero() -> None:
    topics = [FORMS[0].topic, "0x" + "ff" * 31 + "fe", "0x" + "00" * 31 + "09"]
    assert events_of(topics, bytes(31) + b"\x07") == (AnswerUpdated(-2, 9, 7),)


@pytest.mark.parametrize(
    ("head", "length"),
    [(1 << 255, 1), (160, 1 << 255), (160, 1 << 40), (1 << 20, 1), (0, 1 << 200), (161, 7)],
)
def test_observations_that_are_not_there(head: int, length: int) -> None:
    """Offsets and lengths that promise more than there is are refused, at no cost of memory."""
    words = (1, 2, head, 0, 0, length, 7, 8)
    data = b"".join(word.to_bytes(32, "big") for word in words)
    with pytest.raises(Malformed):
        events_of([FORMS[1].topic, "0x" + "00" * 32], data)

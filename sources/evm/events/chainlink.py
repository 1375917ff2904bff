"""Logs of Chainlink aggregators: answers, and how they were transmitted (OCR1, OCR2).

A proxy emits none of these; its aggregator does. `epoch_round` is epoch·256 + round, the number
that must rise from one transmission to the next. OCR1 packs it into the report's context: 11 bytes
of padding, 16 of config digest, 4 of epoch, 1 of round; so its digest has 16 bytes, OCR2's 32.
"""

from typing import Final

from schemas.chain_event import AnswerUpdated, Event, NewTransmission, SecondaryRound
from sources.evm.events.form import Form, form, one

_DIGEST: Final = slice(11, 27)
_EPOCH_ROUND: Final = slice(27, 32)


def _ocr1(
    round_id: int, answer: int, transmitter: str, observations: tuple[int, ...], _observers: bytes,
    context: bytes,
) -> tuple[Event, ...]:  # fmt: skip
    epoch_round = int.from_bytes(context[_EPOCH_ROUND], "big")
    digest = "0x" + context[_DIGEST].hex()
    return (NewTransmission(round_id, answer, transmitter, observations, epoch_round, digest),)


def _ocr2(
    round_id: int, answer: int, transmitter: str, _observed_at_s: int,
    observations: tuple[int, ...], _observers: bytes, _juels: int, digest: bytes, epoch_round: int,
) -> tuple[Event, ...]:  # fmt: skip
    text = "0x" + digest.hex()
    return (NewTransmission(round_id, answer, transmitter, observations, epoch_round, text),)


FORMS: Final[tuple[Form, ...]] = (
    form("AnswerUpdated(int256*,uint256*,uint256)", one(AnswerUpdated)),
    form("NewTransmission(uint32*,int192,address,int192[],bytes,bytes32)", _ocr1),
    form(
        "NewTransmission(uint32*,int192,address,uint32,int192[],bytes,int192,bytes32,uint40)", _ocr2
    ),
    form("SecondaryRoundIdUpdated(uint32*)", one(SecondaryRound)),
)

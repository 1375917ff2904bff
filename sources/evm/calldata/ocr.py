"""Off-chain reports on their way to an aggregator: the answer that is about to be.

answer = observations[n // 2], the upper median, in units of 10^-decimals of the feed.

Observations must rise, equal ones allowed, and be between 1 and 31; r and s of the signatures must
be as many: the aggregator refuses the rest. Whether the digest is the current one, the round new,
the sender a transmitter and the answer within its limits, only the chain tells.
Source: OffchainAggregator and OCR2Aggregator of libocr.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import OracleReport
from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Reader, Said, Sent, by_selector
from sources.evm.nested import arguments as read_arguments

_MOST_ORACLES: Final = 31
_EPOCH_ROUND: Final = (1 << 40) - 1  # epoch << 8 | round
_REPORT1: Final = ("bytes32", "bytes32", "int192[]")
_REPORT2: Final = ("uint32", "bytes32", "int192[]", "int192")


def _transmit1(sent: Sent, arguments: Any) -> Iterator[Said]:
    # The context holds 11 bytes of zeros, 16 of the digest, 5 of epoch and round.
    report, r, s, _ = arguments
    context, _observers, observations = read_arguments(_REPORT1, report)
    digest, epoch_round = context[11:27], int.from_bytes(context[27:], "big")
    yield _report(sent, 1, False, observations, digest, epoch_round, None, (r, s))


def _transmit2(secondary: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        (digest, context, _), report, r, s, _ = arguments
        observed_at_s, _observers, observations, _juels = read_arguments(_REPORT2, report)
        epoch_round = int.from_bytes(context, "big") & _EPOCH_ROUND
        rest = (epoch_round, observed_at_s, (r, s))
        yield _report(sent, 2, secondary, observations, digest, *rest)

    return read


def _report(
    sent: Sent, ocr: int, secondary: bool, observations: tuple[int, ...], digest: bytes,
    epoch_round: int, observed_at_s: int | None, signatures: tuple[tuple[bytes, ...], ...],
) -> OracleReport:  # fmt: skip
    r, s = signatures
    count = len(observations)
    if not 1 <= count <= _MOST_ORACLES:
        message = f"{count} observations"
        raise Malformed(message)
    if list(observations) != sorted(observations):
        message = "observations that do not rise"
        raise Malformed(message)
    if len(r) != len(s):
        message = f"{len(r)} r and {len(s)} s of signatures"
        raise Malformed(message)
    return OracleReport(
        to=sent.to,
        ocr=ocr,
        secondary=secondary,
        observations=observations,
        answer=observations[count // 2],
        config_digest="0x" + digest.hex(),
        epoch_round=epoch_round,
        observed_at_s=observed_at_s,
        signatures=len(r),
    )


_OCR2: Final = "(bytes32[3],bytes,bytes32[],bytes32[],bytes32)"

KNOWN: Final = by_selector(
    {
        "transmit(bytes,bytes32[],bytes32[],bytes32)": _transmit1,
        f"transmit{_OCR2}": _transmit2(secondary=False),
        f"transmitSecondary{_OCR2}": _transmit2(secondary=True),
    }
)

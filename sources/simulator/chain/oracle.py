"""A price feed, as Chainlink has it: aggregator (OCR2), proxy before it, forwarder of a node.

A report is checked as the aggregator checks it: digest, a newer epoch and round, f + 1
signatures, a transmitter that is known, a median within limits.
"""

from collections.abc import Sequence
from typing import Any, Final

from sources.simulator.chain.contract import Contract, Frame, Revert, require
from sources.simulator.chain.words import Event, decoded, keccak, selector

NEW_TRANSMISSION = Event(
    "NewTransmission(uint32,int192,address,uint32,int192[],bytes,int192,bytes32,uint40)", 0
)
NEW_ROUND = Event("NewRound(uint256,address,uint256)", 0, 1)
ANSWER_UPDATED = Event("AnswerUpdated(int256,uint256,uint256)", 0, 1)
TRANSMITTED = Event("Transmitted(bytes32,uint32)")
TRANSMIT: Final = "transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32)"
REPORT: Final = ("uint32", "bytes32", "int192[]", "int192")
DECIMALS: Final = 8
NODES: Final = 7
FAULTY: Final = 2  # f: so many nodes may lie
LEAST: Final = 1
MOST: Final = 10**16

Round = tuple[int, int, int]  # answer, observed at, updated at


class Aggregator(Contract):
    """Takes reports and emits the logs. Rounds count from 1."""

    def __init__(self, address: str, description: str, transmitters: Sequence[str]) -> None:
        super().__init__(address)
        self.description = description
        self.digest = bytes([0, 1]) + keccak(f"{address}/config".encode())[:30]
        self._transmitters = frozenset(transmitters)
        self.expose(TRANSMIT, self._transmit)
        views: dict[str, tuple[Any, str]] = {
            "decimals()": (DECIMALS, "uint8"), "description()": (description, "string"),
            "minAnswer()": (LEAST, "int192"), "maxAnswer()": (MOST, "int192"),
        }  # fmt: skip
        for signature, (constant, kind) in views.items():
            self.expose(signature, lambda *_, constant=constant: (constant,), f"({kind})")
        rounds = "(uint80,int256,uint256,uint256,uint80)"
        self.expose("latestRoundData()", self.latest, rounds)
        self.expose("getRoundData(uint80)", self._round, rounds)
        self.expose("latestAnswer()", lambda f, _: (self.answer(f),), "(int256)")
        self.expose("latestTransmissionDetails()", self._details,
                    "(bytes32,uint32,uint8,int192,uint64)")  # fmt: skip

    def count(self, frame: Frame) -> int:
        """The last round; 0: none yet."""
        return int(frame.state.get(("round", self.address)))

    def answer(self, frame: Frame) -> int:
        """The last answer; 0: none yet."""
        return self.round(frame, self.count(frame))[0]

    def round(self, frame: Frame, number: int) -> Round:
        """What a round said."""
        found: Round = frame.state.get(("round", self.address, number), (0, 0, 0))
        return found

    def latest(self, frame: Frame, _: str = "") -> tuple[int, int, int, int, int]:
        """LatestRoundData."""
        return self._round(frame, "", self.count(frame))

    def epoch_round(self, frame: Frame) -> int:
        """The last epoch << 8 | round."""
        return int(frame.state.get(("epoch", self.address)))

    def _round(self, frame: Frame, _: str, number: int) -> tuple[int, int, int, int, int]:
        answer, observed_s, updated_s = self.round(frame, number)
        require(updated_s > 0, "No data present")
        return number, answer, observed_s, updated_s, number

    def _details(self, frame: Frame, _: str) -> tuple[bytes, int, int, int, int]:
        epoch, own = divmod(self.epoch_round(frame), 256)
        answer, _observed, updated_s = self.round(frame, self.count(frame))
        return self.digest, epoch, own, answer, updated_s

    def _transmit(self, frame: Frame, sender: str, context: Sequence[bytes], report: bytes,
                  rs: Sequence[bytes], ss: Sequence[bytes], _: bytes) -> None:  # fmt: skip
        epoch_round = int.from_bytes(context[1][-5:], "big")
        require(epoch_round > self.epoch_round(frame), "stale report")
        require(sender in self._transmitters, "unauthorized transmitter")
        require(context[0] == self.digest, "configDigest mismatch")
        require(len(rs) == len(ss) == FAULTY + 1, "wrong number of signatures")
        try:
            observed_s, raw, observations, juels = decoded(REPORT, report)
        except ValueError as error:
            message = "report"
            raise Revert(message) from error
        require(FAULTY < len(observations) <= 31, "num observations out of bounds")
        require(list(observations) == sorted(observations), "observations not sorted")
        answer = observations[len(observations) // 2]
        require(LEAST <= answer <= MOST, "median is out of min-max range")
        number = self.count(frame) + 1
        at_s = frame.timestamp_s
        frame.state.set(("epoch", self.address), epoch_round)
        frame.state.set(("round", self.address), number)
        frame.state.set(("round", self.address, number), (answer, observed_s, at_s))
        frame.emit(self.address, NEW_TRANSMISSION, number, answer, sender, observed_s,
                   observations, raw[: len(observations)], juels, self.digest,
                   epoch_round)  # fmt: skip
        frame.emit(self.address, NEW_ROUND, number, sender, observed_s)
        frame.emit(self.address, ANSWER_UPDATED, answer, number, at_s)
        frame.emit(self.address, TRANSMITTED, self.digest, epoch_round >> 8)


class Proxy(Contract):
    """What consumers ask. Its rounds are phase << 64 | the aggregator's round."""

    def __init__(self, address: str, aggregator: Aggregator, phase: int = 1) -> None:
        super().__init__(address)
        self.aggregator = aggregator
        self.phase = phase
        self.expose("aggregator()", lambda *_: (aggregator.address,), "(address)")
        self.expose("phaseId()", lambda *_: (phase,), "(uint16)")
        self.expose("decimals()", lambda *_: (DECIMALS,), "(uint8)")
        self.expose("description()", lambda *_: (aggregator.description,), "(string)")
        self.expose("latestAnswer()", lambda f, _: (aggregator.answer(f),), "(int256)")
        rounds = "(uint80,int256,uint256,uint256,uint80)"
        self.expose("latestRoundData()", self._latest, rounds)

    def _latest(self, frame: Frame, __: str) -> tuple[int, int, int, int, int]:
        number, answer, begun_s, updated_s, _ = self.aggregator.latest(frame)
        own = self.phase << 64 | number
        return own, answer, begun_s, updated_s, own


class Forwarder(Contract):
    """Sends a node's calls on, in its own name."""

    def __init__(self, address: str, node: str) -> None:
        super().__init__(address)
        self.node = node
        self.expose("forward(address,bytes)", self._forward)

    def _forward(self, frame: Frame, sender: str, to: str, data: bytes) -> None:
        require(sender == self.node, "Not authorized sender")
        require(data[:4] == selector(TRANSMIT), "not a report")
        frame.call(to, self.address, data)

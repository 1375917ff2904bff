"""A price feed behind a proxy: whose logs to look for, and its latest round.

Source: EACAggregatorProxy, AggregatorV3Interface. Adapters that have no phases are no such proxies
and are refused.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.chain_call import NATIVE
from schemas.chain_event import FeedState
from sources.evm.abi import Malformed, decoded
from sources.evm.readings import Ask, ask, counted, value

_QUESTIONS: Final = (
    "aggregator()", "phaseId()", "decimals()", "description()", "latestRoundData()"
)  # fmt: skip
_ROUND: Final = ("uint80", "int256", "uint256", "uint256", "uint80")


class FeedDiscovery(Struct, frozen=True):
    """Reads a proxy in one round."""

    proxy: str

    def asks(self) -> tuple[Ask, ...]:
        """Where it leads, its unit and name, the latest round."""
        return tuple(ask(self.proxy, question) for question in _QUESTIONS)

    def take(self, results: Sequence[bytes]) -> FeedState:
        """The reading. The proxy's round id is phase·2^64 + the aggregator's.

        Raises Malformed, also when there is no round yet and when phases contradict each other.
        """
        aggregator, phase, decimals, description, latest = counted(self.asks(), results)
        round_id, answer, _, updated_at_s, _ = decoded(_ROUND, latest)
        state = FeedState(
            aggregator=value("address", aggregator),
            phase_id=value("uint16", phase),
            decimals=value("uint8", decimals),
            description=value("string", description),
            round_id=round_id % (1 << 64),
            answer=answer,
            updated_at_s=updated_at_s,
        )
        if round_id >> 64 != state.phase_id:
            message = f"round {round_id} is not of phase {state.phase_id}"
            raise Malformed(message)
        if not updated_at_s or state.aggregator == NATIVE:
            message = "the feed has no aggregator, or no round yet"
            raise Malformed(message)
        return state

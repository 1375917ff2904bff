"""Price feeds behind proxies."""

import pytest

from schemas.chain_event import FeedState
from sources.evm.abi import Malformed
from sources.evm.readings import Ask
from sources.evm.readings_feeds import FeedDiscovery
from tests.reference.evm_logs import answer

PROXY = "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419"
AGGREGATOR = "0x" + "a9" * 20
SELECTORS = ("245a7bfc", "58303b10", "313ce567", "7284e416", "feaf968c")  # as published


def results(
    *, phase: int = 7, round_phase: int = 7, round_id: int = 0x63C1, price: int = 195361000000,
    at_s: int = 1785143380, aggregator: str = AGGREGATOR,
) -> list[bytes]:  # fmt: skip
    number = round_phase << 64 | round_id
    latest = [number, price, at_s - 9 if at_s else 0, at_s, number]
    return [
        answer(["address"], [aggregator]),
        answer(["uint16"], [phase]),
        answer(["uint8"], [8]),
        answer(["string"], ["ETH / USD"]),
        answer(["uint80", "int256", "uint256", "uint256", "uint80"], latest),
    ]


def test_a_feed() -> None:
    asks = tuple(Ask(PROXY, bytes.fromhex(selector)) for selector in SELECTORS)
    assert FeedDiscovery(PROXY).asks() == asks
    assert FeedDiscovery(PROXY).take(results()) == FeedState(
        aggregator=AGGREGATOR,
        phase_id=7,
        decimals=8,
        description="ETH / USD",
        round_id=0x63C1,
        answer=195361000000,
        updated_at_s=1785143380,
    )


def test_the_greatest_round_and_a_price_below_zero() -> None:
    phase, round_id = (1 << 16) - 1, (1 << 64) - 1
    told = results(phase=phase, round_phase=phase, round_id=round_id, price=-5)
    state = FeedDiscovery(PROXY).take(told)
    assert (state.phase_id, state.round_id, state.answer) == (phase, round_id, -5)


@pytest.mark.parametrize(
    ("told", "why"),
    [(results(round_phase=6), "is not of phase 7"), (results(at_s=0), "no round yet"),
     (results(aggregator="0x" + "00" * 20), "no aggregator"), (results()[:4], "4 answers to 5"),
     ([*results()[:4], b""], "uint80"), ([b"", *results()[1:]], "address"),
     ([*results()[:3], b"", results()[4]], "string")],
)  # fmt: skip
def test_what_is_no_feed(told: list[bytes], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        FeedDiscovery(PROXY).take(told)

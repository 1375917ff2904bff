"""Reports: a published transmission gives the published logs; what must be refused is refused."""

import itertools
import json
from typing import Any

import pytest

from sources.simulator.chain.contract import Frame, Revert
from sources.simulator.chain.deployment import Feed
from sources.simulator.chain.network import Network
from sources.simulator.chain.oracle import Aggregator, Forwarder
from sources.simulator.chain.reports import transmission
from sources.simulator.chain.store import Store
from sources.simulator.chain.words import decoded, selector
from tests.shared import SHARED
from tests.sources.simulator.chain.scripted import FAST, run

FRAMES = SHARED / "frames" / "evm"


def test_the_sample_s_transmission_gives_the_sample_s_logs() -> None:
    if not FRAMES.is_dir():
        pytest.skip("no samples here")
    pending = json.loads((FRAMES / "pending_chainlink_forward_transmit.json").read_text())
    sample = json.loads((FRAMES / "logs_chainlink_newtransmission_answerupdated.json").read_text())
    sent, logs = pending["frames"][0]["params"]["result"], sample["frames"]
    aggregator = Aggregator(logs[0]["address"], "ETH / USD", [sent["to"]])
    aggregator.digest = bytes.fromhex(pending["expected_decode"]["config_digest"][2:])
    forwarder = Forwarder(sent["to"], sent["from"])
    contracts = {one.address: one for one in (aggregator, forwarder)}
    frame = Frame(Store(), 1, sample["expected_decode"]["updated_at"], contracts)
    frame.state.set(("round", aggregator.address), 41)
    frame.call(sent["to"], sent["from"], bytes.fromhex(sent["input"][2:]))
    made = [(log.address, list(log.topics), "0x" + log.data.hex()) for log in frame.logs]
    wanted = [(log["address"], log["topics"], log["data"]) for log in logs]
    assert (made[0], made[2]) == tuple(wanted)
    assert made[1][1][0].startswith("0x0109fc6f")


class Fed:
    """One feed with one report taken."""

    def __init__(self) -> None:
        self.feed = Feed(1, "ETH", "0x" + 40 * "9")
        made = [self.feed.aggregator, self.feed.proxy, *self.feed.nodes]
        self.frame = Frame(Store(), 1, 1_000, {one.address: one for one in made})
        self.send([(k, k) for k in range(10, 15)], 1 << 8 | 2)

    def send(self, seen: list[tuple[int, int]], epoch: int, node: int = 0, **other: Any) -> None:
        forwarder = self.feed.nodes[node]
        data = other.get("data") or transmission(self.feed, seen, 990, epoch)
        self.frame.call(forwarder.address, other.get("sender", forwarder.node), data)


SEEN = [(k, 1) for k in range(20, 26)]


def test_the_upper_median_is_the_answer() -> None:
    fed = Fed()
    fed.send(SEEN, 1 << 8 | 3, node=3)
    assert fed.feed.aggregator.latest(fed.frame) == (2, 23, 990, 1_000, 2)


@pytest.mark.parametrize(
    ("seen", "epoch", "other", "why"),
    [
        (SEEN, 1 << 8 | 2, {}, "stale report"),
        (SEEN[::-1], 1 << 8 | 3, {}, "not sorted"),
        (SEEN[:2], 1 << 8 | 3, {}, "num observations"),
        ([(-5, 1)] * 4, 1 << 8 | 3, {}, "min-max"),
        (SEEN, 1 << 8 | 3, {"sender": "0x" + 40 * "7"}, "Not authorized"),
        (SEEN, 0, {"data": selector("forward(address,bytes)") + b"\1"}, "calldata"),
    ],
)
def test_refusals(seen: Any, epoch: int, other: dict[str, Any], why: str) -> None:
    fed = Fed()
    with pytest.raises(Revert, match=why):
        fed.send(seen, epoch, **other)
    assert fed.feed.aggregator.count(fed.frame) == 1


def test_another_digest_or_too_few_signatures_are_refused() -> None:
    fed = Fed()
    data = transmission(fed.feed, SEEN, 990, 1 << 8 | 3)
    fed.feed.aggregator.digest = b"\2" * 32
    with pytest.raises(Revert, match="configDigest"):
        fed.send(SEEN, 0, data=data)


def test_reports_follow_threshold_and_delay_and_are_seen_before_they_count() -> None:
    waited: dict[str, int] = {}

    def watch(network: Network) -> None:
        class Ear:
            def pending(self, transaction: Any) -> None:
                waited[transaction.hash] = network.chain.head.number

            def removed(self, block: Any) -> None: ...

            def headed(self, block: Any) -> None: ...

        network.chain.listeners.append(Ear())

    network = run(150.0, fall=0.10, watch=watch)
    reports = [r for r in network.nodes.reports if r.asset == "ETH"]
    assert len(reports) > 5
    answers = [315_000_000_000]
    for report in reports:
        assert 0.0 < report.sent_s - report.due_s <= 31.0
        place = network.chain.places.get(report.transaction)
        if place is None:
            continue
        block = network.chain.by_hash[place[0]]
        receipt = block.receipts[place[1]]
        assert waited[report.transaction] < block.number
        if not receipt.succeeded:
            assert receipt.why == "stale report"
            continue
        topics = [log.topics[0][:10] for log in receipt.logs]
        assert topics == ["0xc797025f", "0x0109fc6f", "0x0559884f", "0xb04e63db"]
        (answer,) = decoded(["int256"], bytes.fromhex(receipt.logs[2].topics[1][2:]))
        assert answer == report.answer
        answers.append(answer)
    assert len(answers) > 5
    if all(report.why == "deviation" for report in reports):
        moves = [abs(b / a - 1.0) for a, b in itertools.pairwise(answers)]
        assert min(moves) > 0.7 * FAST.deviation

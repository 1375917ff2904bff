"""The nodes of the price feeds: when a report is due, after what delay it is sent, what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.deployment import Deployment, Feed
from sources.simulator.chain.prices import Outside, e8
from sources.simulator.chain.reports import transmission
from sources.simulator.chain.transaction import Transaction
from sources.simulator.chain.wallets import Wallets

DELAY_S: Final = 2.5  # median, from when a report is due to its transmission
DELAY_SPREAD: Final = 0.7
NOISE: Final = 5e-5  # of a node's observation
STALE_S: Final = 60.0  # then somebody else sends
GAS: Final = 500_000
STABLE_DEVIATION: Final = 0.0025
STABLE_HEARTBEAT: Final = 23  # times the coins'
RACES: Final = 0.05  # share of reports that two nodes send


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a feed as it was scheduled: the truth behind a transmission."""

    asset: str
    due_s: float
    sent_s: float
    why: str  # deviation, heartbeat
    answer: int
    epoch_round: int
    transaction: str


class Nodes:
    """All nodes of all feeds. `reports` are those sent so far."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, outside: Outside,
                 made: Deployment) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._outside = chain, wallets, rng, outside
        self._made = made
        self._due: dict[str, tuple[float, float, str]] = {}  # asset → due, to be sent, why
        self._waiting: dict[str, tuple[str, float]] = {}  # asset → transaction, since
        self._epochs = dict.fromkeys(made.feeds, 1 << 8 | 1)
        self.reports: list[Report] = []

    def step(self, at_s: float, step_s: float) -> None:
        """Look at the prices, and send what is to be sent."""
        frame = self._chain.frame()
        spec = self._chain.spec
        for asset, feed in self._made.feeds.items():
            if self._is_waiting(asset, at_s):
                continue
            due = self._due.get(asset)
            if due is not None:
                if at_s >= due[1]:
                    del self._due[asset]
                    self._send(at_s, feed, *due)
                continue
            stable = asset.startswith("USD")
            number = feed.aggregator.count(frame)
            answer, _, updated_s = feed.aggregator.round(frame, number)
            moved = abs(e8(self._outside.usd(asset)) / answer - 1.0)
            heartbeat_s = spec.heartbeat_s * (STABLE_HEARTBEAT if stable else 1)
            why = ""
            if moved >= (STABLE_DEVIATION if stable else spec.deviation):
                why = "deviation"
            elif at_s - updated_s >= heartbeat_s:
                why = "heartbeat"
            if why:
                wait_s = DELAY_S * 2.718281828 ** (DELAY_SPREAD * self._rng.gauss(0.0, 1.0))
                self._due[asset] = (at_s, at_s + min(wait_s, 30.0), why)

    def waiting(self) -> Iterator[Transaction]:
        """Reports in the mempool."""
        for name, _ in self._waiting.values():
            found = self._chain.mempool.get(name)
            if found is not None:
                yield found

    def _is_waiting(self, asset: str, at_s: float) -> bool:
        name, since_s = self._waiting.get(asset, ("", 0.0))
        if name not in self._chain.mempool:
            self._waiting.pop(asset, None)
            return False
        return at_s - since_s < STALE_S

    def _send(self, at_s: float, feed: Feed, due_s: float, to_be_s: float, why: str) -> None:
        del to_be_s
        rng = self._rng
        price = e8(self._outside.usd(feed.asset))
        seen = sorted(
            (max(1, round(price * (1.0 + NOISE * rng.gauss(0.0, 1.0)))), node)
            for node in rng.sample(range(len(feed.nodes)), rng.choice((6, 7, 7)))
        )
        epoch, own = divmod(self._epochs[feed.asset], 256)
        own += 1
        self._epochs[feed.asset] = number = epoch << 8 | own if own < 20 else epoch + 1 << 8 | 1
        data = transmission(feed, seen, int(at_s), number)
        senders = rng.sample(feed.nodes, 2 if rng.random() < RACES else 1)
        tip = self._wallets.tip(1.0, 0.3)
        for place, sender in enumerate(senders):
            sent = self._wallets.send(at_s, sender.node, sender.address, data, GAS, tip - place)
            if sent is not None and not place:
                self._waiting[feed.asset] = (sent.hash, at_s)
                answer = seen[len(seen) // 2][0]
                self.reports.append(Report(feed.asset, due_s, at_s, why, answer, number, sent.hash))

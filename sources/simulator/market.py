"""The whole market: both contracts on one clock, ETH led by BTC.

The clock goes in steps of the scenario. Within a step every event (market order, quote, change
at the best price, care of the deep book, depth frame, forced order, mark) has its own time and
they happen in order of (time, place in which they were planned), so nothing depends on chance
beyond the seed. One counter numbers the book updates of the whole venue; other contracts, which
are not shown, use up numbers too.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import heappop, heappush
from math import log
from random import Random
from typing import Final

from sources.simulator.accounts import ForcedOrder
from sources.simulator.book import ASK, BID
from sources.simulator.contract import CONTRACTS, Contract
from sources.simulator.pit import Pit
from sources.simulator.scenario import BETA, STEP_MS, STEP_S, Scenario
from sources.simulator.tape import Tape

FIRST_UPDATE: Final = 9_412_650_100_000
PHASE_MS: Final = 37  # depth frames of the next contract come this much later
SNAPSHOT_MS: Final = 150  # when the whole book is asked for, after the first depth frames
QUOTE_RATE: Final = 1.6  # per second, calm
TOUCH_RATE: Final = 1.3
REACTS: Final = 0.6  # share of market orders after which makers look at their quotes
THIN: Final = 0.55  # share of liquidity that is gone in full stress
JUMP_THIN: Final = 0.6  # share that stays at the jump
FORCE_AFTER_MS: Final = 40.0
FORCE_EVERY_MS: Final = 220.0  # mean time between forced orders that are waiting
REFILL_S: Final = 75.0  # half-life of refilling in an hour's recording

Action = Callable[[float], None]


class Market:
    """Runs the scenario; `tapes` has one tape per contract."""

    def __init__(
        self,
        seed: int,
        minutes: float,
        tapes: Sequence[Tape],
        *,
        contracts: Sequence[Contract] = CONTRACTS,
    ) -> None:
        self._rng = Random(f"{seed}/clock")
        self.scenario = Scenario(Random(f"{seed}/scenario"), minutes)
        self.pits = [
            Pit(Random(f"{seed}/{contract.symbol}"), contract, tape, self.scenario.scale)
            for contract, tape in zip(contracts, tapes, strict=True)
        ]
        self._update = FIRST_UPDATE
        self._planned = 0
        self._queue: list[tuple[float, int, Pit, Action]] = []
        self._refill = 1.0 - 0.5 ** (STEP_S / max(1.0, REFILL_S * self.scenario.scale))
        self._forced_from = [0.0 for _ in self.pits]  # the venue closes one account at a time
        self._next_quote = [self._wait(QUOTE_RATE) for _ in self.pits]
        self._next_touch = [self._wait(TOUCH_RATE) for _ in self.pits]

    def steps(self) -> Iterator[int]:
        """Run step by step; yields the time in ms up to which everything has happened."""
        for place, pit in enumerate(self.pits):
            self._plan(SNAPSHOT_MS + PHASE_MS * place, pit, pit.tell_snapshot)
        for step in range(self.scenario.steps):
            start = float(step * STEP_MS)
            for place, pit in enumerate(self.pits):
                self._advance(step, place, pit)
                self._plan_step(start, place, pit)
            self._run(start + STEP_MS)
            yield (step + 1) * STEP_MS

    def _next_update(self) -> int:
        self._update += 1 + int(40.0 * self._rng.random())
        return self._update

    def _wait(self, rate: float) -> float:
        return -log(1.0 - self._rng.random()) * 1000.0 / rate

    def _plan(self, at_ms: float, pit: Pit, action: Action) -> None:
        self._planned += 1
        heappush(self._queue, (at_ms, self._planned, pit, action))

    def _advance(self, step: int, place: int, pit: Pit) -> None:
        """The world outside the book moves on."""
        scenario = self.scenario
        pit.stress, pit.panic = scenario.stress[step], scenario.panic[step]
        if step == scenario.jump_step:
            pit.depth *= JUMP_THIN
        pit.depth += self._refill * (1.0 - THIN * pit.stress - pit.depth)
        leader = self.pits[0].prices
        beta = BETA[place] if place else 0.0
        mid = 0.5 * (pit.book.best(BID) + pit.book.best(ASK))
        pit.prices.step(scenario.news[place][step], beta * leader.slow, beta * leader.fast, mid)

    def _plan_step(self, start: float, place: int, pit: Pit) -> None:
        end = start + STEP_MS
        busy = 1.0 + 2.2 * pit.stress + 6.0 * pit.panic
        for at_s in pit.arrivals.until(end / 1000.0, pit.contract.taker_rate * busy):
            self._plan(at_s * 1000.0, pit, partial(self._take, pit))
        for order in pit.accounts.due(pit.prices.mark):
            self._forced_from[place] = max(start + FORCE_AFTER_MS, self._forced_from[place])
            self._plan(self._forced_from[place], pit, partial(self._force, pit, order))
            self._forced_from[place] += FORCE_EVERY_MS * (0.5 + self._rng.random())
        while self._next_quote[place] < end:
            self._plan(self._next_quote[place], pit, pit.quote)
            self._next_quote[place] += self._wait(QUOTE_RATE * (1.0 + pit.stress + 5.0 * pit.panic))
        while self._next_touch[place] < end:
            self._plan(self._next_touch[place], pit, pit.touch)
            self._next_touch[place] += self._wait(TOUCH_RATE * (1.0 + pit.stress))
        for half in (0.0, 0.5):
            self._plan(start + STEP_MS * (half + 0.5 * self._rng.random()), pit, pit.tend)
        self._plan(start + PHASE_MS * place, pit, pit.tell_depth)
        if start % 1000.0 == 0.0 and start > 0.0:
            self._plan(start, pit, pit.tell_mark)

    def _take(self, pit: Pit, at_ms: float) -> None:
        pit.take(at_ms)
        if self._rng.random() < REACTS:
            self._plan(at_ms + 8.0 + 50.0 * self._rng.random(), pit, pit.quote)

    def _force(self, pit: Pit, order: ForcedOrder, at_ms: float) -> None:
        pit.force(at_ms, order)
        self._plan(at_ms + 8.0 + 50.0 * self._rng.random(), pit, pit.quote)

    def _run(self, end: float) -> None:
        queue = self._queue
        while queue and queue[0][0] < end:
            at_ms, _, pit, action = heappop(queue)
            action(at_ms)
            pit.commit(at_ms, self._next_update)

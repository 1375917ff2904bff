"""The world: all markets on one clock of market time, in ms since the start.

In steps of 100 ms the latent prices move and what is to happen within the step is planned; every
event has its own time, and they happen in order of (time, place in which they were planned).
Whoever watches may plan events too (`every`, `at`), which must change nothing here: so the same
seed gives the same market, whoever is connected and however fast the clock is run.
"""

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush
from math import exp, log, sqrt
from random import Random
from typing import Final

from sources.simulator.world.accounts import Account
from sources.simulator.world.flow import Order
from sources.simulator.world.latent import STEP_S, Latent
from sources.simulator.world.metaorders import Parent, Parents
from sources.simulator.world.scenario import scenario
from sources.simulator.world.trading import Trading
from sources.simulator.world.universe import ASSETS, MARKETS, Asset, Market

STEP_MS: Final = STEP_S * 1000.0
QUOTE_RATE: Final = 1.6  # per second at a share of 1, calm
TOUCH_RATE: Final = 1.3
TEND_VISITS: Final = 2  # twice a step
REACTS: Final = 0.6  # share of market orders after which makers look at their quotes
REACT_MS: Final = (8.0, 58.0)
ENDO_KEEP: Final = 0.5 ** (STEP_S / 480.0)
MOST_ENDO: Final = 0.03
FORCE_AFTER_MS: Final = 40.0
FORCE_EVERY_MS: Final = 220.0  # mean time between forced orders of a venue that are waiting
ACCRUE_MS: Final = 60_000.0

Action = Callable[[float], None]


class World:
    """Everything that is traded. `now_ms` is how far the clock has come."""

    def __init__(
        self,
        seed: int,
        name: str = "calm",
        minutes: float = 0.0,
        *,
        markets: Sequence[Market] = MARKETS,
        assets: Sequence[Asset] = ASSETS,
    ) -> None:
        self.script = scenario(name, minutes)
        self.assets = assets
        self.latent = Latent(seed, assets, self.script)
        self.endo = [0.0 for _ in assets]
        self.trading = {
            (market.venue, market.symbol): Trading(seed, market, self.script) for market in markets
        }
        self._of = [
            [t for t in self.trading.values() if t.market.asset is asset] for asset in assets
        ]
        self.parents = [
            Parents(Random(f"{seed}/parents/{asset.name}"), [t.market for t in own],
                    self.script.buying)
            for asset, own in zip(assets, self._of, strict=True)
        ]  # fmt: skip
        self._clock = Random(f"{seed}/clock")
        self.index = [asset.start for asset in assets]  # USD
        self.now_ms = 0.0
        self._steps = 0
        self._planned = 0
        self._queue: list[tuple[float, int, Action]] = []
        self.begun: list[Callable[[Parent], None]] = []  # told of parent orders
        for own in self.trading.values():
            self._again(0.0, self._wait(QUOTE_RATE, own), own, QUOTE_RATE, self._quote)
            self._again(0.0, self._wait(TOUCH_RATE, own), own, TOUCH_RATE, self._touch)
        self.every(ACCRUE_MS, ACCRUE_MS, self._accrue)

    # -- the clock -------------------------------------------------------------------------------

    def at(self, at_ms: float, action: Action) -> None:
        """Plan an action."""
        self._planned += 1
        heappush(self._queue, (at_ms, self._planned, action))

    def every(self, first_ms: float, period_ms: float, action: Action) -> None:
        """Plan an action for `first_ms` and every `period_ms` after it."""

        def act(at_ms: float) -> None:
            self.at(at_ms + period_ms, act)
            action(at_ms)

        self.at(first_ms, act)

    def run(self, until_ms: float) -> None:
        """Let everything happen that is to happen before a time."""
        while self._steps * STEP_MS < until_ms:
            self._run(self._steps * STEP_MS)
            self._step(self._steps * STEP_MS)
            self._steps += 1
        self._run(until_ms)
        self.now_ms = max(self.now_ms, until_ms)

    def _run(self, end_ms: float) -> None:
        queue = self._queue
        while queue and queue[0][0] < end_ms:
            at_ms, _, action = heappop(queue)
            self.now_ms = at_ms
            action(at_ms)

    # -- what happens ----------------------------------------------------------------------------

    def _step(self, start_ms: float) -> None:
        end_s = (start_ms + STEP_MS) / 1000.0
        stress = self.script.stress(start_ms / 1000.0)
        visits = TEND_VISITS + round(6.0 * stress)
        if self._steps:
            self.latent.step()
        for place, own in enumerate(self._of):
            self.endo[place] *= ENDO_KEEP
            latent = self.latent.news[place] + self.endo[place]
            coming = self.latent.coming(place)
            for trading in own:
                trading.step(latent, stress)
                for order in trading.flow.until(end_s, stress, coming):
                    self._plan_order(place, trading, order)
                for half in (0.0, 0.5):
                    at_ms = start_ms + STEP_MS * (half + 0.5 * self._clock.random())
                    self.at(at_ms, partial(trading.engine.tend, visits=visits))
            self._prices(place, own)
            for trading in own:
                self._plan_forced(place, trading, start_ms)
            for parent in self.parents[place].until(end_s):
                self._plan_parent(place, parent)

    def _prices(self, place: int, own: Sequence[Trading]) -> None:
        spot = [t.market.price(t.engine.mid()) for t in own if t.prices is None]
        if spot:
            self.index[place] = sum(spot) / len(spot)
        else:
            self.index[place] = self.assets[place].start * exp(
                self.latent.news[place] + self.endo[place]
            )
        for trading in own:
            if trading.prices is not None:
                index = trading.market.ticks(self.index[place])
                trading.prices.step(index, trading.engine.mid())

    def _plan_order(self, place: int, trading: Trading, order: Order) -> None:
        def act(at_ms: float) -> None:
            self._push(place, trading.take(order))
            self._react(at_ms, trading)

        self.at(order.at_s * 1000.0, act)

    def _plan_parent(self, place: int, parent: Parent) -> None:
        trading = self.trading[parent.market.venue, parent.market.symbol]
        if not parent.pieces:
            return
        coins = parent.coins / len(parent.pieces)
        for tell in self.begun:
            tell(parent)

        def act(at_ms: float) -> None:
            self._push(place, trading.take_part(at_ms, parent.side, coins, parent.party))
            self._react(at_ms, trading)

        for piece_s in parent.pieces:
            self.at(piece_s * 1000.0, act)

    def _plan_forced(self, place: int, trading: Trading, start_ms: float) -> None:
        if trading.accounts is None or trading.prices is None:
            return
        for account in trading.accounts.due(trading.prices.mark):
            self._force_next(start_ms, place, trading, account)

    def _force_next(self, now_ms: float, place: int, trading: Trading, account: Account) -> None:
        at = max(now_ms + FORCE_AFTER_MS, trading.busy_until_ms)
        trading.busy_until_ms = at + FORCE_EVERY_MS * (0.5 + trading.reactions.random())

        def act(at_ms: float) -> None:
            self._push(place, trading.force(at_ms, account))
            self._react(at_ms, trading)
            if account.lots:
                self._force_next(at_ms, place, trading, account)

        self.at(at, act)

    def _react(self, at_ms: float, trading: Trading) -> None:
        if trading.reactions.random() < REACTS:
            low, high = REACT_MS
            wait = low + (high - low) * trading.reactions.random()
            self.at(at_ms + wait, lambda then_ms: self._quote(then_ms, trading))

    def _quote(self, at_ms: float, trading: Trading) -> None:
        trading.engine.quote(at_ms, trading.fair, self.script.stress(at_ms / 1000.0))

    def _touch(self, at_ms: float, trading: Trading) -> None:
        trading.engine.touch(at_ms)

    def _again(self, at_ms: float, wait_ms: float, trading: Trading, rate: float,
               what: Callable[[float, Trading], None]) -> None:  # fmt: skip
        def act(then_ms: float) -> None:
            what(then_ms, trading)
            busy = rate * (1.0 + 2.0 * self.script.stress(then_ms / 1000.0))
            self._again(then_ms, self._wait(busy, trading), trading, rate, what)

        self.at(at_ms + wait_ms, act)

    def _wait(self, rate: float, trading: Trading) -> float:
        draw = trading.reactions.random()
        return -log(1.0 - draw) * 1000.0 / (rate * sqrt(trading.market.share))

    def _push(self, place: int, moved: float) -> None:
        self.endo[place] = min(MOST_ENDO, max(-MOST_ENDO, self.endo[place] + moved))

    def _accrue(self, at_ms: float) -> None:
        del at_ms
        for trading in self.trading.values():
            if trading.accounts is not None and trading.prices is not None:
                share = trading.prices.rate_8h * ACCRUE_MS / (8 * 3_600_000.0)
                trading.accounts.accrue(share, trading.prices.mark)

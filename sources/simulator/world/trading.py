"""One market with all that belongs to it: engine, flow, accounts, prices, and its fair price.

    fair = latent · exp(endo + premium)

`endo` is what all order flow has done to the asset's price, `premium` this market's own: chance,
the lean of the scenario for perpetuals, and what its own orders have just done to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt
from random import Random
from typing import Final, Protocol

from sources.simulator.world.accounts import MAINTENANCE, Account, Accounts
from sources.simulator.world.engine import FLOW, MAKERS, Engine, Match
from sources.simulator.world.flow import Flow, Order
from sources.simulator.world.funding import Prices
from sources.simulator.world.latent import STEP_S
from sources.simulator.world.scenario import Scenario
from sources.simulator.world.universe import Market

IMPACT: Final = 0.8e-5  # log price per market order of median size at a share of 1
IMPACT_CAP: Final = 2e-4
FORCED_SLOW: Final = 0.06  # shares of the swept distance that stay
FORCED_FAST: Final = 0.10
MOST_SWEPT: Final = 0.0015
MOST_FAST: Final = 0.004
PERPETUAL_NOISE: Final = 1.2e-4
SPOT_NOISE: Final = 2e-5
CLIP: Final = 60.0  # largest forced order over the median market order
HALF_MARGIN: Final = {"hyperliquid": 0.0125}  # maintenance where it is another
DENSE: Final = ("binance-spot", "bybit-linear")  # update numbers without holes


@dataclass(frozen=True, slots=True)
class Liquidation:
    """A forced order as it was done. Prices in ticks."""

    match: Match
    account: Account
    wanted: int
    bankrupt_at: float
    mark: float


class Watcher(Protocol):
    """Who is told of forced orders."""

    def liquidated(self, done: Liquidation) -> None:
        """A forced order was filled; its fills were told before."""


class Trading:
    """One market. `endo` is set by whoever moves the asset."""

    def __init__(self, seed: int, market: Market, script: Scenario) -> None:
        self.market = market
        name = f"{seed}/{market.venue}/{market.symbol}"
        asset, start = market.asset, market.start_ticks
        first = 9 * 10**12 if market.venue != "binance-spot" else 9 * 10**10
        self.engine = Engine(
            Random(f"{name}/makers"),
            market,
            first_update=first + Random(name).randrange(10**9),
            step_most=1 if market.venue in DENSE else 30,
        )
        self.flow = Flow(
            Random(f"{name}/flow"),
            rate=asset.taker_rate * sqrt(market.share),
            coins=asset.taker_size * sqrt(market.share),
        )
        self._noise_rng = Random(f"{name}/premium")
        self.reactions = Random(f"{name}/reactions")
        self._noise = self._fast = 0.0
        self._keep_noise, self._keep_fast = 0.5 ** (STEP_S / 60.0), 0.5 ** (STEP_S / 20.0)
        perpetual = market.kind == "perpetual"
        self._lean = script.lean if perpetual else 0.0
        spread = PERPETUAL_NOISE if perpetual else SPOT_NOISE
        self._draw = spread * sqrt(1.0 - self._keep_noise**2)
        self.fair = float(start)
        self.prices = Prices(float(start), market.funding_h, STEP_S) if perpetual else None
        self.accounts: Accounts | None = None
        if perpetual:
            self.accounts = self._accounts(Random(f"{name}/accounts"), script)
        self.watchers: list[Watcher] = []
        self.opened: list[Callable[[Account], None]] = []
        self.busy_until_ms = 0.0  # the venue closes one account at a time

    def _accounts(self, rng: Random, script: Scenario) -> Accounts:
        market, start = self.market, self.market.start_ticks
        accounts = Accounts(
            rng,
            start=start,
            open_lots=round(market.share * market.lots(market.asset.open_interest, start)),
            share=market.share,
            inverse=market.inverse,
            leverage=script.leverage,
            nearest=script.nearest,
            maintenance=HALF_MARGIN.get(market.venue, MAINTENANCE),
        )
        for account in accounts.opened:
            lots = account.side * account.lots
            self.engine.ledger.move(MAKERS, account.party, lots, lots * round(account.entry))
        return accounts

    def step(self, latent: float, stress: float) -> None:
        """The world outside the book moves on; `latent` is log price against the start."""
        chance = self._noise_rng.gauss(0.0, 1.0)
        self._noise = self._keep_noise * self._noise + self._draw * chance
        self._fast *= self._keep_fast
        premium = self._lean + self._noise + self._fast
        self.fair = self.market.start_ticks * exp(latent + premium)
        self.engine.refill(STEP_S, stress)

    def take(self, order: Order) -> float:
        """An ordinary order. What it does to the asset's log price."""
        market, at_ms = self.market, order.at_s * 1000.0
        lots = max(1, int(market.lots(order.coins, self.engine.mid())))
        most = max(1, int(0.02 * self.engine.lots_1pct * self.engine.depth))
        match = self.engine.take(at_ms, order.side, min(lots, most), FLOW)
        if match is None:
            return 0.0
        if order.opens and self.accounts is not None:
            account = self.accounts.open(order.side, match.lots, match.value / match.lots)
            ledger = self.engine.ledger
            ledger.move(FLOW, account.party, order.side * match.lots, order.side * match.value)
            for tell in self.opened:
                tell(account)
        return self._impact(match)

    def take_part(self, at_ms: float, side: int, coins: float, party: str) -> float:
        """A piece of a parent order. What it does to the asset's log price."""
        lots = max(1, int(self.market.lots(coins, self.engine.mid())))
        match = self.engine.take(at_ms, side, lots, party)
        return 0.0 if match is None else self._impact(match)

    def force(self, at_ms: float, account: Account) -> float:
        """Close an account, or a part of it. What it does to the asset's log price."""
        accounts, prices, engine = self.accounts, self.prices, self.engine
        assert accounts is not None and prices is not None
        mid = engine.mid()
        clip = CLIP * sqrt(self.market.share) * self.market.asset.taker_size
        wanted = min(account.lots, max(1, int(self.market.lots(clip, mid))))
        bankrupt_at = account.bankrupt_at
        match = engine.take(at_ms, -account.side, wanted, account.party)
        if match is None:
            return 0.0
        accounts.reduce(account, match.lots)
        done = Liquidation(match, account, wanted, bankrupt_at, prices.mark)
        for watcher in self.watchers:
            watcher.liquidated(done)
        swept = log(match.fills[-1].price / mid)
        swept = min(MOST_SWEPT, max(-MOST_SWEPT, swept))
        self._push(FORCED_FAST * swept)
        engine.thin(4.0 * min(0.05, abs(swept)))
        return FORCED_SLOW * swept * self.market.share

    def _impact(self, match: Match) -> float:
        market = self.market
        coins = market.coins(match.lots, match.fills[-1].price)
        strength = sqrt(coins / market.asset.taker_size) / self.engine.depth
        moved = match.side * min(IMPACT_CAP, IMPACT * strength)
        self._push(0.3 * moved)
        return moved * sqrt(market.share)

    def _push(self, fast: float) -> None:
        self._fast = min(MOST_FAST, max(-MOST_FAST, self._fast + fast))

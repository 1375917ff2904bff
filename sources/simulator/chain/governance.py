"""The council that changes the lending market's parameters now and then."""

from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.deployment import Deployment
from sources.simulator.chain.poisson import Poisson
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import call

CHANGES_PER_S: Final = 1.0 / 420.0
GAS: Final = 300_000


class Governance:
    """Small changes, one at a time."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, made: Deployment) -> None:
        self._chain, self._wallets, self._rng, self._made = chain, wallets, rng, made
        self._changes = Poisson(rng)

    def step(self, at_s: float, step_s: float) -> None:
        """Send what is sent within a step."""
        for when_s in self._changes.within(at_s, step_s, CHANGES_PER_S):
            self.change(when_s)

    def change(self, at_s: float) -> None:
        """Send one change through the steward."""
        rng, made = self._rng, self._made
        reserve = rng.choice(list(made.reserves.values()))
        config = reserve.config(self._chain.frame())
        asset = reserve.asset
        kind = rng.randrange(5)
        if kind == 0:
            data = call("setSupplyCap(address,uint256)", asset, config.supply_cap * 11 // 10)
        elif kind == 1:
            data = call("setBorrowCap(address,uint256)", asset, config.borrow_cap * 11 // 10)
        elif kind == 2:
            threshold = max(config.ltv, config.threshold - rng.choice((25, 50)))
            signature = "configureReserveAsCollateral(address,uint256,uint256,uint256)"
            data = call(signature, asset, config.ltv, threshold, config.bonus)
        elif kind == 3:
            factor = config.reserve_factor + rng.choice((-250, 250))
            data = call("setReserveFactor(address,uint256)", asset, max(0, factor))
        else:
            frozen = config.frozen
            asset = asset if frozen else made.reserves["USDX"].asset
            data = call("setReserveFreeze(address,bool)", asset, not frozen)
        through = call("execute(address,bytes)", made.configurator.address, data)
        steward = made.steward
        self._wallets.send(at_s, steward.owner, steward.address, through, GAS,
                           self._wallets.tip(0.5))  # fmt: skip

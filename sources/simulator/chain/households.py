"""Accounts of the lending market between liquidations: they add, borrow, repay and withdraw."""

from math import exp
from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.deployment import Deployment
from sources.simulator.chain.health import used
from sources.simulator.chain.poisson import Poisson
from sources.simulator.chain.ray import WAD
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import MOST, call

ACTS_PER_S: Final = 0.08
CAREFUL: Final = 0.25  # share of accounts that repay when they see that they are close
CLOSE: Final = 1.06
SAFE: Final = 1.25  # health below which nobody borrows more
GAS: Final = 400_000


class Households:
    """The borrowers."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, made: Deployment,
                 who: tuple[str, ...]) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._made = chain, wallets, rng, made
        self._who = who
        self._acts = Poisson(rng)

    def step(self, at_s: float, step_s: float) -> None:
        """Send what is sent within a step."""
        rate = ACTS_PER_S * self._chain.spec.scale
        for when_s in self._acts.within(at_s, step_s, rate):
            self._act(when_s, self._rng.choice(self._who))

    def _act(self, at_s: float, who: str) -> None:
        frame, made, rng = self._chain.frame(), self._made, self._rng
        market = made.lending
        own = market.health(frame, who)
        debts = [r for r in made.reserves.values() if r.debt_token.scaled(frame, who)]
        kept = [r for r in made.reserves.values() if r.asset in used(frame, who)]
        careful = int(who[-4:], 16) < CAREFUL * 0xFFFF
        share = 0.3 * exp(-rng.random())
        if debts and (rng.random() < 0.3 or (careful and own.factor < CLOSE * WAD)):
            debt = rng.choice(debts)
            owed = debt.debt_token.balance(frame, who)
            have = debt.token.balance(frame, who)
            if have <= 1:
                return
            amount = MOST if have > owed and rng.random() < 0.2 else min(have, int(share * owed))
            data = call("repay(address,uint256,uint256,address)", debt.asset, amount, 2, who)
        elif kept and own.factor > SAFE * WAD and rng.random() < 0.5:
            asset = rng.choice(kept)
            if rng.random() < 0.5:
                amount = int(share * 0.2 * asset.a_token.balance(frame, who))
                data = call("withdraw(address,uint256,address)", asset.asset, amount, who)
            else:
                free = max(0, own.limit - own.debt)
                asset = made.reserves["USDC"]
                price = made.oracle.price(frame, asset.asset)
                amount = int(share * 0.5 * free) * asset.token.unit // price
                signature = "borrow(address,uint256,uint256,uint16,address)"
                data = call(signature, asset.asset, amount, 2, 0, who)
        else:
            asset = rng.choice(kept or [made.reserves["WETH"]])
            amount = int(share * asset.token.balance(frame, who))
            data = call("supply(address,uint256,address,uint16)", asset.asset, amount, who, 0)
            if not amount:
                return
        self._wallets.send(at_s, who, market.address, data, GAS, self._wallets.tip(0.3))

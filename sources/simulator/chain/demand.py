"""What fills blocks: transfers and calls of contracts that nobody here knows.

    gas per second = 1.3 · target / slot · e^mood,   mood: AR(1), and the market's stress

Everybody has a price per gas above which they wait or give up, so the base fee finds its level.
"""

from math import exp, sqrt
from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.poisson import Poisson
from sources.simulator.chain.prices import Outside
from sources.simulator.chain.token import Token
from sources.simulator.chain.transaction import Transaction
from sources.simulator.chain.wallets import NATIVE_GAS, Wallets
from sources.simulator.chain.words import address_of, call

HALF_LIFE_S: Final = 150.0
SPREAD: Final = 0.35
STRESS: Final = 0.8
NORMAL_VOL: Final = 0.42
BUSY: Final = 1.3
A_BLOCK: Final = 60  # transactions when the chain is Ethereum
WILLING: Final = 0.9  # spread of what people would pay
WAIT_S: Final = 150.0
BUMPS: Final = 0.03  # per step and waiting transaction that is too cheap
TOKEN_GAS: Final = 65_000
UNKNOWN: Final = 40  # contracts


class Demand:
    """Everybody else."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, outside: Outside,
                 users: tuple[str, ...], token: Token) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._outside = chain, wallets, rng, outside
        self._users, self._token = users, token
        spec = chain.spec
        target = spec.gas_limit / spec.fees.elasticity
        self._per_s = A_BLOCK * max(0.15, spec.scale**1.5) / 12.0 if spec.slot_s > 2 else 4.0
        mean = target / spec.slot_s / self._per_s
        self._call_gas = (mean - 0.35 * NATIVE_GAS - 0.3 * TOKEN_GAS) / 0.35
        self._to = [address_of(f"{spec.chain_id}/unknown {k}") for k in range(UNKNOWN)]
        self._mood = 0.0
        self._arrivals = Poisson(rng)
        self._own: dict[str, Transaction] = {}

    def step(self, at_s: float, step_s: float) -> None:
        """Send what is sent within a step."""
        keep = 0.5 ** (step_s / HALF_LIFE_S)
        self._mood = keep * self._mood + SPREAD * sqrt(1 - keep * keep) * self._rng.gauss(0, 1)
        heat = exp(self._mood) * (max(0.2, self._outside.vol()) / NORMAL_VOL) ** 0.5
        heat *= 1.0 + STRESS * self._outside.stress()
        for when_s in self._arrivals.within(at_s, step_s, self._per_s * BUSY * heat):
            self._one(when_s, heat)
        self._bump(at_s)

    def _one(self, at_s: float, heat: float) -> None:
        rng, chain = self._rng, self._chain
        base = chain.next_base_wei
        willing = int(chain.spec.base_wei * heat * exp(WILLING * rng.gauss(0.0, 1.0)))
        if willing < base and rng.random() < 0.6:
            return
        sender = rng.choice(self._users)
        kind, value = rng.random(), 0
        if kind < 0.35:
            to, data, gas = rng.choice(self._users), b"", NATIVE_GAS
            value = int(1e18 * exp(rng.gauss(-2.0, 1.5)))
        elif kind < 0.65:
            amount = int(1e6 * exp(rng.gauss(6.0, 1.5)))
            to, gas = self._token.address, TOKEN_GAS
            data = call("transfer(address,uint256)", rng.choice(self._users), amount)
        else:
            to = rng.choice(self._to)
            data = rng.randbytes(4 + 32 * rng.randrange(1, 8))
            most = self._chain.spec.gas_limit // 3
            gas = min(most, max(60_000, int(1.6 * self._call_gas * exp(rng.gauss(-0.3, 0.8)))))
        tip = self._wallets.tip(0.05, 1.0)
        sent = self._wallets.send(
            at_s, sender, to, data, gas, min(tip, willing), most_wei=willing + tip,
            value_wei=value, legacy=rng.random() < 0.12,
        )  # fmt: skip
        if sent is not None:
            self._own[sent.hash] = sent

    def _bump(self, at_s: float) -> None:
        """Some of those who pay too little to be included pay more."""
        chain = self._chain
        chain.mempool.drop_older(at_s - WAIT_S)
        self._own = {name: one for name, one in self._own.items() if name in chain.mempool}
        base = chain.next_base_wei
        for waiting in list(self._own.values()):
            if waiting.max_fee_wei < base and self._rng.random() < BUMPS:
                self._wallets.bump(at_s, waiting)

"""Those who bring the pools back to the exchanges' price, when fees and gas leave something."""

from math import isqrt
from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.concentrated import ConcentratedPool
from sources.simulator.chain.constant_product import ConstantProductPool, amount_out
from sources.simulator.chain.contract import Revert
from sources.simulator.chain.deployment import ASSET_OF, Deployment
from sources.simulator.chain.prices import Outside, e8
from sources.simulator.chain.swap_step import MILLION
from sources.simulator.chain.token import Token
from sources.simulator.chain.traders import IN_SINGLE, V2_IN
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import call

GAS: Final = 220_000
LEAST_USD: Final = 2.0
PAYS: Final = 0.35  # share of the gain that goes to whoever builds the block
V2_FEE_E6: Final = 3_000
DEADLINE_S: Final = 120


class Arbitrage:
    """Looks at every pool shortly before a block."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, outside: Outside,
                 made: Deployment, who: tuple[str, ...]) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._outside = chain, wallets, rng, outside
        self._made, self._who = made, who
        self._sent: dict[str, str] = {}  # pool → what was sent last

    def before_block(self, at_s: float) -> None:
        """Send what pays."""
        for product in self._made.products:
            if self._sent.get(product.address, "") not in self._chain.mempool:
                self._product(at_s, product, self._rng.choice(self._who))
        for ranged in self._made.ranges:
            if self._sent.get(ranged.address, "") not in self._chain.mempool:
                self._ranged(at_s, ranged, self._rng.choice(self._who))

    def _usd(self, token: Token) -> float:
        return self._outside.usd(ASSET_OF[token.symbol])

    def _ratio(self, pool: ConstantProductPool | ConcentratedPool) -> tuple[int, int]:
        """Token 1 per token 0 in least units, outside, as a fraction."""
        one, other = pool.token0, pool.token1
        return e8(self._usd(one)) * other.unit, e8(self._usd(other)) * one.unit

    def _gain(self, into: Token, paid: int, out_of: Token, got: int) -> float:
        cost = self._wallets.cost_usd(GAS, self._outside.usd("ETH"))
        worth = got / out_of.unit * self._usd(out_of) - paid / into.unit * self._usd(into)
        return worth - cost

    def _ranged(self, at_s: float, pool: ConcentratedPool, who: str) -> None:
        frame = self._chain.frame()
        above, below = self._ratio(pool)
        sqrt_price = pool.slot(frame).sqrt_price
        kept = MILLION - pool.fee_e6
        low = isqrt((above * kept << 192) // (below * MILLION))
        high = isqrt((above * MILLION << 192) // (below * kept))
        if low <= sqrt_price <= high:
            return
        zero_for_one = sqrt_price > high
        limit = high if zero_for_one else low
        into, out_of = (pool.token0, pool.token1) if zero_for_one else (pool.token1, pool.token0)
        most = into.balance(frame, who)
        try:
            moved = pool.swap(frame, who, who, who, most, limit, zero_for_one=zero_for_one)
        except Revert:
            return
        paid, got = (moved[0], -moved[1]) if zero_for_one else (moved[1], -moved[0])
        gain = self._gain(into, paid, out_of, got)
        if gain < LEAST_USD or paid <= 0:
            return
        data = call(IN_SINGLE, (into.address, out_of.address, pool.fee_e6, who, paid, 0, limit))
        self._send(at_s, pool.address, who, self._made.router_v3.address, data, gain)

    def _product(self, at_s: float, pool: ConstantProductPool, who: str) -> None:
        frame = self._chain.frame()
        reserve0, reserve1 = pool.reserves(frame)
        above, below = self._ratio(pool)
        zero_for_one = reserve1 * below > above * reserve0
        into, out_of = (pool.token0, pool.token1) if zero_for_one else (pool.token1, pool.token0)
        have_in, have_out = (reserve0, reserve1) if zero_for_one else (reserve1, reserve0)
        up, down = (below, above) if zero_for_one else (above, below)
        kept = MILLION - V2_FEE_E6
        # the best input Δ solves (x + γΔ)² = γ·x·y·(in per out)
        best = isqrt(have_in * have_out * up * kept // (down * MILLION)) - have_in
        paid = best * MILLION // kept
        if paid <= 0:
            return
        got = amount_out(paid, have_in, have_out)
        gain = self._gain(into, paid, out_of, got)
        if gain < LEAST_USD:
            return
        path = [into.address, out_of.address]
        data = call(V2_IN, paid, got * 998 // 1000, path, who, int(at_s) + DEADLINE_S)
        self._send(at_s, pool.address, who, self._made.router_v2.address, data, gain)

    def _send(self, at_s: float, pool: str, who: str, to: str, data: bytes, gain: float) -> None:
        wei = int(PAYS * gain / self._outside.usd("ETH") * 1e18 / GAS)
        tip = min(max(self._wallets.tip(0.5), wei), 500 * self._chain.spec.base_wei)
        sent = self._wallets.send(at_s, who, to, data, GAS, tip)
        if sent is not None:
            self._sent[pool] = sent.hash

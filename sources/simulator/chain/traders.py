"""People who swap on the chain, by all the routers, and those who provide liquidity."""

from itertools import pairwise
from math import exp
from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.concentrated import ConcentratedPool
from sources.simulator.chain.contract import Revert
from sources.simulator.chain.deployment import ASSET_OF, Deployment
from sources.simulator.chain.genesis import Actors
from sources.simulator.chain.poisson import Poisson
from sources.simulator.chain.positions import DECREASE_CALL, MINT
from sources.simulator.chain.prices import E8, Outside, e8
from sources.simulator.chain.routers import MSG_SENDER, packed_path
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import call, encoded

SWAPS_PER_S: Final = 0.6
MEDIAN_USD: Final = 4_000.0
SPREAD: Final = 1.4
SLIPPAGE: Final = 0.01
PROVIDES_PER_S: Final = 0.02
GAS: Final = 260_000
IN_SINGLE: Final = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
OUT_SINGLE: Final = "exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))"
EXACT_IN: Final = "exactInput((bytes,address,uint256,uint256))"
V2_IN: Final = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
V2_OUT: Final = "swapTokensForExactTokens(uint256,uint256,address[],address,uint256)"
UNIVERSAL: Final = "execute(bytes,bytes[],uint256)"
FORMS: Final = ("v2 in", "v2 out", "single", "single", "out", "multicall", "path", "u3", "u2")


class Traders:
    """Random swaps, and now and then a position that opens or closes."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, outside: Outside,
                 made: Deployment, actors: Actors) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._outside = chain, wallets, rng, outside
        self._made, self._actors = made, actors
        self._swaps, self._provides = Poisson(rng), Poisson(rng)

    def step(self, at_s: float, step_s: float) -> None:
        """Send what is sent within a step."""
        scale, stress = self._chain.spec.scale, self._outside.stress()
        rate = SWAPS_PER_S * scale * (1.0 + 3.0 * stress)
        for when_s in self._swaps.within(at_s, step_s, rate):
            self._swap(when_s)
        for when_s in self._provides.within(at_s, step_s, PROVIDES_PER_S * scale):
            self._provide(when_s)

    def _worth(self, name: str, usd: float) -> int:
        price = e8(self._outside.usd(ASSET_OF[name]))
        return max(1, int(usd * E8) * self._made.tokens[name].unit // price)

    def _swap(self, at_s: float) -> None:
        rng = self._rng
        form = rng.choice(FORMS)
        coin = rng.choice(("WETH", "WETH", "WBTC"))
        if form in ("single", "out", "u3") and rng.random() < 0.15:
            coin = "USDX"
        names = [coin, "USDC"] if rng.random() < 0.5 else ["USDC", coin]
        usd = min(150_000.0, MEDIAN_USD * exp(SPREAD * rng.gauss(0.0, 1.0)))
        usd *= max(0.2, self._chain.spec.scale)
        if form == "path":
            names = ["WETH", "USDC", "WBTC"] if rng.random() < 0.5 else ["WBTC", "USDC", "WETH"]
        amount, out = self._worth(names[0], usd), self._worth(names[-1], usd)
        sender = rng.choice(self._actors.traders)
        to, data = self._call(form, sender, names, amount, out, int(at_s))
        tip = self._wallets.tip(0.3)
        self._wallets.send(at_s, sender, to, data, GAS, tip, legacy=rng.random() < 0.05)

    def _call(
        self, form: str, sender: str, names: list[str], amount: int, out: int, at_s: int
    ) -> tuple[str, bytes]:
        made, deadline = self._made, at_s + 300
        path = [made.tokens[name].address for name in names]
        least, most = int(out * (1 - SLIPPAGE)), int(amount * (1 + SLIPPAGE))
        one, other = path[0], path[-1]
        if form == "v2 in":
            data = call(V2_IN, amount, least, path, sender, deadline)
            return made.router_v2.address, data
        if form == "v2 out":
            data = call(V2_OUT, out, most, path, sender, deadline)
            return made.router_v2.address, data
        fees = [self._pool(*pair).fee_e6 for pair in pairwise(names)]
        if form in ("u2", "u3"):
            packed = packed_path(path, fees)
            types = ("address", "uint256", "uint256", "bytes" if form == "u3" else "address[]",
                     "bool")  # fmt: skip
            given = encoded(types, (MSG_SENDER, amount, least, packed if form == "u3" else path,
                                    True))  # fmt: skip
            command = bytes([0x00 if form == "u3" else 0x08])
            return made.router_universal.address, call(UNIVERSAL, command, [given], deadline)
        if form == "path":
            data = call(EXACT_IN, (packed_path(path, fees), MSG_SENDER, amount, least))
        elif form == "out":
            data = call(OUT_SINGLE, (one, other, fees[0], MSG_SENDER, out, most, 0))
        else:
            data = call(IN_SINGLE, (one, other, fees[0], MSG_SENDER, amount, least, 0))
        if form == "multicall":
            data = call("multicall(uint256,bytes[])", deadline, [data])
        return made.router_v3.address, data

    def _pool(self, a: str, b: str) -> ConcentratedPool:
        return next(
            pool for pool in self._made.ranges if {pool.token0.symbol, pool.token1.symbol} == {a, b}
        )

    def _provide(self, at_s: float) -> None:
        rng, made, chain = self._rng, self._made, self._chain
        lp = rng.choice(self._actors.lps)
        frame = chain.frame()
        owned = made.positions.owned(frame, lp)
        deadline = int(at_s) + 300
        if owned and rng.random() < 0.5:
            number = rng.choice(owned)
            try:
                liquidity = made.positions.known(frame, number)[5]
            except Revert:
                return
            part = liquidity if liquidity < 10**9 else int(liquidity * rng.uniform(0.1, 0.3))
            data = call(DECREASE_CALL, (number, part, 0, 0, deadline))
        else:
            pool = rng.choice(made.ranges)
            middle = pool.slot(frame).tick // pool.spacing * pool.spacing
            width = pool.spacing * rng.randrange(2, 60)
            usd = 200_000.0 * chain.spec.scale * exp(rng.gauss(0.0, 0.8))
            names = pool.token0.symbol, pool.token1.symbol
            have = [self._worth(name, usd) for name in names]
            data = call(MINT, (
                pool.token0.address, pool.token1.address, pool.fee_e6, middle - width,
                middle + width, *have, 0, 0, lp, deadline,
            ))  # fmt: skip
        self._wallets.send(at_s, lp, made.positions.address, data, 450_000, self._wallets.tip(0.2))

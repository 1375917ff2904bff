r"""Forecast of the base fee from how full blocks are: an AR(1) around the target, clipped.

With u = gas used / target, x = u − 1, elasticity E and denominator D of the chain's rule:

    x_{n+k} = clip(φ·x_{n+k−1}, −1, E − 1)                        expected fullness
    E ln fee_{n+h} = ln fee_{n+1} + Σ_{k=1}^{h−1} ln(1 + x_{n+k}/D)

fee_{n+1} is exact (`base_fee`), so that one block ahead nothing is guessed. φ = Σ x_t·x_{t−1} /
Σ x_{t−1}² and the variance of x_t − φ·x_{t−1}, both weighted by 2^(−blocks / half-life), φ with a
prior of PRIOR_BLOCKS blocks at PRIOR_PHI and within ±MOST_PHI. The clock is the block. The spread
of ln fee is that of the unclipped AR(1): σ/D·sqrt(Σ_{j=1}^{h−1} ((1 − φ^j)/(1 − φ))²).

A demand figure (gas that waits and would pay fee_{n+1}) replaces the first step: x_{n+1} =
clip(c·demand/target − 1), c = Σ used / Σ demand over past blocks that had room, for what comes
unseen and what does not use all its gas.

Fails at news: fullness knows nothing of what comes. Twenty blocks ahead it is hardly better than
the last fee where demand wanders freely. Model sheet: EIP-1559 and an AR(1) of gas used / target.
"""

import math
from typing import Final

from msgspec import Struct

from models.chain.base_fee import ETHEREUM, FeeRule, gas_target, next_base_fee

HORIZONS: Final = (1, 5, 20)
HALF_LIFE_BLOCKS: Final = 100.0
WARM_BLOCKS: Final = 30
PRIOR_PHI: Final = 0.3
PRIOR_BLOCKS: Final = 5.0
PRIOR_VARIANCE: Final = 0.25  # of x: blocks half as full again or half empty
MOST_PHI: Final = 0.95


class Forecast(Struct, frozen=True, gc=False):
    """The base fee of the block `blocks` after the head: the median guess, and its spread."""

    blocks: int
    base_fee_wei: float
    spread_ln: float  # standard deviation of ln fee


class FeeForecast:
    """One chain's forecaster. `value` holds one forecast a horizon, None until warm."""

    def __init__(self, rule: FeeRule = ETHEREUM) -> None:
        self._rule = rule
        self._decay = 2.0 ** (-1.0 / HALF_LIFE_BLOCKS)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.value: tuple[Forecast | None, ...] = (None,) * len(HORIZONS)
        self._number, self._x, self._demand = -2, 0.0, -1.0  # of the last head; demand −1: none
        self._pairs = 0
        self._cross = self._square = self._error = self._weight = 0.0
        self._used = self._wanted = 0.0

    @property
    def phi(self) -> float:
        """How much of a block's distance from the target is left in the next."""
        prior = PRIOR_BLOCKS * PRIOR_VARIANCE
        phi = (self._cross + prior * PRIOR_PHI) / (self._square + prior)
        return min(MOST_PHI, max(-MOST_PHI, phi))

    @property
    def noise(self) -> float:
        """Standard deviation of what the AR(1) leaves of x."""
        prior = PRIOR_BLOCKS * PRIOR_VARIANCE
        return math.sqrt((self._error + prior) / (self._weight + PRIOR_BLOCKS))

    def update(
        self,
        number: int,
        base_fee_wei: int | None,
        gas_used: int,
        gas_limit: int,
        demand_gas: float | None = None,
    ) -> None:
        """Take a head, and what waits after it that would pay the next base fee (None: unknown).

        A number that is not the next one begins a new pair: nothing is learnt across it. Without
        a next base fee all of `value` is None.
        """
        target = gas_target(gas_limit, self._rule)
        next_wei = next_base_fee(base_fee_wei, gas_used, gas_limit, self._rule)
        if target is None or not next_wei or gas_used > gas_limit:
            self.value = (None,) * len(HORIZONS)
            self._number = -2
            return
        x = gas_used / target - 1.0
        if number == self._number + 1:
            self._learn(x)
        known = demand_gas is not None and math.isfinite(demand_gas) and demand_gas >= 0.0
        demand = demand_gas / target if known and demand_gas is not None else -1.0
        self._number, self._x, self._demand = number, x, demand
        self.value = tuple(self._ahead(math.log(next_wei), next_wei, h) for h in HORIZONS)

    def snapshot(self) -> tuple[float, ...]:
        """The state; `value` comes again with the next head."""
        return (
            self._number, self._x, self._demand, self._pairs, self._cross, self._square,
            self._error, self._weight, self._used, self._wanted,
        )  # fmt: skip

    def restore(self, state: tuple[float, ...]) -> None:
        """Take the state of a snapshot."""
        self.reset()
        number, self._x, self._demand, pairs, *rest = state
        self._number, self._pairs = int(number), int(pairs)
        self._cross, self._square, self._error, self._weight, self._used, self._wanted = rest

    def _learn(self, x: float) -> None:
        decay, error = self._decay, x - self.phi * self._x
        self._pairs += 1
        self._cross = decay * self._cross + x * self._x
        self._square = decay * self._square + self._x * self._x
        self._error = decay * self._error + error * error
        self._weight = decay * self._weight + 1.0
        room = x < 0.98 * (self._rule.elasticity - 1.0)
        if self._demand > 0.0 and room:
            self._used = decay * self._used + x + 1.0
            self._wanted = decay * self._wanted + self._demand

    def _first(self) -> float:
        """Expected x of the next block."""
        if self._demand < 0.0 or self._wanted <= 0.0:
            return self.phi * self._x
        return self._demand * self._used / self._wanted - 1.0

    def _ahead(self, ln_next: float, next_wei: int, blocks: int) -> Forecast | None:
        if blocks == 1:
            return Forecast(1, float(next_wei), 0.0)
        if self._pairs < WARM_BLOCKS:
            return None
        most, denominator, phi = self._rule.elasticity - 1.0, self._rule.denominator, self.phi
        x, ln_fee, reach, variance = self._first(), ln_next, 0.0, 0.0
        for _ in range(blocks - 1):
            x = min(most, max(-1.0, x))
            ln_fee += math.log1p(x / denominator)
            x *= phi
            reach = 1.0 + phi * reach  # Σ φ^i of one shock so far
            variance += reach * reach
        spread = self.noise / denominator * math.sqrt(variance)
        return Forecast(blocks, math.exp(ln_fee), spread)

"""How crowded a chain is, as one score from 0 (empty) to 1.

Three parts, each from 0 to 1:

    fee      mid-rank of the base fee among those of the last WINDOW_BLOCKS blocks, itself included
    backlog  r/(r + E), r = gas that waits and would pay the next base fee / target, E elasticity:
             ½ when one full block waits
    delay    1 − 1/d, d = mean blocks from seen to included (≥ 1), weighted by 2^(−blocks/20)

score = Σ w·part / Σ w over the parts that are known, with w = ½, ¼, ¼. None until WARM_BLOCKS base
fees are known. The fee part is relative to the window: a day that is dear throughout scores ½.
Model sheet: congestion score of percentile, pending gas / target and inclusion delay.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

WINDOW_BLOCKS: Final = 300
WARM_BLOCKS: Final = 50
DELAY_HALF_LIFE_BLOCKS: Final = 20.0
WEIGHTS: Final = (0.5, 0.25, 0.25)


class Crowd(Struct, frozen=True, gc=False):
    """The score and its parts; None: not known."""

    score: float | None
    fee: float | None
    backlog: float | None
    delay: float | None
    delay_blocks: float | None


class Congestion:
    """One chain's congestion, moved by one step a block. `value` is None before the first."""

    def __init__(self, elasticity: int = 2) -> None:
        self._elasticity = elasticity
        self._decay = 2.0 ** (-1.0 / DELAY_HALF_LIFE_BLOCKS)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.value: Crowd | None = None
        self._fees: deque[int] = deque(maxlen=WINDOW_BLOCKS)
        self._sorted: list[int] = []
        self._delays = self._weight = 0.0

    def update(
        self,
        base_fee_wei: int | None,
        waiting_targets: float | None,
        delays_blocks: Iterable[int] = (),
    ) -> Crowd:
        """Take a block: its base fee, gas that waits in targets, delays of what it included."""
        self._delays *= self._decay
        self._weight *= self._decay
        for blocks in delays_blocks:
            self._delays += max(1, blocks)
            self._weight += 1.0
        if base_fee_wei is not None:
            self._slide(base_fee_wei)
        fee = None
        if base_fee_wei is not None and len(self._fees) >= WARM_BLOCKS:
            first = bisect_left(self._sorted, base_fee_wei)
            last = bisect_right(self._sorted, base_fee_wei)
            fee = 0.5 * (first + last) / len(self._sorted)
        backlog = None
        if waiting_targets is not None and waiting_targets >= 0.0:
            backlog = waiting_targets / (waiting_targets + self._elasticity)
        mean = self._delays / self._weight if self._weight > 1e-9 else None
        delay = None if mean is None else 1.0 - 1.0 / mean
        score = None
        if fee is not None:
            parts = zip(WEIGHTS, (fee, backlog, delay), strict=True)
            known = [(weight, part) for weight, part in parts if part is not None]
            score = sum(w * part for w, part in known) / sum(w for w, _ in known)
        self.value = Crowd(score, fee, backlog, delay, mean)
        return self.value

    def snapshot(self) -> tuple[tuple[int, ...], float, float]:
        """Base fees of the window, oldest first, and both sums; `value` comes with a block."""
        return tuple(self._fees), self._delays, self._weight

    def restore(self, state: tuple[tuple[int, ...], float, float]) -> None:
        """Take the state of a snapshot."""
        self.reset()
        fees, self._delays, self._weight = state
        self._fees.extend(fees)
        self._sorted = sorted(self._fees)

    def _slide(self, base_fee_wei: int) -> None:
        if len(self._fees) == WINDOW_BLOCKS:
            del self._sorted[bisect_left(self._sorted, self._fees[0])]
        self._fees.append(base_fee_wei)
        insort(self._sorted, base_fee_wei)

"""The rival's order book: sizes by float price in a dict, prices bisected, best last.

Running sums come from `accumulate`, only as far out as a tick needs them.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import accumulate
from math import log
from operator import mul

from schemas.units import CURVE_BP, OFI_LEVELS

Levels = list[tuple[float, float]]
TOLERANCE = 1e-12  # of mid; far below any tick


class Side:
    """One side; keys are sign · price, so that the best is the largest key on both sides."""

    def __init__(self, sign: int) -> None:
        self.sign = sign  # +1 bids, −1 asks
        self.sizes: dict[float, float] = {}
        self.keys: list[float] = []

    def put(self, levels: Levels) -> None:
        """Absolute sizes; 0 deletes."""
        sizes, keys, sign = self.sizes, self.keys, self.sign
        for price, size in levels:
            key = sign * price
            if size:
                if key not in sizes:
                    insort(keys, key)
                sizes[key] = size
            elif sizes.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]

    def top(self) -> Levels:
        """The ten best (price, size), best first."""
        sizes, sign = self.sizes, self.sign
        return [(sign * key, sizes[key]) for key in self.keys[: -OFI_LEVELS - 1 : -1]]


class Reach:
    """A side from its best out to `limit_bp`, or to its end when that holds less than `usd`."""

    def __init__(self, side: Side, mid: float, limit_bp: float, usd: float) -> None:
        self.side, self.mid = side, mid
        self.furthest_bp = (side.sign * mid - side.keys[0]) / mid * 1e4
        self._sum(bisect_left(side.keys, self._key(limit_bp)))
        if len(self.usd) < len(side.keys) and (not self.usd or self.usd[-1] < usd):
            self._sum(0)

    def _key(self, limit_bp: float) -> float:
        """The furthest key that is still within the limit."""
        return self.mid * (self.side.sign - limit_bp * 1e-4 - TOLERANCE)

    def _sum(self, start: int) -> None:
        self.keys = self.side.keys[start:]
        self.keys.reverse()
        self.sizes = list(map(self.side.sizes.__getitem__, self.keys))
        self.usd = list(accumulate(map(mul, map(abs, self.keys), self.sizes)))

    def depths(self, limits_bp: Sequence[float]) -> list[float | None]:
        """Cumulative USD at each limit, None past the furthest known level."""
        keys = self.side.keys
        found: list[float | None] = []
        for bp in limits_bp:
            limit = self._key(bp)
            if keys[0] > limit + 2 * TOLERANCE * self.mid:
                found.append(None)
            else:
                count = len(keys) - bisect_left(keys, limit)
                found.append(self.usd[count - 1] if count else 0.0)
        return found

    def cost_bp(self, usd: float) -> tuple[float | None, bool]:
        """Cost of taking `usd`, and whether the side held less."""
        mid = self.mid
        if self.usd[-1] >= usd:
            i = bisect_left(self.usd, usd)
            rest = usd - self.usd[i - 1] if i else usd
            base = sum(self.sizes[:i]) + rest / abs(self.keys[i])
            return abs(usd / base / mid - 1) * 1e4, False
        curve = zip(CURVE_BP, self.depths(CURVE_BP), strict=True)
        seen = [(x, depth) for x, depth in curve if depth is not None][-3:]
        if len(seen) < 3 or not seen[0][1]:
            return None, True
        slope = log(seen[2][1] / seen[0][1]) / log(seen[2][0] / seen[0][0])
        held, x = self.usd[-1], self.furthest_bp
        if slope <= 0 or x * (usd / held) ** (1 / slope) > 2000:
            return None, True
        power = 1 + 1 / slope
        cost = abs(held / sum(self.sizes) / mid - 1) * 1e4
        return (cost * held + x * held * ((usd / held) ** power - 1) / power) / usd, True


def add_flow(
    total: list[float], before: tuple[Levels, Levels], after: tuple[Levels, Levels]
) -> None:
    """Add one frame's order-flow imbalance by level to `total`."""
    rows = zip(before[0], before[1], after[0], after[1], strict=False)
    for m, ((bid0, bid_sz0), (ask0, ask_sz0), (bid, bid_sz), (ask, ask_sz)) in enumerate(rows):
        change = 0.0
        if bid >= bid0:
            change += bid * bid_sz
        if bid <= bid0:
            change -= bid0 * bid_sz0
        if ask <= ask0:
            change -= ask * ask_sz
        if ask >= ask0:
            change += ask0 * ask_sz0
        total[m] += change

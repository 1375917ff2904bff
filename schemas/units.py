"""The one table of units. Names carry them: `half_life_s`, `spread_bp`, `depth_usd`, `ts` (ns UTC).

Times inside the process are int64 nanoseconds since the Unix epoch, UTC. Rates are fractions,
volatility is annual with 1.0 = 100 %, a year has 365 days (crypto trades every day).
"""

from typing import Final

NS_PER_US: Final = 1_000
NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
S_PER_DAY: Final = 86_400
YEAR_S: Final = 365 * S_PER_DAY  # 31 536 000 s

# Distances from mid, in basis points.
DEPTH_BANDS_BP: Final = (5, 10, 25, 50, 100, 200)
CURVE_POINTS: Final = 48
CURVE_BP: Final = tuple(2000.0 ** (k / 47) for k in range(CURVE_POINTS))  # 1 bp … 2000 bp (C5)
COST_USD: Final = (10_000.0, 100_000.0, 1_000_000.0)
OFI_LEVELS: Final = 10


def floor_ns(at_ns: int, grid_ns: int) -> int:
    """The grid time at or before `at_ns`: multiples of `grid_ns` since the Unix epoch.

    >>> floor_ns(1_999, 500)
    1500
    """
    return at_ns - at_ns % grid_ns

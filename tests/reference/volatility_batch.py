"""Volatility estimates computed from the whole history at once; written from models/README.md.

Slow, plain and independent: it imports nothing of `models`. `volatility_batch(ticks, …, at)` gives
for every time in `at` the estimates as of the last base step, from the list of all ticks.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Tick = tuple[int, float | None, bool]  # ts ns, sampled price or None, gap in the tick's interval

S = 1_000_000_000
YEAR_S = 365 * 86_400


def squared_returns(
    ticks: Sequence[Tick], unit_s: int, base_s: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(times in s, r²) of all returns that exist between neighbouring multiples of `unit_s`."""
    prices = {ts // S: price for ts, price, _ in ticks if ts % (base_s * S) == 0}
    gaps = np.array(sorted(ts for ts, _, broken in ticks if broken), np.int64)
    times, squares = [], []
    for now, price in prices.items():
        if now % unit_s:
            continue
        before = prices.get(now - unit_s)
        inside = np.searchsorted(gaps, [(now - unit_s) * S, now * S], side="right")
        if price is None or before is None or inside[0] != inside[1]:
            continue
        times.append(now)
        move = (np.longdouble(price) - np.longdouble(before)) / np.longdouble(before)
        squares.append(float(np.log1p(move) ** 2))
    return np.array(times, np.int64), np.array(squares, np.float64)


def volatility_batch(
    ticks: Sequence[Tick], grid_ns: int, forecast_half_life_s: float, at: Sequence[int]
) -> list[dict[str, float | bool | None]]:
    """One dict per time of `at`, keys as the fields of `models.volatility.VolatilityValues`."""
    b = max(S, grid_ns) // S
    base_times, base = squared_returns(ticks, b, b)
    minute_times, minute = squared_returns(ticks, 60, b)
    coarse_times, coarse = squared_returns(ticks, 300, b)
    present = [ts // S for ts, price, _ in ticks if ts % (b * S) == 0 and price is not None]
    first = min(present, default=None)
    results = []
    for ts in at:
        g = ts // S // b * b
        row: dict[str, float | bool | None] = {"degraded": False}
        for name, horizon, unit, times, squares in (
            ("1m", 60, b, base_times, base),
            ("5m", 300, b, base_times, base),
            ("30m", 1800, b, base_times, base),
            ("4h", 14_400, 60, minute_times, minute),
            ("1d", 86_400, 60, minute_times, minute),
        ):
            value = None
            inside = squares[(times > g - horizon) & (times <= g)]
            steps = horizon // unit
            missing = steps - inside.size
            spanned = first is not None and g - first >= horizon
            if horizon % unit == 0 and spanned and missing <= 0.5 * steps:
                value = math.fsum(inside) * YEAR_S / horizon
                if missing / steps >= 0.2:
                    value /= inside.size / steps
                    row["degraded"] = True
            row[f"realised_variance_{name}"] = value
        seen = base_times <= g
        for name, half_life in (
            ("ewma_vol_5m", 300.0),
            ("ewma_vol_1h", 3600.0),
            ("ewma_vol_1d", 86_400.0),
            ("forecast_vol", forecast_half_life_s),
        ):
            value = None
            if seen.sum() >= 60:
                ages = base_times[seen].max() - base_times[seen]
                weights = 0.5 ** (ages / half_life)
                mean = math.fsum(weights * base[seen] / b) / math.fsum(weights)
                value = math.sqrt(mean * YEAR_S)
            row[name] = value
        end = g // 300 * 300
        fine = base[(base_times > end - 14_400) & (base_times <= end)]
        slow = coarse[(coarse_times > end - 14_400) & (coarse_times <= end)]
        ratio = None
        enough = fine.size >= 0.8 * (14_400 / b) and slow.size >= 0.8 * 48
        if first is not None and end - first >= 14_400 and enough and slow.sum() > 0:
            ratio = math.fsum(fine) / math.fsum(slow)
        row["signature_ratio"] = ratio
        row["noisy"] = ratio is not None and ratio > 1.5
        row["warming"] = row["ewma_vol_5m"] is None
        results.append(row)
    return results

"""Regimes computed by plain loops over the whole history; written from models/README.md.

Slow, plain and independent: it imports nothing of `models`. Settings are read by attribute
(`schemas.settings.RegimeSettings` or anything with the same names).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.reference.volatility_batch import Tick

S = 1_000_000_000
DAY_S = 86_400
YEAR_S = 365 * DAY_S


def median_in_bins(values: Sequence[float]) -> float | None:
    """Median of |r| from bins of ln|r|, None when there is none or it is in the lowest bin."""
    bins = [0] * 280
    for value in values:
        place = 0 if value == 0 else math.floor((math.log(abs(value)) + 14.0) / 0.05)
        bins[min(279, max(0, place))] += 1
    below = 0
    for place, count in enumerate(bins):
        if count and below + count >= len(values) / 2:
            inside = (len(values) / 2 - below) / count
            return None if place == 0 else math.exp(-14.0 + 0.05 * (place + inside))
        below += count
    return None


def reference(values: Sequence[float], prior: float, prior_days: float, step_s: float) -> float:
    """Blend of what was seen with the prior scale, both per step."""
    median = median_in_bins(values)
    if median is None:
        return prior
    d = min(30.0, len(values) * step_s / DAY_S)
    logs = d * math.log(median / 0.7267) + prior_days * math.log(prior)
    return math.exp(logs / (d + prior_days))


def log_t5(value: float, scale: float) -> float:
    """Log-density of a Student-t with 5 degrees of freedom."""
    nu = 5.0
    norm = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2)
    norm -= 0.5 * math.log(nu * math.pi * scale**2)
    return norm - (nu + 1) / 2 * math.log(1 + value**2 / (nu * scale**2))


class Labels:
    """The label rule over the list of all (time, calm, normal, stress) it was shown."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.stress: list[float] = []
        self.likelier: list[str] = []
        self.label, self.since = "unknown", None
        self.stress_from = 0  # rows before this one do not count for leaving
        self.other_from = 0
        self.enter_from = 0

    def show(self, ts: int, calm: float, normal: float, stress: float) -> bool:
        s = self.settings
        enter_bars = max(1, round(s.enter_dwell_s / s.step_s))
        leave_bars = max(1, round(s.leave_dwell_s / s.step_s))
        self.stress.append(stress)
        self.likelier.append("calm" if calm > normal else "normal")
        before = self.label
        entering = self.stress[self.enter_from :][-enter_bars:]
        leaving = self.stress[self.stress_from :][-leave_bars:]
        other = self.likelier[self.other_from :][-3:]
        if before == "stress":
            if len(leaving) == leave_bars and all(p < s.leave for p in leaving):
                self.label = self.likelier[-1]
                self.enter_from = len(self.stress)
        elif len(entering) == enter_bars and all(p >= s.enter for p in entering):
            self.label = "stress"
            self.stress_from = len(self.stress)
        elif before == "unknown" or (len(other) == 3 and before not in other):
            self.label = self.likelier[-1]
        if self.label != before:
            self.since = ts
            self.other_from = len(self.likelier)
        return before not in ("unknown", self.label)


def regime_batch(
    ticks: Sequence[Tick], asset: str, settings: Any, grid_ns: int
) -> list[tuple[int, dict[str, Any]]]:
    """(step time ns, fields of `models.regime.RegimeValues`) for every step that has a tick."""
    del grid_ns  # the step is a multiple of it; nothing else depends on it
    step_s = settings.step_s
    step = round(step_s) * S
    leave = (1 - settings.stay_probability) * step_s / 60
    matrix = np.full((3, 3), leave / 2) + np.eye(3) * (1 - 1.5 * leave)
    prior_vol = settings.prior_vol.get(asset, settings.prior_vol_other)
    prior = prior_vol * math.sqrt(step_s / YEAR_S) / math.sqrt(5 / 3)
    leave_bars = max(1, round(settings.leave_dwell_s / step_s))

    xi = np.full(3, 1 / 3)
    labels = Labels(settings)
    prices = {ts: price for ts, price, _ in ticks if ts % step == 0}
    gaps = np.array([ts for ts, _, broken in ticks if broken], np.int64)
    moves: list[tuple[int, float]] = []  # (time in s, return)
    on, below = False, 0
    last: int | None = None
    rows = []
    for ts, price in prices.items():
        now = ts // S
        before = prices.get(ts - step)
        whole = not ((gaps > ts - step) & (gaps <= ts)).any()
        seen = [r for at, r in moves if at // DAY_S > now // DAY_S - 30]
        ref = reference(seen, prior, settings.prior_days, step_s)
        scales = [k * ref for k in (0.5, 1.5, 4.0)]
        if last is not None:
            skipped = min((ts - last) // step - 1, max(1, DAY_S // round(step_s)))
            xi = xi @ np.linalg.matrix_power(matrix, skipped)
        last = ts
        changed = False
        pred = xi @ matrix
        if price is None or before is None or not whole:
            xi = pred
        else:
            r = math.log(price) - math.log(before)
            logs = [
                math.log(p) + settings.tempering * log_t5(r, k)
                for p, k in zip(pred, scales, strict=True)
            ]
            weights = np.exp(np.array(logs) - max(logs))
            xi = weights / weights.sum()
            moves.append((now, r))
            if len(moves) >= 5:
                changed = labels.show(ts, *xi)
        vol = None
        warm = len(moves) >= 5
        if warm:
            ages = np.array([moves[-1][0] - at for at, _ in moves])
            weights = 0.5 ** (ages / settings.threshold_half_life_s)
            squares = np.array([r * r for _, r in moves])
            per_step = float(weights @ squares / weights.sum())
            vol = math.sqrt(per_step * YEAR_S / step_s)
            if moves[-1][0] == now:  # a step without a return holds the threshold too
                usual = ref * math.sqrt(5 / 3)
                if not on:
                    on, below = math.sqrt(per_step) >= settings.threshold_enter * usual, 0
                else:
                    low = math.sqrt(per_step) < settings.threshold_leave * usual
                    below = below + 1 if low else 0
                    on = below < leave_bars
        variance = sum(p * k * k for p, k in zip(xi @ matrix, scales, strict=True)) * 5 / 3
        row = {
            "regime": labels.label,
            "changed": changed,
            "since": labels.since,
            "p_calm": float(xi[0]) if warm else None,
            "p_normal": float(xi[1]) if warm else None,
            "p_stress": float(xi[2]) if warm else None,
            "reference_scale": ref,
            "filter_vol": math.sqrt(variance * YEAR_S / step_s) if warm else None,
            "threshold_vol": vol,
            "threshold_stress": on if warm else None,
            "warm": warm,
        }
        rows.append((ts, row))
    return rows


def market_batch(
    steps: Sequence[tuple[int, Sequence[tuple[float, float, float] | None]]], settings: Any
) -> list[tuple[int, dict[str, Any]]]:
    """(step time ns, fields that a market row has) for every step with a warm member."""
    labels = Labels(settings)
    rows = []
    for ts, members in steps:
        warm = [m for m in members if m is not None]
        if not warm:
            continue
        calm, normal, stress = (math.fsum(m[k] for m in warm) / len(warm) for k in range(3))
        changed = labels.show(ts, calm, normal, stress)
        row = {
            "regime": labels.label,
            "changed": changed,
            "since": labels.since,
            "p_calm": calm,
            "p_normal": normal,
            "p_stress": stress,
            "warm": len(warm) == len(members),
        }
        rows.append((ts, row))
    return rows

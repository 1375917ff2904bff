"""Concentrated liquidity in real numbers: positions between prices, no ticks, no rounding.

Written from the whitepaper's equations for comparison. Square root prices are rationals; amounts
come out exact, so an implementation that rounds in favour of the pool lies on one known side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log

from mpmath import mp, mpf

Position = tuple[Fraction, Fraction, int]  # from, to (square root prices), liquidity


@dataclass(frozen=True)
class Exact:
    """A swap: what came in with the fee, what went out, the fee, the square root price after."""

    amount_in: Fraction
    amount_out: Fraction
    fee: Fraction
    root: Fraction
    filled: bool


def sqrt_price_x96(tick: int) -> mpf:
    """√(1.0001^tick) · 2^96 to 120 digits."""
    with mp.workdps(120):
        return mpf("1.0001") ** (mpf(tick) / 2) * mpf(2) ** 96


def liquidity_between(positions: Sequence[Position], low: Fraction, high: Fraction) -> int:
    """Liquidity of all positions that hold the whole of [low, high]."""
    return sum(each for start, end, each in positions if start <= low and high <= end)


def swap(
    positions: Sequence[Position],
    root: Fraction,
    amount: Fraction,
    fee: Fraction,
    down: bool,
    exact_in: bool,
    end: Fraction,
) -> Exact:
    """Trade `amount` from the square root price `root`, no further than `end`."""
    edges = {edge for low, high, _ in positions for edge in (low, high)} | {end}
    ahead = sorted(
        (e for e in edges if (end <= e < root if down else root < e <= end)), reverse=down
    )
    paid = got = Fraction(0)
    left = amount
    for edge in ahead:
        liquidity = liquidity_between(positions, min(root, edge), max(root, edge))
        if not liquidity:
            root = edge
            continue
        comes = _comes(liquidity, root, edge, down) / (1 - fee)
        goes = _goes(liquidity, root, edge, down)
        if left > (comes if exact_in else goes):
            paid, got, root = paid + comes, got + goes, edge
            left -= comes if exact_in else goes
            continue
        if exact_in:
            after = _after_in(liquidity, root, left * (1 - fee), down)
        else:
            after = _after_out(liquidity, root, left, down)
        paid += _comes(liquidity, root, after, down) / (1 - fee)
        got += _goes(liquidity, root, after, down)
        return Exact(paid, got, paid * fee, after, True)
    return Exact(paid, got, paid * fee, root, left == 0)


def _comes(liquidity: int, root: Fraction, other: Fraction, down: bool) -> Fraction:
    return liquidity * (1 / other - 1 / root if down else other - root)


def _goes(liquidity: int, root: Fraction, other: Fraction, down: bool) -> Fraction:
    return liquidity * (root - other if down else 1 / root - 1 / other)


def _after_in(liquidity: int, root: Fraction, amount: Fraction, down: bool) -> Fraction:
    return 1 / (1 / root + amount / liquidity) if down else root + amount / liquidity


def _after_out(liquidity: int, root: Fraction, amount: Fraction, down: bool) -> Fraction:
    return root - amount / liquidity if down else 1 / (1 / root - amount / liquidity)


def integrate(
    positions: Sequence[Position], root: float, multiple: float, steps: int
) -> tuple[float, float]:
    """(token0, token1) that pass while the price goes to `multiple` times itself, brute force.

    Small equal steps of ln price; the liquidity of a step is that at its middle.
    """
    total0 = total1 = 0.0
    pace = log(multiple) / 2 / steps
    rows = [(float(low), float(high), float(each)) for low, high, each in positions]
    for step in range(steps):
        one, other = root * exp(pace * step), root * exp(pace * (step + 1))
        middle = root * exp(pace * (step + 0.5))
        liquidity = sum(each for low, high, each in rows if low <= middle < high)
        total0 += liquidity * abs(1 / other - 1 / one)
        total1 += liquidity * abs(other - one)
    return total0, total1

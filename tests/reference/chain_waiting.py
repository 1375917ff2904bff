"""What waits, measured slowly: every figure by looking at every transaction again."""

from collections.abc import Sequence

Row = tuple[int, int, int]  # fee cap, tip cap, gas


def tips(rows: Sequence[Row], base: int) -> list[tuple[int, int]]:
    """(tip, gas) of all that may enter."""
    return [(min(tip, cap - base), gas) for cap, tip, gas in rows if cap >= base]


def demand(rows: Sequence[Row], base: int) -> int:
    return sum(gas for _, gas in tips(rows, base))


def tip_percentile(rows: Sequence[Row], base: int, percentile: float) -> int | None:
    """The lowest tip with at least so many percent of the gas at or below it."""
    offers = tips(rows, base)
    total = demand(rows, base)
    for tip in sorted({tip for tip, _ in offers}):
        if sum(gas for other, gas in offers if other <= tip) >= total * percentile / 100.0:
            return tip
    return None


def crowd(
    fees: Sequence[int], waiting: float, delays: Sequence[Sequence[int]], window: int
) -> tuple[float, float, float, float]:
    """Score, fee, backlog and delay parts after all blocks, from the whole history."""
    last = fees[-window:]
    below = sum(fee < fees[-1] for fee in last)
    equal = sum(fee == fees[-1] for fee in last)
    fee = (below + 0.5 * equal) / len(last)
    weights = [0.5 ** ((len(delays) - 1 - n) / 20) for n in range(len(delays))]
    mass = sum(w * len(row) for w, row in zip(weights, delays, strict=True))
    mean = sum(w * sum(row) for w, row in zip(weights, delays, strict=True)) / mass
    backlog, delay = waiting / (waiting + 2), 1 - 1 / mean
    return (2 * fee + backlog + delay) / 4, fee, backlog, delay

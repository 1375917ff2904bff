"""A constant product pool by its own condition alone: the product after the fee may not fall.

(R_in · 10^6 + in · (10^6 − f)) · (R_out − out) ≥ R_in · R_out · 10^6. Amounts are found by search.
"""


def allowed(come: int, go: int, amount_in: int, amount_out: int, fee_e6: int) -> bool:
    """Whether the pair takes the swap."""
    inside = come * 10**6 + amount_in * (10**6 - fee_e6)
    return amount_out < go and inside * (go - amount_out) >= come * go * 10**6


def most_out(come: int, go: int, amount_in: int, fee_e6: int) -> int:
    """The largest amount that the pair gives for `amount_in`."""
    low, high = 0, go
    while high - low > 1:
        middle = (low + high) // 2
        if allowed(come, go, amount_in, middle, fee_e6):
            low = middle
        else:
            high = middle
    return low


def least_in(come: int, go: int, amount_out: int, fee_e6: int) -> int:
    """The least amount for which the pair gives `amount_out`, which is below its reserve."""
    low, high = -1, 1
    while not allowed(come, go, high, amount_out, fee_e6):
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if allowed(come, go, middle, amount_out, fee_e6):
            high = middle
        else:
            low = middle
    return high

"""Priority fees that blocks lately paid, from a fee history.

Each percentile's figure is the median over the blocks that used gas (upper median of an even
number): one block with a strange tip does not move it. Empty blocks have zeros that nobody paid
and do not count. A row that does not fit the percentiles is left out.
"""

from schemas.chain import FeeHistory


def typical_tips(history: FeeHistory) -> tuple[tuple[float, int], ...]:
    """(percentile of gas in a block, wei per gas), in the history's order; empty: nothing known."""
    width = len(history.percentiles)
    rows = [
        fees
        for ratio, fees in zip(history.gas_used_ratios, history.priority_fees_wei, strict=False)
        if ratio > 0.0 and len(fees) == width
    ]
    if not rows:
        return ()
    middle = len(rows) // 2
    return tuple(
        (percentile, sorted(fees[at] for fees in rows)[middle])
        for at, percentile in enumerate(history.percentiles)
    )

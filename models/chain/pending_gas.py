"""Gas that waits, by what it would pay: demand under a candidate base fee, tips that enter.

A transaction with fee cap F and tip cap T pays at base fee b the tip min(T, F − b), and is
includable when F ≥ b; one with a gas price has F = T = price. Transactions without any fee do not
count. `gas` is what they may use, so demand is a ceiling; of one sender and nonce the dearest
counts. What is sent to builders in private is not seen.

EIP-1559; venue sheet 8, "Transaction types".
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from msgspec import Struct

from schemas.chain import Pending


class Bid(Struct, frozen=True, gc=False):
    """What a waiting transaction offers, and the gas it may use."""

    fee_cap_wei: int
    tip_cap_wei: int
    gas: int


def effective_tip(bid: Bid, base_fee_wei: int) -> int | None:
    """Wei per gas that the block's builder gets; None when the transaction cannot enter."""
    if bid.fee_cap_wei < base_fee_wei:
        return None
    return min(bid.tip_cap_wei, bid.fee_cap_wei - base_fee_wei)


def bid_of(pending: Pending) -> Bid | None:
    """The offer of a transaction; None when it names no fee or no gas."""
    cap, tip = pending.max_fee_wei, pending.max_priority_wei
    if cap is None:
        cap = tip = pending.gas_price_wei
    if cap is None or cap < 0 or pending.gas <= 0:
        return None
    return Bid(cap, max(0, min(cap, cap if tip is None else tip)), pending.gas)


class PendingGas:
    """The waiting transactions of one moment, ready to be asked at any base fee."""

    def __init__(self, bids: Iterable[Bid]) -> None:
        bids = sorted(bids, key=lambda bid: (bid.fee_cap_wei, bid.tip_cap_wei, bid.gas))
        self._bids = bids
        self._caps = [bid.fee_cap_wei for bid in bids]
        self._below = [0, *accumulate(bid.gas for bid in bids)]  # gas of the first k

    @classmethod
    def of(cls, waiting: Iterable[Pending]) -> "PendingGas":
        """From transactions as they were heard; of those replaced only the dearest counts."""
        dearest: dict[tuple[str, int], Bid] = {}
        for pending in waiting:
            bid, key = bid_of(pending), (pending.sender, pending.nonce)
            if bid is None:
                continue
            other = dearest.get(key)
            if other is None or _dearness(bid) > _dearness(other):
                dearest[key] = bid
        return cls(dearest.values())

    def demand(self, base_fee_wei: int) -> int:
        """Gas of all that would pay this base fee."""
        return self._below[-1] - self._below[bisect_left(self._caps, base_fee_wei)]

    def entry_tip(self, base_fee_wei: int, gas_limit: int) -> int | None:
        """Lowest effective tip that still enters a block of `gas_limit`, filled from the top.

        0 when all that would pay the base fee has room, None when nothing fits at all.
        """
        tips = self._tips(base_fee_wei)
        if sum(gas for _, gas in tips) <= gas_limit:
            return 0
        filled, lowest = 0, None
        for tip, gas in tips:
            if filled + gas > gas_limit:
                break
            filled, lowest = filled + gas, tip
        return lowest

    def tip_percentiles(
        self, base_fee_wei: int, percentiles: Sequence[float]
    ) -> tuple[int | None, ...]:
        """Effective tips at percentiles of the includable gas, lowest tip first.

        The p-th is the lowest tip with at least p % of the gas at or below it. None: no gas.
        """
        tips = self._tips(base_fee_wei)[::-1]
        if not tips:
            return (None,) * len(percentiles)
        sums = list(accumulate(gas for _, gas in tips))
        found = (bisect_left(sums, sums[-1] * p / 100.0) for p in percentiles)
        return tuple(tips[min(at, len(tips) - 1)][0] for at in found)

    def _tips(self, base_fee_wei: int) -> list[tuple[int, int]]:
        """(effective tip, gas) of what may enter, dearest first."""
        rows = self._bids[bisect_left(self._caps, base_fee_wei) :]
        tips = ((min(b.tip_cap_wei, b.fee_cap_wei - base_fee_wei), b.gas) for b in rows)
        return sorted(tips, reverse=True)


def _dearness(bid: Bid) -> tuple[int, int, int]:
    return bid.fee_cap_wei, bid.tip_cap_wei, bid.gas

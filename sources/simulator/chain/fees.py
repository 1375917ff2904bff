"""EIP-1559: the next base fee, and what a transaction pays at one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeeRule:
    """How the base fee follows fullness; target = gas limit // elasticity."""

    elasticity: int = 2
    denominator: int = 8

    def next_wei(self, base_wei: int, gas_used: int, gas_limit: int) -> int:
        """The base fee of the next block.

            used > target   base + max(base·(used − target)//target//denominator, 1)
            used < target   base − base·(target − used)//target//denominator

        >>> FeeRule().next_wei(10**9, 60_000_000, 60_000_000)
        1125000000
        """
        target = gas_limit // self.elasticity
        if gas_used == target:
            return base_wei
        moved = base_wei * abs(gas_used - target) // target // self.denominator
        return base_wei + max(moved, 1) if gas_used > target else base_wei - moved


def effective_tip(max_fee_wei: int, priority_wei: int, base_wei: int) -> int:
    """What goes to whoever builds the block, per gas; negative: it cannot be included."""
    return min(priority_wei, max_fee_wei - base_wei)

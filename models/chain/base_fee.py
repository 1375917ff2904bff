"""The next block's base fee (EIP-1559), in exact integers.

    target = gas_limit // elasticity
    used = target:  the same
    used > target:  fee + max(fee·(used − target) // target // denominator, 1)
    used < target:  fee −     fee·(target − used) // target // denominator

Both floors in this order: first by the target, then by the denominator. Ethereum: elasticity 2,
denominator 8, so a full block raises the fee by 12.5 %. Chains of the OP stack use other figures,
set by chain and time; Arbitrum's fee follows from its own gas pool and cannot be had from heads.
Fails where a chain puts a floor under the fee or changes its figures without us.

EIP-1559; go-ethereum, `CalcBaseFee` and its test.
"""

from typing import Final

from msgspec import Struct


class FeeRule(Struct, frozen=True, gc=False):
    """How a chain's base fee follows from the last head.

    `derivable` False: it does not, and every figure that needs the next base fee is None.
    """

    elasticity: int = 2
    denominator: int = 8
    derivable: bool = True


ETHEREUM: Final = FeeRule()
NOT_DERIVABLE: Final = FeeRule(derivable=False)


def gas_target(gas_limit: int, rule: FeeRule = ETHEREUM) -> int | None:
    """Gas at which the base fee stays as it is; None when limit and rule allow none."""
    target = gas_limit // rule.elasticity if rule.elasticity > 0 else 0
    return target if target > 0 else None


def next_base_fee(
    base_fee_wei: int | None, gas_used: int, gas_limit: int, rule: FeeRule = ETHEREUM
) -> int | None:
    """Base fee (wei) of the block after a head with these figures.

    None: the head has none, the chain's rule does not give it, or the figures cannot be (a
    negative one, a limit below the elasticity).

    >>> next_base_fee(1_000_000_000, 9_000_000, 20_000_000)
    987500000
    """
    target = gas_target(gas_limit, rule)
    if not rule.derivable or rule.denominator <= 0 or base_fee_wei is None or target is None:
        return None
    if base_fee_wei < 0 or gas_used < 0:
        return None
    if gas_used > target:
        step = base_fee_wei * (gas_used - target) // target // rule.denominator
        return base_fee_wei + max(step, 1)
    return base_fee_wei - base_fee_wei * (target - gas_used) // target // rule.denominator

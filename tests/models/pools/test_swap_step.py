"""One step of a swap: the contract's published results, and what must hold of any step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools.swap_step import Step, swap_step
from models.pools.tick_math import MAX_SQRT_PRICE, MIN_SQRT_PRICE
from tests.models.pools.profiles import E18, root

ONE = root(1, 1)
HIGH = 20282409603651670423947251286016


@pytest.mark.parametrize(
    ("start", "target", "liquidity", "amount", "exact_in", "fee", "want"),
    [
        (ONE, root(101, 100), 2 * E18, E18, True, 600,
         (root(101, 100), 9975124224178055, 9925619580021728, 5988667735148)),
        (ONE, root(101, 100), 2 * E18, E18, False, 600,
         (root(101, 100), 9975124224178055, 9925619580021728, 5988667735148)),
        (ONE, root(1000, 100), 2 * E18, E18, True, 600,
         (None, 999400000000000000, 666399946655997866, 600000000000000)),
        (ONE, root(10000, 100), 2 * E18, E18, False, 600,
         (None, 2000000000000000000, E18, 1200720432259356)),
        (417332158212080721273783715441582, 1452870262520218020823638996,
         159344665391607089467575320103, 1, False, 1,
         (417332158212080721273783715441581, 1, 1, 1)),
        (2, 1, 1, 3915081100057732413702495386755767, True, 1,
         (1, 39614081257132168796771975168, 0, 39614120871253040049813)),
        (2413, 79887613182836312, 1985041575832132834610021537970, 10, True, 1872,
         (2413, 0, 0, 10)),
        (HIGH, HIGH * 11 // 10, 1024, 4, False, 3000, (HIGH * 11 // 10, 26215, 0, 79)),
        (HIGH, HIGH * 9 // 10, 1024, 263000, False, 3000, (HIGH * 9 // 10, 1, 26214, 1)),
    ],
)  # fmt: skip
def test_published_steps(start, target, liquidity, amount, exact_in, fee, want) -> None:
    step = swap_step(start, target, liquidity, amount, exact_in, fee)
    assert step[1:] == want[1:]
    assert want[0] in (None, step.sqrt_price_x96)


prices = st.integers(MIN_SQRT_PRICE, MAX_SQRT_PRICE - 1)


@settings(deadline=None, max_examples=150)
@given(
    prices,
    prices,
    st.integers(0, (1 << 128) - 1),
    st.integers(0, 255).flatmap(lambda bits: st.integers(1, 1 << bits)),
    st.booleans(),
    st.integers(0, 999_999),
)
def test_what_holds_of_any_step(
    start: int, target: int, liquidity: int, amount: int, exact_in: bool, fee: int
) -> None:
    step = swap_step(start, target, liquidity, amount, exact_in, fee)
    low, high = sorted((start, target))
    assert low <= step.sqrt_price_x96 <= high
    assert min(step) >= 0
    if exact_in:
        assert step.amount_in + step.fee <= amount
    else:
        assert step.amount_out <= amount
    if step.sqrt_price_x96 != target:  # the whole amount is used
        assert amount == (step.amount_in + step.fee if exact_in else step.amount_out)
    assert step.fee * (10**6 - fee) >= step.amount_in * fee  # the fee is never less than due


def test_no_liquidity_no_amounts() -> None:
    assert swap_step(ONE, 2 * ONE, 0, 5, True, 3000) == Step(2 * ONE, 0, 0, 0)
    assert swap_step(ONE, ONE // 2, 0, 5, False, 3000) == Step(ONE // 2, 0, 0, 0)

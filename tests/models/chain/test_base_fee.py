"""The next base fee: published values, an independent version, awkward figures."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chain.base_fee import ETHEREUM, NOT_DERIVABLE, FeeRule, gas_target, next_base_fee
from tests.reference.chain_demand import fee_after

PUBLISHED = [
    (1_000_000_000, 10_000_000, 20_000_000, 1_000_000_000),  # go-ethereum's own test
    (1_000_000_000, 9_000_000, 20_000_000, 987_500_000),
    (1_000_000_000, 11_000_000, 20_000_000, 1_012_500_000),
    (1_000_000_000, 30_000_000, 30_000_000, 1_125_000_000),
    (1_000_000_000, 0, 30_000_000, 875_000_000),
    (1_000_000_000, 60_000_000, 60_000_000, 1_125_000_000),
    (1_000_000_000, 0, 60_000_000, 875_000_000),
    (100, 30_000_001, 60_000_000, 101),  # at least 1
    (123_456_789, 45_000_000, 60_000_000, 131_172_838),
]


@pytest.mark.parametrize(("base", "used", "limit", "expected"), PUBLISHED)
def test_published(base: int, used: int, limit: int, expected: int) -> None:
    assert next_base_fee(base, used, limit) == expected
    assert fee_after(base, used, limit) == expected


@pytest.mark.parametrize(("times", "blocks"), [(2, 6), (10, 20)])
def test_full_blocks_double_and_multiply_by_ten(times: int, blocks: int) -> None:
    fee: int | None = 10**9
    fees = [fee := next_base_fee(fee, 30_000_000, 30_000_000) for _ in range(blocks)]
    assert fees[-2] is not None
    assert fees[-1] is not None
    assert fees[-2] < times * 10**9 <= fees[-1]


@given(
    base=st.integers(0, 10**30),
    limit=st.integers(2, 10**12),
    share=st.fractions(0, 1),
    elasticity=st.integers(1, 10),
    denominator=st.integers(1, 1000),
)
def test_equals_the_words_of_the_eip(
    base: int, limit: int, share: Fraction, elasticity: int, denominator: int
) -> None:
    rule, used = FeeRule(elasticity, denominator), int(limit * share)
    target = gas_target(limit, rule)
    got = next_base_fee(base, used, limit, rule)
    if target is None:
        assert limit < elasticity
        assert got is None
        return
    assert got == fee_after(base, used, limit, elasticity, denominator)
    exact = base * (1 + (Fraction(used, target) - 1) / denominator)
    assert abs(got - exact) < 2


@pytest.mark.parametrize(
    ("base", "used", "limit", "rule"),
    [
        (None, 1, 2, ETHEREUM),
        (10**9, 1, 30, NOT_DERIVABLE),
        (10**9, 1, 1, ETHEREUM),
        (10**9, 0, 0, ETHEREUM),
        (10**9, 0, -60, ETHEREUM),
        (-1, 0, 60, ETHEREUM),
        (1, -5, 60, ETHEREUM),
        (1, 5, 60, FeeRule(0, 8)),
        (1, 5, 60, FeeRule(2, 0)),
    ],
)
def test_unknown_is_none(base: int | None, used: int, limit: int, rule: FeeRule) -> None:
    assert next_base_fee(base, used, limit, rule) is None


def test_another_chain() -> None:
    op = FeeRule(6, 250)
    assert gas_target(60_000_000, op) == 10_000_000
    assert next_base_fee(1_000_000, 60_000_000, 60_000_000, op) == 1_020_000  # +5 targets / 250

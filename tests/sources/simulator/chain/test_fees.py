"""The next base fee: published figures, exactly."""

import pytest

from sources.simulator.chain.fees import FeeRule, effective_tip


@pytest.mark.parametrize(
    ("base", "used", "limit", "after"),
    [
        (10**9, 10_000_000, 20_000_000, 10**9),  # go-ethereum's own three
        (10**9, 9_000_000, 20_000_000, 987_500_000),
        (10**9, 11_000_000, 20_000_000, 1_012_500_000),
        (10**9, 60_000_000, 60_000_000, 1_125_000_000),
        (10**9, 0, 60_000_000, 875_000_000),
        (100, 30_000_001, 60_000_000, 101),
        (123_456_789, 45_000_000, 60_000_000, 131_172_838),
    ],
)
def test_of_ethereum(base: int, used: int, limit: int, after: int) -> None:
    assert FeeRule().next_wei(base, used, limit) == after


def test_six_full_blocks_double_and_other_rules_move_less() -> None:
    base = 10**9
    for _ in range(6):
        base = FeeRule().next_wei(base, 30_000_000, 30_000_000)
    assert base == pytest.approx(1e9 * 1.125**6, abs=6)  # rounded down six times
    assert FeeRule(6, 250).next_wei(10**9, 60_000_000, 60_000_000) == 1_020_000_000


def test_a_tip_is_what_the_cap_leaves() -> None:
    assert [effective_tip(100, 5, base) for base in (90, 95, 98, 101)] == [5, 5, 2, -1]

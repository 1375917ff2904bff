"""Tips of a fee history."""

from models.chain.priority_fee import typical_tips
from schemas.chain import FeeHistory


def history(ratios: tuple[float, ...], *fees: tuple[int, ...]) -> FeeHistory:
    return FeeHistory(100, (1,) * (len(ratios) + 1), ratios, (10.0, 50.0), fees)


def test_the_median_block_and_never_an_empty_one() -> None:
    got = typical_tips(history((0.5, 0.0, 0.9, 0.2), (1, 50), (0, 0), (900, 9), (2, 7)))
    assert got == ((10.0, 2), (50.0, 9))
    assert typical_tips(history((0.5, 0.5), (1, 4), (3, 2))) == ((10.0, 3), (50.0, 4))


def test_rows_that_do_not_fit() -> None:
    assert typical_tips(history((0.5, 0.5), (1,), (3, 2))) == ((10.0, 3), (50.0, 2))
    assert typical_tips(history((0.5, 0.5), (1,))) == ()
    assert typical_tips(history((), (1, 2))) == ()

"""Constants of pools: what no pool can be, and prices between whole tokens."""

import msgspec
import pytest

from models.pools.pool import Pool, quote_per_asset
from tests.models.pools.profiles import TOKEN0, TOKEN1, TOKEN2, v3_pool


@pytest.mark.parametrize(
    "wrong",
    [{"token0": TOKEN1, "token1": TOKEN0}, {"token1": TOKEN0}, {"fee_e6": -1},
     {"fee_e6": 1_000_000}, {"tick_spacing": 0}, {"tick_spacing": 1 << 14}, {"decimals0": -1},
     {"decimals1": 78}],
)  # fmt: skip
def test_what_no_pool_can_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="pool 0x3333"):
        v3_pool(**wrong)


def test_a_wrong_pool_in_a_file_is_told() -> None:
    text = msgspec.json.encode(v3_pool())
    assert msgspec.json.decode(text, type=Pool) == v3_pool()
    with pytest.raises(msgspec.ValidationError, match="fee"):
        msgspec.json.decode(text.replace(b"3000", b"1000000"), type=Pool)


def test_the_other_token() -> None:
    pool = v3_pool()
    assert [pool.other(t) for t in (TOKEN0, TOKEN1, TOKEN2)] == [TOKEN1, TOKEN0, None]


@pytest.mark.parametrize(
    ("decimals", "asset_is_token0", "amount1", "amount0", "price"),
    [((18, 6), True, 2000 * 10**6, 10**18, 2000.0), ((18, 6), False, 2000 * 10**6, 10**18, 0.0005),
     ((6, 18), False, 10**18, 1600 * 10**6, 1600.0), ((6, 18), True, 10**18, 2000 * 10**6, 0.0005),
     ((8, 18), True, 15 * 10**18, 10**8, 15.0), ((0, 77), True, 10**77, 4, 0.25),
     ((18, 6), True, 0, 1, None), ((18, 6), True, 1, 0, None), ((18, 6), True, -1, 1, None)],
)  # fmt: skip
def test_prices(
    decimals: tuple[int, int],
    asset_is_token0: bool,
    amount1: int,
    amount0: int,
    price: float | None,
) -> None:
    pool = v3_pool(decimals0=decimals[0], decimals1=decimals[1], asset_is_token0=asset_is_token0)
    assert quote_per_asset(pool, amount1, amount0) == price
    assert pool.quote_decimals == decimals[1 if asset_is_token0 else 0]

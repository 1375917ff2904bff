"""Swaps across ticks: the results of the contract's own tests, to the unit."""

import pytest

from models.pools import v3
from models.pools.tick_math import MAX_SQRT_PRICE, MIN_SQRT_PRICE
from models.pools.trade import Ended, Trade
from tests.models.pools.profiles import E18, full, root, state_of, v3_pool

# The pools of the contract's own swap tests: fee, spacing, square root price, positions.
MEDIUM = (-full(60), full(60), 2 * E18)
POOLS = {
    "low": (500, 10, root(1, 1), ((-full(10), full(10), 2 * E18),)),
    "medium": (3_000, 60, root(1, 1), (MEDIUM,)),
    "high": (10_000, 200, root(1, 1), ((-full(200), full(200), 2 * E18),)),
    "1:10": (3_000, 60, root(1, 10), (MEDIUM,)),
    "gap": (3_000, 60, root(1, 1), ((-full(60), -60, 2 * E18), (60, full(60), 2 * E18))),
    "more around": (3_000, 60, root(1, 1),
                    (MEDIUM, (-full(60), -60, 2 * E18), (60, full(60), 2 * E18))),
    "stable": (500, 10, root(1, 1), ((-10, 10, 2 * E18),)),
    "max price": (3_000, 60, root(1 << 127, 1), (MEDIUM,)),
    "min price": (3_000, 60, root(59, 10**40), (MEDIUM,)),
    "max liquidity": (3_000, 60, root(1, 1),
                      ((-full(60), full(60), 11505743598341114571880798222544994),)),
}  # fmt: skip
DOWN, UP = root(2, 5), root(5, 2)
# pool, zero for one, exact in, amount, price limit, amount in, amount out, tick after
PUBLISHED = [
    ("high", True, True, E18, None, E18, 662207357859531772, -8043),
    ("high", False, True, E18, None, E18, 662207357859531772, 8042),
    ("high", True, True, 1000, None, 1000, 989, -1),
    ("high", True, False, E18, None, 2020202020202020203, E18, None),
    ("high", True, False, 1000, None, 1012, 1000, -1),
    ("medium", True, True, E18, None, E18, 665331998665331998, -8090),
    ("medium", False, False, E18, None, 2006018054162487463, E18, 13863),
    ("medium", True, False, E18, None, 2006018054162487463, E18, -13864),
    ("medium", True, True, 1 << 200, DOWN, 1165774985123750584, 735088935932648267, -9164),
    ("medium", False, True, 1 << 200, UP, 1165774985123750584, 735088935932648267, 9163),
    ("medium", True, False, 1000, None, 1005, 1000, -1),
    ("1:10", True, True, E18, None, E18, 86123526743846551, -25955),
    ("1:10", False, True, E18, None, E18, 3869747612262812753, -4099),
    ("1:10", True, False, E18, None,
     36907032419362389223785084665766560335, 632455532033675838, -887272),
    ("1:10", True, False, 1000, None, 10032, 1000, -23028),
    ("1:10", False, False, 1000, None, 102, 1000, -23028),
    ("gap", True, True, 1000, None, 1000, 991, -61),
    ("gap", False, True, 1000, None, 1000, 991, 60),
    ("gap", True, True, E18, None, E18, 662011820624678025, -8130),
    ("gap", False, True, E18, None, E18, 662011820624678025, 8129),
    ("gap", True, False, 1000, None, 1011, 1000, -61),
    ("gap", True, False, E18, None, 2024171064311638316, E18, None),
    ("more around", True, True, E18, None, E18, 795933705287758544, -4476),
    ("more around", False, False, E18, None, 1342022152495072924, E18, 5793),
    ("more around", True, True, 1 << 200, DOWN, 2325523181756544449, 1464187161953474971, -9164),
    ("stable", True, True, E18, None, 1000700370186095, 999700069986002, -887272),
    ("stable", False, True, E18, None, 1000700370186095, 999700069986002, 887271),
    ("stable", False, False, E18, None, 1000700370186095, 999700069986002, 887271),
    ("stable", False, True, 1 << 200, UP, 1000700370186095, 999700069986002, 9163),
    ("stable", True, False, 1000, None, 1002, 1000, -1),
    ("max price", True, True, 1000, None, 1000, 26083549850867114346332688477747755628, 705098),
    ("max price", True, True, E18, None, E18, 26087635650665564420687107504180041533, 13923),
    ("max price", False, True, E18, None, E18, 0, 880340),
    ("max price", True, False, E18, None, 2, E18, 880340),
    ("max price", False, False, E18, None, 10740898373457544742072477595619363803, 0, 887271),
    ("max price", True, True, 1 << 200, DOWN,
     3171793039286238109, 26087635650665564423434232548437664977, -9164),
    ("min price", False, True, E18, None, E18, 26037782196502120271413746514214063808, -13924),
    ("min price", True, False, E18, None, 10790901831095468191587263901270792610, 0, -887272),
    ("max liquidity", True, True, E18, None, E18, 996999999999999318, -1),
    ("max liquidity", False, True, E18, None, E18, 996999999999999232, 0),
    ("max liquidity", True, False, 1000, None, 145660, 1000, -1),
    ("max liquidity", False, False, E18, None, 1003009027081361094, E18, 0),
    ("max liquidity", False, True, 1 << 200, UP,
     6706554036096900675845906992220230, 4228872409409224753601131224936259, 9163),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "down", "exact_in", "amount", "limit", "paid", "got", "tick"), PUBLISHED
)
def test_published_swaps(name, down, exact_in, amount, limit, paid, got, tick) -> None:
    fee, spacing, price, ranges = POOLS[name]
    swap = v3.swap_in if exact_in else v3.swap_out
    trade = swap(v3_pool(fee, spacing), state_of(ranges, price), down, amount, limit)
    assert (trade.amount_in, trade.amount_out) == (paid, got)
    assert tick in (None, trade.after.tick)
    whole = amount == (paid if exact_in else got)
    unfilled = Ended.dry if limit is None else Ended.limit
    assert trade.ended is (Ended.filled if whole else unfilled)


@pytest.mark.parametrize(
    ("name", "down", "limit"),
    [("medium", True, UP), ("medium", False, DOWN), ("min price", True, DOWN),
     ("medium", True, root(1, 1)), ("medium", True, MIN_SQRT_PRICE),
     ("medium", False, MAX_SQRT_PRICE), ("medium", True, 0)],
)  # fmt: skip
def test_limits_on_the_wrong_side_trade_nothing(name: str, down: bool, limit: int) -> None:
    fee, spacing, price, ranges = POOLS[name]
    state = state_of(ranges, price)
    trade = v3.swap_in(v3_pool(fee, spacing), state, down, E18, limit)
    assert trade == Trade(0, 0, 0, state, Ended.limit)

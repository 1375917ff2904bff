"""Logs of pools: Uniswap v2 and v3, and PancakeSwap v3, whose Swap has two fees more at its end.

Source: IUniswapV2Pair, IUniswapV3PoolEvents, IPancakeV3PoolEvents.
"""

from typing import Final

from schemas.chain_event import Event, V2Sync, V3Burn, V3Initialize, V3Mint, V3Swap
from sources.evm.events.form import Form, form, one


def _swap(
    _sender: str, _recipient: str, amount0: int, amount1: int, price: int, liquidity: int,
    tick: int, *_protocol_fees: int,
) -> tuple[Event, ...]:  # fmt: skip
    return (V3Swap(amount0, amount1, price, liquidity, tick),)


def _mint(
    _sender: str, _owner: str, lower: int, upper: int, liquidity: int, amount0: int, amount1: int
) -> tuple[Event, ...]:
    return (V3Mint(lower, upper, liquidity, amount0, amount1),)


def _burn(
    _owner: str, lower: int, upper: int, liquidity: int, amount0: int, amount1: int
) -> tuple[Event, ...]:
    return (V3Burn(lower, upper, liquidity, amount0, amount1),)


FORMS: Final[tuple[Form, ...]] = (
    form("Sync(uint112,uint112)", one(V2Sync)),
    form("Initialize(uint160,int24)", one(V3Initialize)),
    form("Swap(address*,address*,int256,int256,uint160,uint128,int24)", _swap),
    form("Swap(address*,address*,int256,int256,uint160,uint128,int24,uint128,uint128)", _swap),
    form("Mint(address,address*,int24*,int24*,uint128,uint256,uint256)", _mint),
    form("Burn(address*,int24*,int24*,uint128,uint256,uint256)", _burn),
)

"""Logs of pools: reserves of v2, prices and liquidity of v3; a real log of PancakeSwap v3."""

from collections.abc import Callable
from typing import Final

from schemas.chain_event import V2Sync, V3Burn, V3Initialize, V3Mint, V3Swap
from sources.evm.events import events_of
from sources.evm.events.pools import FORMS


def swap(amount0: int, amount1: int, price: int, liquidity: int, tick: int, **_: object) -> object:
    state = {"sqrt_price_x96": price, "liquidity": liquidity, "tick": tick}
    return (V3Swap(amount0=amount0, amount1=amount1, **state),)


def mint(lower: int, upper: int, amount: int, amount0: int, amount1: int, **_: object) -> object:
    ticks = {"tick_lower": lower, "tick_upper": upper}
    return (V3Mint(**ticks, liquidity=amount, amount0=amount0, amount1=amount1),)


def burn(lower: int, upper: int, amount: int, amount0: int, amount1: int, **_: object) -> object:
    ticks = {"tick_lower": lower, "tick_upper": upper}
    return (V3Burn(**ticks, liquidity=amount, amount0=amount0, amount1=amount1),)


CASES: Final[dict[str, Callable[..., object]]] = {
    "Sync(uint112 reserve0, uint112 reserve1)": (
        lambda reserve0, reserve1: (V2Sync(reserve0=reserve0, reserve1=reserve1),)
    ),
    "Initialize(uint160 price, int24 tick)": (
        lambda price, tick: (V3Initialize(sqrt_price_x96=price, tick=tick),)
    ),
    "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1,"
    " uint160 price, uint128 liquidity, int24 tick)": swap,
    "Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1,"
    " uint160 price, uint128 liquidity, int24 tick, uint128 fees0, uint128 fees1)": swap,
    "Mint(address sender, address indexed owner, int24 indexed lower, int24 indexed upper,"
    " uint128 amount, uint256 amount0, uint256 amount1)": mint,
    "Burn(address indexed owner, int24 indexed lower, int24 indexed upper, uint128 amount,"
    " uint256 amount0, uint256 amount1)": burn,
}


def test_what_is_negative() -> None:
    """First words: −1, the least int24, the greatest."""
    lower, upper = "0x" + "ff" * 29 + "800000", "0x" + "00" * 29 + "7fffff"
    topics = [FORMS[5].topic, "0x" + "00" * 32, lower, upper]
    assert events_of(topics, bytes(96)) == (V3Burn(-(1 << 23), (1 << 23) - 1, 0, 0, 0),)
    said = events_of([FORMS[2].topic, *["0x" + "00" * 32] * 2], b"\xff" * 32 + bytes(128))
    assert said == (V3Swap(-1, 0, 0, 0, 0),)

"""Which readings the settings of a chain ask for, what follows from each, what each says."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from schemas.chain import PoolMeta, TokenMeta
from schemas.chain_contract import ChainSettings, LendingContract
from schemas.chain_event import Event, V3State
from sources.evm.inquiry import Begin
from sources.evm.readings_aave import AaveDiscovery, AaveReading
from sources.evm.readings_aave_accounts import AaveAccountDiscovery, EModeDiscovery
from sources.evm.readings_comet import CometAccountDiscovery, CometDiscovery
from sources.evm.readings_feeds import FeedDiscovery
from sources.evm.readings_pools import (
    MOST_TICK,
    PairDiscovery,
    PairReading,
    PoolDiscovery,
    PoolReading,
)
from sources.evm.readings_tokens import TokenDiscovery, TokenReading

LAST_EMODE: Final = 32  # categories are numbered from 1; the contract does not list them
WORDS: Final = 36  # of a pool's bitmap on either side: 2.5 times the price, or more
V2_FEE_E6: Final = 3000
Said = tuple[str, Event | PoolMeta | TokenMeta]  # the contract, and what is said of it


def first_readings(chain: ChainSettings) -> dict[str, Begin]:
    """What to begin with, by name."""
    wanted: dict[str, Begin] = {}
    for oracle in chain.oracle:
        proxy = oracle.proxy.lower()
        wanted[f"oracle-{proxy}"] = partial(FeedDiscovery, proxy)
    for pool in chain.pool:
        address = pool.address.lower()
        wanted[f"pool-{address}"] = (
            partial(PoolDiscovery, address, WORDS)
            if pool.protocol == "uniswap-v3"
            else partial(PairDiscovery, address)
        )
    for market in chain.lending:
        if market.protocol == "compound-v3":
            wanted[f"comet-{market.pool.lower()}"] = partial(CometDiscovery, market.pool.lower())
        elif market.oracle is not None:
            begin = partial(AaveDiscovery, market.pool.lower(), market.oracle.lower())
            wanted[f"aave-{market.pool.lower()}"] = begin
    return wanted


def following(chain: ChainSettings, name: str, found: Any) -> dict[str, Begin]:
    """What can be read now that `found` is known."""
    what, _, address = name.partition("-")
    if isinstance(found, PairReading | PoolReading):
        return dict(_token(token) for token in (found.token0, found.token1))
    market = next((m for m in chain.lending if m.pool.lower() == address), None)
    if market is None:
        return {}
    if isinstance(found, AaveReading):
        return dict(_of_aave(market, found))
    if what == "comet":
        return dict(_of_comet(market, found))
    return {}


def said_by(chain: ChainSettings, name: str, found: Any) -> Iterator[Said]:
    """A reading as items."""
    address = name.rpartition("-")[2] if not name.startswith("account-") else name.split("-")[1]
    if isinstance(found, PairReading):
        yield address, PoolMeta(address, "uniswap-v2", found.token0, found.token1, V2_FEE_E6, 1)
        yield address, found.sync
    elif isinstance(found, PoolReading):
        yield (
            address,
            PoolMeta(
                address, "uniswap-v3", found.token0, found.token1, found.fee_e6,
                found.tick_spacing,
            ),
        )  # fmt: skip
        yield address, bounded(found)
    elif isinstance(found, TokenReading):
        yield address, TokenMeta(found.token, found.symbol, found.decimals)
    elif isinstance(found, AaveReading):
        events: tuple[Event, ...] = (*found.reserves, *found.rates, *found.prices)
        for event in events:
            yield address, event
        for reserve in found.reserves:
            yield address, TokenMeta(reserve.reserve, reserve.symbol, reserve.decimals)
    else:
        for event in found if isinstance(found, tuple) else (found,):
            yield address, event


def bounded(found: PoolReading) -> V3State:
    """A pool's state whose first and last tick are the bounds of what was read, with a net of 0."""
    ticks = found.state.ticks
    first, last = found.known_from, min(found.known_to, MOST_TICK)
    if not ticks or ticks[0][0] > first:
        ticks = ((first, 0), *ticks)
    if ticks[-1][0] < last:
        ticks = (*ticks, (last, 0))
    return replace(found.state, ticks=ticks)


def _token(address: str) -> tuple[str, Begin]:
    return f"token-{address}", partial(TokenDiscovery, address)


def _of_aave(market: LendingContract, found: AaveReading) -> Iterator[tuple[str, Begin]]:
    pool = market.pool.lower()
    if market.protocol == "aave-v3":
        yield f"emode-{pool}", partial(EModeDiscovery, pool, found, LAST_EMODE)
    for account in market.accounts:
        begin = partial(AaveAccountDiscovery, pool, found, account.lower())
        yield f"account-{pool}-{account.lower()}", begin


def _of_comet(market: LendingContract, found: Any) -> Iterator[tuple[str, Begin]]:
    comet = market.pool.lower()
    assets = tuple(asset for asset, *_ in found.assets)
    for token in (found.base, *assets):
        yield _token(token)
    for account in market.accounts:
        begin = partial(CometAccountDiscovery, comet, found.base, assets, account.lower())
        yield f"account-{comet}-{account.lower()}", begin

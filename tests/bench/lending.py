"""How fast a lending market of 200,000 accounts is: all of them at new prices, and its logs.

    python -m tests.bench.lending [--accounts 200000]

The rival evaluates account by account in the contract's integers, timed on a sample.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence

import numpy as np
from rich.console import Console

from models.lending.aave import AaveConfig, AaveMarket
from models.lending.edge import near_edge
from models.lending.positions import Undo
from models.lending.version import V3_5
from schemas.chain import BlockAt
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    ReserveData,
    ReserveReading,
    ScaledMint,
)

_RAY, _POOL, _NOW_S = 10**27, "0xpool", 1_742_379_383
_RESERVES, _SAMPLE, _LOGS, _ROUNDS = 40, 2_000, 20_000, 20


def market_of(accounts: int) -> AaveMarket:
    """40 reserves; of each account two collaterals and a debt, healths around 1.5."""
    rng = random.Random(5)
    market = AaveMarket(AaveConfig("bench", V3_5, frozenset({_POOL})))
    names = [f"0xr{n}" for n in range(_RESERVES)]
    for name in names:
        for event in (
            ReserveReading(
                name, name, 18, f"{name}-a", f"{name}-d", 7_500, 8_000, 10_500, 1_000, 0, 0, 0,
                True, False, False,
            ),
            ReserveData(name, _RAY // 50, 0, _RAY // 30, _RAY + 7, _RAY + 99),
            AssetPrice(name, rng.randrange(10**7, 10**12)),
        ):  # fmt: skip
            market.apply(BlockAt(1, "0xb", _NOW_S), _POOL, event)
    prices = {name: each.price or 1 for name, each in zip(names, market.reserves, strict=True)}
    for n in range(accounts):
        chosen = rng.sample(names, 3)
        first, second, owed = (10**36 // prices[name] for name in chosen)
        market.apply(BlockAt(1, "0xb", _NOW_S), _POOL, AccountReading(
            f"0x{n:040x}",
            ((chosen[0], first), (chosen[1], second)),
            ((chosen[2], owed * rng.randrange(70, 170) // 100),),
            (chosen[0], chosen[1]),
        ))  # fmt: skip
    return market


def _undo(market: AaveMarket, done: list[tuple[Undo, ...] | None]) -> None:
    for each in reversed(done):
        if each is not None:
            market.undo(each)


def milliseconds(action: Callable[[], object], rounds: int) -> list[float]:
    """Of each round."""
    took = []
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        took.append(1e3 * (time.perf_counter() - begin))
    return took


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the milliseconds and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=200_000)
    accounts = parser.parse_args(arguments).accounts
    show = Console().print
    market = market_of(accounts)
    market.sweep(_NOW_S)  # compiled
    names = market.accounts()[:_SAMPLE]
    prices = {"0xr0": 10**9, "0xr1": 10**11}
    betas = {f"0xr{n}": n / _RESERVES for n in range(_RESERVES)}
    sweep = milliseconds(lambda: market.sweep(_NOW_S + 12, prices, betas), _ROUNDS)
    one_by_one = milliseconds(
        lambda: [market.exact(name, _NOW_S + 12, prices) for name in names], 3
    )  # fmt: skip
    rival = float(np.median(one_by_one)) * accounts / len(names)
    best = float(np.median(sweep))
    entries = len(market.positions.exact)
    show(f"all {accounts} accounts ({entries} entries): {best:.1f} ms, worst {max(sweep):.1f} ms")
    show(f"one by one, exactly: {rival:.0f} ms, {rival / best:.0f} times as long")
    edge = milliseconds(lambda: near_edge(market, 1.0, _NOW_S + 12, 1000, prices, betas), 5)
    show(f"the 1000 worst, exactly: {float(np.median(edge)):.1f} ms")
    at, event = BlockAt(2, "0xb", _NOW_S + 12), AssetPrice("0xr0", 10**9)
    logs = [("0xr5-a", ScaledMint(name, 10**18, 0, _RAY)) for name in names] * (_LOGS // _SAMPLE)
    done: list[tuple[Undo, ...] | None] = []
    (took,) = milliseconds(lambda: done.extend(market.apply(at, *log) for log in logs), 1)
    show(f"a log: {1e3 * took / len(logs):.1f} µs")
    (took,) = milliseconds(lambda: _undo(market, done), 1)
    show(f"taken back: {1e3 * took / len(logs):.1f} µs")
    (took,) = milliseconds(lambda: market.apply(at, _POOL, event), 1)
    show(f"a price: {1e3 * took:.0f} µs")
    begin = time.perf_counter()
    state = market.snapshot()
    middle = time.perf_counter()
    AaveMarket(market.config).restore(state)
    end = time.perf_counter()
    show(
        f"snapshot {len(state) / 1e6:.1f} MB in {1e3 * (middle - begin):.0f} ms, "
        f"restored in {1e3 * (end - middle):.0f} ms"
    )


if __name__ == "__main__":
    main()

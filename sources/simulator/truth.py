"""The truth, as JSON lines: what no venue tells anybody. Written as it happens.

scenario    {"k", "name", "seed"…}: the script
market      a market's hidden constants: half-life of its liquidity (s), its share
account     side, size (coins), entry, leverage, price at which it is closed
parent      a hidden order: market, side, coins, begin and end (s), pieces
latent      once a second: volatility (annual), log prices, impact of all flow
liquidation a forced order as it was done
jump        of the latent price, when it is drawn
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import orjson

from sources.simulator.world.accounts import Account
from sources.simulator.world.metaorders import Parent
from sources.simulator.world.trading import Liquidation, Trading
from sources.simulator.world.world import World

EVERY_MS = 1000.0


@contextmanager
def write_truth(world: World, path: Path | None) -> Iterator[None]:
    """Write the truth of a world that has not begun into a file; without one, nothing."""
    if path is None:
        yield
        return
    with path.open("wb") as out:
        Truth(world, out)
        yield


class Truth:
    """Told of everything by a world."""

    def __init__(self, world: World, out: IO[bytes]) -> None:
        self._world = world
        self._out = out
        self._jumps = 0
        script = world.script
        self._write("scenario", name=script.name, vol=script.vol, leverage=script.leverage)
        for trading in world.trading.values():
            market, engine = trading.market, trading.engine
            self._write("market", market=_name(trading), refill_s=engine.refill_s,
                        share=market.share)  # fmt: skip
            told = partial(self._account, trading)
            if trading.accounts is not None:
                for account in trading.accounts.opened:
                    told(account)
            trading.opened.append(told)
            trading.watchers.append(_Watcher(partial(self._liquidation, trading)))
        world.begun.append(self._parent)
        world.every(0.0, EVERY_MS, self._latent)

    def _write(self, kind: str, **values: Any) -> None:
        line = {"k": kind, "at_s": self._world.now_ms / 1000.0} | values
        self._out.write(orjson.dumps(line) + b"\n")

    def _account(self, trading: Trading, account: Account) -> None:
        market = trading.market
        self._write(
            "account", market=_name(trading), address=account.address, side=account.side,
            coins=market.coins(account.lots, account.entry), entry=market.price(account.entry),
            leverage=account.leverage, closed_at=market.price(account.closed_at),
        )  # fmt: skip

    def _parent(self, parent: Parent) -> None:
        self._write(
            "parent", market=f"{parent.market.venue}:{parent.market.symbol}", name=parent.party,
            side=parent.side, coins=parent.coins, begin_s=parent.begin_s, end_s=parent.end_s,
            pieces=len(parent.pieces),
        )  # fmt: skip

    def _liquidation(self, trading: Trading, done: Liquidation) -> None:
        market, match = trading.market, done.match
        self._write(
            "liquidation", market=_name(trading), address=done.account.address,
            position_side=done.account.side, coins=market.coins(match.lots, match.fills[-1].price),
            px=market.price(match.value / match.lots), bankrupt=market.price(done.bankrupt_at),
            mark=market.price(done.mark), left=done.account.lots,
        )  # fmt: skip

    def _latent(self, at_ms: float) -> None:
        world = self._world
        names = [asset.name for asset in world.assets]
        self._write(
            "latent", vol=world.latent.vol, stress=world.script.stress(at_ms / 1000.0),
            news=dict(zip(names, world.latent.news, strict=True)),
            impact=dict(zip(names, world.endo, strict=True)),
            index=dict(zip(names, world.index, strict=True)),
        )  # fmt: skip
        for when_s, size in world.latent.jumps[self._jumps :]:
            self._write("jump", when_s=when_s, size=size)
        self._jumps = len(world.latent.jumps)


class _Watcher:
    def __init__(self, tell: Callable[[Liquidation], None]) -> None:
        self._tell = tell

    def liquidated(self, done: Liquidation) -> None:
        """A forced order was filled."""
        self._tell(done)


def _name(trading: Trading) -> str:
    return f"{trading.market.venue}:{trading.market.symbol}"

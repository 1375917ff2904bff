"""A chain as it stands: canonical state of pools, oracles and lending markets, fees, what waits.

items, in order ─▶ canon ─▶ folds: pools, feeds, markets
                     └─▶ heads that joined ─▶ gas;  blocks that left or joined ─▶ mempool
"""

import pickle
from collections.abc import Iterator, Mapping
from typing import Final

from models.chain.base_fee import FeeRule
from models.chain.canon import Canon, Change
from models.chain.gas import Gas
from models.chain.mempool import Mempool, Waiting
from models.chain.pending_gas import PendingGas
from models.chain.tokens import Token, Tokens
from models.lending.aave import AaveConfig, AaveMarket
from models.lending.comet import CometMarket
from models.lending.comet_state import CometConfig
from models.lending.version import VERSIONS
from models.oracle.feed import FeedRule, Feeds
from models.oracle.feed_view import FeedView, FeedWatch
from models.oracle.reports import PendingReports
from models.pools.fold import Pools
from models.pools.pool import Pool
from schemas.chain import Body, ChainItem, FeeHistory, Log, Pending, PoolMeta, TokenMeta
from schemas.chain_call import Liquidation, OracleReport
from schemas.chain_contract import ChainSettings, LendingContract, OracleContract
from schemas.errors import BrokenInvariant
from schemas.instrument import DOLLARS, underlying
from schemas.units import NS_PER_S

VERSION: Final = 1


class ChainState:
    """Everything that is known of one chain. `joined` and `left` count since they were reset."""

    def __init__(self, chain: ChainSettings) -> None:
        self.chain = chain
        self.tokens = Tokens()
        self.pools = Pools()
        self.feeds = Feeds(tuple(o.proxy.lower() for o in chain.oracle if o.private_auction))
        self.markets = tuple(_market(market) for market in chain.lending)
        self.canon = Canon((self.pools, self.feeds, *self.markets))
        self.watches = {o.proxy.lower(): FeedWatch(_feed_rule(o)) for o in chain.oracle}
        self.views: dict[str, FeedView] = {}  # of each feed after the last block that was watched
        self.reports = PendingReports()
        self.gas = Gas(_rule(chain))
        self.mempool = Mempool()
        self.head_ns = 0  # when the tip came
        self.news = False  # a liquidation or a report waits that no row has told; reset by readers
        self.reorg_depth = 0  # of the deepest since it was last set to 0
        self._undone = 0  # blocks since the last one joined
        self.lost = 0  # times that the state had to begin anew
        self._watched = ""  # hash of the last block that was watched
        self._logged: dict[str, None] = {}  # transactions of recent logs
        self._metas: dict[str, PoolMeta] = {}  # whose tokens are not all known
        self._bodies: dict[str, tuple[str, ...]] = {}  # of recent blocks, canonical or not

    def take(self, item: ChainItem) -> Log | None:
        """Take what the chain says; a log that was not known before comes back."""
        said = item.said
        if isinstance(said, Pending):
            self.mempool.see(said, item.received_ns)
            for call in said.calls:
                self.news |= isinstance(call, OracleReport | Liquidation)
                if isinstance(call, OracleReport):
                    self.reports.add(call, item.received_ns / NS_PER_S)
        elif isinstance(said, FeeHistory):
            self.gas.history(said)
        elif isinstance(said, TokenMeta):
            asset = underlying(said.symbol.upper())
            dollar = asset in DOLLARS
            self.tokens.learn(Token(said.address, asset, said.decimals, dollar))
            self._learn_pools()
        elif isinstance(said, PoolMeta):
            self._metas[said.address] = said
            self._learn_pools()
        elif isinstance(said, Body):
            self._take_body(said, item.received_ns)
        else:
            self._changed(self.canon.take(said), item.received_ns)
            if isinstance(said, Log):
                self._heard(said)
                return said
        return None

    def _heard(self, log: Log) -> None:
        """A log tells that its transaction is mined before the block's body does."""
        if log.removed:
            self._logged.pop(log.transaction, None)
            return
        self._logged[log.transaction] = None
        if len(self._logged) > _LOGGED:
            del self._logged[next(iter(self._logged))]

    def waiting(self) -> Iterator[Waiting]:
        """What waits and has no log yet: of the rest the body of its block is on its way."""
        return (w for w in self.mempool if w.transaction.hash not in self._logged)

    def _take_body(self, body: Body, at_ns: int) -> None:
        self._bodies[body.block_hash] = body.transactions
        if len(self._bodies) > _BODIES:
            del self._bodies[next(iter(self._bodies))]
        if self.canon.confirmations(body.block_number, body.block_hash) is not None:
            self.mempool.mine(body.block_hash, body.transactions, at_ns)

    def _changed(self, change: Change | None, at_ns: int) -> None:
        if change is None:
            return
        self.lost += change.lost is not None
        self._undone += len(change.orphaned)  # a withdrawn log undoes its block alone
        self.reorg_depth = max(self.reorg_depth, self._undone)
        for block in change.orphaned:
            self.mempool.unmine(block.hash)
        for block in change.joined:
            if (mined := self._bodies.get(block.hash)) is not None:
                self.mempool.mine(block.hash, mined, at_ns)
        if change.joined and self.canon.head is not None:
            self._undone = 0
            self.head_ns = at_ns
            waiting = PendingGas.of(waiting.transaction for waiting in self.waiting())
            self.gas.update(self.canon.head, waiting)

    def _learn_pools(self) -> None:
        """Pools whose tokens are known by now; the logs that waited for them are folded again."""
        known = self.tokens.known
        ready = [m for m in self._metas.values() if m.token0 in known and m.token1 in known]
        for meta in ready:
            del self._metas[meta.address]
            self.pools.learn(self._pool(meta, known[meta.token0], known[meta.token1]))
        if ready:
            self.canon.refold()

    def _pool(self, meta: PoolMeta, token0: Token, token1: Token) -> Pool:
        wanted = next(
            (p.asset for p in self.chain.pool if p.address.lower() == meta.address and p.asset), ""
        )
        first = token0.asset == wanted if wanted else token1.dollar or not token0.dollar
        return Pool(
            address=meta.address,
            protocol="uniswap-v3" if meta.protocol == "uniswap-v3" else "uniswap-v2",
            token0=meta.token0,
            token1=meta.token1,
            decimals0=token0.decimals,
            decimals1=token1.decimals,
            fee_e6=meta.fee_e6,
            tick_spacing=meta.tick_spacing,
            symbol0=token0.asset,
            symbol1=token1.asset,
            asset=token0.asset if first else token1.asset,
            asset_is_token0=first,
        )

    def watch(self, market: Mapping[str, float]) -> bool:
        """Look at the feeds after the tip; once a block. market: USD by asset. Whether it is new.

        Call it when the tip's logs have had time to come: what comes later counts with the next.
        """
        head = self.canon.head
        if head is None or head.at.hash == self._watched:
            return False
        self._watched = head.at.hash
        for oracle in self.chain.oracle:
            proxy = oracle.proxy.lower()
            seen = market.get(oracle.asset)
            self.views[proxy] = self.watches[proxy].update(head.at, self.feeds, self.reports, seen)
        return True

    def lose(self) -> None:
        """The connection was lost: what waits is not known any more; the canon finds its way."""
        self.mempool.forget()

    def snapshot(self) -> bytes:
        """Everything."""
        state = (
            VERSION, self.tokens.known, self.canon.snapshot(), self.gas.snapshot(),
            self.mempool.snapshot(), [w.snapshot() for w in self.watches.values()],
            self.reports.snapshot(), self.views, self._watched, self.head_ns, self.reorg_depth,
            self._undone, self.lost, self.news, self._logged, self._metas, self._bodies,
        )  # fmt: skip
        return pickle.dumps(state)

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`. Raises BrokenInvariant for a state of another version."""
        version, known, canon, gas, mempool, watches, reports, *rest = pickle.loads(state)
        if version != VERSION:
            message = f"state of a chain has version {version}, this program reads {VERSION}"
            raise BrokenInvariant(message)
        self.tokens.known = known
        self.canon.restore(canon)
        self.gas.restore(gas)
        self.mempool.restore(mempool)
        for watch, own in zip(self.watches.values(), watches, strict=True):
            watch.restore(own)
        self.reports.restore(reports)
        self.views, self._watched, self.head_ns, self.reorg_depth, *rest = rest
        self._undone, self.lost, self.news, self._logged, self._metas, self._bodies = rest


_BODIES: Final = 256
_LOGGED: Final = 8192


def _rule(chain: ChainSettings) -> FeeRule:
    return FeeRule(
        elasticity=chain.elasticity,
        denominator=chain.denominator,
        derivable=chain.fees == "eip-1559",
    )


def _feed_rule(oracle: OracleContract) -> FeedRule:
    return FeedRule(
        proxy=oracle.proxy.lower(),
        heartbeat_s=oracle.heartbeat_s,
        deviation=oracle.deviation,
        faults=oracle.faults,
        private_auction=oracle.private_auction,
        fallback_s=oracle.fallback_s,
    )


def _market(market: LendingContract) -> AaveMarket | CometMarket:
    named = (market.pool, market.data_provider, market.oracle, market.configurator)
    contracts = frozenset(address.lower() for address in named if address is not None)
    if market.protocol == "compound-v3":
        return CometMarket(CometConfig(market.name, contracts))
    return AaveMarket(AaveConfig(market.name, VERSIONS[market.version], contracts))

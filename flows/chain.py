"""One chain → its rows, beside the market: fees, what waits, pools, oracles, accounts, code risk.

chain items, clocks ─┐
                     ├─▶ wait for the least clock ─▶ fold in order ─▶ rows of the grid time
ticks of the members ┘

The state at a grid time g is what lines with received_ns < g have said, and the market is that of
the members' ticks at g: nothing depends on what else had come by then.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bytewax.operators import StatefulBatchLogic

from flows.chain_events import Known, fresh, liquidation_rows, protocol_rows
from flows.chain_risk import account_rows, chain_prices, oracle_row
from flows.chain_rows import (
    Prices,
    changed_with,
    gas_row,
    mempool_rows,
    pool_rows,
    waiting_swaps,
)
from models.alignment import Alignment
from models.chain.state import ChainState
from schemas.chain import ChainItem, Log
from schemas.chain_contract import ChainSettings
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.market import GridItem
from schemas.quality import Quality
from schemas.tables import Rows, rows_item
from schemas.units import NS_PER_S

VERSION = 1
EVERY_NS = 10 * NS_PER_S  # rows of what has not changed
SETTLE_NS = NS_PER_S  # after a head, for its logs to come
_CHAIN = ""  # the chain itself among the members
_USABLE = (Quality.ok, Quality.degraded)


class ChainLogic(StatefulBatchLogic[Any, Rows, tuple[Any, ...]]):
    """The step of one chain. Its first item is a Seen, or the key itself, which say which chain.

    chains: by key. members: instruments whose mid prices are the market.
    """

    def __init__(
        self,
        chains: Mapping[str, ChainSettings],
        members: tuple[str, ...],
        resumed: tuple[Any, ...] | None,
    ) -> None:
        self.chains = chains
        self.alignment = Alignment((_CHAIN, *members))
        self.waiting: deque[ChainItem | Gap] = deque()
        self.head = ""  # of the last row of fees
        self.counts: Counter[str] = Counter()  # of the mempool, then
        self.assets: frozenset[str] = frozenset()  # of the last rows of what waits
        self.said: dict[str, Any] = {}  # what each pool's and feed's last row was about
        self.known_logs: dict[Known, None] = {}  # that had their rows
        self.key = ""
        if resumed is not None:
            self._restore(resumed)

    def _begin(self, key: str) -> None:
        if not self.key:
            self.key = key
            self.chain = self.chains[key]
            self.state = ChainState(self.chain)

    def on_batch(self, values: list[list[Any]]) -> tuple[list[Rows], bool]:
        """Take bundles in order; give what the clocks allow."""
        for item in (item for bundle in values for item in bundle):
            if isinstance(item, str | Seen):
                self._begin(item if isinstance(item, str) else item.instrument.name)
            elif isinstance(item, ChainItem | Gap):
                self.waiting.append(item)
            elif isinstance(item, Clock):
                self.alignment.put(_CHAIN, item.grid_ns, None)
            elif isinstance(item, GridItem):
                tick = item.tick
                usable = tick is not None and tick.quality in _USABLE
                mid = (tick.asset, tick.mid_px) if usable and tick is not None else None
                self.alignment.put(item.instrument, item.ts, mid)
            elif isinstance(item, End):
                own = item.connection not in self.alignment.members
                member = _CHAIN if own else item.connection
                self.alignment.end(member, leaves=item.delisted)
            else:
                message = f"a chain has no {type(item).__name__}"
                raise BrokenInvariant(message)
        out: list[Rows] = []
        for grid_ns, values_then in self.alignment.release():
            market = dict(v for v in values_then.values() if v is not None and v[1] is not None)
            out += self._grid(grid_ns, market)
        return out, False

    def on_eof(self) -> tuple[list[Rows], bool]:
        """What waits for its grid time waits for the next run."""
        return [], False

    def _grid(self, grid_ns: int, market: Prices) -> Iterator[Rows]:
        state = self.state
        heard: list[tuple[ChainItem, Log]] = []
        while self.waiting and self.waiting[0].received_ns < grid_ns:
            item = self.waiting.popleft()
            if isinstance(item, Gap):
                state.lose()
            elif (log := state.take(item)) is not None:
                heard.append((item, log))
        state.mempool.pass_time(grid_ns)
        watched = grid_ns - state.head_ns >= SETTLE_NS and state.watch(market)
        prices = chain_prices(state) | dict(market)  # the market's where it is known
        heard = fresh(heard, self.known_logs)
        yield from protocol_rows(self.chain, heard)
        yield from liquidation_rows(self.chain, heard, state.tokens, prices)
        yield from self._fees(grid_ns)
        yield from self._pools(grid_ns, prices)
        oracles = list(self._oracles(grid_ns, market))
        yield from oracles
        if grid_ns % NS_PER_S == 0 or state.news:
            state.news = False
            rows = mempool_rows(state, grid_ns, prices, self.assets)
            self.assets = frozenset(row.asset for row in rows if row.swaps or row.liquidations
                                    or row.oracle_updates)  # fmt: skip
            yield from map(rows_item, rows)
        if watched or oracles or grid_ns % EVERY_NS == 0:
            for contract, own in zip(self.chain.lending, state.markets, strict=True):
                for account in account_rows(state, contract, own, grid_ns, market):
                    yield rows_item(account)

    def _fees(self, grid_ns: int) -> Iterator[Rows]:
        gas = self.state.gas.value
        if gas is None or gas.at.hash == self.head:
            return
        now = Counter(self.state.mempool.counts)
        now.subtract(self.counts)
        yield rows_item(gas_row(self.state, gas, grid_ns, now))
        self.head = gas.at.hash
        self.counts = Counter(self.state.mempool.counts)
        self.state.reorg_depth = 0

    def _pools(self, grid_ns: int, prices: Prices) -> Iterator[Rows]:
        swaps = None
        for address in self.state.pools.addresses():
            held, pool = self.state.pools.held(address), self.state.pools.pool(address)
            about = changed_with(held)
            if grid_ns % EVERY_NS and self.said.get(address) == about:
                continue
            self.said[address] = about
            swaps = waiting_swaps(self.state) if swaps is None else swaps
            found = None if pool is None else pool_rows(self.state, pool, grid_ns, prices, swaps)
            if found is not None:
                yield rows_item(found[0])
                if found[1] is not None and grid_ns % NS_PER_S == 0:
                    yield rows_item(found[1])

    def _oracles(self, grid_ns: int, market: Mapping[str, float]) -> Iterator[Rows]:
        for oracle in self.chain.oracle:
            proxy = oracle.proxy.lower()
            row = oracle_row(self.state, oracle, self.state.views.get(proxy), grid_ns, market)
            if row is None:
                continue
            about = (row.round_id, row.px, row.pending_px)
            if grid_ns % EVERY_NS == 0 or self.said.get(proxy) != about:
                self.said[proxy] = about
                yield rows_item(row)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, as immutable values and bytes."""
        return (
            VERSION, self.key, self.state.snapshot() if self.key else b"",
            self.alignment.snapshot(), tuple(self.waiting), self.head, dict(self.counts),
            self.assets, dict(self.said), tuple(self.known_logs),
        )  # fmt: skip

    def _restore(self, packed: tuple[Any, ...]) -> None:
        version, key, state, alignment, waiting, *rest = packed
        if version != VERSION:
            message = f"step of a chain has version {version}, this program reads {VERSION}"
            raise BrokenInvariant(message)
        if key:
            self._begin(key)
            self.state.restore(state)
        self.alignment.restore(alignment)
        self.waiting = deque(waiting)
        self.head, counts, self.assets, said, known = rest
        self.counts, self.said = Counter(counts), dict(said)
        self.known_logs = dict.fromkeys(known)


def chain_logic(
    chains: Mapping[str, ChainSettings], members: tuple[str, ...]
) -> Callable[[tuple[Any, ...] | None], ChainLogic]:
    """A builder for `op.stateful_batch`."""
    return lambda resumed: ChainLogic(chains, members, resumed)


def is_chain(bundle: tuple[str, list[Any]]) -> bool:
    """Whether a bundle is of a chain: instruments have other keys."""
    return bundle[0].startswith("evm-") and bundle[0].endswith(":chain")

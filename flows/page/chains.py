"""The latest rows of every chain: fees, what waits, pools, oracles, accounts near the edge."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from flows.page.part import Part, part_after
from schemas.chain_row import Gas, LendingAccount, Mempool, OracleRow, PoolRow
from schemas.units import NS_PER_S

MOST_CHAINS: Final = 20
MOST_POOLS: Final = 50  # of a chain; also of its oracles and of the assets that wait
MOST_MARKETS: Final = 20  # of a chain
MOST_ACCOUNTS: Final = 100  # of a lending market: its rows have no more of them
# Rows of a market come every ten seconds, after those of the same time about pools and oracles. A
# chain that speaks on for two such steps without them says that no account is near the edge.
_NONE_LEFT_NS: Final = 20 * NS_PER_S


class Edge(Struct, frozen=True):
    """The accounts of a lending market near the edge, all of one time, in the order they came."""

    ts: int
    rows: tuple[LendingAccount, ...]


class ChainSeen(Struct, frozen=True):
    """What is new of one chain. `waiting` by asset and `edges` by market are whole, or None.

    more: whether some have no room.
    """

    more: bool
    gas: Part | None
    waiting: tuple[Part, ...] | None
    pools: Mapping[str, Part]
    oracles: Mapping[str, Part]
    edges: Mapping[str, Edge] | None


class _Chain(Struct):
    newest_ns: int = 0
    rev: int = 0
    more: bool = False
    gas: Part | None = None
    waiting: dict[str, Part] = field(default_factory=dict)
    waiting_rev: int = 0
    pools: dict[str, Part] = field(default_factory=dict)
    oracles: dict[str, Part] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    edges_rev: int = 0


class Chains:
    """Every chain there are rows of, in bounded memory. Not safe to use from several threads."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._chains: dict[str, _Chain] = {}

    def gas(self, row: Gas, rev: int) -> None:
        """Fees after a head."""
        if (chain := self._chain(row, rev)) is not None:
            chain.gas = part_after(chain.gas, row, rev) or chain.gas

    def mempool(self, row: Mempool, rev: int) -> None:
        """What waits of an asset; its last row says that nothing does, and it is forgotten."""
        chain = self._chain(row, rev)
        if chain is None:
            return
        if row.swaps or row.liquidations or row.oracle_updates:
            changed = _keep(chain, chain.waiting, row.asset, row, rev)
        else:
            before = chain.waiting.get(row.asset)
            changed = before is not None and before.row.ts < row.ts
            if changed:
                del chain.waiting[row.asset]
        if changed:
            chain.waiting_rev = rev

    def pool(self, row: PoolRow, rev: int) -> None:
        """A pool."""
        if (chain := self._chain(row, rev)) is not None:
            _keep(chain, chain.pools, row.instrument, row, rev)

    def oracle(self, row: OracleRow, rev: int) -> None:
        """An oracle; one off chains has no chain to stand with."""
        if row.chain and (chain := self._chain(row, rev)) is not None:
            _keep(chain, chain.oracles, f"{row.provider}:{row.feed}", row, rev)

    def account(self, row: LendingAccount, rev: int) -> None:
        """An account near the edge: the first of a newer time takes the place of all before."""
        chain = self._chain(row, rev)
        if chain is None:
            return
        edge = chain.edges.get(row.market)
        if edge is None and len(chain.edges) >= MOST_MARKETS:
            chain.more = True
            return
        if edge is None or row.ts > edge.ts:
            chain.edges[row.market] = Edge(row.ts, (row,))
        elif row.ts < edge.ts or any(row.account == each.account for each in edge.rows):
            return
        elif len(edge.rows) >= MOST_ACCOUNTS:
            chain.more = True
        else:
            chain.edges[row.market] = Edge(row.ts, (*edge.rows, row))
        chain.edges_rev = rev

    def taken(self, rev: int) -> None:
        """All rows of a revision are there: forget markets of which their chain speaks no more."""
        for chain in self._chains.values():
            if chain.rev != rev:
                continue
            since_ns = chain.newest_ns - _NONE_LEFT_NS
            gone = [name for name, edge in chain.edges.items() if edge.ts < since_ns]
            for name in gone:
                del chain.edges[name]
                chain.edges_rev = rev

    def changes(self, after: int) -> dict[str, ChainSeen]:
        """What is newer than revision `after`, by chain."""
        return {
            name: ChainSeen(
                more=chain.more,
                gas=chain.gas if chain.gas is not None and chain.gas.rev > after else None,
                waiting=tuple(chain.waiting.values()) if chain.waiting_rev > after else None,
                pools={key: part for key, part in chain.pools.items() if part.rev > after},
                oracles={key: part for key, part in chain.oracles.items() if part.rev > after},
                edges=dict(chain.edges) if chain.edges_rev > after else None,
            )
            for name, chain in self._chains.items()
            if chain.rev > after
        }

    def _chain(
        self, row: Gas | Mempool | PoolRow | OracleRow | LendingAccount, rev: int
    ) -> _Chain | None:
        chain = self._chains.get(row.chain)
        if chain is None:
            if len(self._chains) >= MOST_CHAINS:
                return None
            chain = self._chains[row.chain] = _Chain()
        chain.rev = rev
        chain.newest_ns = max(chain.newest_ns, row.ts)
        return chain


def _keep(
    chain: _Chain, parts: dict[str, Part], key: str, row: Mempool | PoolRow | OracleRow, rev: int
) -> bool:
    """File a row where there is room; whether it was newer."""
    if key not in parts and len(parts) >= MOST_POOLS:
        chain.more = True
        return False
    part = part_after(parts.get(key), row, rev)
    if part is None:
        return False
    parts[key] = part
    return True

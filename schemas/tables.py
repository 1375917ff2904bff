"""All tables of the store: name → struct, scope, mark. The names are the contract (C8).

Within (table, scope) the mark strictly rises; an item is all rows of one (table, scope, mark).
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from schemas.chain_row import Gas, LendingAccount, Mempool, OracleRow, PoolRow, ProtocolEvent
from schemas.column import Row
from schemas.errors import BrokenInvariant
from schemas.feed_health import FeedHealth
from schemas.market import DepthCurve, Liquidation, Tick
from schemas.run import InstrumentRow, RejectedRow, Run
from schemas.trigger import Trigger
from schemas.volatility import Regime, Volatility


class Table(Struct, frozen=True):
    """One table: its row, the columns of its scope, and the column that strictly rises in it.

    Rows that are not `replayed` are measured live, by the wall clock: a replay writes none, and
    what must come out the same (rules, comparisons) leaves the table alone.
    """

    name: str
    row: type[Row]
    scope: tuple[str, ...]
    mark: str = "ts"
    replayed: bool = True


def _table(
    name: str, row: type[Row], *scope: str, mark: str = "ts", replayed: bool = True
) -> tuple[str, Table]:
    return name, Table(name, row, scope, mark, replayed)


TABLES: Final[Mapping[str, Table]] = dict(
    (
        _table("runs", Run, "source"),
        _table("instruments", InstrumentRow, "instrument"),
        _table("ticks", Tick, "instrument"),
        _table("depth_curves", DepthCurve, "instrument"),
        _table("volatility", Volatility, "instrument"),
        _table("regimes", Regime, "scope"),
        _table("triggers", Trigger, "rule", "scope"),
        _table("liquidations", Liquidation, "source", "instrument", mark="line"),
        _table("gas", Gas, "chain"),
        _table("mempool", Mempool, "chain", "asset"),
        _table("pools", PoolRow, "instrument"),
        _table("oracles", OracleRow, "provider", "chain", "feed"),
        _table("lending_accounts", LendingAccount, "chain", "market", "account"),
        _table("protocol_events", ProtocolEvent, "source", mark="line"),
        _table("feed_health", FeedHealth, "source", replayed=False),
        _table("rejected", RejectedRow, "source", mark="line"),
    )
)
TABLE_OF: Final[Mapping[type[Row], Table]] = {table.row: table for table in TABLES.values()}


class Rows(Struct, frozen=True, gc=False):
    """What a sink takes: all rows of one (table, scope, mark), never split over inserts."""

    table: str
    scope: tuple[str, ...]
    mark: int
    rows: tuple[Row, ...]


def _reader(columns: tuple[str, ...]) -> Callable[[Row], Any]:
    if len(columns) == 1:
        only = attrgetter(columns[0])
        return lambda row: (only(row),)
    return attrgetter(*columns)


_SCOPE_OF = {table.row: _reader(table.scope) for table in TABLES.values()}
_MARK_OF = {table.row: attrgetter(table.mark) for table in TABLES.values()}


def rows_item(first: Row, *others: Row) -> Rows:
    """One sink item of rows that share table, scope and mark.

    Raises BrokenInvariant when they do not.
    """
    kind = type(first)
    scope, mark = _SCOPE_OF[kind](first), _MARK_OF[kind](first)
    for row in others:
        if type(row) is not kind or _SCOPE_OF[kind](row) != scope or _MARK_OF[kind](row) != mark:
            message = f"rows of one item differ in table, scope or {TABLE_OF[kind].mark}"
            raise BrokenInvariant(message)
    return Rows(TABLE_OF[kind].name, scope, mark, (first, *others))

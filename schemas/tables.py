"""All tables of the store: name → struct, scope, mark. The names are the contract (C8).

Within (table, scope) the mark strictly rises; an item is all rows of one (table, scope, mark).
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from schemas.column import Row
from schemas.market import DepthCurve, Liquidation, Tick
from schemas.run import InstrumentRow, RejectedRow, Run
from schemas.trigger import Trigger
from schemas.volatility import Regime, Volatility


class Table(Struct, frozen=True):
    """One table: its row, the columns of its scope, and the column that strictly rises in it."""

    name: str
    row: type[Row]
    scope: tuple[str, ...]
    mark: str = "ts"


def _table(name: str, row: type[Row], *scope: str, mark: str = "ts") -> tuple[str, Table]:
    return name, Table(name, row, scope, mark)


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
        _table("rejected", RejectedRow, "source", mark="line"),
    )
)
TABLE_OF: Final[Mapping[type[Row], Table]] = {table.row: table for table in TABLES.values()}

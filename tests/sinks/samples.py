"""Rows for tests: any row of any table, and reading rows back. Knows nothing of sinks.tables."""

from enum import IntEnum
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from schemas.column import Col, Row
from schemas.market import Tick
from schemas.quality import Quality
from schemas.run import RejectedRow
from schemas.tables import Rows, Table, rows_item
from sinks.store import Store

DAY = 86_400_000_000_000
I64 = 2**63

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-I64, I64 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
}
_TIMES = st.integers(0, (I64 - 1) // 1000).map(lambda micros: micros * 1000)


def _split(hint: Any) -> tuple[Any, bool]:
    col = None
    if get_origin(hint) is Annotated:
        hint, col = get_args(hint)[0], next(a for a in get_args(hint)[1:] if isinstance(a, Col))
    return hint, col is not None and col.store.startswith("DateTime64")


def _values(hint: Any, is_time: bool) -> st.SearchStrategy[Any]:
    if get_origin(hint) is UnionType:
        kind = next(kind for kind in get_args(hint) if kind is not NoneType)
        return st.none() | _values(kind, is_time)
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0], False), max_size=4).map(tuple)
    if issubclass(hint, IntEnum):
        return st.sampled_from(list(hint))
    return _TIMES if is_time else _PLAIN[hint]


def any_row(kind: type[Row]) -> st.SearchStrategy[Row]:
    """Any row the struct allows: None, any text, the widest numbers."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: _values(*_split(hint)) for name, hint in hints.items()})


def stored(store: Store, table: Table, run: str) -> list[Row]:
    """All rows of a run as structs, in the order of the table's scope and time."""
    names = table.row.__struct_fields__
    hints = get_type_hints(table.row, include_extras=True)
    order = ", ".join((*table.scope, table.mark))
    answer = store.arrow(
        f"SELECT {', '.join(names)} FROM seawall.{table.name} "
        f"WHERE run = {{run:String}} ORDER BY {order}",
        {"run": run},
    )

    def back(name: str) -> list[Any]:
        hint, is_time = _split(hints[name])
        column = answer.column(name)
        if is_time:
            micros = column.cast("int64").to_pylist()
            return [None if micro is None else micro * 1000 for micro in micros]
        if isinstance(hint, type) and issubclass(hint, IntEnum):
            return [hint(value) for value in column.to_pylist()]
        if get_origin(hint) is tuple:
            return [tuple(value) for value in column.to_pylist()]
        return column.to_pylist()

    return [table.row(*values) for values in zip(*map(back, names), strict=True)]


def tick(ts: int, instrument: str = "binance-usdm:BTCUSDT", **given: Any) -> Tick:
    """A tick of which only a few columns are known."""
    row: dict[str, Any] = dict.fromkeys(Tick.__struct_fields__)
    row |= {"ts": ts, "venue": "binance-usdm", "instrument": instrument, "asset": "BTC"}
    row |= {"ofi_levels_usd": (), "buy_usd": 0.0, "sell_usd": 0.0, "buy_count": 0, "sell_count": 0}
    row |= {"quality": Quality.ok, "flags": (), "mid_px": 100.0 + ts % 7}
    return Tick(**(row | given))


def tick_item(ts: int, instrument: str = "binance-usdm:BTCUSDT", **given: Any) -> Rows:
    return rows_item(tick(ts, instrument, **given))


def rejected(line: int, ts: int, *, detail: str = "", source: str = "a") -> RejectedRow:
    return RejectedRow(
        ts=ts, source=source, line=line, stamp_ns=None, reason="json", detail=detail, frame="{"
    )

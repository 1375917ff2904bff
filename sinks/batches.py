"""Rows → one Arrow batch of a table, refusing what may not be published.

None is the only "not known". NaN, infinity, a number outside its enum (quality 0 among them), a
wrong type or a missing value is an error of ours and stops here, because the store would take
it: a null becomes 0, a number outside an Enum8 is kept as it is, 1.5 becomes 1.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
from math import isfinite
from types import NoneType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from schemas.column import Row
from schemas.errors import NotPublishable
from schemas.tables import Table
from schemas.units import NS_PER_US
from sinks.tables import Column, arrow_schema, row_columns

Values = tuple[Any, ...]

_KINDS: Final[dict[type, frozenset[type]]] = {
    int: frozenset({int, np.int64}),
    float: frozenset({float, int, np.float64}),
    bool: frozenset({bool, np.bool_}),
    str: frozenset({str}),
    tuple: frozenset({tuple}),
}


@cache
def _allowed(kind: type, optional: bool) -> frozenset[type]:
    kinds = frozenset({kind}) if issubclass(kind, IntEnum) else _KINDS[kind]
    return kinds | {NoneType} if optional else kinds


def _finite(array: pa.Array) -> bool:
    """Whether all floats are finite. Arrow leaves 0 where an array is null."""
    data = np.frombuffer(array.buffers()[1], np.float64) if len(array) else np.empty(0)
    return bool(np.isfinite(data).all())


def _converts(kind: pa.DataType) -> Callable[[Any], bool]:
    def alone(value: Any) -> bool:
        try:
            pa.array([value], kind)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return False
        return True

    return alone


def _is_finite(value: Any) -> bool:
    return value is None or isfinite(value)


def _is_time(value: Any) -> bool:
    return value is None or value >= 0


class _Refusal:
    """Finds the value of a column that made it unpublishable."""

    def __init__(self, table: str, column: str, values: Values) -> None:
        self.table, self.column, self.values = table, column, values

    def unless(self, good: Callable[[Any], bool]) -> NotPublishable:
        """The error, with the first value that is not good."""
        culprit = next((value for value in self.values if not good(value)), self.values)
        return NotPublishable(self.table, self.column, culprit)


def _plain(refusal: _Refusal, values: Values, kind: type, optional: bool, to: Any) -> pa.Array:
    """An array of numbers, text or enum members; `to` is its Arrow type."""
    allowed = _allowed(kind, optional)
    if not allowed.issuperset(map(type, values)):
        raise refusal.unless(lambda value: type(value) in allowed)
    try:
        array = pa.array(values, to)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise refusal.unless(_converts(to)) from error
    if kind is float and not _finite(array):
        raise refusal.unless(_is_finite)
    return array


def _times(refusal: _Refusal, values: Values, optional: bool) -> pa.Array:
    """Times: ns → µs, rounded down; before 1970 there are none."""
    nanos = _plain(refusal, values, int, optional, pa.int64())
    if (pc.min(nanos).as_py() or 0) < 0:
        raise refusal.unless(_is_time)
    return pc.divide(nanos, NS_PER_US).view(pa.timestamp("us", "UTC"))


def _lists(table: str, column: Column, values: Values) -> pa.Array:
    """Tuples → list array: offsets, and the items of all rows end to end."""
    kind = column.item
    assert kind is not None
    allowed = _allowed(tuple, column.optional)
    if not allowed.issuperset(map(type, values)):
        raise _Refusal(table, column.name, values).unless(lambda value: type(value) in allowed)
    items = tuple(chain.from_iterable(values))
    array = _plain(
        _Refusal(table, column.name, items),
        items,
        kind,
        column.item_optional,
        column.arrow.value_type,
    )
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, values), np.int32, len(values)), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), array)


def _array(table: str, column: Column, values: Values) -> pa.Array:
    if column.item is not None:
        return _lists(table, column, values)
    refusal = _Refusal(table, column.name, values)
    if column.is_time:
        return _times(refusal, values, column.optional)
    return _plain(refusal, values, column.python, column.optional, column.arrow)


def record_batch(table: Table, run: str, rows: Sequence[Row]) -> pa.RecordBatch:
    """All rows (at least one) as one batch with the schema `arrow_schema(table)`.

    Raises NotPublishable, naming table.column and the first bad value.
    """
    for row in rows:
        if type(row) is not table.row:
            raise NotPublishable(table.name, "*", row)
    by_column = zip(*map(astuple, rows), strict=True)
    arrays = [
        _array(table.name, column, values)
        for column, values in zip(row_columns(table.row), by_column, strict=True)
    ]
    runs = pa.repeat(run, len(rows))
    return pa.RecordBatch.from_arrays([runs, *arrays], schema=arrow_schema(table))

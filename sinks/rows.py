"""Store → rows: an Arrow table read from the store as the structs that were written.

The inverse of `batches`: µs become ns again, numbers of an enum its members, lists tuples.
"""

from collections.abc import Iterable
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeVar

import pyarrow as pa

from schemas.column import Row
from schemas.tables import TABLE_OF, Rows, rows_item
from schemas.units import NS_PER_US
from sinks.tables import Column, row_columns

AnyRow = TypeVar("AnyRow", bound=Row)
_MARK_OF: Final = {row: attrgetter(*t.scope, t.mark) for row, t in TABLE_OF.items()}


def column_names(kind: type[Row]) -> str:
    """The columns of a row as a SELECT lists them."""
    return ", ".join(column.name for column in row_columns(kind))


def rows_of(kind: type[AnyRow], found: pa.Table) -> list[AnyRow]:
    """The rows of an Arrow table that has at least the columns of `kind`."""
    values = [_values(column, found.column(column.name)) for column in row_columns(kind)]
    return [kind(*row) for row in zip(*values, strict=True)]


def as_items(rows: Iterable[Row]) -> list[Rows]:
    """Rows of one table as sink items; rows of one scope and mark must stand together."""
    groups = groupby(rows, key=lambda row: _MARK_OF[type(row)](row))
    return [rows_item(*group) for _, group in groups]


def _values(column: Column, found: pa.ChunkedArray) -> list[Any]:
    if column.is_time:
        micros = found.cast(pa.int64()).to_pylist()
        return [None if micro is None else micro * NS_PER_US for micro in micros]
    values: list[Any] = found.to_pylist()
    if column.python is tuple:
        return [tuple(value) for value in values]
    if issubclass(column.python, IntEnum):
        members = column.python
        return [None if value is None else members(value) for value in values]
    return values

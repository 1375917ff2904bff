"""Rows read back: whatever was written of any table comes out as it went in."""

from uuid import uuid4

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.market import Tick
from schemas.run import RejectedRow
from schemas.tables import TABLES, Rows, Table, rows_item
from sinks.batches import record_batch
from sinks.rows import as_items, column_names, rows_of
from sinks.store import Store
from tests.blank_row import blank_row
from tests.sinks.samples import any_row, rejected, tick


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_rows_come_back_through_arrow(table: Table, data: st.DataObject) -> None:
    rows = data.draw(st.lists(any_row(table.row), min_size=1, max_size=3))
    written = pa.Table.from_batches([record_batch(table, "r", rows)])
    assert rows_of(table.row, written) == rows
    assert rows_of(table.row, written.slice(0, 0)) == []


def test_rows_come_back_from_a_store(store: Store) -> None:
    rows = [tick(3_000, "v:A", flags=("gap", "é"), ofi_levels_usd=(1.5, -2.0)), tick(3_000, "v:B")]
    store.insert(TABLES["ticks"], record_batch(TABLES["ticks"], "back", rows), uuid4().hex)
    found = store.arrow(
        f"SELECT {column_names(Tick)} FROM ticks WHERE run = 'back' ORDER BY instrument"
    )
    assert rows_of(Tick, found) == rows


def test_a_select_lists_the_columns_of_the_row_in_their_order() -> None:
    assert column_names(RejectedRow) == "ts, source, line, stamp_ns, reason, detail, frame"


def test_rows_of_one_scope_and_mark_are_one_item() -> None:
    first = [rejected(7, 5_000, detail=text) for text in "ab"]
    other = rejected(7, 5_000, source="b")
    assert as_items([*first, other]) == [
        Rows("rejected", ("a",), 7, tuple(first)),
        Rows("rejected", ("b",), 7, (other,)),
    ]
    trigger = blank_row(TABLES["triggers"].row, ts=1, rule="r", scope="s")
    assert as_items([trigger, trigger]) == [rows_item(trigger, trigger)]
    assert as_items([]) == []

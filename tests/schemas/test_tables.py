"""Tables: names, scopes and marks of the contract (C8), and items that stay whole."""

import pytest
from msgspec import structs

from schemas.errors import BrokenInvariant
from schemas.run import RejectedRow, Run
from schemas.tables import TABLE_OF, TABLES, Rows, rows_item

RUN = Run(5, "a.gz", "00", 3, 90, "11", "22", "v")
REJECTED = RejectedRow(5, "a.gz", 7, None, "not_json", "", "{")

CONTRACT = {
    "runs": ("source", "ts"),
    "instruments": ("instrument", "ts"),
    "ticks": ("instrument", "ts"),
    "depth_curves": ("instrument", "ts"),
    "volatility": ("instrument", "ts"),
    "regimes": ("scope", "ts"),
    "triggers": ("rule scope", "ts"),
    "liquidations": ("source instrument", "line"),
    "gas": ("chain", "ts"),
    "mempool": ("chain asset", "ts"),
    "pools": ("instrument", "ts"),
    "oracles": ("provider chain feed", "ts"),
    "lending_accounts": ("chain market account", "ts"),
    "protocol_events": ("source", "line"),
    "feed_health": ("source", "ts"),
    "rejected": ("source", "line"),
}


def test_scope_and_mark_of_every_table() -> None:
    assert {n: (" ".join(t.scope), t.mark) for n, t in TABLES.items()} == CONTRACT


def test_a_replay_writes_every_table_but_the_one_of_the_wall_clock() -> None:
    assert {name for name, table in TABLES.items() if not table.replayed} == {"feed_health"}


@pytest.mark.parametrize("name", TABLES)
def test_scope_and_mark_are_columns_and_no_row_has_two_tables(name: str) -> None:
    table = TABLES[name]
    assert table.name == name
    assert {*table.scope, table.mark, "ts"} <= set(table.row.__struct_fields__)
    assert "run" not in table.row.__struct_fields__  # the sink adds it
    assert TABLE_OF[table.row] is table


def test_an_item_is_named_by_its_rows() -> None:
    assert rows_item(RUN) == Rows("runs", ("a.gz",), 5, (RUN,))
    assert rows_item(REJECTED, REJECTED) == Rows("rejected", ("a.gz",), 7, (REJECTED, REJECTED))


@pytest.mark.parametrize(
    "other",
    [RUN, structs.replace(REJECTED, line=8), structs.replace(REJECTED, source="b.gz")],
)
def test_rows_of_another_table_scope_or_mark_make_no_item(other: Run | RejectedRow) -> None:
    with pytest.raises(BrokenInvariant, match="differ in table, scope or line"):
        rows_item(REJECTED, other)

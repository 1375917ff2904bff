"""Rows of chains: what may be unknown is null in the store, and scopes tell them apart."""

from typing import Any, get_type_hints

import pytest

from schemas.chain_row import Gas, LendingAccount, Mempool, OracleRow, PoolRow, ProtocolEvent
from schemas.tables import TABLE_OF, rows_item
from tests.blank_row import blank_row

KNOWN: dict[Any, set[str]] = {  # numbers that are there whenever a row is
    Gas: {"block_age_s"},
    Mempool: {"buy_usd", "sell_usd", "net_usd", "liquidation_usd"},
    PoolRow: set(),
    OracleRow: set(),
    LendingAccount: set(),
    ProtocolEvent: set(),
}


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.__name__)
def test_numbers_that_may_be_unknown_are_nullable(row: Any) -> None:
    hints = get_type_hints(row)
    assert {name for name, kind in hints.items() if kind is float} == KNOWN[row]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.__name__)
def test_a_row_is_an_item_of_its_table(row: Any) -> None:
    item = rows_item(blank_row(row, ts=5))
    assert item.table == TABLE_OF[row].name
    assert len(item.scope) == len(TABLE_OF[row].scope)

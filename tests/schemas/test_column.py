"""What columns say about themselves: every published number has a unit or a meaning."""

from enum import IntEnum
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest

from schemas.column import Col, Row
from schemas.tables import TABLES

# Numbers in the unit of whatever a rule watches, and two that their name explains.
NO_UNIT = {
    "triggers": {"value", "enter_level", "leave_level", "escalate_level"},
    "instruments": {"contract_size", "funding_interval_h"},
}


def parts(hint: Any) -> tuple[Any, Col]:
    note = Col("", "")
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        note = next(one for one in notes if isinstance(one, Col))
    if get_origin(hint) is UnionType:
        (hint,) = (kind for kind in get_args(hint) if kind is not NoneType)
    return hint, note


def columns(row: type[Row]) -> dict[str, tuple[Any, Col]]:
    hints = get_type_hints(row, include_extras=True)
    return {name: parts(hints[name]) for name in row.__struct_fields__}


@pytest.mark.parametrize("table", TABLES)
def test_every_float_has_a_unit_or_a_meaning(table: str) -> None:
    silent = {
        name
        for name, (kind, note) in columns(TABLES[table].row).items()
        if (kind is float or float in get_args(kind)) and not note.unit and not note.text
    }
    assert silent <= NO_UNIT.get(table, set())


@pytest.mark.parametrize("table", TABLES)
def test_ts_comes_first_and_is_a_time(table: str) -> None:
    names = list(columns(TABLES[table].row))
    assert names[0] == "ts"
    assert columns(TABLES[table].row)["ts"] == (int, Col("ns UTC", "", "DateTime64(6, 'UTC')"))


@pytest.mark.parametrize("table", TABLES)
def test_enums_leave_0_for_not_set(table: str) -> None:
    for kind, _ in columns(TABLES[table].row).values():
        if isinstance(kind, type) and issubclass(kind, IntEnum):
            assert min(kind) == 1
            assert [int(value) for value in kind] == list(range(1, len(kind) + 1))


@pytest.mark.parametrize("table", TABLES)
def test_rows_that_can_be_in_doubt_say_so(table: str) -> None:
    names = set(columns(TABLES[table].row))
    assert ("quality" in names) <= ("flags" in names)

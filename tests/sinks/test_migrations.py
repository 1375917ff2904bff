"""Migrations: what is lacking, what differs, and the way of a real store from one to the next."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import pytest

from schemas.column import Name, Row, Time
from schemas.errors import StoreError
from schemas.tables import TABLES, Table
from sinks.batches import record_batch
from sinks.migrations import found, history, lacking, migrate
from sinks.store import Store
from sinks.tables import ddl, store_types
from tests.sinks.samples import tick


class Weather(IntEnum):
    fair = 1
    foul = 2


class Sky(IntEnum):
    fair = 1
    foul = 2
    odd = 3


class Old(Row, frozen=True, gc=False):
    ts: Time
    place: Name
    sky: Weather


class New(Row, frozen=True, gc=False):
    ts: Time
    place: Name
    wind: float | None
    sky: Sky
    text: str
    heights: tuple[float, ...]


class Sure(Row, frozen=True, gc=False):
    ts: Time
    place: Name
    sky: Weather
    wind: float


OLD, NEW, SURE = (Table("weather", row, ("place",)) for row in (Old, New, Sure))
EVERY = {name: dict(store_types(table)) for name, table in TABLES.items()}
ALTER = "ALTER TABLE seawall.weather"


def full(table: Table) -> bool:
    return True


def empty(table: Table) -> bool:
    return False


def test_an_empty_store_lacks_every_table() -> None:
    assert lacking({}, full, TABLES.values()) == tuple(map(ddl, TABLES.values()))


def test_a_store_of_this_version_lacks_nothing() -> None:
    assert lacking(EVERY, full, TABLES.values()) == ()


def test_new_columns_and_enum_members_are_added_where_the_struct_has_them() -> None:
    assert lacking({"weather": store_types(OLD)}, full, [NEW]) == (
        f"{ALTER} ADD COLUMN IF NOT EXISTS `wind` Nullable(Float64) CODEC(ZSTD(1)) AFTER `place`",
        f"{ALTER} MODIFY COLUMN `sky` Enum8('fair' = 1, 'foul' = 2, 'odd' = 3) CODEC(ZSTD(1))",
        f"{ALTER} ADD COLUMN IF NOT EXISTS `text` String CODEC(ZSTD(1)) AFTER `sky`",
        f"{ALTER} ADD COLUMN IF NOT EXISTS `heights` Array(Float64) CODEC(ZSTD(1)) AFTER `text`",
    )


def test_a_number_without_none_needs_an_empty_table() -> None:
    there = {"weather": store_types(OLD)}
    assert lacking(there, empty, [SURE]) == (
        f"{ALTER} ADD COLUMN IF NOT EXISTS `wind` Float64 CODEC(ZSTD(1)) AFTER `sky`",
    )
    with pytest.raises(StoreError, match=r"weather\.wind is not in the store, and its old rows"):
        lacking(there, full, [SURE])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"gone": "Float64"}, "ticks.gone is in the store only"),
        (
            {"mid_px": "Float64"},
            "ticks.mid_px is Float64 in the store and Nullable(Float64) here",
        ),
        (
            {"quality": "Enum8('ok' = 1, 'foul' = 2)"},
            "ticks.quality is Enum8('ok' = 1, 'foul' = 2) in the store and Enum8('ok' = 1, "
            "'warming' = 2, 'stale' = 3, 'degraded' = 4, 'gap' = 5) here",
        ),
        (
            {"quality": "Nullable(Enum8('ok' = 1))"},
            "ticks.quality is Nullable(Enum8('ok' = 1)) in the store",
        ),
    ],
)
def test_differences_are_named(change: Mapping[str, str], text: str) -> None:
    there = EVERY | {"ticks": EVERY["ticks"] | change}
    with pytest.raises(StoreError) as caught:
        lacking(there, full, TABLES.values())
    assert text in str(caught.value)


def test_every_difference_is_named_at_once() -> None:
    ticks = {name: kind for name, kind in EVERY["ticks"].items() if name != "instrument"}
    there = EVERY | {"ticks": ticks, "regimes": EVERY["regimes"] | {"changed": "UInt8"}}
    with pytest.raises(StoreError) as caught:
        lacking(there, empty, TABLES.values())
    assert str(caught.value) == (
        "the store's tables are not those of this version: ticks.instrument is not in the store, "
        "and a column of the sorting key cannot be added; regimes.changed is UInt8 in the store "
        "and Bool here; use the version that made it, or give another --store"
    )


def test_a_fresh_store_has_one_migration_and_a_second_start_none(store: Store) -> None:
    assert history(store) == ((1, tuple(map(ddl, TABLES.values()))),)
    assert store.migrate() == ()
    assert {name: dict(kinds) for name, kinds in found(store).items() if name in TABLES} == EVERY


def test_growing_a_table_with_rows(store: Store) -> None:
    before = len(history(store))
    assert migrate(store, [OLD]) == (ddl(OLD),)
    rows = [Old(ts=1000, place="a", sky=Weather.foul)]
    store.insert(OLD, record_batch(OLD, "r", rows), "one")
    needed = migrate(store, [NEW])
    assert migrate(store, [NEW]) == ()
    assert history(store)[before:] == ((before + 1, (ddl(OLD),)), (before + 2, needed))
    grown = [New(ts=2000, place="a", wind=1.5, sky=Sky.odd, text="t", heights=(1.0,))]
    store.insert(NEW, record_batch(NEW, "r", grown), "two")
    columns = "place, wind, sky, text, heights"
    assert store.query(f"SELECT {columns} FROM weather ORDER BY ts").rows == (
        ("a", None, "foul", "", []),
        ("a", 1.5, "odd", "t", [1.0]),
    )
    for statement in needed:
        store.command(statement)  # a migration cut short is run again


def test_drift_in_a_real_store_stops_before_anything_changes(store: Store) -> None:
    before: Any = history(store)
    store.command("ALTER TABLE seawall.rejected ADD COLUMN extra Int8")
    store.command("ALTER TABLE seawall.rejected DROP COLUMN detail")
    try:
        with pytest.raises(StoreError, match=r"rejected\.extra is in the store only"):
            store.migrate()
        assert history(store) == before
    finally:
        store.command("ALTER TABLE seawall.rejected DROP COLUMN extra")
    (readded,) = store.migrate()
    assert readded.startswith("ALTER TABLE seawall.rejected ADD COLUMN IF NOT EXISTS `detail`")
    assert tuple(found(store)["rejected"]) == tuple(EVERY["rejected"])
    store.insert(TABLES["ticks"], record_batch(TABLES["ticks"], "r", [tick(0)]), "three")

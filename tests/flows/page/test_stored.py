"""The page from a store is the page that would have seen every row pass by."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from msgspec.structs import replace

from flows.page.state import Shown
from flows.page.stored import StoredRun
from flows.page.view import message
from schemas.column import Row
from schemas.market import Tick
from schemas.run import Run
from schemas.tables import TABLE_OF, rows_item
from schemas.trigger import TriggerState
from schemas.volatility import RegimeLabel
from sinks.batches import record_batch
from sinks.store import Store
from tests.blank_row import blank_row
from tests.flows.page.chain_moment import (
    ACCOUNTS,
    POOL,
    account,
    chain_moment,
    gas,
    mempool,
    oracle,
    pool,
)
from tests.flows.page.rows import BTC, ETH, NOW, S, health, items, moment, regime, tick, trigger


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"chdb://{tmp_path_factory.mktemp('page') / 'db'}") as opened:
        yield opened


@pytest.fixture
def filled(store: Store) -> Store:
    store.migrate()
    return store


def insert(store: Store, run: str, rows: Iterable[Row]) -> None:
    by_kind: dict[type[Row], list[Row]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(row)
    for kind, found in by_kind.items():
        table = TABLE_OF[kind]
        store.insert(table, record_batch(table, run, found), uuid4().hex)


def told(shown: Shown) -> Any:
    """What a browser is told, without how often rows came (a store is read less often)."""
    made = json.loads(orjson.dumps(message(shown.changes(), NOW, "", full=True)))
    for part in [made.get("market", {}), *made["feeds"].values()]:
        part.pop("stale_s", None)
    for parts in made["instruments"].values():
        for part in parts.values():
            if isinstance(part, dict):
                part.pop("stale_s", None)
    for chain in made.get("chains", {}).values():
        chain.get("mempool", []).sort(key=lambda row: row["asset"])
    return made | {"rev": None}


def hour() -> list[Row]:
    """An hour and more: ticks with a hole, regimes, triggers on and off, two connections."""
    rows: list[Row] = [blank_row(Run, ts=NOW - 5_000 * S, source="a")]
    for k in range(-700 * 4, 1):
        at = NOW + k * S // 4
        rows.append(tick(at, None if -50 < k < -30 else 100.0 + k % 17))
        if k % 3 == 0:
            rows.append(tick(at, 7.0 + k % 5, ETH))
    for k in range(-90, 1):
        label = RegimeLabel.calm if k < -10 else RegimeLabel.stress
        rows += (regime(NOW + k * 60 * S, name, regime=label) for name in (BTC, "market"))
    for k in range(-900, 1):
        rows.append(health(NOW + k * 5 * S, messages=-k, gaps=int(k % 50 == 0), reconnects=1))
        if k < -400:
            rows.append(health(NOW + k * 5 * S + 1_000, "venue-1", messages=7))
    rows += (
        trigger(NOW - 3_000 * S),
        trigger(NOW - 3_000 * S, TriggerState.escalate),
        trigger(NOW - 2_000 * S, rule="thin", state=TriggerState.enter),
        trigger(NOW - 1_000 * S, rule="thin", state=TriggerState.leave),
        trigger(NOW - 900 * S, scope=ETH),
    )
    whole = [row for row in moment() if type(row).__name__ in ("DepthCurve", "Volatility")]
    return [*rows, *whole, *(replace(row, instrument=ETH) for row in whole)]


def live(rows: Iterable[Row]) -> Shown:
    """A page that saw them all, in the order of time."""
    shown = Shown("main")
    shown.take(items(*sorted(rows, key=lambda row: row.ts)))  # type: ignore[attr-defined]
    return shown


def test_the_page_from_a_store_is_the_page_that_saw_it_all(filled: Store) -> None:
    rows = hour()
    insert(filled, "main", rows)
    insert(filled, "other", [tick(NOW + 9 * S, 1.0, "other:X"), trigger(NOW + 9 * S, rule="no")])
    stored, shown = StoredRun(filled, "main"), Shown("main")
    assert stored.absence() is None
    shown.take(stored.first())
    assert told(shown) == told(live(rows))
    assert len(shown.changes().instruments[BTC].prices) == 301
    assert shown.changes().feeds["venue-0"].reconnects_1h == 720
    assert stored.latest() == []

    more = [
        tick(NOW + S, 50.0),
        regime(NOW + 60 * S, "market", regime=RegimeLabel.normal),
        trigger(NOW + S, TriggerState.leave),
        trigger(NOW + 2 * S, rule="deep"),
        trigger(NOW + 2 * S, TriggerState.escalate, rule="deep"),
        health(NOW + 5 * S, messages=99, gaps=3),
    ]
    insert(filled, "main", more)
    shown.take(stored.latest())
    assert told(shown) == told(live([*rows, *more]))


def chain_hour() -> list[Row]:
    """Chains that went on: assets that no longer wait, accounts and a market that left the edge."""
    rows: list[Row] = [blank_row(Run, ts=NOW - 5_000 * S, source="a"), *chain_moment()]
    for k in range(-200, 0):
        at = NOW + k * 10 * S
        rows += (gas(at, block=k + 1_000), pool(at, px=100.0 + k), oracle(at, px=50.0 + k))
        rows += (account(at, name, health=0.9) for name in (*ACCOUNTS, "0xgone"))
        if k < -100:
            rows += (account(at, market="comet"), mempool(at, "SOL", swaps=2, net_usd=5.0))
    return [*rows, mempool(NOW - 990 * S, "SOL"), pool(NOW - 5_000 * S, "evm-1:0x03", px=1.0)]


def test_chains_from_a_store_are_those_that_were_seen(filled: Store) -> None:
    rows = chain_hour()
    insert(filled, "main-chains", rows)
    insert(filled, "other-chains", [gas(NOW + 9 * S, "other"), account(NOW + 9 * S, "0xother")])
    stored, shown = StoredRun(filled, "main-chains"), Shown("main")
    shown.take(stored.first())
    found = told(shown)
    assert found == told(live(rows))
    assert sorted(found["chains"]) == ["base", "ethereum"]
    ethereum = found["chains"]["ethereum"]
    assert [row["asset"] for row in ethereum["mempool"]] == ["BTC", "ETH"]
    assert sorted(ethereum["pools"]) == ["evm-1:0x01", "evm-1:0x03", POOL]
    assert {name: one["accounts"] for name, one in ethereum["lending"].items()} == {"aave": 8}
    assert stored.latest() == []

    at = NOW + 10 * S
    more = [
        gas(at, block=9),
        mempool(at, "BTC"),
        mempool(at, "ETH", liquidations=1),
        pool(at, px=2.0),
        oracle(at, px=3.0),
        account(at, ACCOUNTS[1], health=0.7),
    ]
    insert(filled, "main-chains", more)
    shown.take(stored.latest())
    found = told(shown)
    assert found == told(live([*rows, *more]))
    assert [row["account"] for row in found["chains"]["ethereum"]["lending"]["aave"]["worst"]] == [
        ACCOUNTS[1]
    ]


def test_the_states_of_one_time_are_one_item_in_their_order(filled: Store) -> None:
    both = [trigger(NOW, state) for state in (TriggerState.escalate, TriggerState.enter)]
    insert(filled, "both", [blank_row(Run, ts=NOW), *both])
    assert StoredRun(filled, "both").first() == [rows_item(both[1], both[0])]


def test_an_instrument_that_fell_silent_long_ago_is_still_there(filled: Store) -> None:
    old, new = tick(NOW - 9_000 * S, 3.0, ETH), tick(NOW, 4.0)
    insert(filled, "silent", [blank_row(Run, ts=NOW), old, new])
    shown = Shown("silent")
    stored = StoredRun(filled, "silent")
    shown.take(stored.first())
    newest = tick(NOW + S, 5.0)
    insert(filled, "silent", [newest])
    assert stored.latest() == [rows_item(newest)]
    found = {name: seen.parts["tick"].row for name, seen in shown.changes().instruments.items()}
    assert found == {BTC: new, ETH: old}


def test_why_there_is_nothing(filled: Store) -> None:
    insert(filled, "aft", [blank_row(Run, ts=NOW)])
    names = [name for (name,) in filled.query("SELECT DISTINCT run FROM runs ORDER BY run").rows]
    assert StoredRun(filled, "nav").absence() == (
        f"store {filled.where} has nothing of run 'nav' yet; it has {', '.join(names)}"
    )
    assert StoredRun(filled, "aft").absence() is None
    assert StoredRun(filled, "nav").first() == []
    filled.command("ALTER TABLE seawall.triggers DROP COLUMN advice")
    assert StoredRun(filled, "aft").absence() == (
        f"store {filled.where} is of an earlier version: the next `seawall replay` or "
        "`seawall run` into it brings its tables up to date"
    )
    filled.command("DROP DATABASE seawall")
    assert StoredRun(filled, "aft").absence() == (
        f"store {filled.where} has no tables yet: nothing was run into it"
    )
    filled.migrate()
    assert StoredRun(filled, "aft").absence() == (
        f"store {filled.where} has nothing of run 'aft' yet; it has no run at all"
    )


def test_a_tick_is_read_whole(filled: Store) -> None:
    row = tick(NOW, 1.0, flags=("partial",), ofi_levels_usd=(1.0, -2.0), book_seq=7)
    insert(filled, "whole", [blank_row(Run, ts=NOW), row])
    (item,) = [found for found in StoredRun(filled, "whole").latest() if found.table == "ticks"]
    assert item.rows == (row,)
    assert isinstance(item.rows[0], Tick)

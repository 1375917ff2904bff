"""Live, end to end over real sockets: killed, started again, stopped, replayed to the same rows.

The venues are those of `seawall simulate`, in a process of its own. With SEAWALL_CAMPAIGN=1
(`make campaign`) it is a whole crash on all venues and chains with five kills on the way.
"""

import os
from typing import Any

import pytest

from schemas.feed_health import ConnectionState
from schemas.tables import TABLES
from schemas.units import NS_PER_S
from tests.flows.lived import Lived, live_through, seawall

WHOLE = bool(os.environ.get("SEAWALL_CAMPAIGN"))
LIVE_S = [12.0, 25.0, 9.0, 14.0, 20.0, 30.0] if WHOLE else [3.0, 1.5, 3.0]  # between the stops
KILLS = len(LIVE_S) - 1
VENUES = {
    "binance-usdm-market": "binance-usdm",
    "binance-usdm-public": "binance-usdm",
    "okx-1": "okx",
}
MORE = {
    "binance-coinm-1": "binance-coinm",
    "binance-spot-1": "binance-spot",
    "bybit-linear-1": "bybit-linear",
    "coinbase-advanced-1": "coinbase-advanced",
    "deribit-1": "deribit",
    "hyperliquid-1": "hyperliquid",
}
CHAINS = {"evm-1-1": "evm-1", "evm-8453-1": "evm-8453"} | ({"pyth-1": "pyth"} if WHOLE else {})
CONNECTIONS = dict(sorted((VENUES | MORE if WHOLE else VENUES).items()))
SIMULATE = (
    ("--scenario", "crash", "--minutes", 4)
    if WHOLE
    else ("--venues", "binance-usdm,okx,evm", "--scenario", "crash", "--speed", 5)
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live_through(tmp_path_factory.mktemp("live"), SIMULATE, [*CONNECTIONS, *CHAINS], LIVE_S)


def test_a_killed_run_goes_on_and_a_stopped_one_says_that_it_will(lived: Lived) -> None:
    assert (lived.killed, lived.stopped, lived.replayed) == ([-9] * KILLS, 0, 0), lived.said
    assert "\nSIGTERM: draining, the next run resumes\n" in lived.said
    assert lived.said.endswith("stopped; the next run of 'main' goes on from here\n")
    for name, lines in lived.lines.items():
        words = [x.word for x in lines if x.word in ("start", "open", "close")]
        assert words == ["open", *["start", "open"] * KILLS, "close"], name


def test_every_received_line_is_in_both_runs(lived: Lived) -> None:
    in_spool = {
        name: (len(lines), sum(len(b"%d %s\n" % line) for line in lines))
        for name, lines in lived.lines.items()
    }
    assert lived.inputs == {"main": in_spool, "again": in_spool}
    assert all(count > 100 for count, _ in in_spool.values()), in_spool


@pytest.mark.parametrize("table", [name for name in TABLES if name != "feed_health"])
def test_a_replay_of_the_spool_gives_the_rows_of_the_live_run(lived: Lived, table: str) -> None:
    live, again = lived.tables[table, "main"], lived.tables[table, "again"]
    assert live == again
    rare = ("liquidations", "protocol_events", "lending_accounts")  # for so short a run
    if table != "rejected" and (WHOLE or table not in rare):
        assert live, f"{table} is empty: nothing was compared"


def test_ticks_of_all_instruments_cover_the_run(lived: Lived) -> None:
    found: dict[str, list[Any]] = {}
    for row in lived.tables["ticks", "main"]:
        found.setdefault(row["instrument"], []).append(row["ts"])
    assert set(found) >= {
        "binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT", "binance-usdm:SOLUSDT",
        "okx:BTC-USDT-SWAP", "okx:ETH-USDT-SWAP", "okx:SOL-USDT-SWAP",
    }  # fmt: skip
    assert {name.partition(":")[0] for name in found} == set(CONNECTIONS.values())
    for times in found.values():
        assert (max(times) - min(times)).total_seconds() > sum(LIVE_S)
        assert len(set(times)) == len(times)


def test_health_accounts_for_every_frame_of_the_last_start(lived: Lived) -> None:
    assert lived.tables["feed_health", "again"] == []
    told: dict[str, list[dict[str, Any]]] = {}
    for row in lived.tables["feed_health", "main"]:
        told.setdefault(row["source"], []).append(row)
    assert {name: rows[0]["venue"] for name, rows in told.items()} == CONNECTIONS | CHAINS
    for name, lines in lived.lines.items():
        began = max(at for at, line in enumerate(lines) if line.word == "start")
        frames = [line.payload for line in lines[began:] if line.word is None]
        rows = [r for r in told[name] if r["ts"].timestamp() * NS_PER_S > lines[began].at_ns]
        assert sum(row["messages"] for row in rows) == len(frames), name
        assert sum(row["bytes"] for row in rows) == sum(map(len, frames)), name
        assert rows[-1]["state"] == ConnectionState.closed.name, rows[-1]


def test_a_second_replay_has_nothing_to_do(lived: Lived) -> None:
    config = lived.spool.parent.parent / "live.toml"
    store = f"chdb://{config.parent / 'store'}"
    arguments = ("replay", lived.spool, "--run", "main", "--config", config, "--store", store)
    with seawall(config.parent / "stored.txt", *arguments) as replay:
        assert replay.end() == 0, replay.said
    assert "already stored: run 'main' has all of these inputs\n" in replay.said

"""A live run that is started again with other instruments, and the replay of its spool.

Over real sockets: the venues are those of `seawall simulate`, in a process of its own.
"""

import json
from typing import Any

import msgspec
import pytest

from schemas.tables import TABLES
from tests.flows.lived import Line, Lived, live_through

CONNECTIONS = ("binance-usdm-market", "binance-usdm-public", "okx-1")
SIMULATE = ("--venues", "binance-usdm,okx", "--speed", 5)
STAY = {"binance-usdm": "ETHUSDT", "okx": "ETH-USDT-SWAP"}
FIRST = {"binance-usdm": "BTCUSDT", "okx": "BTC-USDT-SWAP"}
THEN = {"binance-usdm": "SOLUSDT", "okx": "SOL-USDT-SWAP"}  # instead
MEMBERS = [f"{venue}:{symbol}" for venue, symbol in STAY.items()]


def edited(number: int, settings: str) -> str:
    """Other instruments from the second start on."""
    out = []
    venue = ""
    for line in settings.splitlines():
        if line.startswith("venue = "):
            venue = line.split('"')[1]
        names = [(FIRST if number == 1 else THEN)[venue], STAY[venue]] if venue else []
        listed = line.startswith("instruments = ")
        out.append(f"instruments = {json.dumps(names)}" if listed else line)
        if line == "[regime]":
            out.append(f"members = {json.dumps(MEMBERS)}")
    return "\n".join(out) + "\n"


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("restarted")
    return live_through(folder, SIMULATE, CONNECTIONS, [3.0, 3.0], edited)


def instruments_line(lines: list[Line]) -> Any:
    (line,) = (line for line in lines if line.word == "instruments")
    return msgspec.json.decode(line.payload[1:])


def test_the_difference_follows_the_start(restarted: Lived) -> None:
    codes = restarted.killed, restarted.stopped, restarted.replayed
    assert codes == ([-9], 0, 0), restarted.said + restarted.replay_said
    for name, lines in restarted.lines.items():
        words = [x.word for x in lines if x.word in ("open", "start", "instruments", "close")]
        assert words == ["open", "start", "instruments", "open", "close"], name
        said = instruments_line(lines)
        venue = "okx" if name == "okx-1" else "binance-usdm"
        having = [other for other in CONNECTIONS if other.startswith(venue)]
        assert said["delisted"] == [FIRST[venue]]
        (entry,) = said["listed"]
        assert (entry["symbol"], entry["asset"], entry["source"]) == (THEN[venue], "SOL", "listing")
        assert entry["connections"] == having


@pytest.mark.parametrize("table", [name for name in TABLES if name != "feed_health"])
def test_a_replay_gives_the_rows_of_the_run(restarted: Lived, table: str) -> None:
    assert restarted.tables[table, "main"] == restarted.tables[table, "again"]


def test_who_left_has_a_last_tick_and_who_came_is_whole(restarted: Lived) -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(restarted.tables["ticks", "main"], key=lambda row: row["ts"]):
        found.setdefault(row["instrument"], []).append(row)
    for venue, connection in (("okx", "okx-1"), ("binance-usdm", "binance-usdm-public")):
        lines = restarted.lines[connection]
        start = next(line.at_ns for line in lines if line.word == "start") / 1e9
        left, came = found[f"{venue}:{FIRST[venue]}"], found[f"{venue}:{THEN[venue]}"]
        assert left[-1]["quality"] == "gap"
        assert 0.0 <= left[-1]["ts"].timestamp() - start < 1.0
        assert came[0]["ts"].timestamp() > start
        assert came[-1]["quality"] == "ok"
        stayed = found[f"{venue}:{STAY[venue]}"]
        assert stayed[-1]["ts"] == came[-1]["ts"]
    assert not any("unlisted" in row["flags"] for rows in found.values() for row in rows)

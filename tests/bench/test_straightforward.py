"""The rival writes the rows of the independent reference: its speed is for the same work."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import astuple

from tests.bench.straightforward import read_all, run
from tests.reference.regime_stream import RegimeParameters, regime_rows
from tests.reference.ticks import reference_rows
from tests.reference.volatility_stream import volatility_rows
from tests.shared import ROOT, shared_file

S = 1_000_000_000
BTC = ("binance-usdm:BTCUSDT",)


class Kept:
    """Stands in for the store's client: keeps what is inserted."""

    def __init__(self) -> None:
        self.rows: dict[str, list[list[Any]]] = {}
        self.largest = 0

    def insert(self, table: str, rows: list, column_names: list[str], database: str) -> None:
        assert database == "seawall"
        assert all(len(row) == len(column_names) for row in rows)
        self.largest = max(self.largest, len(rows))
        self.rows.setdefault(table, []).extend(rows)


def stored(rows: list[Any], *times: int) -> list[list[Any]]:
    """Rows as they are inserted: run first, the columns `times` in µs."""
    values = [["r", *astuple(row)] for row in rows]
    for row in values:
        for place in times:
            row[place] = None if row[place] is None else row[place] // 1000
    return values


def assert_same(found: list[list[Any]], expected: list[list[Any]]) -> None:
    assert len(found) == len(expected)
    for row, want in zip(found, expected, strict=True):
        for value, wanted in zip(row, want, strict=True):
            parts = (value, wanted) if isinstance(wanted, tuple) else ((value,), (wanted,))
            assert len(parts[0]) == len(parts[1])
            for one, other in zip(*parts, strict=True):
                close = isinstance(other, float)
                assert one == (pytest.approx(other, rel=1e-9, abs=1e-8) if close else other)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("binance-usdm__btcusdt-2023-04-04", BTC),
        ("binance-spot__btcusdt-2023-04-05", ()),
    ],
)
def test_rival_writes_the_reference_rows(name: str, members: tuple[str, ...]) -> None:
    path = shared_file(f"data/captures/{name}.gz")
    settings = RegimeParameters(step_s=10.0)
    kept = Kept()
    venue = name.partition("__")[0]
    counts = run(path, S, kept, "r", venue=venue, members=members, settings=settings, ddl=())
    ticks, curves = reference_rows(path, S)
    volatility = volatility_rows(ticks, S)
    regimes = regime_rows(ticks, settings, members)
    assert_same(kept.rows["ticks"], stored(ticks, 1))
    assert_same(kept.rows.get("depth_curves", []), stored(curves, 1))
    assert_same(kept.rows["volatility"], stored(volatility, 1))
    found = sorted(kept.rows["regimes"], key=lambda row: (row[1], row[2]))
    assert_same(found, sorted(stored(regimes, 1, 8), key=lambda row: (row[1], row[2])))
    assert counts == {table: len(kept.rows.get(table, ())) for table in counts}
    assert kept.largest <= 1000


def test_rival_rejects_what_it_cannot_use() -> None:
    lines = [
        b'1000 {"stream":"x@trade","data":{"e":"trade","E":1,"s":"X","p":"1","q":"1","m":true}}',
        b"not a line",
        b'999 {"stream":"x@trade","data":{"e":"trade","E":1,"s":"X","p":"1","q":"1","m":true}}',
        b'1001 {"stream":"x@trade","data":{',
    ]
    kept = Kept()
    assert run(lines, S, kept, "r", ddl=())["rejected"] == 3
    assert [row[3:6] for row in kept.rows["rejected"]] == [
        [2, None, "undecodable"],
        [3, 999, "time_back"],
        [4, 1001, "undecodable"],
    ]


def test_rows_arrive_in_the_embedded_store(tmp_path: Path) -> None:
    """In a process of its own: chDB opens one folder per process."""
    path = shared_file("data/captures/binance-usdm__btcusdt-2024-08-08.gz")
    lines = tmp_path / "lines"
    lines.write_bytes(b"\n".join(read_all(path)[:5000]))
    script = (
        "import sys, clickhouse_connect\n"
        "from tests.bench.straightforward import run\n"
        "client = clickhouse_connect.get_client(interface='chdb', path=sys.argv[2])\n"
        "lines = open(sys.argv[1], 'rb').read().splitlines()\n"
        "print(run(lines, 250_000_000, client, 'a'))\n"
        "print(run(lines, 250_000_000, client, 'b'))\n"
        "query = 'SELECT run, count(), max(ts), any(quality) FROM seawall.ticks GROUP BY run'\n"
        "print(sorted(client.query(query).result_rows)[1][:2])\n"
        "client.close()\n"
    )
    command = [sys.executable, "-c", script, str(lines), str(tmp_path / "store")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    first, second, last = done.stdout.splitlines()
    assert first == second
    ticks = len(reference_rows(read_all(path)[:5000], S // 4, venue="binance-usdm")[0])
    assert f"'ticks': {ticks}," in first
    assert last == f"('b', {ticks})"
